//! A node with a GPU that fell off the bus. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const NODE: &str = "/a4";

pub(super) static DRILL: Drill = Drill {
    name: "gpu-node-down",
    title: "A node has lost a GPU",
    page: "node a4 reports XID 79",
    troubles: &["lost-gpu"],
    culprit: NODE,
    // whoever is evicted stands on the node: the console asks for no other
    right: &[right("nodes", NODE), right("pods", "")],
    solved: |site| {
        let out = any(site, "nodes", NODE, |node| {
            node["spec"]["unschedulable"] == true
        });
        let here = |pod: &serde_json::Value| {
            text(pod, "/spec/nodeName") == "a4"
                && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        };
        out && !any(site, "pods", "", here)
    },
};
