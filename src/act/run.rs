//! One action from its first line in the journal to its verdict. Does I/O.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::answer::{Fate, fate, refusal, server_words};
use super::carry_out::{cancelled, changed};
use super::gone::Leaving;
use super::intent::intent;
use super::look::Left;
use super::plane::Plane;
use super::standing::{Sent, overwritten};
use super::wire::{Reply, Wire};
use crate::domain::Clean;
use crate::fault::Fault;
use crate::plan::{
    Answered, Halt, HaltKind, Outcome, Prepared, Progress, Stage, Step, Verdict, json,
};

/// An action that is being carried out.
pub(super) struct Run<W> {
    pub(super) plane: Plane<W>,
    pub(super) prepared: Prepared,
    pub(super) tell: Sender<Progress>,
    pub(super) id: String,
    pub(super) answers: Vec<Answered>,
    /// Requests that changed something.
    pub(super) taken: usize,
    /// Why a record could not be written; empty while all could.
    pub(super) unrecorded: Clean,
    /// What the last write to the target left, as the server said.
    pub(super) after: Option<Value>,
    /// Versions of objects after they were written, by path.
    versions: BTreeMap<String, String>,
    /// What was deleted and has to be gone before the next write.
    pub(super) leaving: Vec<Leaving>,
    /// When the first request left.
    pub(super) began: Option<Instant>,
}

/// Why the rest of the requests is not sent.
pub(super) enum Stop {
    /// One was not taken, or the journal ended.
    Refused(Halt),
    /// Nobody can tell whether one was taken.
    Unknown(Clean),
}

impl<W: Wire + 'static> Run<W> {
    pub(super) fn new(plane: Plane<W>, prepared: Prepared, tell: Sender<Progress>) -> Self {
        Self {
            id: plane.inner.journal.new_id(),
            plane,
            prepared,
            tell,
            answers: Vec::new(),
            taken: 0,
            unrecorded: Clean::default(),
            after: None,
            versions: BTreeMap::new(),
            leaving: Vec::new(),
            began: None,
        }
    }

    pub(super) async fn run(mut self) -> Outcome {
        let intent = intent(&self.prepared, &self.plane.inner.options);
        let written = self.plane.record(&self.id, Stage::Intent(Box::new(intent)));
        if let Err(halt) = written.await {
            return halt.into();
        }
        self.say(Progress::Journaled(self.id.clone())).await;
        let steps = self.prepared.plan.steps.clone();
        match self.all(&steps).await {
            Ok(()) => self.finished().await,
            Err(stop) => self.stopped(stop).await,
        }
    }

    /// All requests, in order; those that may be asked again come last, together.
    async fn all(&mut self, steps: &[Step]) -> Result<(), Stop> {
        for (number, step) in steps.iter().enumerate().filter(|(_, s)| !s.evicts()) {
            self.step(number, step).await?;
        }
        if self.prepared.plan.evicts() {
            self.evictions(steps).await?;
        }
        Ok(())
    }

    /// One request, from its line in the journal to the line of its answer.
    pub(super) async fn step(&mut self, number: usize, step: &Step) -> Result<(), Stop> {
        if number == 0 && self.tell.is_closed() {
            return Err(Stop::Refused(cancelled()));
        }
        if !self.unrecorded.is_empty() {
            let why = self.unrecorded.clone();
            return Err(Stop::Refused(Halt::new(HaltKind::Journal, &why)));
        }
        if !step.deletes() {
            self.gone().await?;
        }
        let sending = self.plane.record(&self.id, Stage::Sending { step: number });
        if let Err(halt) = sending.await {
            self.unrecorded = halt.what.clone();
            return Err(Stop::Refused(halt));
        }
        let at = Timestamp::now();
        self.say(Progress::Sent { step: number, at }).await;
        let left = Instant::now();
        self.began.get_or_insert(left);
        let sent = self.plane.send(step).await;
        let took = left.elapsed();
        let (answered, result) = match sent {
            Sent::Differs(why) => differs(number, &why, millis(took)),
            Sent::Reply(reply) => self.weigh(number, step, reply, (at, took)).await,
        };
        self.answers.push(answered.clone());
        self.say(Progress::Answered(answered.clone())).await;
        if let Err(why) = self.plane.record(&self.id, Stage::Answer(answered)).await {
            self.unrecorded = why.what;
        }
        result
    }

    /// What a reply says, after looking where it says nothing.
    async fn weigh(
        &mut self,
        number: usize,
        step: &Step,
        reply: Reply,
        (at, took): (Timestamp, Duration),
    ) -> (Answered, Result<(), Stop>) {
        let mut answered = Answered {
            step: number,
            status: 0,
            words: Clean::default(),
            resource_version: String::new(),
            millis: millis(took),
        };
        let why = match reply {
            Reply::Answered { status, body } => {
                answered.status = status;
                answered.words = server_words(status, &body);
                match fate(step.absent_is_done, status) {
                    Fate::Taken => return self.taken(step, body, answered),
                    Fate::Needless => {
                        answered.words = Clean::new("was not there any more");
                        return (answered, Ok(()));
                    }
                    Fate::Refused => {
                        let halt = refusal(step, status, &body, "did not take");
                        return (answered, Err(Stop::Refused(halt)));
                    }
                    Fate::Unknown => answered.words.clone(),
                }
            }
            Reply::NotSent(fault) => {
                answered.words = Clean::new(&format!("not sent: {}", fault.what));
                return (answered, Err(Stop::Refused(not_sent(&fault))));
            }
            Reply::Lost(fault) => Clean::new(&format!("no answer: {}", fault.what)),
        };
        let looked = self.look(step, at).await;
        let result = self.told(&why, looked, &mut answered);
        if result.is_ok() {
            self.leaving.extend(Leaving::after(step, &Value::Null));
        }
        (answered, result)
    }

    fn taken(
        &mut self,
        step: &Step,
        body: Value,
        mut answered: Answered,
    ) -> (Answered, Result<(), Stop>) {
        self.taken += 1;
        answered.words = Clean::new("taken");
        let version = json::text(&body, &["metadata", "resourceVersion"]);
        version.clone_into(&mut answered.resource_version);
        self.leaving.extend(Leaving::after(step, &body));
        let stand = step.stand.as_ref();
        let other = stand.and_then(|stand| overwritten(stand, &body));
        if !step.deletes() {
            let object = step.object();
            self.versions.insert(object.to_owned(), version.to_owned());
            if object == self.prepared.plan.target.path() && body.is_object() {
                self.after = Some(body);
            }
        }
        if let Some(why) = other {
            answered.words = Clean::new(&format!("taken, and read back it differs: {why}"));
            let text = format!("It was written, and read back it differs: {why}");
            let halt = Halt::new(HaltKind::Changed, &text)
                .hint("Someone else wrote at the same moment. Look at it, and decide anew");
            return (answered, Err(Stop::Refused(halt)));
        }
        (answered, Ok(()))
    }

    /// Looks at what a request was for.
    async fn look(&self, step: &Step, since: Timestamp) -> Result<(Fate, Clean), Fault> {
        let plan = &self.prepared.plan;
        if let Some((pod, uid)) = step.evicted() {
            return self.plane.look(&Left::evicted(pod, uid, since)).await;
        }
        let own = step.object() == plan.target.path();
        let version = self.versions.get(step.object()).cloned();
        let left = Left {
            method: step.method,
            path: match step.method {
                "POST" if step.stand.is_none() => step.makes().unwrap_or_default(),
                _ => step.object().to_owned(),
            },
            uid: if own { &plan.target.uid } else { "" },
            version: version.unwrap_or_else(|| {
                if own {
                    plan.target.resource_version.clone()
                } else {
                    String::new()
                }
            }),
            before: own.then_some(&*self.prepared.object),
            verify: own.then_some(&plan.verify),
            stand: step.stand.as_ref(),
            since,
        };
        self.plane.look(&left).await
    }

    /// What looking told, for the answer that did not come for this reason.
    fn told(
        &mut self,
        why: &Clean,
        looked: Result<(Fate, Clean), Fault>,
        answered: &mut Answered,
    ) -> Result<(), Stop> {
        let (fate, saw) = looked.unwrap_or_else(|fault| {
            let text = format!("and it cannot be looked at: {}", fault.what);
            (Fate::Unknown, Clean::new(&text))
        });
        answered.words = Clean::new(&format!("{why}; {saw}"));
        match fate {
            Fate::Taken | Fate::Needless => {
                self.taken += 1;
                Ok(())
            }
            Fate::Refused => {
                let text = format!("It did not get there ({why}): {saw}");
                let halt = Halt::new(HaltKind::Unreachable, &text);
                Err(Stop::Refused(
                    halt.hint("Try again when the server is well"),
                ))
            }
            Fate::Unknown => Err(Stop::Unknown(answered.words.clone())),
        }
    }

    /// Tells who listens, if anyone still does.
    pub(super) async fn say(&self, progress: Progress) {
        let _ = self.tell.send(progress).await;
    }

    /// Something changed already when it stopped.
    pub(super) fn partly(&self, halt: HaltKind) -> Verdict {
        if self.taken == 0 {
            Verdict::NotWritten(halt)
        } else {
            Verdict::Partly
        }
    }

    /// Adds what changed in between, and by whom, where that is why it stopped.
    pub(super) async fn with_changes(&self, mut halt: Halt) -> Halt {
        if halt.kind != HaltKind::Changed {
            return halt;
        }
        let what = self.prepared.plan.target.words();
        let path = self.prepared.plan.target.path();
        if let Ok(now) = self.plane.read(&path, &what).await {
            let diff = changed(&self.prepared, &now);
            halt.changes = diff.changes;
            halt.by = diff.by;
        }
        halt
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// The object is not as it was shown, so the request was not sent.
fn differs(number: usize, why: &Clean, millis: u64) -> (Answered, Result<(), Stop>) {
    let answered = Answered {
        step: number,
        status: 0,
        words: Clean::new(&format!("not sent: {why}")),
        resource_version: String::new(),
        millis,
    };
    let halt = Halt::new(HaltKind::Changed, &format!("It was not sent: {why}"));
    let halt = halt.hint("Look at what changed, and decide anew");
    (answered, Err(Stop::Refused(halt)))
}

fn not_sent(fault: &Fault) -> Halt {
    let text = format!("It was not sent: {}", fault.what);
    Halt::new(HaltKind::Unreachable, &text).hint(&fault.hint)
}
