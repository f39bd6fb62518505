//! Which writes a drill is scored by: those that persons made and that were stored. Pure but for the tally.

use axum::response::Response;
use serde_json::Value;

use super::{Ask, body_json};
use crate::demo::catalog::text;
use crate::demo::drill::Write;

/// Verbs that change something.
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

/// Something of the cluster was written.
pub(super) fn written(ask: &Ask) {
    let target = &ask.target;
    if !WRITES.contains(&target.verb) || ask.site.drill().is_none() || ask.dry_run() != Ok(false) {
        return;
    }
    let name = match target.name.as_str() {
        "" => body_json(ask).map_or_else(|_| String::new(), |body| named(&body)),
        name => name.to_owned(),
    };
    tell(ask, &target.plural, &format!("{}/{name}", target.namespace));
}

fn named(body: &Value) -> String {
    let name = text(body, "/metadata/name");
    let base = text(body, "/metadata/generateName");
    if name.is_empty() { base } else { name }.to_owned()
}

/// Something was sent to a server behind the service proxy.
pub(super) fn proxied(ask: &Ask, response: &Response) {
    let target = &ask.target;
    if !WRITES.contains(&target.verb) || !response.status().is_success() {
        return;
    }
    let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
    if target.rest.contains("/mlflow/") {
        let name = match text(&body, "/name") {
            "" => ask.query.get("name"),
            name => name,
        };
        tell(ask, "registered-models", name);
    } else if target.rest.contains("/silence") {
        tell(ask, "silences", text(&body, "/comment"));
    }
}

fn tell(ask: &Ask, plural: &str, name: &str) {
    ask.site.wrote(&Write {
        verb: ask.target.verb,
        plural,
        name,
    });
}
