//! What the hands use of an action plane. A seam: tests have a scripted one.

use crate::act::{Copies, Journal, Plane, Wire};
use crate::app::deed::Point;
use crate::config::open_incident;
use crate::fault::Fault;
use crate::plan::{Ask, Consent, Ended, Entry, Halt, Offer, Outcome, Prepared, Progress};
use crate::runbook::course::{Need, Reply};

/// The action plane of one cluster. Cheap to clone.
pub trait Works: Clone + Send + Sync + 'static {
    /// What can be done to an object.
    fn survey(&self, point: &Point) -> impl Future<Output = Result<Vec<Offer>, Fault>> + Send;
    /// A plan, and what the cluster says about it.
    fn prepare(&self, ask: &Ask) -> impl Future<Output = Result<Prepared, Halt>> + Send;
    /// Carries it out, to its verdict.
    fn carry_out(
        &self,
        prepared: &Prepared,
        consent: &Consent,
        tell: impl Fn(Progress) + Send + Sync + 'static,
    ) -> impl Future<Output = Outcome> + Send;
    /// Asks an action to send no more of its requests, by its id in the journal.
    fn stop(&self, id: &str);
    /// Looks what came of an action in doubt, and writes it down.
    fn resolve(&self, entry: &Entry) -> impl Future<Output = Result<Ended, Fault>> + Send;
    /// Does what a run of a runbook needs, by its id.
    fn runbook(&self, id: &str, need: Need) -> impl Future<Output = Reply> + Send;
    /// Tells others of an action that has ended, by its id. What did not arrive, and why.
    fn copy(&self, id: &str) -> impl Future<Output = Vec<Fault>> + Send;
}

/// An action plane, and who else is told of what it did.
#[derive(Debug)]
pub struct Bench<W> {
    /// The plane.
    pub plane: Plane<W>,
    /// Its journal.
    pub journal: Journal,
    /// Who else is told.
    pub copies: Copies,
}

impl<W> Clone for Bench<W> {
    fn clone(&self) -> Self {
        Self {
            plane: self.plane.clone(),
            journal: self.journal.clone(),
            copies: self.copies.clone(),
        }
    }
}

impl<W: Wire + 'static> Works for Bench<W> {
    async fn survey(&self, point: &Point) -> Result<Vec<Offer>, Fault> {
        let Point {
            resource,
            namespace,
            name,
            uid,
            ..
        } = point;
        self.plane.survey((resource, namespace, name, uid)).await
    }

    async fn prepare(&self, ask: &Ask) -> Result<Prepared, Halt> {
        if !ask.incident.is_empty() {
            return self.plane.prepare(ask).await;
        }
        // one may have begun since the console was opened
        let incident = tokio::task::spawn_blocking(open_incident).await;
        let ask = Ask {
            incident: incident.unwrap_or_default(),
            ..ask.clone()
        };
        self.plane.prepare(&ask).await
    }

    async fn carry_out(
        &self,
        prepared: &Prepared,
        consent: &Consent,
        tell: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Outcome {
        self.plane.carry_out(prepared, consent, tell).await
    }

    fn stop(&self, id: &str) {
        self.plane.stop(id);
    }

    async fn resolve(&self, entry: &Entry) -> Result<Ended, Fault> {
        self.plane.resolve(entry).await
    }

    async fn runbook(&self, id: &str, need: Need) -> Reply {
        self.plane.runbook(id, need).await
    }

    async fn copy(&self, id: &str) -> Vec<Fault> {
        if self.copies.any() {
            self.copies.tell(&self.journal, self.plane.wire(), id).await
        } else {
            Vec::new()
        }
    }
}
