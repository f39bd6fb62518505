//! A plan: the requests in order, what they change, what surprises, how it is checked. Pure data; its JSON is
//! documented in `docs/plan.md` and versioned by [`API_VERSION`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::check::{Check, Expect, Verify};
use super::deed::{Access, Change};
use super::forecast::Forecast;
use super::given::Given;
use super::home::Home;
use super::json;
use super::nodes::Rollback;
use super::spec::{ActionSpec, Resource, Risk};
use super::stand::Stand;
use crate::domain::Clean;

/// Version of the JSON of a plan.
pub const API_VERSION: &str = "midwatch/v1";

/// What would be done, and what is known about it beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`API_VERSION`].
    pub api_version: &'static str,
    /// `Plan`.
    pub kind: &'static str,
    /// Name of the action.
    pub action: &'static str,
    /// What it does, in one sentence.
    pub does: Clean,
    /// To what.
    pub target: Target,
    /// What the operator gave.
    pub parameters: BTreeMap<&'static str, Vec<String>>,
    /// What is at stake.
    pub risk: Risk,
    /// The requests, in order; each only when the one before it succeeded.
    pub steps: Vec<Step>,
    /// Ids of nodes that are set back to running.
    pub reset: Vec<String>,
    /// Ids of nodes that are taken out of the status, so that they run again where they are still wanted.
    pub remove: Vec<String>,
    /// Names of pods that are deleted.
    pub delete: Vec<String>,
    /// Nodes that stay as they are, each with the reason.
    pub keep: Vec<Keep>,
    /// Ids of gates that are decided or given values.
    pub gates: Vec<String>,
    /// Full names of the nodes named above, by id.
    pub names: BTreeMap<String, String>,
    /// What is worth knowing before.
    pub facts: Vec<Fact>,
    /// What the system would do that is not expected.
    pub traps: Vec<Trap>,
    /// Rights that the requests need.
    pub needs: Vec<Need>,
    /// The action that takes it back; none when it cannot be taken back.
    pub inverse: Option<Inverse>,
    /// Parameters of the action that takes it back.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inverse_parameters: BTreeMap<&'static str, String>,
    /// What shows that it is done.
    pub verify: Verify,
    /// What sets it back when a controller could not carry it out; none where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// What to do when it is not seen in time; empty where looking again is all.
    #[serde(skip_serializing_if = "is_unsaid")]
    pub late: Clean,
    /// Who else writes the object, and whether what is changed stays. Filled in by who prepares the plan.
    pub forecast: Forecast,
    /// Whether the rights are there, in the order of `needs`; empty while not asked. Filled in by who prepares the plan.
    pub rights: Vec<Access>,
    /// What the server said, in a dry run, that would change. Filled in by who prepares the plan.
    pub changes: Vec<Change>,
}

/// The object a plan is made for, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The context.
    pub cluster: String,
    /// URL of the API server.
    pub server: String,
    /// The uid of namespace `kube-system`, which is the cluster's identity; empty when it may not be read.
    pub cluster_uid: String,
    /// SHA-256 of the certificate authority that is trusted for it, hexadecimal; empty for those of the system.
    pub cluster_ca: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Plural.
    pub resource: String,
    /// Namespace; empty for objects without one.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The uid.
    pub uid: String,
    /// The version that the plan is made from.
    pub resource_version: String,
    /// Where it lives.
    #[serde(default, skip_serializing_if = "Home::is_kubernetes")]
    pub home: Home,
    /// Where the service is that it lives in; empty for the API server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The verb of access control: `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// Path on the API server.
    pub path: String,
    /// Query.
    pub query: BTreeMap<&'static str, &'static str>,
    /// Type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Value,
    /// An answer of 404 counts as done.
    pub absent_is_done: bool,
    /// Why, one sentence.
    pub why: Clean,
    /// What it stands on, where the server knows neither versions nor dry runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand: Option<Stand>,
}

/// A node that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keep {
    /// Its id.
    pub node: String,
    /// Why it stays: `succeeded`, `memoized`, …
    pub why: &'static str,
}

/// Something worth knowing before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// One word: `kept`, `locks`, `ttl`, `resubmit`, …
    pub topic: &'static str,
    /// One or two sentences.
    pub text: Clean,
}

/// Something that the system would do and that is not expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trap {
    /// One or two sentences.
    pub text: Clean,
    /// The action must not run.
    pub blocks: bool,
}

/// A right that the requests need. An empty name means any object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Verb.
    pub verb: Cow<'static, str>,
    /// API group.
    pub group: String,
    /// Plural.
    pub resource: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// The action that takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inverse {
    /// Name of the action, on the same target.
    pub action: &'static str,
    /// What it does, and what it does not bring back.
    pub text: &'static str,
}

impl Plan {
    /// A plan for the target without requests.
    pub(super) fn new(given: &Given<'_>, spec: &ActionSpec, does: &str) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Plan",
            action: spec.name,
            does: Clean::new(does),
            target: Target::of(given, spec),
            parameters: given.params.given().clone(),
            risk: spec.risk,
            steps: Vec::new(),
            reset: Vec::new(),
            remove: Vec::new(),
            delete: Vec::new(),
            keep: Vec::new(),
            gates: Vec::new(),
            names: BTreeMap::new(),
            facts: Vec::new(),
            traps: Vec::new(),
            needs: Vec::new(),
            inverse: None,
            inverse_parameters: BTreeMap::new(),
            verify: Verify::default(),
            rollback: None,
            late: Clean::default(),
            forecast: Forecast::default(),
            rights: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Adds a request and the right it needs.
    pub(super) fn step(&mut self, step: Step, need: Need) {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
        self.steps.push(step);
    }

    pub(super) fn fact(&mut self, topic: &'static str, text: &str) {
        self.facts.push(Fact {
            topic,
            text: Clean::new(text),
        });
    }

    /// Says what is not expected.
    pub(super) fn warn(&mut self, text: &str) {
        self.trap(text, false);
    }

    /// Says what must not happen.
    pub(super) fn block(&mut self, text: &str) {
        self.trap(text, true);
    }

    fn trap(&mut self, text: &str, blocks: bool) {
        self.traps.push(Trap {
            text: Clean::new(text),
            blocks,
        });
    }

    /// Says what shows that it is done.
    pub(super) fn done_when(&mut self, text: &'static str, checks: Vec<Check>) {
        self.verify = Verify {
            text: text.into(),
            checks,
            patience: 0,
        };
    }

    /// The action that takes it back, with what it is given.
    pub(super) fn undone_by(&mut self, inverse: Inverse, given: Vec<(&'static str, String)>) {
        self.inverse = Some(inverse);
        self.inverse_parameters = given.into_iter().collect();
    }

    /// What takes it back, in words; none when nothing does.
    #[must_use]
    pub fn inverse_words(&self) -> Option<String> {
        let inverse = self.inverse.as_ref()?;
        let given: Vec<String> = self
            .inverse_parameters
            .iter()
            .map(|(name, value)| format!(" {name}={}", Clean::new(value)))
            .collect();
        Some(format!(
            "{}{}: {}",
            inverse.action,
            given.concat(),
            inverse.text
        ))
    }

    /// Something must not happen, so this plan must not run.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.traps.iter().any(|t| t.blocks)
    }
}

impl Target {
    fn of(given: &Given<'_>, spec: &ActionSpec) -> Self {
        let resource = resource(given.object, spec);
        let meta = |key| json::text(given.object, &["metadata", key]).to_owned();
        Self {
            cluster: given.cluster.name.clone(),
            server: given.cluster.server.clone(),
            cluster_uid: given.cluster.system_uid.clone(),
            cluster_ca: given.cluster.ca.clone(),
            group: resource.map_or("", |r| r.group).to_owned(),
            version: resource.map_or("", |r| r.version).to_owned(),
            resource: resource.map_or("", |r| r.plural).to_owned(),
            namespace: meta("namespace"),
            name: meta("name"),
            uid: meta("uid"),
            resource_version: meta("resourceVersion"),
            home: resource.map_or(Home::Kubernetes, |r| r.home),
            endpoint: meta("endpoint"),
        }
    }

    /// Path of the target where it lives.
    #[must_use]
    pub fn path(&self) -> String {
        self.home.path(
            &self.group,
            &self.version,
            (&self.namespace, &self.resource, &self.name),
        )
    }

    /// The right to do something to the target.
    pub(super) fn need(&self, verb: &'static str) -> Need {
        Need {
            verb: verb.into(),
            group: self.group.clone(),
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

fn is_unsaid(text: &Clean) -> bool {
    text.is_empty()
}

/// The kind of the object among those of the action, in the version it was read in; the first when the object does not
/// say.
fn resource(object: &Value, spec: &ActionSpec) -> Option<&'static Resource> {
    let kind = json::text(object, &["kind"]);
    let version = json::text(object, &["apiVersion"]);
    let version = version.rsplit('/').next().unwrap_or_default();
    let named = || spec.targets.iter().filter(|r| r.kind == kind);
    let same = named().find(|r| r.version == version);
    same.or_else(|| named().next())
        .or_else(|| spec.targets.first())
}
