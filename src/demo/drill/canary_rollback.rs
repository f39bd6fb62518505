//! A canary that fails one request of five. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const SERVICE: &str = "ml-fraud/fraud-scorer";

pub(super) static DRILL: Drill = Drill {
    name: "canary-rollback",
    title: "A canary burns the error budget",
    page: "fraud-scorer fails requests since the new model got a part of the traffic",
    troubles: &["canary"],
    culprit: SERVICE,
    right: &[right("inferenceservices", SERVICE)],
    solved: |site| {
        any(site, "inferenceservices", SERVICE, |service| {
            let predictor = &service["spec"]["predictor"];
            predictor["canaryTrafficPercent"] == 0
                || !text(predictor, "/model/storageUri").ends_with("/42")
        })
    },
};
