//! One question to the registry, and all pages of a list. Does I/O.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{Key, Row};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, Reply};
use crate::kinds::mlflow::{NotMlflow, Page, refusal};

/// Where the registry answers.
const BASE: &str = "/api/2.0/mlflow/";

/// What a question led to.
pub(super) enum Answer {
    /// It answered.
    Said(Reply),
    /// What was asked for is not there, says `MLflow` itself.
    Missing,
}

/// Asks one question.
pub(super) async fn ask(
    backend: &Backend,
    path: &str,
    query: &[(&str, &str)],
) -> Result<Answer, Fault> {
    match backend.get(&format!("{BASE}{path}"), query).await {
        Ok(reply) => Ok(Answer::Said(reply)),
        Err(failed) => {
            let own = failed.reply.as_ref().and_then(|reply| refusal(&reply.body));
            match own {
                Some(own) if own.is_missing() => Ok(Answer::Missing),
                Some(own) => {
                    let mut fault = failed.fault;
                    fault.what = format!("MLflow refuses {path}: {} ({})", own.message, own.code);
                    Err(fault)
                }
                None => Err(failed.fault),
            }
        }
    }
}

/// The answer is JSON, and not what `MLflow` answers.
pub(super) fn strange(_: NotMlflow) -> Fault {
    let what = "what answers as MLflow sends no list of models";
    Fault::new("mlflow", FaultKind::Malformed, what, Timestamp::now()).hint(
        "Is sources.mlflow.url the address of an MLflow server, with its prefix if it has one?",
    )
}

/// Some of what was listed could not be read.
pub(super) fn missing(odd: usize, what: &str) -> Option<Fault> {
    let said = format!("{odd} {what} of the registry cannot be read");
    (odd > 0).then(|| Fault::new("mlflow", FaultKind::Malformed, said, Timestamp::now()))
}

/// Reads a page.
type Read<R> = Box<dyn Fn(&[u8]) -> Result<Page<R>, NotMlflow> + Send + Sync>;

/// A page of a list: what asks for it, and what reads it.
pub(super) struct List<R> {
    pub(super) path: &'static str,
    pub(super) read: Read<R>,
}

impl<R: Row> List<R> {
    /// One page.
    pub(super) async fn page(
        &self,
        backend: &Backend,
        query: &[(&'static str, String)],
    ) -> Result<Page<R>, Fault> {
        let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        match ask(backend, self.path, &query).await? {
            Answer::Said(reply) => (self.read)(&reply.body).map_err(strange),
            // a server so old that it has no registry, or one that keeps none
            Answer::Missing => Ok(Page {
                rows: Vec::new(),
                next: None,
                odd: 0,
            }),
        }
    }
}

/// Rows of several pages, by key: pages are cut by offset, so a row may come twice while others come and go.
#[derive(Debug)]
pub(super) struct Gathered<R> {
    pub(super) rows: BTreeMap<Key, R>,
    pub(super) odd: usize,
}

impl<R> Default for Gathered<R> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            odd: 0,
        }
    }
}

impl<R: Row> Gathered<R> {
    /// Takes a page in; how many of its rows were not there before.
    pub(super) fn take(&mut self, page: Page<R>) -> (usize, Option<String>) {
        let before = self.rows.len();
        self.odd += page.odd;
        self.rows
            .extend(page.rows.into_iter().map(|row| (row.key().clone(), row)));
        (self.rows.len() - before, page.next)
    }
}
