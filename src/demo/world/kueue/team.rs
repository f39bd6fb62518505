//! The controllers of quotas, profiles and notebooks. Pure but for the store.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{LATER, World, devices, kubeflow, named, quotas};
use crate::demo::catalog::text;
use crate::demo::world::pods;
use crate::domain::PROFILE_QUOTA;

const NOTEBOOK: &str = "notebook-name";
/// Stands on a notebook that is stopped.
const STOPPED: &str = "kubeflow-resource-stopped";

impl World {
    /// The quota of each profile is as the profile says.
    pub(super) fn keep_profiles(&mut self) {
        for profile in self.all_of(kubeflow("profiles")) {
            let team = text(&profile, "/metadata/name").to_owned();
            let hard = profile["spec"]["resourceQuotaSpec"]["hard"].clone();
            if hard.as_object().is_none_or(Map::is_empty) {
                self.site.store().remove(quotas(), &team, PROFILE_QUOTA);
                continue;
            }
            let name = crate::demo::store::Name::new(&team, PROFILE_QUOTA);
            let owner = json!([{"apiVersion": "kubeflow.org/v1", "kind": "Profile", "name": team, "controller": true,
                "uid": profile["metadata"]["uid"], "blockOwnerDeletion": true}]);
            let manager = "profile-controller";
            let known = self.change(quotas(), &name, manager, |q| {
                q["spec"]["hard"] = hard.clone();
            });
            if known.is_none() {
                let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota",
                    "metadata": {"name": PROFILE_QUOTA, "namespace": team, "ownerReferences": owner,
                        "creationTimestamp": profile["metadata"]["creationTimestamp"]},
                    "spec": {"hard": hard}});
                self.create(quotas(), quota, manager);
            }
        }
    }

    /// What each quota allows, and what is in use of it.
    pub(super) fn count_quotas(&mut self) {
        for quota in self.all_of(quotas()) {
            let used = self.used(text(&quota, "/metadata/namespace"));
            let hard = quota["spec"]["hard"].clone();
            let names = hard.as_object().into_iter().flatten();
            let used: Map<String, Value> = names
                .map(|(name, _)| {
                    let bare = name.strip_prefix("requests.").unwrap_or(name);
                    let count = used.get(bare).copied().unwrap_or(0);
                    (name.clone(), count.to_string().into())
                })
                .collect();
            let manager = "kube-controller-manager";
            self.change(quotas(), &named(&quota), manager, |q| {
                q["status"] = json!({"hard": hard, "used": used});
            });
        }
    }

    /// Accelerators of the pods of a namespace that have not ended, and how many pods there are.
    fn used(&self, namespace: &str) -> BTreeMap<String, i64> {
        let store = self.site.store();
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for pod in store.list(pods(), namespace) {
            let pod = pod.value();
            if matches!(text(&pod, "/status/phase"), "Succeeded" | "Failed") {
                continue;
            }
            *sums.entry("pods".to_owned()).or_default() += 1;
            for (name, count) in devices(&pod["spec"]) {
                *sums.entry(name).or_default() += count;
            }
        }
        sums
    }

    /// A notebook has a pod unless it is marked as stopped.
    pub(super) fn keep_notebooks(&mut self) {
        for notebook in self.all_of(kubeflow("notebooks")) {
            let name = named(&notebook);
            let own = self.pods_with(&name.namespace, (NOTEBOOK, &name.name));
            let stopped = !notebook["metadata"]["annotations"][STOPPED].is_null();
            match (stopped, own.first()) {
                (true, Some((pod, _))) => self.delete_pod(&pod.namespace, &pod.name),
                (false, None) => {
                    let labels = json!({NOTEBOOK: name.name, "statefulset": name.name,
                        "team": notebook["metadata"]["labels"]["team"]});
                    let pod = format!("{}-0", name.name);
                    self.pod_below(&notebook, (&pod, &labels), &notebook["spec"]["template"]);
                }
                _ => {}
            }
            let ready = own
                .iter()
                .filter(|(_, p)| !stopped && text(p, "/status/phase") == "Running");
            let ready = ready.count();
            self.change(kubeflow("notebooks"), &name, "notebook-controller", |n| {
                n["status"]["readyReplicas"] = ready.into();
            });
        }
    }

    /// A pod has changed: who has a quota or a notebook wants to know.
    pub(in crate::demo::world) fn tell_team(&mut self, namespace: &str) {
        let known = {
            let store = self.site.store();
            let ids: BTreeSet<_> = [quotas(), kubeflow("notebooks")].into();
            ids.into_iter()
                .any(|id| store.list(id, namespace).next().is_some())
        };
        if known {
            self.see_queues(LATER);
        }
    }
}
