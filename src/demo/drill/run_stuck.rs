//! A run that somebody suspended and forgot. Pure.

use super::{Drill, any, right};

const RUN: &str = "platform/rebuild-index-";

pub(super) static DRILL: Drill = Drill {
    name: "pipeline-run-stuck",
    title: "A run does not go on",
    page: "the search index is a day old: its rebuild has not ended",
    troubles: &["suspended"],
    culprit: RUN,
    right: &[right("workflows", RUN)],
    solved: |site| {
        any(site, "workflows", RUN, |run| {
            let held = run["spec"]["suspend"] == true;
            !held
                && matches!(
                    run["status"]["phase"].as_str(),
                    Some("Running" | "Succeeded")
                )
        })
    },
};
