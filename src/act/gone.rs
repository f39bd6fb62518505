//! What was deleted has to be gone before the next request is of any use: a pod that is still ending would be taken for
//! the new one of its name. Does I/O: reads only.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::run::{Run, Stop};
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{Halt, HaltKind, Progress, Step, json};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// An object that is being deleted.
#[derive(Debug)]
pub(super) struct Leaving {
    path: String,
    /// Its uid; empty when not known.
    uid: String,
}

impl Leaving {
    /// What a deletion left, when the next request needs it to be gone.
    pub(super) fn after(step: &Step, body: &Value) -> Option<Self> {
        let awaited = step.deletes() && step.absent_is_done;
        let uid = [&["metadata", "uid"][..], &["details", "uid"]]
            .into_iter()
            .map(|path| json::text(body, path))
            .find(|uid| !uid.is_empty());
        awaited.then(|| Self {
            path: step.path.clone(),
            uid: uid.unwrap_or_default().to_owned(),
        })
    }

    /// It is this object, and not a newer one of its name.
    fn is(&self, found: &Value) -> bool {
        self.uid.is_empty() || json::text(found, &["metadata", "uid"]) == self.uid
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl<W: Wire + 'static> Run<W> {
    /// Waits until all that was deleted is gone.
    pub(super) async fn gone(&mut self) -> Result<(), Stop> {
        let limit = self.plane.inner.options.gone;
        let end = Instant::now() + limit;
        let mut leaving = std::mem::take(&mut self.leaving);
        let mut told = false;
        while let Some(one) = leaving.last() {
            let read = self.plane.read(&one.path, "what was deleted").await;
            let there = match &read {
                Ok(found) => one.is(found),
                Err(fault) => fault.kind != FaultKind::Gone,
            };
            if !there {
                leaving.pop();
                continue;
            }
            if Instant::now() + PAUSE > end {
                let why = read.err().map(|fault| fault.what);
                return Err(Stop::Refused(stays(one, leaving.len(), (limit, why))));
            }
            if !told {
                let left = leaving.len();
                self.say(Progress::Leaving { left }).await;
                told = true;
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }
}

fn stays(one: &Leaving, left: usize, (limit, why): (Duration, Option<String>)) -> Halt {
    let name = Clean::new(one.name());
    let others = match left {
        0 | 1 => String::new(),
        n => format!(" and up to {} more", n - 1),
    };
    let seconds = limit.as_secs();
    let text = match why {
        Some(why) => {
            format!("Whether {name}{others} is gone could not be told within {seconds} s: {why}")
        }
        None => format!("{name}{others}, which was deleted, is still ending after {seconds} s"),
    };
    let hint = "The rest was not sent: a pod that is still ending would be taken for the new one of its name. Look at \
                its finalizers and its node, and act again when it is gone";
    Halt::new(HaltKind::Server, &text).hint(hint)
}
