//! The pods of a training job whose log is asked for. Pure.

use super::{Found, Pick, Pods};
use crate::app::jobs;
use crate::domain::{Clean, JobKind, JobRow, Key};

impl Pods<'_> {
    /// The one that failed first before all others.
    pub(super) fn of_job(&self, kind: JobKind, job: &Key, found: &mut Found) -> Vec<Pick> {
        let table = self.ctx.world.table::<JobRow>();
        let Some(row) = table.and_then(|t| t.get(&JobRow::place_of(kind, job))) else {
            return Vec::new();
        };
        let own = jobs::standing::pods(row, self.ctx.world);
        if own.is_empty() && self.all_known {
            found.podless = if row.suspended {
                "has no pods: a suspended job has none"
            } else {
                "has no pods: those of a job that has ended may be deleted, and their logs with them"
            };
        }
        let failures = jobs::standing::failures(row, self.ctx.world);
        let first = failures.first().map(|f| &f.pod.key);
        let picks = own.iter().map(|(rank, pod)| {
            let label = match rank.words() {
                rank if rank.is_empty() => pod.key.name.clone(),
                rank => Clean::from(rank),
            };
            let pick = self.pick(&pod.key.name, &label);
            let rank = if first == Some(&pod.key) {
                0
            } else {
                pick.rank + 1
            };
            Pick { rank, ..pick }
        });
        picks.collect()
    }
}
