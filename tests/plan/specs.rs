//! Specifications of workflows by chance: every shape that the controller turns into nodes of its own.

use serde_json::{Value, json};

use super::walk::Chance;

/// A workflow without a status.
pub fn workflow(name: &str, chance: &mut Chance) -> Value {
    let mut templates = leaves();
    let mut known: Vec<String> = templates
        .iter()
        .map(|t| t["name"].as_str().unwrap().to_owned())
        .collect();
    // each may use those made before it, so nothing uses itself
    for number in 0..2 + chance.below(4) {
        let own = format!("group-{number}");
        let mut template = if chance.percent(60) {
            dag(chance, &known)
        } else {
            steps(chance, &known)
        };
        template["name"] = own.as_str().into();
        if chance.percent(20) {
            template["retryStrategy"] = json!({"limit": chance.below(3)});
        }
        templates.push(template);
        known.push(own);
    }
    let entry = if chance.percent(10) {
        chance.pick(&known).clone()
    } else {
        known.last().unwrap().clone()
    };
    let mut spec = json!({"entrypoint": entry, "templates": templates,
        "arguments": {"parameters": [{"name": "lr", "value": "0.1"}, {"name": "epochs", "value": "3"}]}});
    if chance.percent(35) {
        spec["onExit"] = chance.pick(&known).as_str().into();
    }
    if chance.percent(15) {
        spec["hooks"] = json!({"seen": {"template": chance.pick(&known), "expression": "true"}});
    }
    if chance.percent(15) {
        spec["activeDeadlineSeconds"] = (chance.below(2) * 600).into();
    }
    if chance.percent(20) {
        spec["shutdown"] = "Stop".into();
    }
    if chance.percent(20) {
        spec["ttlStrategy"] = json!({"secondsAfterCompletion": 86_400});
    }
    let mut workflow = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name, "namespace": "ml", "labels": {"team": "fraud"}}, "spec": spec});
    if chance.percent(30) {
        workflow["metadata"]["generateName"] = "generated-".into();
    }
    match chance.below(6) {
        0 => {
            workflow["metadata"]["annotations"] =
                json!({"workflows.argoproj.io/pod-name-format": "v1"});
        }
        1..=3 => {
            workflow["metadata"]["annotations"] =
                json!({"workflows.argoproj.io/pod-name-format": "v2"});
        }
        _ => {}
    }
    workflow
}

fn leaves() -> Vec<Value> {
    let container = json!({"image": "x"});
    vec![
        json!({"name": "work", "container": container}),
        json!({"name": "flaky", "container": container, "retryStrategy": {"limit": 2}}),
        json!({"name": "once", "script": {"image": "x", "source": "y"}, "retryStrategy": {"limit": "0"}}),
        json!({"name": "cached", "container": container, "memoize": {"key": "k", "cache": {}}}),
        json!({"name": "server", "container": container, "daemon": true}),
        json!({"name": "call", "http": {"url": "http://x"}}),
        json!({"name": "plug", "plugin": {"x": {}}}),
        json!({"name": "gate", "suspend": {}}),
        json!({"name": "ask", "suspend": {},
            "inputs": {"parameters": [{"name": "share", "value": "10", "enum": ["10", "50"]}, {"name": "why", "value": "x"}]},
            "outputs": {"parameters": [{"name": "share", "valueFrom": {"default": "10", "supplied": {}}},
                {"name": "why", "globalName": "reason", "valueFrom": {"default": "-", "supplied": {}}}]}}),
        json!({"name": "set", "containerSet": {"containers": [{"name": "a", "image": "x"},
            {"name": "b", "image": "x", "dependencies": ["a"]}, {"name": "c", "image": "x", "dependencies": ["a"]},
            {"name": "main", "image": "x", "dependencies": ["b", "c"]}]}}),
        json!({"name": "set-flaky", "retryStrategy": {"limit": 1},
            "containerSet": {"containers": [{"name": "a", "image": "x"}, {"name": "main", "image": "x"}]}}),
    ]
}

/// What a step or task runs, and how.
fn call(chance: &mut Chance, name: &str, known: &[String]) -> Value {
    let mut call = json!({"name": name, "template": chance.pick(known)});
    if chance.percent(6) {
        call = json!({"name": name, "inline": {"container": {"image": "x"}}});
    }
    if chance.percent(6) {
        call = json!({"name": name, "templateRef": {"name": "shared", "template": "away"}});
    }
    if chance.percent(20) {
        call["withItems"] = json!([1, 2, 3]);
    }
    if chance.percent(15) {
        call["when"] = "maybe".into();
    }
    if chance.percent(10) {
        call["onExit"] = chance.pick(known).as_str().into();
    }
    if chance.percent(10) {
        call["hooks"] = json!({"running": {"template": "work", "expression": "true"}});
    }
    if chance.percent(10) {
        call["continueOn"] = json!({"failed": true});
    }
    call
}

fn steps(chance: &mut Chance, known: &[String]) -> Value {
    let groups = 1 + chance.below(4);
    let groups: Vec<Value> = (0..groups)
        .map(|group| {
            let count = 1 + chance.below(3);
            let list = (0..count).map(|n| call(chance, &format!("s{group}{n}"), known));
            Value::Array(list.collect())
        })
        .collect();
    json!({"steps": groups})
}

fn dag(chance: &mut Chance, known: &[String]) -> Value {
    let count = 1 + chance.below(7);
    let tasks: Vec<Value> = (0..count)
        .map(|number| {
            let mut task = call(chance, &format!("t{number}"), known);
            let mut needs = Vec::new();
            for other in 0..number {
                if chance.percent(35) {
                    needs.push(format!("t{other}"));
                }
            }
            if chance.percent(20) && !needs.is_empty() {
                let all: Vec<String> = needs
                    .iter()
                    .map(|n| format!("({n}.Succeeded || {n}.Failed)"))
                    .collect();
                task["depends"] = all.join(" && ").into();
            } else if !needs.is_empty() {
                task["dependencies"] = json!(needs);
            }
            task
        })
        .collect();
    json!({"dag": {"tasks": tasks}})
}
