//! Ladders of questions about what does not get on: a run, a pod, a service. Each rung is a check with its evidence; the
//! first red one is what to look at. Pure; the home screen tells that rung, [`LadderScreen`] shows all.
//!
//! | file | rungs of |
//! |---|---|
//! | `run` | a run that is stuck |
//! | `pod` | a pod that waits, or does not start |
//! | `service` | a predictor that flaps |
//! | `pods` | what is asked of the pods of all of them |

mod pod;
mod pods;
mod run;
mod screen;
mod service;

use super::screen::Ctx;
use crate::domain::Subject;

pub use screen::LadderScreen;

/// What a check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Here it is stuck.
    Red,
    /// This is not it.
    Green,
    /// It cannot be told.
    Unknown,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The question; yes is green.
    pub asks: &'static str,
    /// What came of it.
    pub tone: Tone,
    /// The answer, one sentence. Safe to show.
    pub says: String,
    /// What it was read from. Safe to show.
    pub evidence: Vec<String>,
    /// The object to go on with.
    pub link: Option<Subject>,
    /// What helps, where it is red.
    pub then: &'static str,
}

impl Rung {
    fn new(asks: &'static str, tone: Tone, says: impl Into<String>) -> Self {
        Self {
            asks,
            tone,
            says: says.into(),
            evidence: Vec::new(),
            link: None,
            then: "",
        }
    }

    fn red(asks: &'static str, says: impl Into<String>) -> Self {
        Self::new(asks, Tone::Red, says)
    }

    fn green(asks: &'static str, says: impl Into<String>) -> Self {
        Self::new(asks, Tone::Green, says)
    }

    fn unknown(asks: &'static str, says: impl Into<String>) -> Self {
        Self::new(asks, Tone::Unknown, says)
    }

    fn because(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        let told = evidence.into_iter().filter(|text| !text.is_empty());
        self.evidence.extend(told);
        self
    }

    fn at(mut self, link: Subject) -> Self {
        self.link = Some(link);
        self
    }

    fn then(mut self, then: &'static str) -> Self {
        self.then = then;
        self
    }
}

/// All checks, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder {
    /// The rungs.
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// The first red rung, and its number from 1.
    #[must_use]
    pub fn first_red(&self) -> Option<(usize, &Rung)> {
        let mut rungs = self.rungs.iter().enumerate();
        let found = rungs.find(|(_, rung)| rung.tone == Tone::Red);
        found.map(|(at, rung)| (at + 1, rung))
    }

    /// How it stands, in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        let of = self.rungs.len();
        let unknown = self.rungs.iter().filter(|r| r.tone == Tone::Unknown);
        let unknown = match unknown.count() {
            0 => String::new(),
            n => format!(", {n} not known"),
        };
        match self.first_red() {
            Some((at, _)) => format!("rung {at} of {of} is red{unknown}"),
            None => format!("none of {of} rungs is red{unknown}"),
        }
    }
}

/// There is a ladder for this sort of object.
#[must_use]
pub fn fits(subject: &Subject) -> bool {
    matches!(
        subject.feed,
        "workflows" | "pods" | "services" | "llm-services"
    )
}

/// The ladder of an object, from what is known now; none where nothing is known of it.
#[must_use]
pub fn of(subject: &Subject, ctx: &Ctx<'_>) -> Option<Ladder> {
    let rungs = match subject.feed {
        "workflows" => run::rungs(&subject.key, ctx)?,
        "pods" => pod::rungs(&subject.key, ctx)?,
        "services" | "llm-services" => service::rungs(subject, ctx)?,
        _ => return None,
    };
    Some(Ladder { rungs })
}
