//! The list of registered models: what aliases say, and what is really served. Pure.

use std::cmp::Ordering;

use super::cells::{aged, newest, since};
use super::columns::{cluster, name};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::app::versions::{ModelScreen, served};
use crate::domain::{Clean, ClusterId, ServiceRow, SourceState, Span, Subject, clock};
use crate::store::{AliasTruth, Served, Standing, TruthRow};
use crate::theme::{Mark, Role};

/// Registered models of all clusters.
#[derive(Debug)]
pub struct Models;

static COLUMNS: &[Column<TruthRow>] = &[
    Column::<TruthRow>::new("state", "STATE", 12, state, |a, b| {
        a.standing.cmp(&b.standing)
    })
    .drop(1),
    name(14).grow(2),
    cluster().drop(8),
    Column::<TruthRow>::new("serving", "ALIAS → SERVING", 28, serving, |a, b| {
        a.standing.cmp(&b.standing)
    })
    .grow(2),
    Column::<TruthRow>::new("service", "SERVICE", 14, services, |a, b| {
        first_service(a).cmp(&first_service(b))
    })
    .grow(2)
    .drop(4),
    Column::<TruthRow>::new(
        "aliases",
        "OTHER ALIASES",
        16,
        |m, _| others(m),
        |a, b| b.aliases.len().cmp(&a.aliases.len()),
    )
    .grow(2)
    .drop(5),
    Column::<TruthRow>::new(
        "newest",
        "NEWEST",
        6,
        |m, _| {
            m.model
                .newest
                .map_or_else(Cell::unknown, |n| Cell::text(format!("v{n}")))
        },
        |a, b| b.model.newest.cmp(&a.model.newest),
    )
    .drop(3)
    .right(),
    Column::<TruthRow>::new(
        "age",
        "AGE",
        5,
        |m, ctx| aged(m.registered(), ctx.now),
        |a, b| newest(a.registered(), b.registered()),
    )
    .seconds(|m, ctx| since(m.registered(), ctx.now))
    .drop(2)
    .right(),
    Column::<TruthRow>::new(
        "versions",
        "VERSIONS",
        8,
        |m, _| count(m).map_or_else(Cell::unknown, |n| Cell::text(n.to_string())),
        |a, b| count(b).cmp(&count(a)),
    )
    .count(|m, _| count(m).and_then(|n| i64::try_from(n).ok()))
    .drop(6)
    .right(),
    Column::<TruthRow>::new(
        "tags",
        "TAGS",
        16,
        |m, _| tags(m),
        |a, b| a.model.tags.len().cmp(&b.model.tags.len()),
    )
    .grow(2)
    .extra(),
];

impl TruthRow {
    /// When the newest version was registered; the model, while versions are not known.
    fn registered(&self) -> Option<jiff::Timestamp> {
        let newest = self.model.newest.and_then(|n| self.model.version(n));
        newest.map_or(self.model.created, |v| v.created)
    }
}

fn count(row: &TruthRow) -> Option<usize> {
    row.model.versions.as_ref().map(|v| v.len())
}

/// Whether it is known what a cluster serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is.
    Yes,
    /// It serves nothing in a way that is known here.
    NoServing,
    /// It is not, now.
    No,
}

/// Whether it is known what a cluster serves now.
#[must_use]
pub fn known(cluster: &ClusterId, ctx: &Ctx<'_>) -> Known {
    let mut feeds = ctx.world.feed("services");
    match feeds.find(|s| s.id.cluster == *cluster && s.id.scope.is_empty()) {
        Some(source) if source.state == SourceState::Absent => Known::NoServing,
        Some(source) if source.state.is_live() => Known::Yes,
        _ => Known::No,
    }
}

fn state(row: &TruthRow, ctx: &Ctx<'_>) -> Cell {
    if known(&row.model.key.cluster, ctx) == Known::No {
        return Cell::State(Mark::Unknown, "Unknown");
    }
    match row.standing {
        Standing::Drifts => Cell::State(Mark::Failed, "Drifts"),
        Standing::Retired => Cell::State(Mark::Burning, "Retired"),
        Standing::Unsure => Cell::State(Mark::Unknown, "Unsure"),
        Standing::Unaliased => Cell::State(Mark::Waiting, "No alias"),
        Standing::InStep => Cell::State(Mark::Ok, "In step"),
        Standing::NotServed => Cell::State(Mark::Omitted, "Not served"),
    }
}

/// `champion v8 → v7 ✗ 2 d`: what the leading alias says, what is served, and since when they differ.
fn serving(row: &TruthRow, ctx: &Ctx<'_>) -> Cell {
    let known = known(&row.model.key.cluster, ctx);
    let says = row.lead().map(pointed);
    if says.is_none() && row.served.is_empty() {
        return Cell::unknown();
    }
    let says = says.unwrap_or_else(|| "-".to_owned());
    let (does, role) = match (known, row.standing) {
        (Known::No, _) => ("?".to_owned(), Role::Warn),
        (_, Standing::NotServed) => ("-".to_owned(), Role::Text),
        (_, Standing::Drifts) => (format!("{} ✗ {}", versions(row), span(row, ctx)), Role::Bad),
        (_, Standing::Retired) => (format!("{} ✗", versions(row)), Role::Bad),
        (_, Standing::Unsure) => (format!("{} ?", versions(row)), Role::Warn),
        (_, Standing::Unaliased) => (versions(row), Role::Warn),
        (_, Standing::InStep) => (format!("{} ✓", versions(row)), Role::Text),
    };
    Cell::Text(
        format!("{says} → {does}").trim_end().to_owned().into(),
        role,
    )
}

fn pointed(alias: &AliasTruth) -> String {
    format!("{} v{}", alias.alias.name, alias.alias.version)
}

/// The versions that are served, each once.
fn versions(row: &TruthRow) -> String {
    let mut all: Vec<String> = row.served.iter().map(version).collect();
    all.dedup();
    if all.len() > 3 {
        let rest = all.len() - 2;
        all.truncate(2);
        all.push(format!("{rest} more"));
    }
    all.join(" · ")
}

/// The version that is served: `v41`, `v3 or v5` where both have the same files, `@champion`.
#[must_use]
pub fn version(served: &Served) -> String {
    let numbers: Vec<String> = served.versions.iter().map(|n| format!("v{n}")).collect();
    match (&served.alias, numbers.len()) {
        (Some(alias), 0) => format!("@{alias}"),
        (_, 0) => "?".to_owned(),
        (_, 1..=3) => numbers.join(" or "),
        (_, n) => format!("one of {n} versions"),
    }
}

/// What the leading alias of its model says, and what a service serves of it: `champion v8 → v7 ✗`.
#[must_use]
pub fn alias_of(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let table = ctx.world.table::<TruthRow>();
    let model = ctx.world.model_of(&service.key);
    let Some(truth) = model.and_then(|key| table?.get(key)) else {
        return Cell::unknown();
    };
    let mine: Vec<&Served> = truth
        .served
        .iter()
        .filter(|s| s.service == service.key)
        .collect();
    let mut does: Vec<String> = mine.iter().copied().map(version).collect();
    does.dedup();
    let does = does.join(" · ");
    let Some(lead) = truth.lead() else {
        return Cell::text(format!("- → {does}"));
    };
    let says = pointed(lead);
    let number = lead.alias.version;
    let astray = truth.astray().filter(|s| s.service == service.key).count();
    if mine.iter().any(|s| s.versions.contains(&number)) {
        Cell::text(format!("{says} → {does} ✓"))
    } else if astray == mine.len() {
        let text = format!("{says} → {does} ✗ {}", span(truth, ctx));
        Cell::Text(text.trim_end().to_owned().into(), Role::Bad)
    } else {
        Cell::text(format!("{says} → {does}"))
    }
}

/// How long it has been so: exactly where the move was seen, else at most.
fn span(row: &TruthRow, ctx: &Ctx<'_>) -> String {
    let ago = |at| Span::between(at, ctx.now).short();
    match (row.since.exact, row.since.not_before) {
        (Some(at), _) => ago(at),
        (None, Some(at)) => format!("max {}", ago(at)),
        (None, None) => String::new(),
    }
}

fn first_service(row: &TruthRow) -> Option<&str> {
    row.served.first().map(|s| &*s.service.name)
}

fn services(row: &TruthRow, ctx: &Ctx<'_>) -> Cell {
    if known(&row.model.key.cluster, ctx) == Known::No {
        return Cell::Text("?".into(), Role::Warn);
    }
    let mut names: Vec<&str> = row.served.iter().map(|s| &*s.service.name).collect();
    names.dedup();
    match names.as_slice() {
        [] => Cell::unknown(),
        [one] => Cell::text((*one).to_owned()),
        [one, rest @ ..] => Cell::text(format!("{one} + {}", rest.len())),
    }
}

fn others(row: &TruthRow) -> Cell {
    let rest: Vec<String> = row
        .aliases
        .iter()
        .filter(|a| !a.leads)
        .map(pointed)
        .collect();
    if rest.is_empty() {
        Cell::unknown()
    } else {
        Cell::text(rest.join(" · "))
    }
}

fn tags(row: &TruthRow) -> Cell {
    let all: Vec<String> = row
        .model
        .tags
        .iter()
        .map(|t| format!("{}={}", t.key, t.value))
        .collect();
    if all.is_empty() {
        Cell::unknown()
    } else {
        Cell::text(all.join(" "))
    }
}

/// Since when alias and serving differ, as far as it is known, in words.
#[must_use]
pub fn drift(row: &TruthRow, ctx: &Ctx<'_>) -> Option<String> {
    if row.standing != Standing::Drifts {
        return None;
    }
    let lead = row.lead()?;
    let when = match (row.since.exact, row.since.not_before) {
        (Some(at), _) => format!(
            "since {} ({})",
            clock(at, ctx.now),
            Span::between(at, ctx.now)
        ),
        (None, Some(at)) => format!(
            "since {} at the earliest (the registry does not keep when an alias moves)",
            clock(at, ctx.now)
        ),
        (None, None) => "nobody knows since when".to_owned(),
    };
    Some(format!("{} is not what is served, {when}", pointed(lead)))
}

impl Listing for Models {
    type Row = TruthRow;
    const ID: &'static str = "models";
    const TITLE: &'static str = "Models";
    const FEEDS: &'static [&'static str] = &["models"];
    const BESIDE: &'static [&'static str] = &["services", "llm-services", "revisions"];
    const OPTIONAL: &'static [&'static str] = Self::BESIDE;
    const ORDER: &'static str = "state, name";
    const STATES: &'static [&'static str] = &[
        "Drifts",
        "Retired",
        "Unsure",
        "No alias",
        "In step",
        "Not served",
        "Unknown",
    ];
    const NOTHING: &'static str = "No registered models. The registry answers, so there are none.";

    fn columns() -> &'static [Column<TruthRow>] {
        COLUMNS
    }

    fn rank(row: &TruthRow) -> u8 {
        row.standing as u8
    }

    fn order(a: &TruthRow, b: &TruthRow) -> Ordering {
        a.model.key.name.cmp(&b.model.key.name)
    }

    fn summary(rows: &mut dyn Iterator<Item = &TruthRow>) -> String {
        let (mut drifting, mut retired) = (0, 0);
        for row in rows {
            drifting += usize::from(row.standing == Standing::Drifts);
            retired += usize::from(row.standing == Standing::Retired);
        }
        let parts = [(drifting, "drifting"), (retired, "retired and served")];
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        said.join(" · ")
    }

    fn facts(row: &TruthRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        facts.extend(drift(row, ctx).map(|text| Fact::with("drift", text, Role::Bad)));
        facts.extend(served(row, ctx));
        if !row.model.description.is_empty() {
            facts.push(Fact::new("about", row.model.description.to_string()));
        }
        if row.model.prompt {
            facts.push(Fact::new(
                "is",
                "a prompt, which the registry keeps as a model",
            ));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(row: &TruthRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(ModelScreen::new(row.model.key.clone())))
    }

    fn target(row: &TruthRow) -> Option<Subject> {
        Some(subject("models", &row.model.key, &Clean::default()))
    }
}
