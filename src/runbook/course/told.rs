//! What comes to a run from outside: what was written, asked, looked up, carried out, and what a person says. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::stand::{Kind, Question, State};
use super::step::until;
use super::words::shown;
use super::{Course, Facts, Written};
use crate::domain::Clean;
use crate::plan::{About, Did, How, Mark, Verdict};
use crate::runbook::{Otherwise, What};

/// How long what is watched may lag behind what an action saw.
const CALM: SignedDuration = SignedDuration::from_secs(3);

/// An action that is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub action: String,
    /// To what, `NAMESPACE/NAME` or `NAME`; none for the target.
    pub on: Option<String>,
    /// Its parameters.
    pub with: Vec<(String, String)>,
    /// What its intent is marked with.
    pub runbook: String,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id in the journal.
    pub id: String,
    /// How it ended.
    pub verdict: Verdict,
    /// In a sentence.
    pub what: Clean,
    /// The object that it makes; none where it makes none.
    pub made: Option<About>,
}

impl Course {
    /// The target was seen, with this uid; empty when it was not. From the first time on no other object of its name is meant.
    pub fn meant(&mut self, uid: &str) {
        if !self.about.uid.is_empty() {
            let seen = !uid.is_empty();
            self.replaced = if seen {
                *self.about.uid != *uid
            } else {
                self.replaced
            };
            return;
        }
        self.about.uid = Clean::new(uid);
        if let State::Writing(mark, _) = &mut self.state
            && let Mark::Begun(begun) = &mut **mark
        {
            begun.about = self.about.clone();
        }
    }

    /// It is in the journal, under this id; or it is not, and why.
    pub fn written(&mut self, result: Result<Written, Clean>) {
        self.asked = false;
        let state = std::mem::replace(&mut self.state, State::Start);
        self.state = match (state, result) {
            (State::Writing(_, then), Ok(written)) => {
                if self.id.is_empty() {
                    self.id = written.id;
                }
                if !written.told.is_empty() {
                    self.told = written.told;
                }
                self.took = Clean::default();
                *then
            }
            (State::Writing(mark, then), Err(why)) => {
                State::Halted(why, Box::new(State::Writing(mark, then)))
            }
            (other, _) => other,
        };
    }

    /// What Prometheus said, or why it did not.
    pub fn queried(&mut self, result: Result<Value, String>) {
        self.asked = false;
        let name = match self.step().map(|step| &step.what) {
            Some(What::Query { name, .. }) => name.clone(),
            _ => return,
        };
        match result {
            Ok(value) => {
                let what = format!("{name} = {}", shown(&value));
                self.over_with(Did::Passed, &what, Some((name, value)));
            }
            Err(why) => {
                let text = "Prometheus did not answer. Go on without it?".to_owned();
                self.named.insert(name, Value::Null);
                self.otherwise(&Otherwise::Ask(text), &why);
            }
        }
    }

    /// What is known of the action of this step: what came of it, or that it was never begun.
    pub fn looked(&mut self, found: Result<Option<Found>, Clean>, now: Timestamp) {
        self.asked = false;
        match found {
            // it is begun anew, by a person: nothing is left of it
            Ok(Some(Found {
                verdict: Verdict::NotWritten(_),
                what,
                ..
            })) => {
                self.says(&what);
                self.state = State::Ready(Clean::default());
            }
            Ok(Some(found)) => self.acted(found, now),
            Ok(None) => self.state = State::Ready(Clean::default()),
            Err(why) => self.state = State::Halted(why, Box::new(State::Look)),
        }
    }

    /// A person wants to see what the action would do. `Err` says why that cannot be told.
    pub fn want(&mut self, facts: &Facts) -> Result<Wanted, String> {
        let known = self.known(facts);
        let Some(What::Action { name, on, with, .. }) = self.step().map(|step| &step.what) else {
            return Err("this step does no action".to_owned());
        };
        let on = on.as_ref().map(|on| on.words(&known.value)).transpose();
        let on = on.map_err(|why| format!("what it is done to cannot be told: {why}"))?;
        let mut given = Vec::new();
        for (name, value) in with {
            let words = value.words(&known.value);
            let words = words.map_err(|why| format!("{name} cannot be told: {why}"))?;
            given.push((name.clone(), words));
        }
        let wanted = Wanted {
            action: name.clone(),
            on,
            with: given,
            runbook: self.mark_of(self.at),
        };
        self.state = State::Acting;
        Ok(wanted)
    }

    /// The action was not carried out: a person took it back, or a guard did.
    pub fn put_back(&mut self, why: &str) {
        if matches!(self.state, State::Acting) {
            self.state = State::Ready(Clean::new(why));
        }
    }

    /// The action has ended.
    pub fn acted(&mut self, found: Found, now: Timestamp) {
        let Some(What::Action {
            verify,
            within,
            made: name,
            ..
        }) = self.step().map(|step| &step.what)
        else {
            return;
        };
        let (verify, within, name) = (verify.is_some(), *within, name.clone());
        let Found {
            id,
            verdict,
            what,
            made,
        } = found;
        if let (Some(name), Some(made), false) =
            (name, made, matches!(verdict, Verdict::NotWritten(_)))
        {
            let value = json!({"namespace": made.namespace, "name": made.name});
            self.named.insert(name, value);
        }
        if let Some(stand) = self.stands.get_mut(self.at) {
            stand.action = id;
        }
        let said = format!("{}: {what}", verdict.words());
        if !matches!(verdict, Verdict::NotWritten(_)) {
            self.calm = now.checked_add(CALM).ok();
        }
        match verdict {
            Verdict::NotWritten(_) => self.state = State::Ready(Clean::new(&said)),
            Verdict::Done | Verdict::Accepted if verify => {
                self.says(&said);
                self.state = until(now, within);
            }
            Verdict::Done => self.over(Did::Passed, &said),
            Verdict::Accepted | Verdict::Partly | Verdict::Unknown => {
                let text = "The action was not seen done. Go on all the same?".to_owned();
                self.otherwise(&Otherwise::Ask(text), &said);
            }
        }
    }

    /// A person says yes or no.
    pub fn say(&mut self, yes: bool, now: Timestamp) {
        let State::Person(question) = self.state.clone() else {
            return;
        };
        let Question {
            text,
            because,
            kind,
        } = question;
        let because = if because.is_empty() {
            String::new()
        } else {
            format!(" ({because})")
        };
        match (kind, yes) {
            (Kind::GoOn, true) => {
                self.over(Did::Passed, &format!("answered yes: {text}{because}"));
            }
            (Kind::GoOn, false) => {
                let what = format!("answered no: {text}{because}");
                self.fail(&what, &what);
            }
            (Kind::Applies, true) => {
                if let Some(step) = self.step().cloned() {
                    self.starts(&step, now);
                }
            }
            (Kind::Applies, false) => {
                self.over(Did::Skipped, &format!("answered no: {text}{because}"));
            }
            (Kind::Note, true) => self.over(Did::Passed, "ticked off"),
            (Kind::Note, false) => self.over(Did::Skipped, "not done: a person passed it over"),
            (Kind::Choice(_), _) => {}
        }
    }

    /// A person answers a question, or says a word about what was done by hand. `Err` says why that is no answer.
    pub fn answer(&mut self, text: &str) -> Result<(), String> {
        let State::Person(question) = &self.state else {
            return Err("nothing is asked".to_owned());
        };
        let text = text.trim();
        match &question.kind {
            Kind::Choice(choices) if choices.is_empty() && text.is_empty() => {
                return Err("an answer is wanted".to_owned());
            }
            Kind::Choice(choices) if !choices.is_empty() && choices.iter().all(|c| c != text) => {
                return Err(format!("the answer is one of {}", choices.join(", ")));
            }
            Kind::Note => {
                let what = format!("ticked off: {text}");
                self.over(Did::Passed, &what);
                return Ok(());
            }
            Kind::Choice(_) => {}
            Kind::GoOn | Kind::Applies => return Err("yes or no is wanted".to_owned()),
        }
        let name = match self.step().map(|step| &step.what) {
            Some(What::Ask { name, .. }) => name.clone(),
            _ => None,
        };
        let value = name.map(|name| (name, Value::from(text)));
        self.over_with(Did::Passed, &format!("answered: {text}"), value);
        Ok(())
    }

    /// A person waits no longer, or passes an action over: whether it goes on is theirs to say.
    pub fn cancel(&mut self) {
        let text = match self.state {
            State::Until { .. } => "It was not waited for to the end. Go on all the same?",
            State::Ready(_) => "The action was not done. Go on without it?",
            _ => return,
        };
        let said = self.stands.get(self.at).map(|s| s.what.to_string());
        let said = said.unwrap_or_default();
        self.otherwise(&Otherwise::Ask(text.to_owned()), &said);
    }

    /// A person tries again what something outside kept from going on.
    pub fn retry(&mut self) {
        if let State::Halted(_, then) = self.state.clone() {
            self.state = *then;
        }
    }

    /// A person takes the target over should someone be on it when this begins.
    pub fn taking(&mut self, why: &str) {
        self.took = Clean::new(why.trim());
    }

    /// A person takes the target over from someone who is on it, and says why.
    pub fn take_over(&mut self, why: &str) {
        if why.trim().is_empty() {
            return;
        }
        match self.state.clone() {
            State::Halted(_, then) => self.state = *then,
            State::Ready(_) => {
                let mark = Mark::Step(Box::new(self.stepped(Did::Began, "")));
                self.state = State::write(mark, State::Ready(Clean::default()));
            }
            _ => return,
        }
        self.took = Clean::new(why);
    }

    /// A person ends the run; what it did stays done.
    pub fn leave(&mut self, why: &str) {
        if matches!(self.state, State::Ended(..) | State::Acting) || self.asked {
            return;
        }
        let why = Clean::new(why);
        if self.id.is_empty() {
            self.state = State::Ended(How::Left, why);
        } else {
            self.close(How::Left, why);
        }
    }
}
