//! Logs through a real API server, from a kubelet behind it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, LogParams, Patch, PatchParams, PostParams};
use midwatch::domain::{LogEnd, LogScope, SourceState as S};
use midwatch::feed::kube::Options;
use serde_json::{Value, json};

use super::support::log::{Log, scope};
use super::support::{SOON, client, rig};

const PLACE: &str = "ml-fraud";

fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn admin() -> PathBuf {
    rig("MIDWATCH_RIG_KUBECONFIG_ADMIN").into()
}

fn sre() -> PathBuf {
    rig("MIDWATCH_RIG_KUBECONFIG_SRE").into()
}

fn ctl(verb: &str) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/ctl");
    let done = Command::new(program)
        .args([verb, "apiserver"])
        .status()
        .unwrap();
    assert!(done.success(), "ctl {verb} apiserver");
}

/// The API server runs again when a test ends, however it ends.
struct Mended;

impl Drop for Mended {
    fn drop(&mut self) {
        ctl("start");
        ctl("wait");
    }
}

async fn pods() -> Api<Pod> {
    Api::namespaced(client(&admin()).await, PLACE)
}

/// A pod that prints in this way for so long; an older one of the name makes room.
async fn add(name: &str, log: &str, time: &str) {
    let pods = pods().await;
    let at_once = DeleteParams::default().grace_period(0);
    let _ = pods.delete(name, &at_once).await;
    let end = Instant::now() + SOON;
    while pods.get_opt(name).await.unwrap().is_some() {
        assert!(Instant::now() < end, "{name} does not go");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": {"rig.midwatch.dev/log": log, "rig.midwatch.dev/run-time": time}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a"}, {"name": "side", "image": "b"}]}});
    let pod = serde_json::from_value(pod).unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
}

async fn set_status(name: &str, status: &Value) {
    let patch = Patch::Merge(json!({ "status": status }));
    pods()
        .await
        .patch_status(name, &PatchParams::default(), &patch)
        .await
        .unwrap();
}

async fn remove(name: &str) {
    let at_once = DeleteParams::default().grace_period(0);
    let _ = pods().await.delete(name, &at_once).await;
}

fn follow(kubeconfig: &Path, scope: LogScope) -> Log {
    Log::start(kubeconfig, Options::default(), scope, 64)
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_log_is_followed_from_before_its_start_to_its_end() {
    add("log-whole", "flood:200", "4s").await;
    let mut log = follow(&sre(), scope(PLACE, "log-whole"));
    let side = LogScope {
        container: "side".to_owned(),
        ..scope(PLACE, "log-whole")
    };
    let mut side = follow(&sre(), side);
    for log in [&mut log, &mut side] {
        log.until("the end", |l| l.end.is_some()).await;
        assert_eq!(log.end, Some(LogEnd::Complete));
        assert!(log.lines.len() > 600, "{}", log.lines.len());
        assert!(
            log.texts()
                .last()
                .unwrap()
                .starts_with("done with exit code")
        );
        log.assert_whole(0);
    }
    remove("log-whole").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_tail_and_a_time_shorten_the_past() {
    add("log-tail", "flood:100", "10m").await;
    let mut whole = follow(&sre(), scope(PLACE, "log-tail"));
    whole.until("a past", |l| l.lines.len() > 1_000).await;
    let tail = LogScope {
        tail: Some(10),
        ..scope(PLACE, "log-tail")
    };
    let mut tail = follow(&sre(), tail);
    tail.until("lines", |l| l.lines.len() > 50).await;
    assert!(
        !tail.texts()[0].contains("000000000"),
        "{}",
        tail.texts()[0]
    );
    let since = LogScope {
        since: Some(2),
        ..scope(PLACE, "log-tail")
    };
    let mut since = follow(&sre(), since);
    since.until("lines", |l| l.lines.len() > 210).await;
    assert!(
        !since.texts()[0].contains("000000000"),
        "{}",
        since.texts()[0]
    );
    remove("log-tail").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn an_earlier_attempt_is_read() {
    add("log-previous", "flood:50", "10m").await;
    let mut log = follow(&sre(), scope(PLACE, "log-previous"));
    log.until("lines", |l| !l.lines.is_empty()).await;
    let previous = LogScope {
        previous: true,
        ..scope(PLACE, "log-previous")
    };
    let mut none = follow(&sre(), previous.clone());
    none.until("it to be told", |l| {
        l.end == Some(LogEnd::Gone) && l.state() == Some(S::Absent)
    })
    .await;
    let now = jiff::Timestamp::now();
    let at = |ago: i64| {
        let at = now - jiff::SignedDuration::from_secs(ago);
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let last = json!({"terminated": {"exitCode": 1, "startedAt": at(30), "finishedAt": at(20), "containerID": "containerd://0"}});
    set_status(
        "log-previous",
        &json!({"containerStatuses": [{"name": "main", "image": "a", "imageID": "a", "ready": true, "restartCount": 1,
            "containerID": "containerd://1", "state": {"running": {"startedAt": at(10)}}, "lastState": last}]}),
    )
    .await;
    // the kubelet hears of it a moment later
    let asked = LogParams {
        container: Some("main".to_owned()),
        previous: true,
        tail_lines: Some(1),
        ..LogParams::default()
    };
    let end = Instant::now() + SOON;
    while pods().await.logs("log-previous", &asked).await.is_err() {
        assert!(Instant::now() < end, "the kubelet knows no earlier attempt");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut read = follow(&sre(), previous);
    read.until("the end", |l| l.end.is_some()).await;
    assert_eq!(read.end, Some(LogEnd::Complete));
    assert!(
        (500..600).contains(&read.lines.len()),
        "{}",
        read.lines.len()
    );
    remove("log-previous").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_server_that_is_killed_in_mid_stream_costs_no_line_and_doubles_none() {
    add("log-killed", "flood:2000", "10m").await;
    // what a test that is late does not take in time is another loss
    let options = Options {
        whole_logs: true,
        ..Options::default()
    };
    let mut log = Log::start(&sre(), options, scope(PLACE, "log-killed"), 64);
    log.until("lines", |l| l.lines.len() > 5_000).await;
    let mended = Mended;
    ctl("kill");
    log.until("it to be stale", |l| l.state() == Some(S::Stale))
        .await;
    let had = log.lines.len();
    drop(mended);
    log.until("more lines", |l| {
        l.lines.len() > had + 5_000 && l.state() == Some(S::Live)
    })
    .await;
    assert_eq!((log.lost, log.restarts), (0, 0));
    log.assert_whole(0);
    remove("log-killed").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_pod_that_is_deleted_ends_its_log() {
    add("log-deleted", "flood:50", "10m").await;
    let mut log = follow(&sre(), scope(PLACE, "log-deleted"));
    log.until("lines", |l| l.lines.len() > 20).await;
    remove("log-deleted").await;
    log.until("the end", |l| l.end == Some(LogEnd::Gone)).await;
    log.assert_whole(0);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn who_may_not_read_logs_is_told_which_right_is_missing() {
    add("log-denied", "flood:50", "10m").await;
    let nobody = PathBuf::from(rig("MIDWATCH_RIG_KUBECONFIG_NOBODY"));
    let mut log = follow(&nobody, scope(PLACE, "log-denied"));
    log.until("the refusal", |l| l.state() == Some(S::Denied))
        .await;
    let fault = log.source.as_ref().unwrap().fault.clone().unwrap();
    assert!(
        fault.what.contains("cannot get resource \"pods/log\""),
        "{}",
        fault.what
    );
    assert_eq!(
        fault.hint,
        "Ask for a role with get on pods/log in ml-fraud."
    );
    remove("log-denied").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_container_that_prints_nothing_is_live() {
    add("log-silent", "silent", "10m").await;
    let mut log = follow(&sre(), scope(PLACE, "log-silent"));
    log.until("it to be live", |l| l.state() == Some(S::Live))
        .await;
    assert!(log.lines.is_empty());
    remove("log-silent").await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn hostile_bytes_pass_the_server_and_stop_here() {
    add("log-hostile", "hostile", "10m").await;
    let mut log = follow(&sre(), scope(PLACE, "log-hostile"));
    log.until("one of each", |l| l.lines.len() > 20).await;
    for line in &log.lines {
        assert!(!line.text.chars().any(char::is_control), "{:?}", line.text);
    }
    assert!(log.lines.iter().any(|l| l.cut > 1_000_000));
    remove("log-hostile").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_flood_passes_and_is_counted() {
    add("log-flood", "flood:50000", "10m").await;
    let tail = LogScope {
        tail: Some(0),
        ..scope(PLACE, "log-flood")
    };
    let mut log = follow(&sre(), tail);
    log.until("the first lines", |l| !l.lines.is_empty()).await;
    let start = Instant::now();
    let (had, before) = (log.lines.len() as u64, log.lost);
    let count = |l: &Log| l.lines.len() as u64 + l.lost - before;
    log.until("many lines", |l| count(l) - had > 50_000).await;
    let got = count(&log) - had;
    note(&format!(
        "flood through the API server: {:.0} lines/s, {} dropped",
        f64::from(u32::try_from(got).unwrap_or(u32::MAX)) / start.elapsed().as_secs_f64(),
        log.lost
    ));
    let numbers = log.numbers();
    let printed = numbers[numbers.len() - 1] - numbers[0] + 1;
    assert_eq!(count(&log), printed, "each line is told or counted");
    remove("log-flood").await;
}
