//! Labels of an object, kept small: ten thousand pods have them. Pure.
//!
//! One text for all labels of an object; objects of one owner carry mostly the same, so that text is shared.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::Clean;

/// Most labels kept of one object.
const MOST: usize = 64;

/// Most bytes of a key (a prefix of 253, a slash, a name of 63) and of a value, as Kubernetes allows.
const KEY: usize = 317;
const VALUE: usize = 63;

/// Most bytes kept of one object.
const BYTES: usize = 4096;

/// Label sets at hand to be shared, for each thread.
const SLOTS: usize = 256;

thread_local! {
    static POOL: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; SLOTS]);
}

/// The labels of an object, in the order of their keys.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Labels(Option<Arc<str>>);

impl Labels {
    /// No labels, for rows that keep none.
    pub const NONE: &'static Self = &Self(None);

    /// Keeps labels from outside: sanitised, bounded in number and length.
    #[must_use]
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut kept: Vec<(Clean, Clean)> = pairs
            .into_iter()
            .filter(|(key, value)| key.len() <= KEY && value.len() <= VALUE)
            .map(|(key, value)| (Clean::new(key), Clean::new(value)))
            .filter(|(key, value)| !key.is_empty() && !key.contains('=') && !value.contains('\n'))
            .take(MOST)
            .collect();
        kept.sort();
        let mut text = String::new();
        for (key, value) in &kept {
            if text.len() + key.len() + value.len() + 2 > BYTES {
                break;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        Self((!text.is_empty()).then(|| shared(&text)))
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|text| text.split('\n'))
            .filter_map(|line| line.split_once('='))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// An allocation holding `text`, shared with an earlier equal one when that is still at hand.
fn shared(text: &str) -> Arc<str> {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let slot = usize::try_from((hash ^ (hash >> 32)) % SLOTS as u64).unwrap_or(0);
    POOL.try_with(|pool| {
        let mut pool = pool.try_borrow_mut().ok()?;
        let slot = pool.get_mut(slot)?;
        if let Some(kept) = slot
            && **kept == *text
        {
            return Some(kept.clone());
        }
        let fresh: Arc<str> = Arc::from(text);
        *slot = Some(fresh.clone());
        Some(fresh)
    })
    .ok()
    .flatten()
    .unwrap_or_else(|| Arc::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back_by_key_and_equal_sets_share_their_text() {
        let (a, b) = (
            Labels::of([("team", "nlp"), ("gpu", "")]),
            Labels::of([("gpu", ""), ("team", "nlp")]),
        );
        assert_eq!(a, b);
        assert!(Arc::ptr_eq(a.0.as_ref().unwrap(), b.0.as_ref().unwrap()));
        assert_eq!(
            (a.get("team"), a.get("gpu"), a.get("no")),
            (Some("nlp"), Some(""), None)
        );
        assert!(Labels::of([]).is_empty());
    }

    #[test]
    fn hostile_labels_are_sanitised_and_bounded() {
        let long = "x".repeat(400);
        let many: Vec<String> = (0..200).map(|n| format!("k{n}")).collect();
        let odd = [
            ("a\u{1b}[2J", "b\nc=d\u{202e}"),
            (&*long, "v"),
            ("k", &*long),
        ];
        let labels = Labels::of(many.iter().map(|k| (&**k, "v")).chain(odd));
        assert_eq!(labels.iter().count(), MOST);
        let labels = Labels::of(odd);
        assert_eq!(labels.iter().count(), 1);
        let (key, value) = labels.iter().next().unwrap();
        assert!(
            !key.chars().chain(value.chars()).any(char::is_control),
            "{labels:?}"
        );
    }
}
