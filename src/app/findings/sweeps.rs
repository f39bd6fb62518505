//! Experiments whose trials hold most of what others wait for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Clean, ClusterId, ExperimentRow, FindingRow, HolderKind, Key, Need, Row};
use crate::store::{HolderRow, Lacks, WaitingRow, short};

/// A pod is placed in a moment, or waits: seconds after which it is told.
const PATIENCE: u64 = 120;

/// What is held of a resource in a cluster: altogether, and by trials of each experiment with how many trials.
#[derive(Default)]
struct Held<'a> {
    all: u32,
    sweeps: BTreeMap<(&'a Clean, &'a Clean), (u32, usize)>,
}

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let held = held(ctx);
    let running = believed::<ExperimentRow>(ctx).filter(|e| e.trials.running > 0);
    running.filter_map(|e| one(e, &held, ctx)).collect()
}

type ByResource<'a> = BTreeMap<(&'a ClusterId, &'a Clean), Held<'a>>;

fn held<'a>(ctx: &Ctx<'a>) -> ByResource<'a> {
    let mut all = ByResource::new();
    for row in believed::<HolderRow>(ctx) {
        for asked in &row.asked {
            let of = all.entry((&row.key.cluster, &asked.resource)).or_default();
            of.all += asked.count;
            if row.holder.kind == HolderKind::Trial && !row.holder.of.is_empty() {
                let sweep = (&row.holder.key.namespace, &row.holder.of);
                let (units, trials) = of.sweeps.entry(sweep).or_default();
                *units += asked.count;
                *trials += 1;
            }
        }
    }
    all
}

fn one(experiment: &ExperimentRow, held: &ByResource<'_>, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let key = &experiment.key;
    let mine = held
        .iter()
        .filter(|((cluster, _), _)| **cluster == key.cluster);
    let (resource, all, (units, trials)) = mine
        .filter_map(|((_, resource), held)| {
            let own = held.sweeps.get(&(&key.namespace, &key.name))?;
            Some((*resource, held.all, *own))
        })
        .max_by_key(|(_, _, (units, _))| *units)?;
    // who holds less than all the others together is not what is in the way
    if units * 2 <= all {
        return None;
    }
    let waits = waits(key, resource, ctx);
    let oldest = waits.iter().filter_map(|row| row.created()).min()?;
    let says = format!(
        "{}; it holds {units} of {all} {}",
        who_waits(&waits),
        short(resource)
    );
    let told = format!(
        "{trials} hold it; {} may run at a time",
        experiment.parallel
    );
    let runs: BTreeSet<&str> = waits.iter().map(|row| &*row.holder.key.name).collect();
    let runs: Vec<&str> = runs.into_iter().take(5).collect();
    Some(
        Find::new("starving-sweep", Need::Waiting, key)
            .says(&says)
            .because("trials", &told)
            .because("wait", &runs.join(", "))
            // just before the pods that wait for it
            .within(u64::from(u32::MAX).saturating_sub(seconds(Some(oldest), ctx.now) + 1))
            .since(Some(oldest))
            .subject(subject("experiments", key, &experiment.uid))
            .done(),
    )
}

/// `7 pods of recsys wait`.
fn who_waits(waits: &[&WaitingRow]) -> String {
    let teams: BTreeSet<&str> = waits.iter().map(|row| &*row.key.namespace).collect();
    let teams: Vec<&str> = teams.into_iter().collect();
    let teams = teams.join(", ");
    match waits.len() {
        1 => format!("a pod of {teams} waits"),
        n => format!("{n} pods of {teams} wait"),
    }
}

/// Work of others that waits for what the trials of an experiment hold.
fn waits<'a>(key: &Key, resource: &Clean, ctx: &Ctx<'a>) -> Vec<&'a WaitingRow> {
    let rows = believed::<WaitingRow>(ctx).map(|row| &**row);
    rows.filter(|row| {
        let own = row.key.namespace == key.namespace && row.holder.of == key.name;
        let full = matches!(row.lacks, Lacks::Room | Lacks::Pieces);
        let wants = row.asked.iter().any(|a| a.resource == *resource);
        let here = row.key.cluster == key.cluster;
        here && !own && full && wants && seconds(row.created(), ctx.now) >= PATIENCE
    })
    .collect()
}
