//! What is asked for, by whom, and what could be asked for. Pure data.

use serde::{Deserialize, Serialize};

use super::super::form::Need;
use super::super::params::Params;
use super::super::refused::Refused;
use super::super::spec::{Resource, Risk};
use crate::domain::{Clean, ClusterId};
use crate::fault::Fault;

/// An action that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Name of the action.
    pub action: &'static str,
    /// Where.
    pub cluster: ClusterId,
    /// Kind of the target.
    pub resource: Resource,
    /// Namespace; for objects that are made from a target without one, where they are made.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The uid that the operator saw; empty when only a name was given. Another object of the same name is not meant.
    pub uid: String,
    /// Its parameters.
    pub params: Params,
    /// Why, in the operator's words; may be empty.
    pub reason: Clean,
    /// The incident it belongs to; may be empty.
    pub incident: Clean,
    /// The run of a runbook and its step that ask for it: `ID/STEP`; empty for none.
    pub runbook: String,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operator {
    /// User of the context, as the kubeconfig names it.
    pub context_user: Clean,
    /// Who the API server says it is; empty when it does not tell.
    pub cluster_user: Clean,
    /// User of the operating system.
    pub os_user: Clean,
    /// Host that midwatch runs on.
    pub host: Clean,
}

/// One action on one object, and whether it can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Name of the action.
    pub action: &'static str,
    /// Whether it can be done.
    pub possible: Possible,
}

/// Whether an action can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possible {
    /// As far as is known. What is at stake with its default parameters.
    Yes(Risk),
    /// It does nothing here; why.
    Refused(Refused),
    /// These rights are missing.
    Denied(Vec<Need>),
    /// Could not be found out.
    Unknown(Fault),
}
