//! A sweep that holds every small slice while another team waits for one. Pure.

use super::{Drill, any, gone, right};

const SWEEP: &str = "ml-nlp/sweep-bert";
/// More than so many trials at once leave nothing to others.
const FAIR: u64 = 10;

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
        let few = any(site, "experiments", SWEEP, |experiment| {
            experiment["spec"]["parallelTrialCount"]
                .as_u64()
                .is_some_and(|at_once| at_once <= FAIR)
        });
        let over = any(site, "experiments", SWEEP, |experiment| {
            let ended = |c: &serde_json::Value| {
                matches!(c["type"].as_str(), Some("Succeeded" | "Failed")) && c["status"] == "True"
            };
            experiment["status"]["conditions"]
                .as_array()
                .is_some_and(|all| all.iter().any(ended))
        });
        few || over || gone(site, "experiments", SWEEP)
    },
};
