//! What shows that an action is done, in words. Pure.

use serde_json::Value;

use super::form::{Check, Expect};
use crate::domain::Clean;

impl Check {
    /// In words: `spec.suspend is true`, `status.phase is Failed, Error or Succeeded`, `it is no longer there`.
    #[must_use]
    pub fn words(&self) -> Clean {
        let place = self.place();
        let text = match (&self.expect, place.is_empty()) {
            (Expect::Absent(true), true) => "it is no longer there".to_owned(),
            (Expect::Absent(false), true) => "it is there".to_owned(),
            (Expect::Absent(true), false) => format!("{place} is not set"),
            (Expect::Absent(false), false) | (Expect::Not(Value::Null), _) => {
                format!("{place} is set")
            }
            (Expect::Not(value), _) => {
                format!(
                    "{place} is no longer {}",
                    one_of(std::slice::from_ref(value))
                )
            }
            (Expect::OneOf(values), _) => format!("{place} is {}", one_of(values)),
            (Expect::Has(fields), _) => format!("{place} has {}", fields_of(fields)),
        };
        Clean::new(&text)
    }

    /// The pointer as people write it: `status.nodes[run-1].phase`.
    fn place(&self) -> String {
        let mut place = String::new();
        for token in self.pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let plain = token.chars().all(|c| c.is_ascii_alphabetic());
            match (plain, place.is_empty()) {
                (true, true) => place.push_str(&token),
                (true, false) => {
                    place.push('.');
                    place.push_str(&token);
                }
                (false, _) => {
                    place.push('[');
                    place.push_str(&token);
                    place.push(']');
                }
            }
        }
        place
    }
}

/// `type Ready, status True`.
fn fields_of(fields: &Value) -> String {
    let fields = fields.as_object().into_iter().flatten();
    let words: Vec<String> = fields
        .map(|(key, value)| format!("{key} {}", one_of(std::slice::from_ref(value))))
        .collect();
    words.join(", ")
}

/// `a`, `a or b`, `a, b or c`.
fn one_of(values: &[Value]) -> String {
    let words: Vec<String> = values
        .iter()
        .map(|v| match v {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_reads_as_a_sentence() {
        for (check, expected) in [
            (Check::flag("/spec/suspend", true), "spec.suspend is true"),
            (Check::absent(""), "it is no longer there"),
            (Check::absent("/spec/suspend"), "spec.suspend is not set"),
            (
                Check::is("/status/phase", &["Failed", "Error", "Succeeded"]),
                "status.phase is Failed, Error or Succeeded",
            ),
            (
                Check::is("/status/nodes/run-1/phase", &["Succeeded"]),
                "status.nodes[run-1].phase is Succeeded",
            ),
        ] {
            assert_eq!(&*check.words(), expected);
        }
        let hostile = Check::is("/status/nodes/\u{1b}[2J/phase", &["\u{1b}x"]);
        assert!(!hostile.words().contains('\u{1b}'));
        let odd = Check {
            pointer: "/status/a~1b".to_owned(),
            expect: Expect::OneOf(vec![json!(3)]),
        };
        assert_eq!(&*odd.words(), "status[a/b] is 3");
    }
}
