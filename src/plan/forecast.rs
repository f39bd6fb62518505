//! Who else writes an object, and whether what is changed stays. Pure; the applications are given as served.
//!
//! Sources of the facts: `argo-cd: util/argo/resource_tracking.go`, `controller/appcontroller.go`.

use serde::Serialize;

use crate::domain::Clean;

/// What becomes of a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// Who owns the object; none when nobody does, or when it could not be found out (then `unknown` says why).
    pub owner: Option<Owner>,
    /// Whether the change stays.
    pub stays: Stays,
    /// About when it is reverted, in seconds from the change.
    pub reverted_within: Option<u64>,
    /// What will happen and why, one or two sentences; empty when there is nothing to say.
    pub text: Clean,
    /// The way that lasts, one sentence; empty when none is needed.
    pub lasts: Clean,
    /// What could not be found out, and why; empty when all could.
    pub unknown: Clean,
}

/// Who owns an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Which kind of keeper.
    pub keeper: Keeper,
    /// Its namespace; empty when not known.
    pub namespace: Clean,
    /// Its name.
    pub name: Clean,
    /// What says so.
    pub evidence: Evidence,
    /// It is owned itself by an `ApplicationSet` of this name; empty when it is not.
    pub set: Clean,
}

/// What keeps objects as they are written elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// An Argo CD Application.
    ArgoCd,
    /// A Flux Kustomization.
    FluxKustomization,
    /// A Flux `HelmRelease`.
    FluxHelm,
    /// A Helm release that is installed by hand or by a pipeline.
    Helm,
}

/// How sure it is, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A label that other tools set as well.
    Label,
    /// A tracking id on the object that names this very object, or labels that only the keeper sets.
    Tracked,
    /// The keeper lists the object.
    Listed,
}

/// Whether a change stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stays {
    /// Nobody else writes it.
    #[default]
    Yes,
    /// It stays until someone syncs by hand, or until the next release.
    UntilSync,
    /// It is reverted by itself.
    No,
    /// It could not be found out.
    Unknown,
}
