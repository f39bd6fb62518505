//! What the rules of the home screen cost at 10,000 pods, 2,000 runs and 500 services of which 100 rows a second change.
//! Without a network: rows are handed to the core as they would arrive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use midwatch::app::findings::{FEEDS, find};
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{
    Clean, FindingRow, Key, Phase, PodRow, Row, RunRow, ServiceRow, SourceState,
};
use midwatch::store::{Batch, Change, News, RowsBatch};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::platform::{self, ago, cluster, now};
use super::{press, print, quantiles};

#[path = "../screens/serving/world.rs"]
#[allow(dead_code)]
mod world;

const PODS: usize = 10_000;
const RUNS: usize = 2_000;
const SERVICES: usize = 500;
const NODES: usize = 400;
/// Rows that change in a second, and for how many seconds.
const CHANGES: usize = 100;
const SECONDS: i64 = 60;

#[test]
#[ignore = "prints figures"]
fn the_rules_at_ten_thousand_pods() {
    let mut model = full();
    press(&mut model, "1", now());
    let mut times: Vec<Duration> = (0..100).map(|_| look(&model)).collect();
    let found = model.world.table::<FindingRow>().unwrap().len();
    print("findings", found, "");
    assert!(found > 100, "the rules have something to find");
    quantiles("all rules once", &mut times);
    let mut view = View::new(Look::default());
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let (mut seconds, mut frames) = (Vec::new(), Vec::new());
    for second in 1..=SECONDS {
        let start = Instant::now();
        change(&mut model, second);
        seconds.push(start.elapsed());
        let start = Instant::now();
        terminal.draw(|frame| view.draw(&mut model, frame)).unwrap();
        frames.push(start.elapsed());
    }
    let all: Duration = seconds.iter().sum();
    let share = all.as_secs_f64() / (SECONDS as f64) * 100.0;
    quantiles(
        "a second: 100 changes in 20 messages, and a look",
        &mut seconds,
    );
    print("part of a core for that", format!("{share:.1}"), "%");
    quantiles("a frame of the home screen meanwhile", &mut frames);
}

fn look(model: &Model) -> Duration {
    let start = Instant::now();
    std::hint::black_box(find(&model.ctx()));
    start.elapsed()
}

/// Everything of a platform of this size, with one of twenty in trouble.
fn full() -> Model {
    let mut model = Model::new(vec![cluster()], (120, 36), now());
    for feed in FEEDS.iter().chain(&["api"]) {
        platform::set_state(&mut model, feed, SourceState::Live);
    }
    let nodes = (0..NODES).map(|n| platform::node(&format!("gpu-{n:03}")));
    put(&mut model, "nodes", nodes.collect());
    put(&mut model, "pods", (0..PODS).map(|n| pod(n, 0)).collect());
    put(
        &mut model,
        "workflows",
        (0..RUNS).map(|n| run(n, 0)).collect(),
    );
    let services: Vec<ServiceRow> = (0..SERVICES).map(|n| service(n, 0)).collect();
    let burns = services.iter().enumerate().flat_map(|(n, service)| {
        let errors = if n % 20 == 0 {
            world::burning(&service.key)
        } else {
            world::inside(&service.key, "errors", "errors < 0.1 %")
        };
        [errors, world::inside(&service.key, "p95", "p95 < 200 ms")]
    });
    put(&mut model, "burn", burns.collect());
    put(&mut model, "services", services);
    model
}

fn pod(n: usize, version: usize) -> PodRow {
    let waits = n.is_multiple_of(20);
    PodRow {
        key: Key::new(
            cluster(),
            &format!("team-{}", n % 50),
            &format!("pod-{n:05}"),
        ),
        uid: Clean::new(&format!("u-{n}-{version}")),
        phase: Clean::new(if waits { "Pending" } else { "Running" }),
        node: if waits {
            Clean::default()
        } else {
            Clean::new(&format!("gpu-{:03}", n % NODES))
        },
        unscheduled: Clean::new(if waits {
            "0/400 nodes are available: 400 Insufficient nvidia.com/gpu."
        } else {
            ""
        }),
        run: Clean::new(&format!("run-{:04}", n % RUNS)),
        containers: Box::default(),
        created: Some(ago(3_600)),
        ..platform::oom_pod()
    }
}

fn run(n: usize, version: usize) -> RunRow {
    let phase = match n % 20 {
        0 => Phase::Failed,
        1 => Phase::Waiting,
        2..10 => Phase::Running,
        _ => Phase::Succeeded,
    };
    RunRow {
        version: Clean::new(&version.to_string()),
        origin: Clean::new(&format!("cron nightly-{n}")),
        estimate: Some(600),
        ..platform::run(
            &format!("run-{n:04}"),
            &format!("team-{}", n % 50),
            phase,
            "train",
        )
    }
}

fn service(n: usize, version: usize) -> ServiceRow {
    ServiceRow {
        uid: Clean::new(&version.to_string()),
        ..world::service(&format!("team-{}", n % 50), &format!("svc-{n:03}"))
    }
}

fn put<R: Row>(model: &mut Model, feed: &'static str, rows: Vec<R>) {
    let mut changes = vec![Change::Restart];
    changes.extend(rows.into_iter().map(|row| Change::Put(Arc::new(row))));
    changes.push(Change::Swap);
    give(model, feed, changes, now());
}

fn give<R: Row>(model: &mut Model, feed: &'static str, changes: Vec<Change<R>>, at: Timestamp) {
    let source = midwatch::domain::SourceId {
        cluster: cluster(),
        feed,
        scope: String::new(),
    };
    let batch: Box<dyn RowsBatch> = Box::new(Batch { source, changes });
    let _ = update(model, Msg::Arrived(News::Rows(batch)), at);
}

/// A second of changes, in messages of five: six of ten are pods, three runs, one a service.
fn change(model: &mut Model, second: i64) {
    let from = usize::try_from(second).unwrap() * CHANGES;
    for part in 0..CHANGES / 5 {
        let past = second * 1_000 + i64::try_from(part).unwrap() * 50;
        let at = now() + SignedDuration::from_millis(past);
        let all = (0..5).map(|n| from + part * 5 + n);
        match part % 10 {
            0..6 => {
                let rows = all.map(|n| Change::Put(Arc::new(pod(n * 7 % PODS, from))));
                give(model, "pods", rows.collect(), at);
            }
            6..9 => {
                let rows = all.map(|n| Change::Put(Arc::new(run(n * 7 % RUNS, from))));
                give(model, "workflows", rows.collect(), at);
            }
            _ => {
                let rows = all.map(|n| Change::Put(Arc::new(service(n * 7 % SERVICES, from))));
                give(model, "services", rows.collect(), at);
            }
        }
    }
}
