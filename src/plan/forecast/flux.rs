//! What Flux and Helm do about a change. Pure.
//!
//! Sources: `fluxcd/kustomize-controller` (applies on the server's side at each interval), `fluxcd/helm-controller`
//! (`spec.driftDetection`).

use serde_json::Value;

use super::keepers::Sight;
use super::schedule::seconds;
use super::{Forecast, Stays};
use crate::domain::{Clean, Span};
use crate::plan::json;

/// What becomes of a change of what a Kustomization keeps.
pub(super) fn kustomization(
    (object, name): (&Value, &str),
    seen: &Sight,
    change: &str,
) -> Forecast {
    let head = format!("Owned by Flux Kustomization {}", Clean::new(name));
    let key = [
        "metadata",
        "annotations",
        "kustomize.toolkit.fluxcd.io/reconcile",
    ];
    if json::text(object, &key) == "disabled" {
        return told(
            Stays::Yes,
            &format!("{head}, which leaves this object alone: {change} stays"),
        );
    }
    let Some(owner) = known(seen) else {
        return unseen(&head, seen);
    };
    if json::flag(owner, &["spec", "suspend"]) {
        let text = format!("{head}, which is suspended: {change} stays until it is resumed");
        return lasting(told(Stays::UntilSync, &text));
    }
    let every = seconds(json::text(owner, &["spec", "interval"]));
    reverted(&head, change, every)
}

/// What becomes of a change of what a `HelmRelease` keeps.
pub(super) fn helm_release(name: &str, seen: &Sight, change: &str) -> Forecast {
    let head = format!("Owned by Flux HelmRelease {}", Clean::new(name));
    let Some(owner) = known(seen) else {
        return unseen(&head, seen);
    };
    let mode = json::text(owner, &["spec", "driftDetection", "mode"]);
    if mode == "enabled" && !json::flag(owner, &["spec", "suspend"]) {
        let every = seconds(json::text(owner, &["spec", "interval"]));
        return reverted(&format!("{head}, which corrects drift"), change, every);
    }
    let text =
        format!("{head}, which does not correct drift: {change} stays until its next release");
    lasting(told(Stays::UntilSync, &text))
}

/// What becomes of a change of what Helm installed.
pub(super) fn helm(name: &str, change: &str) -> Forecast {
    let name = Clean::new(name);
    let text = format!(
        "Installed by Helm release {name}: {change} stays until its next upgrade, which may set it back"
    );
    let mut forecast = told(Stays::UntilSync, &text);
    forecast.lasts = Clean::new("Set it in the values or the chart of the release as well");
    forecast
}

fn known(seen: &Sight) -> Option<&Value> {
    seen.found()
}

/// Not to be read, or not there: the mark alone is no proof.
fn unseen(head: &str, seen: &Sight) -> Forecast {
    let (stays, what) = match seen {
        Sight::Absent => (Stays::Yes, "which is not there any more".to_owned()),
        Sight::Unseen(_) | Sight::Unasked | Sight::Found(_) => (
            Stays::Unknown,
            "which could not be read: the change may be reverted".to_owned(),
        ),
    };
    let mut forecast = told(stays, &format!("{head}, {what}"));
    if let Sight::Unseen(why) = seen {
        forecast.unknown = why.clone();
        forecast = lasting(forecast);
    }
    forecast
}

fn reverted(head: &str, change: &str, every: Option<i64>) -> Forecast {
    let when = every.map_or_else(String::new, |s| format!(" within {}", Span(s).short()));
    let text = format!("{head}: {change} is reverted{when}, unless git does not name it");
    let mut forecast = told(Stays::No, &text);
    forecast.reverted_within = every.and_then(|s| u64::try_from(s).ok());
    lasting(forecast)
}

fn told(stays: Stays, text: &str) -> Forecast {
    Forecast {
        stays,
        text: Clean::new(text),
        ..Forecast::default()
    }
}

fn lasting(mut forecast: Forecast) -> Forecast {
    forecast.lasts = Clean::new("Set it in git, or suspend what owns it while it has to hold");
    forecast
}
