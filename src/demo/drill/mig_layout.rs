//! A pod that asks for a slice of a size that no node offers. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const RUN: &str = "ml-nlp/caption-batch-";

pub(super) static DRILL: Drill = Drill {
    name: "mig-layout-does-not-fit",
    title: "No GPU is cut the way a pod needs it",
    page: "the captions of today's batch are not there: its run waits since ten minutes",
    troubles: &["no-such-slice"],
    culprit: RUN,
    right: &[right("nodes", "/gpu-")],
    solved: |site| {
        any(site, "pods", RUN, |pod| {
            !text(pod, "/spec/nodeName").is_empty()
        })
    },
};
