//! The list of training jobs of every kind: what failed, and which rank of it first. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::jobs::{self, JobScreen, standing};
use crate::app::list::{Cell, Column, Fact, Listing, Ranking};
use crate::app::screen::{Ctx, Screen};
use crate::app::trials::words::devices;
use crate::domain::{Clean, JobKind, JobPhase, JobRow, PodRow, Progress, Subject};
use crate::store::{Table, World};
use crate::theme::Role;

/// Training jobs of all namespaces. A job that another one speaks for is shown when that one is opened.
#[derive(Debug)]
pub struct Jobs;

type Col = Column<JobRow>;

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        13,
        |j, ctx| {
            let (mark, word) = standing::state(j, ctx);
            Cell::State(mark, word)
        },
        by_name,
    )
    .by(|j, ctx| {
        Some(-f64::from(
            u32::try_from(standing::rank(j, ctx)).unwrap_or(0),
        ))
    }),
    name(14).grow(2),
    Col::new(
        "kind",
        "KIND",
        11,
        |j, _| Cell::dim(j.kind.word()),
        |a, b| a.kind.cmp(&b.kind),
    )
    .drop(6),
    cluster().drop(12),
    namespace().drop(7),
    Col::new("replicas", "REPLICAS", 13, replicas, by_name)
        .by(|j, ctx| standing::replicas(j, ctx).0.map(f64::from))
        .count(|j, ctx| standing::replicas(j, ctx).0.map(i64::from))
        .drop(2),
    Col::new(
        "failed",
        "FAIL",
        4,
        |j, _| number(j.failed(), Role::Bad),
        by_name,
    )
    .by(|j, _| Some(f64::from(j.failed())))
    .count(|j, _| Some(i64::from(j.failed())))
    .drop(4)
    .right(),
    Col::new("restarts", "RESTARTS", 8, restarts, by_name)
        .by(|j, ctx| standing::restarts(j, ctx).map(f64::from))
        .count(|j, ctx| standing::restarts(j, ctx).map(i64::from))
        .drop(10)
        .right(),
    Col::new(
        "holds",
        "HOLDS",
        12,
        |j, _| match &*devices(&Clean::from(j.devices())) {
            "" => Cell::unknown(),
            text => Cell::dim(text.to_owned()),
        },
        by_name,
    )
    .drop(8),
    Col::new(
        "queue",
        "QUEUE",
        10,
        |j, _| Cell::clean(&j.queue),
        |a, b| a.queue.cmp(&b.queue),
    )
    .drop(9),
    age().drop(3),
    Col::new("why", "WHY", 24, why, by_name).grow(4),
    Col::new("suspended", "SUSPENDED", 12, held, by_name).extra(),
    Col::new("elastic", "ELASTIC", 7, elastic, by_name).extra(),
    Col::new("owner", "OWNER", 14, owner, by_name).extra(),
];

fn by_name(a: &JobRow, b: &JobRow) -> Ordering {
    a.key.name.cmp(&b.key.name)
}

fn number(count: u32, role: Role) -> Cell {
    match count {
        0 => Cell::text(""),
        n => Cell::Text(n.to_string().into(), role),
    }
}

/// Replicas at work of those wanted; of a job that is not at work only those wanted.
fn replicas(job: &JobRow, ctx: &Ctx<'_>) -> Cell {
    let (active, wanted) = standing::replicas(job, ctx);
    match (active, wanted) {
        _ if job.phase.ended() => Cell::dim(wanted.map_or("-".to_owned(), |n| n.to_string())),
        (Some(done), Some(total)) => Cell::Bar(Progress { done, total }, Role::Busy),
        (None, Some(total)) => Cell::text(format!("?/{total}")),
        (Some(n), None) => Cell::text(n.to_string()),
        (None, None) => Cell::unknown(),
    }
}

fn restarts(job: &JobRow, ctx: &Ctx<'_>) -> Cell {
    match (standing::restarts(job, ctx), standing::retries(job, ctx)) {
        (None, _) => Cell::unknown(),
        (Some(0), _) => Cell::text(""),
        (Some(n), Some(most)) => Cell::Text(format!("{n}/{most}").into(), Role::Warn),
        (Some(n), None) => Cell::Text(n.to_string().into(), Role::Warn),
    }
}

fn why(job: &JobRow, ctx: &Ctx<'_>) -> Cell {
    match standing::why(job, ctx) {
        Some((text, role)) => Cell::Text(text.into(), role),
        None => Cell::text(""),
    }
}

fn held(job: &JobRow, _: &Ctx<'_>) -> Cell {
    standing::held(job).map_or_else(Cell::unknown, Cell::text)
}

fn elastic(job: &JobRow, _: &Ctx<'_>) -> Cell {
    let range = job.elastic.map(|(least, most)| format!("{least}-{most}"));
    range.map_or_else(Cell::unknown, Cell::text)
}

fn owner(job: &JobRow, _: &Ctx<'_>) -> Cell {
    let owner = job.owner.as_ref();
    let text = owner.map(|o| format!("{} {}", o.kind, o.name));
    text.map_or_else(Cell::unknown, Cell::text)
}

impl Listing for Jobs {
    type Row = JobRow;
    const ID: &'static str = "jobs";
    const TITLE: &'static str = "Jobs";
    const FEEDS: &'static [&'static str] = &JobKind::FEEDS;
    const BESIDE: &'static [&'static str] = &["pods"];
    const OPTIONAL: &'static [&'static str] = JobKind::BROUGHT;
    const ORDER: &'static str = "state, newest";
    const STATES: &'static [&'static str] = standing::WORDS;
    const NOTHING: &'static str = "No jobs. Every source is live, so there are none.";

    fn columns() -> &'static [Column<JobRow>] {
        COLUMNS
    }

    fn shows(job: &JobRow) -> bool {
        !job.is_part()
    }

    fn ranking<'a>(ctx: &Ctx<'a>) -> Ranking<'a, JobRow> {
        let ctx = *ctx;
        Box::new(move |job| standing::rank(job, &ctx))
    }

    fn beside(world: &World) -> u64 {
        world.table::<PodRow>().map_or(0, Table::version)
    }

    fn order(a: &JobRow, b: &JobRow) -> Ordering {
        newest(a.created, b.created)
    }

    fn summary(rows: &mut dyn Iterator<Item = &JobRow>) -> String {
        let (mut failed, mut running, mut held) = (0, 0, 0);
        for row in rows {
            failed += usize::from(row.phase == JobPhase::Failed);
            running += usize::from(row.phase == JobPhase::Running);
            held += usize::from(row.held_by().is_some());
        }
        let parts = [
            (failed, "failed"),
            (running, "running"),
            (held, "suspended"),
        ];
        let said = parts.iter().filter(|(n, _)| *n > 0);
        let said: Vec<String> = said.map(|(n, word)| format!("{n} {word}")).collect();
        said.join(" · ")
    }

    fn facts(job: &JobRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some((text, role)) = standing::why(job, ctx) {
            facts.push(Fact::with("why", text, role));
        }
        let failed = standing::failures(job, ctx.world);
        if let Some(text) = standing::order_of(&failed, ctx) {
            facts.push(Fact::new("when", text));
        }
        if !failed.is_empty() || job.failed() > 0 {
            facts.extend(standing::said(job).map(|text| Fact::new("says", text)));
        }
        let roles = standing::roles(job, ctx).iter().map(|r| {
            let wanted = r.wanted.map_or("?".to_owned(), |n| n.to_string());
            match (r.active, r.failed.filter(|n| *n > 0)) {
                (Some(active), Some(failed)) => {
                    format!("{} {active} of {wanted}, {failed} failed", r.name)
                }
                (Some(active), None) => format!("{} {active} of {wanted}", r.name),
                (None, _) => format!("{} {wanted}", r.name),
            }
        });
        facts.push(Fact::new("roles", roles.collect::<Vec<_>>().join(" · ")));
        let devices = devices(&Clean::from(job.devices()));
        if !devices.is_empty() {
            facts.push(Fact::new("asks for", devices));
        }
        let owner = job.owner.as_ref();
        facts.extend(owner.map(|o| Fact::new("owned by", format!("{} {}", o.kind, o.name))));
        facts
    }

    const OPENS: bool = true;

    fn open(job: &JobRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(JobScreen::new(job.kind, job.key.clone())))
    }

    const LOGS: bool = true;

    fn logs(job: &JobRow) -> Option<Box<dyn Screen>> {
        Some(jobs::logs(job))
    }

    fn subject(job: &JobRow) -> Option<Subject> {
        Some(subject(job.kind.feed(), &job.key, &job.uid))
    }
}
