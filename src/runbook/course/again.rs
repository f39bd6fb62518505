//! Going on with a run of a runbook that was left. Pure.

use std::sync::Arc;

use super::stand::{Stand, Standing, State};
use super::{Course, written};
use crate::domain::Clean;
use crate::plan::{Did, How, Mark, Signed, Sitting};
use crate::runbook::{Book, What};

impl Course {
    /// Goes on with a run. `Err` says why it cannot be gone on with. What it stood at is looked at anew: whether the step is
    /// for this case, what a check says now, what came of an action that may have been begun.
    pub fn again(book: Arc<Book>, sitting: &Sitting) -> Result<Self, String> {
        if let Some(closed) = &sitting.ended {
            return Err(format!(
                "it has ended: {} {}",
                closed.how.word(),
                closed.what
            ));
        }
        let now: Vec<Clean> = book.steps.iter().map(written).collect();
        if now != sitting.begun.steps {
            let id = &book.id;
            return Err(format!("the runbook {id} was changed since: begin it anew"));
        }
        let about = sitting.begun.about.clone();
        let mut course = Self::new(book, about, State::Start);
        course.id.clone_from(&sitting.id);
        for (at, stepped) in &sitting.stepped {
            if !stepped.name.is_empty() {
                let (name, value) = (stepped.name.clone(), stepped.value.clone());
                course.named.insert(name, value);
            }
            let Some(stand) = course.stands.get_mut(stepped.step) else {
                continue;
            };
            *stand = Stand {
                standing: standing(stepped.did),
                what: stepped.what.clone(),
                since: Some(*at),
                action: stepped.action.clone(),
            };
        }
        course.at = sitting.step();
        let then = course.half_done();
        course.state = State::write(Mark::GoesOn(Signed::default()), then);
        Ok(course)
    }

    /// Where it goes on from.
    fn half_done(&mut self) -> State {
        let failed = |s: &&Stand| s.standing == Standing::Failed;
        if let Some(failed) = self.stands.iter().find(failed) {
            let what = failed.what.clone();
            self.close(How::Stopped, what);
            return std::mem::replace(&mut self.state, State::Start);
        }
        let begun = self.stands.get(self.at);
        let begun = begun.is_some_and(|s| s.standing == Standing::Now);
        let acts = matches!(
            self.step().map(|step| &step.what),
            Some(What::Action { .. })
        );
        if begun && acts {
            return State::Look;
        }
        // it begins anew: what was found then says nothing of now
        if let Some(stand) = self.stands.get_mut(self.at) {
            *stand = Stand::default();
        }
        State::Start
    }
}

fn standing(did: Did) -> Standing {
    match did {
        Did::Began => Standing::Now,
        Did::Passed => Standing::Passed,
        Did::Skipped => Standing::Skipped,
        Did::Failed => Standing::Failed,
    }
}
