//! The actions on training jobs, with the real controllers of the training operator, `JobSet` and Trainer, and `KubeRay`
//! and Kueue played: what the preview says, that what then happened is what it said, and each trap that refuses.

use serde_json::{Value, json};

use super::{NS, Person, kubectl};
use crate::training::{Given, condition, holds};

const PODS: &str = "training.kubeflow.org/job-name";

fn template() -> Value {
    json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "pytorch", "image": "x"}]}})
}

fn pytorch(word: &str) -> Given {
    let replica =
        |count: u32| json!({"replicas": count, "restartPolicy": "Never", "template": template()});
    let job = Given::new(
        "pytorchjobs.kubeflow.org",
        word,
        "kubeflow.org/v1",
        json!({"metadata": {}, "spec": {"runPolicy": {"cleanPodPolicy": "None"},
            "pytorchReplicaSpecs": {"Master": replica(1), "Worker": replica(2)}}}),
    );
    job.until("running", |job| holds(job, "Running"));
    job
}

fn job_set(word: &str) -> Given {
    let job = Given::new(
        "jobsets.jobset.x-k8s.io",
        word,
        "jobset.x-k8s.io/v1alpha2",
        json!({"metadata": {}, "spec": {"replicatedJobs": [{"name": "workers", "replicas": 1, "template": {"spec": {
            "parallelism": 2, "completions": 2, "backoffLimit": 0, "template": template()}}}]}}),
    );
    job.until("running", |job| {
        job["status"]["replicatedJobsStatus"][0]["active"] == 1
    });
    job
}

fn pods(label: &str, name: &str) -> usize {
    let selector = format!("{label}={name}");
    let text = kubectl(
        &["-n", NS, "get", "pods", "-l", &selector, "-o", "json"],
        "",
    )
    .unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let alive = list["items"].as_array().unwrap().iter();
    alive
        .filter(|p| p["metadata"]["deletionTimestamp"].is_null())
        .count()
}

fn traps(plan: &Value) -> String {
    let all = plan["traps"].as_array().unwrap().iter();
    all.map(|t| t["text"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Carries it out, confirmed by the name of the job, until it is seen done.
#[track_caller]
fn act(person: &Person, action: &str, target: &str) {
    let (_, name) = target.split_once('/').unwrap();
    let args = [
        "do",
        action,
        target,
        "-n",
        NS,
        "--yes",
        "--confirm",
        name,
        "-o",
        "json",
        "--wait",
        "120s",
        "--reason",
        "a test",
    ];
    let done = person.midwatch(&args);
    assert_eq!(done.code, Some(0), "{action} {target}: {done:?}");
    let outcome: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(outcome["verdict"], "done", "{outcome}");
}

/// Why it is refused.
#[track_caller]
fn refused(person: &Person, action: &str, target: &str) -> String {
    let done = person.midwatch(&["do", action, target, "-n", NS, "--yes"]);
    assert_eq!(done.code, Some(5), "{done:?}");
    done.err
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_job_of_the_training_operator_is_suspended_its_pods_go_and_it_goes_on() {
    let person = Person::new("sre");
    let job = pytorch("suspend");
    let target = format!("pytorchjobs/{}", job.name);
    let plan = person.preview("job.suspend", &target, &[]);
    assert!(traps(&plan).contains("Its pods are deleted"), "{plan}");
    assert_eq!(plan["risk"], "loses-work");
    act(&person, "job.suspend", &target);
    assert!(holds(&job.now(), "Suspended"));
    job.until("no pods", |_| pods(PODS, &job.name) == 0);
    let said = refused(&person, "job.suspend", &target);
    assert!(said.contains("suspended already"), "{said}");
    act(&person, "job.resume", &target);
    job.until("its pods", |_| pods(PODS, &job.name) == 3);
    act(&person, "job.delete", &target);
    assert!(job.now().is_null());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_job_set_is_suspended_and_goes_on() {
    let person = Person::new("sre");
    let job = job_set("set");
    let target = format!("jobsets/{}", job.name);
    act(&person, "job.suspend", &target);
    let label = "jobset.sigs.k8s.io/jobset-name";
    job.until("no pods", |_| pods(label, &job.name) == 0);
    act(&person, "job.resume", &target);
    job.until("its pods", |_| pods(label, &job.name) == 2);
    // its Jobs are parts of it: they are left to it
    let part = format!("jobs/{}-workers-0", job.name);
    let said = refused(&person, "job.suspend", &part);
    assert!(said.contains("a part of JobSet"), "{said}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_train_job_is_held_by_its_own_field_and_its_job_set_is_left_alone() {
    let person = Person::new("sre");
    let said = refused(&person, "job.suspend", "jobsets/bert-finetune");
    assert!(said.contains("a part of TrainJob bert-finetune"), "{said}");
    let plan = person.preview("job.suspend", "trainjobs/bert-finetune", &[]);
    assert_eq!(plan["steps"][0]["body"]["spec"]["suspend"], true);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn what_kueue_holds_is_not_let_go_by_hand() {
    let person = Person::new("sre");
    let job = Given::new(
        "jobs.batch",
        "queued-act",
        "batch/v1",
        json!({"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "nowhere"}},
            "spec": {"suspend": true, "template": template()}}),
    );
    job.until("suspended", |job| {
        condition(job, "Suspended")["status"] == "True"
    });
    let said = refused(&person, "job.resume", &format!("jobs/{}", job.name));
    assert!(
        said.contains("queue nowhere of Kueue") && said.contains("workload.release"),
        "{said}"
    );
    // and the Job is as it was
    assert_eq!(job.now()["spec"]["suspend"], true);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_ray_job_whose_cluster_outlives_it_is_not_suspended() {
    let person = Person::new("sre");
    let pod = json!({"spec": {"containers": [{"name": "ray", "image": "x"}]}});
    let ray = |word: &str, shuts_down: bool| {
        let job = Given::new(
            "rayjobs.ray.io",
            word,
            "ray.io/v1",
            json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}},
                "spec": {"entrypoint": "true", "shutdownAfterJobFinishes": shuts_down, "rayClusterSpec": {
                    "headGroupSpec": {"template": pod}, "workerGroupSpecs": [{"groupName": "w", "replicas": 1, "template": pod}]}}}),
        );
        job.until("running", |job| {
            job["status"]["jobDeploymentStatus"] == "Running"
        });
        job
    };
    let sticky = ray("act-sticky", false);
    let target = format!("rayjobs/{}", sticky.name);
    let seen = ["do", "job.suspend", &target, "-n", NS, "--dry-run"];
    let told = person.midwatch(&seen);
    assert_eq!(told.code, Some(5), "{told:?}");
    let why = "shutdownAfterJobFinishes is false";
    assert!(told.out.contains(why) || told.err.contains(why), "{told:?}");
    let done = person.midwatch(&["do", "job.suspend", &target, "-n", NS, "--yes"]);
    assert_ne!(done.code, Some(0), "{done:?}");
    assert_eq!(sticky.now()["status"]["jobDeploymentStatus"], "Running");
    let good = ray("act-ray", true);
    let target = format!("rayjobs/{}", good.name);
    act(&person, "job.suspend", &target);
    act(&person, "job.resume", &target);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn of_the_samples_the_rank_that_failed_first_is_told() {
    let person = Person::new("sre");
    let done = person.midwatch(&["get", "jobs", "-A", "-o", "json"]);
    let list: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let items = list["items"].as_array().unwrap();
    let job = |name: &str, kind: &str| {
        items
            .iter()
            .find(|j| j["name"] == name && j["kind"] == kind)
            .unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let tower = job("two-tower", "PyTorchJob");
    assert_eq!(tower["state"], "Failed", "{tower}");
    assert_eq!(tower["firstFailed"]["rank"], "worker 2", "{tower}");
    assert_eq!(tower["firstFailed"]["how"], "OOMKilled (exit 137)");
    // a TrainJob of Trainer 2.0 tells nothing; its JobSet does
    let bert = job("bert-finetune", "TrainJob");
    assert_eq!(bert["state"], "Running", "{bert}");
    assert_eq!(job("churn-suspended", "JobSet")["suspendedBy"], "spec");
    // what works for another job is no row of its own
    assert!(
        !items
            .iter()
            .any(|j| j["kind"] == "JobSet" && j["name"] == "bert-finetune")
    );
}
