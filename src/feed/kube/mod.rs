//! The data plane on Kubernetes: from a kubeconfig to batches of rows. Does I/O.
//!
//! | file | owns |
//! |---|---|
//! | `locate` | which kubeconfig files count, and reading them |
//! | `connect` | contexts to connect to, the login before the screen opens, building clients |
//! | `credential` | exec credential plugins |
//! | `redact`, `secrets` | nothing secret in a message |
//! | `link` | one cluster: its client, renewal after a 401, one-shot requests, who is told when it is back |
//! | `tap` | what passes between a client and the server: counting, deadlines, size limits |
//! | `meter` | what midwatch costs the server |
//! | `pulse` | signs of life of one watch |
//! | `slim` | objects that become rows while they are decoded |
//! | `pending` | newest state per key while the channel is full |
//! | `report` | what is told about a source, and when |
//! | `trouble`, `backoff` | errors sorted by what can be done, and how long to wait |
//! | `source` | which part of which kind |
//! | `watch` | one source: list, watch, resume |
//! | `namespaces`, `family` | the way for people who may not list the whole cluster |
//! | `logs` | the log of one container |
//! | `api` | the connection itself as a source |
//! | `probe` | questions asked once, for `midwatch doctor` |
//! | `feeds` | which sources run, driven by what screens want |
//! | `manifest` | one object as it is written |
//! | `older` | a kind that some servers serve in an older version only |
//! | `once` | one cluster asked once, without a watch |
//! | `writer` | one cluster, for acting on it: identity, single writes, following one object |
//! | `registry` | the kinds that can be watched |
//!
//! The public face is [`targets`], [`login`] and [`Feeds`].

mod api;
mod backoff;
mod connect;
mod credential;
mod family;
mod feeds;
mod link;
mod locate;
mod logs;
mod manifest;
mod meter;
mod namespaces;
mod older;
mod once;
mod options;
mod pending;
mod probe;
mod pulse;
mod redact;
mod registry;
mod report;
mod secrets;
mod slim;
mod source;
mod tap;
mod trouble;
mod watch;
mod writer;

pub(crate) use backoff::{Backoff, Waits, unit};
pub(crate) use link::Link;
pub(crate) use pending::Pending;
pub(crate) use pulse::Pulse;
pub(crate) use redact::Redactor;
pub(crate) use report::Report;
pub(crate) use source::{Part, Source};
pub(crate) use tap::Stream;
pub(crate) use trouble::{Asked, Trouble, of_client, of_watch};
pub(crate) use watch::run as watched;

pub use connect::{Target, login, targets};
pub use feeds::{Feeds, source_of};
pub use locate::{Places, parse};
pub use meter::Cap;
pub use once::Once;
pub use options::Options;
pub use probe::{Answer, Contexts, Deed, Probe, Setup, contexts};
pub use registry::{Entry, entry, kinds};
pub use writer::{Sent, Sight, Writer, os_user};

/// Takes a lock that protects plain figures: a panic of another holder leaves them usable.
pub(crate) fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
