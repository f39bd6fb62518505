//! What happens while an action is carried out, line by line. Pure.

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
        };
        let text = "confirmed; the guards are asked once more";
        story.say(now, text.to_owned(), Role::Text, About::Stage);
        story
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
            Progress::Sent { step, at } => {
                let text = format!("sent {}", self.request(step));
                self.say(at, text, Role::Text, About::Step(step));
            }
            Progress::Answered(answered) => self.answered(&answered, now),
            Progress::Leaving { left } => {
                let text = format!("waiting until what was deleted is gone ({left} to look at)");
                self.say(now, text, Role::Text, About::Stage);
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

    /// Which request, of how many, and what.
    fn request(&self, step: usize) -> String {
        let steps = &self.prepared.plan.steps;
        let what = steps.get(step).map_or_else(String::new, request);
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
