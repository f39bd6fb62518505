//! Services that burn their budget, cannot load their model, or are not ready. Pure.

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::lists::serving_feed;
use crate::app::screen::Ctx;
use crate::app::serving::burn;
use crate::app::serving::standing::{Standing, canary, comparison, short, traffic};
use crate::app::serving::words;
use crate::domain::{Burning, FindingRow, Need, ServiceRow, Span, Verdict};

/// A service that became not ready may be on its way: seconds after which it is told.
const PATIENCE: u64 = 60;

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    believed::<ServiceRow>(ctx)
        .filter_map(|service| one(service, ctx))
        .collect()
}

fn one(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let found = match Standing::of(service, ctx) {
        Standing::Burning => burning(service, Need::Burning, ctx)?,
        Standing::SlowBurn => burning(service, Need::Slow, ctx)?,
        Standing::FailedLoad => failed_load(service, ctx),
        Standing::NotReady => not_ready(service, ctx)?,
        _ => return None,
    };
    let subject = subject(serving_feed(service), &service.key, &service.uid);
    Some(found.subject(subject).done())
}

fn burning(service: &ServiceRow, need: Need, ctx: &Ctx<'_>) -> Option<Find> {
    let all = burn::objectives(&service.key, ctx);
    let worst = all.first()?;
    // old figures say nothing of now: their source is a finding of its own
    if !burn::fresh(worst, ctx) {
        return None;
    }
    let left = match burn::gone(worst) {
        // a plain limit has no budget
        _ if worst.plain.is_some() => String::new(),
        Some(gone) if gone == "spent" => ", the budget is spent".to_owned(),
        Some(gone) => format!(", gone in {gone}"),
        None => ", how long the budget lasts is not known".to_owned(),
    };
    let side = comparison(service, ctx)
        .filter(|row| row.verdict == Verdict::Worse)
        .map(|_| "canary is worse; ");
    let sentence = format!(
        "{}{} at {}{left}",
        side.unwrap_or_default(),
        worst.title,
        burn::rates_in_words(worst, 0)
    );
    let others = all.iter().skip(1);
    let others = others.filter(|row| matches!(row.state, Burning::Page | Burning::Ticket));
    let others: Vec<String> = others.map(|row| row.title.to_string()).collect();
    let newest = canary(service, ctx);
    let age = newest.and_then(|row| row.created).map(|at| {
        let name = short(&service.ready_revision, &service.key.name);
        format!("{name} since {} ago", Span::between(at, ctx.now))
    });
    let rule = if need == Need::Burning {
        "burn"
    } else {
        "slow-burn"
    };
    Some(
        Find::new(rule, need, &service.key)
            .says(&sentence)
            .because("burn", &burn::sentence(worst))
            .because("also", &others.join(", "))
            .because("canary", &age.unwrap_or_default())
            .because("traffic", &traffic(service))
            .within(worst.gone_in.unwrap_or(u64::from(u32::MAX)))
            .grade(hurry(worst.gone_in)),
    )
}

/// How soon the budget is gone, in steps that a person would act upon differently.
fn hurry(gone_in: Option<u64>) -> u64 {
    const STEPS: [u64; 4] = [86_400, 6 * 3_600, 3_600, 0];
    let gone = gone_in.unwrap_or(u64::MAX);
    STEPS.iter().filter(|step| gone <= **step).count() as u64
}

fn failed_load(service: &ServiceRow, ctx: &Ctx<'_>) -> Find {
    let model = &service.model;
    let serves = if service.traffic.iter().any(|share| share.percent > 0) {
        "; the earlier revision still serves"
    } else {
        ""
    };
    let why = if model.failure.is_empty() {
        &service.trouble
    } else {
        &model.failure
    };
    Find::new("failed-load", Need::Failed, &service.key)
        .says(&format!("its newest model cannot be loaded{serves}"))
        .because("why", why)
        .because("model", &service.uri)
        .because("traffic", &traffic(service))
        .within(seconds(model.failed_at, ctx.now))
        .since(model.failed_at)
}

fn not_ready(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<Find> {
    let age = seconds(service.created, ctx.now);
    if age < PATIENCE {
        return None;
    }
    let asked = burn::volume(&service.key, ctx).filter(|rps| *rps > 0.0);
    let (need, asked) = match asked {
        Some(rps) => (
            Need::Burning,
            format!(" while {} requests a second come in", words::volume(rps)),
        ),
        None => (Need::Failed, String::new()),
    };
    Some(
        Find::new("not-ready", need, &service.key)
            .says(&format!("is not ready{asked}"))
            .because("why", &service.trouble)
            .because("traffic", &traffic(service)),
    )
}
