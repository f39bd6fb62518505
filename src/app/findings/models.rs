//! Aliases that are not what is served. Pure.

use super::{Find, believed};
use crate::app::lists::{drift, version};
use crate::app::screen::Ctx;
use crate::domain::{FindingRow, Need, Row};
use crate::store::{Standing, TruthRow};

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let drifting = believed_models(ctx).filter(|row| row.standing == Standing::Drifts);
    drifting.filter_map(|row| one(row, ctx)).collect()
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
            .done(),
    )
}
