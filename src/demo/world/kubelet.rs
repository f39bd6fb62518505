//! The kubelets: pods from their node to their end. Pure but for the store.

use serde_json::{Value, json};

use super::argo::{ARGO, News};
use super::fate::{self, End, Fate};
use super::simulation::{Due, World};
use super::{events, pods, status, workflows};
use crate::demo::catalog::text;
use crate::demo::store::{ChangeKind, Name, Object};

/// A pod under care.
#[derive(Debug, Clone)]
pub(super) struct Patient {
    pub(super) name: Name,
    pub(super) fate: Fate,
    pub(super) devices: Vec<(String, u64)>,
    /// Empty while it waits for a node.
    pub(super) node: String,
    pub(super) leaving: bool,
}

/// Its name in managedFields and events.
pub(super) const KUBELET: &str = "kubelet";

impl World {
    pub(super) fn see_pod(&mut self, change: ChangeKind, object: &Object) {
        let pod = object.value();
        let uid = object.uid.clone();
        if change == ChangeKind::Deleted {
            self.release(&uid);
            self.patients.remove(&uid);
            self.waiting.remove(&uid);
            self.tell_workflow(&pod, News::Gone);
            self.tell_service(&object.name.namespace, &object.labels);
            self.tell_experiment(&object.name.namespace, &object.labels);
            self.tell_job(&object.name.namespace, &object.labels);
            return;
        }
        if !self.patients.contains_key(&uid) {
            self.admit(&uid, &pod);
        }
        if object.deleting {
            self.leave(&uid);
        }
        self.tell_service(&object.name.namespace, &object.labels);
        self.tell_experiment(&object.name.namespace, &object.labels);
        self.tell_job(&object.name.namespace, &object.labels);
        self.tell_workflow(&pod, News::Pod(pod.clone()));
    }

    fn admit(&mut self, uid: &str, pod: &Value) {
        let ended = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
        let name = Name::of(pod);
        let before = self.born(pod, &name);
        let mut chance = match before {
            0 => self.chance_of(&format!("{}/{}", name.namespace, name.name)),
            n => self.chance_of(&format!("{}/{}#{n}", name.namespace, name.name)),
        };
        let patient = Patient {
            fate: fate::read(pod, before > 0, &mut chance),
            devices: fate::devices(pod),
            node: text(pod, "/spec/nodeName").to_owned(),
            leaving: false,
            name,
        };
        let bound = !patient.node.is_empty();
        let pull = patient.fate.pull;
        self.patients.insert(uid.to_owned(), patient);
        if ended {
            return;
        }
        if bound {
            self.later(pull, Due::Start(uid.to_owned()));
        } else {
            self.later(300, Due::Place(uid.to_owned()));
        }
    }

    /// How many pods of a run had this name before, in a copy of a run one more; counts this one.
    fn born(&mut self, pod: &Value, name: &Name) -> u32 {
        let run = text(pod, "/metadata/labels/workflows.argoproj.io~1workflow");
        if run.is_empty() {
            return 0;
        }
        let copied = format!("{ARGO}resubmitted-from-workflow");
        let found = self.site.store().get(workflows(), &name.namespace, run);
        let first = u32::from(found.is_some_and(|o| o.labels.contains_key(&copied)));
        let run = Name::new(&name.namespace, run);
        let of_run = self.births.entry(run).or_default();
        let count = of_run.entry(name.name.clone()).or_insert(first);
        *count += 1;
        *count - 1
    }

    /// A pod is being deleted: it is gone a moment later.
    fn leave(&mut self, uid: &str) {
        let Some(patient) = self.patients.get_mut(uid) else {
            return;
        };
        if !patient.leaving {
            patient.leaving = true;
            self.later(1_500, Due::Remove(uid.to_owned()));
        }
    }

    fn patient(&self, uid: &str) -> Option<Patient> {
        self.patients.get(uid).filter(|p| !p.leaving).cloned()
    }

    pub(super) fn start_pod(&mut self, uid: &str) {
        let Some(patient) = self.patient(uid) else {
            return;
        };
        let now = self.wall();
        match patient.fate.end {
            End::Stuck => return,
            End::ImagePull => {
                let image = self.read(pods(), &patient.name, "/spec/containers/1/image");
                self.change(pods(), &patient.name, KUBELET, |pod| {
                    status::bound(pod, &patient.node, now);
                    status::image(pod, now);
                });
                let why = format!("Back-off pulling image \"{image}\"");
                self.warn_pod(&patient, "BackOff", &why);
                return;
            }
            _ => {}
        }
        self.change(pods(), &patient.name, KUBELET, |pod| {
            if text(pod, "/spec/nodeName").is_empty() {
                status::bound(pod, &patient.node, now);
            }
            status::started(pod, &patient.fate, now);
        });
        if matches!(patient.fate.end, End::NoModel | End::BadModel) {
            self.warn_pod(&patient, "BackOff", "Back-off restarting failed container");
            return;
        }
        if !patient.fate.progress.is_empty() {
            self.later(self.between_reports(), Due::Report(uid.to_owned()));
        }
        self.later(patient.fate.run, Due::Finish(uid.to_owned()));
    }

    /// Programs that say how far they are do so in an annotation.
    pub(super) fn report(&mut self, uid: &str) {
        let Some(patient) = self.patient(uid) else {
            return;
        };
        let total: i64 = patient
            .fate
            .progress
            .split('/')
            .nth(1)
            .and_then(|t| t.parse::<i64>().ok())
            .unwrap_or_default()
            .clamp(0, 1_000_000);
        let running = self.read(pods(), &patient.name, "/status/phase") == "Running";
        if total == 0 || !running {
            return;
        }
        let started = self.read(pods(), &patient.name, "/status/startTime");
        let begun = started.parse().map_or(self.now, |t| self.clock.moment(t));
        let done =
            (total.saturating_mul(self.now - begun) / patient.fate.run.max(1)).clamp(0, total - 1);
        self.change(pods(), &patient.name, KUBELET, |pod| {
            pod["metadata"]["annotations"][format!("{ARGO}progress")] =
                json!(format!("{done}/{total}"));
        });
        self.later(self.between_reports(), Due::Report(uid.to_owned()));
    }

    /// In the made-up past nobody watches.
    fn between_reports(&self) -> i64 {
        if self.now < 0 { 300_000 } else { 20_000 }
    }

    pub(super) fn finish_pod(&mut self, uid: &str) {
        let Some(patient) = self.patient(uid) else {
            return;
        };
        let now = self.wall();
        let fate = &patient.fate;
        if fate.end == End::Deleted {
            self.delete_pod(&patient.name.namespace, &patient.name.name);
            return;
        }
        if fate.end == End::Succeed {
            self.register(&patient.name);
        }
        self.change(pods(), &patient.name, KUBELET, |pod| {
            status::ended(pod, fate, now);
        });
        match fate.end {
            End::Evicted => self.warn_pod(&patient, "Evicted", status::EVICTED),
            End::OutOfMemory => {
                self.warn_pod(
                    &patient,
                    "OOMKilling",
                    "Memory cgroup out of memory: Killed process (python)",
                );
            }
            _ => {}
        }
        self.release(uid);
    }

    pub(super) fn remove_pod(&mut self, uid: &str) {
        let Some(patient) = self.patients.get(uid) else {
            return;
        };
        let name = patient.name.clone();
        let mut store = self.site.store();
        let found = store.get(pods(), &name.namespace, &name.name);
        if found.is_none_or(|o| o.uid != uid) {
            return;
        }
        drop(store);
        self.change(pods(), &name, KUBELET, |pod| {
            pod["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        });
        store = self.site.store();
        let held = store
            .get(pods(), &name.namespace, &name.name)
            .is_some_and(|o| !crate::demo::admit::finalizers(&o.value()).is_empty());
        if !held {
            store.remove(pods(), &name.namespace, &name.name);
        }
    }

    pub(super) fn warn_pod(&mut self, patient: &Patient, reason: &str, message: &str) {
        let found = self
            .site
            .store()
            .get(pods(), &patient.name.namespace, &patient.name.name);
        if let Some(object) = found {
            events::write(self, &object.value(), ("Warning", reason, KUBELET), message);
        }
    }
}
