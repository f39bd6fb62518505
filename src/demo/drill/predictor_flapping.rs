//! A service that starts from zero every five minutes. Pure.

use super::{Drill, any, right};

const SERVICE: &str = "recsys/item-embed";

pub(super) static DRILL: Drill = Drill {
    name: "kserve-predictor-flapping",
    title: "A predictor comes and goes",
    page: "the first requests to item-embed take many seconds, all night long",
    troubles: &["flapping"],
    culprit: SERVICE,
    right: &[right("inferenceservices", SERVICE)],
    solved: |site| {
        any(site, "inferenceservices", SERVICE, |service| {
            service["spec"]["predictor"]["minReplicas"]
                .as_u64()
                .is_some_and(|least| least >= 1)
        })
    },
};
