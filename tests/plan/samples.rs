//! What an operator is told about the recorded samples.

use std::path::Path;

use serde_json::{Value, json};

use super::plan;

#[path = "samples/retry.rs"]
mod retry;

fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/workflows")
        .join(name)
        .with_extension("json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(run: &Value, ids: &[String]) -> Vec<String> {
    let nodes = midwatch::plan::argo::nodes::Nodes::read(run, "")
        .unwrap()
        .map;
    let name = |id: &String| nodes[id]["displayName"].as_str().unwrap().to_owned();
    ids.iter().map(name).collect()
}

fn refusal(action: &str, object: &Value, params: &[(&str, &str)]) -> String {
    let refused = plan(action, object, params).unwrap_err();
    format!("{} | {}", refused.why, refused.instead)
}

fn fact(plan: &midwatch::plan::Plan, topic: &str) -> String {
    let found = plan.facts.iter().find(|f| f.topic == topic);
    found
        .unwrap_or_else(|| panic!("no {topic}: {:?}", plan.facts))
        .text
        .to_string()
}

fn trap<'a>(plan: &'a midwatch::plan::Plan, part: &str) -> &'a midwatch::plan::Trap {
    let found = plan.traps.iter().find(|t| t.text.contains(part));
    found.unwrap_or_else(|| panic!("no {part}: {:?}", plan.traps))
}

#[test]
fn runs_of_kubeflow_are_left_to_kubeflow() {
    let mut run = sample("fraud-pipeline-x7k2p");
    run["status"]["phase"] = "Failed".into();
    for action in ["run.retry", "run.resubmit", "run.delete"] {
        let told = refusal(action, &run, &[]);
        assert!(
            told.contains("Kubeflow Pipelines") && told.contains("/apis/v2beta1/runs"),
            "{told}"
        );
    }
    run["status"]["phase"] = "Running".into();
    let stop = plan("run.terminate", &run, &[]).unwrap();
    assert!(!trap(&stop, "Failed, not Canceled").blocks);
}

#[test]
fn a_gate_with_expected_values_is_approved_with_them_only() {
    let run = sample("promote-gate");
    let bare = plan("gate.approve", &run, &[]).unwrap();
    assert!(trap(&bare, "expects a value for decision").blocks && bare.is_blocked());
    assert!(refusal("gate.approve", &run, &[("values", "decision=MAYBE")]).contains("YES, NO"));
    assert!(
        refusal("gate.approve", &run, &[("values", "colour=red")]).contains("decision, traffic")
    );
    assert!(
        refusal("gate.approve", &run, &[("node", "deploy")])
            .contains("approve (promote-gate-2616850767)")
    );
    let both = [
        ("values", "decision=YES"),
        ("values", "traffic=5"),
        ("message", "by sre"),
    ];
    let plan = plan("gate.approve", &run, &both).unwrap();
    assert!(!plan.is_blocked());
    let gate = &plan.steps[0].body["status"]["nodes"]["promote-gate-2616850767"];
    assert_eq!(gate["phase"], "Succeeded");
    assert_eq!(gate["message"], "by sre");
    assert_eq!(gate["finishedAt"], "2026-11-21T12:00:00Z");
    assert_eq!(
        gate["outputs"]["parameters"][0],
        json!({"name": "decision", "value": "YES"})
    );
}

#[test]
fn a_resume_does_not_approve_gates_unless_told_to() {
    let mut run = sample("promote-gate");
    assert!(refusal("run.resume", &run, &[]).contains("waits at approve"));
    run["spec"]["suspend"] = true.into();
    let plan_of = |params: &[(&str, &str)]| plan("run.resume", &run, params).unwrap();
    let keep = plan_of(&[]);
    assert_eq!(keep.steps[0].body["status"], run["status"]);
    assert!(keep.steps[0].body["spec"]["suspend"].is_null());
    assert_eq!(keep.inverse.as_ref().unwrap().action, "run.suspend");
    let all = plan_of(&[("gates", "approve")]);
    trap(&all, "Approves all gates that wait (1)");
    assert_eq!(all.gates, ["promote-gate-2616850767"]);
    assert!(all.inverse.is_none());
    let again = plan("run.suspend", &keep.steps[0].body, &[]).unwrap();
    assert_eq!(
        again.steps[0].body["spec"]["suspend"], true,
        "the inverse brings it back"
    );
}

#[test]
fn what_is_ended_with_a_run_is_told_first() {
    let mut run = sample("image-pull");
    run["spec"]["onExit"] = "clean-up".into();
    let plan = plan("run.terminate", &run, &[]).unwrap();
    trap(&plan, "clean-up does not run");
    let step = &plan.steps[0];
    assert_eq!(
        (step.method, step.content_type),
        ("PATCH", "application/merge-patch+json")
    );
    assert_eq!(step.body["spec"], json!({"shutdown": "Terminate"}));
    assert_eq!(step.body["metadata"]["uid"], run["metadata"]["uid"]);
    run["spec"]["shutdown"] = "Terminate".into();
    assert!(refusal("run.terminate", &run, &[]).contains("already"));
    assert!(super::plan("run.stop", &run, &[]).is_ok());
}

#[test]
fn schedules_are_switched_and_switched_back() {
    let cron = |suspend: bool| {
        json!({"kind": "CronWorkflow", "metadata": {"name": "nightly", "namespace": "ml", "uid": "u", "resourceVersion": "5"},
        "spec": {"suspend": suspend, "startingDeadlineSeconds": 600}, "status": {"active": [{}]}})
    };
    let off = plan("cron.suspend", &cron(false), &[]).unwrap();
    assert_eq!(
        off.steps[0].path,
        "/apis/argoproj.io/v1alpha1/namespaces/ml/cronworkflows/nightly"
    );
    assert_eq!(off.inverse.as_ref().unwrap().action, "cron.resume");
    assert!(refusal("cron.suspend", &cron(true), &[]).contains("already"));
    let on = plan("cron.resume", &cron(true), &[]).unwrap();
    assert_eq!(on.steps[0].body["spec"], json!({"suspend": false}));
    trap(&on, "startingDeadlineSeconds");
}

#[test]
fn a_template_is_told_what_it_lacks() {
    let template = json!({"kind": "WorkflowTemplate", "metadata": {"name": "train", "namespace": "ml", "uid": "u", "resourceVersion": "5",
        "labels": {"workflows.argoproj.io/controller-instanceid": "blue"}},
        "spec": {"arguments": {"parameters": [{"name": "lr"}, {"name": "size", "value": "s", "enum": ["s", "l"]}]}}});
    let bare = plan("template.submit", &template, &[]).unwrap();
    assert!(trap(&bare, "Parameter lr has no value").blocks);
    assert!(
        refusal("template.submit", &template, &[("parameters", "epochs=3")])
            .contains("It takes: lr, size")
    );
    assert!(refusal("template.submit", &template, &[("parameters", "size=m")]).contains("s, l"));
    let given = plan("template.submit", &template, &[("parameters", "lr=0.1")]).unwrap();
    assert!(!given.is_blocked());
    // what the run begins with is told before it begins
    assert_eq!(fact(&given, "with"), "lr=0.1");
    assert_eq!(fact(&given, "default"), "The template's own: size=s");
    // the controller that owns the template runs it
    assert_eq!(
        given.steps[0].body["metadata"]["labels"]["workflows.argoproj.io/controller-instanceid"],
        "blue"
    );
}

#[test]
fn parameters_are_told_without_secrets_and_no_longer_than_can_be_read() {
    let mut parameters: Vec<_> = (0..30)
        .map(|n| json!({"name": format!("p{n}"), "value": "x".repeat(200)}))
        .collect();
    parameters.insert(0, json!({"name": "db-password", "value": "hunter2"}));
    let template = json!({"kind": "WorkflowTemplate",
        "metadata": {"name": "train", "namespace": "ml", "uid": "u", "resourceVersion": "5"},
        "spec": {"arguments": {"parameters": parameters}}});
    let given = [("parameters", "db-password=hunter3")];
    let plan_of = |given: &[(&str, &str)]| plan("template.submit", &template, given).unwrap();
    assert_eq!(
        fact(&plan_of(&given), "with"),
        format!("db-password={}", midwatch::plan::hide::HIDDEN)
    );
    let own = fact(&plan_of(&[]), "default");
    assert!(own.contains("db-password=(hidden)") && !own.contains("hunter"));
    assert!(own.ends_with("and 11 more") && own.len() < 2_000, "{own}");
    let run = sample("fraud-train-oom");
    let retry = plan("run.retry", &run, &[("parameters", "epochs=3")]).unwrap();
    assert_eq!(fact(&retry, "with"), "epochs=3");
}

#[test]
fn deletions_name_what_goes_and_hold_on_to_what_was_seen() {
    let mut run = sample("fraud-train-oom");
    let plain = plan("run.delete", &run, &[]).unwrap();
    trap(&plain, "not in an archive");
    assert_eq!(plain.steps.len(), 1);
    assert_eq!(
        plain.steps[0].body["preconditions"]["resourceVersion"],
        run["metadata"]["resourceVersion"]
    );
    assert_eq!(plain.steps[0].body["propagationPolicy"], "Background");
    run["metadata"]["finalizers"] = json!(["workflows.argoproj.io/artifact-gc"]);
    let force = plan("run.delete", &run, &[("force", "true")]).unwrap();
    assert_eq!(force.steps[0].body["metadata"]["finalizers"], Value::Null);
    assert!(
        force.steps[0].body["metadata"]
            .as_object()
            .unwrap()
            .contains_key("finalizers")
    );
    assert_eq!(
        force.steps[1].body["preconditions"],
        json!({"uid": run["metadata"]["uid"]})
    );
    run["metadata"]["deletionTimestamp"] = "2026-11-21T11:00:00Z".into();
    assert!(
        refusal("run.retry", &run, &[]).contains("waits for workflows.argoproj.io/artifact-gc")
    );
    assert!(refusal("run.delete", &run, &[]).contains("force=true"));
}

#[test]
fn a_pod_that_nothing_makes_again_is_named_as_such() {
    let pod = |owner: Value, run: &str| {
        json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "ml", "uid": "u", "resourceVersion": "5",
        "ownerReferences": owner, "labels": {"workflows.argoproj.io/workflow": run}}, "status": {"phase": "Running"}})
    };
    let bare = plan("pod.delete", &pod(json!([]), ""), &[]).unwrap();
    trap(&bare, "Nothing owns it");
    let owned = json!([{"kind": "ReplicaSet", "name": "web", "controller": true}]);
    assert!(
        fact(&plan("pod.delete", &pod(owned, ""), &[]).unwrap(), "owner")
            .contains("ReplicaSet web")
    );
    trap(
        &plan("pod.delete", &pod(json!([]), "train"), &[]).unwrap(),
        "step of run train",
    );
    assert_eq!(bare.steps[0].path, "/api/v1/namespaces/ml/pods/p");
}

#[test]
fn hostile_names_reach_neither_the_path_nor_the_person() {
    let mut run = sample("fraud-train-oom");
    let nodes = run["status"]["nodes"].as_object_mut().unwrap();
    for node in nodes.values_mut().filter(|n| n["type"] == "Pod") {
        node["templateName"] = "x/../../../secrets/y?\u{1b}[2J".into();
        node["displayName"] = "fit\u{1b}[2J\u{202e}".into();
    }
    let plan = plan("run.retry", &run, &[]).unwrap();
    for step in plan.steps.iter().filter(|s| s.verb == "delete") {
        let rest = step
            .path
            .strip_prefix("/api/v1/namespaces/ml-fraud/pods/")
            .unwrap();
        assert!(
            !rest.contains('/') && !rest.contains('?') && rest.is_ascii(),
            "{rest}"
        );
    }
    let shown: String = plan.facts.iter().map(|f| f.text.to_string()).collect();
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown:?}"
    );
}

#[test]
fn a_suspended_run_that_is_told_to_end_does_once_it_is_resumed() {
    let mut run = sample("image-pull");
    run["status"]["phase"] = "Running".into();
    run["spec"]["suspend"] = true.into();
    for (action, strategy, told) in [
        (
            "run.stop",
            "Stop",
            "its exit handler waits, until it is resumed",
        ),
        (
            "run.terminate",
            "Terminate",
            "stays Running until it is resumed",
        ),
    ] {
        let held = plan(action, &run, &[]).unwrap();
        assert!(!trap(&held, told).blocks, "it is safe: nothing more starts");
        assert!(held.does.contains("once it is resumed"), "{}", held.does);
        assert_eq!(held.steps[0].body["spec"], json!({"shutdown": strategy}));
        let mut after = run.clone();
        assert!(!held.verify.holds(Some(&after)));
        after["spec"]["shutdown"] = strategy.into();
        assert!(
            held.verify.holds(Some(&after)),
            "it is not waited for an end that does not come"
        );
        let resumed = plan("run.resume", &after, &[]).unwrap();
        assert!(fact(&resumed, "end").contains(strategy));
        assert_eq!(resumed.steps[0].body["spec"]["shutdown"], strategy);
    }
    run["spec"]["suspend"] = false.into();
    let free = plan("run.stop", &run, &[]).unwrap();
    assert!(
        !free
            .traps
            .iter()
            .any(|t| t.text.as_str().contains("suspended"))
    );
    assert_eq!(free.verify.checks[0].pointer, "/status/phase");
}
