//! Models: how long they load, and which of them do not. Pure.
//!
//! What becomes of a pod is said by the place that its model comes from, so that an edit of `storageUri` to a good
//! one cures it.

use serde_json::Value;

use super::super::fate::{End, Fate};
use super::template::SOURCE;
use super::{OF_SERVICE, annotation};
use crate::demo::catalog::text;
use crate::demo::chance::Chance;

/// A year: a server ends when its pod is taken away.
const FOREVER: i64 = 365 * 86_400_000;

/// Places that the storage initializer knows.
const SCHEMES: [&str; 9] = [
    "s3", "gs", "hf", "pvc", "oci", "http", "https", "abfs", "mlflow",
];

/// What happens to whoever loads a model from a place: nothing, or the end with exit code and last words.
pub(in crate::demo) fn trouble(uri: &str) -> Option<(End, i64, String)> {
    let scheme = uri.split_once("://").map_or("", |(s, _)| s);
    if !uri.is_empty() && !SCHEMES.contains(&scheme) {
        let why = format!(
            "Exception: Cannot recognize storage type for {uri}\n'{}' are the current available storage type.",
            SCHEMES.join("://', '")
        );
        return Some((End::NoModel, 1, why));
    }
    let last = uri.rsplit('/').next().unwrap_or_default();
    if last.contains("missing") {
        let why = format!("RuntimeError: Failed to fetch model. No model found in {uri}.");
        return Some((End::NoModel, 1, why));
    }
    if last.contains("corrupt") {
        let why = "ModelMissingError: model.bst: input stream corrupted: magic number not found"
            .to_owned();
        return Some((End::BadModel, 1, why));
    }
    None
}

/// How the pod of a service goes; none for other pods.
pub(in crate::demo::world) fn fate(pod: &Value, chance: &mut Chance) -> Option<Fate> {
    let labels = &pod["metadata"]["labels"];
    let of_llm = labels["app.kubernetes.io/part-of"] == "llminferenceservice";
    if !of_llm && labels[OF_SERVICE].is_null() {
        return None;
    }
    let image = text(pod, "/spec/containers/0/image");
    let slow = ["huggingface", "vllm", "llm-d"]
        .iter()
        .any(|w| image.contains(w));
    let (least, most) = if slow {
        (70_000, 110_000)
    } else {
        (14_000, 24_000)
    };
    let pull = i64::try_from(chance.between(least, most)).unwrap_or(20_000);
    let (end, code, message) =
        trouble(annotation(pod, SOURCE)).unwrap_or((End::Succeed, 0, String::new()));
    Some(Fate {
        end,
        pull,
        run: FOREVER,
        code,
        reason: "Error".to_owned(),
        message,
        progress: String::new(),
    })
}
