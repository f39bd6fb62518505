//! Quotas of namespaces, the teams that they are for, and the notebooks that people leave running, as rows. Pure.

use jiff::Timestamp;

use super::{Amount, Clean, Key, Labels};

/// The quota that a profile keeps.
pub const PROFILE_QUOTA: &str = "kf-resource-quota";

/// What a quota allows of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuotaLine {
    /// `requests.nvidia.com/gpu`, `pods`
    pub resource: Clean,
    /// How much there may be, as it is written.
    pub hard: Clean,
    /// How much is in use; empty while it is not told.
    pub used: Clean,
    /// It is about accelerators.
    pub device: bool,
}

impl QuotaLine {
    /// The resource as pods ask for it: `nvidia.com/gpu`.
    #[must_use]
    pub fn asked(&self) -> &str {
        let bare = self.resource.strip_prefix("requests.");
        bare.unwrap_or(&self.resource)
    }

    /// How much is left; none while one of the two is not known. Less than nothing when more is in use than allowed.
    #[must_use]
    pub fn left(&self) -> Option<Amount> {
        let (hard, used) = (Amount::read(&self.hard)?, Amount::read(&self.used)?);
        Some(Amount(hard.0.saturating_sub(used.0)))
    }

    /// Nothing is left of it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.left().is_some_and(|left| left.0 <= 0)
    }

    /// More is in use than is allowed: it was lowered, which ends nothing.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.0 < 0)
    }
}

/// One quota in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// What it allows, accelerators first.
    pub lines: Box<[QuotaLine]>,
    /// Which pods count, where not all do: `NotTerminating`.
    pub scopes: Clean,
    /// The profile that keeps it as it is; empty when nobody does.
    pub keeper: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}

impl QuotaRow {
    /// Its lines about accelerators.
    pub fn devices(&self) -> impl Iterator<Item = &QuotaLine> {
        self.lines.iter().filter(|l| l.device)
    }
}

/// A team: the profile that its namespace is made from. It has the namespace's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    /// Its name, in no namespace.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// `User`, `Group`, `ServiceAccount`
    pub owner_kind: Clean,
    /// Who owns it.
    pub owner: Clean,
    /// What its quota is to allow: resource and how much.
    pub hard: Box<[(Clean, Clean)]>,
    /// What is wrong with it; empty when all is well.
    pub trouble: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}

/// One notebook in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotebookRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Somebody, or what looks for idle ones, has stopped it.
    pub is_stopped: bool,
    /// When that was; none where it is not told.
    pub stopped: Option<Timestamp>,
    /// Its pod is ready; none while not told.
    pub ready: Option<bool>,
    /// When somebody worked in it last; none where nobody looks.
    pub activity: Option<Timestamp>,
    /// Accelerators that it asks for: `1 nvidia.com/mig-1g.10gb`; empty when none.
    pub devices: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}
