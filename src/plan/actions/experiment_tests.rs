//! Experiments and trials as the real controller writes them, and each trap of the actions on them.

use serde_json::{Value, json};

use super::action;
use crate::kinds::experiment::PAUSED_FROM;
use crate::plan::spec::Risk;
use crate::plan::{Beside, Cluster, Given, Params, Plan, Refused, Sight};

/// An experiment of which so many trials were made, of at most `max`, `parallel` at a time; `running` of them run.
fn experiment(made: i64, max: i64, parallel: i64, running: i64) -> Value {
    json!({
        "apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment",
        "metadata": {"name": "sweep", "namespace": "ml", "uid": "u-1", "resourceVersion": "7",
            "finalizers": ["update-prometheus-metrics"]},
        "spec": {"objective": {"type": "maximize", "objectiveMetricName": "accuracy"},
            "maxTrialCount": max, "parallelTrialCount": parallel, "maxFailedTrialCount": 3, "resumePolicy": "LongRunning"},
        "status": {"trials": made, "trialsRunning": running, "trialsSucceeded": made - running,
            "conditions": [{"type": "Created", "status": "True"}, {"type": "Running", "status": "True"}],
            "currentOptimalTrial": {"bestTrialName": "sweep-0", "parameterAssignments": [{"name": "lr", "value": "0.1"}],
                "observation": {"metrics": [{"name": "accuracy", "min": "0.1", "max": "0.9", "latest": "0.9"}]}}},
    })
}

fn ended(mut object: Value, kind: &str, reason: &str, policy: &str) -> Value {
    object["spec"]["resumePolicy"] = policy.into();
    object["status"]["conditions"] = json!([{"type": "Created", "status": "True"}, {"type": "Running", "status": "False"},
        {"type": kind, "status": "True", "reason": reason}]);
    object
}

/// Trials, the oldest first, each in a state.
fn trials(states: &[&str]) -> Value {
    let all = states.iter().enumerate().map(|(at, state)| {
        json!({"metadata": {"name": format!("sweep-{at}"), "creationTimestamp": format!("2026-11-21T00:{at:02}:00Z")},
            "status": {"conditions": [{"type": "Created", "status": "True"}, {"type": state, "status": "True"}]}})
    });
    json!({"items": all.collect::<Vec<_>>()})
}

fn trial(state: &str) -> Value {
    json!({
        "apiVersion": "kubeflow.org/v1beta1", "kind": "Trial",
        "metadata": {"name": "sweep-3", "namespace": "ml", "uid": "u-2", "resourceVersion": "9",
            "labels": {"katib.kubeflow.org/experiment": "sweep"}, "finalizers": ["clean-metrics-in-db"]},
        "status": {"conditions": [{"type": state, "status": "True"}]},
    })
}

fn made(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    seen: Option<&Value>,
) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    let cluster = Cluster::default();
    let mut given = Given {
        object,
        params: &params,
        now: "2026-11-21T03:00:00Z".parse().unwrap(),
        cluster: &cluster,
        namespace: "ml",
        suffix: "xxxxx",
        beside: &crate::plan::NOTHING_BESIDE,
    };
    let reads = action.reads(&given);
    let sights = reads
        .into_iter()
        .filter_map(|read| Some((read.path, Sight::Found(Box::new(seen?.clone())))));
    let beside = Beside::new(sights);
    given.beside = &beside;
    action.plan(&given)
}

fn refusal(name: &str, object: &Value, params: &[(&str, &str)]) -> String {
    let refused = made(name, object, params, None).unwrap_err();
    format!("{}. {}", refused.why, refused.instead)
}

fn trap(plan: &Plan, text: &str) -> bool {
    plan.traps.iter().any(|t| t.text.contains(text))
}

const SET: &str = "experiment.set-parallelism";

#[test]
fn lowering_parallelism_names_the_newest_trials_ended_ones_included() {
    let object = experiment(6, 20, 4, 4);
    // the newest ended just now; two older ones run on beyond the new number
    let all = trials(&[
        "Succeeded",
        "Succeeded",
        "Running",
        "Running",
        "Running",
        "EarlyStopped",
    ]);
    let plan = made(SET, &object, &[("trials", "2")], Some(&all)).unwrap();
    assert!(trap(&plan, "deletes 2 trials, the newest first"));
    assert!(trap(&plan, "sweep-5 (EarlyStopped), sweep-4 (Running)"));
    assert!(trap(&plan, "1 trial of them ended already"));
    // of the one that ended nobody noted when
    assert_eq!(plan.risk, Risk::LosesWork);
    let mut young = all.clone();
    young["items"][5]["status"]["completionTime"] = "2026-11-21T00:06:30Z".into();
    young["items"][4]["status"]["startTime"] = "2026-11-21T02:58:00Z".into();
    let little = made(SET, &object, &[("trials", "2")], Some(&young)).unwrap();
    assert_eq!(little.risk, Risk::LosesLittle);
    assert!(
        little
            .facts
            .iter()
            .any(|f| (f.topic, &*f.text) == ("lost", "3:30 of work"))
    );
    assert!(!plan.is_blocked());
    assert_eq!(plan.steps[0].body["spec"], json!({"parallelTrialCount": 2}));
    assert_eq!(plan.inverse_parameters["trials"], "4");
    assert!(
        plan.needs
            .iter()
            .any(|n| n.verb == "list" && n.resource == "trials")
    );
    let mut after = object.clone();
    after["spec"]["parallelTrialCount"] = 2.into();
    assert!(!plan.verify.holds(Some(&after)), "more than that run still");
    after["status"]["trialsRunning"] = 2.into();
    assert!(plan.verify.holds(Some(&after)));
}

#[test]
fn the_best_trial_is_not_deleted_by_lowering_parallelism() {
    let mut object = experiment(3, 20, 3, 3);
    object["status"]["currentOptimalTrial"]["bestTrialName"] = "sweep-2".into();
    let all = trials(&["Running", "Running", "Succeeded"]);
    let plan = made(SET, &object, &[("trials", "2")], Some(&all)).unwrap();
    assert!(plan.is_blocked() && trap(&plan, "sweep-2 is the best trial so far"));
}

#[test]
fn what_would_be_deleted_has_to_be_seen() {
    let object = experiment(6, 20, 4, 4);
    let blind = made(SET, &object, &[("trials", "2")], None).unwrap();
    assert!(blind.is_blocked() && trap(&blind, "which ones was not looked at"));
    // fewer run than are allowed: nothing is deleted
    let few = made(SET, &experiment(6, 20, 4, 2), &[("trials", "3")], None).unwrap();
    assert!(!few.is_blocked() && few.risk == Risk::Reversible);
    assert!(few.facts.iter().any(|f| f.text.contains("No trial")));
}

#[test]
fn parallelism_keeps_to_what_the_webhook_takes() {
    let object = experiment(6, 20, 4, 4);
    for (given, says) in [
        ("0", "refuses 0"),
        ("-1", "from 1"),
        ("many", "from 1"),
        ("4", "already"),
        ("21", "more than the 20"),
    ] {
        assert!(
            refusal(SET, &object, &[("trials", given)]).contains(says),
            "{given}"
        );
    }
    let last = experiment(20, 20, 4, 4);
    let text = refusal(SET, &last, &[("trials", "2")]);
    assert!(
        text.contains("last batch") && text.contains("experiment.set-budget"),
        "{text}"
    );
    assert!(refusal("experiment.pause", &last, &[]).contains("last batch"));
}

#[test]
fn raising_parallelism_deletes_nothing_and_says_how_many_start() {
    let plan = made(SET, &experiment(18, 20, 4, 4), &[("trials", "9")], None).unwrap();
    assert!(
        plan.facts
            .iter()
            .any(|f| f.text.starts_with("2 more trials start"))
    );
    assert_eq!(plan.risk, Risk::Reversible);
}

#[test]
fn a_pause_goes_down_to_one_and_keeps_the_number_for_later() {
    let object = experiment(6, 20, 4, 4);
    let all = trials(&[
        "Succeeded",
        "Succeeded",
        "Running",
        "Running",
        "Running",
        "Running",
    ]);
    let pause = made("experiment.pause", &object, &[], Some(&all)).unwrap();
    assert!(trap(&pause, "0 at a time is refused") && trap(&pause, "deletes 3 trials"));
    let body = &pause.steps[0].body;
    assert_eq!(body["metadata"]["annotations"][PAUSED_FROM], "4");
    assert_eq!(body["spec"]["parallelTrialCount"], 1);
    let mut paused = experiment(6, 20, 1, 1);
    paused["metadata"]["annotations"] = json!({PAUSED_FROM: "4"});
    assert!(refusal("experiment.pause", &paused, &[]).contains("paused already"));
    let back = made("experiment.unpause", &paused, &[], None).unwrap();
    assert_eq!(back.steps[0].body["spec"]["parallelTrialCount"], 4);
    assert!(back.steps[0].body["metadata"]["annotations"][PAUSED_FROM].is_null());
    // a number of its own ends the pause
    let other = made(SET, &paused, &[("trials", "2")], None).unwrap();
    assert!(other.steps[0].body["metadata"]["annotations"][PAUSED_FROM].is_null());
    assert!(refusal("experiment.unpause", &object, &[]).contains("not paused"));
    paused["spec"]["parallelTrialCount"] = 8.into();
    assert!(refusal("experiment.unpause", &paused, &[]).contains("raised it since"));
    let one = experiment(6, 20, 1, 1);
    assert!(refusal("experiment.pause", &one, &[]).contains("0 is refused"));
}

#[test]
fn a_budget_is_never_below_what_was_made() {
    let set = "experiment.set-budget";
    let object = experiment(12, 20, 4, 4);
    for given in ["12", "5"] {
        let text = refusal(set, &object, &[("trials", given)]);
        assert!(
            text.contains("cannot be lowered to end an experiment"),
            "{text}"
        );
    }
    // in the last batch even the failures alone cannot be edited
    let last = experiment(20, 20, 4, 4);
    assert!(refusal(set, &last, &[("failed", "5")]).contains("last batch"));
    assert!(refusal(set, &object, &[("failed", "21")]).contains("more than the 20"));
    assert!(refusal(set, &object, &[("trials", "20")]).contains("Nothing would change"));
    assert!(refusal(set, &experiment(1, 20, 9, 1), &[("trials", "8")]).contains("set-parallelism"));
    let plan = made(set, &last, &[("trials", "30"), ("failed", "5")], None).unwrap();
    assert_eq!(
        plan.steps[0].body["spec"],
        json!({"maxTrialCount": 30, "maxFailedTrialCount": 5})
    );
    assert_eq!(
        (
            &*plan.inverse_parameters["trials"],
            &*plan.inverse_parameters["failed"]
        ),
        ("20", "3")
    );
    assert!(
        plan.facts
            .iter()
            .any(|f| f.text.starts_with("10 more trials"))
    );
}

#[test]
fn only_what_spent_its_budget_and_kept_its_algorithm_begins_again() {
    let restart = "experiment.restart";
    let spent = |policy| {
        ended(
            experiment(20, 20, 4, 0),
            "Succeeded",
            "ExperimentMaxTrialsReached",
            policy,
        )
    };
    let more = [("trials", "30")];
    for policy in ["LongRunning", "FromVolume"] {
        let plan = made(restart, &spent(policy), &more, None).unwrap();
        assert_eq!(plan.steps[0].body["spec"], json!({"maxTrialCount": 30}));
        let mut after = spent(policy);
        after["spec"]["maxTrialCount"] = 30.into();
        assert!(!plan.verify.holds(Some(&after)), "no trial was made yet");
        after["status"]["trials"] = 21.into();
        assert!(plan.verify.holds(Some(&after)));
        assert!(plan.inverse.is_none());
    }
    assert!(refusal(restart, &spent("Never"), &more).contains("resumePolicy is Never"));
    let goal = ended(
        experiment(9, 20, 4, 0),
        "Succeeded",
        "ExperimentGoalReached",
        "LongRunning",
    );
    assert!(refusal(restart, &goal, &more).contains("goal reached"));
    let failed = ended(
        experiment(9, 20, 4, 0),
        "Failed",
        "ExperimentFailed",
        "FromVolume",
    );
    assert!(refusal(restart, &failed, &more).contains("has failed"));
    assert!(refusal(restart, &experiment(9, 20, 4, 4), &more).contains("set-budget"));
    assert!(refusal(restart, &spent("LongRunning"), &[("trials", "20")]).contains("already"));
    // and every other edit of an ended one leads there, or says that there is none
    assert!(refusal(SET, &spent("LongRunning"), &[("trials", "2")]).contains("experiment.restart"));
    assert!(refusal(SET, &goal, &[("trials", "2")]).contains("webhook refuses"));
}

#[test]
fn a_deleted_trial_is_run_again_under_the_same_name() {
    let owner = experiment(6, 20, 4, 4);
    let plan = made("trial.delete", &trial("Running"), &[], Some(&owner)).unwrap();
    assert!(trap(&plan, "the same name and the same parameters at once"));
    assert!(trap(&plan, "katib-db-manager") && trap(&plan, "has not ended"));
    assert_eq!(plan.risk, Risk::LosesWork);
    assert_eq!(plan.steps[0].body["preconditions"]["uid"], "u-2");
    let over = ended(
        owner.clone(),
        "Succeeded",
        "ExperimentMaxTrialsReached",
        "Never",
    );
    let plan = made("trial.delete", &trial("Succeeded"), &[], Some(&over)).unwrap();
    assert!(trap(&plan, "no other takes its place") && trap(&plan, "result, which is lost"));
    let unseen = made("trial.delete", &trial("Failed"), &[], None).unwrap();
    assert!(trap(&unseen, "that was not seen"));
    let mut best = owner;
    best["status"]["currentOptimalTrial"]["bestTrialName"] = "sweep-3".into();
    assert!(
        made("trial.delete", &trial("Succeeded"), &[], Some(&best))
            .unwrap()
            .is_blocked()
    );
    let mut going = trial("Running");
    going["metadata"]["deletionTimestamp"] = "2026-11-21T02:00:00Z".into();
    assert!(refusal("trial.delete", &going, &[]).contains("katib-db-manager"));
}

#[test]
fn a_deleted_experiment_takes_its_results_along() {
    let plan = made("experiment.delete", &experiment(6, 20, 4, 4), &[], None).unwrap();
    assert!(trap(&plan, "results vanish") && trap(&plan, "4 trials run or wait"));
    assert!(
        plan.facts
            .iter()
            .any(|f| f.text.contains("accuracy 0.9 in sweep-0 with lr=0.1"))
    );
    assert_eq!(plan.risk, Risk::LosesWork);
    assert!(plan.inverse.is_none());
}
