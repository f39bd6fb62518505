//! Alerts that fire and that no other finding tells of. Pure.

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{AlertRow, AlertState, Clean, FindingRow, Key, Need, Subject, namespace_of};
use crate::store::{Scope, Table, Want, World};

/// Severities that wake someone.
const PAGES: &[&str] = &["critical", "page", "error", "emergency"];

/// Severities of alerts that ask for nobody, as those that prove that alerts arrive at all.
const NOBODY: &[&str] = &["none", "info", "informational"];

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    believed::<AlertRow>(ctx)
        // the budget of a service is told by its own row
        .filter(|alert| alert.state == AlertState::Firing && alert.service.is_none())
        .filter(|alert| !NOBODY.contains(&&*alert.severity.to_ascii_lowercase()))
        .map(|alert| one(alert, ctx))
        .collect()
}

/// The label of where an alert says that its runbook is.
pub const LINK: &str = "link";

/// Most workflow templates that are watched for the alerts that name them.
const TEMPLATES: usize = 16;

/// What has to be watched beside the feeds, so that it is known which runbooks fit: the workflow templates that alerts
/// name.
pub(super) fn wants(world: &World) -> impl Iterator<Item = Want> {
    let rows = world.table::<AlertRow>().into_iter().flat_map(Table::iter);
    let named = rows
        .filter(|alert| alert.state == AlertState::Firing)
        .filter_map(|alert| template(alert));
    named.take(TEMPLATES).map(|subject| Want {
        cluster: subject.key.cluster.clone(),
        feed: subject.feed,
        scope: Scope::Object {
            namespace: subject.key.namespace.to_string(),
            name: subject.key.name.to_string(),
        },
    })
}

/// The workflow template that an alert names, as one about a model names what trains it anew.
fn template(alert: &AlertRow) -> Option<Subject> {
    let label = |wanted: &str| {
        let found = alert.labels.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value)
    };
    let name = label("workflow_template").filter(|name| !name.is_empty())?;
    let key = Key::new(alert.key.cluster.clone(), namespace_of(label)?, name);
    Some(subject("templates", &key, &Clean::default()))
}

fn one(alert: &AlertRow, ctx: &Ctx<'_>) -> FindingRow {
    let pages = PAGES.contains(&&*alert.severity.to_ascii_lowercase());
    let need = if pages { Need::Failed } else { Need::Slow };
    let says = if alert.summary.is_empty() {
        "fires".to_owned()
    } else {
        alert.summary.to_string()
    };
    let labels: Vec<String> = alert
        .labels
        .iter()
        .filter(|(name, _)| *name != "alertname")
        .take(6)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut find = Find::new("alert", need, &alert.key);
    if let Some(template) = template(alert) {
        find = find.subject(template);
    }
    find.what(&alert.title)
        .says(&says)
        .because(LINK, &alert.runbook)
        .because("severity", &alert.severity)
        .because("labels", &labels.join(" "))
        .within(seconds(alert.since, ctx.now))
        .since(alert.since)
        .done()
}
