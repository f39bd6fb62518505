//! How what accelerators are shared by behaves: queues and their workloads, jobs that are suspended, disruption budgets,
//! the labels of the MIG manager. Needs controllers: the embedded platform with its simulation, a real cluster with real
//! ones or their players.

use serde_json::{Value, json};

use super::{MERGE, Place, Server, until};

const KUEUE: &str = "/apis/kueue.x-k8s.io/v1beta2";
const GPU: &str = "nvidia.com/gpu";
const QUEUE: &str = "kueue.x-k8s.io/queue-name";

/// What a condition of an object says: its status and message.
fn says(object: &Value, kind: &str) -> (String, String) {
    let all = object["status"]["conditions"].as_array();
    let found = all.into_iter().flatten().find(|c| c["type"] == kind);
    let text = |key: &str| found.and_then(|c| c[key].as_str()).unwrap_or_default();
    (text("status").to_owned(), text("message").to_owned())
}

fn is(object: &Value, kind: &str) -> bool {
    says(object, kind).0 == "True"
}

pub async fn kinds_of_training_are_served(s: &Server) {
    for (group, version, kinds) in [
        (
            "kubeflow.org",
            "v1",
            &["pytorchjobs", "notebooks", "profiles"][..],
        ),
        ("jobset.x-k8s.io", "v1alpha2", &["jobsets"]),
        ("trainer.kubeflow.org", "v1alpha1", &["trainjobs"]),
        ("ray.io", "v1", &["rayjobs", "rayclusters"]),
        ("batch", "v1", &["jobs"]),
        (
            "kueue.x-k8s.io",
            "v1beta2",
            &["clusterqueues", "localqueues", "workloads"],
        ),
        ("policy", "v1", &["poddisruptionbudgets"]),
    ] {
        let answer = s.get(&format!("/apis/{group}/{version}")).await.ok();
        for kind in kinds {
            let all = answer.body["resources"].as_array().unwrap();
            let found = all.iter().find(|r| r["name"] == *kind);
            let found = found.unwrap_or_else(|| panic!("{group} has no {kind}"));
            let own = !["profiles", "clusterqueues"].contains(kind);
            assert_eq!(found["namespaced"], own, "{kind}");
            // all but policies and quotas tell how they are
            let status = format!("{kind}/status");
            assert!(all.iter().any(|r| r["name"] == *status), "{status}");
        }
    }
}

/// A queue of one GPU for a namespace, named after it.
async fn queue(place: &Place<'_>) -> String {
    let name = place.name.clone();
    let flavor = json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": name}, "spec": {}});
    // the embedded platform keeps none: what a queue names is enough there
    place
        .server
        .post(&format!("{KUEUE}/resourceflavors"), &flavor)
        .await;
    let groups = json!([{"coveredResources": [GPU], "flavors": [
        {"name": name, "resources": [{"name": GPU, "nominalQuota": "1"}]}]}]);
    let queue = json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": name},
        "spec": {"queueingStrategy": "BestEffortFIFO", "namespaceSelector": {}, "resourceGroups": groups}});
    let path = format!("{KUEUE}/clusterqueues");
    place.server.post(&path, &queue).await.ok();
    let local = json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue", "metadata": {"name": "team"},
        "spec": {"clusterQueue": name}});
    let path = format!("{KUEUE}/namespaces/{name}/localqueues");
    place.server.post(&path, &local).await.ok();
    format!("{KUEUE}/clusterqueues/{name}")
}

/// A job of the queue that asks for so many GPUs.
async fn job(place: &Place<'_>, name: &str, gpus: u32) -> String {
    let container = json!({"name": "main", "image": "x", "resources": {"limits": {GPU: gpus.to_string()}, "requests": {GPU: gpus.to_string()}}});
    let template = json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "8760h"}},
        "spec": {"restartPolicy": "Never", "containers": [container]}});
    let body = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": {QUEUE: "team"}},
        "spec": {"suspend": true, "parallelism": 1, "completions": 1, "backoffLimit": 0, "template": template}});
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", place.name);
    place.server.post(&path, &body).await.ok();
    format!("{path}/{name}")
}

/// The workload of a job, once it is as wanted.
async fn workload(place: &Place<'_>, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let path = format!("{KUEUE}/namespaces/{}/workloads", place.name);
    let mut seen = Value::Null;
    until("the workload of the job", async || {
        let all = place.server.get(&path).await.ok().body;
        let owns = |w: &&Value| {
            let owner = &w["metadata"]["ownerReferences"][0];
            owner["kind"] == "Job" && owner["name"] == job && owner["controller"] == true
        };
        let items = all["items"].as_array().unwrap().iter();
        seen = items.clone().find(owns).cloned().unwrap_or_default();
        wanted(&seen)
    })
    .await;
    seen
}

pub async fn a_job_of_a_queue_waits_for_quota_and_goes_when_there_is_some(s: &Server) {
    let place = s.place("queue").await;
    let queue = queue(&place).await;
    let path = job(&place, "two", 2).await;
    let waits = |w: &Value| says(w, "QuotaReserved").0 == "False";
    let seen = workload(&place, "two", waits).await;
    let (_, message) = says(&seen, "QuotaReserved");
    assert!(
        message.contains("insufficient quota for nvidia.com/gpu")
            && message.contains("maximum capacity (1)"),
        "{message}"
    );
    assert_eq!(s.get(&path).await.ok().body["spec"]["suspend"], true);
    // who lets it go past its queue is corrected
    let go = json!({"spec": {"suspend": false}});
    s.patch(&path, MERGE, &go).await.ok();
    until("the job is suspended again", async || {
        s.get(&path).await.ok().body["spec"]["suspend"] == true
    })
    .await;
    let groups = json!([{"op": "replace", "path": "/spec/resourceGroups/0/flavors/0/resources/0/nominalQuota", "value": "2"}]);
    s.patch(&queue, super::JSON_PATCH, &groups).await.ok();
    let seen = workload(&place, "two", |w| is(w, "Admitted")).await;
    assert_eq!(seen["status"]["admission"]["clusterQueue"], place.name);
    until("the job is let go", async || {
        s.get(&path).await.ok().body["spec"]["suspend"] == false
    })
    .await;
    hold(s, &place, &path, &seen).await;
    s.delete(&queue, None).await.ok();
    place.leave().await;
}

/// Holding a workload suspends its job, and a release queues it again.
async fn hold(s: &Server, place: &Place<'_>, job: &str, workload_seen: &Value) {
    let name = workload_seen["metadata"]["name"].as_str().unwrap();
    let path = format!("{KUEUE}/namespaces/{}/workloads/{name}", place.name);
    let active = |active: bool| json!({"spec": {"active": active}});
    s.patch(&path, MERGE, &active(false)).await.ok();
    let held = |w: &Value| is(w, "Evicted") && says(w, "QuotaReserved").0 == "False";
    workload(place, "two", held).await;
    until("the job is suspended", async || {
        s.get(job).await.ok().body["spec"]["suspend"] == true
    })
    .await;
    s.patch(&path, MERGE, &active(true)).await.ok();
    workload(place, "two", |w| is(w, "Admitted")).await;
}

pub async fn a_budget_keeps_the_pod_that_it_needs(s: &Server) {
    let place = s.place("budget").await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "labels": {"app": "one"},
            "annotations": {"rig.midwatch.dev/run-time": "8760h"}},
        "spec": {"containers": [{"name": "main", "image": "x"}]}});
    s.post(&place.core("pods"), &pod).await.ok();
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "one"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "one"}}}});
    let budgets = format!(
        "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
        place.name
    );
    s.post(&budgets, &budget).await.ok();
    let path = format!("{budgets}/one");
    until("the budget counts the pod", async || {
        let now = s.get(&path).await.ok().body["status"].clone();
        now["currentHealthy"] == 1 && now["disruptionsAllowed"] == 0
    })
    .await;
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "one", "namespace": place.name}});
    let evict = place.core("pods/one/eviction");
    let refused = s.post(&evict, &eviction).await;
    assert_eq!(refused.verdict(), "429 TooManyRequests");
    assert_eq!(
        refused.message(),
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    s.patch(&path, MERGE, &json!({"spec": {"minAvailable": 0}}))
        .await
        .ok();
    until("the budget lets it go", async || {
        s.post(&evict, &eviction).await.code == 201
    })
    .await;
    until("the pod is gone", async || {
        s.get(&place.core("pods/one")).await.code == 404
    })
    .await;
    place.leave().await;
}

/// A node of two boards that are whole.
async fn machine(s: &Server) -> String {
    let name = format!("cut-{}", std::process::id());
    let labels = json!({"nvidia.com/mig.capable": "true", "nvidia.com/mig.strategy": "mixed", "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.count": "2", "nvidia.com/gpu.memory": "81920",
        "nvidia.com/mig.config": "all-disabled"});
    let played =
        json!({"rig.midwatch.dev/gpus": "2", "rig.midwatch.dev/board": "NVIDIA-A100-SXM4-80GB"});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels, "annotations": played},
        "spec": {"unschedulable": true}});
    s.post("/api/v1/nodes", &node).await.ok();
    let path = format!("/api/v1/nodes/{name}");
    let amounts = json!({"cpu": "64", "memory": "512Gi", "pods": "110", GPU: "2"});
    let status = json!({"status": {"capacity": amounts, "allocatable": amounts}});
    s.patch(&format!("{path}/status"), MERGE, &status)
        .await
        .ok();
    path
}

pub async fn a_layout_goes_by_its_labels_from_pending_to_its_end(s: &Server) {
    let path = machine(s).await;
    let ask = |layout: &str| json!({"metadata": {"labels": {"nvidia.com/mig.config": layout, "nvidia.com/mig.config.state": null}}});
    for (layout, end) in [("all-1g.10gb", "success"), ("all-9g.nothing", "failed")] {
        s.patch(&path, MERGE, &ask(layout)).await.ok();
        let mut tries = 0;
        until(&format!("{layout} is {end}"), async || {
            let node = s.get(&path).await.ok().body;
            let state = &node["metadata"]["labels"]["nvidia.com/mig.config.state"];
            tries += 1;
            // a manager that did not see the node before looks only when the label changes
            if state.is_null() && tries % 60 == 0 {
                s.patch(&path, MERGE, &ask("all-disabled")).await.ok();
                s.patch(&path, MERGE, &ask(layout)).await.ok();
            }
            state == end
        })
        .await;
    }
    s.delete(&path, None).await.ok();
}
