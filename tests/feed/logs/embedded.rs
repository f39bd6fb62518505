//! Logs of the embedded platform, also through a server that goes away.

use std::time::Duration;

use midwatch::demo::{Options as DemoOptions, Platform};
use midwatch::domain::{LogEnd, LogScope, SourceState as S};
use midwatch::feed::kube::Options;
use serde_json::json;

use super::options;
use crate::support;
use crate::support::log::{Log, scope};

async fn platform(speed: f64) -> Platform {
    let options = DemoOptions {
        speed,
        past: Duration::from_secs(1_800),
        ..DemoOptions::default()
    };
    Platform::start(options).await.unwrap()
}

/// Puts a running pod that prints in this way on the platform.
async fn add_pod(platform: &Platform, name: &str, annotations: serde_json::Value) {
    let client = support::client(&platform.kubeconfig_for("admin")).await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "ml-fraud", "annotations": annotations},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/loader:1", "command": ["load"]}]}});
    let api: kube::Api<kube::core::DynamicObject> = kube::Api::namespaced_with(
        client,
        "ml-fraud",
        &kube::core::ApiResource::erase::<k8s_openapi::api::core::v1::Pod>(&()),
    );
    api.create(
        &kube::api::PostParams::default(),
        &serde_json::from_value(pod).unwrap(),
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_of_the_embedded_platform_is_followed_from_its_start_to_its_end() {
    let platform = platform(20.0).await;
    let ask = json!({"rig.midwatch.dev/log": "flood:200", "rig.midwatch.dev/run-time": "60s", "rig.midwatch.dev/pull-time": "5s"});
    add_pod(&platform, "one", ask).await;
    let mut log = Log::start(
        platform.kubeconfig(),
        options(),
        scope("ml-fraud", "one"),
        64,
    );
    log.until("its end", |l| l.end.is_some()).await;
    assert_eq!(log.end, Some(LogEnd::Complete));
    assert!(log.lines.len() > 300, "{}", log.lines.len());
    assert!(log.texts().last().unwrap().ends_with("done"));
    log.assert_whole(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_in_mid_stream_costs_no_line() {
    let platform = platform(1.0).await;
    // slow enough that a reader who is minutes late finds no line rotated away
    let ask = json!({"rig.midwatch.dev/log": "flood:500", "rig.midwatch.dev/run-time": "1h", "rig.midwatch.dev/pull-time": "1ms"});
    add_pod(&platform, "two", ask).await;
    // what a test that is late does not take in time is another loss
    let options = Options {
        whole_logs: true,
        ..options()
    };
    let mut log = Log::start(platform.kubeconfig(), options, scope("ml-fraud", "two"), 64);
    log.until("lines", |l| l.lines.len() > 500).await;
    for _ in 0..2 {
        platform.set_down(true).await;
        log.until("it to be stale", |l| l.state() == Some(S::Stale))
            .await;
        let had = log.lines.len();
        platform.set_down(false).await;
        log.until("more lines", |l| {
            l.lines.len() > had + 500 && l.state() == Some(S::Live)
        })
        .await;
    }
    assert_eq!(log.lost, 0);
    log.assert_whole(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bytes_come_as_plain_lines() {
    let platform = platform(1.0).await;
    let ask = json!({"rig.midwatch.dev/log": "hostile", "rig.midwatch.dev/run-time": "1h", "rig.midwatch.dev/pull-time": "1ms"});
    add_pod(&platform, "bad", ask).await;
    let mut log = Log::start(
        platform.kubeconfig(),
        options(),
        scope("ml-fraud", "bad"),
        64,
    );
    log.until("one of each", |l| l.lines.len() > 22).await;
    for line in &log.lines {
        assert!(!line.text.chars().any(char::is_control), "{:?}", line.text);
        assert!(line.text.len() <= 16 * 1024);
    }
    let long = log
        .lines
        .iter()
        .find(|l| l.text.contains("megabyte"))
        .unwrap();
    assert!(long.cut > 1_000_000, "{}", long.cut);
    assert!(
        log.texts()
            .contains(&"100 % of a bar that overwrites itself")
    );
    assert!(
        log.texts()
            .iter()
            .any(|t| t.ends_with("colour ERROR is normal, so is this"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_is_short_and_stays_so_after_a_break() {
    let platform = platform(1.0).await;
    let ask = json!({"rig.midwatch.dev/log": "flood:2000", "rig.midwatch.dev/run-time": "1h", "rig.midwatch.dev/pull-time": "1ms"});
    add_pod(&platform, "tail", ask).await;
    let whole = scope("ml-fraud", "tail");
    let mut log = Log::start(platform.kubeconfig(), options(), whole.clone(), 64);
    log.until("a past", |l| l.lines.len() > 4_000).await;
    let tail = LogScope {
        tail: Some(10),
        ..whole
    };
    let mut log = Log::start(platform.kubeconfig(), options(), tail, 64);
    log.until("lines", |l| l.lines.len() > 50).await;
    let first = log.texts()[0].to_owned();
    let at = first.find("record ").unwrap() + 7;
    let first: u64 = first.get(at..at + 9).unwrap().parse().unwrap();
    assert!(first > 3_000, "{first}");
    platform.set_down(true).await;
    platform.set_down(false).await;
    let had = log.lines.len();
    log.until("more lines", |l| l.lines.len() > had + 500).await;
    log.assert_whole(first);
}
