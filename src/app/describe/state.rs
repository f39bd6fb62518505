//! How an object is and why, in the words of the run screen and of the lists. Pure.

use crate::app::column::Fact;
use crate::app::list::Listing;
use crate::app::lists::{
    Crons, Experiments, Jobs, Namespaces, Nodes, Notebooks, Pods, Queues, Quotas, Revisions, Runs,
    Services, Templates, Trials, Workloads,
};
use crate::app::only::evidence;
use crate::app::run::facts as step_facts;
use crate::app::screen::Ctx;
use crate::domain::{JobKind, JobRow, Key, PodRow, RunDetail, Subject};

/// Facts of an object, what matters most first; empty when nothing is known of it.
#[must_use]
pub fn facts(subject: &Subject, ctx: &Ctx<'_>) -> Vec<Fact> {
    let key = &subject.key;
    match subject.feed {
        "workflows" => run(key, ctx).unwrap_or_else(|| row::<Runs>(key, ctx)),
        "pods" => step(key, ctx).unwrap_or_else(|| row::<Pods>(key, ctx)),
        "nodes" => row::<Nodes>(key, ctx),
        "namespaces" => row::<Namespaces>(key, ctx),
        "cron-workflows" => row::<Crons>(key, ctx),
        "templates" => row::<Templates>(key, ctx),
        "services" | "llm-services" => row::<Services>(key, ctx),
        "revisions" => row::<Revisions>(key, ctx),
        "experiments" => row::<Experiments>(key, ctx),
        "trials" => row::<Trials>(key, ctx),
        "cluster-queues" | "local-queues" => row::<Queues>(key, ctx),
        "workloads" => row::<Workloads>(key, ctx),
        "quotas" => row::<Quotas>(key, ctx),
        "notebooks" => row::<Notebooks>(key, ctx),
        feed => JobKind::of(feed).map_or_else(Vec::new, |kind| {
            row::<Jobs>(&JobRow::place_of(kind, key), ctx)
        }),
    }
}

fn row<L: Listing>(key: &Key, ctx: &Ctx<'_>) -> Vec<Fact> {
    let row = ctx.world.table::<L::Row>().and_then(|t| t.get(key));
    let facts = row.map(|row| evidence::<L>(row, ctx)).unwrap_or_default();
    // who and where stands above
    let elsewhere = ["namespace", "cluster", "age", "last-word", "trouble"];
    let told = |f: &Fact| !elsewhere.contains(&f.label);
    facts.into_iter().filter(told).collect()
}

fn run(key: &Key, ctx: &Ctx<'_>) -> Option<Vec<Fact>> {
    let run = ctx.world.table::<RunDetail>()?.get(key)?;
    let root = run.tree.parent.iter().position(Option::is_none)?;
    let mut facts = step_facts::of(run, root, ctx);
    let total = run.tree.total();
    if total.total() > 0 {
        facts.push(Fact::new("steps", total.to_string()));
    }
    Some(facts)
}

/// A pod of a step says what the run screen says of the step.
fn step(key: &Key, ctx: &Ctx<'_>) -> Option<Vec<Fact>> {
    let pod = ctx.world.table::<PodRow>()?.get(key)?;
    let run = Key {
        name: pod.run.clone(),
        ..key.clone()
    };
    let run = ctx.world.table::<RunDetail>()?.get(&run)?;
    let step = run.tree.find(&pod.step)?;
    let mut facts = step_facts::of(run, step, ctx);
    let label = run.tree.steps.get(step).map(|s| s.label.to_string());
    facts.extend(label.map(|label| Fact::new("step", label)));
    Some(facts)
}
