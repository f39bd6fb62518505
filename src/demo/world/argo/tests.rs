//! What the model of the controller promises, whatever it is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{News, Orders, Surroundings, operate};
use crate::demo::catalog::{self, text};
use crate::demo::store::Object;
use crate::demo::world::scenes;

/// Looks at a workflow until nothing more happens, its pods ending at once; `fail` says which.
fn run(mut workflow: Value, fail: &dyn Fn(&str) -> bool) -> (Value, usize) {
    let mut news = BTreeMap::new();
    let mut pods = 0;
    let mut second = 1_000_000;
    for _ in 0..60 {
        second += 600;
        let around = Surroundings {
            now: jiff::Timestamp::from_second(second).unwrap(),
            news: std::mem::take(&mut news),
            template: &|_, _| None,
            pod: &|_| None,
            config: &|_| None,
            speed: 1.0,
        };
        let Some((after, Orders { create, wake, .. })) = operate(workflow.clone(), around) else {
            break;
        };
        if create.is_empty() && wake.is_none() && after == workflow {
            break;
        }
        workflow = after;
        pods += create.len();
        for pod in create {
            let id = text(&pod, "/metadata/annotations/workflows.argoproj.io~1node-id").to_owned();
            let name = text(
                &pod,
                "/metadata/annotations/workflows.argoproj.io~1node-name",
            )
            .to_owned();
            news.insert(id, News::Pod(ended(pod, fail(&name))));
        }
    }
    (workflow, pods)
}

fn ended(mut pod: Value, failed: bool) -> Value {
    let (phase, code) = if failed {
        ("Failed", 3)
    } else {
        ("Succeeded", 0)
    };
    pod["status"] = json!({"phase": phase, "containerStatuses": [
        {"name": "main", "state": {"terminated": {"exitCode": code, "reason": "Error"}}}]});
    pod
}

fn workflow(spec: &Value) -> Value {
    json!({"metadata": {"name": "w", "namespace": "n", "uid": "u"}, "spec": spec})
}

fn node<'a>(workflow: &'a Value, name: &str) -> &'a Value {
    let nodes = workflow["status"]["nodes"].as_object().unwrap();
    nodes
        .values()
        .find(|n| n["name"] == name)
        .unwrap_or_else(|| panic!("no node {name} in {nodes:#?}"))
}

fn work() -> Value {
    json!({"name": "work", "container": {"image": "x"}})
}

#[test]
fn a_failed_task_omits_what_waits_for_it_and_fails_the_run() {
    let spec = json!({"entrypoint": "main", "templates": [work(), {"name": "main", "dag": {"tasks": [
        {"name": "a", "template": "work"}, {"name": "b", "template": "work", "depends": "a"},
        {"name": "sorry", "template": "work", "depends": "a.Failed"}]}}]});
    let (done, pods) = run(workflow(&spec), &|name| name == "w.a");
    assert_eq!((text(&done, "/status/phase"), pods), ("Failed", 2));
    assert_eq!(node(&done, "w.b")["phase"], "Omitted");
    assert_eq!(
        node(&done, "w.b")["message"],
        "omitted: depends condition not met"
    );
    assert_eq!(node(&done, "w.sorry")["phase"], "Succeeded");
    assert_eq!(node(&done, "w.a")["message"], "main: Error (exit code 3)");
    assert_eq!(
        done["metadata"]["labels"]["workflows.argoproj.io/completed"],
        "true"
    );
}

#[test]
fn steps_wait_for_each_other_and_name_the_child_that_failed() {
    let spec = json!({"entrypoint": "main", "onExit": "work", "templates": [work(), {"name": "main", "steps": [
        [{"name": "a", "template": "work", "withItems": ["x", "y"]}], [{"name": "b", "template": "work"}]]}]});
    let (done, pods) = run(workflow(&spec), &|name| name == "w[0].a(1:y)");
    let id = node(&done, "w[0].a(1:y)")["id"].as_str().unwrap();
    assert_eq!(
        text(&done, "/status/message"),
        format!("child '{id}' failed")
    );
    assert_eq!(pods, 3, "two items and the exit handler");
    assert_eq!(node(&done, "w[0]")["children"].as_array().unwrap().len(), 2);
    assert_eq!(node(&done, "w.onExit")["nodeFlag"], json!({"hooked": true}));
}

#[test]
fn retries_have_a_limit() {
    let mut flaky = work();
    flaky["retryStrategy"] = json!({"limit": 2, "backoff": {"duration": "10s", "factor": 2}});
    let spec = json!({"entrypoint": "work", "templates": [flaky]});
    let (done, pods) = run(workflow(&spec), &|_| true);
    assert_eq!(
        (pods, text(&done, "/status/message")),
        (3, "No more retries left")
    );
    assert_eq!(node(&done, "w")["type"], "Retry");
    assert_eq!(node(&done, "w(2)")["nodeFlag"], json!({"retried": true}));
}

#[test]
fn a_template_that_calls_itself_comes_to_an_end() {
    for kind in ["dag", "steps"] {
        let body = if kind == "dag" {
            json!({"tasks": [{"name": "again", "template": "main", "withItems": [1, 2]}]})
        } else {
            json!([[{"name": "again", "template": "main"}]])
        };
        let mut main = json!({"name": "main"});
        main[kind] = body;
        let (done, _) = run(
            workflow(&json!({"entrypoint": "main", "templates": [main]})),
            &|_| false,
        );
        assert_ne!(text(&done, "/status/phase"), "Succeeded", "{kind}");
    }
}

/// One look, with these pods in the cluster.
fn look(workflow: &Value, second: i64, pods: &[Value], news: &[(&str, News)]) -> (Value, Orders) {
    let kind = catalog::ALL[catalog::find("", "v1", "pods").unwrap()];
    let find = |name: &str| {
        let pod = pods.iter().find(|p| p["metadata"]["name"] == name)?;
        Some(Arc::new(Object::new(kind, 1, pod)))
    };
    let around = Surroundings {
        now: jiff::Timestamp::from_second(1_000_000 + second).unwrap(),
        news: news
            .iter()
            .map(|(id, n)| ((*id).to_owned(), n.clone()))
            .collect(),
        template: &|_, _| None,
        pod: &find,
        config: &|_| None,
        speed: 1.0,
    };
    operate(workflow.clone(), around).unwrap()
}

#[test]
fn a_pod_of_the_name_that_is_needed_is_waited_for_or_taken() {
    let new = workflow(&json!({"entrypoint": "work", "templates": [work()]}));
    let mut pod = json!({"metadata": {"name": "w", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
    let (waits, orders) = look(&new, 0, &[pod.clone()], &[]);
    assert!(orders.create.is_empty() && orders.wake.is_some());
    assert_eq!(waits["status"]["nodes"], json!({}));
    pod["metadata"] = json!({"name": "w"});
    let (done, orders) = look(&waits, 2, &[ended(pod, false)], &[]);
    assert_eq!(
        (orders.create.len(), text(&done, "/status/phase")),
        (0, "Succeeded")
    );
}

#[test]
fn a_pod_that_is_lost_before_it_began_is_made_again_and_later_not() {
    let new = workflow(&json!({"entrypoint": "work", "templates": [work()]}));
    let (going, first) = look(&new, 0, &[], &[]);
    let (again, second) = look(&going, 2, &[], &[("w", News::Gone)]);
    assert_eq!((first.create.len(), second.create.len()), (1, 1));
    let mut pod = second.create[0].clone();
    pod["status"]["phase"] = json!("Running");
    let (running, _) = look(
        &again,
        4,
        std::slice::from_ref(&pod),
        &[("w", News::Pod(pod.clone()))],
    );
    let (lost, orders) = look(&running, 6, &[], &[("w", News::Gone)]);
    assert_eq!(
        (node(&lost, "w")["message"].as_str(), orders.create.len()),
        (Some("pod deleted"), 0)
    );
}

#[test]
fn a_run_that_did_all_its_work_succeeds_though_it_was_stopped() {
    let mut new = workflow(&json!({"entrypoint": "work", "templates": [work()]}));
    let (going, orders) = look(&new, 0, &[], &[]);
    new = going;
    new["spec"]["shutdown"] = json!("Stop");
    let pod = ended(orders.create[0].clone(), false);
    let news = [("w", News::Pod(pod.clone()))];
    let (done, _) = look(&new, 2, &[pod], &news);
    assert_eq!(text(&done, "/status/phase"), "Succeeded");
    assert_eq!(done["status"].get("message"), None);
}

#[test]
fn a_failed_run_keeps_its_own_message_when_its_exit_handler_fails_too() {
    let spec = json!({"entrypoint": "work", "onExit": "work", "templates": [work()]});
    let (done, _) = run(workflow(&spec), &|_| true);
    assert_eq!(text(&done, "/status/message"), "main: Error (exit code 3)");
    let (done, _) = run(workflow(&spec), &|name| name.ends_with(".onExit"));
    assert_eq!(text(&done, "/status/phase"), "Failed");
}

#[test]
fn who_says_by_hand_that_a_run_is_completed_takes_it_from_its_controller() {
    let mut taken = workflow(&json!({"entrypoint": "work", "templates": [work()]}));
    taken["metadata"]["labels"] = json!({"workflows.argoproj.io/completed": "true"});
    assert_eq!(run(taken.clone(), &|_| false), (taken, 0));
}

/// Any JSON, not too large.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}=<>&|!().0-9]{0,12}".prop_map(Value::from),
        Just(json!("{{item}}")),
        Just(json!("main")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}

/// Puts something else in the place of the n-th part of a tree.
fn mutate(value: &mut Value, n: &mut usize, with: &Value) {
    if *n == 0 {
        *value = with.clone();
        *n = usize::MAX;
        return;
    }
    *n -= 1;
    let parts: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for part in parts {
        if *n == usize::MAX {
            return;
        }
        mutate(part, n, with);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_workflow_makes_it_panic(which in 0_usize..20, places in prop::collection::vec((0_usize..300, any_json()), 1..4), status in any_json()) {
        let all = scenes::manifests();
        let manifest = &all[which % all.len()];
        let spec = if manifest["spec"]["workflowSpec"].is_object() { &manifest["spec"]["workflowSpec"] } else { &manifest["spec"] };
        let mut spec = spec.clone();
        for (place, with) in places {
            mutate(&mut spec, &mut place.clone(), &with);
        }
        let mut object = workflow(&spec);
        if status.is_object() {
            object["status"] = json!({"nodes": status});
        }
        run(object, &|name| name.len() % 5 == 0);
    }
}

#[test]
fn a_step_whose_key_is_in_the_cache_ends_at_once_with_what_is_held() {
    let workflow = json!({"metadata": {"name": "w", "namespace": "ml", "uid": "u"}, "spec": {"entrypoint": "features",
        "templates": [{"name": "features", "memoize": {"key": "day-1", "maxAge": "1h", "cache": {"configMap": {"name": "c"}}},
            "container": {"image": "i"}}]}});
    let entry = |made: &str| {
        json!({"nodeID": "old", "outputs": {"parameters": [{"name": "table", "value": "v41"}]},
            "creationTimestamp": made, "lastHitTimestamp": made})
        .to_string()
    };
    let map = |labels: Value, made: &str| json!({"metadata": {"labels": labels}, "data": {"day-1": entry(made)}});
    let cache = json!({"workflows.argoproj.io/configmap-type": "Cache"});
    let look = |map: Option<Value>| {
        let around = Surroundings {
            now: "2026-11-21T10:00:00Z".parse().unwrap(),
            news: BTreeMap::new(),
            template: &|_, _| None,
            pod: &|_| None,
            config: &|_| map.clone(),
            speed: 1.0,
        };
        let (after, orders) = operate(workflow.clone(), around).unwrap();
        (after["status"]["nodes"]["w"].clone(), orders)
    };
    let (hit, orders) = look(Some(map(cache.clone(), "2026-11-21T09:30:00Z")));
    assert_eq!(
        (&hit["phase"], &hit["memoizationStatus"]["hit"]),
        (&json!("Succeeded"), &json!(true))
    );
    assert_eq!(hit["outputs"]["parameters"][0]["value"], "v41");
    assert!(orders.create.is_empty() && orders.remember[0].entry.contains("2026-11-21T10:00:00Z"));
    for missed in [None, Some(map(cache, "2026-11-21T08:00:00Z"))] {
        let (miss, orders) = look(missed);
        assert_eq!(
            (&miss["phase"], orders.create.len()),
            (&json!("Pending"), 1)
        );
    }
    let (refused, _) = look(Some(map(json!({}), "2026-11-21T09:30:00Z")));
    assert_eq!(refused["phase"], "Error");
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("refusing to use it")
    );
}
