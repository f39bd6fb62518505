//! Gates: one is decided, the others wait on.

use serde_json::{Value, json};

use super::{NS, Person, container, ended, name, node_id, start, until};

/// A run with two gates side by side, the first with a parameter, and a step behind each.
fn gated(name: &str) -> Value {
    let mut deploy = container("deploy", &[]);
    deploy["inputs"] = json!({"parameters": [{"name": "decision"}]});
    start(
        name,
        &json!({}),
        &json!([
        {"name": "main", "dag": {"failFast": false, "tasks": [
            {"name": "asked", "template": "asked"}, {"name": "plain", "template": "plain"},
            {"name": "deploy", "template": "deploy", "depends": "asked",
                "arguments": {"parameters": [{"name": "decision", "value": "{{tasks.asked.outputs.parameters.decision}}"}]}},
            {"name": "report", "template": "report", "depends": "plain"}]}},
        {"name": "asked", "suspend": {}, "inputs": {"parameters": [{"name": "decision", "default": "NO", "enum": ["YES", "NO"]}]},
            "outputs": {"parameters": [{"name": "decision", "valueFrom": {"supplied": {}}}]}},
        {"name": "plain", "suspend": {}}, deploy, container("report", &[])]),
    );
    until(name, "both gates wait", |run| {
        let nodes = run["status"]["nodes"].as_object();
        nodes
            .into_iter()
            .flatten()
            .filter(|(_, n)| n["type"] == "Suspend" && n["phase"] == "Running")
            .count()
            == 2
    })
}

fn phase<'a>(run: &'a Value, shown: &str) -> &'a str {
    run["status"]["nodes"][node_id(run, shown)]["phase"]
        .as_str()
        .unwrap_or_default()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_gate_gets_its_value_and_is_approved_and_the_other_one_waits_on() {
    let person = Person::new("sre");
    let name = name("gates");
    let run = gated(&name);
    let (asked, plain) = (node_id(&run, "asked"), node_id(&run, "plain"));
    let node = |id: &str| format!("node={id}");
    // without its value it would let the step behind it fail
    let early = person.midwatch(&[
        "do",
        "gate.approve",
        &name,
        "-n",
        NS,
        "--yes",
        "--param",
        &node(&asked),
    ]);
    assert_eq!(early.code, Some(5), "{early:?}");
    person.act(
        "gate.set-value",
        &name,
        &["--param", &node(&asked), "--param", "values=decision=YES"],
    );
    let outcome = person.act("gate.approve", &name, &["--param", &node(&asked)]);
    assert_eq!(outcome["plan"]["gates"], json!([asked]));
    let after = until(&name, "the step behind it ends", |run| {
        let nodes = run["status"]["nodes"].as_object().unwrap();
        nodes
            .values()
            .any(|n| n["displayName"] == "deploy" && n["phase"] == "Succeeded")
    });
    let deploy = &after["status"]["nodes"][node_id(&after, "deploy")];
    assert_eq!(deploy["inputs"]["parameters"][0]["value"], "YES");
    assert_eq!(phase(&after, "plain"), "Running", "the other gate waits on");
    let outcome = person.act("gate.reject", &name, &["--param", &node(&plain)]);
    assert_eq!(outcome["plan"]["gates"], json!([plain]));
    let after = ended(&name, "");
    assert_eq!(phase(&after, "plain"), "Failed");
    assert_eq!(after["status"]["phase"], "Failed");
    let names: Vec<&Value> = after["status"]["nodes"]
        .as_object()
        .unwrap()
        .values()
        .filter(|n| n["phase"] == "Succeeded" && n["type"] == "Pod")
        .map(|n| &n["displayName"])
        .collect();
    assert_eq!(names, [&json!("deploy")]);
    // nothing failed but the gate: a retry has nothing to run
    person.act("run.delete", &name, &[]);
}
