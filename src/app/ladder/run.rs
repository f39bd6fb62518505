//! The ladder of a run that is stuck. Pure.

use std::sync::Arc;

use super::{Rung, pods};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{EventRow, Key, Phase, PodRow, RunDetail, RunRow, Span, Step, StepKind};
use crate::store::Table;

/// So many times the usual length is too long.
const TIMES: u64 = 3;

/// Seconds for which a warning of the cluster is news.
const RECENT: i64 = 900;

/// Names of pods that look after runs.
const CONTROLLERS: &[&str] = &["workflow-controller", "argo-workflow-controller"];

/// Words of steps whose results could not be written down.
const RECORDS: &[&str] = &["metadata", "mlmd", "mysql", "rpc error", "ml-pipeline"];

/// A run and all that is known of it.
struct Stuck<'a> {
    row: &'a RunRow,
    detail: Option<&'a RunDetail>,
    pods: Vec<&'a Arc<PodRow>>,
    ctx: Ctx<'a>,
}

/// The rungs of a run.
pub(super) fn rungs(key: &Key, ctx: &Ctx<'_>) -> Option<Vec<Rung>> {
    let world: &crate::store::World = ctx.world;
    let detail = world.table::<RunDetail>().and_then(|t| t.get(key));
    let row = world.table::<RunRow>().and_then(|t| t.get(key));
    let row = row.map(|row| &**row).or_else(|| detail.map(|d| &d.row))?;
    let mine = |pod: &&Arc<PodRow>| {
        let here = pod.key.cluster == key.cluster && pod.key.namespace == key.namespace;
        here && pod.run == key.name
    };
    let all = world.table::<PodRow>().into_iter().flat_map(Table::iter);
    let all: Vec<_> = all.filter(mine).collect();
    let at_work = |pod: &&Arc<PodRow>| matches!(&*pod.phase, "Pending" | "Running" | "Unknown");
    let stuck = Stuck {
        row,
        detail: detail.map(|d| &**d),
        pods: all.into_iter().filter(at_work).collect(),
        ctx: *ctx,
    };
    Some(vec![
        stuck.ended(),
        stuck.person(),
        stuck.controller(),
        stuck.lock(),
        stuck.placed(),
        pods::volumes(&stuck.pods),
        pods::images(&stuck.pods),
        pods::starts(&stuck.pods),
        stuck.again(),
        stuck.records(),
        pods::nodes(&stuck.pods, ctx),
        stuck.long(),
        stuck.warned(),
    ])
}

impl Stuck<'_> {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.detail.into_iter().flat_map(|d| d.tree.steps.iter())
    }

    fn ended(&self) -> Rung {
        const ASKS: &str = "Does it still run?";
        if !self.row.phase.is_final() {
            return Rung::green(ASKS, self.row.phase.word().to_lowercase());
        }
        let word = if self.row.last_word.is_empty() {
            &self.row.message
        } else {
            &self.row.last_word
        };
        match self.row.phase {
            Phase::Failed | Phase::Error => Rung::red(ASKS, format!("no: it failed: {word}"))
                .at(subject("workflows", &self.row.key, &self.row.uid))
                .then("open it: the failed step stands there with its cause"),
            phase => Rung::green(ASKS, format!("no, it has ended: {}", phase.word())),
        }
    }

    fn person(&self) -> Rung {
        const ASKS: &str = "Does it go on without a person?";
        let gate = self.steps().find(|step| step.phase == Phase::Waiting);
        let gate = gate.map(|step| format!("gate {}", step.label));
        if self.row.phase != Phase::Waiting {
            return Rung::green(ASKS, "no gate is open");
        }
        let word = self.row.last_word.to_string();
        let word = if word.is_empty() {
            "it is suspended".to_owned()
        } else {
            word
        };
        Rung::red(ASKS, format!("no: {word}"))
            .because(gate)
            .at(subject("workflows", &self.row.key, &self.row.uid))
            .then("decide the gate: gate-approve, gate-reject; or run-resume")
    }

    fn controller(&self) -> Rung {
        const ASKS: &str = "Is its controller at work?";
        let table = self.ctx.world.table::<PodRow>();
        let named = |pod: &&Arc<PodRow>| {
            let mut names = CONTROLLERS.iter();
            pod.key.cluster == self.row.key.cluster
                && names.any(|name| pod.key.name.starts_with(name))
        };
        let all: Vec<_> = table
            .into_iter()
            .flat_map(Table::iter)
            .filter(named)
            .collect();
        let well = |pod: &&&Arc<PodRow>| {
            &*pod.phase == "Running" && pod.containers.iter().all(|c| c.reason.is_empty())
        };
        match (all.first(), all.iter().find(well)) {
            (_, Some(pod)) => Rung::green(ASKS, format!("{} runs", pod.key.name)),
            (Some(pod), None) => Rung::red(ASKS, format!("no: {} does not run", pod.key.name))
                .because([format!("phase {}", pod.phase)])
                .at(pods::link(pod))
                .then("go on with that pod: no run moves without it"),
            (None, None) => Rung::unknown(ASKS, "its pod is not seen here"),
        }
    }

    fn lock(&self) -> Rung {
        const ASKS: &str = "Has it the locks that it needs?";
        match self.steps().find(|step| !step.lock.is_empty()) {
            Some(step) => Rung::red(ASKS, format!("no: {} waits for {}", step.label, step.lock))
                .then("see which run holds it, and whether that one goes on"),
            None if self.detail.is_none() => Rung::unknown(ASKS, "its steps are not read yet"),
            None => Rung::green(ASKS, "no step waits for one"),
        }
    }

    /// A run has no pod between two steps.
    fn placed(&self) -> Rung {
        let rung = pods::placed(&self.pods);
        if self.pods.is_empty() {
            Rung::green(rung.asks, "none of its pods waits")
        } else {
            rung
        }
    }

    fn again(&self) -> Rung {
        const ASKS: &str = "Do its steps get on without trying again and again?";
        let Some(detail) = self.detail else {
            return Rung::unknown(ASKS, "its steps are not read yet");
        };
        for id in detail.tree.walk() {
            let step = detail.tree.steps.get(id);
            let Some(step) = step.filter(|s| s.kind == StepKind::Retry) else {
                continue;
            };
            let attempts = detail.tree.attempts(id);
            let failed = attempts.iter().filter_map(|at| detail.tree.steps.get(*at));
            let failed: Vec<&Step> = failed.filter(|s| s.phase.is_bad()).collect();
            if step.phase.is_final() || failed.len() < 2 {
                continue;
            }
            let last = failed.last().map(|s| s.message.to_string());
            return Rung::red(
                ASKS,
                format!(
                    "no: {} failed {} times and is tried again",
                    step.label,
                    failed.len()
                ),
            )
            .because(last)
            .then("find why it fails before more hours go into it; run-stop keeps what is done");
        }
        Rung::green(ASKS, "no step has failed twice")
    }

    fn records(&self) -> Rung {
        const ASKS: &str = "Can it write down what it did?";
        let told = |step: &&Step| {
            let text = step.message.to_lowercase();
            !step.phase.is_final() && RECORDS.iter().any(|word| text.contains(word))
        };
        match self.steps().find(told) {
            Some(step) => Rung::red(ASKS, format!("{} says it cannot", step.label))
                .because([step.message.to_string()])
                .then("is the database of the pipelines up, and its metadata service?"),
            None if self.detail.is_none() => Rung::unknown(ASKS, "its steps are not read yet"),
            None => Rung::green(ASKS, "no step says otherwise"),
        }
    }

    fn long(&self) -> Rung {
        const ASKS: &str = "Does it take about as long as usual?";
        let age = self.row.started.map(|at| Span::between(at, self.ctx.now));
        let age = age.filter(|_| !self.row.phase.is_final());
        let usual = self.row.estimate.map(u64::from).filter(|s| *s > 0);
        let (Some(age), Some(usual)) = (age, usual) else {
            return Rung::unknown(ASKS, "how long it usually takes is not known");
        };
        let seconds = u64::try_from(age.0).unwrap_or(0);
        let of = Span(i64::try_from(usual).unwrap_or(i64::MAX));
        if seconds < usual * TIMES {
            return Rung::green(ASKS, format!("{age} of {of}"));
        }
        let at_work = self.steps().filter(|s| s.phase == Phase::Running);
        let at_work = at_work
            .filter(|s| !s.pod.is_empty())
            .map(|s| s.label.to_string());
        let at_work: Vec<String> = at_work.take(3).collect();
        let work = if at_work.is_empty() {
            String::new()
        } else {
            format!("at work: {}", at_work.join(", "))
        };
        Rung::red(
            ASKS,
            format!(
                "no: {age}, {} times as long as usual ({of})",
                seconds / usual
            ),
        )
        .because([work])
        .at(subject("workflows", &self.row.key, &self.row.uid))
        .then("read its log: does the step at work still print?")
    }

    fn warned(&self) -> Rung {
        const ASKS: &str = "Is the cluster silent about it?";
        let Some(table) = self.ctx.world.table::<EventRow>() else {
            return Rung::unknown(ASKS, "its events are not read yet");
        };
        let recent = |event: &&Arc<EventRow>| {
            let last = event.last.map(|at| Span::between(at, self.ctx.now).0);
            event.warning && last.is_none_or(|seconds| seconds < RECENT)
        };
        let mine = |event: &&Arc<EventRow>| {
            event.is_about("Workflow", &self.row.key)
                || self.pods.iter().any(|pod| event.is_about("Pod", &pod.key))
        };
        let all: Vec<_> = table.iter().filter(mine).filter(recent).collect();
        match all.iter().max_by_key(|event| event.last) {
            Some(event) => Rung::red(ASKS, format!("no: {}", event.reason))
                .because([
                    event.message.to_string(),
                    format!("on {}", event.object.name),
                ])
                .then("see its events: e"),
            None => Rung::green(ASKS, "no warning in the last 15 minutes"),
        }
    }
}
