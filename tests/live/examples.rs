//! Real workflows, decoded and drawn: no step lost.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use midwatch::domain::{ClusterId, Key, RunDetail, RunRow};
use midwatch::kinds::argo::names::node_id;
use midwatch::kinds::argo::packed::unpack;
use midwatch::kinds::{Kind, Pods, Runs, Workflows};
use serde_json::Value;

use crate::support::draw::assert_all_steps_shown;
use crate::support::{rig, tls};

fn both(json: &str) -> (RunRow, RunDetail) {
    let cluster = ClusterId::new("rig");
    let row = Workflows::row(&cluster, serde_json::from_str(json).unwrap());
    (
        row,
        Runs::row(&cluster, serde_json::from_str(json).unwrap()),
    )
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            found.push(path);
        }
    }
}

/// The workflows of a YAML file of one or more documents, each with a name as the API server would give it.
fn workflows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut found = Vec::new();
    for mut document in documents {
        if document["kind"] != "Workflow" {
            continue;
        }
        let meta = &mut document["metadata"];
        if meta["name"].is_null() {
            meta["name"] = format!(
                "{}x7k2p",
                meta["generateName"].as_str().unwrap_or("unnamed-")
            )
            .into();
        }
        found.push(document);
    }
    found
}

#[test]
#[ignore = "needs tests/rig/live"]
fn every_example_of_the_argo_project_is_read_without_loss() {
    let mut paths = Vec::new();
    files(Path::new(&rig("MIDWATCH_RIG_ARGO_EXAMPLES")), &mut paths);
    let (mut read, mut templates, mut arguments) = (0, 0, 0);
    for path in paths {
        for workflow in workflows(&path) {
            let json = workflow.to_string();
            let (row, run) = both(&json);
            assert_eq!(row, run.row, "{}", path.display());
            assert_all_steps_shown(&run);
            assert_eq!(
                &*row.key.name,
                workflow["metadata"]["name"].as_str().unwrap()
            );
            let spec = &workflow["spec"];
            let list = |value: &Value| value.as_array().map_or(0, Vec::len);
            let slim: <Runs as Kind>::Slim = serde_json::from_str(&json).unwrap();
            let count = slim.spec.get().map_or(0, |s| s.templates.count as usize);
            assert_eq!(count, list(&spec["templates"]), "{}", path.display());
            let given = list(&spec["arguments"]["parameters"]);
            assert_eq!(run.arguments.len(), given, "{}", path.display());
            read += 1;
            templates += count;
            arguments += given;
        }
    }
    println!("{read} example workflows read: {templates} templates, {arguments} arguments");
    assert!(read > 100, "only {read} workflows found");
}

/// The nodes that the status really holds, by a decoder that knows nothing of ours.
fn nodes(workflow: &Value) -> usize {
    let status = &workflow["status"];
    match (
        status["nodes"].as_object(),
        status["compressedNodes"].as_str(),
    ) {
        (Some(nodes), _) if !nodes.is_empty() => nodes.len(),
        (_, Some(packed)) if !packed.is_empty() => {
            let nodes: Value = serde_json::from_slice(&unpack(packed).unwrap()).unwrap();
            nodes.as_object().unwrap().len()
        }
        _ => 0,
    }
}

async fn list(path: &str) -> Value {
    let kubeconfig = Kubeconfig::read_from(rig("MIDWATCH_RIG_KUBECONFIG_ADMIN")).unwrap();
    let options = KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    client.request(request).await.unwrap()
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn no_step_of_a_run_in_the_cluster_is_lost() {
    tls();
    let list = list("/apis/argoproj.io/v1alpha1/workflows").await;
    let (mut runs, mut steps, mut folded) = (0, 0, 0);
    for workflow in list["items"].as_array().unwrap() {
        let name = &workflow["metadata"]["name"];
        let (row, run) = both(&workflow.to_string());
        let known = nodes(workflow);
        assert_eq!(
            run.tree.steps.len() + run.tree.folded.len(),
            known,
            "{name}"
        );
        assert_eq!(run.tree.walk().count(), run.tree.steps.len(), "{name}");
        assert_eq!(row, run.row, "{name}");
        assert_eq!(row.tally, run.tree.total(), "{name}");
        // bulk runs of the benchmark look all alike
        if !name.as_str().unwrap().starts_with("bench") {
            assert_all_steps_shown(&run);
        }
        runs += 1;
        steps += run.tree.steps.len();
        folded += run.tree.folded.len();
    }
    println!(
        "{runs} runs in the cluster: {steps} steps in their trees, {folded} nodes folded into them"
    );
    assert!(runs > 0, "the rig has no workflow");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_pod_of_a_step_is_named_as_the_controller_named_it() {
    tls();
    let workflows = list("/apis/argoproj.io/v1alpha1/workflows").await;
    let pods = list("/api/v1/pods").await;
    let items = workflows["items"].as_array().unwrap();
    let runs: HashMap<Key, RunDetail> = items
        .iter()
        .map(|workflow| both(&workflow.to_string()).1)
        .map(|run| (run.row.key.clone(), run))
        .collect();
    let mut compared = 0;
    for pod in pods["items"].as_array().unwrap() {
        let slim: <Pods as Kind>::Slim = serde_json::from_value(pod.clone()).unwrap();
        let pod = Pods::row(&ClusterId::new("rig"), slim);
        let key = Key::new(ClusterId::new("rig"), &pod.key.namespace, &pod.run);
        let Some(run) = runs.get(&key) else {
            continue;
        };
        let folded = run.tree.folded.iter().map(|(_, step)| step);
        let step = run
            .tree
            .steps
            .iter()
            .chain(folded)
            .find(|s| s.id == pod.step);
        // runs made in bulk for load have ids of their own making; the controller's follow its rule
        if let Some(step) = step.filter(|s| node_id(&pod.run, &s.name) == *s.id) {
            assert_eq!(step.pod, pod.key.name, "{}", step.name);
            compared += 1;
        }
    }
    println!("{compared} pods are named as their steps say");
    assert!(compared > 0, "the rig has no step pod");
}
