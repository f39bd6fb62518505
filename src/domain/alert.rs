//! Alerts and silences, as rows. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Labels};

/// How an alert stands; the loudest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertState {
    /// Somebody is told.
    Firing,
    /// True, but not for long enough.
    Pending,
    /// True, and nobody is told: silenced, or inhibited by another one.
    Suppressed,
}

impl AlertState {
    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Pending => "pending",
            Self::Suppressed => "suppressed",
        }
    }
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Cluster, namespace of its labels (empty for none), [`alert_name`].
    pub key: Key,
    /// Its name: `alertname`.
    pub title: Clean,
    /// How it stands.
    pub state: AlertState,
    /// Label `severity`; may be empty.
    pub severity: Clean,
    /// What it says: annotation `summary`, else `description` or `message`; may be empty.
    pub summary: Clean,
    /// Where it says that its runbook is: annotation `runbook_url`, a web address; may be empty.
    pub runbook: Clean,
    /// All its labels.
    pub labels: Labels,
    /// True since.
    pub since: Option<Timestamp>,
    /// Ids of the silences that hold it.
    pub silenced_by: Box<[Clean]>,
    /// Another alert holds it.
    pub inhibited: bool,
    /// The inference service it is about, as its labels say; none when they name none.
    pub service: Option<Key>,
}

/// Labels that name a namespace: what a scrape found before what a scraper lives in.
const NAMESPACE: &[&str] = &[
    "exported_namespace",
    "namespace",
    "namespace_name",
    "destination_service_namespace",
    "kubernetes_namespace",
];

/// The namespace that an alert is about, as its labels say.
pub fn namespace_of<T: AsRef<str>>(label: impl Fn(&str) -> Option<T>) -> Option<T> {
    let found = NAMESPACE.iter().find_map(|name| label(name));
    found.filter(|value| !value.as_ref().is_empty())
}

/// What an alert is called among others: its name, where that is one word, and what its labels come to.
#[must_use]
pub fn alert_name(title: &str, fingerprint: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-');
    if title.is_empty() || !title.chars().all(letter) {
        return fingerprint.to_owned();
    }
    format!("{title}.{fingerprint}")
}

/// How a silence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SilenceState {
    /// Holds alerts now.
    Active,
    /// Begins later.
    Pending,
    /// Over.
    Expired,
}

/// One condition of a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// Label.
    pub name: Clean,
    /// What it is compared with.
    pub value: Clean,
    /// The value is a regular expression.
    pub regex: bool,
    /// It has to match; else it must not.
    pub equal: bool,
}

/// One silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilenceRow {
    /// Cluster; its id as the name.
    pub key: Key,
    /// How it stands.
    pub state: SilenceState,
    /// All of them have to hold.
    pub matchers: Box<[Matcher]>,
    /// Who made it.
    pub author: Clean,
    /// Why.
    pub comment: Clean,
    /// From when.
    pub starts: Option<Timestamp>,
    /// Until when.
    pub ends: Option<Timestamp>,
}

impl Matcher {
    /// As it is written: `severity=~"page|ticket"`.
    #[must_use]
    pub fn written(&self) -> String {
        let sign = match (self.equal, self.regex) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        format!("{}{sign}\"{}\"", self.name, self.value)
    }
}
