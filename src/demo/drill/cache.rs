//! A cache that holds a wrong result of a step, which every run takes. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const RUN: &str = "recsys/rank-pages-";
const CACHE: &str = "argo/features-cache";
/// What the wrong entry gives out.
const WRONG: &str = "page_features_v7";

pub(super) static DRILL: Drill = Drill {
    name: "pipeline-cache-poisoned",
    title: "A pipeline's cache gives out a wrong result",
    page: "the pages are ranked as they were months ago: their run fails, and failed again when it was retried",
    troubles: &["poisoned"],
    culprit: RUN,
    right: &[right("configmaps", CACHE), right("workflows", RUN)],
    solved: |site| {
        let poisoned = any(site, "configmaps", CACHE, |map| {
            text(map, "/data/page-features").contains(WRONG)
        });
        let anew = any(site, "workflows", RUN, |run| {
            run["status"]["phase"] == "Succeeded"
        });
        !poisoned && anew
    },
};
