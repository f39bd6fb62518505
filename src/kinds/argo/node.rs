//! A node of an opened run, decoded whole. Pure. Source: `NodeStatus` in `workflow_types.go`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::artifact::RawArtifact;

use super::object::{Nodes, RawParameter};
use super::slim::{Outputs as SlimOutputs, SlimNode, TemplateRef as SlimRef};
use crate::domain::Clean;
use crate::kinds::lenient::{Flag, Int, List, Obj, When, Word, otherwise};

/// A node.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Its key in `status.nodes`; equal to `id` in all that the controller writes.
    #[serde(skip)]
    pub key: Clean,
    /// Full name.
    pub name: Clean,
    /// Short name, unique within its boundary.
    pub display_name: Clean,
    /// `Pod`, `DAG`, …
    pub r#type: Clean,
    /// Template in the same workflow.
    pub template_name: Clean,
    /// Template elsewhere.
    pub template_ref: Obj<TemplateRef>,
    /// `Running`, …
    pub phase: Clean,
    /// Node that encloses it.
    #[serde(rename = "boundaryID")]
    pub boundary_id: Clean,
    /// What the controller says.
    pub message: Clean,
    /// Start, as written, for the fold.
    pub started_at: Clean,
    /// End, as written, for the fold.
    pub finished_at: Clean,
    /// What it says of its own progress.
    pub progress: Clean,
    /// Kubernetes node of its pod.
    pub host_node_name: Clean,
    /// Hooks.
    pub node_flag: Obj<NodeFlag>,
    /// What goes in.
    pub inputs: Obj<Io>,
    /// What comes out.
    pub outputs: Obj<Io>,
    /// What is executed after it (or in it); ids.
    pub children: List<Clean>,
    /// Memoization.
    pub memoization_status: Obj<Memoization>,
    /// Locks.
    pub synchronization_status: Obj<Synchronization>,
}

/// `templateRef`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct TemplateRef {
    /// The workflow template.
    pub name: Clean,
    /// The template in it.
    pub template: Clean,
}

/// `nodeFlag`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct NodeFlag {
    /// Runs as a hook.
    pub hooked: Flag,
}

/// `inputs` or `outputs`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Io {
    /// Values.
    pub parameters: List<Obj<RawParameter>>,
    /// Files.
    pub artifacts: List<Obj<RawArtifact>>,
    /// What a script printed.
    pub result: Clean,
    /// Exit code of the main container.
    pub exit_code: Int,
}

/// `memoizationStatus`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memoization {
    /// The result came from the cache.
    pub hit: Flag,
    /// Key of the entry.
    pub key: Clean,
    /// The `ConfigMap`.
    pub cache_name: Clean,
}

/// `synchronizationStatus`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Synchronization {
    /// The lock it waits for.
    pub waiting: Clean,
}

impl Node {
    /// Name of its template, wherever that is.
    #[must_use]
    pub fn template(&self) -> &Clean {
        match self.template_ref.get() {
            Some(r) if !r.template.is_empty() => &r.template,
            _ => &self.template_name,
        }
    }

    /// Start.
    #[must_use]
    pub fn started(&self) -> When {
        When(self.started_at.parse().ok())
    }

    /// End.
    #[must_use]
    pub fn finished(&self) -> When {
        When(self.finished_at.parse().ok())
    }

    /// An output's value by name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Clean> {
        let found = self
            .outputs
            .get()?
            .parameters
            .iter()
            .filter_map(Obj::get)
            .find(|p| &*p.name == name)?;
        found.value.as_ref()
    }

    /// As the fold of the list sees it, so that both count alike.
    #[must_use]
    pub fn slim(&self) -> SlimNode<'_> {
        SlimNode {
            name: borrow(&self.name),
            display_name: borrow(&self.display_name),
            r#type: borrow(&self.r#type),
            phase: borrow(&self.phase),
            message: borrow(&self.message),
            template_name: borrow(&self.template_name),
            template_ref: Obj(self.template_ref.get().map(|r| SlimRef {
                name: borrow(&r.name),
                template: borrow(&r.template),
            })),
            boundary_id: borrow(&self.boundary_id),
            started_at: borrow(&self.started_at),
            finished_at: borrow(&self.finished_at),
            outputs: Obj(self.outputs.get().map(|o| SlimOutputs {
                exit_code: o.exit_code,
            })),
        }
    }
}

fn borrow(text: &Clean) -> Word<'_> {
    Word(Cow::Borrowed(text.as_str()))
}

/// All nodes of a run.
#[derive(Debug, Default)]
pub struct NodeList(pub Vec<Node>);

impl Nodes for NodeList {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for NodeList {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = NodeList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of nodes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeList, A::Error> {
                let mut nodes = Vec::new();
                while let Some(key) = map.next_key::<Clean>()? {
                    let node: Obj<Node> = map.next_value()?;
                    nodes.push(Node {
                        key,
                        ..node.or_empty()
                    });
                }
                Ok(NodeList(nodes))
            }
            otherwise!(NodeList::default(); bool number text null seq);
        }
        d.deserialize_any(V)
    }
}
