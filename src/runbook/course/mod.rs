//! One run of a runbook: which step is next, what it needs, what came of it. Pure: time and facts are handed in; what it
//! needs from outside it asks for ([`Need`]) and is told.
//!
//! | file | owns |
//! |---|---|
//! | `stand` | where a run and each of its steps stand |
//! | `step` | from one state to the next |
//! | `told` | what comes from outside: written, asked, carried out, answered by a person |
//! | `again` | going on with a run that was left |
//! | `words` | values and lengths of time in words |
//!
//! Nothing is done before it is written down: each step is marked in the journal before it begins and after it has ended.
//! Whoever goes on later finds at most one step that may be half done, and looks what came of it.

mod again;
mod stand;
mod step;
mod told;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::book::{Book, Step, What};
use super::expression::{Expression, Verdict};
use crate::domain::Clean;
use crate::plan::{About, Begun, Cluster, How, Mark, Signed, action};
pub use stand::{Kind, Question, Stand, Standing, State};
pub use told::{Found, Wanted};

/// What is known of the target, for expressions.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// A value for each name.
    pub value: Value,
    /// Names whose values are still being asked for, or cannot be believed now; why.
    pub lacks: BTreeMap<String, String>,
}

impl Facts {
    /// Why an expression cannot be believed now, if so.
    #[must_use]
    pub fn lack(&self, expression: &Expression) -> Option<&str> {
        let names = expression.names();
        let mut all = self.lacks.iter();
        let found = all.find(|(name, _)| names.contains(name));
        found.map(|(_, why)| why.as_str())
    }

    /// Does it hold? What cannot be believed now is neither true nor false.
    #[must_use]
    pub fn test(&self, expression: &Expression) -> Verdict {
        match self.lack(expression) {
            Some(why) => Verdict::Unknown(why.to_owned()),
            None => expression.test(&self.value),
        }
    }
}

/// What a run needs from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// To be written to the journal; answered by [`Course::written`].
    Write {
        /// What.
        mark: Box<Mark>,
        /// What the run is about, where others are told who works on it.
        about: Option<Box<About>>,
        /// Why it is taken over from someone who is on it; empty when it is not.
        took: Clean,
    },
    /// Prometheus to be asked, in `PromQL`; answered by [`Course::queried`].
    Query(String),
    /// To be told whether the action of this step was begun, and what came of it; answered by [`Course::looked`].
    Look(usize),
}

/// A mark that stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The id of the run.
    pub id: String,
    /// What a person has to know of it: that others are not told; empty for nothing new.
    pub told: Clean,
}

/// What came of a need.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It was written; or why not.
    Written(Result<Written, Clean>),
    /// What Prometheus said; or why it did not.
    Queried(Result<Value, String>),
    /// What became of the action that was begun, none when none was; or why that cannot be told.
    Looked(Result<Option<Found>, Clean>),
}

/// What is told where the object that is meant is gone, and another of its name is there.
pub const REPLACED: &str = "The object of this name is another one now than when this was begun: what this run would do to \
    it is refused. End it in the console (E), and begin anew";

/// One run of a runbook.
#[derive(Debug, Clone)]
pub struct Course {
    /// Its id in the journal; empty until its beginning is written.
    pub id: String,
    /// The runbook.
    pub book: Arc<Book>,
    /// What it is done to.
    pub about: About,
    /// Where each step stands.
    pub stands: Vec<Stand>,
    at: usize,
    named: Map<String, Value>,
    state: State,
    /// Nothing is written to the cluster, not even who works on it.
    pub quiet: bool,
    /// What a person has to know of the whole run; may be empty.
    pub told: Clean,
    /// The object of its name that is there now is another one than was meant: no action of it is carried out on that.
    pub replaced: bool,
    /// Why it is taken over from someone who is on it; empty when it is not.
    took: Clean,
    /// A need was handed out and is not answered yet.
    asked: bool,
    /// Facts from before this time say nothing of what an action did.
    calm: Option<Timestamp>,
}

impl Course {
    /// A run that begins.
    #[must_use]
    pub fn begin(book: Arc<Book>, about: About, incident: Clean) -> Self {
        let begun = Begun {
            runbook: book.id.clone(),
            title: Clean::new(&book.title),
            about: about.clone(),
            steps: book.steps.iter().map(written).collect(),
            incident,
            cluster: Cluster::default(),
            signed: Signed::default(),
        };
        let mark = Mark::Begun(Box::new(begun));
        Self::new(book, about, State::write(mark, State::Start))
    }

    fn new(book: Arc<Book>, about: About, state: State) -> Self {
        Self {
            id: String::new(),
            stands: book.steps.iter().map(|_| Stand::default()).collect(),
            book,
            about,
            at: 0,
            named: Map::new(),
            state,
            quiet: false,
            told: Clean::default(),
            replaced: false,
            took: Clean::default(),
            asked: false,
            calm: None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The step that it is at; the number of steps when all are done.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// That step.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.book.steps.get(self.at)
    }

    /// How it ended; none while it goes on.
    #[must_use]
    pub fn ended(&self) -> Option<How> {
        match self.state {
            State::Ended(how, _) => Some(how),
            _ => None,
        }
    }

    /// It stands still until a person does something.
    #[must_use]
    pub fn waits_for_person(&self) -> bool {
        matches!(
            self.state,
            State::Person(_) | State::Ready(_) | State::Halted(..)
        )
    }

    /// It looks at the facts again and again: they have to be kept up to date.
    #[must_use]
    pub fn watches(&self) -> bool {
        matches!(
            self.state,
            State::Start | State::Facts(_) | State::Until { .. }
        )
    }

    /// What an action of this step is marked with in the journal.
    #[must_use]
    pub fn mark_of(&self, step: usize) -> String {
        format!("{}/{step}", self.id)
    }

    /// The objects that its actions made, by the names that later steps know them by.
    pub fn made(&self) -> impl Iterator<Item = (&str, About)> {
        let steps = self.book.steps.iter();
        steps.filter_map(|step| {
            let What::Action {
                name,
                made: Some(made),
                ..
            } = &step.what
            else {
                return None;
            };
            let text = |key: &str| self.named.get(made)?.get(key)?.as_str();
            let about = About {
                feed: action(name)?.spec().makes()?.to_owned(),
                namespace: Clean::new(text("namespace")?),
                name: Clean::new(text("name")?),
                uid: Clean::default(),
            };
            Some((made.as_str(), about))
        })
    }

    /// The facts, and what earlier steps brought. Of what was made, the facts tell more than the step that made it.
    fn known(&self, facts: &Facts) -> Facts {
        let mut all = self.named.clone();
        all.extend(facts.value.as_object().cloned().unwrap_or_default());
        Facts {
            value: Value::Object(all),
            lacks: facts.lacks.clone(),
        }
    }

    /// Goes on as far as it can. What it needs is asked for once.
    pub fn next(&mut self, facts: &Facts, now: Timestamp) -> Option<Need> {
        // each step ends after a bounded number of states
        for _ in 0..self.book.steps.len().max(1) * 8 {
            if self.asked {
                return None;
            }
            if let Some(need) = self.need() {
                self.asked = true;
                return Some(need);
            }
            if self.watches() && self.calm.is_some_and(|calm| now < calm) {
                return None;
            }
            if !self.turn(facts, now) {
                return None;
            }
        }
        None
    }

    /// Takes what came of a need.
    pub fn take(&mut self, reply: Reply, now: Timestamp) {
        match reply {
            Reply::Written(written) => self.written(written),
            Reply::Queried(answer) => self.queried(answer),
            Reply::Looked(found) => self.looked(found, now),
        }
    }

    fn need(&self) -> Option<Need> {
        match &self.state {
            State::Writing(mark, _) => Some(Need::Write {
                mark: mark.clone(),
                about: (!self.quiet).then(|| Box::new(self.about.clone())),
                took: self.took.clone(),
            }),
            State::Query(promql) => Some(Need::Query(promql.clone())),
            State::Look => Some(Need::Look(self.at)),
            _ => None,
        }
    }
}

/// A step as it was written, to know it again.
fn written(step: &Step) -> Clean {
    let what = &step.what;
    Clean::new(&format!(
        "{}: {} {}",
        step.title,
        what.word(),
        what.line().replace('\n', " ")
    ))
}

#[cfg(test)]
mod tests;
