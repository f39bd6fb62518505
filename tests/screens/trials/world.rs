//! A sweep with its experiments, trials and pods, made up. Pure.

use midwatch::app::Model;
use midwatch::domain::{
    Clean, ContainerRow, ContainerState, ExperimentRow, Labels, PodRow, SourceState, SuggestionRow,
    TrialRow,
};
use midwatch::kinds::{Experiments, Kind, Suggestions, Trials};
use serde_json::{Value, json};

use crate::platform::{ago, cluster, put, set_state};
use crate::{platform, press};

pub(super) fn spec(parameters: &Value, objective: &Value, budget: (u32, u32)) -> Value {
    json!({"parameters": parameters, "objective": objective, "algorithm": {"algorithmName": "tpe"},
        "parallelTrialCount": budget.0, "maxTrialCount": budget.1, "maxFailedTrialCount": 6, "resumePolicy": "LongRunning"})
}

pub(super) fn lr() -> Value {
    json!([{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.00001", "max": "0.1"}},
        {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "12"}},
        {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd", "lion"]}}])
}

pub(super) fn experiment(
    place: (&str, &str),
    spec: &Value,
    status: &Value,
    minutes: i64,
) -> ExperimentRow {
    let object = json!({"metadata": {"name": place.1, "namespace": place.0, "uid": place.1, "creationTimestamp": ago(minutes * 60)},
        "spec": spec, "status": status});
    Experiments::row(&cluster(), serde_json::from_value(object).unwrap())
}

pub(super) fn condition(kind: &str, reason: &str) -> Value {
    json!([{"type": "Created", "status": "True"}, {"type": kind, "status": "True", "reason": reason}])
}

/// Trials of the sweep: number, state, figure (text, as it was reported), minutes ago.
pub(super) fn trial(number: u32, kind: &str, figure: &str, minutes: i64) -> TrialRow {
    let lr = 0.000_1 * f64::from(1 + number * 7 % 40);
    let ended = !matches!(kind, "Running" | "Created");
    let mut object = json!({
        "metadata": {"name": format!("sweep-{number:04}"), "namespace": "ml-nlp", "uid": format!("t{number}"),
            "creationTimestamp": ago(minutes * 60), "labels": {"katib.kubeflow.org/experiment": "sweep"}},
        "spec": {"objective": {"type": "maximize", "goal": 0.95, "objectiveMetricName": "f1"},
            "parameterAssignments": [{"name": "lr", "value": format!("{lr}")}, {"name": "layers", "value": format!("{}", 1 + number % 12)},
                {"name": "optimizer", "value": (["adam", "sgd", "lion"][number as usize % 3])}],
            "primaryContainerName": "main",
            "runSpec": {"kind": "Job", "spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/mig-1g.10gb": "1"}}}]}}}}},
        "status": {"startTime": ago(minutes * 60 - 20), "conditions": condition(kind, &format!("Trial{kind}"))}});
    if ended {
        object["status"]["completionTime"] = json!(ago(minutes * 60 - 600));
    }
    if !figure.is_empty() {
        object["status"]["observation"] =
            json!({"metrics": [{"name": "f1", "min": "0.1", "max": figure, "latest": figure}]});
    }
    Trials::row(&cluster(), serde_json::from_value(object).unwrap())
}

fn pod(trial: &str, phase: &str, unscheduled: &str) -> PodRow {
    let failed = phase == "Failed";
    PodRow {
        key: midwatch::domain::Key::new(cluster(), "ml-nlp", &format!("{trial}-x7k2p")),
        uid: Clean::new(trial),
        phase: Clean::new(phase),
        reason: Clean::default(),
        message: Clean::default(),
        node: Clean::new(if unscheduled.is_empty() {
            "gpu-m01"
        } else {
            ""
        }),
        unscheduled: Clean::new(unscheduled),
        run: Clean::default(),
        step: Clean::default(),
        containers: Box::new([ContainerRow {
            name: Clean::new("main"),
            init: false,
            state: if failed {
                ContainerState::Terminated
            } else {
                ContainerState::Running
            },
            reason: Clean::new(if failed { "OOMKilled" } else { "" }),
            message: Clean::default(),
            exit_code: failed.then_some(137),
            ended: None,
            restarts: 0,
            last_reason: Clean::default(),
            memory_limit: Clean::new("24Gi"),
            image: Clean::new("registry.example/nlp/bert:2.4"),
        }]),
        gpus: Clean::new("1 nvidia.com/mig-1g.10gb"),
        labels: Labels::of([
            ("katib.kubeflow.org/experiment", "sweep"),
            ("katib.kubeflow.org/trial", trial),
        ]),
        owner: None,
        created: Some(ago(1_500)),
        deleting: None,
    }
}

pub(super) fn sweep() -> ExperimentRow {
    let objective = json!({"type": "maximize", "goal": 0.95, "objectiveMetricName": "f1"});
    let best = json!({"bestTrialName": "sweep-0016", "parameterAssignments": [{"name": "lr", "value": "0.0033"},
        {"name": "layers", "value": "5"}, {"name": "optimizer", "value": "sgd"}],
        "observation": {"metrics": [{"name": "f1", "min": "0.1", "max": "0.93", "latest": "0.93"}]}});
    let status = json!({"trials": 24, "trialsRunning": 4, "trialsSucceeded": 17, "trialsFailed": 2, "trialMetricsUnavailable": 1,
        "startTime": ago(14_000), "currentOptimalTrial": best, "conditions": condition("Running", "ExperimentRunning")});
    experiment(
        ("ml-nlp", "sweep"),
        &spec(&lr(), &objective, (4, 60)),
        &status,
        240,
    )
}

fn experiments() -> Vec<ExperimentRow> {
    let loss = json!({"type": "minimize", "goal": 0.3, "objectiveMetricName": "loss"});
    let ended = |reason: &str, value: &str| {
        json!({"trials": 20, "trialsSucceeded": 20, "conditions": condition("Succeeded", reason),
            "startTime": ago(40_000), "completionTime": ago(30_000),
            "currentOptimalTrial": {"bestTrialName": "x-1", "observation": {"metrics": [{"name": "loss", "min": value, "max": "9", "latest": value}]}}})
    };
    let stuck = json!({"trials": 0, "conditions": condition("Created", "ExperimentCreated")});
    let mut paused = experiment(
        ("recsys", "two-tower"),
        &spec(&lr(), &loss, (1, 40)),
        &json!({"trials": 9, "trialsRunning": 1, "trialsSucceeded": 8, "startTime": ago(9_000), "conditions": condition("Running", "")}),
        150,
    );
    paused.paused_from = Some(8);
    let failed = json!({"trials": 9, "trialsFailed": 7, "trialsSucceeded": 2,
        "conditions": [{"type": "Failed", "status": "True", "reason": "ExperimentFailed", "message": "Experiment has failed because max failed count has reached"}]});
    vec![
        sweep(),
        experiment(
            ("ml-churn", "depth"),
            &spec(&lr(), &loss, (4, 60)),
            &ended("ExperimentGoalReached", "0.28"),
            900,
        ),
        experiment(
            ("ml-churn", "windows"),
            &spec(&lr(), &loss, (4, 20)),
            &ended("ExperimentMaxTrialsReached", "0.41"),
            800,
        ),
        experiment(
            ("recsys", "embed-dim"),
            &spec(&lr(), &loss, (6, 36)),
            &stuck,
            47,
        ),
        experiment(
            ("ml-fraud", "features"),
            &spec(&lr(), &loss, (3, 30)),
            &failed,
            600,
        ),
        paused,
    ]
}

fn suggestion() -> SuggestionRow {
    let object = json!({"metadata": {"name": "embed-dim", "namespace": "recsys", "creationTimestamp": ago(2_800)},
        "spec": {"requests": 6}, "status": {"suggestionCount": 0, "conditions": [
            {"type": "DeploymentReady", "status": "False", "reason": "DeploymentNotReady", "message": "image cannot be pulled"}]}});
    Suggestions::row(&cluster(), serde_json::from_value(object).unwrap())
}

fn trials() -> Vec<TrialRow> {
    let figures = [
        "0.61",
        "0.702",
        "0.66",
        "0.74",
        "unavailable",
        "0.71",
        "0.78",
        "",
        "0.80",
        "0.77",
        "0.83",
        "0.81",
        "0.86",
        "",
        "0.84",
        "0.88",
        "0.93",
        "0.87",
        "0.9",
        "0.91",
    ];
    let ended = figures.iter().zip(0_u32..).map(|(figure, n)| {
        let kind = match *figure {
            "" => "Failed",
            "unavailable" => "MetricsUnavailable",
            _ => "Succeeded",
        };
        trial(n, kind, figure, 230 - i64::from(n) * 10)
    });
    let running = (20..24).map(|n| trial(n, "Running", "", 25));
    ended.chain(running).collect()
}

pub(super) fn live() -> Model {
    let mut model = platform::live();
    for feed in ["experiments", "trials", "suggestions", "pods"] {
        set_state(&mut model, feed, SourceState::Live);
    }
    put(&mut model, "experiments", experiments());
    put(&mut model, "trials", trials());
    put(&mut model, "suggestions", vec![suggestion()]);
    put(
        &mut model,
        "pods",
        vec![
            pod("sweep-0013", "Failed", ""),
            pod("sweep-0020", "Running", ""),
            pod(
                "sweep-0023",
                "Pending",
                "0/20 nodes are available: 3 Insufficient nvidia.com/mig-1g.10gb.",
            ),
        ],
    );
    press(&mut model, "3");
    model
}
