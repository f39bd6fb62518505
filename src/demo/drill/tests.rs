//! What a drill is played with, and how its writes are judged.

use std::collections::BTreeSet;

use super::*;
use crate::demo::world::manifests;

fn troubles() -> BTreeSet<String> {
    let named = |m: &Value| {
        let said = m["metadata"]["annotations"][TROUBLE].as_str()?.to_owned();
        let trouble: Value = serde_json::from_str(&said).expect("JSON");
        Some(text(&trouble, "/name").to_owned())
    };
    manifests().iter().filter_map(named).collect()
}

#[test]
fn every_trouble_of_a_drill_is_one_of_the_scenes() {
    let known = troubles();
    for drill in DRILLS {
        for trouble in drill.troubles {
            assert!(
                ["lost-gpu", "bad-model", "blocked"].contains(trouble) || known.contains(*trouble),
                "{}: {trouble}",
                drill.name
            );
        }
        assert_eq!(Drill::named(drill.name).map(|d| d.name), Some(drill.name));
    }
}

#[test]
fn without_a_drill_all_troubles_are_there_and_with_one_the_others_are_calm() {
    let all = cast(manifests(), None);
    let named = |all: &[Value], name: &str| {
        all.iter()
            .find(|m| m["kind"] == "InferenceService" && m["metadata"]["name"] == name)
            .cloned()
            .expect("a service")
    };
    let rare = |m: &&Value| m["metadata"]["generateName"] == "caption-batch-";
    assert_eq!(all.iter().filter(rare).count(), 0);
    let layout = cast(manifests(), Drill::named("mig-layout-does-not-fit"));
    assert_eq!(layout.iter().filter(rare).count(), 1);
    assert_eq!(
        named(&all, "fraud-scorer")["spec"]["predictor"]["canaryTrafficPercent"],
        10
    );
    // a trouble may be played differently in a drill of another
    let served = |drill: &str| {
        let all = cast(manifests(), Drill::named(drill));
        let predictor = &named(&all, "churn-score")["spec"]["predictor"];
        (
            text(predictor, "/model/storageUri").to_owned(),
            predictor["canaryTrafficPercent"].clone(),
        )
    };
    let at = |version: u64| format!("s3://ml-models/churn/{version}");
    assert_eq!(served("inference-slo-breached"), (at(8), Value::Null));
    assert_eq!(served("champion-rollback"), (at(8), 0.into()));
    assert_eq!(served("gate-waiting"), (at(7), Value::Null));
    let calm = cast(manifests(), Drill::named("gate-waiting"));
    assert!(calm.len() < all.len());
    assert!(named(&calm, "fraud-scorer")["spec"]["predictor"]["canaryTrafficPercent"].is_null());
    assert!(!serde_json::to_string(&calm).expect("JSON").contains(ODDS));
}

#[test]
fn a_write_to_the_culprit_is_right_and_another_is_wrong() {
    let drill = &canary_rollback::DRILL;
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut tally = Tally::new(now);
    for (plural, name) in [
        ("inferenceservices", "ml-fraud/fraud-scorer"),
        ("inferenceservices", "recsys/ranker"),
        ("leases", "ml-fraud/midwatch"),
    ] {
        tally.wrote(
            drill,
            &Write {
                verb: "patch",
                plural,
                name,
            },
            now,
        );
    }
    let wrong: Vec<&str> = tally.wrong().map(|w| w.what.as_str()).collect();
    assert_eq!(wrong, ["patch inferenceservices recsys/ranker"]);
    assert_eq!(tally.writes.len(), 2);
    assert_eq!(tally.took(), None);
}
