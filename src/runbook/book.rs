//! A runbook and its steps. Pure data.

use std::time::Duration;

use super::expression::Expression;
use super::known::Target;

/// One runbook.
#[derive(Debug, Clone)]
pub struct Book {
    /// Its id: the name of its file.
    pub id: String,
    /// What it does, a few words.
    pub title: String,
    /// What it is for.
    pub target: &'static Target,
    /// When it is offered: tested against the target; none for always.
    pub offer: Option<Expression>,
    /// What stands before the first step, as Markdown.
    pub about: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The heading above it.
    pub title: String,
    /// What stands between the heading and the block, as Markdown.
    pub prose: String,
    /// Line of its block in the file, from 1.
    pub line: usize,
    /// It is done only where this holds; none for always.
    pub when: Option<Expression>,
    /// What it does.
    pub what: What,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum What {
    /// Something has to hold now.
    Check {
        /// What.
        holds: Expression,
        /// What happens when it does not, or cannot be told.
        otherwise: Otherwise,
    },
    /// Prometheus is asked.
    Query {
        /// In `PromQL`.
        promql: String,
        /// The name by which later steps speak of what came.
        name: String,
    },
    /// A person answers.
    Ask {
        /// The question.
        question: String,
        /// What can be answered; empty for any text.
        choices: Vec<String>,
        /// The name by which later steps speak of the answer.
        name: Option<String>,
    },
    /// One of the catalogue of actions, through all its stages.
    Action {
        /// Its name: `service.rollback`.
        name: String,
        /// What it is done to, `NAMESPACE/NAME` or `NAME`; none for the target.
        on: Option<Expression>,
        /// Its parameters.
        with: Vec<(String, Expression)>,
        /// The name by which later steps speak of what it makes.
        made: Option<String>,
        /// What has to hold afterwards, besides what the action itself waits for.
        verify: Option<Expression>,
        /// How long that may take.
        within: Duration,
    },
    /// Nothing is done until something holds.
    Wait {
        /// What.
        until: Expression,
        /// How long that may take.
        within: Duration,
        /// What happens when it took longer.
        otherwise: Otherwise,
    },
    /// A person does something by hand and ticks it off.
    Note {
        /// What.
        text: String,
    },
}

impl What {
    /// One word for it, as in the file.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::Query { .. } => "query",
            Self::Ask { .. } => "ask",
            Self::Action { .. } => "action",
            Self::Wait { .. } => "wait",
            Self::Note { .. } => "note",
        }
    }

    /// What it says, on one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Check { holds, .. } => holds.text().to_owned(),
            Self::Query { promql, name } => format!("{promql} as {name}"),
            Self::Ask { question, .. } => question.clone(),
            Self::Action { name, with, .. } => {
                let with = with
                    .iter()
                    .map(|(name, value)| format!(" {name}={}", value.text()));
                format!("{name}{}", with.collect::<String>())
            }
            Self::Wait { until, .. } => until.text().to_owned(),
            Self::Note { text } => text.clone(),
        }
    }
}

/// What happens when something does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Otherwise {
    /// The runbook ends here, and says why.
    Stop(String),
    /// A person decides whether it goes on.
    Ask(String),
    /// The next step.
    GoOn,
}
