//! The list of alerts: what fires, what is about to, what is held, and what each is about. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, namespace};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::Ctx;
use crate::domain::{AlertRow, AlertState, Key, Matcher, SilenceRow, Subject, clock};
use crate::theme::{Mark, Role};

/// Alerts of all clusters.
#[derive(Debug)]
pub struct Alerts;

static COLUMNS: &[Column<AlertRow>] = &[
    Column::<AlertRow>::new(
        "state",
        "STATE",
        11,
        |a, _| state(a),
        |a, b| a.state.cmp(&b.state),
    ),
    Column::<AlertRow>::new(
        "severity",
        "SEVERITY",
        8,
        |a, _| Cell::Clean(a.severity.clone(), role(a)),
        |a, b| loudness(a).cmp(&loudness(b)),
    )
    .drop(2),
    Column::<AlertRow>::new(
        "alert",
        "ALERT",
        16,
        |a, _| Cell::Clean(a.title.clone(), Role::Strong),
        |a, b| a.title.cmp(&b.title),
    )
    .grow(2),
    cluster().drop(5),
    namespace().drop(4),
    Column::<AlertRow>::new(
        "service",
        "SERVICE",
        12,
        |a, _| match &a.service {
            Some(key) => Cell::clean(&key.name),
            None => Cell::unknown(),
        },
        |a, b| a.service.cmp(&b.service),
    )
    .grow(1)
    .drop(1),
    age().drop(3),
    Column::<AlertRow>::new(
        "summary",
        "SAYS",
        16,
        |a, _| Cell::clean(&a.summary),
        |a, b| a.summary.cmp(&b.summary),
    )
    .grow(5),
];

fn state(alert: &AlertRow) -> Cell {
    match alert.state {
        AlertState::Firing => Cell::State(Mark::Burning, "Firing"),
        AlertState::Pending => Cell::State(Mark::Waiting, "Pending"),
        AlertState::Suppressed if alert.silenced_by.is_empty() => {
            Cell::State(Mark::Omitted, "Inhibited")
        }
        AlertState::Suppressed => Cell::State(Mark::Omitted, "Silenced"),
    }
}

/// Severities as people name them, the loudest first.
fn loudness(alert: &AlertRow) -> u8 {
    match alert.severity.to_ascii_lowercase().as_str() {
        "page" | "critical" | "crit" | "emergency" => 0,
        "error" | "high" | "major" => 1,
        "warning" | "warn" | "ticket" => 2,
        "" => 3,
        "info" | "none" | "low" => 5,
        _ => 4,
    }
}

fn role(alert: &AlertRow) -> Role {
    match (alert.state, loudness(alert)) {
        (AlertState::Suppressed, _) => Role::Dim,
        (AlertState::Firing, 0 | 1) => Role::Bad,
        (_, 0..=2) => Role::Warn,
        _ => Role::Text,
    }
}

/// Who holds it, in a sentence; an unknown silence by its id.
fn silence(id: &str, alert: &AlertRow, ctx: &Ctx<'_>) -> String {
    let key = Key::new(alert.key.cluster.clone(), "", id);
    let table = ctx.world.table::<SilenceRow>();
    let Some(row) = table.and_then(|t| t.get(&key)) else {
        return format!("silence {id}");
    };
    let matchers: Vec<String> = row.matchers.iter().map(Matcher::written).collect();
    let until = row
        .ends
        .map_or_else(|| "an unknown time".to_owned(), |ends| clock(ends, ctx.now));
    format!(
        "{} until {until}: {} ({})",
        row.author,
        row.comment,
        matchers.join(", ")
    )
}

impl Listing for Alerts {
    type Row = AlertRow;
    const ID: &'static str = "alerts";
    const TITLE: &'static str = "Alerts";
    const FEEDS: &'static [&'static str] = &["alerts", "silences"];
    const ORDER: &'static str = "state, severity, newest";
    const NOTHING: &'static str = "No alerts. Every source is live, so nothing fires.";

    fn columns() -> &'static [Column<AlertRow>] {
        COLUMNS
    }

    fn rank(alert: &AlertRow) -> u8 {
        let state = match alert.state {
            AlertState::Firing => 0,
            AlertState::Pending => 10,
            AlertState::Suppressed => 20,
        };
        state + loudness(alert)
    }

    fn order(a: &AlertRow, b: &AlertRow) -> Ordering {
        newest(a.since, b.since)
            .then_with(|| a.title.cmp(&b.title))
            .then_with(|| a.key.cmp(&b.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &AlertRow>) -> String {
        let (mut firing, mut pending) = (0, 0);
        for row in rows {
            match row.state {
                AlertState::Firing => firing += 1,
                AlertState::Pending => pending += 1,
                AlertState::Suppressed => {}
            }
        }
        match (firing, pending) {
            (0, 0) => String::new(),
            (firing, 0) => format!("{firing} firing"),
            (0, pending) => format!("{pending} pending"),
            (firing, pending) => format!("{firing} firing, {pending} pending"),
        }
    }

    /// A pending alert is Prometheus' own still: nobody can silence it.
    fn target(alert: &AlertRow) -> Option<Subject> {
        (alert.state != AlertState::Pending).then(|| Subject {
            feed: "alerts",
            word: "alert",
            key: alert.key.clone(),
            uid: alert.key.name.clone(),
        })
    }

    fn facts(alert: &AlertRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let says = if alert.summary.is_empty() {
            "it has no summary".to_owned()
        } else {
            alert.summary.to_string()
        };
        let mut facts = vec![Fact::with("says", says, role(alert))];
        if let Some(key) = &alert.service {
            let about = format!("service {} in {}", key.name, key.namespace);
            facts.push(Fact::new("about", about));
        }
        if !alert.runbook.is_empty() {
            facts.push(Fact::new("runbook", alert.runbook.to_string()));
        }
        if let Some(since) = alert.since {
            facts.push(Fact::new("since", clock(since, ctx.now)));
        }
        for id in &alert.silenced_by {
            facts.push(Fact::new("silenced", silence(id, alert, ctx)));
        }
        if alert.inhibited {
            facts.push(Fact::new("inhibited", "another alert holds it"));
        }
        let labels: Vec<String> = alert
            .labels
            .iter()
            .filter(|(k, _)| !["alertname", "severity"].contains(k))
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        if !labels.is_empty() {
            facts.push(Fact::new("labels", labels.join(" ")));
        }
        facts
    }
}
