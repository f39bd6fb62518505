//! GPUs as the rig plays them: the MIG manager, what nodes give out, and what the DCGM exporters tell of it.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl};
use crate::metrics::{ask, until};
use crate::support::wait_for;
use crate::training::Given;

/// A node that the samples leave alone.
const NODE: &str = "gpu-a100-06";

fn node(name: &str) -> Value {
    serde_json::from_str(&kubectl(&["get", "node", name, "-o", "json"], "").unwrap()).unwrap()
}

fn label(value: &str) {
    let label = format!("nvidia.com/mig.config={value}");
    kubectl(&["label", "node", NODE, "--overwrite", &label], "").unwrap();
}

fn annotate(note: &str) {
    kubectl(&["annotate", "node", NODE, "--overwrite", note], "").unwrap();
}

/// The node, once the MIG manager says this of its change.
fn says(state: &str) -> Value {
    wait_for(&format!("{NODE}: {state}"), LONG, || {
        Some(node(NODE)).filter(|n| n["metadata"]["labels"]["nvidia.com/mig.config.state"] == state)
    })
}

fn offers(node: &Value, resource: &str) -> String {
    let amount = &node["status"]["allocatable"][format!("nvidia.com/{resource}")];
    amount.as_str().unwrap_or("none").to_owned()
}

/// Puts the node back as the samples have it.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        annotate("rig.midwatch.dev/mig-fate-");
        label("all-disabled");
        wait_for("the node as it was", LONG, || {
            (offers(&node(NODE), "gpu") == "8").then_some(())
        });
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_layout_changes_once_nothing_holds_a_gpu_of_the_node() {
    let _restored = Restored;
    let holder = Given::new(
        "pods",
        "holder",
        "v1",
        json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}}, "spec": {"nodeSelector": {"kubernetes.io/hostname": NODE},
            "containers": [{"name": "main", "image": "x", "resources": {"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}}]}}),
    );
    holder.until("running", |pod| pod["status"]["phase"] == "Running");
    label("all-balanced");
    let paused = says("pending");
    let plugin = &paused["metadata"]["labels"]["nvidia.com/gpu.deploy.device-plugin"];
    assert_eq!(plugin, "paused-for-mig-change");
    let failed = says("failed");
    assert_eq!(offers(&failed, "gpu"), "8", "it is as it was");

    kubectl(&["-n", NS, "delete", "pod", &holder.name], "").unwrap();
    label("all-disabled");
    says("success");
    label("all-balanced");
    wait_for("slices", LONG, || {
        (offers(&node(NODE), "mig-1g.10gb") == "16").then_some(())
    });
    let cut = says("success");
    assert_eq!(offers(&cut, "mig-3g.40gb"), "8");
    assert_eq!(offers(&cut, "gpu"), "0");
    label("no-such-layout");
    says("failed");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_change_that_is_stuck_stays_pending_and_gives_nothing_out() {
    let _restored = Restored;
    annotate("rig.midwatch.dev/mig-fate=stuck");
    label("all-1g.10gb");
    says("pending");
    wait_for("nothing to give out", LONG, || {
        (offers(&node(NODE), "gpu") == "0").then_some(())
    });
    annotate("rig.midwatch.dev/mig-fate-");
    let cut = says("success");
    assert_eq!(offers(&cut, "mig-1g.10gb"), "56");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn exporters_tell_of_the_pods_that_hold_slices_and_leave_out_what_mig_cannot_tell() {
    let trial = r#"exported_namespace="ml-fraud",exported_pod=~"fraud-depth-.*""#;
    let busy = until("slices of the trials", async || {
        let all = ask(&format!("DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{trial}}}")).await;
        (all.len() == 3).then_some(all)
    })
    .await;
    for (labels, value) in &busy {
        assert_eq!(labels["GPU_I_PROFILE"], "1g.10gb", "{labels}");
        assert!((0.0..=1.0).contains(value), "{labels}: {value}");
    }
    let utilisation = ask(&format!("DCGM_FI_DEV_GPU_UTIL{{{trial}}}")).await;
    assert!(utilisation.is_empty(), "{utilisation:?}");
    // both generations of labels, and the holes
    assert!(
        !ask(r#"DCGM_FI_DEV_GPU_UTIL{hostname="gpu-h100-01"}"#)
            .await
            .is_empty()
    );
    assert!(
        !ask(r#"DCGM_FI_DEV_GPU_UTIL{Hostname="gpu-a100-01"}"#)
            .await
            .is_empty()
    );
    assert!(
        ask(r#"DCGM_FI_PROF_GR_ENGINE_ACTIVE{Hostname="gpu-l4-01"}"#)
            .await
            .is_empty()
    );
    assert!(
        ask(r#"DCGM_FI_DEV_FB_USED{Hostname="gpu-mig-02",GPU_I_ID!=""}"#)
            .await
            .is_empty()
    );
    let lost = ask("DCGM_FI_DEV_XID_ERRORS == 79").await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].0["Hostname"], "gpu-a100-03");
    assert_eq!(offers(&node("gpu-a100-03"), "gpu"), "7");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn an_exporter_can_be_asked_without_prometheus() {
    let path =
        "/api/v1/namespaces/gpu-operator/services/nvidia-dcgm-exporter:gpu-metrics/proxy/metrics";
    // one of them, and that of gpu-a100-05 does not answer
    let text = wait_for("an exporter", LONG, || {
        kubectl(&["get", "--raw", path], "").ok()
    });
    assert!(text.contains("# TYPE DCGM_FI_DEV_GPU_TEMP gauge"), "{text}");
}
