//! Experiments and trials as JSON. Pure.

use serde_json::{Map, Value, json};

use super::{Item, Said, placed, said_of, seconds, text, time};
use crate::app::screen::Ctx;
use crate::app::trials::standing::{pods, trouble};
use crate::domain::{
    Direction, ExperimentRow, Figure, Objective, Observed, Strategy, Tag, TrialRow,
};

fn objective(objective: &Objective) -> Value {
    let direction = match objective.direction {
        Direction::Minimize => Value::from("minimize"),
        Direction::Maximize => Value::from("maximize"),
        Direction::Unknown => Value::Null,
    };
    let strategy = match objective.strategy {
        Strategy::Min => "min",
        Strategy::Max => "max",
        Strategy::Latest => "latest",
    };
    json!({
        "metric": text(&objective.metric),
        "direction": direction,
        "goal": objective.goal.and_then(Figure::known),
        "strategy": strategy,
    })
}

fn parameters(all: &[Tag]) -> Value {
    let pairs = all.iter().map(|p| (p.key.to_string(), text(&p.value)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// As they were reported: texts, since `unavailable` and `NaN` are no numbers.
fn metrics(all: &[Observed]) -> Value {
    let each = all.iter().map(|m| {
        json!({"name": text(&m.name), "min": text(&m.min), "max": text(&m.max), "latest": text(&m.latest)})
    });
    each.collect()
}

impl Item for ExperimentRow {
    fn item(&self, said: Said<'_>) -> Value {
        let trials = self.trials;
        let best = self.best.as_ref().map(|best| {
            json!({
                "trial": text(&best.trial),
                "value": self.best_figure(),
                "goalReached": self.best_figure().and_then(|f| self.objective.reached(f)),
                "parameters": parameters(&best.parameters),
                "metrics": metrics(&best.metrics),
            })
        });
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "reason": text(&self.reason),
            "message": text(&self.message),
            "algorithm": text(&self.algorithm),
            "earlyStopping": text(&self.early_stopping),
            "objective": objective(&self.objective),
            "best": best,
            "trials": {
                "total": trials.total,
                "pending": trials.pending,
                "running": trials.running,
                "succeeded": trials.succeeded,
                "failed": trials.failed,
                "killed": trials.killed,
                "earlyStopped": trials.early_stopped,
                "metricsUnavailable": trials.metrics_unavailable,
            },
            "parallelTrials": self.parallel,
            "maxTrials": self.max,
            "maxFailedTrials": self.max_failed,
            "resumePolicy": self.resume.word(),
            "pausedFrom": self.paused_from,
            "createdAt": time(self.created),
            "startedAt": time(self.started),
            "finishedAt": time(self.finished),
            "tookSeconds": seconds(self.started, self.finished),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let trouble = trouble(self, ctx);
        json!({
            "stuck": trouble.as_ref().is_some_and(|t| t.stuck),
            "why": trouble.map(|t| t.text),
        })
    }
}

impl Item for TrialRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "experiment": text(&self.experiment),
            "reason": text(&self.reason),
            "message": text(&self.message),
            "value": self.figure(),
            "objective": objective(&self.objective),
            "parameters": parameters(&self.parameters),
            "metrics": metrics(&self.metrics),
            "job": text(&self.job),
            "devices": text(&self.devices),
            "retained": self.retained,
            "createdAt": time(self.created),
            "startedAt": time(self.started),
            "finishedAt": time(self.finished),
            "tookSeconds": seconds(self.started, self.finished),
            "deletingSince": time(self.deleting),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let all = pods(&self.key, ctx.world);
        let all = all.iter().map(|p| {
            json!({"name": text(&p.key.name), "phase": text(&p.phase), "node": text(&p.node), "devices": text(&p.gpus)})
        });
        json!({"pods": all.collect::<Vec<_>>()})
    }
}
