//! What `MLflow`'s registry answers, and how it becomes rows. Pure; facts of a real 3.17 server.
//!
//! | file | owns |
//! |---|---|
//! | `model` | registered models and their aliases |
//! | `version` | versions of models |
//! | `run` | the run that made a version: metrics, parameters, datasets |
//! | `refusal` | errors, whatever they look like |
//! | `query` | what is asked for, as it is written in a URL |
//!
//! Empty lists are left out, an empty page is `{}`; a metric may be the text `"NaN"`; pages are cut by offset, so a
//! row may come twice: the feed keeps rows by key.

mod model;
mod query;
mod refusal;
mod run;
mod version;

pub use model::{model, models};
pub use query::{models_query, named, newest_query, versions_query};
pub use refusal::{Refusal, refusal};
pub use run::run;
pub use version::versions;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lenient::{Int, List, Obj};
use crate::domain::{Clean, Tag};

/// Most tags, aliases, metrics or parameters kept of one object.
const MOST: usize = 500;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    /// Its rows.
    pub rows: Vec<R>,
    /// What asks for the next page; none at the end.
    pub next: Option<String>,
    /// Rows that could not be read.
    pub odd: usize,
}

/// An answer that is not what `MLflow` answers: a page of a proxy, another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotMlflow;

/// Reads an answer that must be a JSON object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, NotMlflow> {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    if first != Some(&b'{') {
        return Err(NotMlflow);
    }
    serde_json::from_slice(body).map_err(|_| NotMlflow)
}

/// What a page of any list may hold besides its rows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rest {
    next_page_token: Clean,
    #[serde(flatten)]
    other: std::collections::BTreeMap<String, serde_json::Value>,
}

impl Rest {
    /// An answer with keys that are not its own, and without its rows, comes from something else: an empty list is
    /// `{}`, and calling another answer empty would be a false calm.
    fn belongs(&self, rows: bool) -> Result<Option<String>, NotMlflow> {
        if !rows && !self.other.is_empty() {
            return Err(NotMlflow);
        }
        let token = self.next_page_token.as_str();
        Ok((!token.is_empty()).then(|| token.to_owned()))
    }
}

/// Milliseconds since 1970; 0 is not known.
fn millis(at: Int) -> Option<Timestamp> {
    let at = at.0.filter(|ms| *ms > 0)?;
    Timestamp::from_millisecond(at).ok()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SlimTag {
    key: Clean,
    value: Clean,
}

type Tags = List<Obj<SlimTag>>;

/// Tags in the order of their names.
fn tags(slim: Tags) -> Box<[Tag]> {
    let known = slim.0.into_iter().filter_map(|t| t.0);
    let mut tags: Vec<Tag> = known
        .filter(|t| !t.key.is_empty())
        .take(MOST)
        .map(|t| Tag {
            key: t.key,
            value: t.value,
        })
        .collect();
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    tags.into()
}
