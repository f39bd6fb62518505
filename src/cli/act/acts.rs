//! One action after the other on one cluster, each through all stages: what runbooks do on the terminal. I/O.

use super::{copies, doubt, named, stages};
use crate::act::{Journal, Plane, Wire};
use crate::cli::told::preview;
use crate::domain::Clean;
use crate::plan::{Ask, Halt, HaltKind, Outcome, Safety};
use crate::settings::Audit;

/// What actions are carried out with.
pub(in crate::cli) struct Acts<W> {
    /// The action plane.
    pub(in crate::cli) plane: Plane<W>,
    /// Its journal.
    pub(in crate::cli) journal: Journal,
    /// How the context is protected.
    pub(in crate::cli) safety: Safety,
    /// Confirmed beforehand, where choosing is enough.
    pub(in crate::cli) yes: bool,
    /// The name, given beforehand.
    pub(in crate::cli) confirm: Option<String>,
    /// Who else is told.
    pub(in crate::cli) audit: Audit,
}

impl<W: Wire + 'static> Acts<W> {
    /// Previews it, asks for the operator's word, carries it out, tells others. A halt means that nothing was sent.
    pub(in crate::cli) async fn perform(&self, ask: &Ask) -> Result<Outcome, Halt> {
        if self.safety == Safety::ReadOnly {
            let context = Clean::new(ask.cluster.as_str());
            let text = format!("Context {context} is read-only: nothing is changed in it");
            return Err(Halt::new(HaltKind::ReadOnly, &text));
        }
        doubt::settle(&self.plane, &self.journal, ask).await?;
        let draft = self.plane.draft(ask).await.map_err(named)?;
        stages::write(&preview(&draft.prepared.plan, stages::width()));
        if let Some(halt) = draft.halt {
            return Err(named(halt));
        }
        let prepared = draft.prepared;
        if let Some(trap) = prepared.plan.traps.iter().find(|t| t.blocks) {
            return Err(Halt::new(HaltKind::Blocked, &trap.text));
        }
        let said = (self.yes, self.confirm.as_deref());
        let consent = super::consent::consent(said, self.safety, &prepared.plan)?;
        let outcome = stages::carry_out(&self.plane, &self.journal, (&prepared, &consent)).await;
        let copies = copies::copies(&self.audit);
        copies::tell(&self.plane, (&self.journal, &copies), &outcome.id).await;
        Ok(outcome)
    }
}
