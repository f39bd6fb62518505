//! Reading answers whole, within limits of size and time. Does I/O.

use std::pin::pin;
use std::time::Duration;

use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::time::Instant;
use tower::BoxError;

use super::super::redact::Redactor;
use super::super::trouble::Trouble;
use crate::fault::FaultKind;

/// How large an answer may be, and how slow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    /// Longest silence within it.
    pub(super) pause: Duration,
    /// All of it.
    pub(super) whole: Duration,
}

/// Reads to the end.
pub(super) async fn whole<B>(body: B, limits: Limits) -> Result<Vec<u8>, BoxError>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    let end = Instant::now() + limits.whole;
    loop {
        let late = end.min(Instant::now() + limits.pause);
        let Ok(frame) = tokio::time::timeout_at(late, body.frame()).await else {
            let what = "The answer began and did not end in time";
            return Err(Trouble::new(FaultKind::Timeout, what)
                .hint("Check the network, a VPN or a proxy.")
                .into());
        };
        let Some(frame) = frame else {
            return Ok(bytes);
        };
        if let Some(data) = frame.map_err(Into::into)?.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() as u64 > limits.bytes {
            let what = format!("The answer has more than {} MB", limits.bytes >> 20);
            return Err(Trouble::new(FaultKind::Malformed, what).into());
        }
    }
}

/// The body as JSON; the words of one that is none (proxies and overloaded servers answer in plain text), null when
/// there are none.
pub(super) fn value(bytes: &[u8], redact: &Redactor) -> Value {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return value;
    }
    let start = bytes.get(..2_000).unwrap_or(bytes);
    match redact.clean(&String::from_utf8_lossy(start)) {
        words if words.is_empty() => Value::Null,
        words => Value::String(words),
    }
}

/// What a server says when it refuses, in the form it normally has.
pub(super) fn refusal(status: u16, bytes: &[u8], redact: &Redactor) -> kube::core::Status {
    let said: Option<kube::core::Status> = serde_json::from_slice(bytes).ok();
    let words = match (said, value(bytes, redact)) {
        (Some(said), _) if !said.message.is_empty() || !said.reason.is_empty() => {
            return said.with_code(status);
        }
        (_, Value::String(words)) => words,
        _ => "it says no more".to_owned(),
    };
    kube::core::Status::failure(&words, "").with_code(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_no_json_is_its_words_without_what_hurts() {
        let redact = Redactor::default();
        assert_eq!(value(b"", &redact), Value::Null);
        let words = value(b"Too many\x1b[2J requests\n", &redact);
        assert!(!words.as_str().unwrap().contains('\u{1b}'), "{words}");
        assert!(words.as_str().unwrap().starts_with("Too many"), "{words}");
        assert!(value(&vec![b'x'; 100_000], &redact).as_str().unwrap().len() < 400);
    }

    #[test]
    fn a_refusal_keeps_the_status_of_the_head() {
        let redact = Redactor::default();
        let body = br#"{"kind":"Status","status":"Failure","message":"no","reason":"Forbidden","code":200}"#;
        assert_eq!(refusal(403, body, &redact).code, 403);
        assert_eq!(refusal(403, body, &redact).message, "no");
        assert_eq!(refusal(502, b"<html>", &redact).message, "<html>");
    }
}
