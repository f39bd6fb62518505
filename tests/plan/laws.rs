//! Laws that hold for any run.

use std::collections::BTreeSet;

use midwatch::plan::argo::nodes::{Nodes, pod_name};
use midwatch::plan::argo::pack::{Algorithm, pack};
use midwatch::plan::{ACTIONS, Plan, action};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::plan;
use super::specs;
use super::walk::{Chance, Mood, play};

fn run(seed: u64, mood: Mood) -> Value {
    let mut chance = Chance::new(seed);
    let mut run = specs::workflow("wf", &mut chance);
    play(&mut run, &mut chance, mood);
    run
}

fn nodes(run: &Value) -> &serde_json::Map<String, Value> {
    run["status"]["nodes"].as_object().unwrap()
}

/// Whoever reads only what an action needs, how it is taken back and what shows that it is done, is not told less than
/// what a plan of it then says.
fn as_its_specification_says(plan: &Plan) {
    let spec = action(plan.action).unwrap().spec();
    for need in &plan.needs {
        let listed = spec.rights.iter().any(|r| {
            (r.verb, r.group, r.resource)
                == (&need.verb, need.group.as_str(), need.resource.as_str())
        });
        assert!(listed, "{} needs {need:?}", plan.action);
    }
    assert_eq!(plan.verify.text, spec.verify, "{}", plan.action);
    if let Some(inverse) = &plan.inverse {
        assert!(spec.inverse.contains(inverse.action), "{}", plan.action);
    }
}

/// Each request names a place on the API server and, unless it makes something new or deletes a pod that may be gone,
/// what it expects to find there.
fn well_formed(plan: &Plan) {
    let json = serde_json::to_value(plan).unwrap();
    assert_eq!(json["apiVersion"], "midwatch/v1");
    assert!(!plan.steps.is_empty() && !plan.needs.is_empty() && !plan.verify.text.is_empty());
    as_its_specification_says(plan);
    for step in &plan.steps {
        assert!(step.path.starts_with("/api"), "{}", step.path);
        assert!(
            !step.path.contains("..") && !step.path.contains("//"),
            "{}",
            step.path
        );
        let meta = &step.body["metadata"];
        let held = match step.method {
            "POST" => true,
            "DELETE" => step.absent_is_done || step.body["preconditions"]["uid"].is_string(),
            _ => meta["uid"].is_string() && meta["resourceVersion"].is_string(),
        };
        assert!(held, "{} {}", step.method, step.body);
        assert!(
            plan.needs.iter().any(|n| n.verb == step.verb),
            "{}",
            step.verb
        );
    }
}

/// Text with everything that a terminal or a path could trip over.
fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("wf".to_owned()),
        Just("wf.onExit".to_owned()),
        "[a-d]",
        "wf\\.[a-d]",
        "\\PC{0,6}",
        Just("../../x".to_owned()),
        Just("\u{1b}[2J\u{202e}".to_owned()),
    ]
}

/// A node of any shape: circles, strangers, wrong types.
fn odd_node() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        "Pod",
        "Container",
        "Steps",
        "StepGroup",
        "DAG",
        "TaskGroup",
        "Retry",
        "Skipped",
        "Suspend",
        "HTTP",
        "?",
    ]);
    let phase = prop::sample::select(vec![
        "Pending",
        "Running",
        "Succeeded",
        "Skipped",
        "Failed",
        "Error",
        "Omitted",
        "",
    ]);
    let ids = || prop::collection::vec(odd_text(), 0..4);
    (odd_text(), kind, phase, odd_text(), ids(), ids(), any::<[bool; 3]>()).prop_map(
        |(name, kind, phase, boundary, children, outbound, flags)| {
            let mut node = json!({"name": name, "displayName": name, "type": kind, "phase": phase,
                "boundaryID": boundary, "children": children, "outboundNodes": outbound, "templateName": name});
            if flags[0] {
                node["nodeFlag"] = json!({"retried": true});
            }
            if flags[1] {
                node["outputs"] = json!({"parameters": [{"name": "a", "valueFrom": {"supplied": {}}}, 7]});
            }
            if flags[2] {
                node["children"] = "no list".into();
            }
            node
        },
    )
}

fn odd_run() -> impl Strategy<Value = Value> {
    let nodes = prop::collection::vec((odd_text(), odd_node(), any::<bool>()), 0..9);
    let phase = prop::sample::select(vec!["Failed", "Error", "Succeeded", "Running", ""]);
    (nodes, phase, any::<bool>()).prop_map(|(nodes, phase, root)| {
        let mut map = serde_json::Map::new();
        for (id, mut node, honest) in nodes {
            node["id"] = if honest { id.as_str().into() } else { 7.into() };
            map.insert(id, node);
        }
        if root {
            let all: Vec<&String> = map.keys().filter(|k| *k != "wf").collect();
            let root = json!({"id": "wf", "name": "wf", "type": "DAG", "phase": "Failed", "children": all});
            map.insert("wf".to_owned(), root);
        }
        json!({"kind": "Workflow", "metadata": {"name": "wf", "namespace": "ml", "uid": "u", "resourceVersion": "1",
            "labels": null}, "spec": 3, "status": {"phase": phase, "nodes": map}})
    })
}

/// Some node is reached from itself.
fn is_circular(run: &Value) -> bool {
    let nodes = nodes(run);
    let children = |id: &str| -> Vec<String> {
        let all = nodes.get(id).and_then(|node| node["children"].as_array());
        let all = all.into_iter().flatten();
        all.filter_map(|c| c.as_str().map(str::to_owned)).collect()
    };
    // taking away what leads nowhere leaves the circles
    let mut left: BTreeSet<String> = nodes.keys().cloned().collect();
    loop {
        let leads = |id: &String| children(id).iter().any(|c| left.contains(c));
        let ends: Vec<String> = left.iter().filter(|id| !leads(id)).cloned().collect();
        if ends.is_empty() {
            return !left.is_empty();
        }
        left.retain(|id| !ends.contains(id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_121), ..ProptestConfig::default() })]

    #[test]
    fn no_graph_makes_a_plan_panic_or_leave_the_path(run in odd_run(), selector in odd_text(), node in odd_text()) {
        for action in ACTIONS {
            let name = action.spec().name;
            let pair = format!("a={node}");
            let given: &[(&str, &str)] = match name {
                "run.retry" => &[("restart-successful", "true"), ("node-field-selector", &selector), ("parameters", &pair)],
                "run.resubmit" => &[("memoized", "true")],
                "run.resume" => &[("gates", "approve")],
                "gate.approve" | "gate.set-value" => &[("node", &node), ("values", &pair)],
                "gate.reject" => &[("node", &node)],
                _ => &[],
            };
            for given in [given, &[]] {
                if let Ok(plan) = plan(name, &run, given) {
                    well_formed(&plan);
                }
            }
        }
    }

    #[test]
    fn a_retry_takes_the_run_apart_without_a_rest(seed in any::<u64>(), fail in 5_usize..95, parameters in any::<bool>()) {
        let run = run(seed, Mood { fail, open: 0 });
        let given: &[(&str, &str)] = if parameters { &[("parameters", "lr=0.2")] } else { &[] };
        let plan = match plan("run.retry", &run, given) {
            Ok(plan) => plan,
            // now and then a generated run bites its tail, which no real one does
            Err(refused) => {
                prop_assert!(run["status"]["phase"] == "Succeeded" || is_circular(&run), "{:?}", refused);
                return Ok(());
            }
        };
        well_formed(&plan);
        let before = nodes(&run);
        let after = &plan.steps.last().unwrap().body["status"]["nodes"];
        let keep: Vec<String> = plan.keep.iter().map(|k| k.node.clone()).collect();
        let mut all: Vec<&String> = plan.reset.iter().chain(&plan.remove).chain(&keep).collect();
        all.sort();
        let known: Vec<&String> = before.keys().collect();
        prop_assert_eq!(all, known, "each node is reset, removed or kept");
        for (id, node) in after.as_object().unwrap() {
            for child in node["children"].as_array().into_iter().flatten() {
                prop_assert!(after[child.as_str().unwrap()].is_object(), "{} leads to what is gone", id);
            }
            if keep.contains(id) {
                let mut edges = before[id].clone();
                for key in ["children", "outboundNodes"] {
                    if let Some(list) = node.get(key) {
                        edges[key] = list.clone();
                    } else {
                        edges.as_object_mut().unwrap().remove(key);
                    }
                }
                prop_assert_eq!(&edges, node, "a kept node loses nothing but edges");
            }
        }
    }

    #[test]
    fn what_runs_again_runs_again_inside_what_runs_again(seed in any::<u64>(), fail in 5_usize..95) {
        let run = run(seed, Mood { fail, open: 0 });
        let Ok(plan) = plan("run.retry", &run, &[]) else {
            return Ok(());
        };
        let before = nodes(&run);
        let again: BTreeSet<&str> = plan.reset.iter().chain(&plan.remove).map(String::as_str).collect();
        for id in &again {
            let node = &before[*id];
            let boundary = node["boundaryID"].as_str().unwrap_or_default();
            // Argo itself resets inside an exit handler what the handler around it keeps
            let exit = node["name"].as_str().unwrap().contains(".onExit");
            prop_assert!(exit || boundary.is_empty() || again.contains(boundary), "{} but not {}", node, before[boundary]);
        }
        // pods go with their nodes, and with no others
        let mut pods: Vec<String> = plan
            .remove
            .iter()
            .filter(|id| before[*id]["type"] == "Pod")
            .map(|id| pod_name(&run, &before[id]))
            .collect();
        pods.sort();
        pods.dedup();
        prop_assert_eq!(&plan.delete, &pods);
        // nothing that failed is left in what runs again
        for id in &plan.reset {
            let phase = &plan.steps.last().unwrap().body["status"]["nodes"][id]["phase"];
            prop_assert!(phase == "Running" || phase == "Skipped", "{} is {}", id, phase);
        }
        prop_assert!(super::plan("run.retry", &plan.steps.last().unwrap().body, &[]).is_err(), "it runs now");
    }

    #[test]
    fn packed_nodes_make_the_same_plan_and_stay_packed(seed in any::<u64>(), how in 0..3) {
        let plain = run(seed, Mood { fail: 50, open: 0 });
        let algorithm = [Algorithm::Gzip, Algorithm::Zstd, Algorithm::Brotli][usize::try_from(how).unwrap()];
        let mut packed = plain.clone();
        let text = pack(plain["status"]["nodes"].to_string().as_bytes(), algorithm).unwrap();
        packed["status"]["compressedNodes"] = text.into();
        packed["status"].as_object_mut().unwrap().remove("nodes");
        let (Ok(a), Ok(b)) = (plan("run.retry", &plain, &[]), plan("run.retry", &packed, &[])) else {
            prop_assert!(plan("run.retry", &packed, &[]).is_err());
            return Ok(());
        };
        prop_assert_eq!((&a.reset, &a.remove, &a.keep, &a.delete), (&b.reset, &b.remove, &b.keep, &b.delete));
        let (a, b) = (&a.steps.last().unwrap().body, &b.steps.last().unwrap().body);
        prop_assert!(b["status"]["nodes"].is_null());
        prop_assert_eq!(Algorithm::of(b["status"]["compressedNodes"].as_str().unwrap()), algorithm);
        prop_assert_eq!(Nodes::read(a, "").unwrap().map, Nodes::read(b, "").unwrap().map);
    }

    #[test]
    fn one_gate_is_decided_and_nothing_else_is_touched(seed in any::<u64>()) {
        let run = run(seed, Mood { fail: 5, open: 40 });
        for (id, _) in midwatch::plan::argo::gates::open(nodes(&run)) {
            for (action, phase) in [("gate.approve", "Succeeded"), ("gate.reject", "Failed")] {
                let plan = plan(action, &run, &[("node", id)]).unwrap();
                well_formed(&plan);
                let mut after = plan.steps[0].body.clone();
                prop_assert_eq!(&after["status"]["nodes"][id]["phase"], phase);
                prop_assert!(plan.verify.checks.iter().all(|c| c.expect.holds(after.pointer(&c.pointer))));
                after["status"]["nodes"][id] = nodes(&run)[id].clone();
                prop_assert_eq!(&after, &run);
            }
        }
    }
}

#[test]
fn a_run_that_bites_its_tail_is_refused_with_the_way_that_works() {
    let run = run(7_467_468_484_723_288_986, Mood { fail: 34, open: 0 });
    assert!(is_circular(&run), "made so by chance");
    let refused = plan("run.retry", &run, &[]).unwrap_err();
    assert!(refused.instead.contains("run.resubmit"), "{refused:?}");
}

/// An inference service with a canary, or stopped.
fn service(stopped: bool) -> Value {
    let mut service = json!({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "scorer", "namespace": "ml", "uid": "u-1", "resourceVersion": "7"},
        "spec": {"predictor": {"canaryTrafficPercent": 10, "model": {"storageUri": "s3://m/2"}}},
        "status": {"deploymentMode": "Knative", "components": {"predictor": {"latestCreatedRevision": "b",
            "latestReadyRevision": "b", "latestRolledoutRevision": "a"}}}});
    if stopped {
        service["metadata"]["annotations"] = json!({"serving.kserve.io/stop": "true"});
        service["status"] = json!({"deploymentMode": "Knative"});
    }
    service
}

#[test]
fn plans_of_schedules_templates_pods_and_services_say_what_their_specifications_say() {
    let object = |kind: &str, spec: Value| {
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "spec": spec,
            "metadata": {"name": "nightly", "namespace": "ml", "uid": "u-1", "resourceVersion": "7"}})
    };
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"}, "spec": {},
        "metadata": {"name": "nightly", "namespace": "ml", "uid": "u-1", "resourceVersion": "7"}});
    for (name, object) in [
        (
            "cron.suspend",
            object("CronWorkflow", json!({"suspend": false})),
        ),
        (
            "cron.resume",
            object("CronWorkflow", json!({"suspend": true})),
        ),
        ("template.submit", object("WorkflowTemplate", json!({}))),
        ("pod.delete", pod),
    ] {
        well_formed(&plan(name, &object, &[]).unwrap());
    }
    for name in [
        "set-canary",
        "promote",
        "rollback",
        "scale",
        "restart",
        "stop",
        "resume",
        "restore-spec",
    ] {
        let given: &[(&str, &str)] = match name {
            "set-canary" => &[("percent", "50")],
            "scale" => &[("min", "3")],
            "restore-spec" => &[("uri", "s3://m/0")],
            _ => &[],
        };
        well_formed(
            &plan(
                &format!("service.{name}"),
                &service(name == "resume"),
                given,
            )
            .unwrap(),
        );
    }
    // none is left out here or above
    let named = ACTIONS.iter().map(|a| a.spec());
    assert!(
        named
            .clone()
            .all(|s| !s.rights.is_empty() && !s.inverse.is_empty())
    );
    assert!(named.map(|s| s.verify).all(|v| !v.is_empty()));
}
