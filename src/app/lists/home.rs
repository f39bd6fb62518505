//! The home screen: what needs a person, the dearest first. Pure.

use std::cmp::Ordering;

use super::Pods;
use super::cells::{aged, newest, since};
use super::columns::cluster;
use crate::app::findings::{BESIDE, FEEDS, LINK, OPTIONAL, SCREEN, quiet};
use crate::app::inspect::opened;
use crate::app::ladder;
use crate::app::list::{Cell, Column, Fact, ListScreen, Listing, Only, Ranking};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{FindingRow, Need, PodRow, Subject, clock};
use crate::theme::{Mark, Role};

/// What needs a person.
#[derive(Debug)]
pub struct Home;

static COLUMNS: &[Column<FindingRow>] = &[
    Column::<FindingRow>::new(
        "state",
        "STATE",
        11,
        |f, _| match f.seen {
            Some(_) => Cell::State(Mark::Omitted, SEEN),
            None => Cell::State(mark(f.need), f.need.word()),
        },
        |a, b| (a.seen.is_some(), a.need).cmp(&(b.seen.is_some(), b.need)),
    ),
    Column::<FindingRow>::new(
        "name",
        "WHAT",
        16,
        |f, _| Cell::Clean(f.what.clone(), Role::Strong),
        |a, b| a.what.cmp(&b.what),
    )
    .grow(1),
    cluster().drop(4),
    Column::<FindingRow>::new(
        "namespace",
        "NAMESPACE",
        9,
        |f, _| Cell::clean(&f.key.namespace),
        |a, b| a.key.namespace.cmp(&b.key.namespace),
    )
    .drop(2),
    Column::<FindingRow>::new(
        "why",
        "WHY",
        24,
        |f, _| Cell::Clean(f.sentence.clone(), role(f)),
        |a, b| a.sentence.cmp(&b.sentence),
    )
    .grow(7),
    Column::<FindingRow>::new(
        "age",
        "AGE",
        4,
        |f, ctx| aged(f.since, ctx.now),
        |a, b| newest(a.since, b.since),
    )
    .seconds(|f, ctx| since(f.since, ctx.now))
    .right(),
    Column::<FindingRow>::new(
        "runbook",
        "RUNBOOK",
        16,
        |f, _| match f.books.first() {
            Some(first) => Cell::Clean(first.clone(), Role::Chosen),
            // what the alert names is no runbook of midwatch: the link stands below
            None if f.evidence.iter().any(|(label, _)| *label == LINK) => Cell::dim("link below"),
            None => Cell::text(""),
        },
        |a, b| b.books.len().cmp(&a.books.len()),
    )
    .drop(3),
    Column::<FindingRow>::new(
        "rule",
        "RULE",
        14,
        |f, _| Cell::dim(f.rule),
        |a, b| a.rule.cmp(b.rule),
    )
    .extra(),
];

fn mark(need: Need) -> Mark {
    match need {
        Need::Burning => Mark::Burning,
        Need::Failed => Mark::Failed,
        Need::Blind => Mark::Unknown,
        Need::Waiting | Need::Slow => Mark::Waiting,
    }
}

fn role(finding: &FindingRow) -> Role {
    match (finding.seen, finding.need) {
        (Some(_), _) => Role::Dim,
        (None, Need::Burning) => Role::Strong,
        (None, _) => Role::Text,
    }
}

/// The first red rung of what does not get on.
fn rung(subject: &Subject, ctx: &Ctx<'_>) -> Option<Fact> {
    let ladder = ladder::of(subject, ctx)?;
    let (at, rung) = ladder.first_red()?;
    let text = format!(
        "{} {} (rung {at} of {}: why)",
        rung.asks,
        rung.says,
        ladder.rungs.len()
    );
    Some(Fact::new("rung", text))
}

/// The word of what a person has seen.
const SEEN: &str = "Seen";

impl Listing for Home {
    type Row = FindingRow;
    const ID: &'static str = SCREEN;
    const TITLE: &'static str = "What burns";
    const FEEDS: &'static [&'static str] = FEEDS;
    const BESIDE: &'static [&'static str] = BESIDE;
    const OPTIONAL: &'static [&'static str] = OPTIONAL;
    const ORDER: &'static str = "cost";
    const STATES: &'static [&'static str] =
        &["Burning", "Failed", "Blind", "Waiting", "Slow burn", SEEN];
    const NOTHING: &'static str = "Nothing needs you. Every source is live.";

    fn columns() -> &'static [Column<FindingRow>] {
        COLUMNS
    }

    fn ranking<'a>(_ctx: &Ctx<'a>) -> Ranking<'a, FindingRow> {
        Box::new(FindingRow::urgency)
    }

    fn order(a: &FindingRow, b: &FindingRow) -> Ordering {
        a.urgency().cmp(&b.urgency())
    }

    fn summary(rows: &mut dyn Iterator<Item = &FindingRow>) -> String {
        let (mut now, mut later, mut seen) = (0, 0, 0);
        for row in rows {
            match (row.seen, row.is_now()) {
                (Some(_), _) => seen += 1,
                (None, true) => now += 1,
                (None, false) => later += 1,
            }
        }
        let need = if now == 1 { "needs you" } else { "need you" };
        let parts = [(now, need), (later, "can wait"), (seen, "seen")];
        let said = parts.iter().filter(|(n, _)| *n > 0);
        let said: Vec<String> = said.map(|(n, word)| format!("{n} {word}")).collect();
        said.join(" · ")
    }

    fn below(ctx: &Ctx<'_>) -> Option<String> {
        Some(quiet::words(ctx)).filter(|words| !words.is_empty())
    }

    fn facts(row: &FindingRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let evidence = row.evidence.iter();
        let evidence = evidence.map(|(label, text)| Fact::new(label, text.to_string()));
        let seen = row.seen.map(|at| {
            let by = match row.seen_by.as_str() {
                "" => String::new(),
                by => format!("by {by} "),
            };
            let text = format!(
                "{by}since {}; told again when it gets worse",
                clock(at, ctx.now)
            );
            Fact::new("seen", text)
        });
        let rung = row.one().and_then(|one| rung(one, ctx));
        let books = (!row.books.is_empty()).then(|| {
            let names: Vec<&str> = row.books.iter().map(|book| &**book).collect();
            Fact::with("runbooks", names.join(", "), Role::Chosen)
        });
        seen.into_iter()
            .chain(books)
            .chain(evidence)
            .chain(rung)
            .collect()
    }

    const OPENS: bool = true;

    fn open(row: &FindingRow) -> Option<Box<dyn Screen>> {
        match (row.rule, &row.subject) {
            (_, Some(subject)) => Some(opened(subject.clone())),
            ("pending-pods", None) => {
                let (cluster, namespace) = (row.key.cluster.clone(), row.key.namespace.clone());
                let mut pods = ListScreen::<Pods>::default();
                let title = format!("Pods of {namespace} that no node takes");
                pods.show_only(Only::new(title, move |pod: &PodRow| {
                    let here = pod.key.cluster == cluster && pod.key.namespace == namespace;
                    here && !pod.unscheduled.is_empty()
                }));
                Some(Box::new(pods))
            }
            _ => None,
        }
    }

    const SEEN: bool = true;

    const LOGS: bool = true;

    fn logs(row: &FindingRow) -> Option<Box<dyn Screen>> {
        let subject = row.subject.as_ref()?;
        let target = match subject.feed {
            "workflows" => Target::Run(subject.key.clone()),
            "pods" => Target::Pod(subject.key.clone()),
            _ => return None,
        };
        Some(LogScreen::open(target))
    }

    fn why(row: &FindingRow) -> Option<Subject> {
        row.one().cloned()
    }

    fn subject(row: &FindingRow) -> Option<Subject> {
        row.subject.clone()
    }
}
