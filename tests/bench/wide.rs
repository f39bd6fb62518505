//! A run of 5,000 steps: how long it takes to open, and from key to frame while it is scrolled with all branches open.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Map, Value, json};

use super::{LONG, print, quantiles};
use crate::support::pty::Pty;
use crate::support::rig;

const NAME: &str = "bench-five-thousand";
const GROUPS: usize = 10;
const ITEMS: usize = 499;
const PAGES: usize = 120;

/// Makes the run, opens it, scrolls through it, goes back.
pub fn measure(console: &mut Pty) {
    make();
    console.send("2");
    console.wait_for("Runs", LONG);
    console.send("/");
    for letter in "five-thou".chars() {
        console.send(&letter.to_string());
    }
    console.wait_for(NAME, LONG);
    console.send("Enter");
    console.settle(Duration::from_millis(400), LONG);
    let asked = Instant::now();
    console.send("Enter");
    console.wait_for("4990 steps", LONG);
    print(
        "run of 5,000 steps: opened, with its list and pods asked for",
        asked.elapsed().as_millis(),
        "ms",
    );
    console.send("+");
    console.settle(Duration::from_millis(400), LONG);
    let mut times = Vec::new();
    for page in 0..PAGES {
        let (bytes, pressed) = (console.bytes(), Instant::now());
        console.send(if page < PAGES / 2 {
            "PageDown"
        } else {
            "PageUp"
        });
        console.wait_until("a frame", LONG, |_| true);
        while console.bytes() == bytes {
            std::thread::yield_now();
        }
        times.push(pressed.elapsed());
        console.settle(Duration::from_millis(25), LONG);
    }
    quantiles("run of 5,000 steps, all open: key to frame", &mut times);
    console.send("Esc");
}

fn make() {
    let manifest = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": NAME, "namespace": "bench-0", "labels": {
            "workflows.argoproj.io/controller-instanceid": "bench", "workflows.argoproj.io/completed": "true"}},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Succeeded", "startedAt": "2026-11-21T01:00:00Z", "finishedAt": "2026-11-21T02:00:00Z",
                   "compressedNodes": packed(&nodes())},
    });
    let mut child = Command::new(rig("MIDWATCH_RIG_KUBECTL"))
        .args([
            "--kubeconfig",
            &rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"),
            "apply",
            "--validate=false",
            "-f",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(manifest.to_string().as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success(), "the run was not made");
}

/// One DAG of ten groups with 499 tasks each.
fn nodes() -> Map<String, Value> {
    let mut nodes = Map::new();
    let mut add = |id: String, kind: &str, boundary: &str, children: Vec<String>| {
        let node = json!({
            "id": id, "name": id, "displayName": id, "type": kind, "templateName": "work", "phase": "Succeeded",
            "boundaryID": boundary, "children": children,
            "startedAt": "2026-11-21T01:00:00Z", "finishedAt": "2026-11-21T01:30:00Z",
        });
        nodes.insert(id, node);
    };
    let groups: Vec<String> = (0..GROUPS).map(|g| format!("{NAME}-group-{g}")).collect();
    add(NAME.to_owned(), "DAG", "", groups.clone());
    for group in groups {
        let tasks: Vec<String> = (0..ITEMS).map(|i| format!("{group}-task-{i}")).collect();
        add(group.clone(), "DAG", NAME, tasks.clone());
        for task in tasks {
            add(task, "Pod", &group, Vec::new());
        }
    }
    nodes
}

fn packed(nodes: &Map<String, Value>) -> String {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&serde_json::to_vec(nodes).unwrap()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap())
}
