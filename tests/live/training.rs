//! Training jobs, queues, Ray and teams, as the real controllers and the played ones of the rig work them: the ground
//! that the actions on them stand on.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl, object};
use crate::support::wait_for;

/// An object of one test; it goes with it.
pub struct Given {
    kind: &'static str,
    pub name: String,
}

impl Given {
    /// Makes it in the namespace of the tests, under a name that no other has.
    pub fn new(kind: &'static str, word: &str, api: &str, mut object: Value) -> Self {
        let name = format!("try-{word}-{}", std::process::id());
        let (of, _) = kind.split_once('.').unwrap_or((kind, ""));
        object["apiVersion"] = api.into();
        object["kind"] = singular(of).into();
        object["metadata"]["name"] = name.as_str().into();
        object["metadata"]["namespace"] = NS.into();
        kubectl(&["create", "-f", "-"], &object.to_string()).unwrap();
        Self { kind, name }
    }

    pub fn now(&self) -> Value {
        object(self.kind, &self.name).unwrap_or_default()
    }

    /// As the server has it, once `is` holds.
    pub fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("{}: {what}", self.name), LONG, || {
            Some(self.now()).filter(|now| is(now))
        })
    }

    /// A merge patch, or why it is refused.
    pub fn patch(&self, body: &Value) -> Result<String, String> {
        patch(self.kind, &self.name, body)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let args = [
            "-n",
            NS,
            "delete",
            self.kind,
            &self.name,
            "--wait=false",
            "--ignore-not-found",
        ];
        if let Err(why) = kubectl(&args, "") {
            println!("{}: {why}", self.name);
        }
    }
}

pub fn patch(kind: &str, name: &str, body: &Value) -> Result<String, String> {
    let body = body.to_string();
    let args = ["-n", NS, "patch", kind, name, "--type=merge", "-p", &body];
    kubectl(&args, "")
}

fn singular(plural: &str) -> &'static str {
    match plural {
        "experiments" => "Experiment",
        "rayjobs" => "RayJob",
        "jobs" => "Job",
        "pods" => "Pod",
        "pytorchjobs" => "PyTorchJob",
        "jobsets" => "JobSet",
        "localqueues" => "LocalQueue",
        other => panic!("{other}"),
    }
}

/// The objects of a kind with a label.
pub fn list(kind: &str, label: &str) -> Vec<Value> {
    let text = kubectl(&["-n", NS, "get", kind, "-l", label, "-o", "json"], "").unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all["items"].as_array().unwrap().clone()
}

/// A condition of an object; null when it has none of that type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let all = object["status"]["conditions"].as_array();
    all.into_iter()
        .flatten()
        .find(|c| c["type"] == kind)
        .unwrap_or(&Value::Null)
}

pub fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind)["status"] == "True"
}

#[test]
#[ignore = "needs tests/rig/live"]
fn of_a_failed_job_the_rank_that_failed_first_can_be_told() {
    let text = kubectl(
        &[
            "-n",
            "recsys",
            "get",
            "pods",
            "-l",
            "training.kubeflow.org/job-name=two-tower",
            "-o",
            "json",
        ],
        "",
    )
    .unwrap();
    let pods: Value = serde_json::from_str(&text).unwrap();
    let mut ends: Vec<(String, String)> = Vec::new();
    for pod in pods["items"].as_array().unwrap() {
        let end = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
        if let Some(at) = end["finishedAt"].as_str() {
            let name = pod["metadata"]["name"].as_str().unwrap();
            ends.push((at.to_owned(), format!("{name} {}", end["reason"])));
        }
    }
    ends.sort();
    let order: Vec<&str> = ends.iter().map(|(_, who)| who.as_str()).collect();
    assert_eq!(
        order,
        [
            "two-tower-worker-2 \"OOMKilled\"",
            "two-tower-worker-1 \"Error\""
        ]
    );
}

/// A job of one test in a queue, which asks for so many GPUs and runs on.
fn queued(queue: &str, word: &str, gpus: u32) -> Given {
    let need = json!({"cpu": "1", "nvidia.com/gpu": gpus});
    Given::new(
        "jobs.batch",
        word,
        "batch/v1",
        json!({"metadata": {"labels": {"kueue.x-k8s.io/queue-name": queue}}, "spec": {"suspend": true, "backoffLimit": 0,
            "template": {"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}}, "spec": {"restartPolicy": "Never",
                "containers": [{"name": "train", "image": "x",
                    "resources": {"requests": need, "limits": {"nvidia.com/gpu": gpus}}}]}}}}),
    )
}

fn workload(job: &Given) -> Value {
    let uid = job.now()["metadata"]["uid"].as_str().unwrap().to_owned();
    let label = format!("kueue.x-k8s.io/job-uid={uid}");
    wait_for("its workload", LONG, || {
        list("workloads.kueue.x-k8s.io", &label).pop()
    })
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_job_of_a_queue_runs_only_while_its_workload_is_admitted() {
    let cluster = format!("try-{}", std::process::id());
    let quota = json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": cluster},
        "spec": {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["nvidia.com/gpu"],
            "flavors": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 2}]}]}]}});
    kubectl(&["create", "-f", "-"], &quota.to_string()).unwrap();
    let queue = Given::new(
        "localqueues.kueue.x-k8s.io",
        "queue",
        "kueue.x-k8s.io/v1beta2",
        json!({"spec": {"clusterQueue": cluster}}),
    );
    let first = queued(&queue.name, "first", 2);
    first.until("a pod", |job| job["status"]["active"] == 1);
    let second = queued(&queue.name, "second", 1);
    let why = |job: &Given| {
        let waits = condition(&workload(job), "QuotaReserved").clone();
        (waits["status"] == "False").then(|| waits["message"].as_str().unwrap().to_owned())
    };
    let said = wait_for("a reason", LONG, || why(&second));
    assert!(
        said.contains("insufficient unused quota for nvidia.com/gpu in flavor a100, 1 more needed"),
        "{said}"
    );

    // let go by hand, it is held again
    second.patch(&json!({"spec": {"suspend": false}})).unwrap();
    second.until("being suspended again", |job| {
        job["spec"]["suspend"] == true && job["metadata"]["generation"] == 3
    });

    // the first is put on hold: it stops, and makes room
    let name = workload(&first)["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let kind = "workloads.kueue.x-k8s.io";
    patch(kind, &name, &json!({"spec": {"active": false}})).unwrap();
    first.until("being stopped", |job| {
        job["spec"]["suspend"] == true && job["status"]["active"].as_u64().unwrap_or(0) == 0
    });
    assert_eq!(
        condition(&workload(&first), "Evicted")["reason"],
        "Deactivated"
    );
    second.until("a pod", |job| job["status"]["active"] == 1);

    // and let go again, it waits for the second
    patch(kind, &name, &json!({"spec": {"active": true}})).unwrap();
    wait_for("a reason", LONG, || {
        why(&first).filter(|said| said.contains("1 more needed"))
    });
    drop((first, second));
    kubectl(
        &[
            "delete",
            "clusterqueues.kueue.x-k8s.io",
            &cluster,
            "--wait=false",
        ],
        "",
    )
    .unwrap();
}

/// A `RayJob` that runs on.
fn ray_job(word: &str, shut_down: bool) -> Given {
    let pod = json!({"spec": {"containers": [{"name": "ray", "image": "x"}]}});
    let job = Given::new(
        "rayjobs.ray.io",
        word,
        "ray.io/v1",
        json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}},
            "spec": {"entrypoint": "true", "shutdownAfterJobFinishes": shut_down, "rayClusterSpec": {"headGroupSpec": {"template": pod},
                "workerGroupSpecs": [{"groupName": "w", "replicas": 1, "template": pod}]}}}),
    );
    job.until("running", |job| {
        job["status"]["jobDeploymentStatus"] == "Running" && job["status"]["jobStatus"] == "RUNNING"
    });
    job
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_ray_job_whose_cluster_outlives_it_is_broken_by_suspending_it() {
    let suspend = |job: &Given, value: bool| {
        job.patch(&json!({"spec": {"suspend": value}})).unwrap();
    };
    let at = |job: &Value, state: &str| job["status"]["jobDeploymentStatus"] == state;
    let good = ray_job("ray-good", true);
    let cluster = |job: &Value| job["status"]["rayClusterName"].clone();
    let before = cluster(&good.now());
    suspend(&good, true);
    good.until("suspended", |job| at(job, "Suspended"));
    suspend(&good, false);
    let again = good.until("running", |job| at(job, "Running"));
    assert_ne!(cluster(&again), before, "it starts from the beginning");

    let bad = ray_job("ray-bad", false);
    suspend(&bad, true);
    let broken = bad.until("refused", |job| at(job, "ValidationFailed"));
    assert_eq!(broken["status"]["reason"], "ValidationFailed");
    suspend(&bad, false);
    // nothing leads out of that state: the other job, patched later, is seen to be worked meanwhile
    suspend(&good, true);
    good.until("suspended", |job| at(job, "Suspended"));
    assert!(at(&bad.now(), "ValidationFailed"));
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_quota_that_a_profile_keeps_goes_back_and_the_profile_is_what_counts() {
    const TEAM: &str = "team-vision";
    let hard = || {
        let args = [
            "-n",
            TEAM,
            "get",
            "resourcequota",
            "kf-resource-quota",
            "-o",
            "json",
        ];
        let quota: Value = serde_json::from_str(&kubectl(&args, "").unwrap()).unwrap();
        quota["spec"]["hard"]["requests.nvidia.com/gpu"].clone()
    };
    let edit = |kind: &str, name: &str, body: &Value| {
        let body = body.to_string();
        let args = ["-n", TEAM, "patch", kind, name, "--type=merge", "-p", &body];
        kubectl(&args, "").unwrap();
    };
    let gpus = |n: &str| json!({"hard": {"requests.nvidia.com/gpu": n}});
    edit(
        "resourcequota",
        "kf-resource-quota",
        &json!({"spec": gpus("9")}),
    );
    wait_for("the profile's number", LONG, || {
        (hard() == "4").then_some(())
    });
    for n in ["6", "4"] {
        let body = json!({"spec": {"resourceQuotaSpec": gpus(n)}});
        edit("profiles.kubeflow.org", TEAM, &body);
        wait_for("the profile's number", LONG, || (hard() == n).then_some(()));
    }
}
