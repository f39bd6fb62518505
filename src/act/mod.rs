//! The action plane: what carries out a plan, and never surprises. Does I/O, through [`Wire`] and the journal's folder
//! only. Called by `shell` and `cli`.
//!
//! | file | owns |
//! |---|---|
//! | `wire` | what it needs of a cluster: reads, reviews, dry runs, one write at a time, following one object |
//! | `survey` | what could be done to an object, and what could not and why |
//! | `prepare` | read, plan, forecast, rights, dry run: everything an operator decides on |
//! | `carry_out` | guards again, journal, requests, answers, verdict |
//! | `verify` | following the target until it shows what was expected |
//! | `resolve` | what happened to an action whose answer never came, by looking |
//! | `journal` | the lines on disk: append, chain, rotate, read, verify |
//! | `digest` | SHA-256 |
//! | `copies` | copies of ended actions to a webhook and to Kubernetes Events |
//!
//! The order of the stages is the same for every action, with and without a screen: plan, guards, preview, confirm,
//! journal, run, verify, undo offered, audit.

mod digest;
pub mod journal;
mod wire;

pub use digest::sha256;
pub use journal::{Journal, JournalError};
pub use wire::{Reply, Seen, Wire};
