//! The preview while a person decides: where the keys are, the reason, the name that is typed. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Form, guard};
use crate::app::Model;
use crate::app::prompt::Prompt;
use crate::app::screen::Question;
use crate::domain::Clean;
use crate::keys::{Chord, Code};
use crate::plan::{Confirm, Consent, Prepared, Safety};

/// Longest name of an object of Kubernetes.
const NAME: usize = 253;

/// What is decided on.
#[derive(Debug)]
pub struct Decision {
    /// The plan, with what the cluster said.
    pub prepared: Arc<Prepared>,
    /// When it came.
    pub at: Timestamp,
    /// Where the keys are.
    pub focus: Focus,
    /// Why it is done, in the operator's words.
    pub reason: Prompt,
    /// The name that is typed to confirm it.
    pub typed: Prompt,
    /// What was wrong with the last try to go on.
    pub told: Option<String>,
}

/// Where the keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// In the line for the reason.
    Reason,
    /// In the line for the name.
    Name,
    /// On *cancel*.
    Cancel,
    /// On the action.
    Act,
}

/// What may run, and the operator's word for it.
#[derive(Debug)]
pub struct Go {
    /// The plan, with its reason.
    pub prepared: Arc<Prepared>,
    /// The word.
    pub consent: Consent,
}

/// What came of a key.
#[derive(Debug)]
pub enum Pressed {
    /// It was for this.
    Taken,
    /// It was not.
    Other,
    /// Do not do it.
    Cancel,
    /// Do it.
    Go(Go),
}

impl Decision {
    /// Nothing is decided: the keys are on *cancel*, or where a name has to be typed first.
    #[must_use]
    pub fn new(prepared: Arc<Prepared>, safety: Safety, at: Timestamp) -> Self {
        let named = safety.confirm(prepared.plan.risk) == Some(Confirm::Name);
        let focus = if named && !prepared.plan.is_blocked() {
            Focus::Name
        } else {
            Focus::Cancel
        };
        Self {
            prepared,
            at,
            focus,
            reason: Prompt::new(Question::default()),
            typed: Prompt::new(Question::default()).up_to(NAME),
            told: None,
        }
    }

    /// How it has to be confirmed now; none when it must not be done.
    #[must_use]
    pub fn confirm(&self, model: &Model) -> Option<Confirm> {
        let plan = &self.prepared.plan;
        let safety = guard::safety(model, &self.prepared.ask.cluster);
        let confirm = safety.confirm(plan.risk)?;
        (!plan.is_blocked() && self.elsewhere(model).is_none()).then_some(confirm)
    }

    /// The context leads to another API server than the one whose rows are shown; which.
    #[must_use]
    pub fn elsewhere(&self, model: &Model) -> Option<(String, String)> {
        let shown = model.infos.get(&self.prepared.ask.cluster)?;
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        let (then, now) = (bare(&shown.server), bare(&self.prepared.cluster.server));
        let known = !then.is_empty() && !now.is_empty();
        (known && then != now).then(|| {
            let clean = |url: &str| Clean::new(url).to_string();
            (clean(&then), clean(&now))
        })
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(line) = self.line() {
            line.push(text);
            self.told = None;
        }
    }

    fn line(&mut self) -> Option<&mut Prompt> {
        match self.focus {
            Focus::Reason => Some(&mut self.reason),
            Focus::Name => Some(&mut self.typed),
            Focus::Cancel | Focus::Act => None,
        }
    }

    /// Where the keys can be, in order.
    fn places(confirm: Option<Confirm>) -> &'static [Focus] {
        match confirm {
            Some(Confirm::Choice) => &[Focus::Reason, Focus::Cancel, Focus::Act],
            Some(Confirm::Name) => &[Focus::Reason, Focus::Name, Focus::Cancel, Focus::Act],
            None => &[Focus::Cancel],
        }
    }

    fn step(&mut self, step: isize, confirm: Option<Confirm>) {
        let places = Self::places(confirm);
        let here = places.iter().position(|p| *p == self.focus).unwrap_or(0);
        let count = places.len().cast_signed();
        let to = (here.cast_signed() + step).rem_euclid(count);
        let to = places.get(to.cast_unsigned()).copied();
        self.focus = to.unwrap_or(Focus::Cancel);
        self.told = None;
    }

    /// The operator's word as it stands.
    fn consent(&self, model: &Model) -> Consent {
        Consent {
            safety: guard::safety(model, &self.prepared.ask.cluster),
            typed: self.typed.text().to_owned(),
        }
    }

    /// It may run.
    fn go(&mut self, model: &Model, form: &Form) -> Pressed {
        let consent = self.consent(model);
        let plan = &self.prepared.plan;
        if self.confirm(model).is_none() {
            self.focus = Focus::Cancel;
            self.told = Some(format!("{} must not run now", form.spec.name));
            return Pressed::Taken;
        }
        if !consent.covers(plan) {
            self.focus = Focus::Name;
            let name = Clean::new(&plan.target.name);
            self.told = Some(if self.typed.text().is_empty() {
                format!("nothing is done before {name} is typed")
            } else {
                format!("that is not {name}")
            });
            return Pressed::Taken;
        }
        let mut prepared = self.prepared.clone();
        if !self.reason.text().trim().is_empty() {
            Arc::make_mut(&mut prepared).ask.reason = Clean::new(self.reason.text().trim());
        }
        Pressed::Go(Go { prepared, consent })
    }
}

/// Takes a key.
pub fn press(model: &Model, decision: &mut Decision, form: &Form, chord: Chord) -> Pressed {
    let confirm = decision.confirm(model);
    // what was possible may not be any more
    if !Decision::places(confirm).contains(&decision.focus) {
        decision.focus = Focus::Cancel;
    }
    let typing = decision.line().is_some();
    match chord.code {
        Code::Tab => decision.step(1, confirm),
        Code::BackTab => decision.step(-1, confirm),
        Code::Right if !typing => decision.step(1, confirm),
        Code::Left if !typing => decision.step(-1, confirm),
        Code::Enter => {
            return match decision.focus {
                Focus::Cancel => Pressed::Cancel,
                // a line is complete; Enter in it never fires what has only to be chosen
                Focus::Reason => {
                    decision.step(1, confirm);
                    Pressed::Taken
                }
                Focus::Name | Focus::Act => decision.go(model, form),
            };
        }
        Code::Up | Code::Down | Code::PageUp | Code::PageDown => return Pressed::Other,
        _ => {
            let Some(line) = decision.line() else {
                return Pressed::Other;
            };
            line.press(chord);
            decision.told = None;
        }
    }
    Pressed::Taken
}
