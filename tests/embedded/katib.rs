//! What people see of experiments on the embedded platform, through its API server: the webhook's refusals, and what a
//! sweep that holds slices keeps from others.

use serde_json::{Value, json};

use super::stage::{Stage, text};
use super::suite::MERGE;

const SWEEP: &str = "/apis/kubeflow.org/v1beta1/namespaces/ml-nlp/experiments/sweep-bert";

fn spec(key: &str, number: i64) -> Value {
    json!({"spec": {key: number}})
}

#[tokio::test]
async fn the_webhook_denies_what_katib_denies_also_in_a_dry_run() {
    let stage = Stage::open(1).await;
    for (change, says) in [
        (spec("parallelTrialCount", 0), "must be greater than 0"),
        (
            spec("parallelTrialCount", 241),
            "should be less than or equal to spec.maxTrialCount",
        ),
        (
            spec("maxTrialCount", 20),
            "must be greater than status.trials count",
        ),
        (
            json!({"spec": {"algorithm": {"algorithmName": "random"}}}),
            "are editable",
        ),
    ] {
        for path in [SWEEP.to_owned(), format!("{SWEEP}?dryRun=All")] {
            let denied = stage.server.patch(&path, MERGE, &change).await;
            assert_eq!(denied.verdict(), "403 Forbidden", "{change}");
            assert!(denied.message().contains(says), "{}", denied.message());
        }
    }
}

#[tokio::test]
async fn a_lowered_sweep_gives_its_newest_slices_back() {
    let stage = Stage::open(1).await;
    let running = |e: &Value| e["status"]["trialsRunning"].as_u64().unwrap_or(0);
    // one of them may wait for the slice of a GPU that was lost
    let before = stage.until(SWEEP, 10, |e| running(e) >= 19).await;
    let lower = spec("parallelTrialCount", 6);
    stage.server.patch(SWEEP, MERGE, &lower).await.ok();
    let after = stage.until(SWEEP, 5, |e| running(e) == 6).await;
    let names = |e: &Value| -> Vec<String> {
        let all = e["status"]["runningTrialList"].as_array().unwrap();
        all.iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    };
    let (old, kept) = (names(&before), names(&after));
    assert!(kept.iter().all(|n| old.contains(n)), "{kept:?} of {old:?}");
    let holding = |pods: &Value| {
        let all = pods["items"].as_array().unwrap().iter();
        all.filter(|p| {
            p["metadata"]["labels"]["katib.kubeflow.org/experiment"] == "sweep-bert"
                && text(p, "/status/phase") == "Running"
        })
        .count()
    };
    let path = "/api/v1/namespaces/ml-nlp/pods";
    stage.until(path, 5, |pods| holding(pods) == 6).await;
}
