//! What a plan is made of. Pure data.

use jiff::Timestamp;
use serde_json::Value;

use super::params::Params;

/// Everything an action may look at.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The target as the API server served it, whole.
    pub object: &'a Value,
    /// What the operator gave.
    pub params: &'a Params,
    /// Now; times that are written are this one.
    pub now: Timestamp,
    /// Where the target was read.
    pub cluster: &'a Cluster,
    /// Namespace for objects that are made from a target without one.
    pub namespace: &'a str,
    /// Five letters or digits taken by chance, for names that must be known before they are made.
    pub suffix: &'a str,
}

/// Which cluster a plan is for. Whoever runs the plan checks that it is still the same one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cluster {
    /// The context.
    pub name: String,
    /// URL of the API server, without credentials.
    pub server: String,
    /// The uid of namespace `kube-system`; empty when it may not be read.
    pub system_uid: String,
}
