//! What the answer to one request means. Pure.

use serde_json::Value;

use crate::domain::Clean;
use crate::plan::{Halt, HaltKind, Step, hide};

/// What the server said: the message of its answer without secrets that it repeats, or what the status means.
pub(super) fn server_words(status: u16, body: &Value) -> Clean {
    let said = body.pointer("/message").and_then(Value::as_str);
    match (said, body.as_str()) {
        (Some(text), _) | (None, Some(text)) if !text.is_empty() => Clean::new(&hide::text(text)),
        _ => Clean::new(&format!("HTTP status {status}")),
    }
}

/// The guard at which a request ended that the server did not take. `verb` is `did not take` or `would not take`.
pub(super) fn refusal(step: &Step, status: u16, body: &Value, verb: &str) -> Halt {
    let words = server_words(status, body);
    let kind = match status {
        401 | 403 => HaltKind::Denied,
        404 => HaltKind::Gone,
        409 => HaltKind::Changed,
        _ => HaltKind::Server,
    };
    let hint = match status {
        429 => {
            "The server is asked too much at the moment. Try again later; nothing is repeated by itself"
        }
        409 => "Look at what changed, and decide anew",
        401 => "Log in again",
        _ => "",
    };
    let text = format!(
        "The server {verb} {} {}: {words}",
        step.method,
        Clean::new(&step.path)
    );
    Halt::new(kind, &text).hint(hint)
}

/// What is known of a request after its answer, or after looking where there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It changed something.
    Taken,
    /// There was nothing to do.
    Needless,
    /// It changed nothing.
    Refused,
    /// It cannot be told.
    Unknown,
}

/// What the status of an answer says. An error of the server itself says nothing: it may have stored the write before.
pub(super) fn fate(absent_is_done: bool, status: u16) -> Fate {
    match status {
        200..300 => Fate::Taken,
        404 if absent_is_done => Fate::Needless,
        300..500 => Fate::Refused,
        _ => Fate::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_answer_means() {
        assert_eq!(fate(false, 201), Fate::Taken);
        assert_eq!(fate(true, 404), Fate::Needless);
        for status in [302, 401, 403, 404, 409, 422, 429] {
            assert_eq!(fate(false, status), Fate::Refused, "{status}");
        }
        for status in [0, 500, 503, 504] {
            assert_eq!(fate(false, status), Fate::Unknown, "{status}");
        }
    }

    #[test]
    fn the_words_of_the_server_are_kept() {
        let body = json!({"message": "quota\u{1b}[2J exceeded"});
        assert_eq!(server_words(403, &body).as_str(), "quota exceeded");
        let repeats = json!({"message": "denied: password=hunter2 is weak"});
        assert_eq!(
            server_words(400, &repeats).as_str(),
            "denied: password=(hidden) is weak"
        );
        assert_eq!(server_words(502, &Value::Null).as_str(), "HTTP status 502");
    }
}
