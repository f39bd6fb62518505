//! From one state of a run to the next. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::stand::{Kind, Question, Stand, Standing, State};
use super::words::{length, values};
use super::{Course, Facts};
use crate::domain::Clean;
use crate::plan::{Closed, Did, How, Mark, Signed, Stepped, hide};
use crate::runbook::{Expression, Otherwise, Step, Verdict, What};

/// How long a step waits for sources that have not answered, before it goes by what is known.
const PATIENCE: i64 = 20;

impl Course {
    /// Goes on by one state; false when it stands still.
    pub(super) fn turn(&mut self, facts: &Facts, now: Timestamp) -> bool {
        let Some(step) = self.step().cloned() else {
            if matches!(self.state, State::Start) {
                self.close(How::Done, Clean::default());
                return true;
            }
            return false;
        };
        match self.state.clone() {
            State::Start => self.start(&step, facts, now),
            State::Facts(since) => self.check(&step, (facts, since), now),
            State::Until { since, end } => self.until(&step, facts, (since, end, now)),
            _ => false,
        }
    }

    /// Is the step for this case? Then it is written down that it begins.
    fn start(&mut self, step: &Step, facts: &Facts, now: Timestamp) -> bool {
        let step = &self.with_choices(step, facts);
        let since = match self.stands.get(self.at) {
            Some(stand) if stand.standing == Standing::Now => stand.since.unwrap_or(now),
            _ => {
                self.now(now);
                now
            }
        };
        let Some(when) = &step.when else {
            self.starts(step, now);
            return true;
        };
        if let Some(lack) = too_soon(when, facts, since, now) {
            return self.says(lack);
        }
        let known = self.known(facts);
        match known.test(when) {
            Verdict::Yes => self.starts(step, now),
            Verdict::No => {
                let what = format!("not for this case: {}", values(when, &known.value));
                self.over(Did::Skipped, &what);
            }
            Verdict::Unknown(why) => {
                self.state = State::Person(Question {
                    text: Clean::new("Whether this step is for this case cannot be told. Do it?"),
                    because: Clean::new(&why),
                    kind: Kind::Applies,
                });
            }
        }
        true
    }

    /// The step with the choices that there are now, where they are a fact: `choices: nodes`, or a field of one. None are any
    /// text.
    fn with_choices(&self, step: &Step, facts: &Facts) -> Step {
        let mut step = step.clone();
        if let What::Ask { choices, .. } = &mut step.what
            && let [name] = choices.as_slice()
            && let Some(found) = self
                .known(facts)
                .value
                .pointer(&format!("/{}", name.replace('.', "/")))
        {
            let all = found.as_array().into_iter().flatten();
            *choices = all.filter_map(|v| v.as_str().map(str::to_owned)).collect();
        }
        step
    }

    /// It is written down that the step begins, then it does.
    pub(super) fn starts(&mut self, step: &Step, now: Timestamp) {
        let then = match &step.what {
            What::Check { .. } => State::Facts(now),
            What::Query { promql, .. } => State::Query(promql.clone()),
            What::Ask {
                question, choices, ..
            } => State::Person(Question {
                text: Clean::new(question),
                because: Clean::default(),
                kind: Kind::Choice(choices.clone()),
            }),
            What::Action { .. } => State::Ready(Clean::default()),
            What::Wait { within, .. } => until(now, *within),
            What::Note { text } => State::Person(Question {
                text: Clean::new(text),
                because: Clean::default(),
                kind: Kind::Note,
            }),
        };
        let mark = Mark::Step(Box::new(self.stepped(Did::Began, "")));
        self.state = State::write(mark, then);
    }

    fn check(&mut self, step: &Step, (facts, since): (&Facts, Timestamp), now: Timestamp) -> bool {
        let What::Check { holds, otherwise } = &step.what else {
            return false;
        };
        if let Some(lack) = too_soon(holds, facts, since, now) {
            return self.says(lack);
        }
        let known = self.known(facts);
        let said = values(holds, &known.value);
        match known.test(holds) {
            Verdict::Yes => self.over(Did::Passed, &format!("holds: {said}")),
            Verdict::No => self.otherwise(otherwise, &format!("does not hold: {said}")),
            Verdict::Unknown(why) => {
                self.otherwise(otherwise, &format!("cannot be told: {why}"));
            }
        }
        true
    }

    /// What is waited for, or what has to hold after an action.
    fn until(
        &mut self,
        step: &Step,
        facts: &Facts,
        (since, end, now): (Timestamp, Timestamp, Timestamp),
    ) -> bool {
        let (holds, otherwise, within) = match &step.what {
            What::Wait {
                until,
                otherwise,
                within,
            } => (until, otherwise.clone(), *within),
            What::Action {
                verify: Some(verify),
                within,
                name,
                ..
            } => {
                let text = format!("{name} was done, and it does not show. Go on all the same?");
                (verify, Otherwise::Ask(text), *within)
            }
            _ => return false,
        };
        let known = self.known(facts);
        let said = values(holds, &known.value);
        let waited = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        match known.test(holds) {
            Verdict::Yes => {
                let what = format!("after {}: {said}", length(waited));
                self.over(Did::Passed, &what);
            }
            _ if now >= end => {
                let what = format!("not within {}: {said}", length(within));
                self.otherwise(&otherwise, &what);
            }
            Verdict::No => return self.says(&said),
            Verdict::Unknown(why) => return self.says(&why),
        }
        true
    }

    pub(super) fn otherwise(&mut self, otherwise: &Otherwise, what: &str) {
        match otherwise {
            Otherwise::GoOn => self.over(Did::Passed, &format!("{what}; it goes on")),
            Otherwise::Ask(question) => {
                self.state = State::Person(Question {
                    text: Clean::new(question),
                    because: Clean::new(what),
                    kind: Kind::GoOn,
                });
            }
            Otherwise::Stop(why) => {
                let why = if why.is_empty() { what } else { why };
                self.fail(what, why);
            }
        }
    }

    /// The step ended the run.
    pub(super) fn fail(&mut self, what: &str, why: &str) {
        let stepped = self.stepped(Did::Failed, what);
        self.stand(Standing::Failed, what);
        let closed = Mark::Ended(Closed {
            how: How::Stopped,
            what: Clean::new(why),
            signed: Signed::default(),
        });
        let ended = State::Ended(How::Stopped, Clean::new(why));
        let mark = Mark::Step(Box::new(stepped));
        self.state = State::write(mark, State::write(closed, ended));
    }

    /// The step is over; the next one follows.
    pub(super) fn over(&mut self, did: Did, what: &str) {
        let made = match self.step().map(|step| &step.what) {
            Some(What::Action { made, .. }) if did == Did::Passed => made.as_ref(),
            _ => None,
        };
        let made = made.and_then(|name| self.named.get_key_value(name));
        let made = made.map(|(name, value)| (name.clone(), value.clone()));
        self.over_with(did, what, made);
    }

    /// The same, with a value for later steps.
    pub(super) fn over_with(&mut self, did: Did, what: &str, value: Option<(String, Value)>) {
        let mut stepped = self.stepped(did, what);
        if let Some((name, value)) = value {
            self.named.insert(name.clone(), value.clone());
            (stepped.name, stepped.value) = (name, value);
        }
        let standing = match did {
            Did::Skipped => Standing::Skipped,
            _ => Standing::Passed,
        };
        self.stand(standing, what);
        self.at += 1;
        self.state = State::write(Mark::Step(Box::new(stepped)), State::Start);
    }

    pub(super) fn close(&mut self, how: How, what: Clean) {
        let closed = Closed {
            how,
            what: what.clone(),
            signed: Signed::default(),
        };
        self.state = State::write(Mark::Ended(closed), State::Ended(how, what));
    }

    pub(super) fn stepped(&self, did: Did, what: &str) -> Stepped {
        let stand = self.stands.get(self.at);
        Stepped {
            step: self.at,
            did,
            what: Clean::new(&hide::text(what)),
            name: String::new(),
            value: Value::Null,
            action: stand.map(|s| s.action.clone()).unwrap_or_default(),
            signed: Signed::default(),
        }
    }

    fn stand(&mut self, standing: Standing, what: &str) {
        if let Some(stand) = self.stands.get_mut(self.at) {
            stand.standing = standing;
            stand.what = Clean::new(&hide::text(what));
        }
    }

    fn now(&mut self, now: Timestamp) {
        if let Some(stand) = self.stands.get_mut(self.at) {
            *stand = Stand {
                standing: Standing::Now,
                since: Some(now),
                ..Stand::default()
            };
        }
    }

    /// What the step is at; false, since it stands still.
    pub(super) fn says(&mut self, what: &str) -> bool {
        self.stand(Standing::Now, what);
        false
    }
}

/// It has to hold before this time.
pub(super) fn until(now: Timestamp, within: Duration) -> State {
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    State::Until {
        since: now,
        end: now.checked_add(within).unwrap_or(Timestamp::MAX),
    }
}

/// Why it is too soon to test it: what it needs may still come. It is not waited for longer than sources take.
fn too_soon<'a>(
    expression: &Expression,
    facts: &'a Facts,
    since: Timestamp,
    now: Timestamp,
) -> Option<&'a str> {
    let lack = facts.lack(expression)?;
    (now.as_second() - since.as_second() < PATIENCE).then_some(lack)
}
