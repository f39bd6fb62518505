//! The actions on nodes, against the real API server with its real disruption controller: what the preview says, what a
//! budget holds back, what is left when a drain is stopped, and a relayout that is set back.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::{Value, json};

use super::guards::{noted, writes};
use super::{LONG, NS, Person, kubectl, name};
use crate::accelerators::{Machine, node};
use crate::support::wait_for;

/// A Deployment of pods on machines of one test, with a budget; they go with it.
pub(super) struct Web(String);

impl Web {
    /// So many pods, all on the machines with this label, once they are ready.
    pub(super) fn start(word: &str, pods: u32, budget: &Value) -> Self {
        let name = name(word);
        let meta = json!({"name": name, "namespace": NS});
        let mut spec = budget.clone();
        spec["selector"] = json!({"matchLabels": {"app": name}});
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {
            "replicas": pods, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}, "annotations": {"rig.midwatch.dev/run-time": "2h",
                    "rig.midwatch.dev/pull-time": "4s"}},
                "spec": {"nodeSelector": {"try-pool": word}, "tolerations": [{"operator": "Exists"}],
                    "terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "x"}]}}}});
        let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta, "spec": spec});
        let both = json!({"apiVersion": "v1", "kind": "List", "items": [deployment, budget]});
        kubectl(&["create", "-f", "-"], &both.to_string()).unwrap();
        let web = Self(name);
        wait_for("the budget counts the pods", LONG, || {
            let now = web.budget();
            (now["currentHealthy"] == pods && now["expectedPods"] == pods).then_some(())
        });
        web
    }

    fn budget(&self) -> Value {
        let text = kubectl(&["-n", NS, "get", "pdb", &self.0, "-o", "json"], "").unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["status"].clone()
    }

    /// Its pods that are not going: name and node.
    pub(super) fn pods(&self) -> Vec<(String, String)> {
        let label = format!("app={}", self.0);
        let text = kubectl(&["-n", NS, "get", "pods", "-l", &label, "-o", "json"], "").unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        let items = list["items"].as_array().unwrap().iter();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        items
            .filter(|p| p["metadata"]["deletionTimestamp"].is_null())
            .map(|p| (text(&p["metadata"]["name"]), text(&p["spec"]["nodeName"])))
            .collect()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        for kind in ["deployment", "pdb"] {
            let _ = kubectl(&["-n", NS, "delete", kind, &self.0, "--wait=false"], "");
        }
    }
}

/// A machine that the pods of a test may be on.
pub(super) fn machine(word: &str, pool: &str) -> Machine {
    let machine = Machine::new(word);
    let label = format!("try-pool={pool}");
    kubectl(&["label", "node", &machine.0, &label], "").unwrap();
    let room = json!({"pods": "110", "cpu": "8", "memory": "64Gi"});
    let ready =
        json!([{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}]);
    let status =
        json!({"status": {"capacity": room, "allocatable": room, "conditions": ready}}).to_string();
    let args = [
        "patch",
        "node",
        &machine.0,
        "--subresource=status",
        "--type=merge",
        "-p",
    ];
    kubectl(&[&args[..], &[status.as_str()]].concat(), "").unwrap();
    machine
}

fn traps(plan: &Value) -> String {
    let all = plan["traps"].as_array().unwrap().iter();
    let texts = all.map(|t| t["text"].as_str().unwrap().to_owned());
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_drain_moves_pods_one_at_a_time_where_a_budget_allows_one() {
    let person = Person::new("sre");
    let (from, to) = (machine("from", "one"), machine("to", "one"));
    // all pods begin on one of the two
    person.act("node.cordon", &to.0, &[]);
    assert_eq!(node(&to.0)["spec"]["unschedulable"], true);
    let web = Web::start("one", 3, &json!({"maxUnavailable": 1}));
    assert!(web.pods().iter().all(|(_, node)| *node == from.0));
    person.act("node.uncordon", &to.0, &[]);
    assert_eq!(node(&to.0)["spec"]["unschedulable"], Value::Null);

    let plan = person.preview("node.drain", &from.0, &[]);
    let said = traps(&plan);
    assert!(
        said.contains("lets 1 go at a time, and 3 pods of it are here"),
        "{said}"
    );
    assert_eq!(plan["delete"].as_array().unwrap().len(), 3, "{plan}");
    let before = web.pods();
    let outcome = person.act("node.drain", &from.0, &[]);
    assert_eq!(
        outcome["answers"].as_array().unwrap().len(),
        4 + refused_for_now(&outcome)
    );
    let after = web.pods();
    assert!(
        after
            .iter()
            .all(|(name, _)| before.iter().all(|(n, _)| n != name)),
        "{after:?}"
    );
    assert!(after.iter().all(|(_, node)| *node == to.0), "{after:?}");
    assert_eq!(node(&from.0)["spec"]["unschedulable"], true);

    // it had to wait, and nothing was deleted past the budget
    noted("sre", &before[0].0);
    let sent: Vec<Value> = before
        .iter()
        .flat_map(|(name, _)| writes("sre", name))
        .collect();
    let uri = |line: &Value| line["requestURI"].as_str().unwrap().to_owned();
    assert!(
        sent.iter().all(|line| uri(line).contains("/eviction")),
        "{sent:?}"
    );
    let codes: Vec<u64> = sent
        .iter()
        .map(|l| {
            l["responseStatus"]["code"]
                .as_u64()
                .or(l["code"].as_u64())
                .unwrap()
        })
        .collect();
    assert!(codes.contains(&429), "{codes:?}");
    assert_eq!(codes.iter().filter(|c| **c == 201).count(), 3, "{codes:?}");
}

/// How many answers said not now.
fn refused_for_now(outcome: &Value) -> usize {
    let answers = outcome["answers"].as_array().unwrap().iter();
    answers.filter(|a| a["status"] == 429).count()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_drain_that_is_stopped_says_what_is_left_and_who_keeps_it() {
    let person = Person::new("sre");
    let from = machine("stop", "stop");
    let web = Web::start("stop", 2, &json!({"maxUnavailable": 0}));
    let said = traps(&person.preview("node.drain", &from.0, &[]));
    assert!(said.contains("never lets one of its pods go"), "{said}");
    let args = [
        "do",
        "node.drain",
        &from.0,
        "--yes",
        "--confirm",
        &from.0,
        "-o",
        "json",
    ];
    let mut child = person
        .command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = told.find(|line| line.as_ref().unwrap().contains("waiting: 2 may not go yet"));
    let waits = waits.unwrap().unwrap();
    assert!(
        waits.contains("violate the pod's disruption budget"),
        "{waits}"
    );
    let pid = i32::try_from(child.id()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    told.for_each(drop);
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7), "{out}");
    let outcome: Value = serde_json::from_str(&out).unwrap();
    let what = outcome["what"].as_str().unwrap();
    assert!(
        what.contains("stopped by the operator; 2 pods are left"),
        "{what}"
    );
    assert_eq!(web.pods().len(), 2);
    assert_eq!(
        node(&from.0)["spec"]["unschedulable"],
        true,
        "it stays cordoned"
    );
    person.act("node.uncordon", &from.0, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn pods_of_nobody_and_local_data_need_a_word_and_who_may_not_evict_is_told() {
    let from = machine("bare", "bare");
    let name = name("bare");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NS,
        "annotations": {"rig.midwatch.dev/run-time": "2h"}}, "spec": {"nodeName": from.0,
        "tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 1,
        "volumes": [{"name": "scratch", "emptyDir": {}}], "containers": [{"name": "main", "image": "x"}]}});
    kubectl(&["create", "-f", "-"], &pod.to_string()).unwrap();
    let person = Person::new("sre");
    let done = person.midwatch(&["do", "node.drain", &from.0, "--yes", "--confirm", &from.0]);
    assert_eq!(done.code, Some(5), "{done:?}");
    assert!(done.err.contains("--param force=true"), "{done:?}");
    let viewer = Person::new("viewer").midwatch(&["do", "node.drain", &from.0, "--yes"]);
    assert_eq!(viewer.code, Some(5), "{viewer:?}");
    assert!(super::object("pods", &name).is_some());
    let meant = [
        "--param",
        "force=true",
        "--param",
        "delete-emptydir-data=true",
    ];
    person.act("node.drain", &from.0, &meant);
    assert!(super::object("pods", &name).is_none());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_relayout_needs_an_empty_node_and_is_set_back_when_it_fails() {
    let person = Person::new("sre");
    let machine = machine("cut", "cut");
    let holder = name("holder");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": holder, "namespace": NS,
        "annotations": {"rig.midwatch.dev/run-time": "2h"}}, "spec": {"nodeName": machine.0,
        "tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "main", "image": "x", "resources": {"limits": {"nvidia.com/gpu": 1}}}]}});
    kubectl(&["create", "-f", "-"], &pod.to_string()).unwrap();
    let layout = ["--param", "layout=all-balanced"];
    let args = [
        "do",
        "node.mig-layout",
        &machine.0,
        "--yes",
        "--confirm",
        &machine.0,
    ];
    let held = person.midwatch(&[&args[..], &layout].concat());
    assert_eq!(held.code, Some(5), "{held:?}");
    assert!(
        held.err.contains(&holder) && held.err.contains("node.drain first"),
        "{held:?}"
    );
    assert_eq!(
        node(&machine.0)["metadata"]["labels"]["nvidia.com/mig.config"],
        "all-disabled"
    );

    person.act("node.drain", &machine.0, &["--param", "force=true"]);
    let plan = person.preview("node.mig-layout", &machine.0, &layout);
    assert_eq!(plan["traps"], json!([]), "{plan}");
    person.act("node.mig-layout", &machine.0, &layout);
    let labels = node(&machine.0)["metadata"]["labels"].clone();
    assert_eq!(labels["nvidia.com/mig.config.state"], "success");
    machine.offers_in_time("mig-3g.40gb", "8");

    machine.annotate("rig.midwatch.dev/mig-fate=failed");
    let failed = person.midwatch(&[&args[..], &["--param", "layout=all-1g.10gb"]].concat());
    assert_eq!(failed.code, Some(7), "{failed:?}");
    assert!(
        failed.err.contains("It was set back") || failed.out.contains("It was set back"),
        "{failed:?}"
    );
    let labels = node(&machine.0)["metadata"]["labels"].clone();
    assert_eq!(labels["nvidia.com/mig.config"], "all-balanced", "{labels}");
    machine.offers_in_time("mig-3g.40gb", "8");
    machine.annotate("rig.midwatch.dev/mig-fate-");

    let none = person.midwatch(&[&args[..], &["--param", "layout=no-such"]].concat());
    assert_eq!(none.code, Some(5), "{none:?}");
    assert!(none.err.contains("all-balanced"), "{none:?}");
}
