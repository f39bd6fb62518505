//! Alerts that fire and that no other finding tells of. Pure.

use super::{Find, believed, seconds};
use crate::app::screen::Ctx;
use crate::domain::{AlertRow, AlertState, FindingRow, Need};

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
    Find::new("alert", need, &alert.key)
        .what(&alert.title)
        .says(&says)
        .because("severity", &alert.severity)
        .because("labels", &labels.join(" "))
        .within(seconds(alert.since, ctx.now))
        .since(alert.since)
        .done()
}
