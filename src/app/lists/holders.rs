//! The list of those who hold accelerators, what is idle and costs most first. Pure.

use std::cmp::Ordering;

use super::cells::{aged, newest, since};
use super::columns::cluster;
use super::gpu_cells::{amounts, caveat, percent, rounded};
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing, Ranking};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, Row, Span, Subject, clock};
use crate::store::HolderRow;
use crate::theme::{Mark, Role};

/// Runs, trials, jobs, services, notebooks and pods that hold accelerators.
#[derive(Debug)]
pub struct Holders;

static COLUMNS: &[Column<HolderRow>] = &[
    Column::<HolderRow>::new(
        "state",
        "STATE",
        9,
        |h, _| state(h),
        |a, b| waste(b).cmp(&waste(a)),
    ),
    Column::<HolderRow>::new(
        "name",
        "NAME",
        16,
        |h, _| Cell::Clean(h.holder.key.name.clone(), Role::Strong),
        |a, b| a.holder.key.name.cmp(&b.holder.key.name),
    )
    .grow(3),
    Column::<HolderRow>::new(
        "kind",
        "KIND",
        8,
        |h, _| Cell::text(h.holder.kind.word()),
        |a, b| a.holder.kind.cmp(&b.holder.kind),
    )
    .drop(5),
    cluster().drop(9),
    Column::<HolderRow>::new(
        "namespace",
        "NAMESPACE",
        9,
        |h, _| Cell::clean(&h.holder.key.namespace),
        |a, b| a.holder.key.namespace.cmp(&b.holder.key.namespace),
    )
    .grow(1)
    .drop(4),
    Column::<HolderRow>::new(
        "owner",
        "OWNER",
        7,
        |h, _| Cell::clean(&h.holder.owner),
        |a, b| a.holder.owner.cmp(&b.holder.owner),
    )
    .grow(1)
    .drop(7),
    Column::<HolderRow>::new(
        "holds",
        "HOLDS",
        15,
        |h, _| Cell::text(amounts(&h.asked)),
        |a, b| b.gpus.total_cmp(&a.gpus),
    )
    .grow(1),
    Column::<HolderRow>::new(
        "gpus",
        "GPUS",
        5,
        |h, _| Cell::text(format!("{:.1}", h.gpus)),
        |a, b| b.gpus.total_cmp(&a.gpus),
    )
    .drop(6)
    .right(),
    Column::<HolderRow>::new(
        "busy",
        "BUSY",
        5,
        |h, _| percent(h.busy),
        |a, b| ratio(a).total_cmp(&ratio(b)),
    )
    .right(),
    Column::<HolderRow>::new(
        "hour",
        "1 H",
        5,
        |h, _| percent(h.hour),
        |a, b| ratio(a).total_cmp(&ratio(b)),
    )
    .drop(3)
    .right(),
    Column::<HolderRow>::new(
        "idle",
        "IDLE",
        5,
        |h, ctx| match h.idle_since {
            Some(since) => Cell::Text(Span::between(since, ctx.now).short().into(), Role::Warn),
            None => Cell::text(""),
        },
        |a, b| match (a.idle_since, b.idle_since) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
    )
    .seconds(|h, ctx| since(h.idle_since, ctx.now))
    .drop(1)
    .right(),
    Column::<HolderRow>::new(
        "hours",
        "GPU HOURS",
        9,
        |h, ctx| Cell::text(format!("{:.1}", h.hours(ctx.now))),
        |a, b| b.gpus.total_cmp(&a.gpus),
    )
    .by(|h, ctx| Some(h.hours(ctx.now)))
    .drop(2)
    .right(),
    Column::<HolderRow>::new(
        "age",
        "AGE",
        4,
        |h, ctx| aged(h.created(), ctx.now),
        |a, b| newest(a.created(), b.created()),
    )
    .seconds(|h, ctx| since(h.created(), ctx.now))
    .drop(8)
    .right(),
];

fn ratio(holder: &HolderRow) -> f64 {
    holder.busy.map_or(2.0, |b| b.ratio)
}

fn state(holder: &HolderRow) -> Cell {
    match (holder.is_idle(), holder.busy) {
        (true, _) => Cell::State(Mark::Waiting, "Idle"),
        (false, Some(_)) => Cell::State(Mark::Running, "Busy"),
        (false, None) => Cell::State(Mark::Unknown, "Unknown"),
    }
}

/// Whole GPUs that it had and did not use, in thousandths.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // never below nothing
fn waste(holder: &HolderRow) -> u64 {
    (holder.wasted().unwrap_or(0.0) * 1_000.0) as u64
}

/// How much of what somebody holds is measured, in words.
fn measured(holder: &HolderRow) -> String {
    if holder.measured + 0.01 >= holder.gpus {
        "all of it is measured".to_owned()
    } else {
        format!(
            "{:.1} of {:.1} GPUs are measured; of the rest nothing is known",
            holder.measured, holder.gpus
        )
    }
}

fn busy(holder: &HolderRow) -> Fact {
    match holder.busy {
        None => Fact::with(
            "busy",
            "- no figure is told of what it holds, so it may be at work",
            Role::Dim,
        ),
        Some(busy) => {
            let hour = holder.hour.map_or_else(String::new, |h| {
                format!(", {} in the last hour", rounded(h.ratio))
            });
            let by = busy.by.metric();
            let text = format!(
                "{} now{hour}, by {by}; {}",
                rounded(busy.ratio),
                measured(holder)
            );
            Fact::new("busy", text)
        }
    }
}

impl Listing for Holders {
    type Row = HolderRow;
    const ID: &'static str = "holders";
    const TITLE: &'static str = "Holders";
    const FEEDS: &'static [&'static str] = &["pods", "nodes"];
    const BESIDE: &'static [&'static str] = &["gpus"];
    const ORDER: &'static str = "unused GPUs, most first";
    const STATES: &'static [&'static str] = &["Idle", "Busy", "Unknown"];
    const NOTHING: &'static str =
        "Nobody holds an accelerator. Every source is live, so that is so.";
    const OPENS: bool = true;
    const LOGS: bool = true;

    fn columns() -> &'static [Column<HolderRow>] {
        COLUMNS
    }

    fn ranking<'a>(_ctx: &Ctx<'a>) -> Ranking<'a, HolderRow> {
        Box::new(|holder| u64::MAX - waste(holder))
    }

    fn caveat(ctx: &Ctx<'_>) -> Option<String> {
        caveat(ctx)
    }

    fn order(a: &HolderRow, b: &HolderRow) -> Ordering {
        b.gpus
            .total_cmp(&a.gpus)
            .then_with(|| a.holder.key.cmp(&b.holder.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &HolderRow>) -> String {
        let (mut all, mut idle, mut held) = (0.0, 0.0, 0);
        for row in rows {
            all += row.gpus;
            if row.is_idle() {
                held += 1;
                idle += row.gpus;
            }
        }
        format!("{all:.1} GPUs held · {held} idle with {idle:.1} GPUs")
    }

    fn facts(holder: &HolderRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = vec![busy(holder)];
        if let Some(since) = holder.idle_since {
            let text = format!(
                "nothing done for {} or longer, since {}",
                Span::between(since, ctx.now),
                clock(since, ctx.now)
            );
            facts.push(Fact::with("idle", text, Role::Warn));
        }
        let hours = holder.hours(ctx.now);
        let text = format!("{} · {hours:.1} GPU hours so far", amounts(&holder.asked));
        facts.push(Fact::new("holds", text));
        let pods = match holder.pods.len() {
            1 => "1 pod".to_owned(),
            n => format!("{n} pods"),
        };
        let nodes: Vec<&str> = holder.nodes.iter().map(Clean::as_str).collect();
        facts.push(Fact::new(
            "where",
            format!("{pods} on {}", nodes.join(", ")),
        ));
        if !holder.holder.of.is_empty() {
            facts.push(Fact::new("of", format!("experiment {}", holder.holder.of)));
        }
        if !holder.holder.queue.is_empty() {
            facts.push(Fact::new("queue", holder.holder.queue.to_string()));
        }
        facts
    }

    fn open(holder: &HolderRow) -> Option<Box<dyn Screen>> {
        Self::subject(holder).map(opened)
    }

    fn logs(holder: &HolderRow) -> Option<Box<dyn Screen>> {
        let pod = holder.pods.first()?.clone();
        Some(LogScreen::open(Target::Pod(pod)))
    }

    fn subject(holder: &HolderRow) -> Option<Subject> {
        let none = Clean::default();
        match holder.holder.feed.filter(|_| !holder.is_pod()) {
            Some(feed) => Some(subject(feed, &holder.holder.key, &none)),
            None => Some(subject("pods", holder.pods.first()?, &none)),
        }
    }
}
