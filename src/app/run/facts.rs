//! What is told of the selected step. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::findings::books_for;
use crate::app::inspect::subject;
use crate::app::list::Fact;
use crate::app::lists::role;
use crate::app::screen::Ctx;
use crate::app::trials::words::cost_words;
use crate::domain::{
    Artifact, Cause, Key, NodeRow, Parameter, Phase, PodRow, RunDetail, Step, StepId, StepKind,
    clock, took,
};
use crate::store::{Asked, GpuWord, RanOn, cause, ran_on, short};
use crate::theme::Role;

/// Facts of one step, what matters most first: why, where, what came in and out, and last what the cause was read
/// from.
pub fn of(run: &RunDetail, id: StepId, ctx: &Ctx<'_>) -> Vec<Fact> {
    let Some(step) = run.tree.steps.get(id) else {
        return Vec::new();
    };
    let pod = pod(run, step, ctx);
    let node = host(run, step, pod.as_deref(), ctx);
    let mut why = cause(step, pod.as_deref(), node.as_deref(), run);
    let gpu = gpu(run, step, pod.as_deref(), ctx);
    if let Some(why) = &mut why {
        let bad = gpu.iter().filter(|word| word.bad);
        why.evidence.extend(bad.map(|word| word.evidence.clone()));
    }
    let top = run.tree.ancestors(id).next().is_none();
    let mut facts = Vec::new();
    facts.extend(
        why.iter()
            .map(|w| Fact::with("why", w.sentence.to_string(), Role::Bad)),
    );
    if top && !run.row.message.is_empty() {
        facts.push(Fact::new("run says", run.row.message.to_string()));
    }
    if top {
        let books = books_for(&subject("workflows", &run.row.key, &run.row.uid), ctx);
        facts.extend((!books.is_empty()).then(|| Fact::with("runbooks", books, Role::Chosen)));
    }
    push_state(&mut facts, run, step, ctx);
    // with a cause, what the step says stands among its evidence
    if why.is_none() && !step.message.is_empty() {
        facts.push(Fact::new("says", step.message.to_string()));
    }
    push_place(&mut facts, step, pod.as_deref(), node.as_deref());
    facts.extend(gpu.iter().map(|word| {
        let role = if word.bad { Role::Bad } else { Role::Text };
        Fact::with("gpu", word.evidence.fact.to_string(), role)
    }));
    if top {
        push_cost(&mut facts, run, ctx);
    }
    push_gate(&mut facts, step);
    push_values(&mut facts, "in", &step.inputs, &step.artifacts_in);
    push_values(&mut facts, "out", &step.outputs, &step.artifacts_out);
    if top {
        push_values(&mut facts, "given", &run.arguments, &[]);
        push_values(&mut facts, "gave", &run.outputs, &[]);
    }
    if let Some(why) = &why {
        push_evidence(&mut facts, why);
    }
    facts
}

fn pod(run: &RunDetail, step: &Step, ctx: &Ctx<'_>) -> Option<Arc<PodRow>> {
    let table = ctx.world.table::<PodRow>()?;
    if step.pod.is_empty() {
        return None;
    }
    let key = Key {
        cluster: run.row.key.cluster.clone(),
        namespace: run.row.key.namespace.clone(),
        name: step.pod.clone(),
    };
    table.get(&key).cloned()
}

fn host(run: &RunDetail, step: &Step, pod: Option<&PodRow>, ctx: &Ctx<'_>) -> Option<Arc<NodeRow>> {
    let name = pod.map_or(&step.host, |p| &p.node);
    let key = Key {
        cluster: run.row.key.cluster.clone(),
        namespace: crate::domain::Clean::default(),
        name: name.clone(),
    };
    ctx.world.table::<NodeRow>()?.get(&key).cloned()
}

/// The GPU that the step runs or ran on, where its pod asks for one and an exporter tells.
fn gpu(run: &RunDetail, step: &Step, pod: Option<&PodRow>, ctx: &Ctx<'_>) -> Vec<GpuWord> {
    // a pod that is gone may have had one
    if step.pod.is_empty() || pod.is_some_and(|p| p.gpus.is_empty()) {
        return Vec::new();
    }
    let key = Key {
        name: step.pod.clone(),
        ..run.row.key.clone()
    };
    let asked = RanOn {
        pod: &key,
        node: pod.map_or(&*step.host, |p| &*p.node),
        started: step.started,
        finished: step.finished,
    };
    ran_on(ctx.world, &asked)
}

/// Hours of accelerators that the steps of a run have cost, as far as their pods are still there: only these say what
/// they hold.
fn push_cost(facts: &mut Vec<Fact>, run: &RunDetail, ctx: &Ctx<'_>) {
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    let mut gone = false;
    for step in run.tree.steps.iter().filter(|s| !s.pod.is_empty()) {
        let Some(pod) = pod(run, step, ctx) else {
            gone = true;
            continue;
        };
        let end = step.finished.or(run.row.finished);
        let Some(span) = took(step.started, end, ctx.now) else {
            continue;
        };
        let hours = f64::from(u32::try_from(span.0).unwrap_or(u32::MAX)) / 3_600.0;
        for asked in Asked::of(&pod) {
            let name = short(&asked.resource).to_owned();
            *all.entry(name).or_default() += f64::from(asked.count) * hours;
        }
    }
    if all.is_empty() {
        return;
    }
    let told = cost_words(&all.into_iter().collect::<Vec<_>>());
    let part = if gone {
        ", of the steps whose pods are still there"
    } else {
        ""
    };
    facts.push(Fact::new("cost", format!("{told}{part}")));
}

/// Each fact that the cause was read from, with where it stands.
fn push_evidence(facts: &mut Vec<Fact>, why: &Cause) {
    for (index, evidence) in why.evidence.iter().enumerate() {
        let label = if index == 0 { "evidence" } else { "" };
        facts.push(Fact::new(label, evidence.fact.to_string()));
        facts.push(Fact::with("", format!("in {}", evidence.from), Role::Dim));
    }
}

/// A pending step about which nobody says anything for this long is worth a word, in seconds.
const SILENT: i64 = 30;

fn push_state(facts: &mut Vec<Fact>, run: &RunDetail, step: &Step, ctx: &Ctx<'_>) {
    let mut state = step.phase.word().to_owned();
    if step.cached {
        state.push_str(", result taken from the cache");
    }
    if step.hook {
        state.push_str(", a hook");
    }
    facts.push(Fact::with("state", state, role(step.phase)));
    let left = run.row.phase.is_final() && step.phase.is_active();
    if left {
        facts.push(Fact::with("", "left behind: the run has ended", Role::Dim));
    }
    if let Some(start) = step.started {
        let end = step.finished.or(run.row.finished);
        let span = took(Some(start), end, ctx.now).unwrap_or_default();
        let until = end.map_or_else(|| "now".to_owned(), |f| clock(f, ctx.now));
        facts.push(Fact::new(
            "time",
            format!("{span}, {} to {until}", clock(start, ctx.now)),
        ));
        if step.phase == Phase::Pending && step.message.is_empty() && span.0 > SILENT && !left {
            let text = "nothing is said of why it waits: is the scheduler running?";
            facts.push(Fact::with("", text, Role::Warn));
        }
    }
    if let Some(code) = step.exit_code {
        facts.push(Fact::with(
            "exit",
            code.to_string(),
            if code == 0 { Role::Text } else { Role::Bad },
        ));
    }
    if let Some(progress) = step
        .progress
        .filter(|p| p.total > 1 && step.phase.is_active())
    {
        facts.push(Fact::new(
            "progress",
            format!("{} of {}", progress.done, progress.total),
        ));
    }
    if !step.lock.is_empty() {
        facts.push(Fact::with(
            "lock",
            format!("waits for {}", step.lock),
            Role::Warn,
        ));
    }
}

fn push_place(facts: &mut Vec<Fact>, step: &Step, pod: Option<&PodRow>, node: Option<&NodeRow>) {
    if !step.pod.is_empty() {
        let state = pod.map_or_else(
            || "not there (any more)".to_owned(),
            |p| p.phase.to_string(),
        );
        facts.push(Fact::new("pod", format!("{}  {state}", step.pod)));
    }
    for container in pod
        .into_iter()
        .flat_map(|p| p.containers.iter())
        .filter(|c| !c.reason.is_empty())
    {
        let code = container
            .exit_code
            .map_or_else(String::new, |code| format!(" ({code})"));
        let role = if container.exit_code.is_some_and(|code| code != 0) {
            Role::Bad
        } else {
            Role::Dim
        };
        facts.push(Fact::with(
            "",
            format!("{}: {}{code}", container.name, container.reason),
            role,
        ));
    }
    let name = pod.map_or(&step.host, |p| &p.node);
    if !name.is_empty() {
        let state = match node {
            Some(n) if n.ready == Some(true) && n.trouble.is_empty() => "ready".to_owned(),
            Some(n) if n.trouble.is_empty() => "not ready".to_owned(),
            Some(n) => n.trouble.to_string(),
            None => "?".to_owned(),
        };
        facts.push(Fact::new("node", format!("{name}  {state}")));
    }
    if !step.template.is_empty() {
        facts.push(Fact::new(
            "template",
            format!("{} ({})", step.template, step.engine_kind),
        ));
    }
}

fn push_gate(facts: &mut Vec<Fact>, step: &Step) {
    let Some(gate) = step.gate.as_ref().filter(|_| step.kind == StepKind::Gate) else {
        return;
    };
    match gate.seconds {
        Some(seconds) => facts.push(Fact::new(
            "gate",
            format!("ends by itself after {seconds} s"),
        )),
        None if step.phase.is_active() => {
            facts.push(Fact::with("gate", "waits for a person", Role::Warn));
        }
        None => {}
    }
    for wanted in &gate.wanted {
        facts.push(Fact::new(
            "wants",
            format!(
                "{} = {}",
                wanted.name,
                wanted.value.as_deref().unwrap_or("(not set)")
            ),
        ));
    }
}

fn push_values(
    facts: &mut Vec<Fact>,
    label: &'static str,
    values: &[Parameter],
    files: &[Artifact],
) {
    let texts = values.iter().map(|p| match &p.value {
        Some(value) => format!("{} = {value}", p.name),
        None => format!("{} (not set)", p.name),
    });
    let places = files.iter().map(|a| {
        let gone = if a.deleted { "  (deleted)" } else { "" };
        format!("{}  {}{gone}", a.name, a.location)
    });
    for (index, text) in texts.chain(places).enumerate() {
        facts.push(Fact::new(if index == 0 { label } else { "" }, text));
    }
}
