//! What a plan is made of. Pure data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::beside::Beside;
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
    /// What was read besides the target: what the action asked for ([`super::Action::reads`]).
    pub beside: &'a Beside,
}

/// Which cluster a plan is for. Whoever runs the plan checks that it is still the same one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// The context.
    pub name: String,
    /// URL of the API server, without credentials.
    pub server: String,
    /// The uid of namespace `kube-system`; empty when it may not be read.
    pub system_uid: String,
    /// SHA-256 of the certificates of the authority that is trusted for it, hexadecimal; empty for those of the system.
    pub ca: String,
}

impl Cluster {
    /// Why `other` is not the cluster that this is, if so. Its identity is the uid of `kube-system`, where both know
    /// it, and the authority; without the uid, the address counts too.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let known = !self.system_uid.is_empty() && !other.system_uid.is_empty();
        if known && self.system_uid != other.system_uid {
            return Some("its namespace kube-system has another uid");
        }
        if self.ca != other.ca {
            return Some("it is trusted by another certificate authority");
        }
        if !known && self.server != other.server {
            return Some("it has another address, and its identity may not be read");
        }
        None
    }
}
