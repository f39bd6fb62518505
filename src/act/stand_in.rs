//! What other rooms will bring; kept here until they do.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::Clean;
use crate::plan::{By, json};

/// Cuts secrets out.
pub mod hide {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use crate::plan::Change;

    /// Of what differs.
    pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
        crate::plan::changes(before, after)
    }

    /// Of a body.
    pub fn value(value: &Value) -> Value {
        value.clone()
    }

    /// Of parameters.
    pub fn parameters(
        given: &BTreeMap<&'static str, Vec<String>>,
    ) -> BTreeMap<String, Vec<String>> {
        let given = given.iter();
        given.map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
    }

    /// Of a sentence.
    pub fn text(text: &str) -> String {
        text.to_owned()
    }
}

/// Who wrote between two states.
pub fn who(before: &Value, after: &Value) -> Vec<By> {
    let old = json::list(before, &["metadata", "managedFields"]);
    let mut by: Vec<By> = json::list(after, &["metadata", "managedFields"])
        .iter()
        .filter(|m| !old.contains(m))
        .map(|m| By {
            who: Clean::new(json::text(m, &["manager"])),
            at: json::text(m, &["time"]).parse::<Timestamp>().ok(),
            what: Clean::new(json::text(m, &["operation"])),
        })
        .collect();
    by.sort_by_key(|b| std::cmp::Reverse(b.at));
    by
}
