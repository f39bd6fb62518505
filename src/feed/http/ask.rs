//! One question to a backend, and one answer. Pure.

use std::time::Duration;

use http::Method;
use hyper::body::Bytes;
use serde_json::Value;

use crate::fault::Fault;

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Begins with `/`; with its query.
    pub(super) path: String,
    pub(super) body: Bytes,
    /// Of the body; none without one.
    pub(super) content: Option<&'static str>,
    /// Changes nothing, so that it may be asked again.
    pub(super) read: bool,
}

impl Ask {
    pub(super) fn get(path: &str, query: &[(&str, &str)]) -> Self {
        let path = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", encoded(query))
        };
        Self {
            method: Method::GET,
            path,
            body: Bytes::new(),
            content: None,
            read: true,
        }
    }

    pub(super) fn form(path: &str, form: &[(&str, &str)]) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            body: encoded(form).into(),
            content: Some("application/x-www-form-urlencoded"),
            read: true,
        }
    }

    pub(super) fn write(method: Method, path: &str, json: Option<&Value>) -> Self {
        Self {
            method,
            path: path.to_owned(),
            body: json.map(|json| json.to_string().into()).unwrap_or_default(),
            content: json.map(|_| "application/json"),
            read: false,
        }
    }
}

/// Pairs as a query or a form.
pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://h/") else {
        return String::new();
    };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The whole body. Not safe to show: from outside.
    pub body: Bytes,
    /// How long it took.
    pub took: Duration,
}

impl Reply {
    /// The body as JSON; nothing when it is none.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone)]
pub struct Failed {
    /// As a person sees it.
    pub fault: Fault,
    /// What the backend itself answered, for those who know its errors: none when nothing came, and when it was not the
    /// backend that answered (the API server, a login page).
    pub reply: Option<Box<Reply>>,
    /// It may have been done all the same: the question was sent, and no answer came.
    pub lost: bool,
}

impl From<Failed> for Fault {
    fn from(failed: Failed) -> Self {
        failed.fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_encoded_whatever_stands_in_them() {
        let ask = Ask::get(
            "/api",
            &[("query", "a{b=\"c d\"} + 1 & 2%"), ("t", "\u{e9}")],
        );
        assert_eq!(
            ask.path,
            "/api?query=a%7Bb%3D%22c+d%22%7D+%2B+1+%26+2%25&t=%C3%A9"
        );
        let ask = Ask::form("/q", &[("query", "up & down")]);
        assert_eq!(&ask.body[..], b"query=up+%26+down");
    }
}
