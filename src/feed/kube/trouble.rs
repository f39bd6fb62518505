//! Errors of the client libraries, sorted by what the operator can do. Pure.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::watcher;

use super::redact::Redactor;
use crate::fault::{Fault, FaultKind};

/// One failure, before it is known where it belongs. Texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: FaultKind,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// The server asked to wait this long.
    pub(crate) wait: Option<Duration>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl StdError for Trouble {}

impl Trouble {
    pub(crate) fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            hint: String::new(),
            wait: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A file or setting of the operator's is wrong.
    pub(crate) fn config(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(FaultKind::Config, what).hint(hint)
    }

    /// As a person sees it.
    pub(crate) fn fault(&self, source: &str, now: Timestamp) -> Fault {
        Fault::new(source, self.kind, &self.what, now).hint(&self.hint)
    }

    /// No answer came, so the server may be another one when it is back.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self.kind, FaultKind::Unreachable | FaultKind::Timeout)
    }
}

/// Where a request went, for messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a str,
    /// `list workflows.argoproj.io`, `read the version`, …
    pub(crate) what: &'a str,
    pub(crate) redact: &'a Redactor,
}

/// Sorts an error of a watch.
pub(crate) fn of_watch(error: &watcher::Error, asked: Asked<'_>) -> Trouble {
    match error {
        watcher::Error::InitialListFailed(e)
        | watcher::Error::WatchStartFailed(e)
        | watcher::Error::WatchFailed(e) => of_client(e, asked),
        watcher::Error::WatchError(status) => of_status(status, asked),
        watcher::Error::NoResourceVersion => Trouble::new(
            FaultKind::Malformed,
            format!("{} sent objects without a version", asked.server),
        )
        .hint("Is this a Kubernetes API server?"),
    }
}

/// Sorts an error of one request.
pub(crate) fn of_client(error: &kube::Error, asked: Asked<'_>) -> Trouble {
    match error {
        kube::Error::Api(status) => return of_status(status, asked),
        kube::Error::SerdeError(e) => {
            // the text of the error may quote the body; its place is enough
            let what = format!(
                "{} answered with something that cannot be read ({:?} error at line {}, column {})",
                asked.server,
                e.classify(),
                e.line(),
                e.column()
            );
            return Trouble::new(FaultKind::Malformed, what)
                .hint("Is a proxy or a login page between midwatch and the API server?");
        }
        kube::Error::FromUtf8(_) => {
            let what = format!("{} answered with bytes that are not text", asked.server);
            return Trouble::new(FaultKind::Malformed, what);
        }
        _ => {}
    }
    for cause in chain(error) {
        if let Some(trouble) = cause.downcast_ref::<Trouble>() {
            return trouble.clone();
        }
        if let Some(trouble) = cause.downcast_ref::<kube::Error>().and_then(|e| match e {
            kube::Error::Api(status) => Some(of_status(status, asked)),
            _ => None,
        }) {
            return trouble;
        }
    }
    of_transport(error, asked)
}

fn of_transport(error: &(dyn StdError + 'static), asked: Asked<'_>) -> Trouble {
    let server = asked.server;
    let text = chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    let all: String = chain(error).map(|e| e.to_string().to_lowercase()).collect();
    let io = chain(error)
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .last();
    let (kind, what, hint) = match io {
        Some(io::ErrorKind::ConnectionRefused) => (
            FaultKind::Unreachable,
            format!("{server} refuses connections"),
            "Is the API server up, and is this its address and port?",
        ),
        Some(io::ErrorKind::TimedOut) => (
            FaultKind::Timeout,
            format!("{server} did not answer in time"),
            "Check the network, a VPN or a proxy.",
        ),
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe,
        ) => (
            FaultKind::Unreachable,
            format!("{server} closed the connection"),
            "",
        ),
        _ if all.contains("certificate") || all.contains("tls") => (
            FaultKind::Unreachable,
            format!(
                "No trusted connection to {server}: {}",
                asked.redact.clean(&text)
            ),
            "Compare certificate-authority, tls-server-name and client certificate in the kubeconfig.",
        ),
        _ if all.contains("dns error") || all.contains("lookup address") => (
            FaultKind::Unreachable,
            format!("The name of {server} cannot be resolved"),
            "Check the server's name in the kubeconfig, DNS and a VPN.",
        ),
        _ => (
            FaultKind::Unreachable,
            format!("Cannot reach {server}: {}", asked.redact.clean(&text)),
            "Check the network, a VPN or a proxy.",
        ),
    };
    Trouble::new(kind, what).hint(hint)
}

/// Sorts a refusal of the server's.
pub(crate) fn of_status(status: &kube::core::Status, asked: Asked<'_>) -> Trouble {
    let Asked {
        server,
        what,
        redact,
    } = asked;
    let said = redact.clean(if status.message.is_empty() {
        &status.reason
    } else {
        &status.message
    });
    let wait = status
        .details
        .as_ref()
        .map(|d| u64::from(d.retry_after_seconds))
        .filter(|s| *s > 0)
        .map(Duration::from_secs);
    let (kind, text, hint) = match status.code {
        401 => (
            FaultKind::Denied,
            format!("{server} does not accept the credentials: {said}"),
            "Log in again, then reconnect.",
        ),
        403 => (
            FaultKind::Denied,
            format!("You may not {what}: {said}"),
            "Ask for a role with get, list and watch on it.",
        ),
        404 => (
            FaultKind::Gone,
            format!("{server} does not know how to {what}: {said}"),
            "The kind is not installed in this cluster.",
        ),
        410 => (
            FaultKind::Expired,
            format!("{server} no longer keeps the version we had"),
            "A new list is being read.",
        ),
        429 => (
            FaultKind::Busy,
            format!("{server} asks us to slow down: {said}"),
            "",
        ),
        500..=599 => (
            FaultKind::Busy,
            format!("{server} is not well ({}): {said}", status.code),
            "",
        ),
        // the server no longer understands its own continue token
        400 if said.contains("continue") => (
            FaultKind::Expired,
            format!("{server} no longer keeps the list we were reading"),
            "A new list is being read.",
        ),
        code => (
            FaultKind::Malformed,
            format!("{server} did not {what} ({code}): {said}"),
            "Is this a Kubernetes API server?",
        ),
    };
    Trouble {
        kind,
        what: text,
        hint: hint.to_owned(),
        wait,
    }
}

/// An error and what it came from. `io::Error` hides the error inside it from `source`, so it is asked.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e| inner(*e)).take(32)
}

fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(redact: &Redactor) -> Asked<'_> {
        Asked {
            server: "https://h:6443",
            what: "list pods",
            redact,
        }
    }

    #[test]
    fn a_refused_connection_says_so_and_what_to_check() {
        let inner = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = kube::Error::Service(Box::new(io::Error::other(inner)));
        let r = Redactor::default();
        let t = of_client(&error, asked(&r));
        assert_eq!(t.kind, FaultKind::Unreachable);
        assert_eq!(t.what, "https://h:6443 refuses connections");
        assert!(t.hint.contains("port"));
    }

    #[test]
    fn our_own_trouble_is_found_inside_any_wrapping() {
        let own = Trouble::new(FaultKind::Timeout, "too slow");
        let error = kube::Error::ReadEvents(io::Error::other(kube::Error::Service(Box::new(
            own.clone(),
        ))));
        let r = Redactor::default();
        assert_eq!(of_client(&error, asked(&r)), own);
    }

    #[test]
    fn a_refusal_is_told_once_and_without_secrets() {
        let mut r = Redactor::default();
        r.learn("planted-secret");
        let status =
            kube::core::Status::failure("pods is forbidden: planted-secret\u{1b}[31m", "Forbidden")
                .with_code(403);
        let t = of_status(&status, asked(&r));
        assert_eq!(t.kind, FaultKind::Denied);
        assert_eq!(t.what.matches("forbidden").count(), 1);
        assert!(!t.what.contains("planted"), "{}", t.what);
    }
}
