//! The text of an opened service: comparison, objectives, revisions, pods, and what else is known of it. Pure.

use std::sync::Arc;

use super::burn::{self, fresh, gone, measured, unmeasured};
use super::standing::{comparison, short};
use super::words::{self, Rate, left, spark, times, volume, window};
use super::{compare, pods_of, written};
use crate::app::column::{Cell as Shown, Fact};
use crate::app::describe::page::{Cell, Page};
use crate::app::findings::books_for;
use crate::app::gpus::held;
use crate::app::inspect::subject;
use crate::app::list::Listing;
use crate::app::lists::{self, Services, serving_facts};
use crate::app::screen::Ctx;
use crate::app::text::Doc;
use crate::domain::{
    BurnRow, Burning, CanaryRow, GpuRow, PodRow, RevisionRow, Row, ServiceRow, ServingMode, Span,
    WorkloadRow, WrittenRow, age,
};
use crate::store::{Source, Table};
use crate::theme::Role;

/// Most windows of an objective that are shown.
const WINDOWS: usize = 8;

/// Cells of the lines of bars.
const BARS: usize = 20;

/// What is told of a service.
pub fn doc(feed: &str, service: &ServiceRow, ctx: &Ctx<'_>) -> Doc {
    let mut page = Page::default();
    page.heading("State");
    page.facts(&serving_facts::urgent(service, ctx));
    let own = subject(lists::serving_feed(service), &service.key, &service.uid);
    page.fact("runbooks", books_for(&own, ctx), Role::Chosen);
    compare::write(&mut page, service, ctx);
    objectives(&mut page, service, ctx);
    revisions(&mut page, service, ctx);
    pods(&mut page, feed, service, ctx);
    page.heading("Service");
    page.facts(&serving_facts::rest(service, ctx));
    windows(&mut page, service, ctx);
    page.done()
}

/// The same as facts, to be copied.
pub fn evidence(service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = crate::app::only::evidence::<Services>(service, ctx);
    if let Some(row) = comparison(service, ctx) {
        facts.push(Fact::new("compared", compare::told(row)));
    }
    facts
}

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

fn dash(text: Option<String>, role: Role) -> Cell {
    match text {
        Some(text) => (text, role),
        None => cell("-", Role::Dim),
    }
}

fn objectives(page: &mut Page, service: &ServiceRow, ctx: &Ctx<'_>) {
    page.heading("Objectives");
    let all = burn::objectives(&service.key, ctx);
    if let Some(caveat) = burn::caveat(ctx) {
        page.say(&caveat, Role::Warn);
    } else if all.is_empty() {
        page.say(
            "nothing measures this service: no objective has data",
            Role::Warn,
        );
    }
    if all.is_empty() {
        written::write(page, service, ctx);
        return;
    }
    let rows: Vec<Vec<Cell>> = all.iter().map(|row| objective(row, ctx)).collect();
    page.table(
        &[
            "OBJECTIVE",
            "STATE",
            "1h/5m",
            "LEFT",
            "GONE IN",
            "RPS",
            "LAST HOUR",
        ],
        &rows,
    );
    written::write(page, service, ctx);
}

/// What the figures of the objectives are made of.
fn windows(page: &mut Page, service: &ServiceRow, ctx: &Ctx<'_>) {
    page.heading("Windows");
    for row in burn::objectives(&service.key, ctx) {
        windows_of(page, row, ctx);
    }
}

fn objective(row: &BurnRow, ctx: &Ctx<'_>) -> Vec<Cell> {
    let (_, word) = words::burning(row.state);
    let role = match row.state {
        _ if !fresh(row, ctx) => Role::Dim,
        Burning::Page => Role::Bad,
        Burning::Ticket | Burning::Unknown => Role::Warn,
        Burning::NoTraffic => Role::Dim,
        Burning::Inside => Role::Good,
    };
    let rates = burn::rates_in_words(row, 0);
    vec![
        cell(row.title.to_string(), Role::Text),
        cell(word, role),
        dash((rates != "-").then_some(rates), role),
        dash(row.left.map(left), Role::Text),
        dash(gone(row), Role::Text),
        dash(row.volume.map(volume), Role::Text),
        cell(spark(&row.trend, BARS), Role::Text),
    ]
}

/// Each window with what it counted, the pair that counts most, and what limits the trust in it.
fn windows_of(page: &mut Page, row: &BurnRow, ctx: &Ctx<'_>) {
    let mut label = row.objective.to_string();
    if !row.by.is_empty() {
        page.fact(&label, format!("by {}", row.by), Role::Dim);
        label.clear();
    }
    if let Some(pair) = row.worst {
        let fires = if pair.fires() {
            "fires"
        } else {
            "does not fire"
        };
        let text = format!(
            "{} / {}: {} and {}, {} above {}: {fires}",
            window(pair.long),
            window(pair.short),
            times(pair.long_burn),
            times(pair.short_burn),
            if pair.pages { "pages" } else { "a ticket" },
            words::factor(pair.factor)
        );
        page.fact(
            &label,
            text,
            if pair.fires() { Role::Warn } else { Role::Text },
        );
        label.clear();
    }
    for measure in row.windows.iter().take(WINDOWS) {
        let burn = Rate::of(measure, row.target);
        let text = match (measured(measure), burn, unmeasured(measure)) {
            (Some(text), Some(burn), _) => format!("{text}, {}", burn.text()),
            (Some(text), None, _) => text,
            (None, _, Some(why)) => why.to_string(),
            (None, _, None) => continue,
        };
        page.fact(
            &label,
            format!("{:>5}  {text}", window(measure.seconds)),
            Role::Dim,
        );
        label.clear();
    }
    if let Some(covers) = row.covers.filter(|c| *c < row.period) {
        let text = format!(
            "{} of {} are covered by data",
            Span(i64::from(covers)),
            window(row.period)
        );
        page.fact(&label, text, Role::Warn);
        label.clear();
    }
    for doubt in &row.doubts {
        page.fact(&label, doubt, Role::Warn);
        label.clear();
    }
    if !fresh(row, ctx) {
        let text = format!("measured {} ago", age(Some(row.measured), ctx.now));
        page.fact(&label, text, Role::Warn);
    }
}

fn revisions(page: &mut Page, service: &ServiceRow, ctx: &Ctx<'_>) {
    if service.mode != ServingMode::Knative {
        return;
    }
    page.heading("Revisions");
    let table = ctx.world.table::<RevisionRow>();
    let mut all: Vec<_> = table
        .into_iter()
        .flat_map(|t| t.about(&service.key))
        .collect();
    all.sort_by_key(|r| {
        (
            std::cmp::Reverse(r.created),
            std::cmp::Reverse(r.key.clone()),
        )
    });
    if all.is_empty() {
        let (text, role) = silence("revisions", "none", service, ctx);
        page.say(&text, role);
        return;
    }
    let rows: Vec<Vec<Cell>> = all.iter().map(|r| revision(r, service, ctx)).collect();
    let links = all.iter().map(|r| subject("revisions", &r.key, &r.uid));
    page.linked(
        &[
            "REVISION", "STATE", "TRAFFIC", "REPLICAS", "AGE", "ROLE", "MODEL",
        ],
        &rows,
        links.collect(),
    );
}

fn revision(row: &RevisionRow, service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Cell> {
    let (mark, word) = lists::state(row);
    let part = lists::part(row, ctx).map(|p| format!("{p} %"));
    let name = &row.key.name;
    let mut roles = Vec::new();
    roles.extend((*name == service.created_revision).then_some("newest"));
    roles.extend((service.has_canary() && *name == service.ready_revision).then_some("canary"));
    roles.extend((*name == service.rolled_out).then_some("rolled out"));
    roles.extend((*name == service.previous).then_some("previous"));
    let said = if row.trouble.is_empty() {
        row.uri.to_string()
    } else {
        row.trouble.to_string()
    };
    let role = if row.trouble.is_empty() {
        Role::Text
    } else {
        Role::Bad
    };
    vec![
        cell(short(name, &service.key.name), Role::Strong),
        cell(word, mark.role()),
        dash(part, Role::Text),
        shown(lists::replicas(row)),
        cell(age(row.created(), ctx.now), Role::Text),
        cell(roles.join(", "), Role::Text),
        cell(said, role),
    ]
}

fn shown(of: Shown) -> Cell {
    match of {
        Shown::Text(text, role) => (text.into_owned(), role),
        Shown::Clean(text, role) => (text.to_string(), role),
        Shown::State(mark, word) => (word.to_owned(), mark.role()),
        Shown::Bar(progress, role) => (format!("{}/{}", progress.done, progress.total), role),
    }
}

fn pods(page: &mut Page, feed: &str, service: &ServiceRow, ctx: &Ctx<'_>) {
    page.heading("Pods");
    let all = pods_of(feed, &service.key, ctx);
    if all.is_empty() {
        let (text, role) = silence("pods", "none: nothing runs", service, ctx);
        page.say(&text, role);
        return;
    }
    let rows: Vec<Vec<Cell>> = all.iter().map(|p| pod(p, service, ctx)).collect();
    let links = all.iter().map(|p| subject("pods", &p.key, &p.uid));
    page.linked(
        &[
            "POD", "STATE", "REVISION", "RESTARTS", "NODE", "AGE", "SAYS",
        ],
        &rows,
        links.collect(),
    );
    held::write(page, &all, ctx);
}

fn pod(row: &Arc<PodRow>, service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Cell> {
    let column = |id: &str| {
        let mut columns = lists::Pods::columns().iter();
        let found = columns.find(|c| c.id == id);
        found.map_or_else(|| cell("", Role::Text), |c| shown((c.cell)(row, ctx)))
    };
    let revision = row.labels.get("serving.knative.dev/revision");
    vec![
        cell(short(&row.key.name, &service.key.name), Role::Strong),
        column("state"),
        dash(
            revision.map(|r| short(r, &service.key.name).to_owned()),
            Role::Text,
        ),
        column("restarts"),
        column("node"),
        cell(age(row.created, ctx.now), Role::Text),
        column("last-word"),
    ]
}

/// Why a part is empty: there is nothing, or it cannot be known.
fn silence(feed: &str, none: &str, service: &ServiceRow, ctx: &Ctx<'_>) -> (String, Role) {
    let mine = |s: &&crate::domain::SourceRow| s.id.cluster == service.key.cluster;
    let all: Vec<_> = ctx.world.feed(feed).filter(mine).collect();
    if all.iter().any(|s| s.state.is_live()) {
        return (none.to_owned(), Role::Dim);
    }
    match all.first() {
        Some(s) => {
            let why = s.fault.as_ref();
            let why = why.map_or_else(String::new, |f| format!(": {}", f.what));
            (
                format!("not known, {feed}: {}{why}", s.state.word()),
                Role::Warn,
            )
        }
        None => ("asking for them…".to_owned(), Role::Dim),
    }
}

/// Changes when the text may read differently.
pub fn fingerprint(ctx: &Ctx<'_>) -> u64 {
    fn version<R: Row>(ctx: &Ctx<'_>) -> u64 {
        ctx.world.table::<R>().map_or(0, Table::version)
    }
    let versions = [
        version::<ServiceRow>(ctx),
        version::<RevisionRow>(ctx),
        version::<PodRow>(ctx),
        version::<BurnRow>(ctx),
        version::<CanaryRow>(ctx),
        version::<WrittenRow>(ctx),
        version::<WorkloadRow>(ctx),
        version::<GpuRow>(ctx),
        version::<Source>(ctx),
    ];
    crate::app::text::doc::id((versions, ctx.now.as_second()))
}
