//! The action plane of one cluster: what its stages share. Does I/O.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{OnceCell, watch};

use super::journal::Journal;
use super::keepers::Keeping;
use super::lease::Leases;
use super::options::Options;
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{Cluster, Halt, HaltKind, Record, Stage};

/// Carries out plans on one cluster. Cheap to clone.
#[derive(Debug)]
pub struct Plane<W> {
    pub(super) inner: Arc<Inner<W>>,
}

#[derive(Debug)]
pub(super) struct Inner<W> {
    pub(super) wire: W,
    pub(super) journal: Journal,
    pub(super) options: Options,
    /// Who keeps objects elsewhere.
    pub(super) keeping: Keeping,
    /// The cluster that was met first; another one behind the same context is not acted on.
    first: OnceCell<Cluster>,
    /// The Leases of its runs of runbooks.
    pub(super) leases: Leases,
    /// Actions that are being carried out.
    running: watch::Sender<usize>,
    /// Actions that are to stop half-way, by their ids in the journal.
    stopping: watch::Sender<BTreeSet<String>>,
}

impl<W> Clone for Plane<W> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<W: Wire + 'static> Plane<W> {
    /// Connects when it is first asked.
    #[must_use]
    pub fn new(wire: W, journal: Journal, options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                wire,
                journal,
                options,
                keeping: Keeping::default(),
                first: OnceCell::new(),
                leases: Leases::default(),
                running: watch::Sender::new(0),
                stopping: watch::Sender::default(),
            }),
        }
    }

    /// The wire to the cluster.
    #[must_use]
    pub fn wire(&self) -> &W {
        &self.inner.wire
    }

    /// How many actions are being carried out.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.inner.running.borrow()
    }

    /// Asks an action that goes on in many requests to send no more of them, by its id in the journal. It ends with what
    /// is left. One that has sent all waits no longer for what comes of it.
    pub fn stop(&self, id: &str) {
        self.inner.stopping.send_modify(|all| {
            all.insert(id.to_owned());
        });
    }

    pub(super) fn is_stopped(&self, id: &str) -> bool {
        self.inner.stopping.borrow().contains(id)
    }

    /// Waits until an action is to stop.
    pub(super) async fn stopped(&self, id: &str) {
        let mut stopping = self.inner.stopping.subscribe();
        // the sender lives as long as this
        let _ = stopping.wait_for(|all| all.contains(id)).await;
    }

    /// Waits until no action is being carried out: each has its verdict in the journal, or could not write it.
    pub async fn idle(&self) {
        let mut running = self.inner.running.subscribe();
        // the sender lives as long as this
        let _ = running.wait_for(|n| *n == 0).await;
    }

    /// Counts one action as being carried out, as long as what is returned lives.
    pub(super) fn begin(&self) -> Running<W> {
        self.inner.running.send_modify(|n| *n += 1);
        Running(self.clone())
    }

    /// Which cluster it is, if it is still the one that was met first.
    pub(super) async fn identity(&self) -> Result<Cluster, Halt> {
        let now = self
            .inner
            .wire
            .cluster()
            .await
            .map_err(|fault| unreachable(&fault))?;
        let first = self
            .inner
            .first
            .get_or_init(|| std::future::ready(now.clone()))
            .await;
        match first.differs(&now) {
            Some(why) => Err(switched(first, &now, why)),
            None => Ok(now),
        }
    }

    /// Reads the target. `what` names it in sentences.
    pub(super) async fn read(&self, path: &str, what: &str) -> Result<Value, Fault> {
        self.inner.wire.read(path, &format!("get {what}")).await
    }

    /// Writes a record, off the threads that carry requests.
    pub(super) async fn record(&self, id: &str, stage: Stage) -> Result<Record, Halt> {
        let (journal, id) = (self.inner.journal.clone(), id.to_owned());
        match tokio::task::spawn_blocking(move || journal.append(&id, stage)).await {
            Ok(Ok(record)) => Ok(record),
            Ok(Err(error)) => {
                let halt = Halt::new(HaltKind::Journal, &error.to_string());
                Err(halt.hint(&error.hint()))
            }
            Err(_) => Err(Halt::new(
                HaltKind::Journal,
                "writing the journal broke off",
            )),
        }
    }
}

/// One action under way.
#[derive(Debug)]
pub(super) struct Running<W>(Plane<W>);

impl<W> Drop for Running<W> {
    fn drop(&mut self) {
        self.0.inner.running.send_modify(|n| *n -= 1);
    }
}

/// It is another cluster.
pub(super) fn switched(was: &Cluster, now: &Cluster, why: &str) -> Halt {
    Halt::new(
        HaltKind::Switched,
        &format!(
            "Context {} is not the cluster any more that it was ({}, now {}): {why}",
            was.name, was.server, now.server
        ),
    )
    .hint("Someone switched the kubeconfig. Start midwatch again on the cluster that is meant")
}

/// The guard that a fault of a read stops at.
pub(super) fn unreachable(fault: &Fault) -> Halt {
    let kind = match fault.kind {
        FaultKind::Denied => HaltKind::Denied,
        FaultKind::Gone => HaltKind::Gone,
        _ => HaltKind::Unreachable,
    };
    Halt::new(kind, &fault.what).hint(&fault.hint)
}

/// A fault of the action plane itself.
pub(super) fn fault(cluster: &str, kind: FaultKind, what: &str) -> Fault {
    Fault::new(
        format!("{}/act", Clean::new(cluster)),
        kind,
        Clean::new(what).to_string(),
        Timestamp::now(),
    )
}
