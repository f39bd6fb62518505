//! The text of an opened trial: how it went, its parameters and metrics, its pods, what it runs, ready to copy. Pure.

use super::standing::pods;
use super::{facts, words};
use crate::app::column::Fact;
use crate::app::describe::page::{Cell, Page};
use crate::app::gpus::held;
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::app::text::{Doc, yaml};
use crate::domain::{
    Clean, ExperimentRow, GpuRow, Key, ManifestRow, PodRow, Row, Span, Tree, TrialRow, age, clock,
    took,
};
use crate::store::{Source, Table};
use crate::theme::Role;

/// What is told of a trial.
pub fn doc(trial: &TrialRow, ctx: &Ctx<'_>) -> Doc {
    let mut page = Page::default();
    page.heading("State");
    state(&mut page, trial, ctx);
    parameters(&mut page, trial, ctx);
    metrics(&mut page, trial);
    pods_of(&mut page, trial, ctx);
    page.heading("Trial");
    times(&mut page, trial, ctx);
    spec(&mut page, trial, ctx);
    page.done()
}

/// The same as facts, to be copied.
pub fn evidence(trial: &TrialRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    crate::app::only::evidence::<crate::app::lists::Trials>(trial, ctx)
}

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

fn state(page: &mut Page, trial: &TrialRow, ctx: &Ctx<'_>) {
    let (mark, word) = words::phase(trial);
    page.fact("state", word, mark.role());
    if let Some((text, role)) = facts::why(trial, ctx) {
        page.fact("why", text, role);
    }
    if let Some(figure) = words::own_figure(&trial.metrics, &trial.objective) {
        let goal = trial.figure().and_then(|f| trial.objective.reached(f));
        let goal = match (trial.objective.goal, goal) {
            (Some(goal), Some(true)) => format!(", the goal {goal} is reached"),
            (Some(goal), _) => format!(", the goal is {goal}"),
            _ => String::new(),
        };
        let text = format!("{} {figure}{goal}", words::objective(&trial.objective));
        page.fact("objective", text, Role::Strong);
    }
    let rank = rank(trial, ctx);
    if let Some((place, all)) = rank {
        page.fact(
            "place",
            format!("{place} of {all} that told a figure"),
            Role::Text,
        );
    }
}

/// The place of a trial among those of its experiment.
fn rank(trial: &TrialRow, ctx: &Ctx<'_>) -> Option<(usize, usize)> {
    let own = trial.figure()?;
    let owner = trial.owner()?;
    let all: Vec<f64> = super::standing::trials(&owner, ctx.world)
        .filter_map(|t| t.figure())
        .collect();
    let better = all.iter().filter(|f| trial.objective.better(**f, own));
    Some((better.count() + 1, all.len()))
}

fn parameters(page: &mut Page, trial: &TrialRow, ctx: &Ctx<'_>) {
    page.heading("Parameters");
    let owner = trial.owner();
    let experiments = ctx.world.table::<ExperimentRow>();
    let experiment = owner.and_then(|key| experiments?.get(&key));
    let best = experiment.and_then(|e| e.best.as_ref());
    let rows = trial.parameters.iter().map(|p| {
        let space = experiment.and_then(|e| e.space.iter().find(|s| s.name == p.key));
        let space = space.map_or_else(String::new, |s| {
            if s.list.is_empty() {
                format!("{} to {}", s.min, s.max)
            } else {
                let all: Vec<&str> = s.list.iter().map(|c| &**c).collect();
                all.join(", ")
            }
        });
        let theirs = best.and_then(|b| b.parameters.iter().find(|o| o.key == p.key));
        vec![
            cell(p.key.to_string(), Role::Text),
            cell(p.value.to_string(), Role::Strong),
            cell(
                theirs.map_or("-".to_owned(), |t| t.value.to_string()),
                Role::Text,
            ),
            cell(space, Role::Dim),
        ]
    });
    page.table(
        &["PARAMETER", "HERE", "IN THE BEST", "SEARCHED"],
        &rows.collect::<Vec<_>>(),
    );
}

fn metrics(page: &mut Page, trial: &TrialRow) {
    page.heading("Metrics");
    if trial.metrics.is_empty() {
        let text = if trial.phase.ended() {
            "none: it has ended without telling any"
        } else {
            "none yet: they are read when its main container has ended"
        };
        page.say(text, Role::Dim);
        return;
    }
    let number = |text: &Clean| {
        let role = if text.parse::<f64>().is_ok_and(f64::is_finite) {
            Role::Text
        } else {
            Role::Warn
        };
        cell(text.to_string(), role)
    };
    let rows = trial.metrics.iter().map(|m| {
        vec![
            cell(m.name.to_string(), Role::Text),
            number(&m.latest),
            number(&m.min),
            number(&m.max),
        ]
    });
    page.table(
        &["METRIC", "LAST", "LEAST", "GREATEST"],
        &rows.collect::<Vec<_>>(),
    );
}

fn pods_of(page: &mut Page, trial: &TrialRow, ctx: &Ctx<'_>) {
    page.heading("Pods");
    let all = pods(&trial.key, ctx.world);
    if all.is_empty() {
        let live = ctx
            .world
            .feed("pods")
            .any(|s| s.id.cluster == trial.key.cluster && s.state.is_live());
        let text = match (live, trial.phase.ended()) {
            (false, _) => "asking for them…",
            (true, true) if trial.retained => "none: its job is kept, its pods are gone",
            (true, true) => {
                "none: the job of a trial that has ended is deleted, and its logs with it"
            }
            (true, false) => "none yet",
        };
        page.say(text, Role::Dim);
        return;
    }
    let rows: Vec<Vec<Cell>> = all.iter().map(|p| pod(p, ctx)).collect();
    let links = all.iter().map(|p| subject("pods", &p.key, &p.uid));
    page.linked(
        &["POD", "STATE", "HOLDS", "NODE", "AGE", "SAYS"],
        &rows,
        links.collect(),
    );
    held::write(page, &all, ctx);
}

fn pod(pod: &PodRow, ctx: &Ctx<'_>) -> Vec<Cell> {
    let role = match &*pod.phase {
        "Failed" => Role::Bad,
        "Pending" => Role::Warn,
        "Running" => Role::Busy,
        _ => Role::Text,
    };
    let says = if pod.unscheduled.is_empty() {
        &pod.message
    } else {
        &pod.unscheduled
    };
    let or_dash = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    vec![
        cell(pod.key.name.to_string(), Role::Strong),
        cell(pod.phase.to_string(), role),
        cell(or_dash(&words::devices(&pod.gpus)), Role::Text),
        cell(or_dash(&pod.node), Role::Text),
        cell(age(pod.created, ctx.now), Role::Text),
        cell(says.to_string(), Role::Text),
    ]
}

fn times(page: &mut Page, trial: &TrialRow, ctx: &Ctx<'_>) {
    if let Some(owner) = trial.owner() {
        let text = format!("experiment {}", owner.name);
        page.link(
            "of",
            &text,
            Some(subject("experiments", &owner, &Clean::default())),
        );
    }
    page.fact(
        "job",
        format!("{} {}", trial.job, trial.key.name),
        Role::Text,
    );
    page.fact("devices", words::devices(&trial.devices), Role::Text);
    page.fact(
        "cost",
        words::cost_words(&words::cost(trial, ctx.now)),
        Role::Text,
    );
    let span = took(trial.started, trial.finished, ctx.now);
    if let (Some(start), Some(span)) = (trial.started, span) {
        let end = trial
            .finished
            .map_or_else(|| "now".to_owned(), |f| clock(f, ctx.now));
        page.fact(
            "time",
            format!("{span}, {} to {end}", clock(start, ctx.now)),
            Role::Text,
        );
    } else if let Some(created) = trial.created {
        let waited = Span::between(created, ctx.now);
        page.fact(
            "time",
            format!("made {waited} ago, not started"),
            Role::Warn,
        );
    }
}

/// What it runs, as it is written.
fn spec(page: &mut Page, trial: &TrialRow, ctx: &Ctx<'_>) {
    page.heading("Job, ready to copy (c)");
    let Some(run) = run_spec(&trial.key, ctx) else {
        page.say("asking for it…", Role::Dim);
        return;
    };
    for line in yaml::doc(run, false).lines {
        page.say(line.text(), Role::Text);
    }
}

/// `spec.runSpec` of a trial, once its manifest came.
#[must_use]
pub fn run_spec<'a>(trial: &Key, ctx: &Ctx<'a>) -> Option<&'a Tree> {
    let key = ManifestRow::key_of("trials", trial);
    let row = ctx.world.table::<ManifestRow>()?.get(&key)?;
    row.tree.at(&["spec", "runSpec"])
}

/// Changes when the text may read differently.
pub fn fingerprint(ctx: &Ctx<'_>) -> u64 {
    fn version<R: Row>(ctx: &Ctx<'_>) -> u64 {
        ctx.world.table::<R>().map_or(0, Table::version)
    }
    let versions = [
        version::<TrialRow>(ctx),
        version::<ExperimentRow>(ctx),
        version::<PodRow>(ctx),
        version::<ManifestRow>(ctx),
        version::<GpuRow>(ctx),
        version::<Source>(ctx),
    ];
    crate::app::text::doc::id((versions, ctx.now.as_second()))
}
