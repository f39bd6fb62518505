//! Following the object that shows whether an action is done, until it does or time is up. Does I/O through the wire.

use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout_at};

use super::plane::Plane;
use super::wire::{Seen, Wire};
use crate::domain::Clean;
use crate::plan::{Check, Plan, Progress, Rollback, Verify, json, state_words};

/// What was seen last.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// All that is expected holds.
    pub done: bool,
    /// A controller could not carry it out.
    pub failed: bool,
    /// An operator wants to wait no longer.
    pub stopped: bool,
    /// Its state in words; empty when it was not seen.
    pub words: Clean,
    /// The object; none when it is not there, or was not seen.
    pub object: Option<Value>,
}

/// What to look for.
struct Aim<'a> {
    verify: &'a Verify,
    /// Uid of the object; empty for one that is made.
    uid: &'a str,
    /// A version that is older than what was written; empty when there is none.
    old: &'a str,
    /// What shows that it failed; empty where nothing does.
    fails: &'a [Check],
}

impl<W: Wire + 'static> Plane<W> {
    /// Follows until it is done, or until an operator stops the action of this id. What is seen on the way is told.
    pub(super) async fn verify(
        &self,
        (plan, id): (&Plan, &str),
        tell: &Sender<Progress>,
    ) -> Watched {
        let path = plan.shown_at();
        let aim = Aim::of(plan, &path);
        let mut watched = Watched::default();
        let stopped = tokio::select! {
            biased;
            () = self.watch(&path, &aim, (tell, &mut watched)) => false,
            () = self.stopped(id) => true,
        };
        watched.stopped = stopped;
        watched
    }

    /// Follows the target until it is set back.
    pub(super) async fn verify_back(
        &self,
        (plan, back): (&Plan, &Rollback),
        tell: &Sender<Progress>,
    ) -> Watched {
        let aim = Aim {
            verify: &back.verify,
            uid: &plan.target.uid,
            old: "",
            fails: &[],
        };
        let mut watched = Watched::default();
        let path = plan.target.path();
        self.watch(&path, &aim, (tell, &mut watched)).await;
        watched
    }

    /// What is seen stays told when it is broken off.
    async fn watch(
        &self,
        path: &str,
        aim: &Aim<'_>,
        (tell, watched): (&Sender<Progress>, &mut Watched),
    ) {
        let began = Instant::now();
        let end = began + self.inner.options.wait(aim.verify);
        if began == end {
            return;
        }
        let mut seen = self.inner.wire.follow(path);
        while let Ok(Some(now)) = timeout_at(end, seen.recv()).await {
            let Some(next) = aim.see(now) else { continue };
            if next.words != watched.words || next.done {
                let hold = aim.verify.hold(next.object.as_ref());
                let progress = Progress::Seen {
                    words: next.words.clone(),
                    hold,
                    of: aim.verify.checks.len(),
                    after: began.elapsed(),
                };
                // nobody may be listening any more
                let _ = tell.send(progress).await;
            }
            *watched = next;
            if watched.done || watched.failed || aim.gone_for_good(watched) {
                break;
            }
        }
    }
}

impl<'a> Aim<'a> {
    fn of(plan: &'a Plan, path: &str) -> Self {
        let target = &plan.target;
        let own = path == target.path();
        let written = plan
            .steps
            .iter()
            .any(|s| s.path == path && matches!(s.method, "PUT" | "PATCH"));
        Self {
            verify: &plan.verify,
            uid: if own { &target.uid } else { "" },
            old: if written {
                &target.resource_version
            } else {
                ""
            },
            fails: plan.rollback.as_ref().map_or(&[], |back| &back.when),
        }
    }

    /// What is seen; nothing when it is older than what was written.
    fn see(&self, seen: Seen) -> Option<Watched> {
        let object = match seen {
            Seen::Object(object) => Some(*object),
            Seen::Absent => None,
            Seen::Trouble(fault) => {
                return Some(Watched {
                    words: Clean::new(&format!("cannot be seen: {}", fault.what)),
                    ..Watched::default()
                });
            }
        };
        let is = |o: &Value, key: &str, text: &str| json::text(o, &["metadata", key]) == text;
        if !self.old.is_empty()
            && object
                .as_ref()
                .is_some_and(|o| is(o, "resourceVersion", self.old))
        {
            return None;
        }
        // another object of the same name is not it
        let object = object.filter(|o| self.uid.is_empty() || is(o, "uid", self.uid));
        Some(Watched {
            done: self.verify.holds(object.as_ref()),
            failed: self.has_failed(object.as_ref()),
            stopped: false,
            words: state_words(object.as_ref()),
            object,
        })
    }

    fn has_failed(&self, object: Option<&Value>) -> bool {
        let at = |pointer: &str| object.and_then(|o| o.pointer(pointer));
        let holds = |check: &Check| check.expect.holds(at(&check.pointer));
        !self.fails.is_empty() && self.fails.iter().all(holds)
    }

    /// It is not there any more, so it will not show anything.
    fn gone_for_good(&self, watched: &Watched) -> bool {
        !self.uid.is_empty() && watched.object.is_none() && watched.words.as_str() == "gone"
    }
}
