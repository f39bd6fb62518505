//! A new model, rolled out to everybody at once, that fails more often than the one before. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const SERVICE: &str = "ml-churn/churn-score";

pub(super) static DRILL: Drill = Drill {
    name: "inference-slo-breached",
    title: "A service spends its error budget",
    page: "churn-score fails five requests of a hundred since about an hour",
    troubles: &["bad-model"],
    culprit: SERVICE,
    right: &[right("inferenceservices", SERVICE)],
    solved: |site| {
        any(site, "inferenceservices", SERVICE, |service| {
            let before = text(service, "/spec/predictor/model/storageUri").ends_with("/7");
            let all = service["status"]["conditions"].as_array();
            let mut all = all.into_iter().flatten();
            before && all.any(|c| c["type"] == "Ready" && c["status"] == "True")
        })
    },
};
