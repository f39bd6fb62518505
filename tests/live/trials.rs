//! Katib as the rig plays it, with a real webhook: each rule and trap that the actions on trials stand on.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl, object};
use crate::support::wait_for;
use crate::training::{Given, condition, holds, list};

const EXPERIMENTS: &str = "experiments.kubeflow.org";
const TRIALS: &str = "trials.kubeflow.org";

/// An experiment whose trials run as `trial` says; `more` goes over its spec.
fn experiment(word: &str, trial: &Value, more: &Value) -> Given {
    let mut spec = json!({"objective": {"type": "maximize", "objectiveMetricName": "auc"}, "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 2, "maxTrialCount": 6, "maxFailedTrialCount": 3,
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}}],
        "trialTemplate": {"primaryContainerName": "main", "trialParameters": [{"name": "lr", "reference": "lr"}],
            "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never",
                "containers": [{"name": "main", "image": "x", "args": ["--lr=${trialParameters.lr}"]}]}}}}}});
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let notes = json!({"rig.midwatch.dev/trial": trial.to_string()});
    let body = json!({"metadata": {"annotations": notes}, "spec": spec});
    Given::new(EXPERIMENTS, word, "kubeflow.org/v1beta1", body)
}

fn running() -> Value {
    json!({"run-time": "1h"})
}

fn quick() -> Value {
    json!({"run-time": "1s"})
}

fn trials(of: &Given) -> Vec<Value> {
    list(
        TRIALS,
        &format!("katib.kubeflow.org/experiment={}", of.name),
    )
}

fn names(trials: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = trials
        .iter()
        .map(|t| t["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

fn delete(trial: &str) {
    kubectl(&["-n", NS, "delete", TRIALS, trial, "--wait=false"], "").unwrap();
}

#[test]
#[ignore = "needs tests/rig/live"]
fn the_webhook_refuses_what_katib_refuses() {
    let given = experiment("refused", &running(), &json!({}));
    given.until("its trials", |e| e["status"]["trialsRunning"] == 2);
    let refused = |spec: Value, why: &str| {
        let said = given.patch(&json!({"spec": spec})).unwrap_err();
        assert!(
            said.contains("validator.experiment.katib.kubeflow.org"),
            "{said}"
        );
        assert!(said.contains(why), "{said}");
    };
    refused(
        json!({"maxTrialCount": 2}),
        "must be greater than status.trials count",
    );
    refused(
        json!({"algorithm": {"algorithmName": "tpe"}}),
        "only spec.parallelTrialCount, spec.maxTrialCount and spec.maxFailedTrialCount are editable",
    );
    refused(
        json!({"parallelTrialCount": 7}),
        "should be less than or equal to spec.maxTrialCount",
    );
    refused(json!({"parallelTrialCount": 0}), "must be greater than 0");
    // in its last batch nothing can be edited at all, unless the maximum is raised
    given
        .patch(&json!({"spec": {"parallelTrialCount": 6}}))
        .unwrap();
    given.until("its last batch", |e| e["status"]["trials"] == 6);
    refused(
        json!({"maxFailedTrialCount": 4}),
        "must be greater than status.trials count",
    );
    given
        .patch(&json!({"spec": {"maxFailedTrialCount": 4, "maxTrialCount": 7}}))
        .unwrap();
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_deleted_trial_comes_back_with_its_name_and_parameters() {
    let given = experiment("again", &running(), &json!({}));
    given.until("its trials", |e| e["status"]["trialsRunning"] == 2);
    let before = trials(&given).remove(0);
    let name = before["metadata"]["name"].as_str().unwrap();
    delete(name);
    let after = wait_for("the trial to come back", LONG, || {
        object(TRIALS, name).filter(|t| t["metadata"]["uid"] != before["metadata"]["uid"])
    });
    assert_eq!(
        after["spec"]["parameterAssignments"],
        before["spec"]["parameterAssignments"]
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn fewer_at_a_time_delete_the_youngest_trials_for_good() {
    let given = experiment(
        "fewer",
        &running(),
        &json!({"parallelTrialCount": 3, "maxTrialCount": 9}),
    );
    given.until("its trials", |e| e["status"]["trialsRunning"] == 3);
    let before = names(&trials(&given));
    given
        .patch(&json!({"spec": {"parallelTrialCount": 1}}))
        .unwrap();
    given.until("one trial", |e| e["status"]["trialsRunning"] == 1);
    let left = names(&trials(&given));
    assert!(left.len() == 1 && before.contains(&left[0]), "{left:?}");
    let suggestion = object("suggestions.kubeflow.org", &given.name).unwrap();
    assert_eq!(suggestion["status"]["suggestionCount"], 1, "{suggestion}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn only_a_policy_that_keeps_the_suggestion_lets_an_experiment_go_on() {
    let small = |policy: &str| json!({"maxTrialCount": 2, "maxFailedTrialCount": 1, "resumePolicy": policy});
    let more = json!({"spec": {"maxTrialCount": 3}});
    let done = |e: &Value| holds(e, "Succeeded");
    for policy in ["LongRunning", "FromVolume"] {
        let given = experiment(&policy.to_lowercase(), &quick(), &small(policy));
        given.until("its maximum", done);
        given.patch(&more).unwrap();
        given.until("its new maximum", |e| done(e) && e["status"]["trials"] == 3);
    }
    let never = experiment("never", &quick(), &small("Never"));
    let end = never.until("its maximum", done);
    assert_eq!(
        condition(&end, "Succeeded")["reason"],
        "ExperimentMaxTrialsReached"
    );
    let said = never.patch(&more).unwrap_err();
    assert!(said.contains("spec.resumePolicy = LongRunning"), "{said}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_trial_without_its_metric_counts_as_failed_and_says_unavailable() {
    let silent = json!({"fate": "metrics-unavailable", "run-time": "1s"});
    let given = experiment(
        "silent",
        &silent,
        &json!({"parallelTrialCount": 1, "maxFailedTrialCount": 1}),
    );
    let end = given.until("its end", |e| holds(e, "Failed"));
    assert_eq!(end["status"]["trialMetricsUnavailable"], 2, "{end}");
    let trial = trials(&given).remove(0);
    assert!(holds(&trial, "MetricsUnavailable"), "{trial}");
    assert_eq!(
        trial["status"]["observation"]["metrics"][0]["latest"],
        "unavailable"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_trial_hangs_in_its_deletion_while_the_database_is_down() {
    let given = experiment("hanging", &running(), &json!({}));
    given.until("its trials", |e| e["status"]["trialsRunning"] == 2);
    let name = names(&trials(&given)).remove(0);
    let note = |value: &str| {
        let args = ["-n", NS, "annotate", "--overwrite", EXPERIMENTS];
        kubectl(&[&args[..], &[&given.name, value]].concat(), "").unwrap();
    };
    note("rig.midwatch.dev/db=down");
    delete(&name);
    wait_for("a trial on its way out", LONG, || {
        object(TRIALS, &name).filter(|t| t["metadata"]["deletionTimestamp"].is_string())
    });
    note("rig.midwatch.dev/db-");
    wait_for("the trial to come back", LONG, || {
        object(TRIALS, &name).filter(|t| t["metadata"]["deletionTimestamp"].is_null())
    });
}
