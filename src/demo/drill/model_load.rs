//! A new revision whose server cannot read its model. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const SERVICE: &str = "ml-fraud/fraud-graph";

pub(super) static DRILL: Drill = Drill {
    name: "model-load-failed",
    title: "A model cannot be loaded",
    page: "the rollout of fraud-graph 9 does not get ready",
    troubles: &["model-load"],
    culprit: SERVICE,
    right: &[right("inferenceservices", SERVICE)],
    solved: |site| {
        any(site, "inferenceservices", SERVICE, |service| {
            let loads = !text(service, "/spec/predictor/model/storageUri").contains("corrupt");
            let all = service["status"]["conditions"].as_array();
            let mut all = all.into_iter().flatten();
            loads && all.any(|c| c["type"] == "Ready" && c["status"] == "True")
        })
    },
};
