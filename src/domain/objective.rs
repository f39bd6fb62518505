//! What an experiment looks for, and what a trial reported of it. Pure.

use super::{Clean, Figure};

/// Which way an objective is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// The less the better.
    Minimize,
    /// The more the better.
    Maximize,
    /// Not told, or a word that is not known.
    #[default]
    Unknown,
}

/// Which of the values that a trial reported counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The last.
    #[default]
    Latest,
}

/// What an experiment looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Objective {
    /// Name of the metric; empty when not told.
    pub metric: Clean,
    /// Which way it is to go.
    pub direction: Direction,
    /// Where the experiment ends early; none when it only ends with its budget.
    pub goal: Option<Figure>,
    /// Which of the reported values counts.
    pub strategy: Strategy,
}

impl Objective {
    /// A figure is better than another.
    #[must_use]
    pub fn better(&self, one: f64, other: f64) -> bool {
        match self.direction {
            Direction::Minimize => one < other,
            Direction::Maximize => one > other,
            Direction::Unknown => false,
        }
    }

    /// Whether a figure is at the goal; none without a goal or a direction.
    #[must_use]
    pub fn reached(&self, figure: f64) -> Option<bool> {
        let goal = self.goal?.known()?;
        match self.direction {
            Direction::Minimize => Some(figure <= goal),
            Direction::Maximize => Some(figure >= goal),
            Direction::Unknown => None,
        }
    }
}

/// A metric of a trial. The values are texts, as they were reported: `unavailable` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Its name.
    pub name: Clean,
    /// The least reported.
    pub min: Clean,
    /// The greatest reported.
    pub max: Clean,
    /// The last reported.
    pub latest: Clean,
}

impl Observed {
    /// The value that counts, as it is written.
    #[must_use]
    pub fn text(&self, strategy: Strategy) -> &Clean {
        match strategy {
            Strategy::Min => &self.min,
            Strategy::Max => &self.max,
            Strategy::Latest => &self.latest,
        }
    }

    /// The same as a number; none where it is not one that can be compared.
    #[must_use]
    pub fn figure(&self, strategy: Strategy) -> Option<f64> {
        let number = self.text(strategy).trim().parse::<f64>().ok()?;
        number.is_finite().then_some(number)
    }
}

/// The metric of this name among those observed, as a number.
#[must_use]
pub fn figure_of(metrics: &[Observed], objective: &Objective) -> Option<f64> {
    let own = metrics.iter().find(|m| m.name == objective.metric)?;
    own.figure(objective.strategy)
}
