//! What an answer means: the backend's own words, told apart from those of the API server and of a login page in
//! between. Pure.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use hyper::body::Bytes;
use serde_json::Value;

use crate::fault::FaultKind;
use crate::feed::kube::{Redactor, Trouble};

/// Whom a message is about.
pub(super) struct Whom<'a> {
    /// `Prometheus`
    pub(super) title: &'static str,
    /// A URL, or `NAMESPACE/NAME:PORT`.
    pub(super) place: String,
    /// Entry of the settings.
    pub(super) key: &'a str,
    /// A token was sent.
    pub(super) login: bool,
    /// The API server stands in between: namespace and service.
    pub(super) proxied: Option<(&'a str, &'a str)>,
    pub(super) redact: &'a Redactor,
}

impl Whom<'_> {
    fn who(&self) -> String {
        format!("{} at {}", self.title, self.place)
    }

    fn trouble(&self, kind: FaultKind, what: &str, said: &str) -> Trouble {
        let said = self.redact.clean(said);
        let what = if said.is_empty() {
            format!("{} {what}", self.who())
        } else {
            format!("{} {what}: {said}", self.who())
        };
        Trouble::new(kind, what)
    }

    fn login_hint(&self) -> String {
        let key = self.key;
        if self.login {
            format!("Renew the token that {key} names, then reconnect.")
        } else if self.proxied.is_some() {
            format!(
                "Set {key}.token-file, token-env or token-command, with {key}.service: it is then reached by a port-forward."
            )
        } else {
            format!("Set {key}.token-file, token-env or token-command; {key}.user for a password.")
        }
    }
}

/// An answer as it came.
pub(super) struct Raw {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What is wrong with an answer, and whether the backend itself gave it.
pub(super) fn wrong(raw: &Raw, whom: &Whom<'_>) -> Option<(Trouble, bool)> {
    if let Some((namespace, service)) = whom.proxied
        && let Some(said) = status_of(raw)
    {
        let mut trouble = of_api_server(raw.status, &said, (namespace, service), whom);
        trouble.wait = retry_after(&raw.headers);
        return Some((trouble, false));
    }
    let status = raw.status.as_u16();
    let page = is_page(&raw.body);
    match status {
        300..400 => return Some((redirected(raw, whom), false)),
        200..300 if page => {
            let what = "answered with a web page instead of data: a login page, most likely";
            let trouble = whom.trouble(FaultKind::Denied, what, "");
            return Some((trouble.hint(whom.login_hint()), false));
        }
        200..300 => return None,
        _ => {}
    }
    let said = words(&raw.body);
    let mut trouble = refused(raw, &said, page, whom);
    trouble.wait = retry_after(&raw.headers);
    Some((trouble, true))
}

fn refused(raw: &Raw, said: &str, page: bool, whom: &Whom<'_>) -> Trouble {
    let key = whom.key;
    match raw.status.as_u16() {
        401 => {
            let what = if whom.login {
                "does not accept the token"
            } else {
                "asks for a login"
            };
            whom.trouble(FaultKind::Denied, what, said)
                .hint(whom.login_hint())
        }
        403 if is_host_refusal(said) => whom
            .trouble(FaultKind::Denied, "refuses our Host header", said)
            .hint(format!("Set {key}.host, or allow it in the server.")),
        403 => whom
            .trouble(FaultKind::Denied, "refuses", said)
            .hint("Ask who runs it for the right to read."),
        404 if page || is_unknown_path(said) => whom
            .trouble(FaultKind::Gone, "does not know what it is asked for", "")
            .hint(format!(
                "Is it {}, and does its path begin with a prefix? Then set {key}.url with it.",
                whom.title
            )),
        404 => whom.trouble(FaultKind::Gone, "does not have it", said),
        408 => whom.trouble(FaultKind::Timeout, "gave up", said),
        429 => whom.trouble(FaultKind::Busy, "asks us to slow down", said),
        503 if is_timeout(&raw.body) => whom
            .trouble(FaultKind::Timeout, "gave up on a query", said)
            .hint("It is overloaded, or the query is too wide."),
        code @ 500..600 => whom.trouble(FaultKind::Busy, &format!("is not well ({code})"), said),
        code => whom.trouble(
            FaultKind::Malformed,
            &format!("does not take what it is asked ({code})"),
            said,
        ),
    }
}

fn redirected(raw: &Raw, whom: &Whom<'_>) -> Trouble {
    let to = raw.headers.get(header::LOCATION);
    let to = to.and_then(|v| v.to_str().ok()).unwrap_or_default();
    // what stands behind the `?` may be a secret of the login
    let to = to.split(['?', '#']).next().unwrap_or_default();
    whom.trouble(
        FaultKind::Denied,
        "sends us elsewhere, to a login page most likely",
        to,
    )
    .hint(whom.login_hint())
}

/// The API server's own words: it could not, or would not, pass the question on.
fn of_api_server(
    status: StatusCode,
    said: &str,
    (namespace, service): (&str, &str),
    whom: &Whom<'_>,
) -> Trouble {
    let said = whom.redact.clean(said);
    let place = format!("{namespace}/{service}");
    let key = whom.key;
    let (kind, what, hint) = match status.as_u16() {
        401 => (
            FaultKind::Denied,
            format!("The API server does not accept the credentials: {said}"),
            "Log in again, then reconnect.".to_owned(),
        ),
        403 => (
            FaultKind::Denied,
            format!("You may not reach {place} through the API server: {said}"),
            format!(
                "Ask for get and create on services/proxy in namespace {namespace}, or set {key}.url."
            ),
        ),
        404 => (
            FaultKind::Gone,
            format!("The Service {place} is gone: {said}"),
            String::new(),
        ),
        429 => (
            FaultKind::Busy,
            format!("The API server asks us to slow down: {said}"),
            String::new(),
        ),
        503 if said.contains("no endpoints") => (
            FaultKind::Unreachable,
            format!("Nothing runs behind the Service {place}: {said}"),
            "Is its pod ready?".to_owned(),
        ),
        500..600 => (
            FaultKind::Unreachable,
            format!("The API server cannot reach {place}: {said}"),
            format!(
                "Is its pod ready, and does a mesh or a network policy keep the API server out? Then set {key}.url."
            ),
        ),
        code => (
            FaultKind::Malformed,
            format!("The API server does not pass questions to {place} ({code}): {said}"),
            String::new(),
        ),
    };
    Trouble::new(kind, what).hint(hint)
}

/// The message of a Kubernetes `Status`, if the body is one.
fn status_of(raw: &Raw) -> Option<String> {
    if raw.status.is_success() {
        return None;
    }
    let body: Value = serde_json::from_slice(&raw.body).ok()?;
    let is = |field: &str, value: &str| body.get(field).and_then(Value::as_str) == Some(value);
    if !is("kind", "Status") || !is("apiVersion", "v1") {
        return None;
    }
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let message = text("message");
    Some(
        if message.is_empty() {
            text("reason")
        } else {
            message
        }
        .to_owned(),
    )
}

/// What a backend says was wrong: Prometheus, `MLflow` and others wrap it in an object, Alertmanager sends a JSON text,
/// others plain text.
fn words(body: &[u8]) -> String {
    if is_page(body) {
        return String::new();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::String(text)) => text,
        Ok(Value::Object(object)) => ["error", "message", "detail"]
            .iter()
            .find_map(|field| object.get(*field).and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned(),
        Ok(_) => String::new(),
        Err(_) => String::from_utf8_lossy(body.get(..500).unwrap_or(body)).into_owned(),
    }
}

fn is_page(body: &[u8]) -> bool {
    body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<')
}

/// What servers say of a path that is not theirs.
fn is_unknown_path(said: &str) -> bool {
    let said = said.trim();
    said.is_empty() || said.eq_ignore_ascii_case("404 page not found") || said == "Not Found"
}

fn is_host_refusal(said: &str) -> bool {
    said.starts_with("Invalid Host header")
}

fn is_timeout(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    body.is_some_and(|b| b.get("errorType").and_then(Value::as_str) == Some("timeout"))
}

/// It answers only to names that it knows (`MLflow`).
pub(super) fn refuses_host(reply: &super::Reply) -> bool {
    reply.status == 403 && is_host_refusal(&words(&reply.body))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(300)))
}

/// The body could not be read as what it should be.
pub(super) fn unreadable(error: &serde_json::Error, whom: &Whom<'_>) -> Trouble {
    // the text of the error may quote the body; its place is enough
    let what = format!(
        "{} answered with something that cannot be read ({:?} error at line {}, column {})",
        whom.who(),
        error.classify(),
        error.line(),
        error.column()
    );
    let hint = format!("Is it {}, of a version that is known?", whom.title);
    Trouble::new(FaultKind::Malformed, what).hint(hint)
}

/// It grew too large.
pub(super) fn too_large(most: u64, whom: &Whom<'_>) -> Trouble {
    let what = format!(
        "{} sent more than {} MB in one answer",
        whom.who(),
        most >> 20
    );
    Trouble::new(FaultKind::Malformed, what)
}

/// No answer, or not all of it, in time.
pub(super) fn late(limit: Duration, whom: &Whom<'_>) -> Trouble {
    let what = format!("{} did not answer within {limit:?}", whom.who());
    Trouble::new(FaultKind::Timeout, what)
        .hint("Is it overloaded? Figures stay as they are until it answers.")
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
