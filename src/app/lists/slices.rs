//! GPUs and MIG slices as plain lists: to be sorted, filtered and printed. Pure. The tree of them is a screen of its own.

use std::cmp::Ordering;

use super::columns::{cluster, name};
use super::gpu_cells::{board, caveat, is_sick, owner, percent, rounded, stale, who, xid};
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, GpuBy, GpuRow, Key, Slice, Span, Subject, clock};
use crate::store::SliceRow;
use crate::theme::{Mark, Role};

/// Whole GPUs.
#[derive(Debug)]
pub struct Gpus;

/// What can be held: whole GPUs, and slices of those that are cut.
#[derive(Debug)]
pub struct Slices;

/// A figure with its unit; a dash when it is not told.
fn figure(value: Option<f64>, unit: &str) -> Cell {
    value.map_or_else(Cell::unknown, |v| Cell::text(format!("{v:.0} {unit}")))
}

/// What is not known stands last.
fn greatest(a: Option<f64>, b: Option<f64>) -> Ordering {
    let of = |v: Option<f64>| v.unwrap_or(f64::NEG_INFINITY);
    of(b).total_cmp(&of(a))
}

fn error(gpu: &GpuRow, ctx: &Ctx<'_>) -> Cell {
    match xid(gpu, ctx.now) {
        Some((text, role)) => Cell::Text(text.into(), role),
        None => Cell::text(""),
    }
}

/// What it is cut into: `7 × 1g.10gb`, `whole`.
fn layout(gpu: &GpuRow) -> String {
    if !gpu.is_mig() {
        return "whole".to_owned();
    }
    let mut counts: Vec<(&Clean, usize)> = Vec::new();
    for slice in &gpu.slices {
        match counts.iter_mut().find(|(p, _)| **p == slice.profile) {
            Some((_, n)) => *n += 1,
            None => counts.push((&slice.profile, 1)),
        }
    }
    let said = counts.iter().map(|(profile, n)| format!("{n} × {profile}"));
    said.collect::<Vec<_>>().join(", ")
}

static GPUS: &[Column<GpuRow>] = &[
    Column::<GpuRow>::new("state", "STATE", 8, state, |a, b| {
        is_sick(b).cmp(&is_sick(a))
    }),
    name(10).grow(1),
    cluster().drop(9),
    Column::<GpuRow>::new(
        "model",
        "MODEL",
        14,
        |g, _| Cell::clean(&g.model),
        |a, b| a.model.cmp(&b.model),
    )
    .grow(1)
    .drop(5),
    Column::<GpuRow>::new(
        "layout",
        "LAYOUT",
        11,
        |g, _| Cell::text(layout(g)),
        |a, b| layout(a).cmp(&layout(b)),
    )
    .drop(3),
    Column::<GpuRow>::new(
        "busy",
        "BUSY",
        5,
        |g, _| percent(g.busy()),
        |a, b| greatest(a.busy().map(|b| b.ratio), b.busy().map(|b| b.ratio)),
    )
    .right(),
    Column::<GpuRow>::new(
        "temperature",
        "TEMP",
        6,
        |g, _| figure(g.temperature, "°C"),
        |a, b| greatest(a.temperature, b.temperature),
    )
    .drop(4)
    .right(),
    Column::<GpuRow>::new(
        "power",
        "POWER",
        6,
        |g, _| figure(g.power, "W"),
        |a, b| greatest(a.power, b.power),
    )
    .drop(6)
    .right(),
    Column::<GpuRow>::new("xid", "LAST ERROR", 16, error, |a, b| {
        b.xid.map(|x| x.code).cmp(&a.xid.map(|x| x.code))
    })
    .grow(2),
];

/// Where a GPU stands.
#[must_use]
pub fn state(gpu: &GpuRow, ctx: &Ctx<'_>) -> Cell {
    if is_sick(gpu) {
        Cell::State(Mark::Failed, "Sick")
    } else if stale(gpu, ctx.now).is_some() {
        Cell::State(Mark::Stale, "Old")
    } else {
        Cell::State(Mark::Ok, "Well")
    }
}

impl Listing for Gpus {
    type Row = GpuRow;
    const ID: &'static str = "gpus";
    const TITLE: &'static str = "GPUs";
    const FEEDS: &'static [&'static str] = &["gpus"];
    const ORDER: &'static str = "state, name";
    const STATES: &'static [&'static str] = &["Sick", "Old", "Well"];
    const NOTHING: &'static str = "No exporter tells of a GPU.";

    fn columns() -> &'static [Column<GpuRow>] {
        GPUS
    }

    fn rank(gpu: &GpuRow) -> u8 {
        u8::from(!is_sick(gpu))
    }

    fn order(a: &GpuRow, b: &GpuRow) -> Ordering {
        let index = |g: &GpuRow| g.index.parse::<u32>().unwrap_or(u32::MAX);
        a.node.cmp(&b.node).then(index(a).cmp(&index(b)))
    }

    fn facts(gpu: &GpuRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        board(gpu, ctx.now)
    }
}

fn part(row: &SliceRow) -> Option<&Slice> {
    row.gpu.slices.get(row.at)
}

fn ratio(row: &SliceRow) -> Option<f64> {
    part(row)?.busy.map(|b| b.ratio)
}

/// Memory in use of what there is.
#[must_use]
pub fn memory(slice: &Slice) -> Option<f64> {
    let (used, free) = (slice.memory_used?, slice.memory_free?);
    (used + free > 0.0).then(|| used / (used + free))
}

fn holder(row: &SliceRow) -> Cell {
    match row.holds.first() {
        None => Cell::dim("free"),
        Some(hold) if row.holds.len() == 1 => Cell::Text(who(hold).into(), Role::Strong),
        Some(hold) => {
            let more = row.holds.len() - 1;
            Cell::Text(
                format!("{} and {more} more", who(hold)).into(),
                Role::Strong,
            )
        }
    }
}

static SLICES: &[Column<SliceRow>] = &[
    name(12).grow(1),
    cluster().drop(9),
    Column::<SliceRow>::new(
        "profile",
        "PROFILE",
        9,
        |s, _| match part(s) {
            Some(slice) if !slice.profile.is_empty() => Cell::clean(&slice.profile),
            _ => Cell::text("whole"),
        },
        |a, b| {
            part(a)
                .map(|s| &s.profile)
                .cmp(&part(b).map(|s| &s.profile))
        },
    )
    .drop(3),
    Column::<SliceRow>::new(
        "holder",
        "HOLDER",
        20,
        |s, _| holder(s),
        |a, b| holder(b).word().cmp(holder(a).word()),
    )
    .grow(3),
    Column::<SliceRow>::new(
        "owner",
        "NAMESPACE / OWNER",
        17,
        |s, _| Cell::text(s.holds.first().map(owner).unwrap_or_default()),
        |a, b| a.holds.first().map(owner).cmp(&b.holds.first().map(owner)),
    )
    .grow(1)
    .drop(4),
    Column::<SliceRow>::new(
        "busy",
        "BUSY",
        5,
        |s, _| percent(part(s).and_then(|s| s.busy)),
        |a, b| greatest(ratio(a), ratio(b)),
    )
    .right(),
    Column::<SliceRow>::new(
        "hour",
        "1 H",
        5,
        |s, _| percent(part(s).and_then(|s| s.hour)),
        |a, b| greatest(ratio(a), ratio(b)),
    )
    .drop(5)
    .right(),
    Column::<SliceRow>::new(
        "memory",
        "MEMORY",
        6,
        |s, _| {
            let used = part(s).and_then(memory);
            used.map_or_else(Cell::unknown, |r| Cell::text(rounded(r)))
        },
        |a, b| greatest(part(a).and_then(memory), part(b).and_then(memory)),
    )
    .drop(2)
    .right(),
    Column::<SliceRow>::new(
        "idle",
        "IDLE",
        5,
        |s, ctx| match part(s).and_then(|p| p.idle_since) {
            Some(since) if !s.holds.is_empty() => {
                Cell::Text(Span::between(since, ctx.now).short().into(), Role::Warn)
            }
            _ => Cell::text(""),
        },
        |a, b| {
            let since = |s: &SliceRow| {
                part(s)
                    .and_then(|p| p.idle_since)
                    .filter(|_| !s.holds.is_empty())
            };
            match (since(a), since(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            }
        },
    )
    .drop(1)
    .right(),
    Column::<SliceRow>::new(
        "xid",
        "LAST ERROR",
        12,
        |s, ctx| error(&s.gpu, ctx),
        |a, b| {
            let code = |s: &SliceRow| s.gpu.xid.map(|x| x.code);
            code(b).cmp(&code(a))
        },
    )
    .grow(1)
    .drop(6),
];

/// Facts of a whole GPU or of a slice, and of who holds it.
#[must_use]
pub fn facts(row: &SliceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let Some(slice) = part(row) else {
        return Vec::new();
    };
    let mut facts: Vec<Fact> = row
        .holds
        .iter()
        .map(|hold| {
            let text = format!("{} · {} · pod {}", who(hold), owner(hold), hold.pod.name);
            Fact::with("held by", text, Role::Strong)
        })
        .collect();
    if facts.is_empty() {
        facts.push(Fact::with(
            "held by",
            "nobody, as far as the exporter tells",
            Role::Dim,
        ));
    }
    facts.push(busy(slice, row.gpu.by));
    if let Some(since) = slice.idle_since.filter(|_| !row.holds.is_empty()) {
        let span = Span::between(since, ctx.now);
        let text = format!(
            "nothing done for {span} or longer, since {}",
            clock(since, ctx.now)
        );
        facts.push(Fact::with("idle", text, Role::Warn));
    }
    facts.push(match (slice.memory_used, slice.memory_free) {
        (Some(used), Some(free)) => Fact::new(
            "memory",
            format!("{used:.0} of {:.0} MiB in use", used + free),
        ),
        _ => Fact::with("memory", "- not told of this slice", Role::Dim),
    });
    facts.extend(board(&row.gpu, ctx.now));
    facts
}

fn busy(slice: &Slice, by: GpuBy) -> Fact {
    match slice.busy {
        None if slice.instance.is_some() => Fact::with(
            "busy",
            "- not measured: of a slice only DCGM_FI_PROF_GR_ENGINE_ACTIVE tells, and the exporter does not have it",
            Role::Dim,
        ),
        None => Fact::with("busy", "- not measured", Role::Dim),
        Some(busy) => {
            let hour = slice.hour.map_or_else(String::new, |h| {
                format!(", {} in the last hour", rounded(h.ratio))
            });
            let text = format!(
                "{} now{hour}, by {}",
                rounded(busy.ratio),
                busy.by.told_by(by)
            );
            Fact::new("busy", text)
        }
    }
}

fn pod(row: &SliceRow) -> Option<&Key> {
    row.holds.first().map(|hold| &hold.pod)
}

impl Listing for Slices {
    type Row = SliceRow;
    const ID: &'static str = "slices";
    const TITLE: &'static str = "Slices";
    const FEEDS: &'static [&'static str] = &["gpus", "pods", "nodes"];
    const ORDER: &'static str = "name";
    const NOTHING: &'static str = "No exporter tells of a GPU or a slice.";
    const OPENS: bool = true;
    const LOGS: bool = true;

    fn columns() -> &'static [Column<SliceRow>] {
        SLICES
    }

    fn caveat(ctx: &Ctx<'_>) -> Option<String> {
        caveat(ctx)
    }

    fn order(a: &SliceRow, b: &SliceRow) -> Ordering {
        let instance = |s: &SliceRow| part(s).and_then(|p| p.instance);
        Gpus::order(&a.gpu, &b.gpu).then(instance(a).cmp(&instance(b)))
    }

    fn facts(row: &SliceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        facts(row, ctx)
    }

    fn open(row: &SliceRow) -> Option<Box<dyn Screen>> {
        Self::subject(row).map(opened)
    }

    fn logs(row: &SliceRow) -> Option<Box<dyn Screen>> {
        Some(LogScreen::open(Target::Pod(pod(row)?.clone())))
    }

    fn subject(row: &SliceRow) -> Option<Subject> {
        let hold = row.holds.first()?;
        let uid = hold.row.as_ref().map(|p| p.uid.clone());
        Some(subject("pods", &hold.pod, &uid.unwrap_or_default()))
    }
}
