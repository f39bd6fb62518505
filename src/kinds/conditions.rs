//! Conditions of objects of `KServe`, Knative and Katib, and places of models. Pure; the kinds of serving and of
//! experiments read them.

use serde::Deserialize;

use super::lenient::{List, Obj};
use super::manifest::cut;
use crate::domain::Clean;

/// One entry of `status.conditions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    pub(super) r#type: Clean,
    pub(super) status: Clean,
    pub(super) reason: Clean,
    pub(super) message: Clean,
}

/// All of them.
pub type Conditions = List<Obj<Condition>>;

/// A condition by its type.
pub fn find<'a>(conditions: &'a Conditions, kind: &str) -> Option<&'a Condition> {
    let mut all = conditions.iter().filter_map(Obj::get);
    all.find(|c| &*c.r#type == kind)
}

/// Whether a condition holds; `None` while that is not known.
#[must_use]
pub fn holds(conditions: &Conditions, kind: &str) -> Option<bool> {
    match &*find(conditions, kind)?.status {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// The last condition that holds: where each one that is entered ends the ones before, the present one.
#[must_use]
pub fn present(conditions: &Conditions) -> Option<&Condition> {
    let mut all = conditions.iter().filter_map(Obj::get);
    all.rfind(|c| &*c.status == "True")
}

/// Why an object is not ready, from the condition that tells most: one that is false before one that is unknown, one
/// with a message before one without, a part before the whole. Empty when it is ready.
pub fn trouble(conditions: &Conditions, aside: &[&str]) -> Clean {
    if holds(conditions, "Ready") == Some(true) {
        return Clean::default();
    }
    let waits = |c: &&Condition| &*c.status != "True" && !aside.contains(&&*c.r#type);
    let all = conditions.iter().filter_map(Obj::get).filter(waits);
    let telling = all.filter(|c| !c.reason.is_empty() || !c.message.is_empty());
    telling
        .min_by_key(|c| {
            (
                &*c.status != "False",
                c.message.is_empty(),
                &*c.r#type == "Ready",
            )
        })
        .map(told)
        .unwrap_or_default()
}

fn told(condition: &Condition) -> Clean {
    let parts = [
        &*condition.r#type,
        &*condition.reason,
        sentence(&condition.message),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    Clean::from(cut(&parts.join(": "), HIDDEN))
}

/// What stands in the place of a credential.
const HIDDEN: &str = "***";

/// The line of a longer text that says what is wrong: the last of a traceback, else the first. Line ends are the mark
/// that [`Clean`] leaves for them.
#[must_use]
pub fn sentence(text: &str) -> &str {
    let mut lines = text.split('⏎').map(str::trim).filter(|l| !l.is_empty());
    let first = lines.next().unwrap_or_default();
    if first.starts_with("Traceback") {
        lines.next_back().unwrap_or(first)
    } else {
        first
    }
}

/// Where a model comes from, without what could be a credential in it: a signed address carries it in its query.
#[must_use]
pub fn place(uri: &Clean) -> Clean {
    let bare = cut(uri, HIDDEN);
    match bare.split_once('?') {
        Some((path, _)) => Clean::from(format!("{path}?{HIDDEN}")),
        None => Clean::from(bare),
    }
}

/// A text without what looks like a credential.
#[must_use]
pub fn safe(text: &str) -> Clean {
    Clean::from(cut(text, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(json: serde_json::Value) -> Conditions {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_condition_that_tells_most_is_told() {
        let all = conditions(serde_json::json!([
            {"type": "Ready", "status": "False", "reason": "RevisionFailed", "message": "not ready"},
            {"type": "IngressReady", "status": "Unknown", "message": "waits"},
            {"type": "PredictorReady", "status": "False", "reason": "RevisionFailed", "message": "image cannot be pulled"},
            {"type": "Stopped", "status": "False", "reason": "x", "message": "y"}]));
        assert_eq!(
            &*trouble(&all, &["Stopped"]),
            "PredictorReady: RevisionFailed: image cannot be pulled"
        );
        let ready = conditions(serde_json::json!([{"type": "Ready", "status": "True"}]));
        assert!(trouble(&ready, &[]).is_empty());
        assert_eq!(holds(&all, "IngressReady"), None);
    }

    #[test]
    fn a_traceback_is_told_by_its_last_line() {
        let text = Clean::new(
            "Traceback (most recent call last):\n  File \"a.py\"\nValueError: no model\n",
        );
        assert_eq!(sentence(&text), "ValueError: no model");
        assert_eq!(sentence("one⏎two"), "one");
    }

    #[test]
    fn a_place_shows_no_credential() {
        for (uri, shown) in [
            ("s3://models/fraud/42", "s3://models/fraud/42"),
            ("https://user:hunter2@host/m", "https://user:***@host/m"),
            ("https://host/m?X-Amz-Signature=abc", "https://host/m?***"),
        ] {
            assert_eq!(&*place(&Clean::new(uri)), shown);
        }
    }
}
