//! Aliases that are not what is served, and versions that wait to be promoted and do not pass their gates. Pure.

use super::{Find, believed};
use crate::app::inspect::subject;
use crate::app::lists::{drift, version};
use crate::app::screen::Ctx;
use crate::domain::{Clean, FindingRow, Need, Row};
use crate::store::{Standing, TruthRow};

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let drifting = believed_models(ctx).filter(|row| row.standing == Standing::Drifts);
    let held = believed_models(ctx).filter_map(held_back);
    drifting
        .filter_map(|row| one(row, ctx))
        .chain(held)
        .collect()
}

/// A newer version was chosen, and a gate keeps it from being promoted.
fn held_back(row: &TruthRow) -> Option<FindingRow> {
    let (alias, gates) = row.held_back()?;
    let gates: Vec<&str> = gates.iter().map(|gate| &**gate).collect();
    let s = if gates.len() == 1 { "" } else { "s" };
    let next = row.next().map_or_else(
        || "no newer version failed none".to_owned(),
        |next| format!("v{next} failed none"),
    );
    let says = format!(
        "gate{s} {} failed: v{} ({}); {next}",
        gates.join(", "),
        alias.alias.version,
        alias.alias.name
    );
    let made = row.model.version(alias.alias.version)?.created;
    let leads = row.lead()?;
    let serves = format!("{} is v{}", leads.alias.name, leads.alias.version);
    Some(
        Find::new("blocked-promotion", Need::Waiting, row.key())
            .says(&says)
            .because("now", &serves)
            .since(made)
            .within(u64::from(u32::MAX))
            .subject(subject("models", row.key(), &Clean::default()))
            .done(),
    )
}

/// Models of registries that may be told as the present.
fn believed_models<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a TruthRow> + use<'a> {
    let world: &'a crate::store::World = ctx.world;
    let ctx = *ctx;
    let rows = world.table::<TruthRow>().into_iter();
    let live = believed::<crate::domain::ModelRow>(&ctx).next().is_some();
    rows.flat_map(|table| table.iter().map(|row| &**row))
        .filter(move |_| live)
}

fn one(row: &TruthRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let what = drift(row, ctx)?;
    let served: Vec<String> = row
        .served
        .iter()
        .map(|served| format!("{} serves {}", served.service.name, version(served)))
        .collect();
    Some(
        Find::new("alias-drift", Need::Slow, row.key())
            .says(&what)
            .because("serving", &served.join(", "))
            .since(row.since.exact)
            .within(u64::from(u32::MAX))
            .subject(subject("models", row.key(), &Clean::default()))
            .done(),
    )
}
