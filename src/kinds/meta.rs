//! What of `metadata` a kind may need beyond its identity. Pure.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::SlimMeta;
use super::lenient::{Obj, When, Word};
use crate::domain::Clean;

/// Labels and annotations that any kind reads. Nodes and pods carry dozens more, which are skipped while decoding.
const READ: [&str; 12] = [
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
];

/// `metadata` of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// Its identity.
    pub slim: SlimMeta,
    /// `metadata.labels`, those in use.
    pub labels: Picked,
    /// `metadata.annotations`, those in use.
    pub annotations: Picked,
    /// `metadata.creationTimestamp`
    pub created: When,
    /// `metadata.deletionTimestamp`
    pub deleting: When,
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
    labels: Picked,
    annotations: Picked,
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
            labels: raw.labels,
            annotations: raw.annotations,
            created: raw.created,
            deleting: raw.deleting,
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
