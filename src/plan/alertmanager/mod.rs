//! What Alertmanager keeps, and its requests. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `shape` | its answers as objects |
//! | `condition` | the conditions of a silence: written, read, held against labels |
//! | `until` | how long a silence lasts, as people write it |

pub(super) mod condition;
mod shape;
pub(super) mod until;

pub(super) use shape::{alert_of, shape, state};

use serde_json::Value;

use super::form::Need;
use super::home::Home;
use super::json;
use super::spec::{Resource, Right};
use super::wire::segment;

/// Alerts that fire or are held.
const LISTED: &str = "/api/v2/alerts";

const ALERT: Resource = Resource {
    feed: "alerts",
    group: "alertmanager",
    version: "v2",
    plural: "alerts",
    kind: "Alert",
    namespaced: false,
    home: Home::Alertmanager,
};
/// One whose labels name a namespace.
const PLACED: Resource = Resource {
    namespaced: true,
    ..ALERT
};

/// An alert: its labels may name a namespace.
pub(super) const ALERTS: &[Resource] = &[ALERT, PLACED];

/// An alert, or a silence by its id.
pub(super) const ALERTS_AND_SILENCES: &[Resource] = &[
    ALERT,
    PLACED,
    Resource {
        feed: "silences",
        plural: "silences",
        kind: "Silence",
        ..ALERT
    },
];

/// The right that making a silence needs, where the API server passes it on.
pub(super) const MAKES: &[Right] = &[Right::to("create", "", "services/proxy")];
/// The right that ending one needs.
pub(super) const ENDS: &[Right] = &[Right::to("delete", "", "services/proxy")];

/// Where an object of a kind is read.
pub(super) fn path(plural: &str, name: &str) -> String {
    let name = segment(name);
    Home::Alertmanager.at(&match plural {
        "silences" => format!("/api/v2/silence/{name}"),
        // there is no path of one alert: it is looked for among all
        _ => format!("{LISTED}?{}{name}", shape::ALERT),
    })
}

/// Where all alerts are read.
pub(super) fn all_alerts() -> String {
    Home::Alertmanager.at(LISTED)
}

/// Where silences are made.
pub(super) fn all_silences() -> String {
    Home::Alertmanager.at("/api/v2/silences")
}

/// The right that a request needs, where the API server passes on what is asked.
pub(super) fn need(object: &Value, verb: &'static str) -> Option<Need> {
    let service = json::text(object, &["metadata", "service"]);
    let (namespace, name) = service.split_once('/')?;
    Some(Need {
        verb: verb.into(),
        group: String::new(),
        resource: "services/proxy".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}
