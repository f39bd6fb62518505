//! What was read about who keeps an object, and what there is to read. Pure data; `act` reads it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Touched;
use super::marks::Marks;
use crate::domain::Clean;
use crate::plan::form::Plan;
use crate::plan::json;

/// What was seen of who keeps an object as it is written elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keepers {
    /// When.
    pub at: Timestamp,
    /// The Argo CD Application.
    pub application: Sight,
    /// Its `AppProject`, which holds the sync windows.
    pub project: Sight,
    /// The Flux Kustomization or `HelmRelease`.
    pub flux: Sight,
    /// Offsets from UTC in seconds, now, of the zones that sync windows are given in; zones that are not known are left out.
    pub zones: BTreeMap<String, i32>,
}

/// What was seen of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Sight {
    /// It was not looked for.
    #[default]
    Unasked,
    /// There is none.
    Absent,
    /// As served.
    Found(Box<Value>),
    /// It could not be looked for, or not everywhere; why, one sentence.
    Unseen(Clean),
}

impl Sight {
    /// The object, if it was seen.
    #[must_use]
    pub fn found(&self) -> Option<&Value> {
        match self {
            Self::Found(value) => Some(value),
            _ => None,
        }
    }
}

/// What there is to read, by what stands on the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Nothing: the plan changes nothing that is compared, or the object tells all.
    Nothing,
    /// The Application of this name; the namespace is empty when it is the one Argo CD runs in, wherever that is.
    Application {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Any Application that lists the object: nothing on it names one.
    Lister,
    /// A Flux Kustomization.
    Kustomization {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// A Flux `HelmRelease`.
    HelmRelease {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
}

/// What there is to read before the plan's change can be forecast.
#[must_use]
pub fn sought(object: &Value, plan: &Plan) -> Sought {
    if Touched::by(plan, object).is_nothing() {
        return Sought::Nothing;
    }
    let marks = Marks::of(object, &plan.target);
    let owned = |(namespace, name): (&str, &str)| (namespace.to_owned(), name.to_owned());
    if let Some(tracking) = &marks.tracking {
        let (namespace, name) = owned(tracking.app);
        return if tracking.is_this {
            Sought::Application { namespace, name }
        } else {
            Sought::Nothing
        };
    }
    if let Some((namespace, name)) = marks.kustomization.map(owned) {
        return Sought::Kustomization { namespace, name };
    }
    if let Some((namespace, name)) = marks.helm_release.map(owned) {
        return Sought::HelmRelease { namespace, name };
    }
    if !marks.instance.is_empty() {
        return Sought::Application {
            namespace: String::new(),
            name: marks.instance.to_owned(),
        };
    }
    // what a controller makes is in no repository
    let made = json::list(object, &["metadata", "ownerReferences"]);
    if made.iter().any(|o| json::flag(o, &["controller"])) {
        return Sought::Nothing;
    }
    Sought::Lister
}

/// Of applications with the right name, or of any, the one that keeps the target: the one that lists it; of those that are
/// named by its tracking id also one that does not (yet).
#[must_use]
pub fn keeper_among<'a>(
    apps: impl Iterator<Item = &'a Value> + Clone,
    object: &Value,
    plan: &Plan,
) -> Option<&'a Value> {
    let marks = Marks::of(object, &plan.target);
    let tracked = marks.tracking.is_some_and(|t| t.is_this);
    let lists = |app: &&Value| marks.entry(app, &plan.target).is_some();
    let here = |app: &&Value| tracked || is_here(app, &plan.target.server);
    let listing = apps.clone().filter(here).find(lists);
    listing.or_else(|| apps.into_iter().next().filter(|_| tracked))
}

/// Whether an application writes to the cluster that it lives in, or to the one of this address.
fn is_here(app: &Value, server: &str) -> bool {
    let at = |key| json::text(app, &["spec", "destination", key]);
    let address = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    at("name") == "in-cluster"
        || at("server").starts_with("https://kubernetes.default.svc")
        || (!at("server").is_empty() && address(at("server")) == address(server))
}
