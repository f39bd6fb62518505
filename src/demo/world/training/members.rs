//! The pods that a job of each kind is to have. Pure.

use serde_json::{Map, Value, json};

use crate::demo::catalog::text;

const OPERATOR: &str = "training.kubeflow.org";
const JOBSET: &str = "jobset.sigs.k8s.io";
const BATCH: &str = "batch.kubernetes.io";

/// A pod that a job is to have.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) labels: Map<String, Value>,
    /// What the annotation about it is called.
    pub(super) rank: String,
    pub(super) template: Value,
}

/// The pods that a job is to have.
pub(super) fn members(job: &Value) -> Vec<Member> {
    match text(job, "/kind") {
        "PyTorchJob" => replicas(job),
        "JobSet" => replicated(job),
        "RayCluster" => grouped(job),
        _ => indexed(job),
    }
}

fn replicas(job: &Value) -> Vec<Member> {
    let name = text(job, "/metadata/name");
    let roles = job["spec"]["pytorchReplicaSpecs"].as_object();
    let mut all = Vec::new();
    for (role, spec) in roles.into_iter().flatten() {
        let low = role.to_lowercase();
        for at in 0..spec["replicas"].as_u64().unwrap_or(1) {
            let labels = json!({format!("{OPERATOR}/job-name"): name, format!("{OPERATOR}/replica-type"): low,
                format!("{OPERATOR}/replica-index"): at.to_string(), format!("{OPERATOR}/operator-name"): "pytorchjob-controller"});
            let rank = format!("{low}-{at}");
            all.push(member((name, &rank), role, &labels, &spec["template"]));
        }
    }
    all
}

fn replicated(job: &Value) -> Vec<Member> {
    let name = text(job, "/metadata/name");
    let jobs = job["spec"]["replicatedJobs"].as_array();
    let mut all = Vec::new();
    for replicated in jobs.into_iter().flatten() {
        let role = text(replicated, "/name");
        let spec = &replicated["template"]["spec"];
        for at in 0..spec["parallelism"].as_u64().unwrap_or(1) {
            let labels = json!({format!("{JOBSET}/jobset-name"): name, format!("{JOBSET}/replicatedjob-name"): role,
                format!("{JOBSET}/job-index"): "0", format!("{BATCH}/job-completion-index"): at.to_string()});
            let rank = format!("{role}-0-{at}");
            all.push(member((name, &rank), role, &labels, &spec["template"]));
        }
    }
    all
}

/// The head and the workers of a Ray cluster.
fn grouped(job: &Value) -> Vec<Member> {
    let name = text(job, "/metadata/name");
    let owner = &job["metadata"]["ownerReferences"][0];
    let labels = |node: &str, group: &str| {
        let mut labels =
            json!({"ray.io/cluster": name, "ray.io/node-type": node, "ray.io/group": group});
        if !owner.is_null() {
            labels["ray.io/originated-from-cr-name"] = owner["name"].clone();
            labels["ray.io/originated-from-crd"] = owner["kind"].clone();
        }
        labels
    };
    let head = &job["spec"]["headGroupSpec"]["template"];
    let mut all = vec![member(
        (name, "head"),
        "head",
        &labels("head", "headgroup"),
        head,
    )];
    let groups = job["spec"]["workerGroupSpecs"].as_array();
    for group in groups.into_iter().flatten() {
        let role = text(group, "/groupName");
        for at in 0..group["replicas"].as_u64().unwrap_or(1) {
            let rank = format!("{role}-worker-{at}");
            let labels = labels("worker", role);
            all.push(member((name, &rank), role, &labels, &group["template"]));
        }
    }
    all
}

fn indexed(job: &Value) -> Vec<Member> {
    let name = text(job, "/metadata/name");
    let spec = &job["spec"];
    let all = (0..spec["parallelism"].as_u64().unwrap_or(1)).map(|at| {
        let labels = json!({format!("{BATCH}/job-name"): name, "job-name": name,
            format!("{BATCH}/job-completion-index"): at.to_string()});
        member((name, &at.to_string()), "pod", &labels, &spec["template"])
    });
    all.collect()
}

fn member((job, rank): (&str, &str), role: &str, labels: &Value, template: &Value) -> Member {
    Member {
        name: format!("{job}-{rank}"),
        role: role.to_owned(),
        labels: labels.as_object().cloned().unwrap_or_default(),
        rank: rank.to_owned(),
        template: template.clone(),
    }
}
