//! What midwatch plans is what Argo's own code does: every kind of change of a run, compared with the functions that the
//! `argo` command line and the Argo Server call, on the recorded samples, on the examples of the Argo project and on runs
//! by chance.
//!
//! Four things that Argo does by accident are left out of the comparison: for an exit handler it asks to delete pods
//! of nodes that have none; a resume of all gates adds the messages of those it met before, in the order of a Go map;
//! `creationTimestamp` and other empty fields are written out; and where a graph cannot come from its controller it may
//! crash, where midwatch refuses.

mod changes;
#[path = "../plan/dry.rs"]
mod dry;
mod dry_run;
#[path = "../plan/oracle.rs"]
mod oracle;
#[path = "../plan/runs.rs"]
mod runs;
#[path = "../plan/specs.rs"]
mod specs;
#[path = "../plan/walk.rs"]
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use midwatch::plan::argo::nodes::{Nodes, pod_name};
use midwatch::plan::{Cluster, Given, Params, Plan, Refused, action};
use serde_json::{Value, json};

use crate::support::rig;
use oracle::Oracle;
use runs::{by_chance, examples, samples};
use walk::Chance;

/// What was compared, by name.
type Counts = BTreeMap<&'static str, usize>;

fn plan(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    suffix: &str,
) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    action.plan(&Given {
        object,
        params: &params,
        now: Timestamp::now(),
        cluster: &Cluster::default(),
        namespace: "ml",
        suffix,
        beside: &midwatch::plan::NOTHING_BESIDE,
    })
}

/// The one body that a plan writes to the run.
fn body(plan: &Plan) -> &Value {
    &plan.steps.last().unwrap().body
}

/// Both refuse, or neither; then the second is worth comparing.
fn agree(name: &str, run: &Value, ours: Result<Plan, Refused>, theirs: &Value) -> Option<Plan> {
    let id = &run["metadata"]["name"];
    match (ours, theirs["error"].as_str()) {
        (Ok(plan), None) => Some(plan),
        (Err(_), Some(_)) => None,
        (Ok(_), Some(error)) => panic!("{name} of {id}: Argo refuses: {error}\n{run}"),
        (Err(refused), None) => panic!("{name} of {id}: only we refuse: {refused}\n{run}"),
    }
}

fn ids(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}

/// Sets of nodes and pods, and then everything.
fn same_retry(oracle: &mut Oracle, run: &Value, params: &[(&str, &str)], counts: &mut Counts) {
    let text = |name: &str| {
        let found = params.iter().find(|(k, _)| *k == name);
        found.map_or("", |(_, v)| *v).to_owned()
    };
    let parameters: Vec<&str> = params
        .iter()
        .filter(|(k, _)| *k == "parameters")
        .map(|(_, v)| *v)
        .collect();
    let theirs = oracle.ask(&json!({"op": "retry", "workflow": run, "parameters": parameters,
        "restartSuccessful": text("restart-successful") == "true", "nodeFieldSelector": text("node-field-selector")}));
    let ours = plan("run.retry", run, params, "");
    let Some(ours) = agree("run.retry", run, ours, &theirs) else {
        let failed = matches!(run["status"]["phase"].as_str(), Some("Failed" | "Error"));
        assert!(!failed, "{}: {}", run["metadata"]["name"], theirs["error"]);
        *counts.entry("retry refused by both").or_default() += 1;
        return;
    };
    let name = &run["metadata"]["name"];
    let before = Nodes::read(run, "").unwrap().map;
    let empty = serde_json::Map::new();
    let after = theirs["workflow"]["status"]["nodes"]
        .as_object()
        .unwrap_or(&empty);
    let reset: BTreeSet<&str> = after
        .iter()
        .filter(|(_, n)| n["startedAt"] == "NOW")
        .map(|(id, _)| id.as_str())
        .collect();
    let removed: BTreeSet<&str> = before
        .keys()
        .filter(|id| !after.contains_key(*id))
        .map(String::as_str)
        .collect();
    let kept: BTreeSet<&str> = after
        .keys()
        .map(String::as_str)
        .filter(|id| !reset.contains(id))
        .collect();
    assert_eq!(ids(&ours.reset), reset, "{name}: reset");
    assert_eq!(ids(&ours.remove), removed, "{name}: removed");
    let keep: BTreeSet<&str> = ours.keep.iter().map(|k| k.node.as_str()).collect();
    assert_eq!(keep, kept, "{name}: kept");
    // pods of nodes that have one; the rest can only be nodes of an exit handler
    let mut with: BTreeSet<String> = BTreeSet::new();
    let mut without: BTreeSet<String> = BTreeSet::new();
    for node in before.values() {
        let pod = pod_name(run, node);
        if node["type"] == "Pod" {
            with.insert(pod);
        } else if node["name"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}.onExit", name.as_str().unwrap()))
        {
            without.insert(pod);
        }
    }
    let pods = theirs["pods"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let (real, idle): (BTreeSet<&str>, BTreeSet<&str>) = pods.partition(|p| with.contains(*p));
    assert_eq!(ids(&ours.delete), real, "{name}: pods");
    assert!(
        idle.iter().all(|p| without.contains(*p)),
        "{name}: {idle:?}"
    );
    assert_eq!(
        oracle.read(body(&ours)),
        theirs["workflow"],
        "{name}: the run afterwards"
    );
    let was_packed = run["status"]["compressedNodes"].is_string();
    assert_eq!(
        body(&ours)["status"]["compressedNodes"].is_string(),
        was_packed
    );
    assert!(!was_packed || body(&ours)["status"]["nodes"].is_null());
    for (what, more) in [
        ("retries", 1),
        ("retries of packed nodes", usize::from(was_packed)),
        (
            "retries that run nothing again",
            usize::from(removed.is_empty()),
        ),
        ("nodes reset", reset.len()),
        ("nodes removed", removed.len()),
        ("nodes kept", kept.len()),
        ("pods deleted", real.len()),
    ] {
        *counts.entry(what).or_default() += more;
    }
}

/// A node to run again although it succeeded.
fn any_node(run: &Value, chance: &mut Chance) -> Option<String> {
    let nodes = Nodes::read(run, "").unwrap().map;
    let all: Vec<&str> = nodes
        .values()
        .filter_map(|n| n["displayName"].as_str())
        .collect();
    (!all.is_empty()).then(|| format!("displayName={}", chance.pick(&all)))
}

fn is_kfp(run: &Value) -> bool {
    !run["metadata"]["labels"]["pipeline/runid"].is_null()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_does_what_argo_does() {
    let mut oracle = Oracle::start(&rig("MIDWATCH_RIG_ORACLE"));
    let mut chance = Chance::new(7);
    let mut counts = Counts::new();
    let mut runs = samples();
    runs.extend(examples(
        &rig("MIDWATCH_RIG_ARGO_EXAMPLES"),
        &mut oracle,
        &mut chance,
    ));
    runs.extend(by_chance(600, &mut chance, 0));
    runs.extend(by_chance(60, &mut chance, 10));
    for run in runs.iter().filter(|r| !is_kfp(r)) {
        same_retry(&mut oracle, run, &[], &mut counts);
        same_retry(
            &mut oracle,
            run,
            &[("parameters", "lr=0.2"), ("parameters", "new=1")],
            &mut counts,
        );
        if let Some(selector) = any_node(run, &mut chance) {
            let params = [
                ("restart-successful", "true"),
                ("node-field-selector", selector.as_str()),
            ];
            same_retry(&mut oracle, run, &params, &mut counts);
        }
        *counts.entry("runs").or_default() += 1;
    }
    println!("run.retry compared with Argo's own code: {counts:?}");
    assert!(
        counts["runs"] >= 300 && counts["retries"] >= 300,
        "{counts:?}"
    );
    assert!(counts["nodes reset"] > 1_000 && counts["pods deleted"] > 1_000);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_copy_is_the_one_that_argo_makes() {
    let mut oracle = Oracle::start(&rig("MIDWATCH_RIG_ORACLE"));
    let mut chance = Chance::new(8);
    let mut counts = Counts::new();
    let mut runs = samples();
    runs.extend(examples(
        &rig("MIDWATCH_RIG_ARGO_EXAMPLES"),
        &mut oracle,
        &mut chance,
    ));
    runs.extend(by_chance(300, &mut chance, 0));
    for run in runs.iter().filter(|r| !is_kfp(r)) {
        for memoized in ["false", "true"] {
            for parameters in [&[][..], &["lr=0.2"]] {
                let theirs = oracle.ask(&json!({"op": "resubmit", "workflow": run, "memoized": memoized == "true", "parameters": parameters}));
                let made = theirs["workflow"]["metadata"]["name"]
                    .as_str()
                    .unwrap_or("xxxxx");
                let suffix = made.get(made.len() - 5..).unwrap();
                let mut params = vec![("memoized", memoized)];
                params.extend(parameters.iter().map(|p| ("parameters", *p)));
                let ours = plan("run.resubmit", run, &params, suffix);
                let Some(ours) = agree("run.resubmit", run, ours, &theirs) else {
                    *counts.entry("refused by both").or_default() += 1;
                    continue;
                };
                let name = &run["metadata"]["name"];
                assert_eq!(
                    oracle.read(body(&ours)),
                    theirs["workflow"],
                    "{name} {params:?}"
                );
                let what = if memoized == "true" {
                    "memoized copies"
                } else {
                    "copies"
                };
                *counts.entry(what).or_default() += 1;
            }
        }
    }
    println!("run.resubmit compared with Argo's own code: {counts:?}");
    assert!(counts["copies"] >= 300 && counts["memoized copies"] >= 300);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_of_a_template_is_the_one_that_argo_makes() {
    let mut oracle = Oracle::start(&rig("MIDWATCH_RIG_ORACLE"));
    for (kind, namespace) in [("WorkflowTemplate", "ml"), ("ClusterWorkflowTemplate", "")] {
        let template = json!({"kind": kind, "metadata": {"name": "train", "namespace": namespace, "uid": "u", "resourceVersion": "1"},
            "spec": {"arguments": {"parameters": [{"name": "lr", "value": "0.1"}]}}});
        for parameters in [&[][..], &["lr=0.2"]] {
            let theirs = oracle.ask(&json!({"op": "submit", "template": "train", "clusterScope": namespace.is_empty(), "parameters": parameters}));
            let params: Vec<(&str, &str)> = parameters.iter().map(|p| ("parameters", *p)).collect();
            let ours = plan("template.submit", &template, &params, "").unwrap();
            let mut made = oracle.read(body(&ours));
            made.as_object_mut().unwrap().remove("kind");
            made.as_object_mut().unwrap().remove("apiVersion");
            assert_eq!(made, theirs["workflow"], "{kind} {parameters:?}");
            assert_eq!(
                ours.steps[0].path,
                "/apis/argoproj.io/v1alpha1/namespaces/ml/workflows"
            );
        }
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_schedule_is_suspended_and_resumed_as_the_argo_server_does() {
    let mut oracle = Oracle::start(&rig("MIDWATCH_RIG_ORACLE"));
    for (suspended, ours, theirs) in [
        (false, "cron.suspend", "cron-suspend"),
        (true, "cron.resume", "cron-resume"),
    ] {
        let cron = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
            "metadata": {"name": "nightly", "namespace": "ml", "uid": "u", "resourceVersion": "1"},
            "spec": {"schedules": ["0 3 * * *"], "suspend": suspended}});
        let answer = oracle.ask(&json!({"op": theirs, "cron": cron}));
        let writes = answer["writes"].as_array().unwrap();
        assert_eq!(writes.len(), 1, "{answer}");
        let plan = plan(ours, &cron, &[], "").unwrap();
        assert_eq!(plan.steps.len(), 1);
        let step = &plan.steps[0];
        assert_eq!(
            (step.method, &writes[0]["verb"]),
            ("PATCH", &json!("patch"))
        );
        assert_eq!(step.content_type, writes[0]["type"].as_str().unwrap());
        // what we add is the precondition: this object, in this version
        let mut body = step.body.clone();
        let metadata = body.as_object_mut().unwrap().remove("metadata").unwrap();
        assert_eq!(metadata, json!({"uid": "u", "resourceVersion": "1"}));
        assert_eq!(body, writes[0]["patch"], "{ours}");
    }
}
