//! What needs a person: rules over everything known, each a file. Pure. The home screen lists what they find.
//!
//! | file | finds |
//! |---|---|
//! | `services` | objectives that burn, models that cannot be loaded, services that are not ready |
//! | `runs` | runs that failed and were not made good since, gates that wait, runs that take far longer than usual |
//! | `pods` | pods that no node takes, pods that start again and again |
//! | `nodes` | nodes that are not ready, silent or short of something, lost accelerators |
//! | `models` | aliases that are not what is served |
//! | `alerts` | alerts that nothing above tells of |
//! | `actions` | actions of which nobody knows what came |
//! | `sources` | sources that do not answer: what else would be found is not known |
//!
//! A rule says nothing of rows that are not believed: the source that brings them is the finding then.

mod actions;
mod alerts;
mod build;
mod models;
mod nodes;
mod pods;
pub mod quiet;
mod runs;
mod services;
mod sources;

use std::sync::Arc;

use super::Model;
use super::screen::Ctx;
use crate::domain::{ClusterId, FindingRow, SourceId};
use crate::store::{Batch, Change, World};

pub(super) use build::{Find, believed, seconds};

/// Id of the screen that lists them, and of the source of their rows.
pub const SCREEN: &str = "home";

/// A rule: everything that it finds.
type Rule = fn(&Ctx<'_>) -> Vec<FindingRow>;

/// All rules.
static RULES: &[Rule] = &[
    services::find,
    runs::find,
    pods::find,
    nodes::find,
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
];

/// Of these, what need not be there.
pub const OPTIONAL: &[&str] = &[
    "workflows",
    "services",
    "llm-services",
    "revisions",
    "burn",
    "models",
    "alerts",
];

/// Milliseconds between two looks at rows that change all the time.
const PACE: i64 = 1_000;

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

/// Looks anew when that was not done for a while; true when a reader could see a change.
pub fn bring_up(model: &mut Model) -> bool {
    let now = model.now.as_millisecond();
    let fresh = |at: i64| (0..PACE).contains(&(now - at));
    if model.base() != SCREEN || model.looked.is_some_and(fresh) {
        return false;
    }
    model.looked = Some(now);
    let found = find(&model.ctx());
    take(&mut model.world, found)
}
