//! A service that was rolled back, and an alias that was not. Pure.

use super::{Drill, right};

const MODEL: &str = "churn";

pub(super) static DRILL: Drill = Drill {
    name: "champion-rollback",
    title: "The champion is not what is served",
    page: "tonight's batch scores of churn differ from those of churn-score, which was rolled back yesterday",
    troubles: &["rolled-back"],
    culprit: MODEL,
    right: &[right("registered-models", MODEL)],
    solved: |site| site.registry().alias(MODEL, "champion") == "7",
};
