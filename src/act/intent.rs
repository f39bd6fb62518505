//! What the journal is told before anything leaves. Pure.

use serde_json::{Value, json};

use super::digest::sha256;
use super::options::Options;

use crate::domain::Clean;
use crate::plan::{Intent, Prepared, Request, Step, Undo, hide, json};

/// Bodies up to this size are recorded whole, in bytes; of larger ones only what names their object.
const WHOLE: usize = 4096;

/// The intent of an action.
pub(super) fn intent(prepared: &Prepared, options: &Options) -> Intent {
    let (ask, plan) = (&prepared.ask, &prepared.plan);
    Intent {
        operator: prepared.operator.clone(),
        cluster: prepared.cluster.clone(),
        action: plan.action.to_owned(),
        target: plan.target.clone(),
        parameters: hide::parameters(&plan.parameters),
        reason: Clean::new(&hide::text(&ask.reason)),
        incident: Clean::new(&hide::text(&ask.incident)),
        runbook: ask.runbook.clone(),
        does: plan.does.clone(),
        requests: plan.steps.iter().map(request).collect(),
        before: digest_of(&prepared.object),
        changes: plan.changes.clone(),
        verify: plan.verify.clone(),
        undo: undo(prepared),
        rollback: plan.rollback.as_ref().map(|back| request(&back.step)),
        by: options.by(),
    }
}

/// What takes it back.
pub(super) fn undo(prepared: &Prepared) -> Option<Undo> {
    prepared.plan.inverse.as_ref().map(|inverse| Undo {
        action: inverse.action.to_owned(),
        text: Clean::new(inverse.text),
        parameters: prepared
            .plan
            .inverse_parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Clean::new(&hide::text(value))))
            .collect(),
    })
}

/// SHA-256 of an object as JSON, hexadecimal.
pub(super) fn digest_of(object: &Value) -> String {
    sha256(&serde_json::to_vec(object).unwrap_or_default())
}

fn request(step: &Step) -> Request {
    let bytes = serde_json::to_vec(&step.body).unwrap_or_default();
    Request {
        method: step.method.to_owned(),
        path: step.path.clone(),
        content_type: step.content_type.to_owned(),
        body: if bytes.len() <= WHOLE {
            hide::value(&step.body)
        } else {
            head(&step.body)
        },
        digest: sha256(&bytes),
        stand: step.stand.clone(),
    }
}

/// What names an object, of a body that is too large to be kept.
fn head(body: &Value) -> Value {
    let text = |key: &str| json::text(body, &["metadata", key]);
    let mut head = json!({
        "apiVersion": json::text(body, &["apiVersion"]),
        "kind": json::text(body, &["kind"]),
        "metadata": {},
    });
    for key in ["name", "namespace", "uid", "resourceVersion"] {
        if !text(key).is_empty() {
            json::set(&mut head, &["metadata", key], text(key).into());
        }
    }
    head
}
