//! A training step that ran out of memory, twice. Pure.

use super::{Drill, any, right};

const RUN: &str = "ml-fraud/train-graph-";

pub(super) static DRILL: Drill = Drill {
    name: "kfp-pipeline-failed-step-debug",
    title: "A step of a pipeline failed",
    page: "tonight's model of fraud-graph was not registered",
    troubles: &["failed-step"],
    culprit: RUN,
    right: &[right("workflows", RUN), right("pods", RUN)],
    solved: |site| {
        any(site, "workflows", RUN, |run| {
            run["status"]["phase"] == "Succeeded"
        })
    },
};
