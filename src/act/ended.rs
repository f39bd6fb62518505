//! The end of an action: its verdict, told and written down. Does I/O.

use serde_json::Value;

use super::intent::{digest_of, undo};
use super::run::{Run, Stop};

use super::verify::Watched;
use super::wire::Wire;
use crate::domain::Clean;
use crate::plan::{By, Change, Ended, Outcome, Progress, Stage, Verdict, hide};

/// How it ended, in words.
struct End {
    verdict: Verdict,
    what: String,
    hint: Clean,
    changes: Vec<Change>,
    by: Vec<By>,
}

impl End {
    /// Only a part was done.
    fn partly(what: &str) -> Self {
        Self {
            verdict: Verdict::Partly,
            what: what.to_owned(),
            hint: Clean::default(),
            changes: Vec::new(),
            by: Vec::new(),
        }
    }
}

impl<W: Wire + 'static> Run<W> {
    /// All requests were taken: looks what came of them.
    pub(super) async fn finished(mut self) -> Outcome {
        let plan = &self.prepared.plan;
        let watched = if self.plane.inner.options.wait.is_zero() {
            let held = self
                .after
                .as_ref()
                .is_some_and(|o| plan.verify.holds(Some(o)));
            Watched {
                done: held,
                object: self.after.clone(),
                ..Watched::default()
            }
        } else {
            self.plane.verify((plan, &self.id), &self.tell).await
        };
        if watched.failed {
            return self.set_back().await;
        }
        let plan = &self.prepared.plan;
        let (verdict, what, hint) = self.words(&watched);
        let own = plan.shown_at() == plan.target.path();
        let after = self.after.clone().or(watched.object.filter(|_| own));
        let found = after
            .as_ref()
            .map(|o| hide::changes(&self.prepared.object, o));
        let end = End {
            verdict,
            what,
            hint: Clean::new(&hint),
            changes: found.unwrap_or_default(),
            by: Vec::new(),
        };
        self.end(end, after.as_ref()).await
    }

    fn words(&self, watched: &Watched) -> (Verdict, String, String) {
        let plan = &self.prepared.plan;
        let text = plan.verify.text.trim_end_matches('.');
        let made = plan.made().map(|name| format!(" ({})", Clean::new(name)));
        let made = made.unwrap_or_default();
        let now = match watched.words.as_str() {
            "" => String::new(),
            words => format!("; now: {words}"),
        };
        if watched.done {
            return (Verdict::Done, format!("{text}{made}{now}"), String::new());
        }
        let wait = self.plane.inner.options.wait(&plan.verify).as_secs();
        let within = match wait {
            _ if watched.stopped => "it was waited for no longer".to_owned(),
            0 => "it was not waited for".to_owned(),
            _ => format!("not seen within {wait} s"),
        };
        let what = format!("The server took it; {within}: {text}{made}{now}");
        let path = Clean::new(&plan.shown_at());
        let hint = match plan.late.as_str() {
            "" => format!("Look at it again: {path}"),
            late => late.to_owned(),
        };
        // where it is known how it fails and how it is set back, to be late is not to be done
        let late = wait > 0 && !watched.stopped && plan.rollback.is_some();
        let verdict = if late {
            Verdict::Partly
        } else {
            Verdict::Accepted
        };
        (verdict, what, hint)
    }

    /// A controller could not carry it out: sends what sets it back, and looks whether it is.
    async fn set_back(&mut self) -> Outcome {
        let plan = self.prepared.plan.clone();
        let Some(back) = &plan.rollback else {
            return self.end(End::partly(&plan.late), None).await;
        };
        let words = back.text.clone();
        self.say(Progress::RollingBack { words }).await;
        let number = plan.steps.len();
        let end = match self.step(number, &back.step).await {
            Ok(()) => {
                let watched = self.plane.verify_back((&plan, back), &self.tell).await;
                let seen = if watched.done { "" } else { " not seen yet:" };
                let text = back.verify.text.trim_end_matches('.');
                End::partly(&format!(
                    "{}. It was set back;{seen} {text}; now: {}",
                    back.text, watched.words
                ))
            }
            Err(Stop::Refused(halt)) => End::partly(&format!(
                "{}. It was not set back: {}",
                back.text, halt.what
            )),
            Err(Stop::Unknown(words)) => End {
                verdict: Verdict::Unknown,
                ..End::partly(&format!(
                    "{}. Whether it was set back cannot be told: {words}",
                    back.text
                ))
            },
        };
        self.end(end, None).await
    }

    /// It stopped before all requests were taken.
    pub(super) async fn stopped(mut self, stop: Stop) -> Outcome {
        let of = self.prepared.plan.steps.len();
        let taken = self.taken;
        let end = match stop {
            Stop::Unknown(words) => End {
                verdict: Verdict::Unknown,
                what: format!("Whether it was written cannot be told: {words}"),
                hint: Clean::new(&format!(
                    "Look at {} before anything else is done to it; nothing is sent again by itself",
                    self.prepared.plan.target.words()
                )),
                changes: Vec::new(),
                by: Vec::new(),
            },
            Stop::Refused(halt) => {
                let halt = self.with_changes(halt).await;
                let verdict = self.partly(halt.kind);
                let what = match verdict {
                    Verdict::Partly => {
                        format!(
                            "{taken} of {of} requests changed something, then: {}",
                            halt.what
                        )
                    }
                    _ => halt.what.to_string(),
                };
                End {
                    verdict,
                    what,
                    hint: self.advice(verdict, halt.hint),
                    changes: halt.changes,
                    by: halt.by,
                }
            }
        };
        self.end(end, None).await
    }

    /// What to do next, after an action that stopped in the middle.
    fn advice(&self, verdict: Verdict, hint: Clean) -> Clean {
        if verdict != Verdict::Partly || !hint.is_empty() {
            return hint;
        }
        let target = self.prepared.plan.target.words();
        Clean::new(&format!(
            "Look at {target}, and plan {} again",
            self.prepared.plan.action
        ))
    }

    async fn end(&mut self, end: End, after: Option<&Value>) -> Outcome {
        let took = self.began.map(|at| at.elapsed()).unwrap_or_default();
        let ended = Ended {
            verdict: end.verdict,
            what: Clean::new(&end.what),
            after: after.map(digest_of).unwrap_or_default(),
            changes: end.changes,
            by: end.by,
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        };
        let stage = Stage::Verdict(ended.clone());
        if let Err(why) = self.plane.record(&self.id, stage).await {
            self.unrecorded = why.what;
        }
        let undone = matches!(ended.verdict, Verdict::NotWritten(_));
        Outcome {
            id: self.id.clone(),
            verdict: ended.verdict,
            what: ended.what,
            hint: end.hint,
            answers: std::mem::take(&mut self.answers),
            changes: ended.changes,
            by: ended.by,
            undo: undo(&self.prepared).filter(|_| !undone),
            unrecorded: self.unrecorded.clone(),
            took,
        }
    }
}
