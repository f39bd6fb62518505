//! A plan with what the cluster said about it, and how it has to be confirmed. Pure.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::form::Plan;
use super::super::given::Cluster;
use super::super::spec::Risk;
use super::ask::{Ask, Operator};
use crate::domain::Clean;

/// Everything an operator decides on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// What was asked for.
    pub ask: Ask,
    /// The plan, with its forecast, rights and changes.
    pub plan: Plan,
    /// The object that it was made from, as served.
    pub object: Arc<Value>,
    /// Where it was read.
    pub cluster: Cluster,
    /// Who acts.
    pub operator: Operator,
}

/// Whether a right is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It is.
    Allowed,
    /// It is not; what the server says about it.
    Denied(Clean),
    /// The server could not be asked.
    Unknown(Clean),
}

/// How much a context asks for before something changes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// As the action's risk says.
    Open,
    /// A name has to be typed for everything.
    Protected,
    /// Nothing is changed.
    ReadOnly,
}

impl Safety {
    /// While an operator has unlocked the context, each step counts as the one below it.
    #[must_use]
    pub fn unlocked(self) -> Self {
        match self {
            Self::ReadOnly => Self::Protected,
            Self::Protected | Self::Open => Self::Open,
        }
    }

    /// How something at this risk has to be confirmed; `None` when it must not be done at all.
    #[must_use]
    pub fn confirm(self, risk: Risk) -> Option<Confirm> {
        match (self, risk) {
            (Self::ReadOnly, _) => None,
            (Self::Protected, _) | (Self::Open, Risk::LosesWork) => Some(Confirm::Name),
            (Self::Open, Risk::LosesLittle | Risk::Reversible | Risk::Safe) => {
                Some(Confirm::Choice)
            }
        }
    }
}

/// How an action has to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirm {
    /// By choosing it instead of *cancel*, which is the default.
    Choice,
    /// By typing the name of the target.
    Name,
}

/// The operator's word for one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What the context asks for now.
    pub safety: Safety,
    /// The name that was typed; empty when none was.
    pub typed: String,
}

impl Consent {
    /// The plan may run.
    #[must_use]
    pub fn covers(&self, plan: &Plan) -> bool {
        match self.safety.confirm(plan.risk) {
            None => false,
            Some(Confirm::Choice) => true,
            Some(Confirm::Name) => !self.typed.is_empty() && self.typed == plan.target.name,
        }
    }
}
