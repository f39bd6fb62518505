//! Copies of ended actions: to a webhook and to Kubernetes Events. I/O; called by `shell` and `cli` after an action ended,
//! beside everything else: nothing waits for it, and a copy that cannot be made fails nothing. Each is tried once.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;

use super::journal::Journal;
use super::wire::{Reply, Wire};
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{Entry, document, event, hide};
use crate::settings::Audit;

/// How long the webhook may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a fault names as its source.
const SOURCE: &str = "audit";

/// Where copies go.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    webhook: Option<Webhook>,
    events: bool,
}

#[derive(Debug, Clone)]
struct Webhook {
    client: Client,
    url: Url,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Copies {
    /// As the settings say; `env` reads the variable that holds the header's value. What cannot be done is told, and the
    /// rest is done.
    #[must_use]
    pub fn new(audit: &Audit, env: &dyn Fn(&str) -> Option<String>) -> (Self, Vec<Fault>) {
        let webhook = match &audit.webhook {
            None => Ok(None),
            Some(url) => Webhook::new(url, audit.webhook_header.as_deref(), env).map(Some),
        };
        let (webhook, faults) = match webhook {
            Ok(webhook) => (webhook, Vec::new()),
            Err(fault) => (None, vec![*fault]),
        };
        let events = audit.events;
        (Self { webhook, events }, faults)
    }

    /// There is somebody to tell.
    #[must_use]
    pub fn any(&self) -> bool {
        self.webhook.is_some() || self.events
    }

    /// Tells of an action as it stands in the journal. What did not arrive, and why.
    pub async fn tell<W: Wire>(&self, journal: &Journal, wire: &W, id: &str) -> Vec<Fault> {
        if !self.any() {
            return Vec::new();
        }
        let (journal, of) = (journal.clone(), id.to_owned());
        let read = tokio::task::spawn_blocking(move || journal.entry(&of)).await;
        match read {
            Ok(Ok(Some(entry))) => self.send(wire, &entry).await,
            Ok(Ok(None)) => Vec::new(),
            Ok(Err(error)) => vec![fault(FaultKind::Config, &error.to_string()).hint(error.hint())],
            Err(_) => vec![fault(FaultKind::Malformed, "the journal could not be read")],
        }
    }

    /// Sends copies of an action. What did not arrive, and why.
    pub async fn send<W: Wire>(&self, wire: &W, entry: &Entry) -> Vec<Fault> {
        let posted = async {
            match &self.webhook {
                Some(webhook) => webhook.post(&document(entry)).await.err(),
                None => None,
            }
        };
        let made = async {
            match event(entry).filter(|_| self.events) {
                Some(step) => refused(wire.send(&step, false).await),
                None => None,
            }
        };
        let (posted, made) = futures::join!(posted, made);
        posted.map(|f| *f).into_iter().chain(made).collect()
    }
}

impl Webhook {
    fn new(
        url: &str,
        header: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Box<Fault>> {
        let wrong = |what: String, hint: &str| Box::new(fault(FaultKind::Config, &what).hint(hint));
        let url = Url::parse(url).map_err(|error| {
            wrong(
                format!("audit.webhook is no URL: {error}"),
                "write https://HOST/PATH",
            )
        })?;
        let header = header.map(|text| secret(text, env)).transpose();
        let header =
            header.map_err(|what| wrong(what, "set the variable, or take the header out"))?;
        // a redirect could take the header to somebody else
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .user_agent(concat!("midwatch/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|_| wrong("no client for audit.webhook".to_owned(), ""))?;
        Ok(Self {
            client,
            url,
            header,
        })
    }

    async fn post(&self, document: &Value) -> Result<(), Box<Fault>> {
        let mut request = self.client.post(self.url.clone()).json(document);
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let host = self.url.host_str().unwrap_or_default();
        let answer = request.send().await.map_err(|error| {
            let kind = if error.is_timeout() {
                FaultKind::Timeout
            } else {
                FaultKind::Unreachable
            };
            // its words name the whole URL, which may hold a key
            let why = error.without_url().to_string();
            let what = format!("no copy of the action reached the webhook at {host}: {why}");
            Box::new(fault(kind, &what).hint("the journal has it; midwatch audit export tells it"))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let what = format!("the webhook at {host} did not take a copy of the action: {status}");
        Err(Box::new(
            fault(FaultKind::Denied, &what)
                .hint("the journal has it; midwatch audit export tells it"),
        ))
    }
}

/// `Name: env:VARIABLE` with the value of the variable.
fn secret(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(HeaderName, HeaderValue), String> {
    let (name, variable) = text
        .split_once(": env:")
        .ok_or("audit.webhook-header is not NAME: env:VARIABLE")?;
    let value = env(variable).filter(|v| !v.is_empty());
    let value = value.ok_or_else(|| format!("audit.webhook-header: {variable} is not set"))?;
    let wrong = || format!("audit.webhook-header: {variable} holds what no header can be");
    let name = name.parse().map_err(|_| wrong())?;
    let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Why an Event was not made.
fn refused(reply: Reply) -> Option<Fault> {
    match reply {
        Reply::Answered {
            status: 200..300, ..
        } => None,
        Reply::Answered { status, body } => {
            let words = body.pointer("/message").and_then(Value::as_str);
            let words = hide::text(words.unwrap_or_default());
            let what = format!("no Event tells of the action: {status} {words}");
            let kind = if status == 403 {
                FaultKind::Denied
            } else {
                FaultKind::Malformed
            };
            Some(fault(kind, &what).hint("create on events is needed, or audit.events = false"))
        }
        Reply::NotSent(why) | Reply::Lost(why) => {
            let what = format!("no Event tells of the action: {}", why.what);
            Some(fault(why.kind, &what))
        }
    }
}

fn fault(kind: FaultKind, what: &str) -> Fault {
    Fault::new(
        SOURCE,
        kind,
        Clean::new(what.trim()).as_str(),
        Timestamp::now(),
    )
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
