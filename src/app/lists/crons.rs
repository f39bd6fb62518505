//! The list of cron workflows: what starts runs by itself. Pure.

use std::cmp::Ordering;

use super::cells::{aged, newest, since};
use super::columns::{cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::Ctx;
use crate::domain::{Clean, CronRow, Subject};
use crate::theme::{Mark, Role};

/// Cron workflows.
#[derive(Debug)]
pub struct Crons;

static COLUMNS: &[Column<CronRow>] = &[
    Column::<CronRow>::new(
        "state",
        "STATE",
        11,
        |c, _| match rank(c) {
            0 => Cell::State(Mark::Failed, "Failing"),
            1 => Cell::State(Mark::Running, "Active"),
            2 => Cell::State(Mark::Ok, "Scheduled"),
            _ => Cell::State(Mark::Omitted, "Suspended"),
        },
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(18).grow(3),
    cluster().drop(5),
    namespace().drop(3),
    Column::<CronRow>::new(
        "schedule",
        "SCHEDULE",
        14,
        |c, _| Cell::clean(&c.schedule),
        |a, b| a.schedule.cmp(&b.schedule),
    )
    .grow(1),
    Column::<CronRow>::new(
        "last",
        "LAST RUN",
        8,
        |c, ctx| aged(c.last, ctx.now),
        |a, b| newest(a.last, b.last),
    )
    .seconds(|c, ctx| since(c.last, ctx.now))
    .drop(1)
    .right(),
    Column::<CronRow>::new(
        "active",
        "ACTIVE",
        6,
        |c, _| Cell::text(c.active.to_string()),
        |a, b| b.active.cmp(&a.active),
    )
    .count(|c, _| Some(i64::from(c.active)))
    .drop(2)
    .right(),
    Column::<CronRow>::new(
        "outcome",
        "OK / FAILED",
        11,
        |c, _| Cell::text(format!("{} / {}", c.succeeded, c.failed)),
        |a, b| b.failed.cmp(&a.failed),
    )
    .drop(4)
    .right(),
];

fn rank(cron: &CronRow) -> u8 {
    match cron {
        c if !c.trouble.is_empty() => 0,
        c if c.suspended => 3,
        c if c.active > 0 => 1,
        _ => 2,
    }
}

impl Listing for Crons {
    type Row = CronRow;
    const ID: &'static str = "schedules";
    const TITLE: &'static str = "Schedules";
    const FEEDS: &'static [&'static str] = &["cron-workflows"];
    const ORDER: &'static str = "state, name";
    const NOTHING: &'static str = "No cron workflows. Every source is live, so there are none.";

    fn columns() -> &'static [Column<CronRow>] {
        COLUMNS
    }

    fn rank(cron: &CronRow) -> u8 {
        rank(cron)
    }

    fn order(a: &CronRow, b: &CronRow) -> Ordering {
        a.key.name.cmp(&b.key.name)
    }

    fn facts(cron: &CronRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if !cron.trouble.is_empty() {
            facts.push(Fact::with(
                "submission",
                cron.trouble.to_string(),
                Role::Bad,
            ));
        }
        if !cron.timezone.is_empty() {
            facts.push(Fact::new("time zone", cron.timezone.to_string()));
        }
        facts
    }

    fn subject(cron: &CronRow) -> Option<Subject> {
        Some(subject("cron-workflows", &cron.key, &Clean::default()))
    }
}
