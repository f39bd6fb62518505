//! The trial controller and the metrics collector: a trial's pod, its conditions, its result, its end. Pure but for the
//! store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    MANAGER, Name, OF_EXPERIMENT, OF_TRIAL, World, asked, enter, owner, state, text, trials,
};
use crate::demo::site::stamp;
use crate::demo::store::Object;
use crate::demo::world::pods;

/// Holds a trial until its metrics are deleted.
const CLEANS: &str = "clean-metrics-in-db";

impl World {
    /// Makes a trial with the parameters that were suggested.
    pub(super) fn start_trial(&mut self, name: &Name, experiment: &Value, assignment: &Value) {
        let template = &experiment["spec"]["trialTemplate"];
        let mut run = template["trialSpec"].clone();
        fill(&mut run, template, assignment);
        run["metadata"]["name"] = assignment["name"].clone();
        run["metadata"]["namespace"] = json!(name.namespace);
        let now = stamp(self.wall());
        let mut trial = json!({
            "apiVersion": "kubeflow.org/v1beta1", "kind": "Trial",
            "metadata": {"name": assignment["name"], "namespace": name.namespace,
                "labels": {OF_EXPERIMENT: name.name}, "finalizers": [CLEANS], "ownerReferences": owner(experiment)},
            "spec": {"objective": experiment["spec"]["objective"], "parameterAssignments": assignment["parameterAssignments"],
                "primaryContainerName": template["primaryContainerName"], "retainRun": template["retain"] == true,
                "runSpec": run, "successCondition": template["successCondition"]},
            "status": {},
        });
        enter(
            &mut trial,
            ("Created", "TrialCreated", "Trial is created"),
            &now,
        );
        let stored = self.create(trials(), trial, MANAGER);
        if let Some(stored) = stored {
            self.make_pod(&stored.value());
        }
    }

    /// The pod of a trial's job; its name ends by chance.
    fn make_pod(&mut self, trial: &Value) {
        let (namespace, name) = (
            text(trial, "/metadata/namespace").to_owned(),
            text(trial, "/metadata/name").to_owned(),
        );
        let template = &trial["spec"]["runSpec"]["spec"]["template"];
        let suffix = self
            .chance_of(&format!("{name}{}", text(trial, "/metadata/uid")))
            .suffix(5);
        let mut labels = template["metadata"]["labels"].clone();
        labels[OF_EXPERIMENT] = trial["metadata"]["labels"][OF_EXPERIMENT].clone();
        labels[OF_TRIAL] = json!(name);
        labels["job-name"] = json!(name);
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("{name}-{suffix}"), "namespace": namespace, "labels": labels,
                "annotations": template["metadata"]["annotations"], "ownerReferences": owner(trial)},
            "spec": template["spec"]});
        self.create(pods(), pod, "kube-controller-manager");
    }

    /// Looks at a trial and its pod.
    pub(super) fn try_out(&mut self, experiment: &Value, trial: &Value) {
        let name = Name::of(trial);
        if !trial["metadata"]["deletionTimestamp"].is_null() {
            self.let_go(experiment, &name);
            return;
        }
        let was = state(trial).to_owned();
        if !matches!(was.as_str(), "" | "Created" | "Running") {
            return;
        }
        let Some(pod) = self.pod_of(trial) else {
            // its job makes another one
            self.make_pod(trial);
            return;
        };
        let seen = self.katib.pods.insert(name.clone(), pod.version);
        if seen == Some(pod.version) {
            return;
        }
        let pod = pod.value();
        let now = stamp(self.wall());
        match text(&pod, "/status/phase") {
            "Running" if was != "Running" => {
                self.change(trials(), &name, MANAGER, |t| {
                    t["status"]["startTime"] = now.clone();
                    enter(t, ("Running", "TrialRunning", "Trial is running"), &now);
                });
            }
            "Succeeded" => self.measure(experiment, trial, &now),
            "Failed" => {
                self.change(trials(), &name, MANAGER, |t| {
                    if t["status"]["startTime"].is_null() {
                        t["status"]["startTime"] = now.clone();
                    }
                    t["status"]["completionTime"] = now.clone();
                    enter(
                        t,
                        (
                            "Failed",
                            "TrialFailed",
                            "Trial has failed. Job reason: BackoffLimitExceeded. Job message: Job has reached the specified backoff limit",
                        ),
                        &now,
                    );
                });
                self.end_job(trial);
            }
            _ => {}
        }
    }

    fn pod_of(&self, trial: &Value) -> Option<Arc<Object>> {
        let store = self.site.store();
        let name = text(trial, "/metadata/name");
        let mut all = store.list(pods(), text(trial, "/metadata/namespace"));
        let own =
            all.find(|o| !o.deleting && o.labels.get(OF_TRIAL).map(String::as_str) == Some(name));
        own.cloned()
    }

    /// The collector reads the metrics of a trial that has ended well.
    fn measure(&mut self, experiment: &Value, trial: &Value, now: &Value) {
        let name = Name::of(trial);
        let percent: u64 = asked(experiment, "silent").parse().unwrap_or(0);
        let roll = self.chance_of(&format!("{}?", name.name)).below(100);
        if roll < percent {
            self.change(trials(), &name, MANAGER, |t| {
                t["status"]["completionTime"] = now.clone();
                t["status"]["observation"] = json!({"metrics": [
                    {"name": t["spec"]["objective"]["objectiveMetricName"], "min": "unavailable", "max": "unavailable", "latest": "unavailable"}]});
                enter(
                    t,
                    ("MetricsUnavailable", "MetricsUnavailable", "Metrics are not available"),
                    now,
                );
            });
            self.end_job(trial);
            return;
        }
        let result = self.result(experiment, trial);
        self.change(trials(), &name, MANAGER, |t| {
            t["status"]["completionTime"] = now.clone();
            t["status"]["observation"] = observation(&t["spec"]["objective"], result);
            enter(
                t,
                ("Succeeded", "TrialSucceeded", "Trial has succeeded"),
                now,
            );
        });
        self.end_job(trial);
    }

    /// The job of a trial that has ended goes, unless it is retained; its pod goes with it.
    fn end_job(&mut self, trial: &Value) {
        if trial["spec"]["retainRun"] == true {
            return;
        }
        if let Some(pod) = self.pod_of(trial) {
            self.delete_katib(pods(), &pod.name);
        }
    }

    /// A trial that is being deleted goes when its metrics are deleted.
    fn let_go(&mut self, experiment: &Value, name: &Name) {
        if asked(experiment, "db") == "down" {
            return;
        }
        self.change(trials(), name, MANAGER, |t| {
            t["metadata"]["finalizers"] = json!([]);
        });
        let mut store = self.site.store();
        store.remove(trials(), &name.namespace, &name.name);
    }
}

/// Fills the parameters into what a trial runs.
fn fill(run: &mut Value, template: &Value, assignment: &Value) {
    let given = |reference: &str| {
        let all = assignment["parameterAssignments"].as_array();
        let mut all = all.into_iter().flatten();
        let own = all.find(|a| a["name"] == reference);
        own.map_or("", |a| text(a, "/value")).to_owned()
    };
    let parameters = template["trialParameters"].as_array();
    let pairs: Vec<(String, String)> = parameters
        .into_iter()
        .flatten()
        .map(|p| {
            let mark = format!("${{trialParameters.{}}}", text(p, "/name"));
            (mark, given(text(p, "/reference")))
        })
        .collect();
    replace(run, &pairs);
}

fn replace(value: &mut Value, pairs: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (mark, with) in pairs {
                if text.contains(mark) {
                    *text = text.replace(mark, with);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|v| replace(v, pairs)),
        Value::Object(map) => map.values_mut().for_each(|v| replace(v, pairs)),
        _ => {}
    }
}

/// What a trial reported: its result is the best of what it went through.
fn observation(objective: &Value, result: f64) -> Value {
    let minimizes = objective["type"] == "minimize";
    let worse = if minimizes {
        result * 1.9
    } else {
        result * 0.55
    };
    let last = if minimizes {
        result * 1.01
    } else {
        result * 0.995
    };
    let (min, max) = if minimizes {
        (result, worse)
    } else {
        (worse, result)
    };
    let metric = |name: &Value, by: f64| json!({"name": name, "min": format!("{:.5}", min * by), "max": format!("{:.5}", max * by), "latest": format!("{:.5}", last * by)});
    let mut all = vec![metric(&objective["objectiveMetricName"], 1.0)];
    let more = objective["additionalMetricNames"].as_array();
    all.extend(more.into_iter().flatten().map(|name| metric(name, 0.37)));
    json!({"metrics": all})
}
