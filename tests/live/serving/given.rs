//! Inference services to try things on, and how far they are rolled out.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl, object};
use crate::support::wait_for;

/// Kind of the services, as `kubectl` takes it.
pub const SERVICES: &str = "inferenceservices.serving.kserve.io";
/// Kind of the revisions.
pub const REVISIONS: &str = "revisions.serving.knative.dev";

/// An inference service of one test; it goes with it.
pub struct Service {
    pub name: String,
}

impl Service {
    /// One in Knative mode that serves its first model, `model(1)`.
    pub fn knative(word: &str) -> Self {
        let service = Self::new(word, "Knative", &json!({}));
        service.rolls_out("1/1/1/- 1:100");
        service
    }

    /// One in Standard mode with two replicas, as soon as it is ready.
    pub fn standard(word: &str) -> Self {
        let service = Self::new(word, "Standard", &json!({"minReplicas": 2}));
        service.until("ready", |s| condition(s, "Ready")["status"] == "True");
        service
    }

    /// One that need not be ready yet, with `more` in its predictor.
    pub fn new(word: &str, mode: &str, more: &Value) -> Self {
        let name = format!("try-{word}-{}", std::process::id());
        let mut predictor =
            json!({"model": {"modelFormat": {"name": "sklearn"}, "storageUri": model(1)}});
        for (key, value) in more.as_object().unwrap() {
            predictor[key] = value.clone();
        }
        let service = json!({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
            "metadata": {"name": name, "namespace": NS, "annotations": {"serving.kserve.io/deploymentMode": mode}},
            "spec": {"predictor": predictor}});
        kubectl(&["create", "-f", "-"], &service.to_string()).unwrap();
        Self { name }
    }

    /// A merge patch, as an operator makes it by hand.
    pub fn patch(&self, body: &Value) {
        let body = body.to_string();
        let args = [
            "-n",
            NS,
            "patch",
            SERVICES,
            &self.name,
            "--type=merge",
            "-p",
        ];
        kubectl(&[&args[..], &[&body]].concat(), "").unwrap();
    }

    /// A merge patch of its predictor.
    pub fn edit(&self, predictor: &Value) {
        self.patch(&json!({"spec": {"predictor": predictor}}));
    }

    /// As the server has it.
    pub fn now(&self) -> Value {
        object(SERVICES, &self.name).unwrap()
    }

    /// As the server has it, once `is` holds.
    pub fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("{}: {what}", self.name), LONG, || {
            Some(self.now()).filter(|s| is(s))
        })
    }

    /// Waits until it is rolled out so far (see `rollout`) and the controller is at rest.
    pub fn rolls_out(&self, so_far: &str) -> Value {
        let mut last = String::new();
        wait_for(&format!("{}: {so_far}", self.name), LONG, || {
            let now = self.now();
            let seen = rollout(&now);
            if seen != last {
                println!("{}: {seen}", self.name);
                last = seen;
            }
            Some(now).filter(|_| last == so_far)
        })
    }

    /// Full name of its n-th revision.
    pub fn revision(&self, n: u32) -> String {
        format!("{}-predictor-{n:05}", self.name)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let args = [
            "-n",
            NS,
            "delete",
            SERVICES,
            &self.name,
            "--ignore-not-found",
        ];
        let gone = kubectl(&args, "");
        if !std::thread::panicking() {
            gone.unwrap();
        }
    }
}

/// Where the n-th model of these tests lies.
pub fn model(n: u32) -> String {
    format!("s3://ml-models/try/{n}")
}

/// A patch of the model's address.
pub fn serves(uri: &str) -> Value {
    json!({"model": {"storageUri": uri}})
}

/// One of its conditions; null without it.
pub fn condition(object: &Value, kind: &str) -> Value {
    let all = object["status"]["conditions"].as_array();
    let found = all.and_then(|all| all.iter().find(|c| c["type"] == kind));
    found.cloned().unwrap_or_default()
}

/// How far the predictor is rolled out: the revisions created, ready, rolled out and previously rolled out, then the
/// traffic; `2/2/1/- 2:10 1:90(prev)`.
pub fn rollout(service: &Value) -> String {
    let predictor = &service["status"]["components"]["predictor"];
    let number = |name: &Value| {
        let last = name.as_str().and_then(|n| n.rsplit('-').next());
        last.map_or("-".to_owned(), |n| n.trim_start_matches('0').to_owned())
    };
    let revisions = [
        "latestCreatedRevision",
        "latestReadyRevision",
        "latestRolledoutRevision",
        "previousRolledoutRevision",
    ];
    let mut told = vec![revisions.map(|field| number(&predictor[field])).join("/")];
    for share in predictor["traffic"].as_array().into_iter().flatten() {
        let tag = share["tag"].as_str().filter(|t| !t.is_empty());
        let tag = tag.map_or(String::new(), |t| format!("({t})"));
        told.push(format!(
            "{}:{}{tag}",
            number(&share["revisionName"]),
            share["percent"]
        ));
    }
    told.join(" ")
}
