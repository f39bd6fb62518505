//! The ladder of a predictor that flaps: what keeps a service from serving steadily. Pure.

use std::sync::Arc;

use super::{Rung, pods};
use crate::app::screen::Ctx;
use crate::app::serving::standing::{comparison, replicas, short};
use crate::app::serving::{burn, pods_of};
use crate::domain::{Burning, EventRow, PodRow, ServiceRow, Span, Subject, Verdict};
use crate::store::{RanOn, ran_on};

/// Warnings older than this are of another night, in seconds.
const RECENT: i64 = 3_600;

/// The rungs of a service.
pub(super) fn rungs(subject: &Subject, ctx: &Ctx<'_>) -> Option<Vec<Rung>> {
    let llm = subject.feed == "llm-services";
    let place = ServiceRow::place_of(&subject.key, llm);
    let service = ctx.world.table::<ServiceRow>()?.get(&place)?;
    let mine = pods_of(subject.feed, &subject.key, ctx);
    Some(vec![
        loaded(service, ctx),
        pods::placed(&mine),
        pods::images(&mine),
        pods::memory(&mine),
        pods::starts(&mine),
        probes(&mine, ctx),
        from_zero(service, ctx),
        enough(service, ctx),
        pods::nodes(&mine, ctx),
        gpus(&mine, ctx),
        newest(service, ctx),
    ])
}

fn loaded(service: &ServiceRow, ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Did its newest model load?";
    let model = &service.model;
    let failed = &*model.transition == "BlockedByFailedLoad"
        || &*model.target == "FailedToLoad"
        || &*model.transition == "InvalidSpec";
    if failed {
        let since = model.failed_at.map(|at| Span::between(at, ctx.now));
        let since = since.map_or_else(String::new, |s| format!(" {s} ago"));
        return Rung::red(ASKS, format!("no: it failed{since}"))
            .because([model.failure.to_string(), service.uri.to_string()])
            .then("roll back, or mend the address or the format of the model");
    }
    match &*model.target {
        "" if service.ready.is_none() => Rung::unknown(ASKS, "the service does not tell"),
        "" => Rung::green(ASKS, "no load has failed"),
        state => Rung::green(ASKS, format!("its state is {state}")),
    }
}

/// Warnings of the kubelet that a probe failed.
fn probes(mine: &[&Arc<PodRow>], ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Do its probes pass?";
    let Some(table) = ctx.world.table::<EventRow>() else {
        return Rung::unknown(ASKS, "its events are not read yet");
    };
    let recent = |event: &EventRow| {
        let last = event.last.map(|at| Span::between(at, ctx.now).0);
        last.is_none_or(|seconds| seconds < RECENT)
    };
    let failed = table.iter().find(|event| {
        let own = mine.iter().any(|pod| event.is_about("Pod", &pod.key));
        own && &*event.reason == "Unhealthy" && recent(event)
    });
    match failed {
        Some(event) => Rung::red(ASKS, format!("no: failed {} times", event.count.max(1)))
            .because([
                event.message.to_string(),
                format!("pod {}", event.object.name),
            ])
            .then("does it need longer to start than its probe allows?"),
        None => Rung::green(ASKS, "no failure in the last hour"),
    }
}

/// Starts from zero replicas that requests wait for.
fn from_zero(service: &ServiceRow, ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Does it keep replicas, instead of starting from zero?";
    let zero = service.min_replicas == Some(0);
    let starts = burn::cold_starts(&service.key, ctx);
    let all = burn::objectives(&service.key, ctx);
    let over = all.iter().any(|row| {
        let plain = row.plain.as_ref();
        let cold = plain.is_some_and(|p| p.unit.starts_with("cold starts"));
        cold && matches!(row.state, Burning::Page | Burning::Ticket)
    });
    match starts {
        Some(n) if over => Rung::red(ASKS, format!("no: {n:.0} cold starts in an hour"))
            .then("keep at least one replica: service-scale"),
        Some(n) if zero => Rung::green(
            ASKS,
            format!("it goes to zero; {n:.0} cold starts in an hour"),
        ),
        None if zero => Rung::unknown(
            ASKS,
            "it goes to zero, and how often it starts is not measured",
        ),
        _ => Rung::green(ASKS, "it never goes to zero"),
    }
}

fn enough(service: &ServiceRow, ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Are as many replicas there as are wanted?";
    match replicas(service, ctx) {
        Some((there, Some(wanted))) if there < wanted => {
            Rung::red(ASKS, format!("no: {there} of {wanted}"))
                .because([service.trouble.to_string()])
                .then("see its pods; is its concurrency target right for what a request takes?")
        }
        Some((there, _))
            if service
                .max_replicas
                .is_some_and(|max| max > 0 && there >= max) =>
        {
            Rung::red(ASKS, format!("it has all {there} that it may have"))
                .then("raise its maximum when requests queue: service-scale")
        }
        Some((there, _)) => Rung::green(ASKS, format!("{there}")),
        None => Rung::unknown(ASKS, "the cluster does not tell"),
    }
}

/// Errors of the GPUs that its pods are on.
fn gpus(mine: &[&Arc<PodRow>], ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Are its GPUs well?";
    let held: Vec<_> = mine.iter().filter(|pod| !pod.gpus.is_empty()).collect();
    if held.is_empty() {
        return Rung::green(ASKS, "its pods ask for none");
    }
    let mut told = 0;
    for pod in held {
        let asked = RanOn {
            pod: &pod.key,
            node: &pod.node,
            started: pod.created,
            finished: None,
        };
        let words = ran_on(ctx.world, &asked);
        told += words.len();
        if let Some(bad) = words.iter().find(|word| word.bad) {
            return Rung::red(ASKS, "no: the driver reported an error")
                .because([bad.evidence.fact.to_string(), bad.evidence.from.to_string()])
                .at(pods::link(pod))
                .then("drain the node; a new pod on the same GPU fails again");
        }
    }
    if told == 0 {
        Rung::unknown(ASKS, "no exporter tells of them")
    } else {
        Rung::green(ASKS, "no error while its pods ran")
    }
}

/// Is what is newest the cause?
fn newest(service: &ServiceRow, ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Is its newest revision as good as the one before?";
    let name = short(&service.ready_revision, &service.key.name);
    match comparison(service, ctx).map(|row| row.verdict) {
        Some(Verdict::Worse) => Rung::red(ASKS, format!("no: {name} is worse"))
            .then("send the traffic back: service-rollback"),
        Some(_) => Rung::green(ASKS, format!("{name} is not known to be worse")),
        None if service.has_canary() => Rung::unknown(ASKS, "both are not compared yet"),
        None => Rung::green(ASKS, "there is no canary"),
    }
}
