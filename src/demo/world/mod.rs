//! What happens on the platform: namespaces, garbage collection, and the simulation. I/O: timers; the simulation
//! itself is pure but for the store.
//!
//! | part | whom it plays |
//! |---|---|
//! | `argo`, `workflows` | the workflow controller |
//! | `cron` | the cron controller |
//! | `gitops` | Argo CD, and the Git that it reads |
//! | `serving` | the KServe controller, and Knative Serving below it |
//! | `katib` | the controllers of Katib, and its algorithms |
//! | `mig` | the MIG manager of the GPU operator |
//! | `budgets` | the disruption controller |
//! | `training` | the controllers of training jobs |
//! | `kueue` | Kueue, and the controllers of quotas, profiles and notebooks |
//! | `kubelet`, `placing`, `status`, `fate` | scheduler and kubelets |
//! | `register` | steps that register a model |
//! | `scenes` | the people who submit work, and what they submit |
//! | `garbage` | garbage collector and namespace controller |

mod argo;
mod budgets;
mod clock;
mod cron;
mod events;
mod fate;
mod garbage;
mod gitops;
mod katib;
mod kubelet;
mod kueue;
pub(super) mod log;
mod mig;
mod nodes;
mod observing;
mod pattern;
mod placing;
mod register;
mod scenes;
mod serving;
mod simulation;
mod status;
mod tidy;
mod training;
mod workflows;

use serde_json::{Value, json};

use super::admit::{self, Writer};
use super::catalog::{self, Id};
use super::site::Site;
pub(super) use clock::Clock;
pub(super) use garbage::collect_garbage;
pub(super) use mig::Cut;
#[cfg(test)]
pub(super) use scenes::manifests;
pub(super) use simulation::{World, run};

/// The namespaces of the platform, besides those that every cluster has and those that the viewer reads.
pub(super) const NAMESPACES: [&str; 9] = [
    "ml-fraud",
    "ml-churn",
    "ml-nlp",
    "recsys",
    "platform",
    "argo",
    "argocd",
    "monitoring",
    "gpu-operator",
];

/// Index of a kind that the world writes; the catalogue holds it.
pub(super) fn kind(group: &str, version: &str, plural: &str) -> Id {
    catalog::find(group, version, plural).unwrap_or_default()
}

pub(super) fn pods() -> Id {
    kind("", "v1", "pods")
}

pub(super) fn workflows() -> Id {
    kind("argoproj.io", "v1alpha1", "workflows")
}

/// Founds namespaces.
pub(super) fn found(site: &Site, names: &[&str]) {
    for name in names {
        let mut value =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let writer = Writer {
            manager: "kube-apiserver",
            sub: "",
            time: site.now(),
        };
        let id = kind("", "v1", "namespaces");
        if site.store().get(id, "", name).is_some() {
            continue;
        }
        admit::created(catalog::ALL[id], &mut value, site.uid(), &writer);
        site.store().put(id, value);
    }
}

/// A list below a key; empty when absent.
fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}
