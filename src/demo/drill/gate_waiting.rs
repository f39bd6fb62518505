//! A promotion that waits for a person. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const RUN: &str = "recsys/ship-ranker-";

pub(super) static DRILL: Drill = Drill {
    name: "gate-waiting",
    title: "A gate waits for a person",
    page: "the new ranker should have been shipped half an hour ago",
    troubles: &["gate"],
    culprit: RUN,
    right: &[right("workflows", RUN)],
    solved: |site| {
        any(site, "workflows", RUN, |run| {
            let nodes = run["status"]["nodes"].as_object();
            let mut nodes = nodes.into_iter().flat_map(|all| all.values());
            nodes.any(|node| {
                text(node, "/displayName") == "approve"
                    && matches!(text(node, "/phase"), "Succeeded" | "Failed" | "Error")
            })
        })
    },
};
