//! Stop, terminate, suspend, resume, resubmit, submit, and the deletion of a run and of a pod.

use serde_json::{Value, json};

use super::{NS, Person, container, ended, name, node_id, object, pods, run, start, until};

/// A run whose first step takes long, with another behind it and an exit handler.
fn long(name: &str) -> Value {
    start(
        name,
        &json!({"onExit": "quick"}),
        &json!([
        {"name": "main", "steps": [[{"name": "slow", "template": "slow"}], [{"name": "next", "template": "quick"}]]},
        container("slow", &[("run-time", "8s")]), container("quick", &[])]),
    );
    until(name, "its first step runs", |run| {
        let nodes = run["status"]["nodes"].as_object();
        nodes
            .into_iter()
            .flatten()
            .any(|(_, n)| n["displayName"] == "slow" && n["phase"] == "Running")
    })
}

fn exit_handler_ran(run: &Value) -> bool {
    let nodes = run["status"]["nodes"].as_object().unwrap();
    nodes
        .values()
        .any(|n| n["name"].as_str().unwrap().ends_with(".onExit"))
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_that_is_stopped_runs_its_exit_handler_and_one_that_is_terminated_does_not() {
    let person = Person::new("sre");
    for (action, word, handler) in [
        ("run.stop", "Stop", true),
        ("run.terminate", "Terminate", false),
    ] {
        let name = name(&word.to_lowercase());
        long(&name);
        let preview = person.preview(action, &name, &[]);
        assert_eq!(preview["risk"], "loses-work");
        assert_eq!(
            preview["steps"][0]["body"]["spec"],
            json!({"shutdown": word})
        );
        let outcome = person.act(action, &name, &[]);
        assert!(outcome["undo"].is_null(), "{outcome}");
        let after = ended(&name, "");
        assert_eq!(after["spec"]["shutdown"], word);
        assert_eq!(after["status"]["phase"], "Failed");
        assert_eq!(exit_handler_ran(&after), handler, "{action}");
        let names: Vec<&Value> = after["status"]["nodes"]
            .as_object()
            .unwrap()
            .values()
            .map(|n| &n["displayName"])
            .collect();
        assert!(
            !names.contains(&&json!("next")),
            "{action}: a new step was started: {names:?}"
        );
        person.act("run.delete", &name, &[]);
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_that_is_suspended_starts_nothing_until_it_is_resumed() {
    let person = Person::new("sre");
    let name = name("suspend");
    long(&name);
    let outcome = person.act("run.suspend", &name, &[]);
    assert_eq!(outcome["undo"]["action"], "run.resume", "{outcome}");
    let held = until(&name, "its first step ends", |run| {
        let nodes = run["status"]["nodes"].as_object().unwrap();
        nodes
            .values()
            .any(|n| n["displayName"] == "slow" && n["phase"] == "Succeeded")
    });
    assert_eq!(held["spec"]["suspend"], true);
    let outcome = person.act("run.resume", &name, &[]);
    assert_eq!(outcome["plan"]["target"]["name"], name.as_str());
    let after = ended(&name, "");
    assert_eq!(after["status"]["phase"], "Succeeded");
    assert!(after["spec"]["suspend"].is_null());
    person.act("run.delete", &name, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_copy_and_a_run_of_a_template_are_new_runs_with_the_parameters_given() {
    let person = Person::new("sre");
    let name = name("copied");
    start(
        &name,
        &json!({"arguments": {"parameters": [{"name": "lr", "value": "0.1"}]}}),
        &json!([container("main", &[])]),
    );
    ended(&name, "");
    let made = |outcome: &Value| {
        let body = &outcome["plan"]["steps"][0]["body"]["metadata"];
        body["name"]
            .as_str()
            .unwrap_or_else(|| panic!("{outcome}"))
            .to_owned()
    };
    let copy = made(&person.act("run.resubmit", &name, &["--param", "parameters=lr=0.2"]));
    let after = ended(&copy, "");
    assert_eq!(
        after["spec"]["arguments"]["parameters"],
        json!([{"name": "lr", "value": "0.2"}])
    );
    assert_eq!(
        after["metadata"]["labels"]["workflows.argoproj.io/resubmitted-from-workflow"],
        name.as_str()
    );
    let outcome = person.act(
        "template.submit",
        "batch-score",
        &["--param", "parameters=model=models:/fraud/13"],
    );
    let submitted = made(&outcome);
    let after = ended(&submitted, "");
    assert_eq!(after["status"]["phase"], "Succeeded");
    assert_eq!(after["spec"]["workflowTemplateRef"]["name"], "batch-score");
    assert_eq!(
        after["spec"]["arguments"]["parameters"][0]["value"],
        "models:/fraud/13"
    );
    for name in [&name, &copy, &submitted] {
        person.act("run.delete", name, &[]);
        assert!(object("workflows.argoproj.io", name).is_none());
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_pod_that_is_deleted_fails_its_step_and_a_deleted_run_takes_its_pods_with_it() {
    let person = Person::new("sre");
    let name = name("pod");
    let running = long(&name);
    let slow = node_id(&running, "slow");
    let pod = pods(&name)
        .into_iter()
        .find(|(pod, _)| slow.ends_with(pod.rsplit('-').next().unwrap()))
        .unwrap();
    let outcome = person.act("pod.delete", &pod.0, &[]);
    assert_eq!(outcome["plan"]["target"]["uid"], pod.1.as_str());
    assert!(pods(&name).iter().all(|(_, uid)| *uid != pod.1));
    let after = ended(&name, "");
    let phase = after["status"]["nodes"][&slow]["phase"].as_str().unwrap();
    // Failed where its container could still tell of its end
    assert!(matches!(phase, "Failed" | "Error"), "{phase}");
    let uid = run(&name)["metadata"]["uid"].clone();
    let outcome = person.act("run.delete", &name, &[]);
    assert_eq!(outcome["plan"]["target"]["uid"], uid);
    crate::support::wait_for("its pods to go", super::LONG, || {
        pods(&name).is_empty().then_some(())
    });
    let again = person.midwatch(&[
        "do",
        "run.delete",
        &name,
        "-n",
        NS,
        "--yes",
        "--confirm",
        &name,
    ]);
    assert_eq!(again.code, Some(4), "{again:?}");
}
