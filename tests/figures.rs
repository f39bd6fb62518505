//! What size costs. Two clusters of ten thousand pods, without a network: decoding, memory, and keys from press to
//! frame. Five hundred services and ten thousand versions of models, from servers on this machine: that, and requests.
//! Prints and never judges time: `cargo test --release --test figures -- --ignored --nocapture --test-threads 1`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod support;

#[path = "figures/backends.rs"]
mod backends;
#[path = "figures/findings.rs"]
mod findings;
#[path = "figures/gpus.rs"]
mod gpus;
#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;
#[path = "figures/serving.rs"]
mod serving;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{ClusterId, PodRow, Row, SourceId, SourceRow, SourceState};
use midwatch::kinds::{Kind, Pods};
use midwatch::store::{Batch, Change, News};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

const PODS: usize = 10_000;
const PAGE: usize = 500;
const CLUSTERS: [&str; 2] = ["prod-eu", "prod-us"];

#[test]
#[ignore = "prints figures"]
fn two_clusters_of_ten_thousand_pods() {
    let now: Timestamp = "2026-11-21T03:12:44Z".parse().unwrap();
    let clusters = CLUSTERS.map(ClusterId::new).to_vec();
    let mut model = Model::new(clusters.clone(), (120, 36), now);
    press(&mut model, "8", now);
    press(&mut model, "tab", now);
    let mut view = View::new(Look::default());
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut draw = |model: &mut Model| {
        terminal.draw(|frame| view.draw(model, frame)).unwrap();
    };
    draw(&mut model);
    let pages: Vec<String> = (0..PODS / PAGE).map(page).collect();
    let bytes: usize = pages.iter().map(String::len).sum();
    print(
        "JSON of both lists",
        bytes * CLUSTERS.len() / 1_000_000,
        "MB",
    );
    let before = resident();
    let start = Instant::now();
    let mut first = None;
    for cluster in &clusters {
        for (number, text) in pages.iter().enumerate() {
            take(&mut model, cluster, number, text, now);
            draw(&mut model);
            first.get_or_insert_with(|| start.elapsed());
        }
    }
    print("first page on the screen", first.unwrap().as_millis(), "ms");
    print(
        "full lists, drawn page by page",
        start.elapsed().as_millis(),
        "ms",
    );
    print("memory of 20,000 rows", (resident() - before) / 1024, "MiB");
    let rows = model.world.table::<PodRow>().unwrap();
    let labels: usize = rows
        .iter()
        .flat_map(|r| r.labels().iter())
        .map(|(k, v)| k.len() + v.len() + 2)
        .sum();
    print("  labels, if none were shared", labels / 1024 / 1024, "MiB");
    keys(&mut model, &mut draw, now);
    churn(&mut model, &mut draw, now);
}

/// Filters letter by letter, moves, sorts, marks, clears.
fn keys(model: &mut Model, draw: &mut impl FnMut(&mut Model), now: Timestamp) {
    let scripts = [
        ("a word", "/ t r a i n minus 1 2 enter esc"),
        ("letters apart", "/ t n 4 2 w enter esc"),
        (
            "fields",
            "/ n s : f r a u d space p h a s e : r u n n i n g enter esc",
        ),
        (
            "sizes",
            "/ a g e : > 2 h space r e s t a r t s : > 0 enter esc",
        ),
        ("labels", "/ l a b e l : t e a m = n l p enter esc"),
        (
            "moving, sorting, marking",
            "j j pagedown G g s s R space v * *",
        ),
    ];
    for (what, script) in scripts {
        let mut times = Vec::new();
        for _ in 0..5 {
            for key in script.split(' ') {
                let pressed = Instant::now();
                press(model, key, now);
                draw(model);
                times.push(pressed.elapsed());
            }
        }
        quantiles(&format!("key to frame, {what}"), &mut times);
    }
}

/// A hundred changes a second in both clusters, while keys are pressed.
fn churn(model: &mut Model, draw: &mut impl FnMut(&mut Model), now: Timestamp) {
    press(model, "/", now);
    for key in "train".chars() {
        press(model, &key.to_string(), now);
    }
    press(model, "enter", now);
    let rows: Vec<Arc<PodRow>> = model
        .world
        .table::<PodRow>()
        .unwrap()
        .iter()
        .cloned()
        .collect();
    let mut times = Vec::new();
    for round in 0..200_i64 {
        let later = now + jiff::Span::new().milliseconds(round * 100);
        for row in rows
            .iter()
            .skip(usize::try_from(round).unwrap() * 10)
            .take(10)
        {
            let mut row = (**row).clone();
            row.created = Some(later);
            let cluster = row.key.cluster.clone();
            let changes = vec![Change::Put(Arc::new(row))];
            tell(model, &cluster, changes, later);
        }
        let pressed = Instant::now();
        press(model, if round % 2 == 0 { "j" } else { "k" }, later);
        draw(model);
        times.push(pressed.elapsed());
    }
    quantiles("key to frame, 100 changes a second, filtered", &mut times);
}

fn press(model: &mut Model, key: &str, now: Timestamp) {
    let _ = update(model, Msg::Pressed(key.parse().unwrap()), now);
}

fn take(model: &mut Model, cluster: &ClusterId, number: usize, text: &str, now: Timestamp) {
    let slims: Vec<<Pods as Kind>::Slim> = serde_json::from_str(text).unwrap();
    let mut changes = Vec::new();
    if number == 0 {
        changes.push(Change::Restart);
    }
    let rows = slims.into_iter().map(|slim| Pods::row(cluster, slim));
    changes.extend(rows.map(|row| Change::Put(Arc::new(row))));
    let last = (number + 1) * PAGE == PODS;
    if last {
        changes.push(Change::Swap);
    }
    tell(model, cluster, changes, now);
    let row = SourceRow {
        id: source(cluster),
        state: if last {
            SourceState::Live
        } else {
            SourceState::Partial
        },
        since: now,
        seen: Some(now),
        endpoint: String::new(),
        rows: 0,
        fault: None,
        retry: None,
    };
    let _ = update(model, Msg::Arrived(News::Source(Box::new(row))), now);
}

fn tell(model: &mut Model, cluster: &ClusterId, changes: Vec<Change<PodRow>>, now: Timestamp) {
    let batch = Batch {
        source: source(cluster),
        changes,
    };
    let _ = update(model, Msg::Arrived(News::Rows(Box::new(batch))), now);
}

fn source(cluster: &ClusterId) -> SourceId {
    SourceId {
        cluster: cluster.clone(),
        feed: "pods",
        scope: String::new(),
    }
}

/// A page of pods of pipelines, as an API server sends them.
fn page(number: usize) -> String {
    let teams = ["fraud", "churn", "nlp", "recsys"];
    let pods: Vec<_> = (number * PAGE..(number + 1) * PAGE)
        .map(|n| {
            let (team, run) = (teams[n % 4], n / 8);
            let name = format!("train-nightly-{run:05}-step-{:08x}", n * 2_654_435_761 % (1 << 32));
            json!({
                "metadata": {
                    "name": name, "namespace": format!("ml-{team}"), "uid": format!("5f1c2c1e-0000-4000-8000-{n:012}"),
                    "resourceVersion": "123456", "creationTimestamp": format!("2026-11-2{}T0{}:00:00Z", n % 2, n % 4),
                    "labels": {
                        "workflows.argoproj.io/completed": "false",
                        "workflows.argoproj.io/workflow": format!("train-nightly-{run:05}"),
                        "pipelines.kubeflow.org/v2_component": "true", "team": team, "app": "train",
                        "topology.kubernetes.io/zone": "eu-1a", "kueue.x-k8s.io/queue-name": format!("{team}-queue"),
                    },
                    "annotations": {"workflows.argoproj.io/node-id": name, "kubectl.kubernetes.io/default-container": "main"},
                },
                "spec": {"nodeName": format!("gpu-{:02}", n % 60), "containers": [
                    {"name": "main", "image": "registry.example.com/ml/train:2026.11.20", "resources": {"limits": {"nvidia.com/gpu": "1", "memory": "64Gi"}}},
                    {"name": "wait", "image": "quay.io/argoproj/argoexec:v3.7.4"}]},
                "status": {"phase": if n % 3 == 0 { "Running" } else { "Succeeded" }, "containerStatuses": [
                    {"name": "main", "restartCount": n % 5, "state": {"running": {"startedAt": "2026-11-21T03:00:00Z"}}},
                    {"name": "wait", "restartCount": 0, "state": {"running": {"startedAt": "2026-11-21T03:00:00Z"}}}]},
            })
        })
        .collect();
    serde_json::to_string(&pods).unwrap()
}

/// KiB of memory in use by this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let number = line.and_then(|l| l.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn quantiles(what: &str, times: &mut [Duration]) {
    times.sort();
    for share in [50, 99] {
        let at = times[(times.len() - 1) * share / 100];
        print(
            &format!("{what}, p{share}"),
            format!("{:.1}", at.as_secs_f64() * 1000.0),
            "ms",
        );
    }
}

fn print(what: &str, figure: impl std::fmt::Display, unit: &str) {
    println!("{what:<64} {figure:>8} {unit}");
}
