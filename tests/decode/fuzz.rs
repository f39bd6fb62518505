//! Anything that is JSON, and real workflows with pieces changed, through every decoder.

use std::sync::atomic::{AtomicUsize, Ordering};

use midwatch::domain::ClusterId;
use midwatch::kinds::{
    ClusterQueues, CronWorkflows, Experiments, InferenceServices, Kind, LlmInferenceServices,
    LocalQueues, Namespaces, Nodes, Notebooks, Pods, Profiles, QueuedWorkloads, Quotas, Revisions,
    Runs, Suggestions, Trials, WorkflowTemplates, Workflows,
};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::picture::recorded;

static ROWS: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn through<K: Kind>(json: &str) -> Option<K::Row> {
    if let Ok(slim) = serde_json::from_str::<K::Slim>(json) {
        ROWS.fetch_add(1, Ordering::Relaxed);
        return Some(K::row(&ClusterId::new("c"), slim));
    }
    REFUSED.fetch_add(1, Ordering::Relaxed);
    None
}

/// Every decoder takes it without a panic; the tree holds every node that the list counted.
fn survive(json: &str) -> Result<(), TestCaseError> {
    through::<Namespaces>(json);
    through::<Nodes>(json);
    through::<Pods>(json);
    through::<CronWorkflows>(json);
    through::<WorkflowTemplates>(json);
    through::<InferenceServices>(json);
    through::<LlmInferenceServices>(json);
    through::<Revisions>(json);
    through::<Experiments>(json);
    through::<Trials>(json);
    through::<Suggestions>(json);
    through::<ClusterQueues>(json);
    through::<LocalQueues>(json);
    through::<QueuedWorkloads>(json);
    through::<Quotas>(json);
    through::<Profiles>(json);
    through::<Notebooks>(json);
    let (row, run) = (through::<Workflows>(json), through::<Runs>(json));
    prop_assert_eq!(row.is_some(), run.is_some());
    if let (Some(row), Some(run)) = (row, run) {
        // names with characters that are sanitised may be cut in other places; plain ones read alike
        if json.bytes().all(|b| (0x20..0x7f).contains(&b)) && !json.contains('\\') {
            prop_assert_eq!(&row, &run.row);
        }
        prop_assert_eq!(run.tree.walk().count(), run.tree.steps.len());
        for step in &run.tree.steps {
            let _ = midwatch::store::cause(step, None, None, &run);
        }
    }
    Ok(())
}

/// Words that the decoders look for, and others.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
        "spec",
        "status",
        "nodes",
        "phase",
        "type",
        "message",
        "children",
        "boundaryID",
        "displayName",
        "templateName",
        "templateRef",
        "template",
        "inputs",
        "outputs",
        "parameters",
        "artifacts",
        "value",
        "valueFrom",
        "supplied",
        "exitCode",
        "progress",
        "startedAt",
        "finishedAt",
        "compressedNodes",
        "offloadNodeStatusVersion",
        "storedTemplates",
        "suspend",
        "duration",
        "templates",
        "containers",
        "containerStatuses",
        "state",
        "waiting",
        "terminated",
        "reason",
        "conditions",
        "capacity",
        "predictor",
        "objective",
        "goal",
        "objectiveMetricName",
        "parameterAssignments",
        "observation",
        "metrics",
        "runSpec",
        "currentOptimalTrial",
        "pytorchReplicaSpecs",
        "resources",
        "limits",
        "unavailable",
        "model",
        "components",
        "traffic",
        "percent",
        "modelStatus",
        "lastFailureInfo",
        "router",
        "group",
        "members",
        "weight",
        "DAG",
        "Pod",
        "Steps",
        "StepGroup",
        "TaskGroup",
        "Retry",
        "Suspend",
        "Skipped",
        "Running",
        "Failed",
        "Succeeded",
        "wf",
        "wf(0)",
        "wf(1:x)",
        "wf[0]",
        "wf[0].a",
        "executor",
        "x-driver",
        "root",
        "system-container-driver",
        "system-container-executor",
        "system-container-impl",
        "iteration-iterations(0:0)",
        "5/7",
        "H4sIAAAAAAAA",
        "2026-11-21T00:00:00Z",
        "main: OOMKilled (exit code 137)",
        "0/3 nodes are available: 3 Insufficient cpu.",
    ];
    prop_oneof![8 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 120, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Nodes that look like nodes and refer to each other.
fn any_nodes() -> impl Strategy<Value = Value> {
    let field = prop_oneof![
        3 => word().prop_map(Value::from),
        1 => any_json(),
        1 => prop::collection::vec(word().prop_map(Value::from), 0..4).prop_map(Value::from),
    ];
    let node = prop::collection::vec((word(), field), 0..10)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()));
    prop::collection::vec((word(), node), 0..25).prop_map(|nodes| {
        let nodes: Map<String, Value> = nodes.into_iter().collect();
        serde_json::json!({"metadata": {"name": "wf"}, "status": {"phase": "Running", "nodes": nodes}})
    })
}

/// Replaces, drops or copies the value at the n-th place of a tree.
fn mutate(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
        *at = usize::MAX;
        return;
    }
    *at = at.saturating_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|v| mutate(v, at, with)),
        Value::Object(map) => map.values_mut().for_each(|v| mutate(v, at, with)),
        _ => {}
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn anything_that_is_json(value in any_json()) {
        survive(&value.to_string())?;
    }

    #[test]
    fn anything_as_spec_and_status(spec in any_json(), status in any_json()) {
        survive(&serde_json::json!({"metadata": {"name": "x"}, "spec": spec, "status": status}).to_string())?;
    }

    #[test]
    fn nodes_that_refer_to_each_other(value in any_nodes()) {
        survive(&value.to_string())?;
    }

    #[test]
    fn any_packed_bytes(head in prop::sample::select(vec![vec![], vec![0x1f, 0x8b, 8, 0], vec![0x28, 0xb5, 0x2f, 0xfd]]),
        tail in prop::collection::vec(any::<u8>(), 0..300)) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode([head, tail].concat());
        survive(&serde_json::json!({"metadata": {"name": "x"}, "status": {"compressedNodes": text}}).to_string())?;
    }
}

#[test]
fn real_workflows_with_pieces_changed() {
    let mut runner = proptest::test_runner::TestRunner::new(config(60));
    let mut changed = 0_usize;
    for (_, json) in recorded()
        .into_iter()
        .filter(|(_, json)| json.len() < 20_000)
    {
        let original: Value = serde_json::from_slice(&json).unwrap();
        runner
            .run(
                &(prop::collection::vec((0_usize..900, any_json()), 1..6),),
                |(changes,)| {
                    let mut value = original.clone();
                    for (at, with) in &changes {
                        mutate(&mut value, &mut at.clone(), with);
                    }
                    survive(&value.to_string())
                },
            )
            .unwrap();
        changed += 60;
    }
    println!(
        "{changed} changed workflows; so far {} rows made, {} objects refused",
        ROWS.load(Ordering::Relaxed),
        REFUSED.load(Ordering::Relaxed)
    );
}

#[test]
fn real_workflows_cut_anywhere_are_refused_or_read() {
    for (_, json) in recorded()
        .into_iter()
        .filter(|(_, json)| json.len() < 10_000)
    {
        let text = String::from_utf8(json).unwrap();
        for at in (0..text.len())
            .step_by(97)
            .filter(|at| text.is_char_boundary(*at))
        {
            survive(text.split_at(at).0).unwrap();
        }
    }
}
