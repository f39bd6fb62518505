//! A service as it was read: mode, parts, conditions. Pure.

use serde_json::Value;

use super::part::{PARTS, Part};
use super::{FROZEN, MODE, STOP};
use crate::plan::json;

/// How a service is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Knative revisions.
    Knative,
    /// Deployments.
    Standard,
    /// A model server that is shared.
    ModelMesh,
    /// An `LLMInferenceService`.
    Llm,
    /// The controller has not told yet, or said a word that is not known.
    Unknown,
}

impl Mode {
    /// By its word; the words before 0.16 count too.
    fn of(word: &str) -> Self {
        match word {
            "Knative" | "Serverless" => Self::Knative,
            "Standard" | "RawDeployment" => Self::Standard,
            "ModelMesh" => Self::ModelMesh,
            _ => Self::Unknown,
        }
    }
}

/// A service.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// As served.
    pub object: &'a Value,
    /// How it is deployed: as its status says, else as its annotation asks.
    pub mode: Mode,
}

impl<'a> Service<'a> {
    /// Reads it.
    #[must_use]
    pub fn of(object: &'a Value) -> Self {
        let mut mode = Mode::of(json::text(object, &["status", "deploymentMode"]));
        if json::text(object, &["kind"]) == "LLMInferenceService" {
            mode = Mode::Llm;
        } else if mode == Mode::Unknown {
            mode = Mode::of(annotation(object, MODE));
        }
        Self { object, mode }
    }

    /// The webhook refuses every change while the annotation asks for another mode than the status has: both words.
    #[must_use]
    pub fn contradiction(&self) -> Option<(&'a str, &'a str)> {
        let asked = annotation(self.object, MODE);
        let is = json::text(self.object, &["status", "deploymentMode"]);
        let differs = !asked.is_empty() && !is.is_empty() && Mode::of(asked) != Mode::of(is);
        differs.then_some((asked, is))
    }

    /// Stopped by its annotation.
    #[must_use]
    pub fn stopped(&self) -> bool {
        annotation(self.object, STOP).eq_ignore_ascii_case("true")
    }

    /// Edits are not carried out while it is ready.
    #[must_use]
    pub fn frozen(&self) -> bool {
        self.mode != Mode::Llm && annotation(self.object, FROZEN) == "true"
    }

    /// Condition `Ready` is true.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.condition("Ready")
            .is_some_and(|c| json::text(c, &["status"]) == "True")
    }

    /// A condition of its status.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&'a Value> {
        let all = json::list(self.object, &["status", "conditions"]);
        all.iter().find(|c| json::text(c, &["type"]) == kind)
    }

    /// A field of `spec.predictor`.
    #[must_use]
    pub fn predictor(&self, field: &str) -> Option<&'a Value> {
        json::at(self.object, &["spec", "predictor", field]).filter(|v| !v.is_null())
    }

    /// An annotation; empty when there is none.
    #[must_use]
    pub fn annotation(&self, key: &str) -> &'a str {
        annotation(self.object, key)
    }

    /// The predictor.
    #[must_use]
    pub fn main(&self) -> Part<'a> {
        Part::of(self.object, "predictor")
    }

    /// Its parts: the predictor, and the others that the spec has.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'a>> {
        let has = |name: &&&str| {
            **name == "predictor"
                || json::at(self.object, &["spec", name]).is_some_and(Value::is_object)
        };
        let names = PARTS.iter().filter(has);
        names.map(|name| Part::of(self.object, name)).collect()
    }

    /// Why the last edit is not carried out yet, as far as the status tells. Its `observedGeneration` does not: `KServe`
    /// copies there that of the Knative Service or of the Deployment.
    #[must_use]
    pub fn under_way(&self) -> Option<String> {
        if self.mode == Mode::Knative && !self.stopped() {
            for part in self.parts() {
                if part.is_loading() {
                    return Some(format!("{} is not ready yet", part.created()));
                }
                let asked = part.split(part.percent());
                if !part.traffic().is_empty()
                    && !part.rolled_out().is_empty()
                    && part.routed() != asked
                {
                    return Some(format!(
                        "the {} is to have {}, and has {}",
                        part.name,
                        super::told::split(&asked),
                        super::told::split(&part.routed())
                    ));
                }
            }
        }
        let ready = self.condition("Ready").filter(|_| !self.stopped())?;
        let why = json::text(ready, &["reason"]);
        match json::text(ready, &["status"]) {
            "True" => None,
            _ if why.is_empty() => Some("it is not Ready".to_owned()),
            _ => Some(format!("it is not Ready ({why})")),
        }
    }
}

fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    json::text(object, &["metadata", "annotations", key])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_status_says_the_mode_in_both_spellings_and_the_annotation_before_it_does() {
        let of = |status: &str, asked: &str| {
            Service::of(&json!({"metadata": {"annotations": {MODE: asked}}, "status": {"deploymentMode": status}})).mode
        };
        assert_eq!(of("Serverless", ""), Mode::Knative);
        assert_eq!(of("Knative", "RawDeployment"), Mode::Knative);
        assert_eq!(of("", "RawDeployment"), Mode::Standard);
        assert_eq!(of("", ""), Mode::Unknown);
        let object = json!({"metadata": {"annotations": {MODE: "RawDeployment"}}, "status": {"deploymentMode": "Standard"}});
        assert_eq!(Service::of(&object).contradiction(), None);
        let object = json!({"metadata": {"annotations": {MODE: "Standard"}}, "status": {"deploymentMode": "Knative"}});
        assert_eq!(
            Service::of(&object).contradiction(),
            Some(("Standard", "Knative"))
        );
    }
}
