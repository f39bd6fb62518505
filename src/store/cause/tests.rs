//! What a person reads for each way that a step can fail, with the wordings of the real controller and kubelet.
#![allow(clippy::needless_pass_by_value)] // `json!` reads best where it is given

use super::*;
use crate::domain::ClusterId;
use crate::kinds::{Kind, Nodes, Pods, Runs};

fn run(node: serde_json::Value, shutdown: &str) -> RunDetail {
    let json = serde_json::json!({
        "metadata": {"name": "train", "namespace": "ml"},
        "spec": {"shutdown": shutdown},
        "status": {"phase": "Failed", "nodes": {"train": node}}
    });
    Runs::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
}

fn step(phase: &str, message: &str) -> RunDetail {
    run(
        serde_json::json!({"id": "train", "name": "train", "displayName": "train", "type": "Pod",
        "phase": phase, "message": message, "hostNodeName": "gpu-17"}),
        "",
    )
}

fn pod(spec: serde_json::Value, status: serde_json::Value) -> PodRow {
    let json = serde_json::json!({"metadata": {"name": "train", "namespace": "ml"}, "spec": spec, "status": status});
    Pods::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
}

fn node(ready: &str) -> NodeRow {
    let json = serde_json::json!({"metadata": {"name": "gpu-17"}, "status": {"conditions": [
        {"type": "Ready", "status": ready, "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}]}});
    Nodes::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
}

fn explain(
    run: &RunDetail,
    pod: Option<&PodRow>,
    node: Option<&NodeRow>,
) -> Option<(CauseKind, String)> {
    cause(&run.tree.steps[0], pod, node, run).map(|c| (c.kind, c.sentence.to_string()))
}

#[test]
fn the_message_alone_explains_most_failures() {
    use CauseKind::*;
    let cases = [
        (
            "main: OOMKilled (exit code 137)",
            OutOfMemory,
            "main was OOMKilled (exit 137) on gpu-17",
        ),
        (
            "main: Error (exit code 1): ValueError: NaN loss",
            ExitCode,
            "main ended with exit code 1: ValueError: NaN loss",
        ),
        (
            "main: Error (exit code 137)",
            ExitCode,
            "main ended with exit code 137 (SIGKILL, and the kubelet does not say for memory)",
        ),
        (
            "wait: Error (exit code 64): failed to put file",
            ExitCode,
            "the step's outputs could not be saved (wait ended with exit code 64): failed to put file",
        ),
        (
            "init: Error (exit code 1): no such key",
            Start,
            "init could not be started (Error): no such key",
        ),
        (
            "Pod failed before main container starts due to CreateContainerConfigError: secret \"s3\" not found",
            Start,
            "container could not be started (CreateContainerConfigError): secret \"s3\" not found",
        ),
        (
            "Pod failed before main container starts due to ImagePullBackOff: Back-off pulling image \"x:1\"",
            Image,
            "the image cannot be pulled (ImagePullBackOff): Back-off pulling image \"x:1\"",
        ),
        (
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 61568Ki. ",
            Evicted,
            "evicted from gpu-17: the node was low on memory",
        ),
        (
            "Pod was active on the node longer than the specified deadline",
            Deadline,
            "out of time: it ran for longer than its deadline allows",
        ),
        (
            "Step exceeded its deadline",
            Deadline,
            "the run was out of time before this step ended",
        ),
        (
            "pod deleted",
            NodeGone,
            "its pod was deleted while it was at work on gpu-17",
        ),
        (
            "pod failed: neither main nor wait container completed successfully",
            NodeGone,
            "its pod on gpu-17 ended without a word of its containers; the node may have gone",
        ),
        (
            "workflow shutdown with strategy:  Terminate",
            Stopped,
            "stopped with the run (Terminate)",
        ),
        ("something new", Other, "something new"),
        (
            "",
            Other,
            "it failed, and neither the workflow nor a pod says why",
        ),
    ];
    for (message, kind, sentence) in cases {
        assert_eq!(
            explain(&step("Failed", message), None, None),
            Some((kind, sentence.to_owned())),
            "{message}"
        );
    }
}

#[test]
fn a_killed_container_is_told_with_its_limit_and_where_it_was_read() {
    let run = step("Failed", "main: OOMKilled (exit code 137)");
    let pod = pod(
        serde_json::json!({"nodeName": "gpu-17", "containers": [{"name": "main", "resources": {"limits": {"memory": "64Gi"}}}]}),
        serde_json::json!({"phase": "Failed", "containerStatuses": [
            {"name": "main", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}),
    );
    let found = cause(&run.tree.steps[0], Some(&pod), Some(&node("True")), &run).unwrap();
    assert_eq!(
        &*found.sentence,
        "main was OOMKilled (exit 137), memory limit 64Gi on gpu-17"
    );
    let evidence: Vec<String> = found
        .evidence
        .iter()
        .map(|e| format!("{} | {}", e.fact, e.from))
        .collect();
    assert_eq!(
        evidence,
        [
            "main terminated: OOMKilled, exit 137 | pod train status.containerStatuses[main]",
            "main: OOMKilled (exit code 137) | workflow train status.nodes[train].message",
            "memory limit 64Gi | pod train spec.containers[main].resources.limits.memory",
            "ready now, reports no pressure | node gpu-17 condition Ready",
        ]
    );
}

#[test]
fn the_pod_explains_what_the_message_does_not() {
    let run = step("Failed", "");
    let evicted = pod(
        serde_json::json!({"nodeName": "gpu-3"}),
        serde_json::json!({"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."}),
    );
    assert_eq!(
        explain(&run, Some(&evicted), None).unwrap().1,
        "evicted from gpu-3: the node was low on ephemeral-storage"
    );
    let lost = pod(
        serde_json::json!({"nodeName": "gpu-17"}),
        serde_json::json!({"reason": "NodeLost"}),
    );
    assert_eq!(
        explain(&run, Some(&lost), Some(&node("Unknown"))).unwrap(),
        (
            CauseKind::NodeGone,
            "its node gpu-17 went away: NodeStatusUnknown: Kubelet stopped posting node status."
                .to_owned()
        )
    );
    let late = pod(
        serde_json::json!({}),
        serde_json::json!({"reason": "DeadlineExceeded"}),
    );
    assert_eq!(
        explain(&run, Some(&late), None).unwrap().0,
        CauseKind::Deadline
    );
}

#[test]
fn a_step_that_does_not_get_on_is_explained_before_it_fails() {
    let run = step("Pending", "");
    let unscheduled = pod(
        serde_json::json!({"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "8"}}}]}),
        serde_json::json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message":
            "0/20 nodes are available: 4 node(s) had untolerated taint {dedicated: infra}, 16 Insufficient nvidia.com/gpu. preemption: none."}]}),
    );
    assert_eq!(explain(&run, Some(&unscheduled), None).unwrap(), (CauseKind::Unschedulable,
        "no node fits (asks for 8 nvidia.com/gpu): 16 of 20 have no nvidia.com/gpu left, 4 of 20 had untolerated taint {dedicated: infra}".to_owned()));
    let image = pod(
        serde_json::json!({"containers": [{"name": "main", "image": "registry.example/train:1"}]}),
        serde_json::json!({"containerStatuses": [{"name": "main", "state": {"waiting":
            {"reason": "ErrImagePull", "message": "manifest unknown"}}}]}),
    );
    assert_eq!(
        explain(&run, Some(&image), None).unwrap(),
        (
            CauseKind::Image,
            "the image registry.example/train:1 cannot be pulled (ErrImagePull): manifest unknown"
                .to_owned()
        )
    );
    let starting = pod(
        serde_json::json!({"containers": [{"name": "main"}]}),
        serde_json::json!({"containerStatuses":
        [{"name": "main", "state": {"waiting": {"reason": "ContainerCreating"}}}]}),
    );
    assert_eq!(explain(&run, Some(&starting), None), None);
    assert_eq!(
        explain(&step("Running", ""), None, Some(&node("Unknown")))
            .unwrap()
            .0,
        CauseKind::NodeGone
    );
    assert_eq!(
        explain(
            &step(
                "Pending",
                "Waiting for ml/Mutex/registry lock. Lock status: 0/1"
            ),
            None,
            None
        )
        .unwrap()
        .1,
        "waits for lock ml/Mutex/registry, which others hold"
    );
}

#[test]
fn a_rejected_gate_and_a_stopped_run_are_no_crash() {
    let gate = |message: &str, shutdown: &str| {
        run(
            serde_json::json!({"id": "train", "name": "train",
        "displayName": "approve", "type": "Suspend", "phase": "Failed", "message": message}),
            shutdown,
        )
    };
    assert_eq!(
        explain(&gate("metrics too low", ""), None, None).unwrap(),
        (
            CauseKind::Gate,
            "gate approve was rejected: metrics too low".to_owned()
        )
    );
    assert_eq!(
        explain(&gate("Step exceeded its deadline", ""), None, None)
            .unwrap()
            .1,
        "nobody answered gate approve in time"
    );
    assert_eq!(
        explain(&gate("Stopped with strategy 'Stop'", "Stop"), None, None).unwrap(),
        (
            CauseKind::Stopped,
            "stopped with the run by a person or a tool (shutdown Stop)".to_owned()
        )
    );
}

#[test]
fn a_failed_group_is_explained_by_the_step_inside_it() {
    let json = serde_json::json!({
        "metadata": {"name": "wf"},
        "status": {"phase": "Failed", "nodes": {
            "wf": {"name": "wf", "displayName": "wf", "type": "Retry", "phase": "Failed", "message": "No more retries left", "children": ["a", "b"]},
            "a": {"name": "wf(0)", "displayName": "wf(0)", "type": "Pod", "phase": "Failed", "message": "main: Error (exit code 1)"},
            "b": {"name": "wf(1)", "displayName": "wf(1)", "type": "Pod", "phase": "Failed", "message": "main: OOMKilled (exit code 137)"}}}
    });
    let run = Runs::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap());
    let retry = run.tree.find("wf").unwrap();
    let found = cause(&run.tree.steps[retry], None, None, &run).unwrap();
    assert_eq!(&*found.sentence, "wf(1): main was OOMKilled (exit 137)");
}

#[test]
fn steps_that_went_well_have_no_cause() {
    for phase in ["Succeeded", "Skipped", "Omitted", "Running"] {
        assert_eq!(explain(&step(phase, ""), None, None), None, "{phase}");
    }
}
