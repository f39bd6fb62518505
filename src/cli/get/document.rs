//! What was read as one JSON document, versioned: `docs/schema/midwatch-v1.json`. Pure but for the output.

use serde_json::{Map, Value, json};

use super::sheet::Sheet;
use crate::app::items::{fault, source};
use crate::cli::exit::Failure;
use crate::cli::output::Out;
use crate::cli::session::{Session, Trouble};
use crate::domain::{ClusterId, SourceId, SourceState};

/// The version of everything midwatch prints as JSON. A field may be added; none is taken away or changes its meaning
/// within a version.
pub const API_VERSION: &str = "midwatch/v1";

/// Prints the document for people and programs: indented.
pub fn print(session: &Session, sheet: &Sheet, out: &mut Out) -> Result<(), Failure> {
    out.line(&format!("{:#}", document(session, sheet)))
}

/// The document.
#[must_use]
pub fn document(session: &Session, sheet: &Sheet) -> Value {
    let items: Vec<Value> = sheet.lines.iter().map(|l| l.item.clone()).collect();
    let sources: Vec<Value> = session.sources().into_iter().map(source).collect();
    let clusters = session.clusters().iter();
    let mut document: Map<String, Value> = sheet.more.clone();
    for (name, value) in [
        ("apiVersion", json!(API_VERSION)),
        ("kind", json!(format!("{}List", sheet.kind))),
        ("complete", json!(is_complete(session, sheet))),
        (
            "clusters",
            clusters
                .map(|c| cluster(session, c))
                .collect::<Vec<_>>()
                .into(),
        ),
        ("items", items.into()),
        ("sources", sources.into()),
    ] {
        document.insert(name.to_owned(), value);
    }
    Value::Object(document)
}

/// A kind that need not be installed is missed by nobody.
fn is_complete(session: &Session, sheet: &Sheet) -> bool {
    let missed = |trouble: &Trouble| {
        let absent = trouble.state == Some(SourceState::Absent);
        !(absent && sheet.optional.contains(&trouble.id.feed))
    };
    !sheet.astray && !session.troubles().iter().any(missed)
}

fn cluster(session: &Session, id: &ClusterId) -> Value {
    let api = session.world().source(&SourceId {
        cluster: id.clone(),
        feed: "api",
        scope: String::new(),
    });
    let info = session.info(id);
    let known = |text: Option<&str>| match text {
        Some(text) if !text.is_empty() => Value::from(text),
        _ => Value::Null,
    };
    json!({
        "name": id.as_str(),
        "server": known(info.map(|i| i.server.as_str())),
        "version": known(info.map(|i| i.version.as_str())),
        "user": known(info.map(|i| i.user.as_str())),
        "namespace": known(info.map(|i| i.namespace.as_str())),
        "state": api.map_or("connecting", |row| row.state.word()),
        "fault": api.and_then(|row| row.fault.as_ref()).map(fault),
    })
}
