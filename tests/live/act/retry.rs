//! `run.retry`: the preview's lists are what then happens.

use std::collections::BTreeMap;

use midwatch::plan::argo::nodes::Nodes;
use serde_json::{Map, Value, json};

use super::{NS, Person, container, ended, name, node_id, now, pods, start, texts, until};

/// The nodes, whichever way they are stored.
fn nodes(run: &Value) -> Map<String, Value> {
    Nodes::read(run, "look").unwrap().map.into_iter().collect()
}

/// Previews and carries out a retry of a run that ended, and compares what happened with what was said.
fn retried(name: &str, retries: usize) -> (Value, Value) {
    let person = Person::new("sre");
    let before = ended(name, "");
    let (old, pods_before): (_, BTreeMap<_, _>) =
        (nodes(&before), pods(name).into_iter().collect());
    let preview = person.preview("run.retry", name, &[]);
    assert_eq!(super::run(name), before, "{name}: a preview writes nothing");
    let since = now();
    let outcome = person.act("run.retry", name, &[]);
    for list in ["reset", "remove", "delete", "keep", "gates"] {
        assert_eq!(outcome["plan"][list], preview[list], "{name}: {list}");
    }
    let after = ended(name, &since);
    let new = nodes(&after);
    let pods_after: BTreeMap<_, _> = pods(name).into_iter().collect();
    for kept in preview["keep"].as_array().unwrap() {
        let id = kept["node"].as_str().unwrap();
        for field in ["phase", "startedAt", "finishedAt", "message", "outputs"] {
            assert_eq!(new[id][field], old[id][field], "{name}: {field} of {id}");
        }
    }
    let anew = texts(&preview["reset"])
        .into_iter()
        .chain(texts(&preview["remove"]));
    let mut ran = 0;
    for id in anew {
        let begun = new[id]["startedAt"]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {id} did not run"));
        assert!(
            begun >= since.as_str(),
            "{name}: {id} began {begun}, before {since}"
        );
        ran += 1;
    }
    assert_eq!(new.len(), old.len(), "{name}: a node too many or too few");
    for (pod, uid) in &pods_before {
        let deleted = texts(&preview["delete"]).contains(&pod.as_str());
        let now = pods_after.get(pod);
        assert_eq!(now != Some(uid), deleted, "{name}: pod {pod}");
    }
    assert_eq!(
        texts(&preview["delete"]).len(),
        retries,
        "{name}: {}",
        preview["delete"]
    );
    println!(
        "run.retry {name}: {} kept, {ran} ran anew, {retries} pods deleted, done after {} ms",
        preview["keep"].as_array().unwrap().len(),
        outcome["tookMillis"]
    );
    (before, after)
}

fn delete(name: &str) {
    Person::new("sre").act("run.delete", name, &[]);
    assert!(super::object("workflows.argoproj.io", name).is_none());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_does_what_its_preview_says_on_groups_attempts_hooks_and_fan_outs() {
    let bad = [("exit-code", "3")];
    let fan = name("fan");
    let rules = [("rules", r#"[{"node": "embed\\(\\d*7:", "exit-code": "3"}]"#)];
    let mut shard = container("shard", &rules);
    shard["inputs"] = json!({"parameters": [{"name": "shard"}]});
    start(
        &fan,
        &json!({}),
        &json!([
        {"name": "all", "dag": {"failFast": false, "tasks": [
            {"name": "plan", "template": "plan"},
            {"name": "embed", "template": "shard", "depends": "plan", "withSequence": {"count": "20"},
                "arguments": {"parameters": [{"name": "shard", "value": "{{item}}"}]}},
            {"name": "merge", "template": "plan", "depends": "embed.Succeeded"}]}},
        container("plan", &[]), shard]),
    );
    let hooked = name("hooked");
    start(
        &hooked,
        &json!({"onExit": "notify"}),
        &json!([
        {"name": "main", "steps": [[{"name": "load", "template": "notify", "hooks": {"exit": {"template": "notify"}}}],
            [{"name": "train", "template": "train"}], [{"name": "never", "template": "notify"}]]},
        container("train", &bad), container("notify", &[])]),
    );
    let attempts = name("attempts");
    let mut flaky = container("flaky", &bad);
    flaky["retryStrategy"] = json!({"limit": "2", "retryPolicy": "Always"});
    start(
        &attempts,
        &json!({}),
        &json!([
        {"name": "main", "dag": {"failFast": false, "tasks": [{"name": "good", "template": "good"}, {"name": "flaky", "template": "flaky"},
            {"name": "after", "template": "good", "depends": "flaky"}]}}, flaky, container("good", &[])]),
    );
    retried(&fan, 2);
    retried(&hooked, 2);
    retried(&attempts, 3);
    for name in [fan, hooked, attempts] {
        delete(&name);
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_keeps_gates_that_were_passed_and_runs_what_failed_deep_inside() {
    let name = name("nested");
    start(
        &name,
        &json!({}),
        &json!([
        {"name": "main", "steps": [[{"name": "gate", "template": "gate"}], [{"name": "outer", "template": "outer"}]]},
        {"name": "outer", "steps": [[{"name": "left", "template": "inner"}, {"name": "right", "template": "good"}]]},
        {"name": "inner", "dag": {"failFast": false, "tasks": [
            {"name": "fine", "template": "good"}, {"name": "bad", "template": "bad"},
            {"name": "after", "template": "good", "depends": "bad"}]}},
        {"name": "gate", "suspend": {}}, container("good", &[]), container("bad", &[("exit-code", "3")])]),
    );
    let waits = until(&name, "its gate waits", |run| {
        let nodes = run["status"]["nodes"].as_object();
        nodes
            .into_iter()
            .flatten()
            .any(|(_, n)| n["type"] == "Suspend" && n["phase"] == "Running")
    });
    let gate = node_id(&waits, "gate");
    let person = Person::new("sre");
    person.act("gate.approve", &name, &["--param", &format!("node={gate}")]);
    let (before, _) = retried(&name, 1);
    assert_eq!(before["status"]["nodes"][&gate]["phase"], "Succeeded");
    delete(&name);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_that_would_run_nothing_but_the_exit_handler_is_not_made() {
    let name = name("hook");
    start(
        &name,
        &json!({"onExit": "notify"}),
        &json!([
        {"name": "main", "steps": [[{"name": "train", "template": "train", "hooks": {"exit": {"template": "notify"}}}]]},
        container("train", &[("exit-code", "3")]), container("notify", &[])]),
    );
    let before = ended(&name, "");
    let person = Person::new("sre");
    let done = person.midwatch(&["do", "run.retry", &name, "-n", NS, "--confirm", &name]);
    assert_eq!(done.code, Some(5), "{done:?}");
    assert!(done.err.contains("run.resubmit"), "{done:?}");
    let now = super::run(&name);
    assert_eq!(now["status"], before["status"]);
    delete(&name);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_of_a_thousand_nodes_runs_only_the_failed_ones() {
    let name = name("thousand");
    let rules = [("rules", r#"[{"node": "trial\\(500:", "exit-code": "3"}]"#)];
    let mut trial = container("trial", &rules);
    trial["inputs"] = json!({"parameters": [{"name": "trial"}]});
    // what is skipped costs no pod: the thousand are there, and ten of them run
    start(
        &name,
        &json!({"parallelism": 50}),
        &json!([
        {"name": "sweep", "dag": {"failFast": false, "tasks": [
            {"name": "trial", "template": "trial", "withSequence": {"count": "1000"}, "when": "{{item}} % 100 == 0",
                "arguments": {"parameters": [{"name": "trial", "value": "{{item}}"}]}}]}}, trial]),
    );
    let (before, _) = retried(&name, 1);
    assert!(nodes(&before).len() > 1000, "{}", nodes(&before).len());
    delete(&name);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_whose_steps_are_packed_is_retried_and_packed_again() {
    let name = name("packed");
    let rules = [("rules", r#"[{"node": "trial\\(13:", "exit-code": "3"}]"#)];
    let mut trial = container("trial", &rules);
    trial["inputs"] = json!({"parameters": [{"name": "trial"}]});
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name, "namespace": NS, "labels": {"workflows.argoproj.io/controller-instanceid": "compressed"}},
        "spec": {"entrypoint": "sweep", "templates": [{"name": "sweep", "dag": {"failFast": false, "tasks": [
            {"name": "trial", "template": "trial", "withSequence": {"count": "40"},
                "arguments": {"parameters": [{"name": "trial", "value": "{{item}}"}]}}]}}, trial]}});
    super::kubectl(&["create", "-f", "-"], &run.to_string()).unwrap();
    let (before, after) = retried(&name, 1);
    for run in [&before, &after] {
        assert!(
            run["status"]["compressedNodes"].is_string(),
            "{}",
            run["status"]
        );
    }
    delete(&name);
}
