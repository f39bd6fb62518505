//! Workloads joined with their queues, and quotas with what they refused: why something has no place to run. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `why` | why a workload waits, in one sentence with its evidence |
//! | `refused` | pods that a quota refused, as events tell |
//! | `said` | what Kueue and the API server say, in figures |
//! | `place` | its place in its queue, where Kueue tells it |
//!
//! That place is never counted from rows: it depends on cohort, priority and fair sharing, and only Kueue itself knows it.

mod place;
mod refused;
mod said;
#[cfg(test)]
mod tests;
mod why;

pub use place::{PLACES, place, place_words};
pub use refused::{Refusal, refusals, still_refused};
pub use why::{cluster_queue_of, evidence_of, preemptor, queue_why, quota_holders};
