//! Times and limits of the data plane, as values so that tests can shorten them. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::meter::Cap;
use super::registry::{Entry, kinds};
use crate::settings::Endpoint;
use crate::slo::Objectives;

/// What can be set. The defaults are right for a cluster.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kinds that can be watched.
    pub kinds: Vec<Entry>,
    /// Namespaces to try when the whole cluster is denied, besides the context's own.
    pub namespaces: Vec<String>,
    /// Services beside Kubernetes, as the settings name them.
    pub sources: BTreeMap<String, Endpoint>,
    /// What services promise, and how it is watched.
    pub objectives: Objectives,
    /// Such a service has answered completely after this time, or not at all.
    pub backend: Duration,
    /// Most bytes of one answer of such a service; more is an error.
    pub backend_bytes: u64,
    /// Most requests a minute to each API server; what is more waits.
    pub cap: Cap,
    /// A connection must be there after this time.
    pub connect: Duration,
    /// An answer must begin after this time; the body of a one-shot request must not pause longer.
    pub answer: Duration,
    /// What is written is answered within this time, or its answer is lost. Longer than the longest that admission
    /// webhooks may take (30 s).
    pub write: Duration,
    /// A page of a list must be complete after this time.
    pub page: Duration,
    /// The server ends a watch after this time; whole seconds, at least one.
    pub watch: Duration,
    /// A watch that gives no byte for this time is dead. A little longer than `watch`.
    pub silence: Duration,
    /// A watch that is not open for this time is told as stale.
    pub gap: Duration,
    /// First wait after a failure; doubled each time.
    pub retry_min: Duration,
    /// Longest wait after a failure.
    pub retry_max: Duration,
    /// Longest wait of the connection itself, which wakes all others when it is back.
    pub retry_api: Duration,
    /// Longest wait after a refusal (403) and while a kind is not installed (404); the first waits are shorter.
    pub retry_denied: Duration,
    /// A source that lived this long starts its waits anew; one that is refused for this long after it lived is denied.
    pub settled: Duration,
    /// A credential plugin must answer within this time (after the login).
    pub login: Duration,
    /// Credentials are renewed at most once in this time.
    pub renew: Duration,
    /// An unneeded watch of a whole kind goes on for this time.
    pub linger: Duration,
    /// An unneeded watch of an object or of labelled objects goes on for this time.
    pub linger_narrow: Duration,
    /// Least time between two batches of one source.
    pub batch: Duration,
    /// Least time between two messages that only say "still alive".
    pub alive: Duration,
    /// Least time between two figures of load.
    pub load: Duration,
    /// How often a model registry is asked.
    pub registry: Duration,
    /// Most bytes of one page; more is an error.
    pub page_bytes: u64,
    /// Most bytes of one event of a watch; more is an error.
    pub event_bytes: u64,
    /// Logs are read no faster than their lines are taken, instead of dropping the oldest.
    pub whole_logs: bool,
    /// Logs go on as their containers print; else they are read to their present end.
    pub follow_logs: bool,
}

impl Default for Options {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            kinds: kinds(),
            namespaces: Vec::new(),
            sources: BTreeMap::new(),
            objectives: Objectives::default(),
            backend: s(20),
            backend_bytes: 32 << 20,
            cap: Cap::default(),
            connect: s(5),
            answer: s(10),
            write: s(34),
            page: s(120),
            watch: s(60),
            silence: s(66),
            gap: s(1),
            retry_min: s(1),
            retry_max: s(30),
            retry_api: s(5),
            retry_denied: s(300),
            settled: s(10),
            login: s(30),
            renew: s(30),
            linger: s(300),
            linger_narrow: s(30),
            batch: Duration::from_millis(100),
            alive: s(5),
            load: s(5),
            registry: s(30),
            page_bytes: 64 << 20,
            event_bytes: 32 << 20,
            whole_logs: false,
            follow_logs: true,
        }
    }
}

impl Options {
    /// What the server is asked to end a watch after, in seconds.
    pub(crate) fn watch_seconds(&self) -> u32 {
        u32::try_from(self.watch.as_secs()).unwrap_or(60).max(1)
    }
}
