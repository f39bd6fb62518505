//! Guards again, journal, requests, verdict. Does I/O.
//!
//! It runs as a task of its own: who asked may leave. Before the first request has left that ends it; after, it goes on
//! to its verdict.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, channel};

use super::plane::{Plane, Running, switched, unreachable};
use super::prepare::{plan, words};
use super::rights::{denied, missing};
use super::run::Run;

use super::wire::Wire;
use crate::domain::Clean;
use crate::plan::{
    Consent, Halt, HaltKind, Outcome, Plan, Prepared, Progress, Verdict, hide, json, only_course,
    who,
};

/// Reports that may wait for a slow listener.
const REPORTS: usize = 64;

impl<W: Wire + 'static> Plane<W> {
    /// Carries out what was shown. Dropping this before the first request left takes the action back; after, it goes on
    /// without a listener ([`Self::idle`] waits for it).
    pub async fn carry_out(
        &self,
        prepared: &Prepared,
        consent: &Consent,
        tell: impl Fn(Progress) + Send + Sync,
    ) -> Outcome {
        let (reports, mut told) = channel(REPORTS);
        let running = self.begin();
        let task = tokio::spawn(all(
            self.clone(),
            prepared.clone(),
            consent.clone(),
            (reports, running),
        ));
        let mut id = String::new();
        while let Some(progress) = told.recv().await {
            if let Progress::Journaled(own) = &progress {
                id.clone_from(own);
            }
            tell(progress);
        }
        task.await.unwrap_or_else(|_| broken(id))
    }

    /// Everything that must hold before anything is written: what was shown, made anew for the object as it is.
    async fn guards(&self, prepared: &Prepared, consent: &Consent) -> Result<Prepared, Halt> {
        confirmed(prepared, consent)?;
        let plan = &prepared.plan;
        if let Some(trap) = plan.traps.iter().find(|t| t.blocks) {
            return Err(Halt::new(HaltKind::Blocked, &trap.text));
        }
        if let Some(halt) = denied(&missing(&plan.needs, &plan.rights), "") {
            return Err(halt);
        }
        let cluster = self
            .inner
            .wire
            .cluster()
            .await
            .map_err(|fault| unreachable(&fault))?;
        if let Some(why) = prepared.cluster.differs(&cluster) {
            return Err(switched(&prepared.cluster, &cluster, why));
        }
        self.still_ours(&prepared.ask.runbook).await?;
        let target = &prepared.plan.target;
        self.same_place(target.home, &target.endpoint).await?;
        self.fresh(prepared).await
    }

    /// The same plan for the object as it is now, if it is still the same.
    async fn fresh(&self, prepared: &Prepared) -> Result<Prepared, Halt> {
        let shown = &prepared.plan;
        let mut ask = prepared.ask.clone();
        ask.uid.clone_from(&shown.target.uid);
        let object = self.target(&ask).await?;
        let beside = self.beside(&ask, &object, &prepared.cluster).await;
        let made = plan(&ask, &object, &prepared.cluster, (&shown.suffix(), &beside));
        let version = json::text(&object, &["metadata", "resourceVersion"]);
        let mut fresh = if version == shown.target.resource_version {
            made?
        } else {
            let same = only_course(&prepared.object, &object);
            let alike = |plan: &Plan| plan.evicts() || plan.does_the_same(shown);
            let same = made.ok().filter(|plan| same && alike(plan));
            same.ok_or_else(|| changed(prepared, &object))?
        };
        let more = fresh.moves_besides(shown);
        if !more.is_empty() {
            return Err(more_pods(&more));
        }
        // what is read besides the object may have changed though the object did not
        if let Some(trap) = fresh.traps.iter().find(|t| t.blocks) {
            return Err(Halt::new(HaltKind::Blocked, &trap.text));
        }
        fresh.forecast.clone_from(&shown.forecast);
        fresh.rights.clone_from(&shown.rights);
        fresh.changes.clone_from(&shown.changes);
        Ok(Prepared {
            plan: fresh,
            object: Arc::new(object),
            ..prepared.clone()
        })
    }
}

/// The whole of it.
async fn all<W: Wire + 'static>(
    plane: Plane<W>,
    prepared: Prepared,
    consent: Consent,
    (tell, _running): (Sender<Progress>, Running<W>),
) -> Outcome {
    let fresh = match plane.guards(&prepared, &consent).await {
        Ok(fresh) => fresh,
        Err(halt) => return halt.into(),
    };
    if tell.send(Progress::Checked).await.is_err() {
        return cancelled().into();
    }
    Run::new(plane, fresh, tell).run().await
}

/// The operator's word covers the plan.
fn confirmed(prepared: &Prepared, consent: &Consent) -> Result<(), Halt> {
    if consent.covers(&prepared.plan) {
        return Ok(());
    }
    let cluster = Clean::new(&prepared.cluster.name);
    if consent.safety.confirm(prepared.plan.risk).is_none() {
        let text = format!("Context {cluster} is read-only: nothing is changed in it");
        return Err(Halt::new(HaltKind::ReadOnly, &text)
            .hint("The setting read-only names the contexts in which nothing is changed"));
    }
    let name = Clean::new(&prepared.plan.target.name);
    let text = format!("{} was not confirmed", prepared.plan.action);
    Err(Halt::new(HaltKind::Unconfirmed, &text).hint(&format!("The name to confirm is {name}")))
}

/// The object is not what was shown.
pub(super) fn changed(prepared: &Prepared, now: &serde_json::Value) -> Halt {
    let ask = &prepared.ask;
    let text = format!(
        "The {} changed since it was shown: nothing was written",
        words(&ask.resource, &ask.namespace, &ask.name)
    );
    let mut halt =
        Halt::new(HaltKind::Changed, &text).hint("Look at what changed, and decide anew");
    halt.changes = hide::changes(&prepared.object, now);
    halt.by = who(&prepared.object, now);
    halt
}

/// Pods came that were not shown.
fn more_pods(more: &[Clean]) -> Halt {
    let names: Vec<&str> = more.iter().take(12).map(Clean::as_str).collect();
    let text = format!(
        "Pods came since it was shown ({}): nothing was written",
        names.join(", ")
    );
    Halt::new(HaltKind::Changed, &text).hint("Look at them, and decide anew")
}

/// Nobody waits for it any more.
pub(super) fn cancelled() -> Halt {
    Halt::new(
        HaltKind::Cancelled,
        "It was taken back before anything was sent",
    )
}

/// The task broke off: a mistake of midwatch, and no reason to be silent about what it sent.
fn broken(id: String) -> Outcome {
    Outcome {
        id,
        verdict: Verdict::Unknown,
        what: Clean::new("midwatch broke off while it carried this out"),
        hint: Clean::new(
            "Look at the object; the journal tells what was sent: midwatch audit list --doubt",
        ),
        answers: Vec::new(),
        changes: Vec::new(),
        by: Vec::new(),
        undo: None,
        unrecorded: Clean::default(),
        took: Duration::ZERO,
    }
}
