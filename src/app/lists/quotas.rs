//! The list of quotas: what each team has of its accelerators, what is in use, and what was refused. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name};
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, EventRow, Key, QuotaLine, QuotaRow, Subject, TeamRow, clock};
use crate::store::{Refusal, Table, World, refusals, short, still_refused};
use crate::theme::{Mark, Role};

/// Quotas of namespaces.
#[derive(Debug)]
pub struct Quotas;

type Col = Column<QuotaRow>;

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        8,
        |q, _| state(q),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    Col::new(
        "namespace",
        "TEAM",
        12,
        |q, _| Cell::Clean(q.key.namespace.clone(), Role::Strong),
        |a, b| a.key.namespace.cmp(&b.key.namespace),
    )
    .grow(2),
    cluster().drop(8),
    Col::new("owner", "OWNER", 12, owner, |a, b| a.keeper.cmp(&b.keeper))
        .grow(2)
        .drop(4),
    name(14).grow(1).drop(5),
    Col::new(
        "gpus",
        "GPUS",
        9,
        |q, _| amounts(q, |name| short(name) == "gpu"),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    Col::new(
        "slices",
        "SLICES",
        16,
        |q, _| amounts(q, |name| short(name) != "gpu"),
        |a, b| rank(a).cmp(&rank(b)),
    )
    .grow(2)
    .drop(1),
    Col::new(
        "others",
        "OTHERS",
        12,
        |q, _| others(q),
        |a, b| rank(a).cmp(&rank(b)),
    )
    .grow(2)
    .drop(6),
    age().drop(7),
    Col::new("why", "REFUSED", 18, refused, |a, b| rank(a).cmp(&rank(b)))
        .grow(3)
        .drop(2),
];

fn rank(quota: &QuotaRow) -> u8 {
    let devices = || quota.devices();
    if devices().any(QuotaLine::is_over) {
        0
    } else if devices().any(QuotaLine::is_full) {
        1
    } else if quota.lines.iter().any(QuotaLine::is_full) {
        2
    } else if devices().next().is_some() {
        3
    } else {
        4
    }
}

fn state(quota: &QuotaRow) -> Cell {
    match rank(quota) {
        0 => Cell::State(Mark::Failed, "Over"),
        1 | 2 => Cell::State(Mark::Waiting, "Full"),
        _ if quota.lines.iter().all(|l| l.left().is_none()) => {
            Cell::State(Mark::Unknown, "Unknown")
        }
        _ => Cell::State(Mark::Ok, "Room"),
    }
}

/// `3 of 4 gpu`
fn line(line: &QuotaLine) -> String {
    let used = if line.used.is_empty() {
        "?"
    } else {
        &line.used
    };
    format!("{used} of {} {}", line.hard, short(line.asked()))
}

fn amounts(quota: &QuotaRow, is: fn(&str) -> bool) -> Cell {
    let own: Vec<&QuotaLine> = quota.devices().filter(|l| is(l.asked())).collect();
    if own.is_empty() {
        return Cell::dim("");
    }
    let role = if own.iter().any(|l| l.is_full()) {
        Role::Warn
    } else {
        Role::Text
    };
    let text = own.iter().map(|l| line(l)).collect::<Vec<_>>().join(", ");
    Cell::Text(text.into(), role)
}

fn others(quota: &QuotaRow) -> Cell {
    let full = quota.lines.iter().filter(|l| !l.device && l.is_full());
    let text = full.map(line).collect::<Vec<_>>().join(", ");
    Cell::Text(text.into(), Role::Warn)
}

/// The team of a namespace.
fn team<'a>(quota: &QuotaRow, ctx: &Ctx<'a>) -> Option<&'a TeamRow> {
    let key = Key {
        cluster: quota.key.cluster.clone(),
        namespace: Clean::default(),
        name: if quota.keeper.is_empty() {
            quota.key.namespace.clone()
        } else {
            quota.keeper.clone()
        },
    };
    Some(ctx.world.table::<TeamRow>()?.get(&key)?)
}

fn owner(quota: &QuotaRow, ctx: &Ctx<'_>) -> Cell {
    team(quota, ctx).map_or_else(Cell::unknown, |team| Cell::clean(&team.owner))
}

/// Owners whose pods it refused and would refuse now.
#[must_use]
pub fn refused_by(quota: &QuotaRow, world: &World) -> Vec<(Refusal, String)> {
    let own = refusals(world).into_iter().filter(|r| r.quota == quota.key);
    own.filter_map(|r| still_refused(&r, quota).map(|why| (r, why)))
        .collect()
}

fn refused(quota: &QuotaRow, ctx: &Ctx<'_>) -> Cell {
    // only a full one can refuse, and few are
    if rank(quota) > 2 && quota.devices().next().is_none() {
        return Cell::text("");
    }
    let all = refused_by(quota, ctx.world);
    let names = all
        .iter()
        .map(|(r, _)| format!("{} {}", r.event.kind, r.event.object.name));
    Cell::Text(names.collect::<Vec<_>>().join(", ").into(), Role::Warn)
}

impl Listing for Quotas {
    type Row = QuotaRow;
    const ID: &'static str = "quotas";
    const TITLE: &'static str = "Quotas of teams";
    const FEEDS: &'static [&'static str] = &["quotas"];
    const BESIDE: &'static [&'static str] = &["profiles", "events"];
    const OPTIONAL: &'static [&'static str] = &["profiles"];
    const ORDER: &'static str = "fullest first";
    const STATES: &'static [&'static str] = &["Over", "Full", "Room", "Unknown"];
    const NOTHING: &'static str = "No quotas. Every source is live, so no namespace has a limit.";
    const OPENS: bool = true;

    fn columns() -> &'static [Col] {
        COLUMNS
    }

    fn rank(quota: &QuotaRow) -> u8 {
        rank(quota)
    }

    fn order(a: &QuotaRow, b: &QuotaRow) -> Ordering {
        a.key.cmp(&b.key)
    }

    fn beside(world: &World) -> u64 {
        let events = world.table::<EventRow>().map_or(0, Table::version);
        events + world.table::<TeamRow>().map_or(0, Table::version)
    }

    fn summary(rows: &mut dyn Iterator<Item = &QuotaRow>) -> String {
        let (mut all, mut full) = (0, 0);
        for row in rows {
            all += usize::from(row.devices().next().is_some());
            full += usize::from(row.devices().any(QuotaLine::is_full));
        }
        format!("{all} with accelerators · {full} of them full")
    }

    fn facts(quota: &QuotaRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (refusal, why) in refused_by(quota, ctx.world) {
            facts.push(Fact::with("refused", told(&refusal, &why, ctx), Role::Warn));
        }
        for each in &quota.lines {
            let role = if each.is_full() {
                Role::Warn
            } else {
                Role::Text
            };
            let over = if each.is_over() {
                "; it was lowered below what is in use, which ends nothing"
            } else {
                ""
            };
            facts.push(Fact::with("has", format!("{}{over}", line(each)), role));
        }
        if let Some(team) = team(quota, ctx) {
            let kind = team.owner_kind.to_lowercase();
            facts.push(Fact::new("owner", format!("{kind} {}", team.owner)));
            if !team.trouble.is_empty() {
                facts.push(Fact::with("profile", team.trouble.to_string(), Role::Bad));
            }
        }
        if !quota.keeper.is_empty() {
            let text = format!(
                "Profile {}, which puts it back when it is changed",
                quota.keeper
            );
            facts.push(Fact::new("kept by", text));
        }
        if !quota.scopes.is_empty() {
            facts.push(Fact::new(
                "counts",
                format!("pods that are {}", quota.scopes),
            ));
        }
        facts
    }

    fn open(quota: &QuotaRow) -> Option<Box<dyn Screen>> {
        Self::subject(quota).map(opened)
    }

    fn subject(quota: &QuotaRow) -> Option<Subject> {
        Some(subject("quotas", &quota.key, &quota.uid))
    }

    /// A quota that a profile keeps is changed there.
    fn target(quota: &QuotaRow) -> Option<Subject> {
        if quota.keeper.is_empty() {
            return Self::subject(quota);
        }
        let key = Key {
            cluster: quota.key.cluster.clone(),
            namespace: Clean::default(),
            name: quota.keeper.clone(),
        };
        Some(subject("profiles", &key, &Clean::default()))
    }
}

fn told(refusal: &Refusal, why: &str, ctx: &Ctx<'_>) -> String {
    let event = &refusal.event;
    let times = match event.count {
        0 | 1 => String::new(),
        n => format!(" {n} times"),
    };
    let last = event
        .last
        .map_or_else(String::new, |at| format!(", last {}", clock(at, ctx.now)));
    format!(
        "pods of {} {}{times}{last}: {why}",
        event.kind, event.object.name
    )
}
