//! A model that does not know any more what it is asked, and the pipeline that trains it anew. Pure.

use super::{Drill, any, right};
use crate::demo::catalog::text;

const TEMPLATE: &str = "recsys/retrain-ranker";
const SERVICE: &str = "recsys/ranker";
/// The version that serves when it begins.
const OLD: &str = "s3://ml-models/ranker/19";
/// Percent of the traffic that a new version is tried on, at most.
const TRIED: u64 = 10;

pub(super) static DRILL: Drill = Drill {
    name: "train-register-deploy",
    title: "A model has to be trained anew and tried",
    page: "the ranker no longer knows what it is asked: train it, register it, try it on 10 %",
    troubles: &["drift"],
    culprit: TEMPLATE,
    right: &[
        right("workflows", TEMPLATE),
        right("inferenceservices", SERVICE),
        right("registered-models", "ranker"),
    ],
    solved: |site| {
        let tried = any(site, "inferenceservices", SERVICE, |service| {
            let predictor = &service["spec"]["predictor"];
            let percent = predictor["canaryTrafficPercent"].as_u64();
            let uri = text(predictor, "/model/storageUri");
            uri != OLD && percent.is_some_and(|p| (1..=TRIED).contains(&p))
        });
        tried && site.registry().challenger("ranker").is_some_and(|v| v > 19)
    },
};
