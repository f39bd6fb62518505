//! A challenger that does not pass one of its gates, and a newer version that passes them all. Pure.

use super::{Drill, right};

const MODEL: &str = "fraud-scorer";

pub(super) static DRILL: Drill = Drill {
    name: "mlflow-registry-promotion-blocked",
    title: "A version does not pass its gates",
    page: "the new fraud-scorer was to be champion tonight, and is not",
    troubles: &["blocked"],
    culprit: MODEL,
    right: &[right("registered-models", MODEL)],
    solved: |site| site.registry().alias(MODEL, "champion") == "43",
};
