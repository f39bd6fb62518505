//! What of `metadata` a kind may need beyond its identity. Pure.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::SlimMeta;
use super::lenient::{Entries, Flag, Int, List, Obj, When, Word};
use crate::domain::{Clean, Labels, OwnedBy};

/// Labels and annotations that any kind reads. Nodes and pods carry dozens more, which are skipped while decoding.
const READ: [&str; 20] = [
    "workflows.argoproj.io/cron-workflow",
    "workflows.argoproj.io/workflow-template",
    "workflows.argoproj.io/cluster-workflow-template",
    "workflows.argoproj.io/resubmitted-from-workflow",
    "workflows.argoproj.io/pod-name-format",
    "workflows.argoproj.io/workflow",
    "workflows.argoproj.io/node-id",
    "pipeline/runid",
    "scheduledworkflows.kubeflow.org/scheduledWorkflowName",
    "nvidia.com/gpu.product",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "serving.kserve.io/deploymentMode",
    "serving.kserve.io/stop",
    "serving.kserve.io/disable-auto-update",
    "serving.kserve.io/inferenceservice",
    "internal.serving.kserve.io/storage-initializer-sourceuri",
    super::experiment::PAUSED_FROM,
    super::notebook::STOPPED,
    super::notebook::ACTIVITY,
];

/// `metadata` of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// Its identity.
    pub slim: SlimMeta,
    /// `metadata.labels`, those in use.
    pub labels: Picked,
    /// `metadata.labels`, all of them, to be filtered by.
    pub all: Labels,
    /// `metadata.annotations`, those in use.
    pub annotations: Picked,
    /// `metadata.creationTimestamp`
    pub created: When,
    /// `metadata.deletionTimestamp`
    pub deleting: When,
    /// `metadata.generation`
    pub generation: Int,
    /// `metadata.finalizers`
    pub finalizers: List<Clean>,
    /// The entry of `metadata.ownerReferences` that controls it.
    pub owner: Option<OwnedBy>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    name: Clean,
    namespace: Clean,
    uid: Clean,
    resource_version: Clean,
    #[serde(rename = "creationTimestamp")]
    created: When,
    #[serde(rename = "deletionTimestamp")]
    deleting: When,
    generation: Int,
    finalizers: List<Clean>,
    owner_references: List<Obj<Reference>>,
    labels: Labelled,
    annotations: Picked,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Reference {
    kind: Clean,
    name: Clean,
    controller: Flag,
}

/// The owner that controls an object.
fn owner(all: List<Obj<Reference>>) -> Option<OwnedBy> {
    let mut all = all.0.into_iter().filter_map(|r| r.0);
    all.find(|r| r.controller.0).map(|r| OwnedBy {
        kind: r.kind,
        name: r.name,
    })
}

/// An object without a name is no object: this is the one thing that decoding insists on.
impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let raw = Obj::<Raw>::deserialize(d)?.or_empty();
        if raw.name.is_empty() {
            return Err(serde::de::Error::custom("metadata.name is missing"));
        }
        Ok(Self {
            slim: SlimMeta {
                name: raw.name.as_str().to_owned(),
                namespace: raw.namespace.as_str().to_owned(),
                uid: raw.uid.as_str().to_owned(),
                resource_version: raw.resource_version.as_str().to_owned(),
            },
            labels: raw.labels.picked,
            all: raw.labels.all,
            annotations: raw.annotations,
            created: raw.created,
            deleting: raw.deleting,
            generation: raw.generation,
            finalizers: raw.finalizers,
            owner: owner(raw.owner_references),
        })
    }
}

/// The entries of a map of labels or annotations that some kind reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picked(Vec<(&'static str, Clean)>);

impl Picked {
    /// The value of a key; empty when it is not there.
    #[must_use]
    pub fn get(&self, key: &str) -> Clean {
        self.0
            .iter()
            .find(|(k, _)| *k == key)
            .map(|(_, v)| v.clone())
            .unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Picked {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Picked;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Picked, A::Error> {
                let mut picked = Vec::new();
                while let Some(key) = map.next_key::<Word<'de>>()? {
                    if let Some(known) = READ.iter().find(|k| **k == &*key) {
                        picked.push((*known, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Picked(picked))
            }
        }
        // anything but a map reads as no labels
        struct Entry(Picked);
        impl<'de> Deserialize<'de> for Entry {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_map(V).map(Entry)
            }
        }
        Ok(Obj::<Entry>::deserialize(d)?
            .0
            .map(|e| e.0)
            .unwrap_or_default())
    }
}

/// Labels: those that some kind reads, and all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Labelled {
    picked: Picked,
    all: Labels,
}

/// Most labels read of an object: what a hostile server sends beyond that is skipped.
const MOST: usize = 256;

impl<'de> Deserialize<'de> for Labelled {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let entries = Entries::<Word<'de>, Word<'de>>::deserialize(d)?.0;
        let pairs = || entries.iter().take(MOST).map(|(k, v)| (&**k, &**v));
        let known = |key: &str| READ.iter().find(|k| **k == key).copied();
        let picked = pairs().filter_map(|(k, v)| Some((known(k)?, Clean::new(v))));
        Ok(Self {
            picked: Picked(picked.collect()),
            all: Labels::of(pairs()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_all_kept_and_annotations_only_where_they_are_read() {
        let meta: Meta = serde_json::from_value(serde_json::json!({
            "name": "p", "labels": {"team": "nlp", "nvidia.com/gpu.product": "A100", "n": 5, "odd": {"x": 1}},
            "annotations": {"team": "no", "workflows.argoproj.io/node-id": "id"},
        }))
        .unwrap();
        assert_eq!(&*meta.labels.get("nvidia.com/gpu.product"), "A100");
        assert_eq!(meta.all.get("team"), Some("nlp"));
        assert_eq!(
            (meta.all.get("n"), meta.all.get("odd")),
            (Some("5"), Some(""))
        );
        assert_eq!(
            &*meta.annotations.get("workflows.argoproj.io/node-id"),
            "id"
        );
        let odd: Meta = serde_json::from_str(r#"{"name": "p", "labels": [1]}"#).unwrap();
        assert!(odd.all.is_empty());
    }
}
