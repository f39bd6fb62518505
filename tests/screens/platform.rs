//! A small platform as the console would know it.

use std::sync::Arc;

use jiff::{Span, Timestamp};
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{
    Clean, ClusterId, ContainerRow, ContainerState, Key, Labels, NodeRow, Phase, PodRow, Row,
    RunRow, SourceId, SourceRow, SourceState,
};
use midwatch::fault::{Fault, FaultKind};
use midwatch::store::{Batch, Change, News, RowsBatch};

#[path = "platform/runs.rs"]
mod runs;

pub use runs::run;
use runs::{failed_detail, failed_run, fan_detail, fan_run, ok_run, running_run, waiting_run};

/// Now, for every picture.
pub fn now() -> Timestamp {
    "2026-11-21T03:12:44Z".parse().unwrap()
}

/// So many seconds before now.
pub fn ago(seconds: i64) -> Timestamp {
    now() - Span::new().seconds(seconds)
}

/// The cluster of every picture.
pub fn cluster() -> ClusterId {
    ClusterId::new("prod-eu")
}

fn source(feed: &'static str) -> SourceId {
    SourceId {
        cluster: cluster(),
        feed,
        scope: String::new(),
    }
}

fn tell(model: &mut Model, news: News) {
    let _ = update(model, Msg::Arrived(news), now());
}

/// All rows of a source.
pub fn put<R: Row>(model: &mut Model, feed: &'static str, rows: Vec<R>) {
    let mut changes = vec![Change::Restart];
    changes.extend(rows.into_iter().map(|row| Change::Put(Arc::new(row))));
    changes.push(Change::Swap);
    let batch: Box<dyn RowsBatch> = Box::new(Batch {
        source: source(feed),
        changes,
    });
    tell(model, News::Rows(batch));
}

/// A console that was just started.
pub fn empty() -> Model {
    let mut model = Model::new(vec![cluster()], (120, 36), now());
    set_state(&mut model, "api", SourceState::Live);
    model
}

/// A console that has read a small platform.
pub fn live() -> Model {
    let mut model = empty();
    fill(&mut model);
    model
}

/// What a small platform tells.
pub fn fill(model: &mut Model) {
    for feed in [
        "workflows",
        "run",
        "pods",
        "nodes",
        "namespaces",
        "cron-workflows",
        "templates",
    ] {
        set_state(model, feed, SourceState::Live);
    }
    put(
        model,
        "workflows",
        vec![
            failed_run(),
            running_run(),
            waiting_run(),
            fan_run(),
            ok_run(),
        ],
    );
    put(model, "run", vec![failed_detail(), fan_detail()]);
    put(model, "pods", vec![oom_pod()]);
    put(model, "nodes", vec![node("gpu-17")]);
}

/// A console with two clusters: the second has a run of the same name, and one of its own.
pub fn two() -> Model {
    let mut model = live();
    model.clusters.push(ClusterId::new("prod-us"));
    for feed in ["api", "workflows"] {
        set_state_of(&mut model, "prod-us", feed, SourceState::Live);
    }
    let us = |row: RunRow| RunRow {
        key: Key {
            cluster: ClusterId::new("prod-us"),
            ..row.key
        },
        ..row
    };
    let own = run("score-hourly-9fh2d", "ml-nlp", Phase::Running, "score 3/8");
    let mut changes = vec![Change::Restart];
    for row in [us(ok_run()), us(own)] {
        changes.push(Change::Put(Arc::new(row)));
    }
    changes.push(Change::Swap);
    let mut from = source("workflows");
    from.cluster = ClusterId::new("prod-us");
    let batch = Batch {
        source: from,
        changes,
    };
    tell(&mut model, News::Rows(Box::new(batch)));
    model
}

/// Puts a source of another cluster into a state since 42 seconds.
pub fn set_state_of(model: &mut Model, name: &str, feed: &'static str, state: SourceState) {
    let fault = "https://10.9.0.1:6443: connection refused";
    let row = SourceRow {
        id: SourceId {
            cluster: ClusterId::new(name),
            ..source(feed)
        },
        state,
        since: ago(42),
        seen: None,
        endpoint: format!("https://10.9.0.1:6443 (context {name})"),
        rows: 2,
        fault: (!state.is_live()).then(|| Fault::new(name, FaultKind::Unreachable, fault, ago(42))),
        retry: None,
    };
    tell(model, News::Source(Box::new(row)));
}

/// The run that failed is no longer there.
pub fn gone(model: &mut Model) {
    let source = SourceRow {
        id: SourceId {
            scope: "ml-fraud/train-nightly-x7k2p".to_owned(),
            ..source("run")
        },
        state: SourceState::Live,
        since: now(),
        seen: None,
        endpoint: String::new(),
        rows: 0,
        fault: None,
        retry: None,
    };
    tell(model, News::Source(Box::new(source)));
}

/// Puts a source into a state since 42 seconds, with the fault that leads there.
pub fn set_state(model: &mut Model, feed: &'static str, state: SourceState) {
    let fault = match state {
        SourceState::Stale | SourceState::Down => Some(
            Fault::new(
                "prod-eu",
                FaultKind::Unreachable,
                "https://10.0.0.1:6443: connection refused",
                ago(42),
            )
            .hint("tried again by itself; is the VPN up?"),
        ),
        SourceState::Denied => Some(
            Fault::new(
                "prod-eu",
                FaultKind::Denied,
                "pods is forbidden: User \"sre\" cannot list resource \"pods\"",
                ago(42),
            )
            .hint("ask for the ClusterRole in docs/rights.md"),
        ),
        _ => None,
    };
    let row = SourceRow {
        id: source(feed),
        state,
        since: ago(42),
        seen: Some(ago(42)),
        endpoint: "https://10.0.0.1:6443 (context prod-eu)".to_owned(),
        rows: 5,
        fault,
        retry: (!state.is_live()).then(|| now() + Span::new().seconds(8)),
    };
    tell(model, News::Source(Box::new(row)));
}

/// A live source of which not everything may be read.
pub fn set_in_part(model: &mut Model, feed: &'static str) {
    let what = "workflows is forbidden at the cluster scope";
    let row = SourceRow {
        id: source(feed),
        state: SourceState::Live,
        since: ago(42),
        seen: Some(now()),
        endpoint: "2 namespaces: argo, ml-fraud".to_owned(),
        rows: 5,
        fault: Some(Fault::new("prod-eu", FaultKind::Denied, what, ago(42))),
        retry: None,
    };
    tell(model, News::Source(Box::new(row)));
}

pub fn oom_pod() -> PodRow {
    let container = |name: &str, reason: &str, code| ContainerRow {
        name: Clean::new(name),
        init: false,
        state: ContainerState::Terminated,
        reason: Clean::new(reason),
        message: Clean::default(),
        exit_code: Some(code),
        ended: None,
        restarts: 0,
        last_reason: Clean::default(),
        memory_limit: Clean::new("64Gi"),
        image: Clean::new("train:7"),
    };
    PodRow {
        key: Key::new(cluster(), "ml-fraud", "train-nightly-x7k2p-train-118"),
        uid: Clean::new("p"),
        labels: Labels::default(),
        phase: Clean::new("Failed"),
        reason: Clean::default(),
        message: Clean::default(),
        node: Clean::new("gpu-17"),
        unscheduled: Clean::default(),
        run: Clean::new("train-nightly-x7k2p"),
        step: Clean::new("train(1)"),
        containers: Box::new([
            container("main", "OOMKilled", 137),
            container("wait", "Completed", 0),
        ]),
        gpus: Clean::new("1 nvidia.com/gpu"),
        owner: None,
        created: Some(ago(790)),
        deleting: None,
    }
}

pub fn node(name: &str) -> NodeRow {
    NodeRow {
        key: Key::new(cluster(), "", name),
        uid: Clean::new("n"),
        labels: Labels::default(),
        ready: Some(true),
        trouble: Clean::default(),
        unschedulable: false,
        taints: Clean::default(),
        product: Clean::new("NVIDIA-A100-SXM4-80GB"),
        gpus: Box::new([]),
        zone: Clean::new("eu-1a"),
        version: Clean::new("v1.36.3"),
        created: Some(ago(864_000)),
    }
}
