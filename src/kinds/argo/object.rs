//! A workflow around its nodes: what the list and the opened run both read. Pure.
//!
//! Generic over how nodes are taken in: folded as they stream by, or kept whole.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

use super::artifact::Repository;
use super::packed::Packed;
use crate::domain::{Clean, NodeStorage, Parameter, hidden};
use crate::kinds::lenient::{Entries, Flag, Int, List, Obj, When, otherwise};
use crate::kinds::manifest::is_secret;
use crate::kinds::meta::Meta;

/// A workflow.
#[derive(Debug, serde::Deserialize)]
#[serde(bound = "N: Nodes")]
pub struct Workflow<N> {
    /// `metadata`
    pub metadata: Meta,
    /// `spec`
    #[serde(default)]
    pub spec: Obj<Spec>,
    /// `status`
    #[serde(default)]
    pub status: Obj<Status<N>>,
}

/// A way to take in `status.nodes`.
pub trait Nodes: DeserializeOwned + Default {
    /// No node was there.
    fn is_empty(&self) -> bool;
}

/// `spec`, what is read of it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// Suspended as a whole by a person.
    pub suspend: Flag,
    /// `Stop`, `Terminate` or empty.
    pub shutdown: Clean,
    /// Seconds the workflow may take; 0 is how KFP terminates a run.
    pub active_deadline_seconds: Int,
    /// Template the run starts with.
    pub entrypoint: Clean,
    /// Its templates: how many, and which are gates with a timer.
    pub templates: Templates,
    /// Values it was started with.
    pub arguments: Obj<Arguments>,
    /// The template that holds its spec.
    pub workflow_template_ref: Obj<Reference>,
}

/// `spec.workflowTemplateRef`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reference {
    /// Its name.
    pub name: Clean,
    /// It is a cluster workflow template.
    pub cluster_scope: Flag,
}

/// `spec.arguments`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Arguments {
    /// Its parameters.
    pub parameters: List<Obj<RawParameter>>,
}

/// A parameter as Argo writes it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawParameter {
    /// Its name.
    pub name: Clean,
    /// Its value, missing while unset.
    #[serde(deserialize_with = "present")]
    pub value: Option<Clean>,
    /// What it is when nobody gives a value.
    #[serde(deserialize_with = "present")]
    pub default: Option<Clean>,
    /// Where the value comes from.
    pub value_from: Obj<ValueFrom>,
}

/// `valueFrom` of a parameter.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ValueFrom {
    /// A person supplies it at a gate.
    pub supplied: Obj<Empty>,
}

/// An object whose being there is all that counts.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Empty {}

impl RawParameter {
    /// As shown: of a secret its size alone.
    #[must_use]
    pub fn shown(&self) -> Parameter {
        let secret = is_secret(&self.name);
        let value = self.value.clone().map(|value| {
            if secret && !value.is_empty() && !value.starts_with("{{") {
                Clean::from(hidden(value.len()))
            } else {
                value
            }
        });
        Parameter {
            name: self.name.clone(),
            value,
        }
    }

    /// A person has still to supply it.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.value.is_none()
            && self
                .value_from
                .get()
                .is_some_and(|v| v.supplied.0.is_some())
    }
}

/// A value that is there, as opposed to null or missing.
fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Clean>, D::Error> {
    Option::<Clean>::deserialize(d)
}

/// `status`, what is read of it.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, bound = "N: Nodes")]
pub struct Status<N> {
    /// Where it stands, the controller's word.
    pub phase: Clean,
    /// What it says of itself.
    pub message: Clean,
    /// Start.
    pub started_at: When,
    /// End.
    pub finished_at: When,
    /// `done/total`
    pub progress: Clean,
    /// Seconds it took when it last went well.
    pub estimated_duration: Int,
    /// Its nodes.
    pub nodes: N,
    /// Its nodes, packed; looked at only while `nodes` is empty.
    pub compressed_nodes: Packed<N>,
    /// Where its nodes are in the database, when they are.
    pub offload_node_status_version: Clean,
    /// Values of the run as a whole.
    pub outputs: Obj<Arguments>,
    /// Templates fetched by reference.
    pub stored_templates: StoredTemplates,
    /// The spec of the template it was made from.
    pub stored_workflow_template_spec: Obj<Spec>,
    /// Where artifacts without a bucket of their own are kept.
    pub artifact_repository_ref: Obj<Repository>,
}

impl<N: Nodes> Default for Status<N> {
    fn default() -> Self {
        Self {
            phase: Clean::default(),
            message: Clean::default(),
            started_at: When::default(),
            finished_at: When::default(),
            progress: Clean::default(),
            estimated_duration: Int::default(),
            nodes: N::default(),
            compressed_nodes: Packed::default(),
            offload_node_status_version: Clean::default(),
            outputs: Obj::default(),
            stored_templates: StoredTemplates::default(),
            stored_workflow_template_spec: Obj::default(),
            artifact_repository_ref: Obj::default(),
        }
    }
}

impl<N: Nodes> Status<N> {
    /// Takes the nodes out, with how they were kept and why they are missing (empty when they are not).
    pub fn take_nodes(&mut self) -> (N, NodeStorage, String) {
        let nodes = std::mem::take(&mut self.nodes);
        if !nodes.is_empty() {
            return (nodes, NodeStorage::Inline, String::new());
        }
        match self.compressed_nodes.0.take() {
            Some(Ok(nodes)) => (nodes, NodeStorage::Compressed, String::new()),
            Some(Err(e)) => {
                let gap = format!("the packed steps (status.compressedNodes) cannot be read: {e}");
                (nodes, NodeStorage::Compressed, gap)
            }
            None if !self.offload_node_status_version.is_empty() => {
                let gap = "the steps are offloaded: the controller keeps them in its database, and only the Argo \
                           server can read them";
                (nodes, NodeStorage::Offloaded, gap.to_owned())
            }
            None => (nodes, NodeStorage::Inline, String::new()),
        }
    }
}

/// The templates of a workflow. Only their number and the gates with a timer are kept.
#[derive(Debug, Default)]
pub struct Templates {
    /// How many.
    pub count: u32,
    /// Name of each gate template that ends by itself, and its duration as written.
    pub timers: Vec<(Clean, Clean)>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Template {
    name: Clean,
    suspend: Obj<Suspend>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Suspend {
    duration: Clean,
}

impl Template {
    fn timer(self) -> Option<(Clean, Clean)> {
        let duration = self.suspend.or_empty().duration;
        (!duration.is_empty()).then_some((self.name, duration))
    }
}

impl<'de> Deserialize<'de> for Templates {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Templates;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("templates")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Templates, A::Error> {
                let mut found = Templates::default();
                while let Some(template) = seq.next_element::<Obj<Template>>()? {
                    found.count = found.count.saturating_add(1);
                    found.timers.extend(template.or_empty().timer());
                }
                Ok(found)
            }
            otherwise!(Templates::default(); bool number text null map);
        }
        d.deserialize_any(V)
    }
}

/// `status.storedTemplates`: the gates with a timer, by key (`namespaced/of-template/name`).
#[derive(Debug, Default)]
pub struct StoredTemplates(pub Vec<(Clean, Clean)>);

impl<'de> Deserialize<'de> for StoredTemplates {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let stored = Entries::<Clean, Obj<Template>>::deserialize(d)?;
        let timers = stored.0.into_iter().filter_map(|(key, template)| {
            let (_, duration) = template.or_empty().timer()?;
            Some((key, duration))
        });
        Ok(Self(timers.collect()))
    }
}

/// How long gates last, by template.
#[derive(Debug, Default)]
pub struct Timers {
    named: Vec<(Clean, Clean)>,
    stored: Vec<(Clean, Clean)>,
}

impl Timers {
    /// Collects them from the spec and from what the status stored of templates elsewhere.
    #[must_use]
    pub fn new<N>(spec: &Spec, status: &Status<N>) -> Self {
        let mut named = spec.templates.timers.clone();
        if let Some(stored) = status.stored_workflow_template_spec.get() {
            named.extend(stored.templates.timers.iter().cloned());
        }
        Self {
            named,
            stored: status.stored_templates.0.clone(),
        }
    }

    /// The duration of a gate made from a template, as written; `None` when it waits for a person. `of` is the
    /// name of the workflow template it was referred to in, or empty.
    #[must_use]
    pub fn duration(&self, template: &str, of: &str) -> Option<&str> {
        if template.is_empty() {
            return None;
        }
        let named = self
            .named
            .iter()
            .find(|(name, _)| of.is_empty() && &**name == template);
        let stored = || {
            self.stored.iter().find(|(key, _)| {
                let mut parts = key.rsplit('/');
                parts.next() == Some(template) && (of.is_empty() || parts.next() == Some(of))
            })
        };
        named.or_else(stored).map(|(_, duration)| duration.as_str())
    }
}

/// Seconds of a duration as Argo reads it: a whole number of seconds, or Go's `1h30m`. `None` for anything else,
/// such as a parameter that is not filled in.
#[must_use]
pub fn seconds(duration: &str) -> Option<u64> {
    if let Ok(seconds) = duration.parse() {
        return Some(seconds);
    }
    let mut rest = duration;
    let mut sum = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    if duration.is_empty() {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, never negative
    sum.is_finite().then_some(sum as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_argo_reads_them() {
        let read = ["20", "1h30m", "90s", "1.5m", "", "{{x}}", "5x", "m"].map(seconds);
        assert_eq!(
            read,
            [
                Some(20),
                Some(5400),
                Some(90),
                Some(90),
                None,
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn gates_with_a_timer_are_found_by_template() {
        let spec: Spec = serde_json::from_str(
            r#"{"templates":[{"name":"a","suspend":{}},{"name":"b","suspend":{"duration":20}},{"name":"c"}]}"#,
        )
        .unwrap();
        assert_eq!(spec.templates.count, 3);
        let status: Status<crate::kinds::argo::fold::Fold> = serde_json::from_str(
            r#"{"storedTemplates":{"namespaced/gates/wait":{"name":"wait","suspend":{"duration":"1h"}}}}"#,
        )
        .unwrap();
        let timers = Timers::new(&spec, &status);
        assert_eq!(timers.duration("a", ""), None);
        assert_eq!(timers.duration("b", ""), Some("20"));
        assert_eq!(timers.duration("wait", "gates"), Some("1h"));
        assert_eq!(timers.duration("wait", "other"), None);
    }
}
