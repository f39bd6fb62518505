//! The action plane: what carries out a plan, and never surprises. Does I/O, through [`Wire`] and the journal's folder
//! only. Called by `shell` and `cli`.
//!
//! | file | owns |
//! |---|---|
//! | `plane`, `options` | what the stages share; times |
//! | `wire` | what it needs of a cluster: reads, reviews, dry runs, one write at a time, following one object |
//! | `survey` | what could be done to an object, and what could not and why |
//! | `keepers` | who owns the object elsewhere, for the forecast |
//! | `beside` | what an action asks to see besides its target |
//! | `measured` | gates of a model's version, measured now; moves of its aliases, as the journal has them |
//! | `prepare` | read, plan, forecast, rights, dry run: everything an operator decides on |
//! | `rights` | access reviews: whether the rights are there |
//! | `dry_run` | the requests tried, with nothing stored |
//! | `carry_out` | guards again, and the task that carries out |
//! | `intent` | what the journal is told before anything leaves |
//! | `run`, `ended` | journal, requests, answers; the verdict |
//! | `standing` | requests to services without versions and dry runs: read, compare, write, read back |
//! | `evict` | pods asked to go, again and again where a budget says not now |
//! | `gone` | waiting until what was deleted is gone
//! | `answer`, `look` | what an answer means; looking where none came |
//! | `verify` | following the target until it shows what was expected |
//! | `resolve` | what happened to an action whose answer never came, by looking |
//! | `runbook` | what a run of a runbook needs besides its actions: marks, queries, looking what became of an action |
//! | `lease` | who is on a target: told to others, asked before an action of a runbook leaves |
//! | `journal` | the lines on disk: append, chain, rotate, read, verify |
//! | `digest` | SHA-256 |
//! | `copies` | copies of ended actions to a webhook and to Kubernetes Events |
//!
//! The order of the stages is the same for every action, with and without a screen: plan, guards, preview, confirm,
//! journal, run, verify, undo offered, audit.

mod answer;
mod beside;
mod carry_out;
mod copies;
mod digest;
mod dry_run;
mod ended;
mod evict;
mod gone;
mod intent;
pub mod journal;
mod keepers;
mod lease;
mod look;
mod measured;
mod options;
mod plane;
mod prepare;
mod resolve;
mod rights;
mod run;
mod runbook;
mod standing;
mod survey;
mod verify;
mod wire;

pub use copies::Copies;
pub use digest::sha256;
pub use journal::{Journal, JournalError};
pub use keepers::{Keeping, Reads, keepers};
pub use options::Options;
pub use plane::Plane;
pub use prepare::Draft;
pub use runbook::{at_it, lives};
pub use wire::{Reply, Seen, Wire};
