//! Where a service stands for a person: one word out of what Kubernetes and the objectives say. Pure.

use super::burn;
use crate::app::screen::Ctx;
use crate::domain::{Burning, CanaryRow, RevisionRow, ServiceRow, ServingMode, Share, WorkloadRow};
use crate::theme::Mark;

/// Where it stands, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// An objective burns so fast that it pages.
    Burning,
    /// Its newest model could not be loaded.
    FailedLoad,
    /// It is not ready.
    NotReady,
    /// An objective burns so fast that it makes a ticket, or its budget is spent.
    SlowBurn,
    /// Whether it is ready is not told.
    Unknown,
    /// It is ready, and nothing tells how it serves.
    NoData,
    /// Rolled back, and still pinned by that.
    Pinned,
    /// A canary takes a part of the traffic.
    Canary,
    /// It is being made ready.
    Loading,
    /// As it should be.
    Ready,
    /// Stopped by a person.
    Stopped,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Burning,
        Self::FailedLoad,
        Self::NotReady,
        Self::SlowBurn,
        Self::Unknown,
        Self::NoData,
        Self::Pinned,
        Self::Canary,
        Self::Loading,
        Self::Ready,
        Self::Stopped,
    ];

    /// Of a service.
    #[must_use]
    pub fn of(service: &ServiceRow, ctx: &Ctx<'_>) -> Self {
        if service.stopped {
            return Self::Stopped;
        }
        let burns = burn::state(&service.key, ctx);
        let own = Self::told(service);
        match (burns, own) {
            (Some(Burning::Page), _) => Self::Burning,
            (_, Self::FailedLoad | Self::NotReady) => own,
            (Some(Burning::Ticket), _) => Self::SlowBurn,
            (Some(Burning::Unknown), Self::Ready) => Self::NoData,
            _ => own,
        }
    }

    /// What Kubernetes says alone.
    fn told(service: &ServiceRow) -> Self {
        let model = &service.model;
        let failed = &*model.transition == "BlockedByFailedLoad"
            || &*model.target == "FailedToLoad"
            || &*model.transition == "InvalidSpec";
        let loading = &*model.transition == "InProgress";
        match service.ready {
            _ if failed => Self::FailedLoad,
            Some(false) if loading && service.trouble.is_empty() => Self::Loading,
            Some(false) => Self::NotReady,
            None if loading || service.behind => Self::Loading,
            None => Self::Unknown,
            Some(true) if service.has_canary() && !service.is_pinned() => Self::Canary,
            Some(true) if service.is_pinned() => Self::Pinned,
            Some(true) => Self::Ready,
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Burning => "Burning",
            Self::FailedLoad => "Failed load",
            Self::NotReady => "Not ready",
            Self::SlowBurn => "Slow burn",
            Self::Unknown => "Unknown",
            Self::NoData => "No data",
            Self::Pinned => "Pinned",
            Self::Canary => "Canary",
            Self::Loading => "Loading",
            Self::Ready => "Ready",
            Self::Stopped => "Stopped",
        }
    }

    /// Its mark.
    #[must_use]
    pub fn mark(self) -> Mark {
        match self {
            Self::Burning => Mark::Burning,
            Self::FailedLoad | Self::NotReady => Mark::Failed,
            Self::SlowBurn | Self::Pinned => Mark::Waiting,
            Self::Unknown | Self::NoData => Mark::Unknown,
            Self::Canary => Mark::Running,
            Self::Loading => Mark::Pending,
            Self::Ready => Mark::Ok,
            Self::Stopped => Mark::Omitted,
        }
    }
}

/// A revision as it is told apart from the others of its service: `00042`.
#[must_use]
pub fn short<'a>(revision: &'a str, service: &str) -> &'a str {
    let rest = revision.strip_prefix(service);
    let rest = rest.and_then(|r| r.strip_prefix('-'));
    let rest = rest.map(|r| r.strip_prefix("predictor-").unwrap_or(r));
    rest.filter(|r| !r.is_empty()).unwrap_or(revision)
}

/// The traffic as it is routed: `42 10 % · 41 90 %`; empty where the cluster does not tell.
#[must_use]
pub fn traffic(service: &ServiceRow) -> String {
    routed(&service.traffic, &service.key.name)
}

/// Parts of the traffic, of any component of a service.
#[must_use]
pub fn routed(traffic: &[Share], service: &str) -> String {
    let part = |share: &Share| {
        let name = short(&share.revision, service);
        let name = name
            .strip_prefix("transformer-")
            .or_else(|| name.strip_prefix("explainer-"))
            .unwrap_or(name);
        let number = name.bytes().all(|b| b.is_ascii_digit());
        let name = if number {
            name.trim_start_matches('0')
        } else {
            name
        };
        format!("{name} {} %", share.percent)
    };
    let parts: Vec<String> = traffic.iter().map(part).collect();
    parts.join(" · ")
}

/// Percent that the spec gives to the newest revision, where the cluster routes another part to it.
#[must_use]
pub fn asked(service: &ServiceRow) -> Option<u32> {
    let split = service.mode == ServingMode::Knative && !service.traffic.is_empty();
    if !split || service.stopped || service.ready_revision.is_empty() {
        return None;
    }
    // without an older revision there is nothing to split
    let alone = service.rolled_out.is_empty()
        || service.rolled_out == service.ready_revision && service.previous.is_empty();
    let asked = service.canary.filter(|_| !alone).unwrap_or(100);
    let mut shares = service.traffic.iter();
    let newest = shares.find(|s| s.revision == service.ready_revision);
    (newest.map_or(0, |s| s.percent) != asked).then_some(asked)
}

/// Replicas that serve, and how many are wanted; none where that is not told.
#[must_use]
pub fn replicas(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<(u32, Option<u32>)> {
    if let Some(ready) = service.ready_replicas {
        return Some((ready, service.min_replicas));
    }
    if service.mode == ServingMode::Standard {
        return deployed(service, ctx);
    }
    let table = ctx.world.table::<RevisionRow>()?;
    let routed = |r: &&std::sync::Arc<RevisionRow>| {
        let mut shares = service.traffic.iter();
        shares.any(|s| s.percent > 0 && s.revision == r.key.name)
    };
    let mine: Vec<_> = table.about(&service.key).filter(routed).collect();
    if mine.is_empty() {
        return None;
    }
    let there: Option<u32> = mine.iter().map(|r| r.replicas).sum();
    let wanted: Option<u32> = mine.iter().map(|r| r.desired).sum();
    there.map(|there| (there, wanted))
}

/// Of Standard mode: what its predictors have in Deployments, its canaries among them.
fn deployed(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<(u32, Option<u32>)> {
    let table = ctx.world.table::<WorkloadRow>()?;
    let predicts = |r: &&std::sync::Arc<WorkloadRow>| &*r.component == "predictor";
    let mine: Vec<_> = table.about(&service.key).filter(predicts).collect();
    if mine.is_empty() {
        return None;
    }
    let wanted: Option<u32> = mine.iter().map(|r| r.wanted).sum();
    Some((mine.iter().map(|r| r.ready).sum(), wanted))
}

/// The revision that a canary runs in, where one does.
#[must_use]
pub fn canary<'a>(service: &ServiceRow, ctx: &Ctx<'a>) -> Option<&'a RevisionRow> {
    let world: &'a crate::store::World = ctx.world;
    let key = crate::domain::Key {
        name: service.ready_revision.clone(),
        ..service.key.clone()
    };
    let row = world.table::<RevisionRow>()?.get(&key)?;
    service.has_canary().then_some(&**row)
}

/// The comparison of its canary; figures of a canary that has ended since say nothing of what serves now.
#[must_use]
pub fn comparison<'a>(
    service: &ServiceRow,
    ctx: &Ctx<'a>,
) -> Option<&'a std::sync::Arc<CanaryRow>> {
    let world: &'a crate::store::World = ctx.world;
    let row = world.table::<CanaryRow>()?.get(&service.key)?;
    let same = row.canary.revision == service.ready_revision && service.has_canary();
    same.then_some(row)
}
