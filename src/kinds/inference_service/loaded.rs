//! Whether the model of an inference service is loaded, and why not. Pure.

use serde::Deserialize;

use crate::domain::{Clean, ModelState};
use crate::kinds::conditions::{safe, sentence};
use crate::kinds::lenient::{Int, Obj, When};

/// `status.modelStatus`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ModelStatus {
    transition_status: Clean,
    states: Obj<States>,
    last_failure_info: Obj<Failure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct States {
    active_model_state: Clean,
    target_model_state: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Failure {
    reason: Clean,
    message: Clean,
    model_revision_name: Clean,
    time: When,
    exit_code: Int,
}

/// What the model server says of its model.
pub(super) fn state(told: ModelStatus) -> ModelState {
    let states = told.states.or_empty();
    let failure = told.last_failure_info.or_empty();
    ModelState {
        transition: told.transition_status,
        active: states.active_model_state,
        target: states.target_model_state,
        failed_at: failure.time.0,
        failure: why(&failure),
    }
}

/// Why the last load failed, as one sentence: `ModelLoadFailed: no such key (exit 1, in fraud-00042)`.
fn why(failure: &Failure) -> Clean {
    let parts = [&*failure.reason, sentence(&failure.message)];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    if parts.is_empty() {
        return Clean::default();
    }
    let mut about: Vec<String> = Vec::new();
    about.extend(
        failure
            .exit_code
            .code()
            .filter(|c| *c != 0)
            .map(|c| format!("exit {c}")),
    );
    let revision = &failure.model_revision_name;
    about.extend((!revision.is_empty()).then(|| format!("in {revision}")));
    let about = if about.is_empty() {
        String::new()
    } else {
        format!(" ({})", about.join(", "))
    };
    safe(&format!("{}{about}", parts.join(": ")))
}
