//! What the action plane needs of a cluster. A seam: the real one is made by `feed::kube`, tests have their own.
//!
//! A path that begins with the name of a service (`mlflow:/…`, [`Home::of`]) goes to that service, and what is read there
//! is in the shape that [`Home::shape`] gives it, with `metadata.endpoint` (where it was read), `metadata.service` (through
//! which Service of the cluster, if so) and `metadata.resourceVersion` (a digest of its `spec`).

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use crate::fault::{Fault, FaultKind};
use crate::plan::{Cluster, Home, Operator, Step};

/// One cluster, for acting on it. Nothing here is repeated by itself, at no layer.
pub trait Wire: Send + Sync + std::fmt::Debug {
    /// Which cluster it is **now**: the kubeconfig and its authority are read anew, and `kube-system` is asked. A write
    /// goes to the cluster that this told last, or nowhere.
    fn cluster(&self) -> impl Future<Output = Result<Cluster, Fault>> + Send;

    /// Who acts.
    fn operator(&self) -> impl Future<Output = Operator> + Send;

    /// Reads an object or a list. `what` completes "You may not …". An absent object is a fault of kind `Gone`.
    fn read(&self, path: &str, what: &str) -> impl Future<Output = Result<Value, Fault>> + Send;

    /// Posts something that is not stored (an access review), and reads the answer.
    fn ask(
        &self,
        path: &str,
        body: &Value,
        what: &str,
    ) -> impl Future<Output = Result<Value, Fault>> + Send;

    /// Sends one request of a plan, once. With `dry`, the server is asked to store nothing (`dryRun=All`).
    fn send(&self, step: &Step, dry: bool) -> impl Future<Output = Reply> + Send;

    /// The object at `path` as it is now and each time it changes, newest state only; ends when the receiver is dropped.
    /// Uses one watch; after trouble it begins anew, and says so. Of a service that has no watches it is read now and
    /// then.
    fn follow(&self, path: &str) -> Receiver<Seen>;

    /// Where a service beside Kubernetes is now, in words that name it and nothing else: it is a part of what an action is
    /// done to. A wire that reaches none says so.
    fn place(&self, home: Home) -> impl Future<Output = Result<String, Fault>> + Send {
        let what = format!("{} is not reached from here", home.title());
        let fault = Fault::new(home.name(), FaultKind::Config, what, Timestamp::now());
        std::future::ready(Err(fault))
    }

    /// What Prometheus answers to a question about now, as it answers it. A wire that reaches none says so.
    fn query(&self, _promql: &str) -> impl Future<Output = Result<Value, Fault>> + Send {
        let what = "Prometheus is not reached from here".to_owned();
        let fault = Fault::new("prometheus", FaultKind::Config, what, Timestamp::now());
        std::future::ready(Err(fault))
    }
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The server answered: HTTP status and body.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body; null when there is none.
        body: Value,
    },
    /// It certainly did not leave.
    NotSent(Fault),
    /// It left, or may have, and no answer came.
    Lost(Fault),
}

/// What following an object shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// As it is.
    Object(Box<Value>),
    /// It is not there.
    Absent,
    /// Cannot be seen at the moment.
    Trouble(Fault),
}
