//! Katib: experiments, their suggestions, their trials and the pods of those. Pure but for the store.
//!
//! | part | whom it plays |
//! |---|---|
//! | `outcome` | the experiment controller: what has come of an experiment so far, how it ends |
//! | `suggest` | the service of the algorithm: parameters that come nearer to good ones, and what comes of them |
//! | `trial` | the trial controller and the metrics collector: pods, conditions, results, finalizers |
//!
//! The rest of the experiment controller is here. A trial's pod stands directly below it: jobs are no kind of the platform. How a
//! platform of it goes is said by annotations of an experiment: `rig.midwatch.dev/results: 0.6..0.94` (from a poor result
//! to the best), `/silent` (percent of trials that tell no metric), `/suggestion: broken`, `/db: down` (deletions hang).
//! Source: katib v0.18, `pkg/controller.v1beta1`.

mod outcome;
mod suggest;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use outcome::{Counted, ends, optimal, restart};

use super::clock::Moment;
use super::simulation::{Due, World};
use super::{events, kind};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{Id, text};
use crate::demo::site::stamp;
use crate::demo::store::{ChangeKind, Name, Object};

const GROUP: &str = "kubeflow.org";
/// Labels by which what belongs together is found.
const OF_EXPERIMENT: &str = "katib.kubeflow.org/experiment";
const OF_TRIAL: &str = "katib.kubeflow.org/trial";
/// The controller's name in managed fields and events.
const MANAGER: &str = "katib-controller";
/// From a change to the look that follows, in simulated milliseconds.
const NOTICE: i64 = 800;

/// What the controllers remember.
#[derive(Debug, Default)]
pub(super) struct Katib {
    /// Experiments that will be looked at, and when.
    queued: BTreeMap<Name, Moment>,
    /// Generations of the experiments that were looked at.
    generations: BTreeMap<Name, u64>,
    /// Trials as they were read last, by their version: most of them never change again.
    read: BTreeMap<Name, (u64, Arc<Value>)>,
    /// Versions of the pods that were looked at, by trial.
    pods: BTreeMap<Name, u64>,
}

fn experiments() -> Id {
    kind(GROUP, "v1beta1", "experiments")
}

fn trials() -> Id {
    kind(GROUP, "v1beta1", "trials")
}

fn suggestions() -> Id {
    kind(GROUP, "v1beta1", "suggestions")
}

/// Kinds whose changes the controllers want to know of, besides pods.
pub(super) fn watched() -> [Id; 2] {
    [experiments(), trials()]
}

/// How an experiment of the platform goes.
fn asked<'a>(experiment: &'a Value, key: &str) -> &'a str {
    experiment["metadata"]["annotations"][format!("rig.midwatch.dev/{key}")]
        .as_str()
        .unwrap_or_default()
}

/// The type of the last condition that holds.
fn state(object: &Value) -> &str {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    let held = all.rfind(|c| c["status"] == "True");
    held.map_or("", |c| text(c, "/type"))
}

/// The condition that holds from now on; those that end with it no longer do.
fn enter(object: &mut Value, (kind, reason, message): (&str, &str, &str), now: &Value) {
    let mut all = object["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for other in &mut all {
        let goes_on = matches!(text(other, "/type"), "Created");
        if !goes_on && other["status"] == "True" {
            other["status"] = json!("False");
            other["lastTransitionTime"] = now.clone();
        }
    }
    all.retain(|c| c["type"] != kind);
    all.push(
        json!({"type": kind, "status": "True", "reason": reason, "message": message,
        "lastUpdateTime": now, "lastTransitionTime": now}),
    );
    object["status"]["conditions"] = json!(all);
}

fn owner(value: &Value) -> Value {
    json!([{"apiVersion": value["apiVersion"], "kind": value["kind"], "name": value["metadata"]["name"],
        "uid": value["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}])
}

impl World {
    /// An experiment or a trial has changed.
    pub(super) fn see_katib(&mut self, id: Id, change: ChangeKind, object: &Object) {
        let gone = change == ChangeKind::Deleted;
        if id == experiments() && gone {
            self.katib.generations.remove(&object.name);
            self.look_at_experiment(&object.name, NOTICE);
        } else if id == experiments() {
            // what the controller itself writes to the status is no news to it
            let generation = object.value()["metadata"]["generation"].as_u64();
            let generation = generation.unwrap_or_default();
            let seen = self
                .katib
                .generations
                .insert(object.name.clone(), generation);
            if seen != Some(generation) || object.deleting {
                self.look_at_experiment(&object.name, NOTICE);
            }
        } else if gone || object.deleting {
            if gone {
                self.katib.read.remove(&object.name);
                self.katib.pods.remove(&object.name);
            }
            self.tell_experiment(&object.name.namespace, &object.labels);
        }
    }

    /// Looks at the experiment that an object with these labels belongs to.
    pub(super) fn tell_experiment(&mut self, namespace: &str, labels: &BTreeMap<String, String>) {
        if let Some(name) = labels.get(OF_EXPERIMENT) {
            self.look_at_experiment(&Name::new(namespace, name), NOTICE);
        }
    }

    fn look_at_experiment(&mut self, name: &Name, milliseconds: i64) {
        let at = self.now.saturating_add(milliseconds.max(1));
        if self.katib.queued.get(name).is_some_and(|due| *due <= at) {
            return;
        }
        self.katib.queued.insert(name.clone(), at);
        self.agenda.add(at, Due::Sweep(name.clone()));
    }

    /// It is time to look at an experiment.
    pub(super) fn sweep(&mut self, name: &Name) {
        if self.katib.queued.get(name) != Some(&self.now) {
            return;
        }
        self.katib.queued.remove(name);
        let found = self
            .site
            .store()
            .get(experiments(), &name.namespace, &name.name);
        let Some(object) = found else {
            self.abandoned(name);
            return;
        };
        let experiment = object.value();
        for own in self.trials_of(name) {
            self.try_out(&experiment, &own);
        }
        if !object.deleting {
            self.reconcile_experiment(name, &experiment);
        }
    }

    /// Trials whose experiment is gone are deleted with it; their finalizers are seen to.
    fn abandoned(&mut self, name: &Name) {
        for own in self.trials_of(name) {
            self.try_out(&Value::Null, &own);
        }
    }

    /// The trials of an experiment, the oldest first.
    fn trials_of(&mut self, experiment: &Name) -> Vec<Arc<Value>> {
        let store = self.site.store();
        let all = store.list(trials(), &experiment.namespace);
        let mine = all.filter(|o| o.labels.get(OF_EXPERIMENT) == Some(&experiment.name));
        let mut own: Vec<Arc<Value>> = Vec::new();
        for object in mine {
            let read = &mut self.katib.read;
            let known = read.get(&object.name).filter(|(v, _)| *v == object.version);
            let value = known.map_or_else(|| Arc::new(object.value()), |(_, v)| v.clone());
            read.insert(object.name.clone(), (object.version, value.clone()));
            own.push(value);
        }
        own.sort_by(|a, b| {
            let key = |t: &Value| {
                let since = text(t, "/metadata/creationTimestamp").to_owned();
                (since, text(t, "/metadata/name").to_owned())
            };
            key(a).cmp(&key(b))
        });
        own
    }

    fn reconcile_experiment(&mut self, name: &Name, experiment: &Value) {
        let all = self.trials_of(name);
        let counted = Counted::of(&all);
        let now = stamp(self.wall());
        let broken = asked(experiment, "suggestion") == "broken";
        let was = state(experiment).to_owned();
        let ends = ends(experiment, &counted, &all);
        self.change(experiments(), name, MANAGER, |e| {
            if e["status"]["startTime"].is_null() {
                e["status"]["startTime"] = now.clone();
                enter(
                    e,
                    ("Created", "ExperimentCreated", "Experiment is created"),
                    &now,
                );
            }
            counted.write(e);
            optimal(e, &all);
            restart(e, &now);
            match (&ends, state(e)) {
                (Some(end), "Created" | "Running" | "Restarting") => {
                    enter(e, *end, &now);
                    e["status"]["completionTime"] = now.clone();
                }
                (None, "Created" | "Restarting") if counted.active > 0 => {
                    enter(
                        e,
                        ("Running", "ExperimentRunning", "Experiment is running"),
                        &now,
                    );
                }
                _ => {}
            }
        });
        self.announce_experiment(name, &was);
        if ends.is_none() {
            self.resize(name, experiment, &counted, broken);
        }
    }

    /// Tells of an experiment that has ended.
    fn announce_experiment(&mut self, name: &Name, was: &str) {
        let found = self
            .site
            .store()
            .get(experiments(), &name.namespace, &name.name);
        let Some(now) = found.map(|o| o.value()) else {
            return;
        };
        let is = state(&now).to_owned();
        if is == was || !matches!(is.as_str(), "Succeeded" | "Failed") {
            return;
        }
        let all = now["status"]["conditions"].as_array();
        let last = all.and_then(|c| c.last()).cloned().unwrap_or_default();
        let kind_of = if is == "Failed" { "Warning" } else { "Normal" };
        let event = (kind_of, text(&last, "/reason"), MANAGER);
        events::write(self, &now, event, text(&last, "/message"));
    }

    /// As many trials as there are to be: newest ones are deleted, or more are made.
    fn resize(&mut self, name: &Name, experiment: &Value, counted: &Counted, broken: bool) {
        let number = |key: &str| experiment["spec"][key].as_u64();
        let parallel = number("parallelTrialCount").unwrap_or(3);
        let wanted = match number("maxTrialCount") {
            // those that told no metric do not count in the plan
            Some(max) => parallel.min(max.saturating_sub(counted.ended)),
            None => parallel,
        };
        if counted.active > parallel {
            self.lower(name, counted.active - parallel);
            return;
        }
        let more = wanted.saturating_sub(counted.active);
        if more == 0 && counted.total > 0 {
            return;
        }
        let given = self.suggest(name, experiment, (counted.total, more), broken);
        for assignment in given {
            self.start_trial(name, experiment, &assignment);
        }
    }

    /// Deletes the newest trials, whatever they are at, and forgets their parameters.
    fn lower(&mut self, name: &Name, surplus: u64) {
        let surplus = usize::try_from(surplus).unwrap_or(usize::MAX);
        let all = self.trials_of(name);
        let alive = all.iter().rev();
        let mut alive = alive.filter(|t| t["metadata"]["deletionTimestamp"].is_null());
        let doomed: Vec<String> = alive
            .by_ref()
            .take(surplus)
            .map(|t| text(t, "/metadata/name").to_owned())
            .collect();
        self.forget_suggested(name, &doomed);
        for trial in doomed {
            self.delete_katib(trials(), &Name::new(&name.namespace, &trial));
        }
    }

    fn delete_katib(&mut self, id: Id, name: &Name) {
        let now = self.wall();
        let mut store = self.site.store();
        if let Some(object) = store.get(id, &name.namespace, &name.name)
            && !object.deleting
        {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, id, &object, &Manner::default(), now);
        }
    }
}

#[cfg(test)]
mod tests;
