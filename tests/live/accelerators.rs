//! GPUs as the rig plays them: the MIG manager, what nodes give out, and what the DCGM exporters tell of it.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl};
use crate::metrics::{ask, until};
use crate::support::wait_for;
use crate::training::Given;

/// A node of one test, which nothing else is put on; it goes with it.
pub struct Machine(pub String);

impl Machine {
    /// As soon as the MIG manager has seen it: eight whole GPUs.
    pub fn new(word: &str) -> Self {
        let name = format!("try-{word}-{}", std::process::id());
        let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name,
            "annotations": {"rig.midwatch.dev/gpus": "8", "rig.midwatch.dev/board": "NVIDIA-A100-SXM4-80GB"},
            "labels": {"kubernetes.io/hostname": name, "nvidia.com/gpu.present": "true", "nvidia.com/mig.capable": "true",
                "nvidia.com/mig.strategy": "mixed", "nvidia.com/mig.config": "all-disabled"}},
            "spec": {"taints": [{"key": "try", "value": name, "effect": "NoSchedule"}]}});
        kubectl(&["create", "-f", "-"], &body.to_string()).unwrap();
        let machine = Self(name);
        machine.offers_in_time("gpu", "8");
        machine
    }

    fn label(&self, layout: &str) {
        let label = format!("nvidia.com/mig.config={layout}");
        kubectl(&["label", "node", &self.0, "--overwrite", &label], "").unwrap();
    }

    pub fn annotate(&self, note: &str) {
        kubectl(&["annotate", "node", &self.0, "--overwrite", note], "").unwrap();
    }

    /// The node, once the MIG manager says this of a layout.
    fn says(&self, layout: &str, state: &str) -> Value {
        wait_for(&format!("{}: {layout} {state}", self.0), LONG, || {
            Some(node(&self.0)).filter(|n| {
                let labels = &n["metadata"]["labels"];
                labels["nvidia.com/mig.config"] == layout
                    && labels["nvidia.com/mig.config.state"] == state
            })
        })
    }

    pub fn offers_in_time(&self, resource: &str, amount: &str) {
        wait_for(&format!("{}: {amount} of {resource}", self.0), LONG, || {
            (offers(&node(&self.0), resource) == amount).then_some(())
        });
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Err(why) = kubectl(&["delete", "node", &self.0], "") {
            println!("{}: {why}", self.0);
        }
    }
}

pub fn node(name: &str) -> Value {
    serde_json::from_str(&kubectl(&["get", "node", name, "-o", "json"], "").unwrap()).unwrap()
}

fn offers(node: &Value, resource: &str) -> String {
    let amount = &node["status"]["allocatable"][format!("nvidia.com/{resource}")];
    amount.as_str().unwrap_or("none").to_owned()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_layout_changes_once_nothing_holds_a_gpu_of_the_node() {
    let machine = Machine::new("mig");
    let holder = Given::new(
        "pods",
        "holder",
        "v1",
        json!({"metadata": {"annotations": {"rig.midwatch.dev/run-time": "1h"}}, "spec": {"nodeName": machine.0,
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "main", "image": "x", "resources": {"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}}]}}),
    );
    holder.until("running", |pod| pod["status"]["phase"] == "Running");
    machine.label("all-balanced");
    let paused = machine.says("all-balanced", "pending");
    let plugin = &paused["metadata"]["labels"]["nvidia.com/gpu.deploy.device-plugin"];
    assert_eq!(plugin, "paused-for-mig-change");
    machine.says("all-balanced", "failed");
    machine.offers_in_time("gpu", "8"); // as it was

    kubectl(&["-n", NS, "delete", "pod", &holder.name], "").unwrap();
    machine.label("all-disabled");
    machine.says("all-disabled", "success");
    machine.label("all-balanced");
    machine.says("all-balanced", "success");
    machine.offers_in_time("mig-1g.10gb", "16");
    machine.offers_in_time("mig-3g.40gb", "8");
    machine.offers_in_time("gpu", "0");
    machine.label("no-such-layout");
    machine.says("no-such-layout", "failed");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_change_that_is_stuck_stays_pending_and_gives_nothing_out() {
    let machine = Machine::new("stuck");
    machine.annotate("rig.midwatch.dev/mig-fate=stuck");
    machine.label("all-1g.10gb");
    machine.says("all-1g.10gb", "pending");
    machine.offers_in_time("gpu", "0");
    machine.annotate("rig.midwatch.dev/mig-fate-");
    machine.says("all-1g.10gb", "success");
    machine.offers_in_time("mig-1g.10gb", "56");
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
