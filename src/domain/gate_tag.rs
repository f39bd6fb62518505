//! Tags of versions that hold gates, as pipelines write them: which tags they are, and what a verdict says. Pure.

use super::{Clean, GateVerdict, Tag};

/// What a tag that holds a gate begins with.
const PREFIXES: [&str; 3] = ["gate.", "gate_", "gates."];

/// A tag that many pipelines write their verdict in.
const STATUS: &str = "validation_status";

/// The name of the gate that a tag holds; none where it holds none.
#[must_use]
pub fn gate_of(tag: &Tag) -> Option<&str> {
    let named = PREFIXES.iter().find_map(|p| tag.key.strip_prefix(p));
    let named = named.filter(|name| !name.is_empty());
    named.or_else(|| tag.key.eq_ignore_ascii_case(STATUS).then_some("validation"))
}

/// The verdict that the text of a tag says.
#[must_use]
pub fn verdict_of(text: &str) -> GateVerdict {
    let word = text.split(['(', ':', ' ']).next().unwrap_or("");
    match word.to_ascii_lowercase().as_str() {
        "pass" | "passed" | "ok" | "true" | "approved" | "success" | "succeeded" => {
            GateVerdict::Passed
        }
        "fail" | "failed" | "false" | "rejected" | "failure" => GateVerdict::Failed,
        _ => GateVerdict::Unknown,
    }
}

/// Names of the gates that tags say were not passed.
#[must_use]
pub fn failed(tags: &[Tag]) -> Box<[Clean]> {
    let failed = tags.iter().filter_map(|tag| {
        let name = gate_of(tag)?;
        (verdict_of(&tag.value) == GateVerdict::Failed).then(|| Clean::new(name))
    });
    failed.collect()
}
