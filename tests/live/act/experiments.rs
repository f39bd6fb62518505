//! The actions on experiments and trials, with Katib's rules played and its webhooks real: what the preview says, that what
//! then happened is what it said, and what the webhook itself says to what midwatch refuses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LONG, NS, Person, kubectl, name, object};
use crate::support::wait_for;

const KIND: &str = "experiments.kubeflow.org";
const TRIALS: &str = "trials.kubeflow.org";

/// An experiment whose first trials end at once and whose others run for good; deleted with the test.
struct Sweep {
    name: String,
}

impl Drop for Sweep {
    fn drop(&mut self) {
        let _ = kubectl(&["-n", NS, "delete", KIND, &self.name, "--wait=false"], "");
    }
}

impl Sweep {
    /// `first` are the fates of the first trials; `rest` that of all others.
    fn start(
        word: &str,
        (parallel, max): (u32, u32),
        policy: &str,
        first: &Value,
        rest: &str,
    ) -> Self {
        let name = name(word);
        let experiment = json!({
            "apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment",
            "metadata": {"name": name, "namespace": NS, "annotations": {
                "rig.midwatch.dev/trial": json!({"run-time": rest}).to_string(),
                "rig.midwatch.dev/trials": first.to_string()}},
            "spec": {"objective": {"type": "maximize", "objectiveMetricName": "auc"},
                "algorithm": {"algorithmName": "random"}, "parallelTrialCount": parallel, "maxTrialCount": max,
                "maxFailedTrialCount": max, "resumePolicy": policy,
                "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}}],
                "trialTemplate": {"primaryContainerName": "main", "trialParameters": [{"name": "lr", "reference": "lr"}],
                    "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": {"spec": {
                        "restartPolicy": "Never", "containers": [{"name": "main", "image": "x", "args": ["${trialParameters.lr}"]}]}}}}}}});
        kubectl(&["create", "-f", "-"], &experiment.to_string()).unwrap();
        Self { name }
    }

    fn now(&self) -> Value {
        object(KIND, &self.name).unwrap_or_else(|| panic!("there is no experiment {}", self.name))
    }

    /// The experiment, once `is` holds.
    #[track_caller]
    fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("{}: {what}", self.name), LONG, || {
            Some(self.now()).filter(|e| is(e))
        })
    }

    fn runs(&self, count: u64) -> Value {
        self.until(&format!("{count} trials running"), |e| {
            e["status"]["trialsRunning"].as_u64() == Some(count)
        })
    }

    fn ended(&self) -> Value {
        self.until("its end", |e| {
            let all = e["status"]["conditions"].as_array();
            let last = all.and_then(|c| c.last());
            last.is_some_and(|c| c["type"] == "Succeeded" && c["status"] == "True")
        })
    }

    /// Names of its trials that are not being deleted.
    fn trials(&self) -> BTreeSet<String> {
        let label = format!("katib.kubeflow.org/experiment={}", self.name);
        let text = kubectl(&["-n", NS, "get", TRIALS, "-l", &label, "-o", "json"], "").unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        let items = list["items"].as_array().unwrap().iter();
        let alive = items.filter(|t| t["metadata"]["deletionTimestamp"].is_null());
        alive
            .map(|t| t["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What the API server says to a change by hand.
    fn patch(&self, spec: &Value) -> Result<String, String> {
        let patch = json!({"spec": spec}).to_string();
        kubectl(
            &[
                "-n",
                NS,
                "patch",
                KIND,
                &self.name,
                "--type=merge",
                "-p",
                &patch,
            ],
            "",
        )
    }
}

fn traps(plan: &Value) -> String {
    let all = plan["traps"].as_array().unwrap().iter();
    all.map(|t| t["text"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Why it is refused.
#[track_caller]
fn refused(person: &Person, action: &str, target: &str, more: &[&str]) -> String {
    let args = [&["do", action, target, "-n", NS, "--yes"][..], more].concat();
    let done = person.midwatch(&args);
    assert_eq!(done.code, Some(5), "{done:?}");
    done.err
}

const SET: &str = "experiment.set-parallelism";

#[test]
#[ignore = "needs tests/rig/live"]
fn lowered_parallelism_deletes_the_trials_that_the_preview_names() {
    let person = Person::new("sre");
    let sweep = Sweep::start(
        "lower",
        (4, 40),
        "Never",
        &json!([{"run-time": "1s"}, {"run-time": "1s"}]),
        "8760h",
    );
    sweep.until("two ended, four run", |e| {
        e["status"]["trialsSucceeded"] == 2 && e["status"]["trialsRunning"] == 4
    });
    let before = sweep.trials();
    let plan = person.preview(SET, &sweep.name, &["--param", "trials=2"]);
    let said = traps(&plan);
    assert!(
        said.contains("deletes 2 trials, the newest first"),
        "{said}"
    );
    // they began a moment ago
    assert_eq!(plan["risk"], "loses-little");
    let outcome = person.act(SET, &sweep.name, &["--param", "trials=2"]);
    sweep.runs(2);
    let after = sweep.trials();
    let gone: Vec<&String> = before.difference(&after).collect();
    assert_eq!(gone.len(), 2, "{before:?} {after:?}");
    assert!(
        gone.iter().all(|name| said.contains(*name)),
        "{said} {gone:?}"
    );
    assert_eq!(outcome["undo"]["parameters"]["trials"], "4");
    // what the webhook refuses, midwatch says before it is asked
    let why = sweep.patch(&json!({"parallelTrialCount": 0})).unwrap_err();
    assert!(why.contains("must be greater than 0"), "{why}");
    assert!(refused(&person, SET, &sweep.name, &["--param", "trials=0"]).contains("refuses 0"));
    let why = sweep.patch(&json!({"parallelTrialCount": 41})).unwrap_err();
    assert!(why.contains("spec.maxTrialCount"), "{why}");
    assert!(
        refused(&person, SET, &sweep.name, &["--param", "trials=41"]).contains("more than the 40")
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_pause_keeps_one_trial_and_the_number_for_later() {
    let person = Person::new("sre");
    let sweep = Sweep::start("pause", (3, 30), "Never", &json!([]), "8760h");
    sweep.runs(3);
    person.act("experiment.pause", &sweep.name, &[]);
    let paused = sweep.runs(1);
    assert_eq!(
        paused["metadata"]["annotations"]["midwatch.dev/parallel-trial-count"],
        "3"
    );
    let text = person.midwatch(&["get", "experiments", &sweep.name, "-n", NS, "-o", "json"]);
    let list: Value = serde_json::from_str(&text.out).unwrap();
    assert_eq!(list["items"][0]["pausedFrom"], 3, "{list}");
    person.act("experiment.unpause", &sweep.name, &[]);
    let back = sweep.runs(3);
    assert!(back["metadata"]["annotations"]["midwatch.dev/parallel-trial-count"].is_null());
    assert!(refused(&person, "experiment.unpause", &sweep.name, &[]).contains("not paused"));
}

#[test]
#[ignore = "needs tests/rig/live"]
fn in_the_last_batch_only_a_greater_budget_is_taken() {
    let person = Person::new("sre");
    let sweep = Sweep::start("budget", (3, 3), "Never", &json!([]), "8760h");
    sweep.runs(3);
    let why = sweep.patch(&json!({"parallelTrialCount": 2})).unwrap_err();
    assert!(why.contains("greater than status.trials"), "{why}");
    let text = refused(&person, SET, &sweep.name, &["--param", "trials=2"]);
    assert!(
        text.contains("last batch") && text.contains("experiment.set-budget"),
        "{text}"
    );
    let text = refused(
        &person,
        "experiment.set-budget",
        &sweep.name,
        &["--param", "trials=2"],
    );
    assert!(text.contains("cannot be lowered to end"), "{text}");
    let outcome = person.act(
        "experiment.set-budget",
        &sweep.name,
        &["--param", "trials=9", "--param", "failed=4"],
    );
    assert_eq!(sweep.now()["spec"]["maxTrialCount"], 9);
    assert_eq!(sweep.now()["spec"]["maxFailedTrialCount"], 4);
    assert_eq!(outcome["undo"]["parameters"]["failed"], "3");
    person.act(SET, &sweep.name, &["--param", "trials=4"]);
    sweep.runs(4);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn what_kept_its_algorithm_begins_again_and_what_did_not_cannot() {
    let person = Person::new("sre");
    let kept = Sweep::start("again", (2, 2), "LongRunning", &json!([]), "1s");
    let lost = Sweep::start("over", (2, 2), "Never", &json!([]), "1s");
    kept.ended();
    lost.ended();
    let more = ["--param", "trials=4"];
    let why = lost.patch(&json!({"maxTrialCount": 4})).unwrap_err();
    assert!(why.contains("Experiment can be restarted if"), "{why}");
    let text = refused(&person, "experiment.restart", &lost.name, &more);
    assert!(text.contains("resumePolicy is Never"), "{text}");
    let text = refused(&person, SET, &kept.name, &["--param", "trials=1"]);
    assert!(text.contains("experiment.restart"), "{text}");
    person.act("experiment.restart", &kept.name, &more);
    kept.until("four trials", |e| e["status"]["trials"] == 4);
    kept.ended();
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_deleted_trial_is_made_again_and_a_deleted_experiment_is_not() {
    let person = Person::new("sre");
    let sweep = Sweep::start("trial", (2, 20), "Never", &json!([]), "8760h");
    sweep.runs(2);
    let trial = sweep.trials().into_iter().next().unwrap();
    let before = object(TRIALS, &trial).unwrap();
    let plan = person.preview("trial.delete", &trial, &[]);
    assert!(
        traps(&plan).contains("the same name and the same parameters at once"),
        "{plan}"
    );
    person.act("trial.delete", &trial, &[]);
    let again = wait_for("the trial again", LONG, || {
        object(TRIALS, &trial).filter(|t| t["metadata"]["uid"] != before["metadata"]["uid"])
    });
    assert_eq!(
        again["spec"]["parameterAssignments"],
        before["spec"]["parameterAssignments"]
    );
    let plan = person.preview("experiment.delete", &sweep.name, &[]);
    assert!(traps(&plan).contains("results vanish"), "{plan}");
    person.act("experiment.delete", &sweep.name, &[]);
    assert!(object(KIND, &sweep.name).is_none());
    wait_for("its trials to go", LONG, || {
        sweep.trials().is_empty().then_some(())
    });
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_trial_without_a_metric_is_shown_as_that() {
    let person = Person::new("sre");
    let first = json!([{"fate": "metrics-unavailable", "run-time": "1s"}, {"run-time": "1s"}]);
    let sweep = Sweep::start("silent", (1, 20), "Never", &first, "8760h");
    sweep.until("one without a metric", |e| {
        e["status"]["trialMetricsUnavailable"] == 1
    });
    sweep.until("one with", |e| e["status"]["trialsSucceeded"] == 1);
    let asked = [
        "get",
        "trials",
        "-n",
        NS,
        "-o",
        "json",
        "--filter",
        &format!("experiment:{}", sweep.name),
    ];
    let done = person.midwatch(&asked);
    assert_eq!(done.code, Some(0), "{done:?}");
    let list: Value = serde_json::from_str(&done.out).unwrap();
    let items = list["items"].as_array().unwrap();
    let silent = items.iter().find(|t| t["state"] == "No metric").unwrap();
    assert!(silent["value"].is_null(), "{silent}");
    let good = items.iter().find(|t| t["state"] == "Succeeded").unwrap();
    assert!(good["value"].is_number(), "{good}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn what_somebody_else_changed_meanwhile_is_shown_and_nothing_is_written() {
    let person = Person::new("sre");
    let sweep = Sweep::start("edit", (2, 20), "Never", &json!([]), "8760h");
    sweep.runs(2);
    let plan = person.preview(SET, &sweep.name, &["--param", "trials=3"]);
    assert_eq!(
        plan["steps"][0]["body"]["metadata"]["resourceVersion"],
        plan["target"]["resourceVersion"]
    );
    // the very request that was shown, after another person's edit
    sweep.patch(&json!({"parallelTrialCount": 4})).unwrap();
    let body = plan["steps"][0]["body"].to_string();
    let why = kubectl(
        &[
            "-n",
            NS,
            "patch",
            KIND,
            &sweep.name,
            "--type=merge",
            "-p",
            &body,
        ],
        "",
    )
    .unwrap_err();
    assert!(why.contains("the object has been modified"), "{why}");
    assert_eq!(sweep.now()["spec"]["parallelTrialCount"], 4);
}
