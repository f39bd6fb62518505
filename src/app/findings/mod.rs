//! What needs a person: rules over everything known, each a file. Pure. The home screen lists what they find.
//!
//! | file | finds |
//! |---|---|
//! | `services` | objectives that burn, models that cannot be loaded, services that are not ready |
//! | `runs` | runs that failed and were not made good since, gates that wait, runs that take far longer than usual |
//! | `pods` | pods that no node takes, pods that start again and again |
//! | `queues` | jobs that their queue does not let in |
//! | `nodes` | nodes that are not ready, silent or short of something, lost accelerators |
//! | `gpus` | GPUs whose driver reported errors, work that holds GPUs and does nothing with them |
//! | `experiments` | experiments that failed or are stuck |
//! | `sweeps` | experiments whose trials hold most of what others wait for |
//! | `models` | aliases that are not what is served, versions that wait and do not pass their gates |
//! | `alerts` | alerts that nothing above tells of |
//! | `actions` | actions of which nobody knows what came |
//! | `sources` | sources that do not answer: what else would be found is not known |
//!
//! `seen` keeps what a person has acknowledged, `watch` looks anew and tells what is new.
//!
//! A rule says nothing of rows that are not believed: the source that brings them is the finding then.

mod actions;
mod alerts;
mod build;
mod experiments;
mod gpus;
mod models;
mod nodes;
mod noted;
mod offers;
mod pods;
mod queues;
pub mod quiet;
mod runs;
mod seen;
mod services;
mod sources;
mod sweeps;
mod watch;

use std::sync::Arc;

use super::screen::Ctx;
use crate::domain::{ClusterId, FindingRow, SourceId};
use crate::store::{Batch, Change, Want, World};

pub use alerts::LINK;
pub(super) use build::{Find, believed, doublings, seconds};
pub use noted::{How, Noted};
pub use offers::books_for;
pub use seen::{Acks, Kept, Seen};
pub use watch::{Ring, Watch, acknowledge, bring_up};

/// Id of the screen that lists them, and of the source of their rows.
pub const SCREEN: &str = "home";

/// A rule: everything that it finds.
type Rule = fn(&Ctx<'_>) -> Vec<FindingRow>;

/// All rules.
static RULES: &[Rule] = &[
    services::find,
    runs::find,
    pods::find,
    queues::find,
    nodes::find,
    gpus::find,
    experiments::find,
    sweeps::find,
    models::find,
    alerts::find,
    actions::find,
    sources::find,
];

/// Feeds that the rules read: what the home screen has to watch.
pub const FEEDS: &[&str] = &[
    "workflows",
    "services",
    "llm-services",
    "revisions",
    "burn",
    "pods",
    "nodes",
    "models",
    "alerts",
    "experiments",
    "trials",
    "suggestions",
    "workloads",
    "cluster-queues",
    "local-queues",
];

/// Feeds that only add to what the rules find: without them nothing else is unknown.
pub const BESIDE: &[&str] = &["gpus"];

/// Of these, what need not be there.
pub const OPTIONAL: &[&str] = &[
    "workflows",
    "services",
    "llm-services",
    "revisions",
    "burn",
    "models",
    "alerts",
    "experiments",
    "trials",
    "suggestions",
    "workloads",
    "cluster-queues",
    "local-queues",
];

/// What has to be watched for what was found, beside [`FEEDS`].
pub(super) fn wants(world: &World) -> impl Iterator<Item = Want> {
    alerts::wants(world)
}

/// Everything that the rules find now.
#[must_use]
pub fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let mut found: Vec<FindingRow> = RULES.iter().flat_map(|rule| rule(ctx)).collect();
    found.sort_by(|a, b| {
        let by = a.urgency().cmp(&b.urgency());
        by.then_with(|| a.key.cmp(&b.key))
    });
    found
}

/// Takes in what was found; true when a reader could see a change.
pub fn take(world: &mut World, found: Vec<FindingRow>) -> bool {
    let rows = found.into_iter().map(|row| Change::Put(Arc::new(row)));
    let mut changes = vec![Change::Restart];
    changes.extend(rows);
    changes.push(Change::Swap);
    let source = SourceId {
        cluster: ClusterId::new(""),
        feed: SCREEN,
        scope: String::new(),
    };
    world
        .table_mut::<FindingRow>()
        .apply(Batch { source, changes })
}
