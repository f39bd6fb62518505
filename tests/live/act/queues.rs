//! The actions on workloads, quotas and notebooks, with Kueue and Kubeflow played and the quota controller real: what the
//! preview says, that what then happened is what it said, and what the lists say of it.

use serde_json::{Value, json};

use super::{LONG, NS, Person, kubectl, name, object};
use crate::support::wait_for;

#[path = "queues/quotas.rs"]
mod quotas;

const WORKLOADS: &str = "workloads.kueue.x-k8s.io";
const NOTEBOOKS: &str = "notebooks.kubeflow.org";

/// Objects of one test, deleted with it.
struct Made(Vec<(&'static str, String)>);

impl Drop for Made {
    fn drop(&mut self) {
        for (kind, name) in self.0.drain(..).rev() {
            let _ = kubectl(
                &[
                    "-n",
                    NS,
                    "delete",
                    kind,
                    &name,
                    "--wait=false",
                    "--ignore-not-found",
                ],
                "",
            );
        }
    }
}

impl Made {
    fn make(&mut self, kind: &'static str, object: &Value) {
        kubectl(&["create", "-f", "-"], &object.to_string()).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        self.0.push((kind, name.to_owned()));
    }

    /// A queue of its own with so many GPUs; `stop` is its local queue's policy.
    fn queue(&mut self, word: &str, gpus: u32, stop: &str) -> String {
        let queue = name(word);
        self.make("clusterqueues.kueue.x-k8s.io", &json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue",
            "metadata": {"name": queue}, "spec": {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["nvidia.com/gpu"],
                "flavors": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": gpus}]}]}]}}));
        self.make("localqueues.kueue.x-k8s.io", &json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue",
            "metadata": {"name": queue, "namespace": NS}, "spec": {"clusterQueue": queue, "stopPolicy": stop}}));
        queue
    }

    /// A job in a queue that asks for so many GPUs and runs on; its name.
    fn job(&mut self, queue: &str, word: &str, gpus: u32) -> String {
        let job = name(word);
        let need = json!({"cpu": "1", "nvidia.com/gpu": gpus});
        self.make("jobs.batch", &json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": job, "namespace": NS, "labels": {"kueue.x-k8s.io/queue-name": queue}},
            "spec": {"suspend": true, "backoffLimit": 0, "template": {"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "train", "image": "x",
                    "resources": {"requests": need, "limits": {"nvidia.com/gpu": gpus}}}]}}}}));
        job
    }
}

/// The workload of a job, once it is there.
fn workload(job: &str) -> String {
    wait_for(&format!("the workload of {job}"), LONG, || {
        let uid = object("jobs.batch", job)?["metadata"]["uid"]
            .as_str()?
            .to_owned();
        let label = format!("kueue.x-k8s.io/job-uid={uid}");
        let text = kubectl(
            &["-n", NS, "get", WORKLOADS, "-l", &label, "-o", "json"],
            "",
        )
        .unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        Some(list["items"][0]["metadata"]["name"].as_str()?.to_owned())
    })
}

/// A row of a list, once it is as it is to be.
#[track_caller]
fn listed(
    person: &Person,
    list: &str,
    namespace: &str,
    what: &str,
    is: impl Fn(&Value) -> bool,
) -> Value {
    wait_for(&format!("{list}: {what}"), LONG, || {
        let done = person.midwatch(&["get", list, "-n", namespace, "-o", "json"]);
        let all: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
        let items = all["items"].as_array().unwrap().iter();
        items.filter(|row| is(row)).map(Value::clone).next()
    })
}

fn traps(plan: &Value) -> String {
    let all = plan["traps"].as_array().unwrap().iter();
    all.map(|t| t["text"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn refused(person: &Person, args: &[&str]) -> String {
    let done = person.midwatch(&[&["do"][..], args, &["--yes"]].concat());
    assert_eq!(done.code, Some(5), "{done:?}");
    done.err
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_job_on_hold_gives_its_quota_to_the_one_that_waits_and_is_queued_again() {
    let person = Person::new("sre");
    let mut made = Made(Vec::new());
    let queue = made.queue("hold", 2, "None");
    let first = made.job(&queue, "hold-a", 2);
    let held = workload(&first);
    listed(&person, "workloads", NS, "let in", |w| {
        w["name"] == held.as_str() && w["state"] == "Admitted"
    });
    let second = made.job(&queue, "hold-b", 1);
    let waits = listed(&person, "workloads", NS, "waiting", |w| {
        w["job"] == second.as_str()
            && w["state"] == "Waiting"
            && w["why"].as_str().is_some_and(|t| t.contains("more gpu"))
    });
    let why = waits["why"].as_str().unwrap();
    assert_eq!(
        why,
        format!(
            "1 more gpu are needed than are free in ClusterQueue {queue}: 2 of 2 gpu are reserved"
        )
    );
    assert_eq!(waits["heldBy"][0], format!("2 gpu by Job {first} ({NS})"));
    assert!(waits["place"].is_null());
    // what waits has no pod; it is told of all the same
    let row = listed(&person, "waiting", NS, "the job", |w| {
        w["holder"] == second.as_str()
    });
    assert_eq!(
        (&row["lacks"], &row["why"]),
        (&json!("queue"), &waits["why"])
    );

    let plan = person.preview("workload.hold", &held, &[]);
    assert_eq!(plan["risk"], "loses-work");
    assert!(traps(&plan).contains("its pod is deleted"), "{plan}");
    let outcome = person.act("workload.hold", &held, &[]);
    assert_eq!(outcome["undo"]["action"], "workload.release");
    wait_for("its suspension", LONG, || {
        let job = object("jobs.batch", &first)?;
        (job["spec"]["suspend"] == true).then_some(())
    });
    listed(&person, "workloads", NS, "the other let in", |w| {
        w["job"] == second.as_str() && w["state"] == "Admitted"
    });
    let text = refused(&person, &["workload.hold", &held, "-n", NS]);
    assert!(text.contains("on hold already"), "{text}");

    person.act("workload.release", &held, &[]);
    let again = listed(&person, "workloads", NS, "waiting again", |w| {
        w["name"] == held.as_str() && w["why"].as_str().is_some_and(|t| t.contains("1 more gpu"))
    });
    assert_eq!(again["state"], "Evicted");
    assert_eq!(again["evictions"], 1);
    let text = refused(&person, &["workload.release", &held, "-n", NS]);
    assert!(text.contains("not on hold"), "{text}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_job_of_a_stopped_queue_waits_for_that_and_a_release_says_so() {
    let person = Person::new("sre");
    let mut made = Made(Vec::new());
    let queue = made.queue("shut", 2, "Hold");
    let job = made.job(&queue, "shut-a", 1);
    let own = workload(&job);
    let row = listed(&person, "workloads", NS, "waiting", |w| {
        w["name"] == own.as_str() && w["state"] == "Waiting"
    });
    let why = row["why"].as_str().unwrap();
    assert!(why.contains("is stopped (Hold)"), "{row}");
    let plan = person.preview("workload.hold", &own, &[]);
    assert_eq!(plan["risk"], "reversible");
    person.act("workload.hold", &own, &[]);
    let plan = person.preview("workload.release", &own, &[]);
    assert!(traps(&plan).contains("is stopped (Hold)"), "{plan}");
    let queues = listed(&person, "queues", NS, "held", |q| {
        q["name"] == queue.as_str()
    });
    assert_eq!(
        (&queues["state"], &queues["stopPolicy"]),
        (&json!("Held"), &json!("Hold"))
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn whom_a_workload_made_room_for_is_named() {
    let person = Person::new("sre");
    let row = listed(&person, "workloads", "recsys", "put out", |w| {
        w["job"] == "recsys-nightly"
    });
    assert_eq!(
        (&row["state"], &row["preemptedBy"]),
        (&json!("Evicted"), &json!("recsys-urgent"))
    );
    assert!(
        row["why"]
            .as_str()
            .unwrap()
            .contains("it made room for Job recsys-urgent (recsys)"),
        "{row}"
    );
    let big = listed(&person, "workloads", NS, "too big", |w| {
        w["job"] == "fraud-too-big"
    });
    assert!(
        big["why"]
            .as_str()
            .unwrap()
            .contains("it asks for 64 gpu, more than ClusterQueue fraud can ever have"),
        "{big}"
    );
    let nowhere = listed(&person, "workloads", "recsys", "astray", |w| {
        w["job"] == "recsys-nowhere"
    });
    assert_eq!(
        nowhere["why"],
        "Kueue says: LocalQueue research doesn't exist"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_notebook_stops_gives_its_slice_back_and_starts_again() {
    let person = Person::new("sre");
    let mut made = Made(Vec::new());
    let own = name("notebook");
    made.make(NOTEBOOKS, &json!({"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": {"name": own, "namespace": NS},
        "spec": {"template": {"spec": {"containers": [{"name": own, "image": "x",
            "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}}]}}}}));
    wait_for("its pod", LONG, || {
        (object(NOTEBOOKS, &own)?["status"]["readyReplicas"] == 1).then_some(())
    });
    let plan = person.preview("notebook.stop", &own, &[]);
    assert_eq!(plan["risk"], "loses-work");
    assert!(
        traps(&plan).contains("variables, and cells that run, are lost"),
        "{plan}"
    );
    person.act("notebook.stop", &own, &[]);
    let label = format!("notebook-name={own}");
    wait_for("its pod to go", LONG, || {
        let text = kubectl(&["-n", NS, "get", "pods", "-l", &label, "-o", "json"], "").unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        list["items"].as_array().unwrap().is_empty().then_some(())
    });
    let row = listed(&person, "notebooks", NS, "stopped", |n| {
        n["name"] == own.as_str()
    });
    assert_eq!(row["state"], "Stopped");
    person.act("notebook.start", &own, &[]);
    wait_for("its pod again", LONG, || {
        (object(NOTEBOOKS, &own)?["status"]["readyReplicas"] == 1).then_some(())
    });
}
