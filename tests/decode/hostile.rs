//! Workflows that no controller would write: cycles, strays, giants, odd types, bombs.

use std::io::Write as _;
use std::time::Instant;

use base64::Engine as _;
use midwatch::domain::{ClusterId, StepTree};
use midwatch::kinds::{Kind, Nodes, Pods, Runs, Workflows};
use serde_json::{Value, json};

use super::picture::{detail, picture, row};

fn workflow(nodes: Value) -> Vec<u8> {
    serde_json::to_vec(&json!({
        "metadata": {"name": "wf", "namespace": "ml"},
        "status": {"phase": "Running", "nodes": nodes}
    }))
    .unwrap()
}

/// Every node once, reachable from a root, never too deep.
fn is_whole(tree: &StepTree, nodes: usize) {
    assert_eq!(tree.lost_steps(nodes), 0);
    assert_eq!(tree.steps.len() + tree.folded.len(), nodes);
    let mut seen = vec![0; tree.steps.len()];
    for id in tree.walk() {
        seen[id] += 1;
    }
    assert!(
        seen.iter().all(|n| *n == 1),
        "a step stands {:?} times",
        seen.iter().max()
    );
}

#[test]
fn cycles_strays_and_doubles_lose_no_step() {
    let json = workflow(json!({
        "wf": {"name": "wf", "type": "DAG", "phase": "Running", "children": ["a", "a", "wf", "nobody", 5, null]},
        "a": {"name": "wf.a", "type": "DAG", "phase": "Running", "boundaryID": "b", "children": ["b"]},
        "b": {"name": "wf.b", "type": "DAG", "phase": "Running", "boundaryID": "a", "children": ["a"]},
        "self": {"name": "wf.self", "type": "Retry", "phase": "Running", "boundaryID": "self", "children": ["self"]},
        "stray": {"name": "wf.stray", "type": "Pod", "phase": "Failed", "boundaryID": "gone"},
        "null": null, "five": 5, "list": [1], "empty": {},
        "odd": {"name": ["x"], "type": 7, "phase": {}, "children": "a", "inputs": [], "outputs": "x",
                "startedAt": 5, "boundaryID": true, "templateRef": "x", "nodeFlag": null}
    }));
    let run = detail(&json);
    is_whole(&run.tree, 10);
    assert_eq!(run.row, row(&json));
}

#[test]
fn kfp_names_folded_in_a_circle_lose_no_step() {
    let driver = "system-dag-driver";
    let json = workflow(json!({
        "a": {"name": "a", "displayName": "x-driver", "type": "Pod", "templateName": driver, "boundaryID": "b"},
        "b": {"name": "b", "displayName": "x", "type": "DAG", "templateName": driver, "boundaryID": "b"},
        "c": {"name": "c", "displayName": "root", "type": "DAG", "boundaryID": "d"},
        "d": {"name": "d", "displayName": "root", "type": "DAG", "boundaryID": "c"},
        "e": {"name": "e", "displayName": "executor", "type": "Pod", "boundaryID": "f"},
        "f": {"name": "f", "displayName": "executor", "type": "DAG", "boundaryID": "f",
              "templateName": "system-container-executor"}
    }));
    is_whole(&detail(&json).tree, 6);
}

/// A chain: each node inside the one before and followed by the next.
fn chain(count: usize) -> Vec<u8> {
    let mut nodes = serde_json::Map::new();
    for n in 0..count {
        nodes.insert(
            format!("n{n}"),
            json!({"name": format!("n{n}"), "displayName": format!("n{n}"), "type": "DAG", "phase": "Running",
                "boundaryID": if n == 0 { String::new() } else { format!("n{}", n - 1) },
                "children": [format!("n{}", n + 1)], "startedAt": "2026-11-21T00:00:00Z"}),
        );
    }
    workflow(Value::Object(nodes))
}

#[test]
fn a_chain_of_100_000_nodes_neither_overflows_nor_takes_long() {
    let json = chain(100_000);
    let start = Instant::now();
    let run = detail(&json);
    println!("100,000 nested nodes: {:?}", start.elapsed());
    is_whole(&run.tree, 100_000);
    let deepest = (0..run.tree.steps.len())
        .step_by(997)
        .map(|id| run.tree.depth(id))
        .max();
    assert!(deepest.unwrap() <= 201, "{deepest:?}");
}

/// A fan-out where every item names every step of the next level: as many edges as one pleases.
#[test]
fn half_a_million_edges_take_no_time_to_speak_of() {
    let mut nodes = serde_json::Map::new();
    for level in 0..5 {
        let next: Vec<String> = (0..350).map(|n| format!("{}-{n}", level + 1)).collect();
        for n in 0..350 {
            nodes.insert(
                format!("{level}-{n}"),
                json!({"name": format!("wf.{level}-{n}"), "type": "Pod", "phase": "Succeeded", "children": next,
                    "startedAt": format!("2026-11-21T00:0{level}:00Z"), "finishedAt": format!("2026-11-21T00:0{}:00Z", level + 1)}),
            );
        }
    }
    let json = workflow(Value::Object(nodes));
    let start = Instant::now();
    let run = detail(&json);
    println!("1,750 nodes, 612,500 edges: {:?}", start.elapsed());
    is_whole(&run.tree, 1_750);
    assert_eq!(run.tree.critical.iter().filter(|c| **c).count(), 5);
}

/// A run of 5,000 steps in 50 groups with inputs, outputs and an artifact each.
pub fn large() -> Vec<u8> {
    let mut nodes = serde_json::Map::new();
    nodes.insert(
        "wf".into(),
        json!({"id": "wf", "name": "wf", "displayName": "wf", "type": "DAG", "phase": "Running"}),
    );
    for group in 0..50 {
        let name = format!("g{group}");
        nodes.insert(name.clone(), json!({"id": name, "name": format!("wf.{name}"), "displayName": name,
            "type": "TaskGroup", "phase": "Running", "boundaryID": "wf", "startedAt": "2026-11-21T00:00:00Z",
            "children": (0..99).map(|n| format!("g{group}-{n}")).collect::<Vec<_>>()}));
        for n in 0..99 {
            let id = format!("g{group}-{n}");
            nodes.insert(id.clone(), json!({"id": id, "name": format!("wf.{name}({n}:x{n})"),
                "displayName": format!("{name}({n}:x{n})"), "type": "Pod", "phase": "Succeeded", "boundaryID": "wf",
                "templateName": "embed", "hostNodeName": "gpu-1", "progress": "1/1",
                "startedAt": "2026-11-21T00:00:05Z", "finishedAt": "2026-11-21T00:09:05Z",
                "resourcesDuration": {"cpu": 5, "memory": 9},
                "inputs": {"parameters": [{"name": "shard", "value": n.to_string()}]},
                "outputs": {"exitCode": "0", "artifacts": [{"name": "main-logs", "s3": {"key": format!("wf/{id}/main.log")}}]}}));
        }
    }
    workflow(Value::Object(nodes))
}

#[test]
fn a_run_of_5_000_steps_opens_at_once() {
    let json = large();
    let start = Instant::now();
    let run = detail(&json);
    let opened = start.elapsed();
    let start = Instant::now();
    let listed = row(&json);
    println!(
        "5,001 nodes, {} KB: opened in {opened:?}, row in {:?} (this build is not optimised unless told so)",
        json.len() / 1024,
        start.elapsed()
    );
    is_whole(&run.tree, 5_001);
    assert_eq!(listed.tally, run.tree.total());
    assert_eq!((listed.tally.ok, run.tree.roots.len()), (4_950, 1));
    assert!(opened.as_secs() < 3, "{opened:?}");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    serde_json::to_vec(
        &json!({"metadata": {"name": "wf"}, "status": {"phase": "Failed",
        "message": "child failed", "compressedNodes": text}}),
    )
    .unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_nodes_that_cannot_be_read_leave_the_row_and_say_why() {
    let mut cut = gzip(&large());
    cut.truncate(200);
    let cases: [(&[u8], &str); 5] = [
        (&gzip(&vec![b' '; 70 << 20]), "larger than 64 MiB"),
        (&cut, "gzip stream is damaged"),
        (&[0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3], "zstd stream is damaged"),
        (b"no brotli at all", "brotli stream is damaged"),
        (&gzip(b"{\"a\": {"), "not a map of nodes"),
    ];
    for (bytes, why) in cases {
        let json = packed(bytes);
        let run = detail(&json);
        assert!(run.gap.contains(why), "{why}: {}", run.gap);
        assert_eq!(run.row, row(&json));
        assert_eq!(&*run.row.last_word, "child failed");
    }
}

#[test]
fn offloaded_nodes_are_said_to_be_so() {
    let json = br#"{"metadata":{"name":"wf"},"status":{"phase":"Running","offloadNodeStatusVersion":"fnv:1"}}"#;
    let run = detail(json);
    assert!(run.gap.contains("offloaded"), "{}", run.gap);
    assert!(run.row.last_word.contains("offloaded"));
}

#[test]
fn one_odd_field_loses_no_row() {
    let json = br#"{"metadata":{"name":"wf","labels":null,"annotations":[1],"creationTimestamp":5,"uid":null},
        "spec":{"suspend":"true","templates":{},"arguments":{"parameters":[null,{"name":"a","value":5},{"name":1}]}},
        "status":{"phase":"Running","progress":5,"startedAt":"soon","estimatedDuration":"90","nodes":[],"outputs":null}}"#;
    let run = detail(json);
    assert_eq!(
        (run.row.phase.word(), run.row.estimate, run.row.progress),
        ("Waiting", Some(90), None)
    );
    let values: Vec<_> = run
        .arguments
        .iter()
        .map(|p| p.value.as_deref().unwrap_or("-"))
        .collect();
    assert_eq!(values, ["5", "-"]);
    let cluster = ClusterId::new("c");
    let pod =
        serde_json::from_str(r#"{"metadata":{"name":"p"},"spec":{"containers":null},"status":[]}"#)
            .unwrap();
    assert!(Pods::row(&cluster, pod).containers.is_empty());
    let node = serde_json::from_str(
        r#"{"metadata":{"name":"n"},"status":{"capacity":[],"allocatable":{"nvidia.com/gpu":null}}}"#,
    );
    assert_eq!(Nodes::row(&cluster, node.unwrap()).gpus[0].allocatable, 0);
}

#[test]
fn what_is_no_object_is_an_error_and_no_row() {
    for json in [
        "5",
        "null",
        "[]",
        "{}",
        r#"{"metadata":{}}"#,
        r#"{"metadata":{"name":null}}"#,
        "{",
    ] {
        assert!(
            serde_json::from_str::<<Workflows as Kind>::Slim>(json).is_err(),
            "{json}"
        );
        assert!(
            serde_json::from_str::<<Runs as Kind>::Slim>(json).is_err(),
            "{json}"
        );
        assert!(
            serde_json::from_str::<<Pods as Kind>::Slim>(json).is_err(),
            "{json}"
        );
    }
}

#[test]
fn hostile_names_are_harmless_in_the_tree() {
    let json = workflow(
        json!({"a": {"name": "a\u{1b}[2J", "displayName": "x\u{202e}y\nz", "type": "Pod", "phase": "Failed",
        "message": "main: Error (exit code 1): \u{1b}]52;c;cm0=\u{7}boo"}}),
    );
    let run = detail(&json);
    assert_eq!(picture(&run.tree), "  x‹U+202E›y⏎z Failed\n");
    assert_eq!(
        &*run.tree.steps[0].message,
        "main: Error (exit code 1): boo"
    );
    assert!(run.row.last_word.chars().all(|c| !c.is_control()));
}
