//! Tables of rows: what the console knows now. Pure.
//!
//! The feed sends [`News`]; [`World`] holds the [`Table`]s; screens read through it and say with [`Want`]s what
//! has to be watched.

mod cause;
mod filter;
mod gpus;
mod log_book;
mod news;
mod queues;
mod registry;
mod sources;
mod table;
mod world;

pub use cause::cause;
pub use filter::{
    Field, Filter, FilterMistake, Finder, Grammar, Measure, Piece, Rank, Sought, Subject, quoted,
};
pub use gpus::{
    Asked, GpuNodeRow, GpuOn, GpuWord, Hold, HolderRow, Lacks, Pool, RanOn, SliceRow, Waiter,
    WaitingRow, ran_on, short, slices_of,
};
pub use log_book::{
    BYTES as LOG_BYTES, LINES as LOG_LINES, Limits, Line, LineKey, LogBook, LogStream,
};
pub use news::{ClusterInfo, LogBatch, News, Scope, Want};
pub use queues::{
    PLACES, Refusal, cluster_queue_of, evidence_of, place, place_words, preemptor, queue_why,
    quota_holders, refusals, still_refused,
};
pub use registry::{AliasTruth, Claim, Served, Since, Standing, TruthRow};
pub use sources::Source;
pub use table::{Batch, Change, Table};
pub use world::{RowsBatch, World};
