//! What is told of one experiment and of one trial below their lists, what matters most first. Pure.

use std::collections::BTreeMap;

use super::standing::{self, Standing, suggestion, tail, trouble};
use super::words;
use crate::app::column::Fact;
use crate::app::screen::Ctx;
use crate::domain::{
    Clean, ContainerRow, ExperimentRow, PodRow, Resume, TrialPhase, TrialRow, clock, took,
};
use crate::theme::Role;

/// Of an experiment.
#[must_use]
pub fn experiment(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(trouble) = trouble(experiment, ctx) {
        let role = if trouble.stuck { Role::Bad } else { Role::Warn };
        facts.push(Fact::with("why", trouble.text, role));
    }
    if Standing::of(experiment, ctx) == Standing::Failed {
        facts.push(Fact::with(
            "says",
            experiment.message.to_string(),
            Role::Bad,
        ));
    }
    best(&mut facts, experiment);
    budget(&mut facts, experiment);
    held(&mut facts, experiment, ctx);
    ended(&mut facts, experiment, ctx);
    suggests(&mut facts, experiment, ctx);
    facts
}

fn best(facts: &mut Vec<Fact>, experiment: &ExperimentRow) {
    let objective = words::objective(&experiment.objective);
    let Some(best) = &experiment.best else {
        facts.push(Fact::new(
            "best",
            format!("{objective}: no trial told it yet"),
        ));
        return;
    };
    let figure = words::own_figure(&best.metrics, &experiment.objective);
    let figure = figure.unwrap_or_else(|| "not told".to_owned());
    let goal = match words::goal(experiment) {
        Some((goal, Role::Good)) => format!(", goal {goal}"),
        Some((goal, _)) => format!(", goal {goal} not reached"),
        None => String::new(),
    };
    facts.push(Fact::with(
        "best",
        format!(
            "{objective} {figure}{goal}, in {}",
            tail(&best.trial, &experiment.key.name)
        ),
        Role::Strong,
    ));
    facts.push(Fact::new("with", words::parameters(&best.parameters)));
}

fn budget(facts: &mut Vec<Fact>, experiment: &ExperimentRow) {
    let trials = experiment.trials;
    let most = experiment
        .max
        .map_or_else(|| "no limit".to_owned(), |max| format!("of {max}"));
    let kinds = [
        (trials.running, "running"),
        (trials.pending, "pending"),
        (trials.succeeded, "succeeded"),
        (trials.failed, "failed"),
        (trials.killed, "killed"),
        (trials.early_stopped, "stopped early"),
        (trials.metrics_unavailable, "without a metric"),
    ];
    let kinds = kinds.iter().filter(|(n, _)| *n > 0);
    let kinds: Vec<String> = kinds.map(|(n, word)| format!("{n} {word}")).collect();
    let said = format!("{} {most}: {}", trials.total, kinds.join(", "));
    facts.push(Fact::new("trials", said.trim_end_matches(": ").to_owned()));
    let failing = experiment.max_failed.map_or_else(String::new, |max| {
        format!(", ends when more than {max} fail")
    });
    let paused = match experiment.paused_from {
        Some(before) if before > experiment.parallel => format!(" (paused, before that {before})"),
        _ => String::new(),
    };
    facts.push(Fact::new(
        "at once",
        format!("{}{paused}{failing}", experiment.parallel),
    ));
}

/// What its trials hold now, and what all of them have cost, as far as the cluster still has them.
fn held(facts: &mut Vec<Fact>, experiment: &ExperimentRow, ctx: &Ctx<'_>) {
    let (mut now, mut spent) = (BTreeMap::new(), BTreeMap::new());
    for trial in standing::trials(&experiment.key, ctx.world) {
        if trial.phase == TrialPhase::Running && trial.deleting.is_none() {
            for part in trial.devices.split(", ") {
                if let Some((count, name)) = part.split_once(' ') {
                    *now.entry(name.to_owned()).or_insert(0_u64) += count.parse().unwrap_or(0);
                }
            }
        }
        for (name, hours) in words::cost(trial, ctx.now) {
            *spent.entry(name).or_insert(0.0) += hours;
        }
    }
    let told: Vec<String> = now.iter().map(|(name, n)| format!("{n} {name}")).collect();
    if !told.is_empty() {
        let text = words::devices(&Clean::from(told.join(", ")));
        facts.push(Fact::new("holds", format!("{text}, by its running trials")));
    }
    let spent: Vec<(String, f64)> = spent.into_iter().collect();
    if !spent.is_empty() {
        facts.push(Fact::new("cost", words::cost_words(&spent)));
    }
}

fn ended(facts: &mut Vec<Fact>, experiment: &ExperimentRow, ctx: &Ctx<'_>) {
    if let Some(at) = experiment.finished.filter(|_| experiment.phase.ended()) {
        let took = took(experiment.started, Some(at), ctx.now);
        let took = took.map_or_else(String::new, |span| format!(" after {span}"));
        let why = match &*experiment.reason {
            "ExperimentGoalReached" => "goal reached",
            "ExperimentMaxTrialsReached" => "budget spent",
            "ExperimentSuggestionEndReached" => "nothing left to try",
            _ => "ended",
        };
        facts.push(Fact::new(
            "ended",
            format!("{}{took}: {why}", clock(at, ctx.now)),
        ));
        let text = match (experiment.resume, &*experiment.reason) {
            (Resume::Never, _) => "no: resumePolicy is Never, the state of its algorithm is gone",
            (_, "ExperimentMaxTrialsReached") => "yes, with a greater budget",
            _ => "no: only what ended with its budget spent can be begun again",
        };
        facts.push(Fact::new("restart", text));
    }
}

fn suggests(facts: &mut Vec<Fact>, experiment: &ExperimentRow, ctx: &Ctx<'_>) {
    let algorithm = &experiment.algorithm;
    let early = if experiment.early_stopping.is_empty() {
        String::new()
    } else {
        format!(", stops early by {}", experiment.early_stopping)
    };
    let given = suggestion(&experiment.key, ctx.world)
        .and_then(|row| Some((row.given?, row.asked?)))
        .map_or_else(String::new, |(given, asked)| {
            format!(", gave {given} of {asked} sets of parameters asked for")
        });
    if !algorithm.is_empty() {
        facts.push(Fact::new("algorithm", format!("{algorithm}{early}{given}")));
    }
}

/// Of a trial.
#[must_use]
pub fn trial(trial: &TrialRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some((text, role)) = why(trial, ctx) {
        facts.push(Fact::with("why", text, role));
    }
    facts.push(Fact::new("with", words::parameters(&trial.parameters)));
    let metrics = trial.metrics.iter().map(|m| {
        let figure = words::figure(m, &trial.objective);
        format!("{} {figure} (last {})", m.name, words::short(&m.latest))
    });
    let metrics: Vec<String> = metrics.collect();
    if !metrics.is_empty() {
        facts.push(Fact::new("metrics", metrics.join(", ")));
    }
    for pod in standing::pods(&trial.key, ctx.world) {
        facts.push(Fact::new("pod", placed(pod)));
    }
    let cost = words::cost(trial, ctx.now);
    if !cost.is_empty() {
        facts.push(Fact::new("cost", words::cost_words(&cost)));
    }
    facts
}

/// A pod, where it is and what it holds.
fn placed(pod: &PodRow) -> String {
    let node = if pod.node.is_empty() {
        "no node".to_owned()
    } else {
        format!("on {}", pod.node)
    };
    let holds = if pod.gpus.is_empty() {
        String::new()
    } else {
        format!(", {}", words::devices(&pod.gpus))
    };
    format!("{} {} {node}{holds}", pod.key.name, pod.phase)
}

/// Why a trial is not as it should be, with its evidence; none when it is.
#[must_use]
pub fn why(trial: &TrialRow, ctx: &Ctx<'_>) -> Option<(String, Role)> {
    if let Some(since) = trial.deleting {
        let waited = crate::domain::Span::between(since, ctx.now);
        let why = if trial.held && waited.0 >= 60 {
            ": its metrics cannot be deleted; does katib-db-manager answer?"
        } else {
            ""
        };
        return Some((format!("terminating for {waited}{why}"), Role::Warn));
    }
    let said = || {
        let parts = [&*trial.reason, &*trial.message];
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join(": ")
    };
    match trial.phase {
        TrialPhase::Failed | TrialPhase::Killed => {
            let pods = standing::pods(&trial.key, ctx.world);
            let broke = pods.iter().find_map(|pod| broken(pod));
            let text = match broke {
                Some(broke) => format!("{broke}; {}", said()),
                None if pods.is_empty() && !trial.retained => {
                    format!("{}; its pods are gone, and their logs with them", said())
                }
                None => said(),
            };
            Some((text, Role::Bad))
        }
        TrialPhase::MetricsUnavailable => {
            let from = if trial.container.is_empty() {
                String::new()
            } else {
                format!(" by container {}", trial.container)
            };
            let text = format!(
                "it ended and told no {}: the metric was not printed{from} as the collector reads it",
                trial.objective.metric
            );
            Some((text, Role::Bad))
        }
        TrialPhase::EarlyStopped => Some(("stopped early: it would not win".to_owned(), Role::Dim)),
        TrialPhase::Pending | TrialPhase::Running => {
            let pods = standing::pods(&trial.key, ctx.world);
            let waits = pods.iter().find(|p| !p.unscheduled.is_empty())?;
            Some((
                format!("no node takes it: {}", waits.unscheduled),
                Role::Warn,
            ))
        }
        TrialPhase::Succeeded | TrialPhase::Unknown => None,
    }
}

/// The container that broke a pod: its name, how, and what it said.
fn broken(pod: &PodRow) -> Option<String> {
    if !pod.reason.is_empty() {
        return Some(format!("pod {}", pod.reason));
    }
    let broke = |c: &&ContainerRow| c.exit_code.is_some_and(|code| code != 0);
    let container = pod.containers.iter().find(broke)?;
    let code = container.exit_code.unwrap_or_default();
    let message = if container.message.is_empty() {
        String::new()
    } else {
        format!(": {}", container.message)
    };
    Some(format!(
        "{} {} ({code}){message}",
        container.name, container.reason
    ))
}
