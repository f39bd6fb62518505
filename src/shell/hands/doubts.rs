//! Actions of earlier sessions whose end is not known: looked at once their cluster answers.
//!
//! Another console of this machine may be at one of them right now: the plane says so, and it is asked again later.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::crew::{send, tell_journal};
use super::{Shelf, Works};
use crate::app::Msg;
use crate::app::deed::Acted;
use crate::app::note::Note;
use crate::domain::{Clean, ClusterId};
use crate::fault::{FaultKind, ended as sentence};
use crate::plan::Entry;

/// How long until one that is under way elsewhere, or a cluster that could not be asked, is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// How often a cluster that cannot be asked is tried.
const TRIES: usize = 5;

/// Ids of the actions of this session.
#[derive(Debug, Clone, Default)]
pub(super) struct Own(Arc<Mutex<BTreeSet<String>>>);

impl Own {
    pub(super) fn add(&self, id: &str) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_owned());
    }

    fn has(&self, id: &str) -> bool {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.contains(id)
    }
}

/// The search of one cluster.
pub(super) struct Doubts<P> {
    pub(super) plane: P,
    pub(super) cluster: ClusterId,
    pub(super) shelf: Shelf,
    pub(super) tell: mpsc::Sender<Msg>,
    pub(super) own: Own,
}

impl<P: Works> Doubts<P> {
    /// Looks at each, until none is left.
    pub(super) async fn run(self) {
        let mut told = BTreeSet::new();
        let mut tries = 0;
        // when it cannot be read that is told by who shows it
        while let Ok(pages) = self.shelf.read().await {
            let (mut found, mut busy, mut failed) = (Vec::new(), false, false);
            for entry in pages.entries.into_iter().filter(|e| self.is_mine(e)) {
                match self.plane.resolve(&entry).await {
                    Ok(ended) => found.push(Entry {
                        ended: Some(ended),
                        resolved: true,
                        ..entry
                    }),
                    Err(fault) if fault.kind == FaultKind::Busy => busy = true,
                    Err(fault) => {
                        failed = true;
                        if told.insert(entry.id.clone()) {
                            self.cannot(&fault.told()).await;
                        }
                    }
                }
            }
            if !found.is_empty() {
                send(&self.tell, Acted::Resolved(found)).await;
                tell_journal(&self.shelf, &self.tell).await;
            }
            tries += usize::from(failed);
            if !busy && (!failed || tries >= TRIES) {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = self.tell.closed() => return,
            }
        }
    }

    /// It is in doubt, of this cluster and not of this session.
    fn is_mine(&self, entry: &Entry) -> bool {
        entry.standing().is_open()
            && ClusterId::new(&entry.intent.cluster.name) == self.cluster
            && !self.own.has(&entry.id)
    }

    async fn cannot(&self, why: &str) {
        let note = Note::warn(sentence(&Clean::new(why)));
        let _ = self.tell.send(Msg::Noted(note)).await;
    }
}
