//! A drain, planned for nodes as the API server has them: each trap, and what is told of pods and budgets.

mod layouts;

use serde_json::{Value, json};

use super::action;
use crate::plan::nodes::tests::{node, planned_with};
use crate::plan::spec::Risk;
use crate::plan::{Plan, Refused, Sight};

const PODS: &str = "/api/v1/pods?fieldSelector=spec.nodeName%3Dgpu-1";
const BUDGETS: &str = "/apis/policy/v1/poddisruptionbudgets";

fn list(items: &[Value]) -> Sight {
    Sight::Found(Box::new(json!({"items": items})))
}

/// A pod that runs, owned by something of this kind; by nothing when that is empty.
fn pod(name: &str, owner: &str, labels: &Value) -> Value {
    let mut pod = json!({"metadata": {"name": name, "namespace": "ml", "uid": format!("u-{name}"), "labels": labels},
        "spec": {"nodeName": "gpu-1", "terminationGracePeriodSeconds": 30, "containers": [{"name": "main"}]},
        "status": {"phase": "Running"}});
    if !owner.is_empty() {
        pod["metadata"]["ownerReferences"] =
            json!([{"kind": owner, "name": "o", "controller": true}]);
    }
    pod
}

fn web(name: &str) -> Value {
    pod(name, "ReplicaSet", &json!({"app": "web"}))
}

fn budget(name: &str, allowed: i64, healthy: i64, wanted: i64) -> Value {
    json!({"metadata": {"name": name, "namespace": "ml"}, "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": wanted, "expectedPods": 3}})
}

fn drain(pods: &[Value], budgets: &[Value], params: &[(&str, &str)]) -> Result<Plan, Refused> {
    let seen = vec![
        (PODS.to_owned(), list(pods)),
        (BUDGETS.to_owned(), list(budgets)),
    ];
    planned_with("node.drain", &node(), params, seen)
}

fn traps(plan: &Plan) -> String {
    let told = |t: &crate::plan::Trap| {
        let head = if t.blocks { "BLOCKED " } else { "" };
        format!("{head}{}", t.text)
    };
    plan.traps.iter().map(told).collect::<Vec<_>>().join("\n")
}

fn facts(plan: &Plan) -> String {
    let told = |f: &crate::plan::Fact| format!("{}: {}", f.topic, f.text);
    plan.facts.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_drain_cordons_and_evicts_and_holds_on_to_every_pod_that_was_seen() {
    let plan = drain(&[web("b"), web("a")], &[budget("web", 2, 3, 1)], &[]).unwrap();
    let requests: Vec<String> = plan
        .steps
        .iter()
        .map(|s| format!("{} {}", s.method, s.path))
        .collect();
    assert_eq!(
        requests,
        [
            "PATCH /api/v1/nodes/gpu-1",
            "POST /api/v1/namespaces/ml/pods/a/eviction",
            "POST /api/v1/namespaces/ml/pods/b/eviction",
        ]
    );
    assert_eq!(
        plan.steps[1].body,
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a", "namespace": "ml"},
            "deleteOptions": {"preconditions": {"uid": "u-a"}}})
    );
    assert_eq!((plan.risk, plan.is_blocked()), (Risk::LosesWork, false));
    assert_eq!(plan.delete, ["ml/a", "ml/b"]);
    assert_eq!(plan.shown_at(), "/api/v1/nodes/gpu-1");
    assert_eq!(plan.made(), None);
    assert!(
        facts(&plan).contains("budget: Budget ml/web (3 healthy, 1 wanted) lets 2 pods here go")
    );
    assert_eq!(plan.verify.patience, 900);
    assert!(
        plan.needs
            .iter()
            .any(|n| n.resource == "pods/eviction" && n.namespace == "ml")
    );
    assert_eq!(plan.inverse.unwrap().action, "node.uncordon");
}

#[test]
fn what_a_budget_does_not_let_go_is_told_with_whom_it_waits_for() {
    let pods = [web("a"), web("b")];
    let told = |allowed, healthy, wanted| {
        traps(&drain(&pods, &[budget("web", allowed, healthy, wanted)], &[]).unwrap())
    };
    assert_eq!(
        told(1, 3, 2),
        "Budget ml/web (3 healthy, 2 wanted) lets 1 go at a time, and 2 pods of it are here, so they go one after the other: ml/a, ml/b"
    );
    assert!(
        told(0, 2, 2)
            .contains("lets none of its pods go now: 2 pods here wait until it does: ml/a, ml/b")
    );
    assert!(told(0, 3, 3).contains("never lets one of its pods go"));
    let two = drain(
        &pods,
        &[budget("web", 1, 3, 2), budget("more", 1, 3, 2)],
        &[],
    )
    .unwrap();
    assert!(two.is_blocked());
    assert!(traps(&two).contains("BLOCKED Pod ml/a has 2 disruption budgets (ml/web, ml/more)"));
}

#[test]
fn budgets_that_may_not_be_seen_are_said_to_be_unknown() {
    let seen = vec![
        (PODS.to_owned(), list(&[web("a")])),
        (
            BUDGETS.to_owned(),
            Sight::Unseen("You may not list them".into()),
        ),
    ];
    let plan = planned_with("node.drain", &node(), &[], seen).unwrap();
    assert!(traps(&plan).contains("could not be seen (You may not list them)"));
}

#[test]
fn local_data_and_pods_of_nobody_need_the_operators_word() {
    let mut local = web("cache");
    local["spec"]["volumes"] = json!([{"name": "x", "emptyDir": {}}]);
    let bare = pod("shell", "", &json!({}));
    let pods = [local, bare];
    let plan = drain(&pods, &[], &[]).unwrap();
    let told = traps(&plan);
    assert!(told.contains("BLOCKED 1 pod keeps data in an emptyDir that is lost with it: ml/cache. If that is meant: --param delete-emptydir-data=true"), "{told}");
    assert!(told.contains("BLOCKED 1 pod is owned by nothing that makes it anew: it is lost: ml/shell. If that is meant: --param force=true"), "{told}");
    let meant = [("delete-emptydir-data", "true"), ("force", "true")];
    let plan = drain(&pods, &[], &meant).unwrap();
    assert!(
        !plan.is_blocked() && plan.traps.len() == 2,
        "{}",
        traps(&plan)
    );
}

#[test]
fn the_work_that_dies_is_named_by_its_kind() {
    let step = |name: &str| {
        let label = json!({"workflows.argoproj.io/workflow": "train"});
        let mut step = pod(name, "Workflow", &label);
        step["metadata"]["ownerReferences"][0]["name"] = "train".into();
        step
    };
    let pods = [
        step("s-1"),
        step("s-2"),
        pod(
            "t-1",
            "Job",
            &json!({"katib.kubeflow.org/trial": "sweep-x"}),
        ),
        pod(
            "m-1",
            "ReplicaSet",
            &json!({"serving.kserve.io/inferenceservice": "fraud"}),
        ),
    ];
    let told = traps(&drain(&pods, &[], &[]).unwrap());
    assert!(
        told.contains("1 run: ml/train (2 pods): their steps fail here"),
        "{told}"
    );
    assert!(told.contains("1 trial: ml/sweep-x: "), "{told}");
    assert!(told.contains("1 service: ml/fraud: "), "{told}");
}

#[test]
fn what_a_drain_leaves_alone_is_told() {
    let mut mirror = pod("kube-proxy", "Node", &json!({}));
    mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    let mut ended = web("done");
    ended["status"]["phase"] = json!("Succeeded");
    let mut going = web("going");
    going["metadata"]["deletionTimestamp"] = json!("2026-11-21T02:00:00Z");
    let pods = [pod("dcgm", "DaemonSet", &json!({})), mirror, ended, going];
    let plan = drain(&pods, &[], &[]).unwrap();
    assert_eq!(plan.steps.len(), 1, "only the cordon");
    let told = facts(&plan);
    assert!(
        told.contains("stays: 2 pods of DaemonSets or of the kubelet itself stay"),
        "{told}"
    );
    assert!(told.contains("ended: 1 pod here came to an end"), "{told}");
    assert!(told.contains("going: 1 pod"), "{told}");
    let mut cordoned = node();
    cordoned["spec"]["unschedulable"] = json!(true);
    let seen = vec![
        (PODS.to_owned(), list(&pods)),
        (BUDGETS.to_owned(), list(&[])),
    ];
    assert!(planned_with("node.drain", &cordoned, &[], seen).is_err());
}

#[test]
fn pods_that_came_since_are_more_than_was_shown_and_pods_that_left_are_not() {
    let shown = drain(&[web("a"), web("b")], &[], &[]).unwrap();
    let fewer = drain(&[web("b")], &[], &[]).unwrap();
    assert!(fewer.moves_besides(&shown).is_empty());
    let mut other = web("a");
    other["metadata"]["uid"] = json!("u-new");
    let more = drain(&[other, web("b")], &[], &[]).unwrap();
    let names: Vec<String> = more
        .moves_besides(&shown)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["ml/a"]);
}

#[test]
fn a_drain_is_planned_only_with_the_pods_in_sight_and_for_a_time_that_is_one() {
    let unseen = vec![(PODS.to_owned(), Sight::Unseen("no".into()))];
    assert!(planned_with("node.drain", &node(), &[], unseen).is_err());
    let refused = drain(&[], &[], &[("within", "soon")]).unwrap_err();
    assert!(
        refused.why.contains("soon is no length of time"),
        "{refused}"
    );
}
