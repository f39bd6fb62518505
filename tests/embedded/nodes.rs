//! What disruption budgets and the MIG manager of the embedded platform say, through its API server.

use serde_json::{Value, json};

use super::stage::{Stage, text};
use super::suite::MERGE;

const BUDGET: &str = "/apis/policy/v1/namespaces/recsys/poddisruptionbudgets/ranker";
const PODS: &str =
    "/api/v1/namespaces/recsys/pods?labelSelector=serving.kserve.io/inferenceservice%3Dranker";

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "recsys"}})
}

#[tokio::test]
async fn a_budget_lets_pods_go_one_at_a_time() {
    let stage = Stage::open(1).await;
    let allowed = |b: &Value| b["status"]["disruptionsAllowed"].as_i64();
    stage.until(BUDGET, 2, |b| allowed(b) == Some(1)).await;
    let pods = stage.get(PODS).await;
    let runs = |p: &&Value| text(p, "/status/phase") == "Running";
    let names: Vec<String> = pods["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(runs)
        .map(|p| text(p, "/metadata/name").to_owned())
        .collect();
    let path = |name: &str| format!("/api/v1/namespaces/recsys/pods/{name}/eviction");
    let (first, second) = (&names[0], &names[1]);
    for name in [first, second] {
        let tried = format!("{}?dryRun=All", path(name));
        stage.server.post(&tried, &eviction(name)).await.ok();
    }
    stage.server.post(&path(first), &eviction(first)).await.ok();
    let not_now = stage.server.post(&path(second), &eviction(second)).await;
    assert_eq!(not_now.verdict(), "429 TooManyRequests");
    let cause = &not_now.body["details"]["causes"][0];
    assert_eq!(cause["reason"], "DisruptionBudget");
    assert!(
        text(cause, "/message").contains("The disruption budget ranker needs"),
        "{cause}"
    );
    // another pod takes the place of the first, and then the next one may go
    stage.pass(2);
    stage.until(BUDGET, 5, |b| allowed(b) == Some(1)).await;
    stage
        .server
        .post(&path(second), &eviction(second))
        .await
        .ok();
}

#[tokio::test]
async fn a_layout_changes_only_while_nobody_holds_a_gpu_of_the_node() {
    let stage = Stage::open(1).await;
    let ask = |layout: &str| json!({"metadata": {"labels": {"nvidia.com/mig.config": layout}}});
    let state = |n: &Value| text(n, "/metadata/labels/nvidia.com~1mig.config.state").to_owned();
    let offers = |n: &Value, resource: &str| {
        text(n, &format!("/status/allocatable/nvidia.com~1{resource}")).to_owned()
    };
    let held = "/api/v1/nodes/gpu-m01";
    let before = stage.get(held).await;
    stage
        .server
        .patch(held, MERGE, &ask("all-balanced"))
        .await
        .ok();
    let pending = stage.until(held, 1, |n| state(n) == "pending").await;
    assert_eq!(
        offers(&pending, "mig-1g.10gb"),
        "0",
        "the device plugin is paused"
    );
    let failed = stage.until(held, 2, |n| state(n) == "failed").await;
    assert_eq!(
        failed["status"]["allocatable"],
        before["status"]["allocatable"]
    );

    let free = stage.free_gpu_node().await;
    stage
        .server
        .patch(&free, MERGE, &ask("all-balanced"))
        .await
        .ok();
    // it says success of the layout from before until the manager begins
    let cut = stage
        .until(&free, 2, |n| {
            state(n) == "success" && offers(n, "mig-1g.10gb") == "16"
        })
        .await;
    assert_eq!(
        (
            offers(&cut, "mig-1g.10gb").as_str(),
            offers(&cut, "gpu").as_str()
        ),
        ("16", "0")
    );
    stage
        .server
        .patch(&free, MERGE, &ask("no-such-layout"))
        .await
        .ok();
    stage.until(&free, 2, |n| state(n) == "failed").await;
}

impl Stage {
    /// A cordoned node with eight GPUs of which nobody holds one.
    async fn free_gpu_node(&self) -> String {
        let pods = self.get("/api/v1/pods").await;
        let used: Vec<&str> = pods["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|p| !matches!(text(p, "/status/phase"), "Succeeded" | "Failed"))
            .map(|p| text(p, "/spec/nodeName"))
            .collect();
        let whole = (1..=6).map(|n| format!("gpu-a0{n}"));
        let free = whole
            .chain((1..=4).map(|n| format!("gpu-h0{n}")))
            .filter(|n| n != "gpu-a03")
            .find(|n| !used.contains(&n.as_str()));
        let path = format!("/api/v1/nodes/{}", free.expect("a node without pods"));
        let cordon = json!({"spec": {"unschedulable": true}});
        self.server.patch(&path, MERGE, &cordon).await.ok();
        path
    }
}
