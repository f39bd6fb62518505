//! The kinds that the platform serves: one file per kind, one line per kind in [`ALL`]. Pure.
//!
//! A [`Resource`] says all that the API needs to know of a kind: names, scope, whether it has a status
//! subresource, its columns, its selectable fields, what is filled in and refused. The API asks here and knows
//! no kind by name.

mod apps;
mod argo;
mod argocd;
mod basics;
mod budgets;
mod events;
mod katib;
mod knative;
mod kueue;
mod namespaces;
mod nodes;
mod pods;
mod serving;
mod training;

use serde_json::Value;

use super::refusal::Cause;

/// A column of the table that `kubectl get` shows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub name: &'static str,
    /// `string`, `integer` or `date`.
    pub kind: &'static str,
    /// 0 for the plain output, 1 for `-o wide`.
    pub priority: u8,
}

/// Which names are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// RFC 1123 subdomain: most kinds.
    Subdomain,
    /// RFC 1123 label: namespaces.
    Label,
}

/// All that the API needs to know of a kind.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // they are what discovery and storage ask, each on its own
pub struct Resource {
    /// API group; empty for core.
    pub group: &'static str,
    /// The one version served.
    pub version: &'static str,
    /// Plural, as in URLs.
    pub plural: &'static str,
    /// Singular, for discovery.
    pub singular: &'static str,
    /// Kind, as in manifests.
    pub kind: &'static str,
    /// Short names for kubectl.
    pub short: &'static [&'static str],
    /// Categories for kubectl (`all`).
    pub categories: &'static [&'static str],
    /// Lives in namespaces.
    pub namespaced: bool,
    /// Has the `status` subresource.
    pub status: bool,
    /// Comes from a custom resource definition: no strategic merge, every item carries its kind.
    pub custom: bool,
    /// `metadata.generation` is kept.
    pub generation: bool,
    /// A PUT without resourceVersion overwrites.
    pub unconditional: bool,
    /// A DELETE answers with the object instead of a Status.
    pub returns_deleted: bool,
    /// Which names are allowed.
    pub names: NameRule,
    /// Columns after NAME (AGE included, in its place).
    pub columns: &'static [Column],
    /// The cells of those columns.
    pub cells: fn(&Value, jiff::Timestamp) -> Vec<Value>,
    /// Fields, besides name and namespace, that a fieldSelector may name, with their values.
    pub fields: fn(&Value) -> Vec<(&'static str, String)>,
    /// Names of those fields.
    pub field_names: &'static [&'static str],
    /// Fills in what the server would, when an object is created.
    pub defaults: fn(&mut Value),
    /// What is wrong with an object, beyond its metadata.
    pub check: fn(&Value) -> Vec<Cause>,
    /// What is wrong with a change, besides its metadata: old, new.
    pub check_change: fn(&Value, &Value) -> Vec<Cause>,
    /// What the validating webhook of the kind's controller says, when it denies: old (none on creation), new.
    pub webhook: fn(Option<&Value>, &Value) -> Option<String>,
}

/// Age alone, as for custom kinds without columns of their own.
const AGE: &[Column] = &[age_column()];

const fn age_column() -> Column {
    column("Age", "date")
}

const fn column(name: &'static str, kind: &'static str) -> Column {
    Column {
        name,
        kind,
        priority: 0,
    }
}

const fn wide(name: &'static str) -> Column {
    Column {
        name,
        kind: "string",
        priority: 1,
    }
}

const BUILT_IN: Resource = Resource {
    group: "",
    version: "v1",
    plural: "",
    singular: "",
    kind: "",
    short: &[],
    categories: &[],
    namespaced: true,
    status: false,
    custom: false,
    generation: false,
    unconditional: true,
    returns_deleted: false,
    names: NameRule::Subdomain,
    columns: AGE,
    cells: |object, now| vec![age(object, now)],
    fields: |_| Vec::new(),
    field_names: &[],
    defaults: |_| {},
    check: |_| Vec::new(),
    check_change: |_, _| Vec::new(),
    webhook: |_, _| None,
};

const CUSTOM: Resource = Resource {
    custom: true,
    generation: true,
    unconditional: false,
    check: |object| match &object["spec"] {
        Value::Null => vec![Cause::required("spec", "")],
        _ => Vec::new(),
    },
    ..BUILT_IN
};

/// Every kind served, in the order of discovery.
pub static ALL: &[&Resource] = &[
    &namespaces::NAMESPACES,
    &nodes::NODES,
    &pods::PODS,
    &events::EVENTS,
    &basics::CONFIG_MAPS,
    &basics::SERVICES,
    &argo::WORKFLOWS,
    &argo::CRON_WORKFLOWS,
    &argo::WORKFLOW_TEMPLATES,
    &argo::CLUSTER_WORKFLOW_TEMPLATES,
    &basics::LEASES,
    &budgets::BUDGETS,
    &argocd::APPLICATIONS,
    &argocd::APPLICATION_SETS,
    &argocd::APP_PROJECTS,
    &apps::DEPLOYMENTS,
    &apps::REPLICA_SETS,
    &serving::INFERENCE_SERVICES,
    &serving::LLM_INFERENCE_SERVICES,
    &serving::SERVING_RUNTIMES,
    &serving::CLUSTER_SERVING_RUNTIMES,
    &knative::SERVICES,
    &knative::CONFIGURATIONS,
    &knative::ROUTES,
    &knative::REVISIONS,
    &katib::EXPERIMENTS,
    &katib::TRIALS,
    &katib::SUGGESTIONS,
    &training::PYTORCH_JOBS,
    &training::JOB_SETS,
    &training::JOBS,
    &training::TRAIN_JOBS,
    &training::RAY_JOBS,
    &training::RAY_CLUSTERS,
    &kueue::CLUSTER_QUEUES,
    &kueue::LOCAL_QUEUES,
    &kueue::WORKLOADS,
    &kueue::RESOURCE_QUOTAS,
    &kueue::PROFILES,
    &kueue::NOTEBOOKS,
];

/// Index of a kind in [`ALL`].
pub type Id = usize;

/// Finds a kind by what a URL names.
#[must_use]
pub fn find(group: &str, version: &str, plural: &str) -> Option<Id> {
    ALL.iter()
        .position(|r| r.group == group && r.version == version && r.plural == plural)
}

/// Finds a kind by what a manifest or an owner reference names.
#[must_use]
pub fn find_kind(api_version: &str, kind: &str) -> Option<Id> {
    ALL.iter()
        .position(|r| r.kind == kind && r.api_version() == api_version)
}

impl Resource {
    /// `v1` or `group/version`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `pods` or `workflows.argoproj.io`, as messages name it.
    #[must_use]
    pub fn qualified(&self) -> String {
        qualify(self.plural, self.group)
    }
}

fn qualify(word: &str, group: &str) -> String {
    if group.is_empty() {
        word.to_owned()
    } else {
        format!("{word}.{group}")
    }
}

/// The one spelling of a deployment mode of `KServe`.
#[must_use]
pub fn serving_mode(word: &str) -> &str {
    serving::mode(word)
}

/// The text at a JSON pointer; empty when absent or not text.
#[must_use]
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn age(object: &Value, now: jiff::Timestamp) -> Value {
    since(text(object, "/metadata/creationTimestamp"), now)
}

fn since(stamp: &str, now: jiff::Timestamp) -> Value {
    stamp.parse::<jiff::Timestamp>().map_or_else(
        |_| Value::from("<unknown>"),
        |then| Value::from(human(now.as_second() - then.as_second())),
    )
}

/// A duration as kubectl writes it: `42s`, `5m10s`, `3h10m`, `2d4h`, `12d`.
fn human(seconds: i64) -> String {
    let (m, h, d) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let pair = |big: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 {
            format!("{big}{unit}")
        } else {
            format!("{big}{unit}{rest}{small}")
        }
    };
    match seconds {
        ..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => pair(m, "m", seconds % 60, "s"),
        600..10_800 => format!("{m}m"),
        10_800..28_800 => pair(h, "h", m % 60, "m"),
        28_800..172_800 => format!("{h}h"),
        172_800..691_200 => pair(d, "d", h % 24, "h"),
        _ => format!("{d}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_path_and_kind() {
        for (id, r) in ALL.iter().enumerate() {
            assert_eq!(find(r.group, r.version, r.plural), Some(id));
            assert_eq!(find_kind(&r.api_version(), r.kind), Some(id));
        }
    }

    #[test]
    fn every_kind_has_a_cell_for_every_column() {
        let empty = serde_json::json!({});
        for r in ALL {
            let cells = (r.cells)(&empty, jiff::Timestamp::UNIX_EPOCH);
            assert_eq!(cells.len(), r.columns.len(), "{}", r.plural);
            let fields: Vec<_> = (r.fields)(&empty).into_iter().map(|f| f.0).collect();
            assert_eq!(fields, r.field_names, "{}", r.plural);
        }
    }

    #[test]
    fn ages_read_as_kubectl_writes_them() {
        let read: Vec<String> = [5, 119, 130, 700, 11_400, 30_000, 187_200, 900_000]
            .map(human)
            .to_vec();
        assert_eq!(
            read,
            ["5s", "119s", "2m10s", "11m", "3h10m", "8h", "2d4h", "10d"]
        );
    }
}
