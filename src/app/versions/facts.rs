//! What is told of a version of a model, and of who serves a model. Pure.

use std::fmt::Write;

use super::{history, pipeline};
use crate::app::list::Fact;
use crate::app::lists::{
    Known, champion, difference, drift, gates_of, known, ranked, truth, version as name_of,
};
use crate::app::screen::Ctx;
use crate::domain::{GateVerdict, Made, ModelGate, ModelRun, Tag, VersionRow, clock, took};
use crate::store::{Served, Standing, TruthRow};
use crate::theme::Role;

/// Facts of a version, what decides first: gates, who serves it, how it measures, what it is made of.
#[must_use]
pub fn of(version: &VersionRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    push_state(&mut facts, version);
    push_gates(&mut facts, &gates_of(version, ctx));
    push_serving(&mut facts, version, ctx);
    push_run(&mut facts, version, ctx);
    push_origin(&mut facts, version, ctx);
    facts.extend(history::of(version, ctx));
    facts
}

fn push_state(facts: &mut Vec<Fact>, version: &VersionRow) {
    let status = version.status.to_lowercase().replace('_', " ");
    let role = match &*version.status {
        "READY" => Role::Text,
        "FAILED_REGISTRATION" => Role::Bad,
        _ => Role::Warn,
    };
    let said = if status.is_empty() {
        "unknown"
    } else {
        &status
    };
    let stage = if version.stage.is_empty() {
        String::new()
    } else {
        format!(", stage {}", version.stage)
    };
    facts.push(Fact::with("state", format!("{said}{stage}"), role));
    if !version.message.is_empty() {
        facts.push(Fact::with("", version.message.to_string(), role));
    }
    if !version.aliases.is_empty() {
        let all: Vec<&str> = version.aliases.iter().map(|a| &**a).collect();
        facts.push(Fact::with("aliases", all.join(", "), Role::Strong));
    }
}

fn push_gates(facts: &mut Vec<Fact>, gates: &[ModelGate]) {
    for (index, gate) in gates.iter().enumerate() {
        let role = match gate.verdict {
            GateVerdict::Failed => Role::Bad,
            GateVerdict::Unknown => Role::Warn,
            GateVerdict::Passed => Role::Good,
        };
        let told = gate
            .threshold
            .to_lowercase()
            .starts_with(gate.verdict.word());
        let verdict = if told && gate.value.is_none() {
            // a tag that holds the verdict says it itself
            String::new()
        } else {
            format!("{}: ", gate.verdict.word())
        };
        let value = gate.value.map_or_else(String::new, |v| format!("{v}, "));
        let text = format!(
            "{} {verdict}{value}{} [{}]",
            gate.name, gate.threshold, gate.from
        );
        facts.push(Fact::with(
            if index == 0 { "gates" } else { "" },
            text,
            role,
        ));
    }
}

fn push_serving(facts: &mut Vec<Fact>, version: &VersionRow, ctx: &Ctx<'_>) {
    let Some(truth) = truth(version, ctx) else {
        return;
    };
    match known(&version.key.cluster, ctx) {
        Known::No => {
            facts.push(Fact::with(
                "serving",
                "not known now: the services are not read",
                Role::Warn,
            ));
            return;
        }
        Known::NoServing => {
            facts.push(Fact::new(
                "serving",
                "KServe is not installed in this cluster",
            ));
            return;
        }
        Known::Yes => {}
    }
    let mine: Vec<&Served> = truth.of(version.number).collect();
    for (index, served) in mine.iter().enumerate() {
        let label = if index == 0 { "serving" } else { "" };
        facts.push(Fact::new(label, told(served, ctx)));
    }
    if mine.is_empty() {
        facts.push(Fact::with("serving", "no service", Role::Dim));
    }
    let leads = truth
        .lead()
        .is_some_and(|a| a.alias.version == version.number);
    let drift = drift(truth, ctx).filter(|_| leads);
    facts.extend(drift.map(|text| Fact::with("drift", text, Role::Bad)));
}

/// Who serves a model, one line each.
#[must_use]
pub fn served(truth: &TruthRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    if known(&truth.model.key.cluster, ctx) == Known::No {
        let text = "not known now: the services are not read";
        return vec![Fact::with("serving", text, Role::Warn)];
    }
    let astray: Vec<&Served> = truth.astray().collect();
    let one = |(index, served): (usize, &Served)| {
        let label = if index == 0 { "serving" } else { "" };
        let wrong = truth.standing != Standing::InStep && astray.contains(&served);
        let role = if wrong { Role::Bad } else { Role::Text };
        Fact::with(
            label,
            format!("{} by {}", name_of(served), told(served, ctx)),
            role,
        )
    };
    truth.served.iter().enumerate().map(one).collect()
}

/// `ml-fraud/fraud-scorer, 10 % (revision …): its address is the version's`
fn told(served: &Served, ctx: &Ctx<'_>) -> String {
    let mut text = format!("{}/{}", served.service.namespace, served.service.name);
    if let Some(percent) = served.percent {
        let _ = write!(text, ", {percent} % of its requests");
    }
    if served.ready == Some(false) {
        text.push_str(", which is not ready");
    }
    if !served.revision.is_empty() {
        let since = served
            .began
            .map_or_else(String::new, |at| format!(" since {}", clock(at, ctx.now)));
        let _ = write!(text, " ({}{since})", served.revision);
    }
    format!("{text}: {}", served.by.word())
}

fn push_run(facts: &mut Vec<Fact>, version: &VersionRow, ctx: &Ctx<'_>) {
    let run = match &version.made {
        Made::By(run) => run,
        Made::Unread => return facts.push(Fact::with("run", "not read yet", Role::Dim)),
        Made::Gone => {
            let text = format!("{} is gone: its metrics are not known", version.run);
            return facts.push(Fact::with("run", text, Role::Warn));
        }
        Made::ByNoRun => return facts.push(Fact::with("run", "none is named", Role::Dim)),
        Made::Unreadable(why) => {
            return facts.push(Fact::with("run", why.to_string(), Role::Warn));
        }
    };
    push_metrics(facts, version, run, ctx);
    push_pairs(facts, "params", &run.params);
    for (index, set) in run.datasets.iter().enumerate() {
        let label = if index == 0 { "data" } else { "" };
        let what = [&set.context, &set.name].map(ToString::to_string);
        let what: Vec<String> = what.into_iter().filter(|t| !t.is_empty()).collect();
        let text = format!("{} ({})  {}", what.join(": "), set.digest, set.source);
        facts.push(Fact::new(label, text));
    }
    push_pairs(facts, "run tags", &run.tags);
    let span = took(run.started, run.ended, ctx.now).map_or_else(String::new, |s| format!(", {s}"));
    let by = if run.user.is_empty() {
        String::new()
    } else {
        format!(" by {}", run.user)
    };
    let text = format!(
        "{}  {}{span}{by}  {}",
        run.name,
        run.status.to_lowercase(),
        run.id
    );
    facts.push(Fact::new("run", text));
}

fn push_metrics(facts: &mut Vec<Fact>, version: &VersionRow, run: &ModelRun, ctx: &Ctx<'_>) {
    let champion = champion(version, ctx).filter(|c| c.number != version.number);
    let theirs = champion.and_then(|c| Some((c.number, c.row?.made.run()?)));
    for (index, metric) in ranked(run, ctx).into_iter().enumerate() {
        let label = if index == 0 { "metrics" } else { "" };
        let against = theirs.and_then(|(number, theirs)| {
            let value = theirs.metric(&metric.name)?;
            let more = difference(metric, Some(theirs));
            let more = more.map_or_else(String::new, |d| format!(", {d}"));
            Some(format!("  (champion v{number}: {value}{more})"))
        });
        let text = format!(
            "{} = {}{}",
            metric.name,
            metric.value,
            against.unwrap_or_default()
        );
        facts.push(Fact::new(label, text));
    }
}

fn push_pairs(facts: &mut Vec<Fact>, label: &'static str, pairs: &[Tag]) {
    for (index, pair) in pairs.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        facts.push(Fact::new(label, format!("{} = {}", pair.key, pair.value)));
    }
}

fn push_origin(facts: &mut Vec<Fact>, version: &VersionRow, ctx: &Ctx<'_>) {
    if let Some(name) = version.pipeline() {
        let state = pipeline(version, ctx).map_or_else(
            || "not among the runs that the cluster has".to_owned(),
            |run| format!("{}; Enter opens it", run.phase.word()),
        );
        facts.push(Fact::new("pipeline", format!("{name}  {state}")));
    }
    if !version.source.is_empty() {
        facts.push(Fact::new("files", version.source.to_string()));
    }
    if let Some(at) = version.created {
        let by = if version.user.is_empty() {
            String::new()
        } else {
            format!(" by {}", version.user)
        };
        facts.push(Fact::new(
            "registered",
            format!("{}{by}", clock(at, ctx.now)),
        ));
    }
    if !version.description.is_empty() {
        facts.push(Fact::new("about", version.description.to_string()));
    }
    push_pairs(facts, "tags", &version.tags);
}
