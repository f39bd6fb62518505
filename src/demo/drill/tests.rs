//! What a drill is played with, and how its writes are judged.

use std::collections::BTreeSet;

use super::*;
use crate::demo::platform::{Options, Platform};
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

/// Objects of a kind.
fn all(site: &Site, plural: &str) -> Vec<Value> {
    let id = catalog::ALL.iter().position(|r| r.plural == plural);
    let store = site.store();
    let found = store.list(id.expect("a kind"), "");
    found.map(|o| o.value()).collect()
}

/// Nodes with slices of which nobody holds one, and pods that no node takes.
fn idle_and_waiting(site: &Site) -> (usize, Vec<String>) {
    let pods: Vec<Value> = all(site, "pods")
        .into_iter()
        .filter(|pod| !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed"))
        .collect();
    let holds = |pod: &Value| {
        pod["spec"]["containers"]
            .to_string()
            .contains("nvidia.com/")
    };
    let held: BTreeSet<&str> = pods
        .iter()
        .filter(|pod| holds(pod))
        .map(|pod| text(pod, "/spec/nodeName"))
        .collect();
    let cut = |node: &&Value| node["metadata"]["labels"]["nvidia.com/mig.config"].is_string();
    let nodes = all(site, "nodes");
    let idle = nodes
        .iter()
        .filter(cut)
        .filter(|node| !held.contains(text(node, "/metadata/name")));
    let waits = pods
        .iter()
        .filter(|pod| text(pod, "/spec/nodeName").is_empty())
        .map(|pod| text(pod, "/metadata/name").to_owned());
    (idle.count(), waits.collect())
}

#[tokio::test]
async fn whatever_the_minute_a_node_is_free_to_be_cut_anew_and_the_run_alone_waits() {
    // after the hour, and while the runs of the hour that want many GPUs would have them
    for minute in [2, 42, 52] {
        let opening = jiff::Timestamp::from_second(1_795_057_200 + minute * 60).expect("a time");
        let options = Options {
            drill: Drill::named("mig-layout-does-not-fit"),
            ..Options::default()
        };
        let platform = Platform::paused(options, opening)
            .await
            .expect("a platform");
        platform.advance(std::time::Duration::from_secs(120));
        let (idle, waiting) = idle_and_waiting(&platform.site);
        assert!(idle > 0, "at {minute} minutes past the hour");
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert!(waiting[0].starts_with("caption-batch"), "{waiting:?}");
    }
}
