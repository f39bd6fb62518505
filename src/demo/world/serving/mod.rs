//! The `KServe` controller, and Knative Serving below it: services, their revisions, their traffic, their pods. Pure
//! but for the store.
//!
//! | part | whom it plays |
//! |---|---|
//! | `knative` | the reconciler of Knative Services, and Knative: configurations, revisions, routes |
//! | `standard` | the reconciler of Standard mode |
//! | `llm` | the controller of `LLMInferenceService` |
//! | `template` | what a service makes of its spec: containers, labels, annotations |
//! | `workload` | deployments, replica sets and their pods |
//! | `status` | what the controllers tell: traffic, revisions, conditions, the state of the model |
//! | `load` | what pods tell of a revision and of its model |
//! | `model` | models, and what becomes of a pod that is to load one |
//! | `found` | services that stood there before the opening |
//!
//! Every look at a service goes from what stands in the store, so it comes to rest wherever it started. Source: kserve
//! v0.20, `pkg/controller/v1beta1/inferenceservice`; knative v1.23, `pkg/reconciler`.

mod found;
mod knative;
mod llm;
mod load;
pub(super) mod model;
mod standard;
mod status;
mod template;
mod workload;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::Moment;
use super::simulation::{Due, World};
use super::{events, kind};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{ALL, Id, serving_mode, text};
use crate::demo::store::{ChangeKind, Name, Object};
pub(super) use found::{found, histories};

const GROUP: &str = "serving.kserve.io";
const KNATIVE: &str = "serving.knative.dev";
/// The label by which all that a service made is found.
const OF_SERVICE: &str = "serving.kserve.io/inferenceservice";
/// The label of what an `LLMInferenceService` made.
const OF_LLM: &str = "app.kubernetes.io/name";
/// The controller's name in managed fields, as its binary is called.
const MANAGER: &str = "manager";
/// Its name in events.
const RECORDER: &str = "v1beta1Controllers";
/// From a change to the look that follows, in simulated milliseconds.
const NOTICE: i64 = 700;

/// What the controllers remember.
#[derive(Debug, Default)]
pub(super) struct Serving {
    /// Services that will be looked at, and when.
    queued: BTreeMap<(Id, Name), Moment>,
    /// The past is being made up: pods are at work at once.
    founding: bool,
    /// How many pods each replica set has had.
    births: BTreeMap<String, u64>,
}

pub(super) fn services() -> Id {
    kind(GROUP, "v1beta1", "inferenceservices")
}

fn llm_services() -> Id {
    kind(GROUP, "v1alpha2", "llminferenceservices")
}

fn knative_kind(plural: &str) -> Id {
    kind(KNATIVE, "v1", plural)
}

fn deployments() -> Id {
    kind("apps", "v1", "deployments")
}

/// Kinds whose changes the controllers want to know of, besides pods.
pub(super) fn watched() -> [Id; 6] {
    [
        services(),
        llm_services(),
        knative_kind("services"),
        knative_kind("routes"),
        knative_kind("revisions"),
        deployments(),
    ]
}

fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"]["annotations"][key]
        .as_str()
        .unwrap_or_default()
}

fn is_stopped(service: &Value) -> bool {
    annotation(service, "serving.kserve.io/stop").eq_ignore_ascii_case("true")
}

/// Whether the controller leaves a service alone: it does not follow edits while the service is ready.
fn is_frozen(service: &Value) -> bool {
    annotation(service, "serving.kserve.io/disable-auto-update") == "true"
        && status::is(service, "Ready", "True")
}

fn is_standard(service: &Value) -> bool {
    let told = match text(service, "/status/deploymentMode") {
        "" => annotation(service, "serving.kserve.io/deploymentMode"),
        told => told,
    };
    serving_mode(told) == "Standard"
}

/// An owner reference to a controller of an object.
fn owner(value: &Value) -> Value {
    json!([{"apiVersion": value["apiVersion"], "kind": value["kind"], "name": value["metadata"]["name"],
        "uid": value["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}])
}

impl World {
    /// Something that a service made has changed, or the service itself.
    pub(super) fn see_serving(&mut self, id: Id, change: ChangeKind, object: &Object) {
        if change == ChangeKind::Deleted && (id == services() || id == llm_services()) {
            self.serving.queued.remove(&(id, object.name.clone()));
            let now = self.wall();
            self.site
                .serving()
                .gone(&object.name.namespace, &object.name.name, now);
            return;
        }
        if id == services() || id == llm_services() {
            self.look_at_service(id, &object.name, NOTICE);
        } else {
            self.tell_service(&object.name.namespace, &object.labels);
        }
    }

    /// Looks at the service that an object with these labels belongs to.
    pub(super) fn tell_service(&mut self, namespace: &str, labels: &BTreeMap<String, String>) {
        if let Some(name) = labels.get(OF_SERVICE) {
            self.look_at_service(services(), &Name::new(namespace, name), NOTICE);
        } else if labels.get("app.kubernetes.io/part-of").map(String::as_str)
            == Some("llminferenceservice")
            && let Some(name) = labels.get(OF_LLM)
        {
            self.look_at_service(llm_services(), &Name::new(namespace, name), NOTICE);
        }
    }

    /// Puts a service on the agenda, unless it stands there sooner.
    fn look_at_service(&mut self, id: Id, name: &Name, milliseconds: i64) {
        let at = self.now.saturating_add(milliseconds.max(1));
        let key = (id, name.clone());
        if self.serving.queued.get(&key).is_some_and(|due| *due <= at) {
            return;
        }
        self.serving.queued.insert(key, at);
        self.agenda.add(at, Due::Serve(id, name.clone()));
    }

    /// It is time to look at a service.
    pub(super) fn serve(&mut self, id: Id, name: &Name) {
        if self.serving.queued.get(&(id, name.clone())) != Some(&self.now) {
            // put forward, or the service is gone
            return;
        }
        self.serving.queued.remove(&(id, name.clone()));
        self.reconcile_service(id, name);
    }

    fn reconcile_service(&mut self, id: Id, name: &Name) {
        let found = self.site.store().get(id, &name.namespace, &name.name);
        let Some(object) = found.filter(|o| !o.deleting) else {
            return;
        };
        let service = object.value();
        let was = status::is(&service, "Ready", "True");
        if id == llm_services() {
            self.serve_llm(name, &service);
        } else if is_frozen(&service) {
            // edits are accepted, and nothing comes of them
        } else if is_stopped(&service) {
            self.stop_service(name, &service);
        } else {
            match template::runtime(self, &service) {
                Err(why) => self.refuse_service(name, &service, &why),
                Ok(runtime) if is_standard(&service) => {
                    self.serve_standard(name, &service, &runtime);
                }
                Ok(runtime) => self.serve_knative(name, &service, &runtime),
            }
        }
        if id == services() {
            self.announce_service(name, was);
        }
    }

    /// Tells of a service that has become ready, or is so no longer.
    fn announce_service(&mut self, name: &Name, was: bool) {
        let found = self
            .site
            .store()
            .get(services(), &name.namespace, &name.name);
        let service = found.map(|o| o.value()).unwrap_or_default();
        let is = status::is(&service, "Ready", "True");
        let name = &name.name;
        if is && !was {
            let why = format!("InferenceService [{name}] is Ready");
            let event = ("Normal", "InferenceServiceReady", RECORDER);
            events::write(self, &service, event, &why);
        } else if was && !is {
            let why =
                format!("InferenceService [{name}] is no longer Ready because of: PredictorReady");
            let event = ("Warning", "InferenceServiceNotReady", RECORDER);
            events::write(self, &service, event, &why);
        }
    }

    /// Takes away all that serves, and with it what could be rolled back to.
    fn stop_service(&mut self, name: &Name, service: &Value) {
        let predictor = Name::new(&name.namespace, &format!("{}-predictor", name.name));
        self.site
            .serving()
            .route(&name.namespace, &name.name, self.wall(), Vec::new());
        for id in [knative_kind("services"), deployments()] {
            self.delete_child(id, &predictor);
        }
        for id in [
            knative_kind("configurations"),
            knative_kind("routes"),
            knative_kind("revisions"),
            deployments(),
            kind("apps", "v1", "replicasets"),
            super::pods(),
        ] {
            self.delete_labelled(id, &name.namespace, (OF_SERVICE, &name.name));
        }
        let now = self.wall();
        let standard = is_standard(service);
        self.change(services(), name, MANAGER, |s| {
            status::stopped(s, standard, now);
        });
    }

    /// No runtime serves such a model: nothing is made of the spec.
    fn refuse_service(&mut self, name: &Name, service: &Value, why: &str) {
        let now = self.wall();
        let standard = is_standard(service);
        self.change(services(), name, MANAGER, |s| {
            status::unsupported(s, standard, why, now);
        });
    }

    fn delete_child(&mut self, id: Id, name: &Name) {
        let now = self.wall();
        let mut store = self.site.store();
        if let Some(object) = store.get(id, &name.namespace, &name.name)
            && !object.deleting
        {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, id, &object, &Manner::default(), now);
        }
    }

    fn delete_labelled(&mut self, id: Id, namespace: &str, (key, value): (&str, &str)) {
        let names: Vec<Name> = self
            .site
            .store()
            .list(id, namespace)
            .filter(|o| o.labels.get(key).map(String::as_str) == Some(value))
            .map(|o| o.name.clone())
            .collect();
        for name in names {
            self.delete_child(id, &name);
        }
    }

    /// Makes an object as a controller wants it: creates it, or sets its parts; what comes back stands in the store.
    fn ensure(&mut self, id: Id, wanted: &Value) -> Value {
        let name = Name::of(wanted);
        let changed = self.change(id, &name, MANAGER, |live| {
            for part in ["labels", "annotations", "ownerReferences"] {
                let own = &wanted["metadata"][part];
                if !own.is_null() && live["metadata"][part] != *own {
                    live["metadata"][part] = own.clone();
                }
            }
            live["spec"] = wanted["spec"].clone();
        });
        let stored = changed.or_else(|| {
            let mut new = wanted.clone();
            new["apiVersion"] = json!(ALL[id].api_version());
            new["kind"] = json!(ALL[id].kind);
            self.create(id, new, MANAGER)
        });
        stored.map(|o| o.value()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
