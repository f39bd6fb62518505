//! A sweep that holds every small slice while another team waits for one. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const SWEEP: &str = "ml-nlp/bert";
const STARVED: &str = "recsys/recsys-infer-";

pub(super) static DRILL: Drill = Drill {
    name: "sweep-starves-team",
    title: "A sweep starves another team",
    page: "the inference run of recsys waits for slices since half an hour",
    troubles: &["sweep", "starved"],
    culprit: SWEEP,
    right: &[
        right("experiments", SWEEP),
        right("trials", SWEEP),
        right("workloads", "ml-nlp/"),
    ],
    solved: |site| {
        let waits = |pod: &serde_json::Value| {
            text(pod, "/status/phase") == "Pending" && text(pod, "/spec/nodeName").is_empty()
        };
        any(site, "pods", STARVED, |_| true) && !any(site, "pods", STARVED, waits)
    },
};
