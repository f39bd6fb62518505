//! The state of a service in a few words. Pure.

use serde_json::Value;

use super::service::{Mode, Service};
use super::told;
use crate::plan::json;

/// `Ready, fraud-00041 90 %, fraud-00042 10 %`; none of what is no service.
#[must_use]
pub fn state(object: &Value) -> Option<String> {
    let kind = json::text(object, &["kind"]);
    if !matches!(kind, "InferenceService" | "LLMInferenceService") {
        return None;
    }
    let service = Service::of(object);
    let ready = service.condition("Ready");
    let mut words = vec![match ready.map(|c| json::text(c, &["status"])) {
        _ if service.stopped() => "stopped".to_owned(),
        Some("True") => "Ready".to_owned(),
        Some("False") => match ready.map_or("", |c| json::text(c, &["reason"])) {
            "" => "not Ready".to_owned(),
            reason => format!("not Ready ({reason})"),
        },
        _ => "not Ready yet".to_owned(),
    }];
    if service.mode == Mode::Knative {
        let parts = service.parts();
        let routed = parts
            .iter()
            .map(super::Part::routed)
            .filter(|s| !s.is_empty());
        words.extend(routed.map(|s| told::split(&s)));
        let loading = parts.iter().filter(|p| p.is_loading());
        words.extend(loading.map(|p| format!("{} not ready yet", p.created())));
    }
    Some(words.join(", "))
}
