//! Why a step failed as JSON. Pure.

use serde_json::{Value, json};

use super::text;
use crate::domain::{Cause, CauseKind};

/// A cause as JSON.
#[must_use]
pub fn cause_of(why: &Cause) -> Value {
    let evidence: Vec<Value> = why
        .evidence
        .iter()
        .map(|e| json!({"fact": text(&e.fact), "from": text(&e.from)}))
        .collect();
    json!({
        "kind": kind_word(why.kind),
        "sentence": text(&why.sentence),
        "evidence": evidence,
    })
}

fn kind_word(kind: CauseKind) -> &'static str {
    use CauseKind as K;
    match kind {
        K::OutOfMemory => "out-of-memory",
        K::Evicted => "evicted",
        K::Image => "image",
        K::Unschedulable => "unschedulable",
        K::ExitCode => "exit-code",
        K::Deadline => "deadline",
        K::NodeGone => "node-gone",
        K::Stopped => "stopped",
        K::Gate => "gate",
        K::Start => "start",
        K::Lock => "lock",
        K::Other => "other",
    }
}
