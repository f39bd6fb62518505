//! GPUs where no Prometheus has their figures: the exporters are asked themselves, and what they cannot tell is not known.

use midwatch::domain::{GpuBy, GpuRow, SourceState};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::stage::{Stage, ok, quick, service, status};
use super::support::console::Console;

const NS: &str = "gpu-operator";

/// What an exporter of a node with one GPU answers.
fn told(node: &str, busy: &str) -> String {
    let labels = format!(
        "gpu=\"0\",UUID=\"GPU-{node}\",modelName=\"NVIDIA A100-SXM4-80GB\",Hostname=\"exporter-of-{node}\",namespace=\"ml\",pod=\"train-{node}\",container=\"main\""
    );
    format!(
        "# TYPE DCGM_FI_DEV_GPU_TEMP gauge\nDCGM_FI_DEV_GPU_TEMP{{{labels}}} 44\nDCGM_FI_DEV_MEMORY_TEMP{{{labels}}} 9223372036854775794\n\
         DCGM_FI_DEV_XID_ERRORS{{{labels}}} 31\nDCGM_FI_DEV_GPU_UTIL{{{labels}}} {busy}\nDCGM_FI_DEV_POWER_USAGE{{{labels}}} N/A\n"
    )
}

/// A daemon set of exporters on two nodes, the Service in front of it, and a Prometheus beside it.
async fn exporters(stage: &Stage, prometheus: bool) {
    let mut services = vec![service(
        NS,
        "nvidia-dcgm-exporter",
        &json!({"app": "nvidia-dcgm-exporter"}),
        9400,
    )];
    if prometheus {
        let labels = json!({"operated-prometheus": "true"});
        services.push(service("monitoring", "prometheus-operated", &labels, 9090));
    }
    stage.services(&services).await;
    let pod = |node: &str| {
        json!({"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "nodeName": node,
               "targetRef": {"kind": "Pod", "name": format!("exporter-of-{node}")}})
    };
    let slices = json!({"items": [{"metadata": {"name": "s"}, "addressType": "IPv4",
        "endpoints": [pod("gpu-1"), pod("gpu-2")],
        "ports": [{"name": "web", "port": 30_400, "protocol": "TCP"}]}]});
    let at = format!("/apis/discovery.k8s.io/v1/namespaces/{NS}/endpointslices");
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(slices))
        .mount(&stage.api)
        .await;
}

async fn answers(stage: &Stage, node: &str, answer: ResponseTemplate) {
    let at = format!("/api/v1/namespaces/{NS}/pods/exporter-of-{node}:30400/proxy/metrics");
    Mock::given(path(at))
        .respond_with(answer)
        .mount(&stage.api)
        .await;
}

fn text(body: String) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "text/plain; version=0.0.4")
}

fn watch(stage: &Stage) -> Console {
    let console = Console::start(&stage.kubeconfig(), &[], quick(), 64);
    console.want("prod-eu", &["gpus"]);
    console
}

fn gpus(console: &Console) -> Vec<GpuRow> {
    let rows = console.world.table::<GpuRow>();
    let mut rows: Vec<GpuRow> = rows
        .into_iter()
        .flat_map(|t| t.iter().map(|row| (**row).clone()))
        .collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn empty() -> Value {
    json!({"resultType": "vector", "result": []})
}

#[tokio::test]
async fn without_prometheus_each_exporter_tells_of_the_node_it_runs_on() {
    let stage = Stage::start().await;
    exporters(&stage, false).await;
    answers(&stage, "gpu-1", text(told("gpu-1", "93"))).await;
    answers(&stage, "gpu-2", text(told("gpu-2", "0"))).await;
    let mut console = watch(&stage);
    console.until("both nodes", |c| gpus(c).len() == 2).await;
    let rows = gpus(&console);
    assert_eq!(rows[0].key.to_string(), "prod-eu/gpu-1/0");
    assert!(rows.iter().all(|row| row.by == GpuBy::Exporter));
    let slice = &rows[0].slices[0];
    assert_eq!(&*slice.held[0].pod, "train-gpu-1");
    assert!((slice.busy.unwrap().ratio - 0.93).abs() < 1e-9);
    // a blank and N/A are no figures; nobody keeps the last hour, nor when the error came
    assert_eq!((rows[0].memory_temperature, rows[0].power), (None, None));
    assert_eq!((slice.hour, rows[0].xid.unwrap().at), (None, None));
    // it idles since the first look, or longer
    assert!(slice.idle_since.is_none() && rows[1].slices[0].idle_since.is_some());
    console
        .until("live", |c| {
            c.source("gpus", "")
                .is_some_and(|s| s.state == SourceState::Live)
        })
        .await;
    let source = console.source("gpus", "").unwrap();
    assert_eq!(
        source.endpoint,
        "each pod behind gpu-operator/nvidia-dcgm-exporter:9400, found by its label app=nvidia-dcgm-exporter: no Prometheus was found"
    );
}

#[tokio::test]
async fn a_prometheus_without_their_figures_is_no_reason_to_know_nothing() {
    let stage = Stage::start().await;
    exporters(&stage, true).await;
    stage
        .answers("status/buildinfo", ok(&json!({"version": "2.42.0"})))
        .await;
    stage.answers("query", ok(&empty())).await;
    answers(&stage, "gpu-1", text(told("gpu-1", "93"))).await;
    answers(&stage, "gpu-2", status(503, "no endpoints available")).await;
    let mut console = watch(&stage);
    console
        .until("one node, and what is wrong with the other", |c| {
            let told = c.source("gpus", "").and_then(|s| s.fault.clone());
            gpus(c).len() == 1 && told.is_some()
        })
        .await;
    let source = console.source("gpus", "").unwrap();
    assert_eq!(source.state, SourceState::Partial);
    assert!(
        source.endpoint.ends_with("Prometheus has no DCGM figures"),
        "{}",
        source.endpoint
    );
    let fault = source.fault.clone().unwrap();
    assert!(
        fault
            .what
            .starts_with("1 of 2 DCGM exporters do not answer: "),
        "{fault:?}"
    );
}

#[tokio::test]
async fn where_neither_may_be_asked_the_right_that_is_missing_is_named() {
    let stage = Stage::start().await;
    exporters(&stage, false).await;
    for node in ["gpu-1", "gpu-2"] {
        answers(&stage, node, status(403, "pods is forbidden")).await;
    }
    Mock::given(wiremock::matchers::path_regex("/portforward$"))
        .respond_with(status(403, "pods is forbidden"))
        .mount(&stage.api)
        .await;
    let mut console = watch(&stage);
    console
        .until("denied", |c| {
            c.source("gpus", "")
                .is_some_and(|s| s.state == SourceState::Denied)
        })
        .await;
    assert!(gpus(&console).is_empty());
    let fault = console.source("gpus", "").unwrap().fault.clone().unwrap();
    assert_eq!(
        fault.hint,
        "Ask for get on pods/proxy, or get and create on pods/portforward, in namespace gpu-operator."
    );
}

#[tokio::test]
async fn where_neither_is_there_both_are_named() {
    let stage = Stage::start().await;
    stage.services(&[]).await;
    let mut console = watch(&stage);
    console
        .until("absent", |c| {
            c.source("gpus", "")
                .is_some_and(|s| s.state == SourceState::Absent)
        })
        .await;
    let fault = console.source("gpus", "").unwrap().fault.clone().unwrap();
    assert!(
        fault.what.contains("Prometheus") && fault.what.contains("DCGM exporter"),
        "{fault:?}"
    );
}
