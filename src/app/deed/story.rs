//! What happens while an action is carried out, line by line. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::told::request;
use crate::plan::{Answered, Prepared, Progress};
use crate::theme::Role;

/// Most lines kept; of more the middle is left out.
const MOST: usize = 2_000;

/// What happened so far.
#[derive(Debug, Clone)]
pub struct Story {
    /// What is carried out.
    pub prepared: Arc<Prepared>,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// When it was confirmed.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its id in the journal; empty while it is not there.
    pub id: String,
    /// How often each request has left.
    tries: BTreeMap<usize, usize>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// What it means.
    pub role: Role,
    /// What it tells of, so that it can be told anew.
    about: About,
}

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Stage,
    Step(usize),
    Waiting,
    Seen,
}

impl Story {
    /// It begins.
    #[must_use]
    pub fn new(prepared: Arc<Prepared>, now: Timestamp) -> Self {
        let mut story = Self {
            prepared,
            lines: Vec::new(),
            began: now,
            ended: None,
            id: String::new(),
            tries: BTreeMap::new(),
        };
        let text = "confirmed; the guards are asked once more";
        story.say(now, text.to_owned(), Role::Text, About::Stage);
        story
    }

    /// A person stopped it.
    pub(super) fn stopped(&mut self, now: Timestamp) {
        let text = if self.prepared.plan.evicts() {
            "stopped: no more pods are asked to go; what is left is told"
        } else {
            "stopped: it is waited for no longer; what was sent stays"
        };
        self.say(now, text.to_owned(), Role::Warn, About::Stage);
    }

    /// It ended.
    pub fn end(&mut self, now: Timestamp) {
        self.ended = Some(now);
    }

    fn say(&mut self, at: Timestamp, text: String, role: Role, about: About) {
        if self.lines.len() >= MOST {
            self.lines.remove(MOST / 2);
        }
        self.lines.push(Line {
            at,
            text,
            role,
            about,
        });
    }

    /// Takes what happened.
    pub fn take(&mut self, progress: Progress, now: Timestamp) {
        match progress {
            Progress::Checked => {
                let text = "checked: every guard lets it pass";
                self.say(now, text.to_owned(), Role::Text, About::Stage);
            }
            Progress::Journaled(id) => {
                let text = format!("in the journal as {}", crate::domain::Clean::new(&id));
                self.say(now, text, Role::Text, About::Stage);
                self.id = id;
            }
            Progress::Sent { step, at } => self.sent(step, at),
            Progress::Answered(answered) => self.answered(&answered, now),
            Progress::Leaving { left } => {
                let text = format!("waiting until what was deleted is gone ({left} to look at)");
                self.say(now, text, Role::Text, About::Stage);
            }
            Progress::Waiting { .. } | Progress::Gone { .. } | Progress::RollingBack { .. } => {
                self.node(progress, now);
            }
            Progress::Seen {
                words,
                hold,
                of,
                after,
            } => {
                let role = if hold == of { Role::Good } else { Role::Text };
                let mut text = format!("seen {words}, +{} s", after.as_secs());
                if of > 1 {
                    text = format!("{text} ({hold} of {of} signs)");
                }
                self.seen(now, text, role);
            }
        }
    }

    /// What happens to a node: pods that go, a layout that is set back.
    fn node(&mut self, progress: Progress, now: Timestamp) {
        match progress {
            Progress::Waiting {
                left,
                ending,
                words,
            } => {
                let text = format!("waiting: {left} may not go yet, {ending} end; {words}");
                self.waits(now, text);
            }
            Progress::Gone { name, left } => {
                let text = format!("gone: {name}, {left} left");
                self.say(now, text, Role::Good, About::Stage);
            }
            Progress::RollingBack { words } => {
                let text = format!("{words}; setting it back");
                self.say(now, text, Role::Bad, About::Stage);
            }
            _ => {}
        }
    }

    /// A request leaves. One that is asked again stands where it stood, with how often.
    fn sent(&mut self, step: usize, at: Timestamp) {
        let tries = self.tries.entry(step).or_default();
        *tries += 1;
        let again = match *tries {
            1 => String::new(),
            n => format!(", asked {n} times"),
        };
        let text = format!("sent {}{again}", self.request(step));
        if !again.is_empty() {
            self.lines.retain(|l| l.about != About::Step(step));
        }
        self.say(at, text, Role::Text, About::Step(step));
    }

    /// What is waited for stands in one line as long as nothing else happens.
    fn waits(&mut self, now: Timestamp, text: String) {
        self.lines.retain(|l| l.about != About::Waiting);
        self.say(now, text, Role::Warn, About::Waiting);
    }

    /// Which request, of how many, and what.
    fn request(&self, step: usize) -> String {
        let plan = &self.prepared.plan;
        let steps = &plan.steps;
        let back = plan.rollback.as_ref().map(|back| &back.step);
        let what = steps.get(step).or(back).map_or_else(String::new, request);
        if step >= steps.len() {
            return format!("to set it back: {what}");
        }
        match steps.len() {
            0 | 1 => what,
            all => format!("{} of {all}: {what}", step.saturating_add(1)),
        }
    }

    /// The answer stands behind the request.
    fn answered(&mut self, answered: &Answered, now: Timestamp) {
        let (said, role) = answer(answered);
        let sent = self.lines.iter_mut().rev();
        let mut sent = sent.filter(|l| l.about == About::Step(answered.step));
        if let Some(line) = sent.next() {
            line.text = format!("{}: {said}", line.text);
            line.role = role;
        } else {
            let text = format!("{}: {said}", self.request(answered.step));
            self.say(now, text, role, About::Step(answered.step));
        }
    }

    /// What the target shows stands in one line as long as it only gets older.
    fn seen(&mut self, now: Timestamp, text: String, role: Role) {
        let bare = |text: &str| text.split(", +").next().unwrap_or_default().to_owned();
        let last = self.lines.last_mut();
        let same = last.filter(|l| l.about == About::Seen && bare(&l.text) == bare(&text));
        if let Some(line) = same {
            *line = Line {
                at: line.at,
                text,
                role,
                about: About::Seen,
            };
        } else {
            self.say(now, text, role, About::Seen);
        }
    }
}

/// An answer in words, and what it means.
#[must_use]
pub fn answer(answered: &Answered) -> (String, Role) {
    let words = if answered.words.is_empty() {
        String::new()
    } else {
        format!(" {}", answered.words)
    };
    match answered.status {
        0 => (format!("no answer{words}"), Role::Warn),
        status @ 200..300 => (
            format!("taken ({status}) in {} ms", answered.millis),
            Role::Good,
        ),
        404 => (format!("not there (404){words}"), Role::Text),
        status => (format!("not taken ({status}){words}"), Role::Bad),
    }
}
