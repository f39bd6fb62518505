//! Stops, suspensions and gates, as Argo's own code writes them.

use midwatch::plan::argo::nodes::Nodes;
use midwatch::plan::{Plan, Refused};
use serde_json::{Value, json};

use super::oracle::Oracle;
use super::runs::{by_chance, samples};
use super::walk::Chance;
use super::{Counts, agree, body, plan};
use crate::support::rig;

/// Without the condition that we add to every write, the patch is the one that Argo sends.
fn same_patch(oracle: &mut Oracle, op: &str, run: &Value, counts: &mut Counts) {
    let theirs = oracle.ask(&json!({"op": op, "workflow": run}));
    let name = format!("run.{op}");
    if run["spec"]["shutdown"].is_string() {
        return;
    }
    let Some(ours) = agree(&name, run, plan(&name, run, &[], ""), &theirs) else {
        *counts.entry("shutdown refused by both").or_default() += 1;
        return;
    };
    let step = ours.steps.last().unwrap();
    let mut patch = step.body.clone();
    assert_eq!(
        patch["metadata"],
        json!({"uid": run["metadata"]["uid"], "resourceVersion": run["metadata"]["resourceVersion"]})
    );
    patch.as_object_mut().unwrap().remove("metadata");
    assert_eq!(
        theirs["writes"],
        json!([{"verb": "patch", "type": step.content_type, "patch": patch}])
    );
    *counts.entry("shutdowns").or_default() += 1;
}

/// The run afterwards is the same, and it is written whole.
fn same_update(
    oracle: &mut Oracle,
    question: &Value,
    ours: Result<Plan, Refused>,
    counts: &mut Counts,
) {
    let run = &question["workflow"];
    let op = question["op"].as_str().unwrap();
    let mut theirs = oracle.ask(question);
    if theirs["writes"].is_null() && theirs["error"].is_null() {
        // nothing to do: we say so
        assert!(ours.is_err(), "{op} of {}", run["metadata"]["name"]);
        *counts.entry("nothing to do").or_default() += 1;
        return;
    }
    let Some(ours) = agree(op, run, ours, &theirs) else {
        *counts.entry("refused by both").or_default() += 1;
        return;
    };
    assert_eq!(theirs["writes"], json!([{"verb": "update"}]));
    assert_eq!(ours.steps.last().unwrap().method, "PUT");
    let mut after = oracle.read(body(&ours));
    if op == "resume" {
        for workflow in [&mut after, &mut theirs["workflow"]] {
            let nodes = workflow["status"]["nodes"].as_object_mut();
            for node in nodes
                .into_iter()
                .flatten()
                .filter(|(_, n)| n["type"] == "Suspend")
            {
                node.1.as_object_mut().unwrap().remove("message");
            }
        }
    }
    assert_eq!(
        after, theirs["workflow"],
        "{op} of {}",
        run["metadata"]["name"]
    );
    let what = ["suspend", "resume", "approve", "reject", "set"];
    let what = what.into_iter().find(|w| *w == op).unwrap();
    *counts.entry(what).or_default() += 1;
}

#[test]
#[ignore = "needs tests/rig/live"]
fn stops_suspensions_and_gates_are_written_as_argo_writes_them() {
    let mut oracle = Oracle::start(&rig("MIDWATCH_RIG_ORACLE"));
    let mut chance = Chance::new(9);
    let mut counts = Counts::new();
    let mut runs = samples();
    runs.extend(by_chance(400, &mut chance, 25));
    runs.extend(by_chance(40, &mut chance, 0));
    for (number, run) in runs.iter_mut().enumerate() {
        if number % 3 == 0 && run["metadata"]["labels"]["workflows.argoproj.io/completed"] != "true"
        {
            run["spec"]["suspend"] = true.into();
        }
        same_patch(&mut oracle, "stop", run, &mut counts);
        same_patch(&mut oracle, "terminate", run, &mut counts);
        let ask = |op: &str| json!({"op": op, "workflow": run});
        let ended = run["metadata"]["labels"]["workflows.argoproj.io/completed"] == "true";
        same_update(
            &mut oracle,
            &ask("suspend"),
            plan("run.suspend", run, &[], ""),
            &mut counts,
        );
        if !ended {
            same_update(
                &mut oracle,
                &ask("resume"),
                plan("run.resume", run, &[("gates", "approve")], ""),
                &mut counts,
            );
        }
        let nodes = Nodes::read(run, "").unwrap().map;
        let open: Vec<&str> = midwatch::plan::argo::gates::open(&nodes)
            .iter()
            .map(|(id, _)| *id)
            .collect();
        for id in open {
            let at = |op: &str| json!({"op": op, "workflow": run, "nodeFieldSelector": format!("id={id}"), "message": "no", "values": {"why": "so"}});
            same_update(
                &mut oracle,
                &at("approve"),
                plan("gate.approve", run, &[("node", id)], ""),
                &mut counts,
            );
            same_update(
                &mut oracle,
                &at("reject"),
                plan("gate.reject", run, &[("node", id), ("message", "no")], ""),
                &mut counts,
            );
            same_update(
                &mut oracle,
                &at("set"),
                plan(
                    "gate.set-value",
                    run,
                    &[("node", id), ("values", "why=so")],
                    "",
                ),
                &mut counts,
            );
        }
    }
    println!(
        "stop, terminate, suspend, resume, approve, reject, set compared with Argo's own code: {counts:?}"
    );
    for what in ["shutdowns", "suspend", "resume", "approve", "reject", "set"] {
        assert!(counts[what] >= 50, "{what}: {counts:?}");
    }
}
