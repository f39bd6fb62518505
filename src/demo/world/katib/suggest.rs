//! The service of an algorithm: sets of parameters that come nearer to good ones the more there were, and what a trial
//! with them results in. Pure but for the store.

use serde_json::{Value, json};

use super::{MANAGER, Name, World, asked, enter, owner, suggestions, text};
use crate::demo::site::stamp;

/// Trials after which the algorithm knows best where to look.
const LEARNT: f64 = 70.0;

impl World {
    /// Asks for parameters until `made` and `more` trials have theirs; those that have no trial yet.
    pub(super) fn suggest(
        &mut self,
        name: &Name,
        experiment: &Value,
        (made, more): (u64, u64),
        broken: bool,
    ) -> Vec<Value> {
        let now = stamp(self.wall());
        if self
            .site
            .store()
            .get(suggestions(), &name.namespace, &name.name)
            .is_none()
        {
            let new = json!({"apiVersion": "kubeflow.org/v1beta1", "kind": "Suggestion",
                "metadata": {"name": name.name, "namespace": name.namespace, "ownerReferences": owner(experiment)},
                "spec": {"algorithm": experiment["spec"]["algorithm"], "requests": 0, "resumePolicy": experiment["spec"]["resumePolicy"]},
                "status": {}});
            self.create(suggestions(), new, MANAGER);
        }
        let wanted = made + more;
        let changed = self.change(suggestions(), name, MANAGER, |s| {
            s["spec"]["requests"] = json!(s["spec"]["requests"].as_u64().unwrap_or(0).max(wanted));
            if s["status"]["startTime"].is_null() {
                s["status"]["startTime"] = now.clone();
                enter(
                    s,
                    ("Created", "SuggestionCreated", "Suggestion is created"),
                    &now,
                );
                if broken {
                    not_ready(s, name, &now);
                } else {
                    ready(s, &now);
                }
            }
            if broken {
                s["status"]["suggestionCount"] = json!(0);
                return;
            }
            let known = s["status"]["suggestions"].as_array().map_or(0, Vec::len);
            let mut all = s["status"]["suggestions"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let mut born = s["status"]["lastSuggested"].as_u64().unwrap_or(0);
            for _ in known..usize::try_from(wanted).unwrap_or(known) {
                all.push(self.assignment(experiment, born));
                born += 1;
            }
            s["status"]["lastSuggested"] = json!(born);
            s["status"]["suggestionCount"] = json!(all.len());
            s["status"]["suggestions"] = json!(all);
        });
        let stored = changed.map(|o| o.value()).unwrap_or_default();
        let all = stored["status"]["suggestions"].as_array().cloned();
        let there: std::collections::BTreeSet<String> = self
            .trials_of(name)
            .iter()
            .map(|t| text(t, "/metadata/name").to_owned())
            .collect();
        let free = all.unwrap_or_default().into_iter();
        let free = free.filter(|a| !there.contains(text(a, "/name")));
        free.take(usize::try_from(more).unwrap_or(0)).collect()
    }

    /// Trials that the controller deleted do not come again.
    pub(super) fn forget_suggested(&mut self, name: &Name, doomed: &[String]) {
        self.change(suggestions(), name, MANAGER, |s| {
            if let Some(all) = s["status"]["suggestions"].as_array_mut() {
                all.retain(|a| !doomed.iter().any(|d| d == text(a, "/name")));
                let left = all.len();
                s["status"]["suggestionCount"] = json!(left);
                s["spec"]["requests"] = json!(left);
            }
        });
    }

    /// Name and parameters of the trial of this number.
    fn assignment(&self, experiment: &Value, number: u64) -> Value {
        let base = text(experiment, "/metadata/name");
        let mut chance = self.chance_of(&format!("{base}/{number}"));
        #[allow(clippy::cast_precision_loss)]
        let learnt = (number as f64 / LEARNT).min(1.0) * 0.8;
        let parameters = experiment["spec"]["parameters"].as_array();
        let given = parameters.into_iter().flatten().map(|p| {
            let key = text(p, "/name");
            let good = self.good(base, key);
            #[allow(clippy::cast_precision_loss)]
            let guess = chance.below(10_001) as f64 / 10_000.0;
            let place = guess * (1.0 - learnt) + good * learnt;
            json!({"name": key, "value": value(p, place)})
        });
        let given: Vec<Value> = given.collect();
        json!({"name": format!("{base}-{}", chance.suffix(8)), "parameterAssignments": given})
    }

    /// Where the best value of a parameter lies, 0 to 1.
    #[allow(clippy::cast_precision_loss)]
    fn good(&self, experiment: &str, parameter: &str) -> f64 {
        let mut chance = self.chance_of(&format!("{experiment}:{parameter}"));
        chance.between(200, 800) as f64 / 1_000.0
    }

    /// What a trial results in, from its parameters and a little chance.
    pub(super) fn result(&self, experiment: &Value, trial: &Value) -> f64 {
        let base = text(experiment, "/metadata/name");
        let parameters = experiment["spec"]["parameters"].as_array();
        let (mut far, mut count) = (0.0, 0.0_f64);
        for p in parameters.into_iter().flatten() {
            let key = text(p, "/name");
            let given = trial["spec"]["parameterAssignments"].as_array();
            let mut given = given.into_iter().flatten();
            let own = given.find(|a| a["name"] == key);
            let Some(place) = own.and_then(|a| place(p, text(a, "/value"))) else {
                continue;
            };
            far += (place - self.good(base, key)).powi(2);
            count += 1.0;
        }
        let mut chance = self.chance_of(text(trial, "/metadata/name"));
        #[allow(clippy::cast_precision_loss)]
        let noise = chance.below(1_001) as f64 / 1_000.0 * 0.08;
        let quality = (1.0 - (far / count.max(1.0)).sqrt() * 2.2 - noise).clamp(0.0, 1.0);
        let range = asked(experiment, "results");
        let (poor, best) = range.split_once("..").unwrap_or(("0", "1"));
        let (poor, best): (f64, f64) = (poor.parse().unwrap_or(0.0), best.parse().unwrap_or(1.0));
        poor + (best - poor) * quality
    }
}

fn ready(suggestion: &mut Value, now: &Value) {
    let all = suggestion["status"]["conditions"].as_array_mut();
    if let Some(all) = all {
        all.push(
            json!({"type": "DeploymentReady", "status": "True", "reason": "DeploymentReady",
            "message": "Deployment is ready", "lastTransitionTime": now}),
        );
        all.push(
            json!({"type": "Running", "status": "True", "reason": "SuggestionRunning",
            "message": "Suggestion is running", "lastTransitionTime": now}),
        );
    }
}

fn not_ready(suggestion: &mut Value, name: &Name, now: &Value) {
    let all = suggestion["status"]["conditions"].as_array_mut();
    if let Some(all) = all {
        all.push(json!({"type": "DeploymentReady", "status": "False", "reason": "DeploymentNotReady",
            "message": format!("Deployment {}-hyperband is not ready: 0 of 1 replicas, image cannot be pulled", name.name),
            "lastTransitionTime": now}));
    }
}

/// A fraction as far as a parameter grows by factors.
fn scale(parameter: &Value) -> Option<(f64, f64, bool)> {
    let space = &parameter["feasibleSpace"];
    let least: f64 = text(space, "/min").parse().ok()?;
    let most: f64 = text(space, "/max").parse().ok()?;
    Some((least, most, least > 0.0 && most / least >= 100.0))
}

/// The value at a place of a parameter, as text.
fn value(parameter: &Value, place: f64) -> String {
    if let Some(list) = parameter["feasibleSpace"]["list"].as_array() {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let at = (place * list.len() as f64) as usize;
        let chosen = list.get(at.min(list.len().saturating_sub(1)));
        return chosen
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
    }
    let Some((least, most, log)) = scale(parameter) else {
        return String::new();
    };
    let number = if log {
        least * (most / least).powf(place)
    } else {
        least + (most - least) * place
    };
    if parameter["parameterType"] == "int" {
        format!("{number:.0}")
    } else {
        format!("{number}")
    }
}

/// Where a value lies.
fn place(parameter: &Value, value: &str) -> Option<f64> {
    if let Some(list) = parameter["feasibleSpace"]["list"].as_array() {
        let at = list.iter().position(|v| v == value)?;
        #[allow(clippy::cast_precision_loss)]
        return Some((at as f64 + 0.5) / list.len() as f64);
    }
    let (least, most, log) = scale(parameter)?;
    let number: f64 = value.parse().ok()?;
    Some(if log {
        (number / least).ln() / (most / least).ln()
    } else {
        (number - least) / (most - least)
    })
}
