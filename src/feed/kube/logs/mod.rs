//! The log of one container: asked for, followed, resumed after a break, told in bounded batches. Does I/O.
//!
//! | file | owns |
//! |---|---|
//! | `ask` | the question |
//! | `cut`, `line` | bytes become lines, lines become text that can be shown |
//! | `told` | what was told, so that a log goes on without loss or doubles |
//! | `pod` | how the container is when its stream ends or stays silent |
//! | `reader`, `failure` | the stream, and what a failure means |
//! | `outbox`, `desk` | what waits for room in the channel |
//!
//! Started by `feeds` for a want of the feed `logs`.

mod ask;
mod cut;
mod desk;
mod failure;
mod line;
mod outbox;
mod pod;
mod reader;
mod told;

use std::sync::Arc;

use super::locked;
use super::source::{Part, Source};
use crate::kinds::KindSpec;
use crate::store::Scope;
use desk::Desk;
use reader::Reader;

/// Logs as the API serves them: below the pods.
pub(crate) const SPEC: KindSpec = KindSpec {
    feed: "logs",
    group: "",
    version: "v1",
    plural: "pods",
    kind: "Pod",
    namespaced: true,
    page: 0,
};

/// Reads one log until nobody wants it any more.
pub(crate) async fn run(source: Source) {
    let Part::Want(Scope::Log(scope)) = source.part.clone() else {
        tracing::warn!(source = source.name(), "this is no log");
        return;
    };
    locked(&source.owned).insert(source.id.clone());
    let desk = Arc::new(Desk::new(&source, &scope));
    let reader = Reader::new(source.clone(), scope, desk.clone());
    tokio::select! {
        () = reader.run() => {}
        () = desk.tell(&source) => {}
    }
}
