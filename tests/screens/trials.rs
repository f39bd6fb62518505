//! What the screens show of experiments and trials: what is stuck, how far each has come, and why a trial failed.

use std::time::Instant;

use midwatch::app::Model;
use midwatch::domain::{
    Busy, BusyBy, Clean, ContainerRow, ContainerState, ExperimentRow, GpuRow, HeldBy, Key, Labels,
    PodRow, Slice, SourceState, SuggestionRow, TrialRow,
};
use midwatch::kinds::{Experiments, Kind, Suggestions, Trials};
use midwatch::ui::Look;
use serde_json::{Value, json};

use super::platform::{ago, cluster, put, set_state};
use super::{mono, picture, platform, press};

fn spec(parameters: &Value, objective: &Value, budget: (u32, u32)) -> Value {
    json!({"parameters": parameters, "objective": objective, "algorithm": {"algorithmName": "tpe"},
        "parallelTrialCount": budget.0, "maxTrialCount": budget.1, "maxFailedTrialCount": 6, "resumePolicy": "LongRunning"})
}

fn lr() -> Value {
    json!([{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.00001", "max": "0.1"}},
        {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "12"}},
        {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd", "lion"]}}])
}

fn experiment(place: (&str, &str), spec: &Value, status: &Value, minutes: i64) -> ExperimentRow {
    let object = json!({"metadata": {"name": place.1, "namespace": place.0, "uid": place.1, "creationTimestamp": ago(minutes * 60)},
        "spec": spec, "status": status});
    Experiments::row(&cluster(), serde_json::from_value(object).unwrap())
}

fn condition(kind: &str, reason: &str) -> Value {
    json!([{"type": "Created", "status": "True"}, {"type": kind, "status": "True", "reason": reason}])
}

/// Trials of the sweep: number, state, figure (text, as it was reported), minutes ago.
fn trial(number: u32, kind: &str, figure: &str, minutes: i64) -> TrialRow {
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

fn sweep() -> ExperimentRow {
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

fn live() -> Model {
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

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

#[test]
fn experiments_that_are_stuck_stand_first_with_the_reason_in_words() {
    let mut model = live();
    insta::assert_snapshot!(
        "experiments_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("experiments_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "experiments_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "experiments_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!(
        "experiments_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    let text = shown(&mut model);
    assert!(
        text.contains("the suggestion is not ready: DeploymentNotReady: image cannot be pulled"),
        "{text}"
    );
}

/// Opens the sweep, which is second: a part of it waits.
fn opened() -> Model {
    let mut model = live();
    press(&mut model, "/ s w e e p Enter Enter");
    model
}

#[test]
fn an_experiment_opens_on_its_curve_its_parameters_and_its_trials() {
    let mut model = opened();
    insta::assert_snapshot!("experiment_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "experiment_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "experiment_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!(
        "experiment_mono_120x36",
        picture(&mut model, (120, 36), mono())
    );
    insta::assert_snapshot!(
        "experiment_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    let text = shown(&mut model);
    assert!(text.contains("goal 0.95"), "{text}");
    assert!(text.contains("1 of 4 trials have no node"), "{text}");
}

#[test]
fn tab_turns_what_stands_above_the_trials() {
    let mut model = opened();
    press(&mut model, "Tab");
    insta::assert_snapshot!(
        "experiment_parameters_80x24",
        picture(&mut model, (80, 24), mono())
    );
    press(&mut model, "Tab");
    let text = shown(&mut model);
    assert!(
        text.contains("sweep-0016") && text.contains("optimizer: sgd"),
        "{text}"
    );
    press(&mut model, "Tab");
    let text = shown(&mut model);
    assert!(!text.contains("best so far by trial"), "{text}");
    press(&mut model, "Tab");
    assert!(shown(&mut model).contains("best so far by trial"));
}

#[test]
fn a_failed_trial_says_what_broke_it_and_one_without_a_metric_where_it_was_looked_for() {
    let mut model = opened();
    press(&mut model, "/ 0 0 1 3 Enter Enter");
    let text = shown(&mut model);
    insta::assert_snapshot!("trial_failed_120x36", text);
    assert!(text.contains("main OOMKilled (137)"), "{text}");
    let mut model = opened();
    press(&mut model, "/ 0 0 0 4 Enter Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("told no f1: the metric was not printed by container main"),
        "{text}"
    );
    assert!(text.contains("unavailable"), "{text}");
}

#[test]
fn a_trial_shows_the_slice_it_holds_how_busy_that_is_and_what_it_has_cost() {
    let mut model = opened();
    press(&mut model, "/ 0 0 2 0 Enter Enter");
    let text = shown(&mut model);
    assert!(text.contains("which one is not told"), "{text}");
    assert!(text.contains("0.4 h of mig-1g.10gb, since"), "{text}");
    let asked = |model: &Model| model.wants().iter().any(|w| w.feed == "gpus");
    assert!(asked(&model));
    let held = HeldBy {
        namespace: Clean::new("ml-nlp"),
        pod: Clean::new("sweep-0020-x7k2p"),
        container: Clean::new("main"),
    };
    let busy = Some(Busy {
        ratio: 0.93,
        by: BusyBy::Engine,
    });
    let slice = Slice {
        instance: Some(9),
        profile: Clean::new("1g.10gb"),
        held: Box::new([held]),
        busy,
        ..Slice::default()
    };
    let key = Key::new(cluster(), "", "gpu-m01/3");
    let gpu = GpuRow {
        slices: Box::new([slice]),
        measured: Some(ago(12)),
        ..GpuRow::new(key, Clean::new("gpu-m01"), Clean::new("3"))
    };
    put(&mut model, "gpus", vec![gpu]);
    let text = shown(&mut model);
    let line = text
        .lines()
        .find(|l| l.contains("slice 9"))
        .unwrap_or(&text);
    assert!(line.contains("gpu-m01 GPU 3 slice 9 (1g.10gb)"), "{text}");
    // the last hour is not told, which is not nothing
    assert!(line.contains("93 %") && line.contains(" - "), "{text}");
    // one that has ended gave its slice back
    let mut ended = opened();
    press(&mut ended, "/ 0 0 1 3 Enter Enter");
    let _ = shown(&mut ended);
    assert!(!asked(&ended));
}

#[test]
fn trials_are_sorted_by_their_figure_the_best_first_and_without_one_last() {
    let mut model = opened();
    let text = shown(&mut model);
    let at = |name: &str| text.find(name).unwrap_or(usize::MAX);
    assert!(at("sweep-0016") < at("sweep-0019"), "{text}");
    assert!(at("sweep-0019") < at("sweep-0018"), "{text}");
}

#[test]
fn sources_that_are_denied_are_no_calm() {
    let mut model = live();
    set_state(&mut model, "trials", SourceState::Denied);
    let text = shown(&mut model);
    assert!(
        text.contains("stuck or not is not fully known: trials denied"),
        "{text}"
    );
}

/// 5,000 trials of one experiment, and a hundred experiments beside it.
#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stdout)]
fn five_thousand_trials_open_in_under_a_second() {
    let mut model = platform::live();
    for feed in ["experiments", "trials", "suggestions", "pods"] {
        set_state(&mut model, feed, SourceState::Live);
    }
    let many = (0..5_000_u32).map(|n| {
        let figure = format!(
            "{}",
            0.5 + 0.4 * (1.0 - (-f64::from(n) / 900.0).exp()) - f64::from(n % 17) * 0.01
        );
        trial(n, "Succeeded", &figure, 5_000 - i64::from(n))
    });
    put(&mut model, "trials", many.collect());
    let mut all = vec![sweep()];
    let objective = json!({"type": "maximize", "goal": 0.95, "objectiveMetricName": "f1"});
    all.extend((0..100).map(|n| {
        let status = json!({"trials": 9, "trialsRunning": 3, "startTime": ago(900), "conditions": condition("Running", "")});
        experiment(("ml-nlp", &format!("other-{n}")), &spec(&lr(), &objective, (3, 40)), &status, 20)
    }));
    put(&mut model, "experiments", all);
    let clock = Instant::now();
    press(&mut model, "3");
    shown(&mut model);
    println!(
        "list of 101 experiments, first frame {:>24} ms",
        clock.elapsed().as_millis()
    );
    press(&mut model, "/ s w e e p Enter");
    let clock = Instant::now();
    press(&mut model, "Enter");
    shown(&mut model);
    let opened = clock.elapsed();
    println!(
        "experiment of 5,000 trials, key to first frame {:>14} ms",
        opened.as_millis()
    );
    let clock = Instant::now();
    for key in ["j", "j", "s", "s", "R", "G", "g"] {
        press(&mut model, key);
        shown(&mut model);
    }
    println!(
        "seven keys on it, each with its frame {:>23} ms",
        clock.elapsed().as_millis()
    );
    assert!(opened.as_secs() < 1, "{opened:?}");
}
