//! Pictures of a drain and of a relayout: what is decided on, and what happens on the way.

use std::sync::Arc;

use midwatch::app::Model;
use midwatch::app::deed::Order;
use midwatch::domain::Clean;
use midwatch::plan::{Answered, Beside, Progress, Sight};
use midwatch::ui::Look;
use serde_json::{Value, json};

use super::scripted::{self, Hand, answered};
use super::{gpus, mono, picture, platform};

const PODS: &str = "/api/v1/pods?fieldSelector=spec.nodeName%3Dgpu-03";
const BUDGETS: &str = "/apis/policy/v1/poddisruptionbudgets";
const LAYOUTS: &str = "/api/v1/namespaces/gpu-operator/configmaps/default-mig-parted-config";

fn node(cordoned: bool) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "gpu-03", "uid": "n", "resourceVersion": "4711", "labels": {
            "nvidia.com/mig.capable": "true", "nvidia.com/mig.strategy": "mixed",
            "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.memory": "81920",
            "nvidia.com/mig.config": "custom-4-mixed", "nvidia.com/mig.config.state": "success"}},
        "spec": {"unschedulable": cordoned}, "status": {"conditions": [{"type": "Ready", "status": "True"}],
            "allocatable": {"cpu": "96", "nvidia.com/gpu": "2", "nvidia.com/mig-1g.10gb": "14", "nvidia.com/mig-3g.40gb": "8"}}})
}

fn pod(name: &str, owner: &str, labels: &Value, gpu: &str) -> Value {
    let run = labels["workflows.argoproj.io/workflow"].as_str();
    let mut pod = json!({"metadata": {"name": name, "namespace": "ml-nlp", "uid": format!("u-{name}"), "labels": labels,
        "ownerReferences": [{"kind": owner, "name": run.unwrap_or("o"), "controller": true}]},
        "spec": {"nodeName": "gpu-03", "containers": [{"name": "main"}]}, "status": {"phase": "Running"}});
    if !gpu.is_empty() {
        pod["spec"]["containers"][0]["resources"] = json!({"limits": {gpu: "1"}});
    }
    pod
}

/// What runs on the node: a trial, a step, two replicas of a service under a budget that lets one go, and a `DaemonSet`'s.
fn pods() -> Vec<Value> {
    let web = json!({"serving.kserve.io/inferenceservice": "chat"});
    vec![
        pod(
            "sweep-bert-7xk2-main",
            "Trial",
            &json!({"katib.kubeflow.org/trial": "sweep-bert-7xk2"}),
            "nvidia.com/mig-1g.10gb",
        ),
        pod(
            "finetune-llm-train",
            "Workflow",
            &json!({"workflows.argoproj.io/workflow": "finetune-llm"}),
            "nvidia.com/gpu",
        ),
        pod(
            "chat-predictor-a",
            "ReplicaSet",
            &web,
            "nvidia.com/mig-3g.40gb",
        ),
        pod(
            "chat-predictor-b",
            "ReplicaSet",
            &web,
            "nvidia.com/mig-3g.40gb",
        ),
        pod("dcgm-exporter-x", "DaemonSet", &json!({}), ""),
    ]
}

fn seen(pods: &[Value]) -> Beside {
    let budget = json!({"metadata": {"name": "chat", "namespace": "ml-nlp"},
        "spec": {"selector": {"matchLabels": {"serving.kserve.io/inferenceservice": "chat"}}},
        "status": {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}});
    let file = "mig-configs:\n  all-disabled: [{devices: all}]\n  all-1g.10gb: [{devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}]\n";
    let found = |value: Value| Sight::Found(Box::new(value));
    Beside::new([
        (PODS.to_owned(), found(json!({"items": pods}))),
        (BUDGETS.to_owned(), found(json!({"items": [budget]}))),
        (
            LAYOUTS.to_owned(),
            found(json!({"data": {"config.yaml": file}})),
        ),
    ])
}

/// On the node in the tree of GPUs, with the cluster played.
fn begin(cordoned: bool, pods: &[Value]) -> (Model, Hand) {
    let mut model = gpus::live();
    scripted::introduce(&mut model);
    let _ = picture(&mut model, (120, 36), Look::default());
    let mut hand = Hand::new();
    hand.on = Some((Arc::new(node(cordoned)), seen(pods)));
    (model, hand)
}

fn keys(model: &mut Model, hand: &mut Hand, keys: &str) {
    for key in keys.split(' ') {
        hand.press(model, key);
    }
    let _ = picture(model, (120, 36), Look::default());
}

fn both(name: &str, model: &mut Model) {
    insta::assert_snapshot!(
        format!("{name}_120x36"),
        picture(model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        format!("{name}_80x24"),
        picture(model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        format!("{name}_mono_80x24"),
        picture(model, (80, 24), mono())
    );
}

#[test]
fn a_drain_shows_whom_it_moves_what_dies_and_what_a_budget_holds_back() {
    let (mut model, mut hand) = begin(false, &pods());
    keys(&mut model, &mut hand, "a 3 Enter");
    both("node_drain_preview", &mut model);
}

#[test]
fn a_drain_under_way_tells_each_pod_and_is_stopped_with_a_key() {
    let (mut model, mut hand) = begin(false, &pods());
    keys(&mut model, &mut hand, "a 3 Enter");
    let name: Vec<String> = "gpu-03".chars().map(String::from).collect();
    keys(&mut model, &mut hand, &name.join(" "));
    keys(&mut model, &mut hand, "Enter");
    let at = platform::now();
    let not_now = Answered {
        words: Clean::new("Cannot evict pod as it would violate the pod's disruption budget."),
        ..answered(2, 429)
    };
    for progress in [
        Progress::Checked,
        Progress::Journaled("20261121T031244Z-a1b2".to_owned()),
        Progress::Sent { step: 0, at },
        Progress::Answered(answered(0, 200)),
        Progress::Sent { step: 1, at },
        Progress::Answered(answered(1, 201)),
        Progress::Sent { step: 2, at },
        Progress::Answered(not_now.clone()),
        Progress::Gone {
            name: Clean::new("ml-nlp/chat-predictor-a"),
            left: 3,
        },
        Progress::Sent { step: 2, at },
        Progress::Answered(not_now),
        Progress::Waiting {
            left: 3,
            ending: 0,
            words: Clean::new(
                "ml-nlp/chat-predictor-b: Cannot evict pod as it would violate the pod's disruption budget.",
            ),
        },
    ] {
        hand.hears(&mut model, progress);
    }
    both("node_drain_running", &mut model);
    keys(&mut model, &mut hand, "x");
    let stop = hand.orders.last().unwrap();
    assert!(
        matches!(stop, Order::Stop { id, .. } if id == "20261121T031244Z-a1b2"),
        "{stop:?}"
    );
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("no more pods are asked to go"), "{shown}");
}

#[test]
fn a_relayout_is_blocked_while_a_slice_is_held_and_says_by_whom() {
    let (mut model, mut hand) = begin(true, &pods());
    keys(&mut model, &mut hand, "a 4 a l l - 1 g . 1 0 g b Enter");
    both("node_relayout_blocked", &mut model);
}

#[test]
fn a_relayout_of_an_empty_node_shows_what_it_will_be_and_what_happens_if_it_fails() {
    let (mut model, mut hand) = begin(true, &[]);
    keys(&mut model, &mut hand, "a 4 a l l - 1 g . 1 0 g b Enter");
    both("node_relayout", &mut model);
}
