//! Experiments of Katib. Pure. Fields: `pkg/apis/controller/experiments/v1beta1/experiment_types.go`,
//! `pkg/apis/controller/common/v1beta1/common_types.go` of Katib 0.18.

use serde::Deserialize;

use super::conditions::{Conditions, present, safe};
use super::lenient::{Int, List, Obj, When, Word};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{
    Best, Clean, ClusterId, Direction, ExperimentPhase, ExperimentRow, Figure, Objective, Observed,
    Resume, Space, Strategy, Tag, Trials,
};

/// The feed `experiments`.
#[derive(Debug, Clone, Copy)]
pub struct Experiments;

/// Keeps the parallelism from before an experiment was paused.
pub const PAUSED_FROM: &str = "midwatch.dev/parallel-trial-count";

/// Trials at a time where the spec does not say, as the webhook fills in.
const PARALLEL: u32 = 3;

/// Most parameters, choices and metrics read of one object: what a hostile server sends beyond that is skipped.
const MOST: usize = 256;

/// What is read of an experiment.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    parameters: List<Obj<Parameter>>,
    objective: Obj<Target>,
    algorithm: Obj<Algorithm>,
    early_stopping: Obj<Algorithm>,
    parallel_trial_count: Int,
    max_trial_count: Int,
    max_failed_trial_count: Int,
    resume_policy: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameter {
    name: Clean,
    #[serde(rename = "parameterType")]
    kind: Clean,
    feasible_space: Obj<Feasible>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Feasible {
    min: Clean,
    max: Clean,
    list: List<Clean>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Algorithm {
    algorithm_name: Clean,
}

/// `spec.objective` of an experiment, which its trials copy.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Target {
    r#type: Clean,
    goal: Number,
    objective_metric_name: Clean,
    metric_strategies: List<Obj<Chosen>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    name: Clean,
    value: Clean,
}

/// A number, also where it is written as text; none where it is none that can be compared.
#[derive(Debug, Default)]
struct Number(Option<Figure>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let word = Word::deserialize(d)?;
        let number = word.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        Ok(Self(number.map(Figure)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    start_time: When,
    completion_time: When,
    current_optimal_trial: Obj<Optimal>,
    trials: Int,
    trials_pending: Int,
    trials_running: Int,
    trials_succeeded: Int,
    trials_failed: Int,
    trials_killed: Int,
    trials_early_stopped: Int,
    trial_metrics_unavailable: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Optimal {
    best_trial_name: Clean,
    parameter_assignments: List<Obj<Assigned>>,
    observation: Obj<Observation>,
}

/// A parameter and the value that a trial has for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Assigned {
    name: Clean,
    value: Clean,
}

/// What a trial reported.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Observation {
    metrics: List<Obj<Reported>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reported {
    name: Clean,
    min: Clean,
    max: Clean,
    latest: Clean,
}

impl Observation {
    pub(super) fn metrics(self) -> Box<[Observed]> {
        let all = self.metrics.0.into_iter().filter_map(|m| m.0).take(MOST);
        let read = all.map(|m| Observed {
            name: m.name,
            min: m.min,
            max: m.max,
            latest: m.latest,
        });
        read.collect()
    }
}

/// Parameters with their values. A value that looks like a credential is not kept.
pub(super) fn assigned(all: List<Obj<Assigned>>) -> Box<[Tag]> {
    let all = all.0.into_iter().filter_map(|a| a.0).take(MOST);
    all.map(|a| Tag {
        key: a.name,
        value: safe(&a.value),
    })
    .collect()
}

/// What is looked for.
pub(super) fn objective(target: Target) -> Objective {
    let direction = match &*target.r#type {
        "minimize" => Direction::Minimize,
        "maximize" => Direction::Maximize,
        _ => Direction::Unknown,
    };
    let metric = target.objective_metric_name;
    let mut strategies = target.metric_strategies.0.iter().filter_map(Obj::get);
    let own = strategies.rfind(|s| s.name == metric);
    let strategy = match own.map(|s| &*s.value) {
        Some("min") => Strategy::Min,
        Some("max") => Strategy::Max,
        Some("latest") => Strategy::Latest,
        // as the webhook fills in
        _ => match direction {
            Direction::Minimize => Strategy::Min,
            Direction::Maximize => Strategy::Max,
            Direction::Unknown => Strategy::Latest,
        },
    };
    Objective {
        metric,
        direction,
        goal: target.goal.0,
        strategy,
    }
}

impl Kind for Experiments {
    type Slim = Slim;
    type Row = ExperimentRow;
    const SPEC: KindSpec = KindSpec {
        feed: "experiments",
        group: "kubeflow.org",
        version: "v1beta1",
        plural: "experiments",
        kind: "Experiment",
        namespaced: true,
        // its status has a list of the names of all trials
        page: 100,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> ExperimentRow {
        let meta = slim.metadata;
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let (phase, reason, message) = phase(&status.conditions);
        let paused = meta.annotations.get(PAUSED_FROM);
        ExperimentRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            phase,
            reason,
            message,
            algorithm: spec.algorithm.or_empty().algorithm_name,
            early_stopping: spec.early_stopping.or_empty().algorithm_name,
            objective: objective(spec.objective.or_empty()),
            space: spaces(spec.parameters),
            trials: Trials {
                total: status.trials.count(),
                pending: status.trials_pending.count(),
                running: status.trials_running.count(),
                succeeded: status.trials_succeeded.count(),
                failed: status.trials_failed.count(),
                killed: status.trials_killed.count(),
                early_stopped: status.trials_early_stopped.count(),
                metrics_unavailable: status.trial_metrics_unavailable.count(),
            },
            parallel: spec.parallel_trial_count.maybe_count().unwrap_or(PARALLEL),
            max: spec.max_trial_count.maybe_count(),
            max_failed: spec.max_failed_trial_count.maybe_count(),
            resume: resume(&spec.resume_policy),
            best: best(status.current_optimal_trial),
            paused_from: paused.parse().ok(),
            created: meta.created.0,
            started: status.start_time.0,
            finished: status.completion_time.0,
            deleting: meta.deleting.0,
            labels: meta.all,
        }
    }
}

/// Where it is, as its present condition says.
fn phase(conditions: &Conditions) -> (ExperimentPhase, Clean, Clean) {
    let Some(last) = present(conditions) else {
        return Default::default();
    };
    let phase = match &*last.r#type {
        "Created" => ExperimentPhase::Created,
        "Running" => ExperimentPhase::Running,
        "Restarting" => ExperimentPhase::Restarting,
        "Succeeded" => ExperimentPhase::Succeeded,
        "Failed" => ExperimentPhase::Failed,
        _ => ExperimentPhase::Unknown,
    };
    (phase, last.reason.clone(), safe(&last.message))
}

fn resume(word: &str) -> Resume {
    match word {
        "" | "Never" => Resume::Never,
        "LongRunning" => Resume::LongRunning,
        "FromVolume" => Resume::FromVolume,
        _ => Resume::Unknown,
    }
}

fn spaces(all: List<Obj<Parameter>>) -> Box<[Space]> {
    let all = all.0.into_iter().filter_map(|p| p.0).take(MOST);
    let read = all.map(|p| {
        let space = p.feasible_space.or_empty();
        Space {
            name: p.name,
            kind: p.kind,
            min: space.min,
            max: space.max,
            list: space.list.0.into_iter().take(MOST).collect(),
        }
    });
    read.collect()
}

/// An experiment without a trial that told a metric has an empty one.
fn best(optimal: Obj<Optimal>) -> Option<Best> {
    let optimal = optimal.0.filter(|o| !o.best_trial_name.is_empty())?;
    Some(Best {
        trial: optimal.best_trial_name,
        parameters: assigned(optimal.parameter_assignments),
        metrics: optimal.observation.or_empty().metrics(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(json: Value) -> ExperimentRow {
        Experiments::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    fn object() -> Value {
        json!({
            "metadata": {"name": "sweep", "namespace": "ml", "annotations": {PAUSED_FROM: "20"}},
            "spec": {
                "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "1"}},
                    {"name": "opt", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd"]}}],
                "objective": {"type": "maximize", "goal": 0.95, "objectiveMetricName": "accuracy"},
                "algorithm": {"algorithmName": "random"}, "maxTrialCount": 50, "resumePolicy": "LongRunning"},
            "status": {"trials": 12, "trialsRunning": 3, "trialsSucceeded": 8, "trialMetricsUnavailable": 1,
                "conditions": [{"type": "Created", "status": "True"}, {"type": "Running", "status": "True", "reason": "ExperimentRunning"}],
                "currentOptimalTrial": {"bestTrialName": "sweep-x", "parameterAssignments": [{"name": "lr", "value": "0.2"}],
                    "observation": {"metrics": [{"name": "accuracy", "min": "0.1", "max": "0.9412", "latest": "0.8"}]}}}
        })
    }

    #[test]
    fn an_experiment_knows_its_budget_its_best_trial_and_where_it_is() {
        let row = row(object());
        assert_eq!(row.phase, ExperimentPhase::Running);
        assert_eq!((row.parallel, row.max, row.max_failed), (3, Some(50), None));
        assert_eq!((row.trials.total, row.trials.active()), (12, 3));
        assert_eq!((row.trials.ended(), row.trials.lost()), (9, 1));
        // the objective goes up, so the greatest value counts where nothing else is said
        assert_eq!(row.best_figure(), Some(0.9412));
        assert_eq!(row.objective.reached(0.9412), Some(false));
        assert_eq!(
            (row.resume, row.paused_from),
            (Resume::LongRunning, Some(20))
        );
        assert_eq!(&*row.space[1].list[1], "sgd");
    }

    #[test]
    fn the_last_condition_that_holds_is_the_present_one() {
        let mut ended = object();
        ended["status"]["conditions"] = json!([{"type": "Created", "status": "True"}, {"type": "Running", "status": "False"},
            {"type": "Succeeded", "status": "True", "reason": "ExperimentGoalReached"}]);
        let row = row(ended);
        assert_eq!(row.phase, ExperimentPhase::Succeeded);
        assert_eq!(&*row.reason, "ExperimentGoalReached");
    }

    #[test]
    fn values_that_are_no_numbers_are_kept_as_text_and_compared_with_nothing() {
        for odd in ["unavailable", "NaN", "inf", "", "1e999", "\u{1b}[2Jx"] {
            let mut object = object();
            object["status"]["currentOptimalTrial"]["observation"]["metrics"][0]["max"] =
                odd.into();
            let row = row(object);
            assert_eq!(row.best_figure(), None, "{odd:?}");
            assert!(!row.best_text().unwrap().contains('\u{1b}'));
        }
        let mut strategy = object();
        strategy["spec"]["objective"]["metricStrategies"] =
            json!([{"name": "accuracy", "value": "latest"}]);
        assert_eq!(row(strategy).best_figure(), Some(0.8));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let row = row(
            json!({"metadata": {"name": "e"}, "spec": {"objective": 3, "maxTrialCount": "many"}, "status": []}),
        );
        assert_eq!(row.phase, ExperimentPhase::Unknown);
        assert_eq!((row.max, row.best.is_none()), (None, true));
        assert_eq!(row.objective.reached(1.0), None);
    }
}
