//! What 64 nodes of 8 GPUs of 7 slices, 3,000 pods and 100 experiments of 50 trials cost: reading what exporters tell,
//! the joins, memory, keys to frames, and the questions to Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{ClusterId, GpuBy, GpuRow, Row, SourceId, SourceRow, SourceState};
use midwatch::feed::kube::Options;
use midwatch::kinds::dcgm::{Dcgm, OF_GPU, OF_SLICE};
use midwatch::kinds::exposition::samples;
use midwatch::kinds::{Experiments, Kind, Nodes, Pods, Trials};
use midwatch::store::{Batch, Change, News, Table};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::support::console::Console;
use super::support::tls;
use super::{press, print, quantiles, resident};

const NODES: usize = 64;
const GPUS: usize = 8;
const SLICES: usize = 7;
const PODS: usize = 3_000;
const EXPERIMENTS: usize = 100;
const TRIALS: usize = 50;
/// How long questions to Prometheus are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// Labels of a slice, as an exporter writes them.
fn labels(node: usize, gpu: usize, slice: usize) -> String {
    let number = (node * GPUS + gpu) * SLICES + slice;
    let held = if number < PODS {
        format!(
            ",namespace=\"ml-{}\",pod=\"trial-{number}\",container=\"main\"",
            number % 4
        )
    } else {
        String::new()
    };
    format!(
        "gpu=\"{gpu}\",UUID=\"GPU-{node:08}-0000-4000-8000-{gpu:012}\",pci_bus_id=\"00000000:{gpu:02}:00.0\",device=\"nvidia{gpu}\",modelName=\"NVIDIA A100-SXM4-80GB\",Hostname=\"gpu-{node:02}\",DCGM_FI_DRIVER_VERSION=\"570.124.06\",GPU_I_PROFILE=\"1g.10gb\",GPU_I_ID=\"{}\"{held}",
        7 + slice
    )
}

/// What the exporter of a node answers.
fn exposition(node: usize) -> String {
    let mut text = String::new();
    for metric in OF_GPU.iter().chain(OF_SLICE) {
        let _ = writeln!(text, "# TYPE {metric} gauge");
        for gpu in 0..GPUS {
            for slice in 0..SLICES {
                let value = match *metric {
                    "DCGM_FI_PROF_GR_ENGINE_ACTIVE" => "0.41",
                    "DCGM_FI_DEV_XID_ERRORS" | "DCGM_FI_DEV_ROW_REMAP_FAILURE" => "0",
                    _ => "44",
                };
                let _ = writeln!(text, "{metric}{{{}}} {value}", labels(node, gpu, slice));
            }
        }
    }
    text
}

fn read(cluster: &ClusterId, now: Timestamp) -> Vec<GpuRow> {
    let texts: Vec<String> = (0..NODES).map(exposition).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let start = Instant::now();
    let mut rows = Vec::new();
    for text in &texts {
        let mut dcgm = Dcgm::default();
        for s in samples(text, |name| {
            OF_GPU.contains(&name) || OF_SLICE.contains(&name)
        }) {
            dcgm.take(cluster, s.name, &s.labels, s.value);
        }
        rows.extend(dcgm.rows(GpuBy::Exporter, |_| Some(now)));
    }
    print("text of 64 exporters", bytes / 1_000_000, "MB");
    print("  read into rows", start.elapsed().as_millis(), "ms");
    rows
}

fn nodes() -> Vec<Value> {
    let node = |n: usize| {
        let amount = json!({"nvidia.com/mig-1g.10gb": (GPUS * SLICES).to_string()});
        json!({"metadata": {"name": format!("gpu-{n:02}"), "uid": format!("n-{n}"), "resourceVersion": "1",
                "labels": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.present": "true", "nvidia.com/gpu.memory": "81920"}},
            "status": {"capacity": amount, "allocatable": amount, "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    (0..NODES).map(node).collect()
}

fn pods() -> Vec<Value> {
    let pod = |n: usize| {
        json!({"metadata": {"name": format!("trial-{n}"), "namespace": format!("ml-{}", n % 4), "uid": format!("p-{n}"), "resourceVersion": "1",
                "creationTimestamp": "2026-11-20T03:00:00Z",
                "labels": {"katib.kubeflow.org/trial": format!("trial-{n}"), "katib.kubeflow.org/experiment": format!("sweep-{}", n / TRIALS)}},
            "spec": {"nodeName": format!("gpu-{:02}", n / (GPUS * SLICES)),
                "containers": [{"name": "main", "image": "x", "resources": {"limits": {"nvidia.com/mig-1g.10gb": "1"}}}]},
            "status": {"phase": "Running"}})
    };
    (0..PODS).map(pod).collect()
}

fn experiments() -> Vec<Value> {
    let one = |n: usize| {
        json!({"metadata": {"name": format!("sweep-{n}"), "namespace": format!("ml-{}", n % 4), "uid": format!("e-{n}"), "resourceVersion": "1",
                "creationTimestamp": "2026-11-20T02:00:00Z"},
            "spec": {"parallelTrialCount": 30, "maxTrialCount": TRIALS, "algorithm": {"algorithmName": "tpe"},
                "objective": {"type": "minimize", "objectiveMetricName": "loss"}},
            "status": {"trials": TRIALS, "trialsRunning": 30, "trialsSucceeded": 20, "conditions": [{"type": "Running", "status": "True"}]}})
    };
    (0..EXPERIMENTS).map(one).collect()
}

fn trials() -> Vec<Value> {
    let one = |n: usize| {
        let experiment = n / TRIALS;
        json!({"metadata": {"name": format!("trial-{n}"), "namespace": format!("ml-{}", experiment % 4), "uid": format!("t-{n}"), "resourceVersion": "1",
                "creationTimestamp": "2026-11-20T03:00:00Z", "labels": {"katib.kubeflow.org/experiment": format!("sweep-{experiment}")}},
            "spec": {"objective": {"type": "minimize", "objectiveMetricName": "loss"},
                "parameterAssignments": [{"name": "lr", "value": format!("0.00{n}")}, {"name": "batch", "value": "64"}]},
            "status": {"startTime": "2026-11-20T03:00:00Z", "conditions": [{"type": "Running", "status": "True"}],
                "observation": {"metrics": [{"name": "loss", "latest": "0.31", "min": "0.29", "max": "0.9"}]}}})
    };
    (0..EXPERIMENTS * TRIALS).map(one).collect()
}

fn rows<K: Kind>(cluster: &ClusterId, items: Vec<Value>) -> Vec<K::Row> {
    let slims = items
        .into_iter()
        .map(|item| serde_json::from_value(item).unwrap());
    slims.map(|slim| K::row(cluster, slim)).collect()
}

fn tell<R: Row>(
    model: &mut Model,
    cluster: &ClusterId,
    feed: &'static str,
    all: Vec<R>,
    now: Timestamp,
) {
    let id = SourceId {
        cluster: cluster.clone(),
        feed,
        scope: String::new(),
    };
    let count = all.len() as u64;
    let puts = all.into_iter().map(|row| Change::Put(Arc::new(row)));
    let changes = [Change::Restart].into_iter().chain(puts);
    let changes = changes.chain([Change::Swap]).collect();
    let source = id.clone();
    let batch = Box::new(Batch { source, changes });
    let _ = update(model, Msg::Arrived(News::Rows(batch)), now);
    let row = SourceRow {
        id,
        state: SourceState::Live,
        since: now,
        seen: Some(now),
        endpoint: String::new(),
        rows: count,
        fault: None,
        retry: None,
    };
    let _ = update(model, Msg::Arrived(News::Source(Box::new(row))), now);
}

#[test]
#[ignore = "prints figures"]
fn sixty_four_nodes_of_slices_with_a_hundred_experiments() {
    let now: Timestamp = "2026-11-21T03:12:44Z".parse().unwrap();
    let cluster = ClusterId::new("prod-eu");
    let mut model = Model::new(vec![cluster.clone()], (120, 36), now);
    let mut view = View::new(Look::default());
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut draw = |model: &mut Model| {
        terminal.draw(|frame| view.draw(model, frame)).unwrap();
    };
    draw(&mut model);
    let gpus = read(&cluster, now);
    assert_eq!(gpus.len(), NODES * GPUS);
    let (nodes, pods) = (
        rows::<Nodes>(&cluster, nodes()),
        rows::<Pods>(&cluster, pods()),
    );
    let (experiments, trials) = (
        rows::<Experiments>(&cluster, experiments()),
        rows::<Trials>(&cluster, trials()),
    );
    let (before, start) = (resident(), Instant::now());
    press(&mut model, "6", now);
    tell(&mut model, &cluster, "nodes", nodes, now);
    tell(&mut model, &cluster, "pods", pods, now);
    tell(&mut model, &cluster, "gpus", gpus, now);
    draw(&mut model);
    print(
        "GPUs: joined and on the screen",
        start.elapsed().as_millis(),
        "ms",
    );
    print(
        "  memory of the joins",
        resident().saturating_sub(before) / 1024,
        "MiB",
    );
    let (before, start) = (resident(), Instant::now());
    press(&mut model, "3", now);
    tell(&mut model, &cluster, "experiments", experiments, now);
    tell(&mut model, &cluster, "trials", trials, now);
    draw(&mut model);
    print(
        "100 experiments, 5,000 trials: on the screen",
        start.elapsed().as_millis(),
        "ms",
    );
    print(
        "  memory of them",
        resident().saturating_sub(before) / 1024,
        "MiB",
    );
    press(&mut model, "6", now);
    for (what, script) in [
        ("tree, closed", "j j k j pagedown G g"),
        ("tree, all open", "+ j j j j pagedown pagedown G g k"),
        ("holders", "tab j j pagedown G g s s R"),
        ("slices", "tab tab j j pagedown G g s"),
    ] {
        let mut times = Vec::new();
        for _ in 0..10 {
            for key in script.split(' ') {
                let pressed = Instant::now();
                press(&mut model, key, now);
                draw(&mut model);
                times.push(pressed.elapsed());
            }
            press(&mut model, "6", now);
        }
        quantiles(&format!("key to frame, {what}"), &mut times);
    }
}

/// Prometheus with the figures of the whole fleet.
fn answer(request: &Request) -> ResponseTemplate {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let url = reqwest::Url::parse(&format!("http://h/?{body}")).unwrap();
    let query = url.query_pairs().find(|(key, _)| key == "query");
    let query = query.map(|(_, v)| v.into_owned()).unwrap_or_default();
    let ranged = body.contains("step=");
    let metrics: &[&str] = if query.contains("timestamp(") || query.contains("XID_ERRORS{") {
        &[]
    } else if query.contains("DCGM_FI_DEV_GPU_TEMP") {
        OF_GPU
    } else if query.contains("DCGM_FI_DEV_FB_USED") {
        OF_SLICE
    } else {
        &["DCGM_FI_PROF_GR_ENGINE_ACTIVE"]
    };
    let mut result = Vec::new();
    for node in 0..NODES {
        for gpu in 0..GPUS {
            for slice in 0..if metrics.len() == OF_GPU.len() {
                1
            } else {
                SLICES
            } {
                for metric in metrics {
                    let of = json!({"__name__": metric, "Hostname": format!("gpu-{node:02}"), "gpu": gpu.to_string(),
                        "UUID": format!("GPU-{node}-{gpu}"), "GPU_I_ID": (7 + slice).to_string(), "GPU_I_PROFILE": "1g.10gb",
                        "exported_namespace": "ml", "exported_pod": format!("trial-{node}-{gpu}-{slice}")});
                    result.push(if ranged {
                        json!({"metric": of, "values": [[1.0, "0"]]})
                    } else {
                        json!({"metric": of, "value": [1.0, "0"]})
                    });
                }
            }
        }
    }
    let sort = if ranged { "matrix" } else { "vector" };
    ResponseTemplate::new(200)
        .set_body_json(json!({"status": "success", "data": {"resultType": sort, "result": result}}))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures"]
async fn questions_to_prometheus_about_sixty_four_nodes() {
    tls();
    let api = MockServer::start().await;
    let services = json!({"items": [{"metadata": {"namespace": "monitoring", "name": "prometheus-operated", "uid": "u",
        "labels": {"operated-prometheus": "true"}}, "spec": {"ports": [{"name": "web", "port": 9090}]}}], "metadata": {}});
    for (at, reply) in [
        ("/api/v1/services$", services),
        (
            "buildinfo$",
            json!({"status": "success", "data": {"version": "2.42.0"}}),
        ),
    ] {
        Mock::given(path_regex(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(reply))
            .mount(&api)
            .await;
    }
    Mock::given(path_regex("/api/v1/query(_range)?$"))
        .respond_with(answer)
        .mount(&api)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster: {{server: '{}'}}\ncontexts:\n- name: c\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{}}\n",
        api.uri()
    );
    std::fs::write(&file, text).unwrap();
    let start = Instant::now();
    let mut console = Console::start(&file, &[], Options::default(), 256);
    console.want("c", &["gpus"]);
    console
        .until("all GPUs", |c| {
            c.world
                .table::<GpuRow>()
                .is_some_and(|t| Table::len(t) == NODES * GPUS)
        })
        .await;
    print(
        "GPUs: first figures of 512",
        start.elapsed().as_millis(),
        "ms",
    );
    console.for_a_while(MINUTE).await;
    let all = api.received_requests().await.unwrap();
    let asked = |end: &str| all.iter().filter(|r| r.url.path().ends_with(end)).count();
    let count = asked("/query") + asked("/query_range");
    print("queries of Prometheus in the first minute", count, "");
}
