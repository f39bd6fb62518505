//! What the played controllers promise: what the real ones did in the same place.

use std::sync::Arc;

use super::*;
use crate::demo::site::Site;
use crate::demo::world::clock::Clock;
use crate::demo::world::{NAMESPACES, found, list, pods};

fn opened() -> World {
    let site = Arc::new(Site::new(Vec::new(), 1));
    found(&site, &["default", "kube-node-lease"]);
    found(&site, &NAMESPACES);
    let opening = "2026-11-21T08:00:00Z".parse().unwrap();
    let clock = Clock::new(opening, 1.0);
    site.set_clock(clock);
    let mut world = World::open(site, 1, clock, 60_000);
    world.pass(0);
    world
}

fn service(world: &World, namespace: &str, name: &str) -> Value {
    let store = world.site.store();
    store.get(services(), namespace, name).unwrap().value()
}

/// Created, ready, rolled out, previous, by the numbers of the revisions; then the traffic.
fn rollout(world: &World, namespace: &str, name: &str) -> String {
    let service = service(world, namespace, name);
    let predictor = &service["status"]["components"]["predictor"];
    let number = |v: &Value| {
        let text = v.as_str().unwrap_or_default();
        text.rsplit('-')
            .next()
            .and_then(|n| n.parse::<u32>().ok())
            .map_or("-".to_owned(), |n| n.to_string())
    };
    let keys = [
        "latestCreatedRevision",
        "latestReadyRevision",
        "latestRolledoutRevision",
        "previousRolledoutRevision",
    ];
    let state = keys.map(|k| number(&predictor[k])).join("/");
    let traffic: Vec<String> = list(predictor, "traffic")
        .map(|t| format!("{}:{}", number(&t["revisionName"]), t["percent"]))
        .collect();
    format!("{state} {}", traffic.join(" "))
}

/// A person's edit, and time enough for what follows.
fn edit(world: &mut World, (namespace, name): (&str, &str), change: impl FnOnce(&mut Value)) {
    world.change(
        services(),
        &Name::new(namespace, name),
        "kubectl-edit",
        change,
    );
    world.advance(world.now + 120_000);
}

#[test]
fn services_stand_at_the_opening_as_their_history_says() {
    let world = opened();
    let of = |namespace, name| rollout(&world, namespace, name);
    assert_eq!(of("ml-fraud", "fraud-scorer"), "3/3/2/1 3:10 2:90");
    assert_eq!(of("ml-fraud", "fraud-graph"), "2/1/1/- 1:100");
    assert_eq!(of("ml-churn", "churn-score"), "2/2/1/- 2:0 1:100");
    assert_eq!(of("recsys", "ranker"), "3/3/3/2 3:100");
    let ready = |namespace, name| status::is(&service(&world, namespace, name), "Ready", "True");
    assert!(
        ready("ml-fraud", "fraud-scorer")
            && ready("recsys", "ranker")
            && ready("ml-churn", "churn-llm")
    );
    assert!(ready("recsys", "item-embed") && ready("ml-nlp", "intent"));
    let broken = service(&world, "ml-fraud", "fraud-graph");
    assert!(status::is(&broken, "Ready", "False"));
    let model = &broken["status"]["modelStatus"];
    assert_eq!(model["transitionStatus"], "BlockedByFailedLoad");
    assert_eq!(
        model["states"],
        json!({"activeModelState": "Loaded", "targetModelState": "FailedToLoad"})
    );
    assert!(
        text(model, "/lastFailureInfo/message").contains("corrupted"),
        "{model}"
    );
    let stopped = service(&world, "ml-fraud", "card-limits");
    assert!(status::is(&stopped, "Stopped", "True"));
    assert!(stopped["status"]["components"].is_null());
    let store = world.site.store();
    let llm = store
        .get(llm_services(), "ml-nlp", "assistant")
        .unwrap()
        .value();
    assert!(status::is(&llm, "Ready", "True"), "{:#}", llm["status"]);
}

#[test]
fn a_rollout_goes_as_with_the_real_controller() {
    let mut world = opened();
    let place = ("recsys", "item-embed");
    let of = |world: &World| rollout(world, place.0, place.1);
    assert_eq!(of(&world), "1/1/1/- 1:100");
    let model = |uri: &'static str, percent: Value| {
        move |s: &mut Value| {
            s["spec"]["predictor"]["model"]["storageUri"] = json!(uri);
            s["spec"]["predictor"]["canaryTrafficPercent"] = percent;
        }
    };
    let percent = |percent: Value| {
        move |s: &mut Value| s["spec"]["predictor"]["canaryTrafficPercent"] = percent
    };
    edit(
        &mut world,
        place,
        model("s3://ml-models/item-embed/7", json!(10)),
    );
    assert_eq!(of(&world), "2/2/1/- 2:10 1:90");
    edit(&mut world, place, percent(Value::Null));
    assert_eq!(of(&world), "2/2/2/1 2:100");
    edit(&mut world, place, percent(json!(10)));
    assert_eq!(
        of(&world),
        "2/2/1/1 2:10 1:90",
        "the percent alone brings the old model back"
    );
    edit(&mut world, place, percent(Value::Null));
    assert_eq!(of(&world), "2/2/2/1 2:100");
    edit(
        &mut world,
        place,
        model("s3://ml-models/item-embed/8", json!(20)),
    );
    edit(&mut world, place, percent(json!(0)));
    assert_eq!(of(&world), "3/3/2/1 3:0 2:100");
}

#[test]
fn a_model_that_does_not_load_takes_no_traffic_and_a_good_one_cures_it() {
    let mut world = opened();
    let place = ("recsys", "ranker");
    world.change(
        kind("argoproj.io", "v1alpha1", "applications"),
        &Name::new("argocd", "recsys-serving"),
        "kubectl-edit",
        |a| a["spec"]["syncPolicy"]["automated"]["selfHeal"] = json!(false),
    );
    let uri = |uri: &'static str| {
        move |s: &mut Value| s["spec"]["predictor"]["model"]["storageUri"] = json!(uri)
    };
    edit(&mut world, place, uri("s3://ml-models/ranker/20-missing"));
    assert_eq!(rollout(&world, place.0, place.1), "4/3/3/2 3:100");
    let broken = service(&world, place.0, place.1);
    assert_eq!(
        broken["status"]["modelStatus"]["states"]["targetModelState"],
        "FailedToLoad"
    );
    edit(&mut world, place, uri("s3://ml-models/ranker/20"));
    assert_eq!(rollout(&world, place.0, place.1), "5/5/5/3 5:100");
    let cured = service(&world, place.0, place.1);
    assert_eq!(
        cured["status"]["modelStatus"]["transitionStatus"],
        "UpToDate"
    );
}

#[test]
fn stopping_takes_revisions_and_pods_away_and_resuming_starts_anew() {
    let mut world = opened();
    let place = ("ml-churn", "churn-score");
    let stop = |word: Value| {
        move |s: &mut Value| s["metadata"]["annotations"]["serving.kserve.io/stop"] = word
    };
    edit(&mut world, place, stop(json!("true")));
    let count = |world: &World, id: Id| {
        let store = world.site.store();
        let all = store
            .list(id, place.0)
            .filter(|o| o.labels.get(OF_SERVICE).is_some_and(|s| s == place.1));
        all.count()
    };
    assert_eq!(count(&world, knative_kind("revisions")), 0);
    assert_eq!(count(&world, pods()), 0);
    let stopped = service(&world, place.0, place.1);
    let keys: Vec<&String> = stopped["status"].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["clusterServingRuntimeName", "conditions", "deploymentMode"]
    );
    edit(&mut world, place, stop(Value::Null));
    // the percent is still 0, and nothing else is there to roll back to
    assert_eq!(rollout(&world, place.0, place.1), "1/1/1/- 1:0 1:100");
    assert_eq!(count(&world, pods()), 1);
}

#[test]
fn a_frozen_service_takes_edits_and_does_nothing() {
    let mut world = opened();
    let place = ("ml-nlp", "intent");
    let before = rollout(&world, place.0, place.1);
    edit(&mut world, place, |s| {
        s["metadata"]["annotations"] = json!({"serving.kserve.io/disable-auto-update": "true"});
        s["spec"]["predictor"]["minReplicas"] = json!(5);
    });
    assert_eq!(rollout(&world, place.0, place.1), before);
    edit(&mut world, place, |s| {
        s["metadata"]["annotations"] = json!({});
    });
    assert_eq!(
        rollout(&world, place.0, place.1),
        "3/3/3/2 3:100",
        "a scale edit makes a revision"
    );
    let store = world.site.store();
    let own = store
        .list(pods(), place.0)
        .filter(|o| o.labels.get(OF_SERVICE).is_some_and(|s| s == place.1));
    assert_eq!(own.count(), 5);
}

#[test]
fn a_deleted_pod_of_standard_mode_comes_back_on_a_node_with_a_free_gpu() {
    let mut world = opened();
    let of = |world: &World| {
        let store = world.site.store();
        let own = store
            .list(pods(), "ml-churn")
            .filter(|o| o.labels.get(OF_SERVICE).is_some_and(|s| s == "churn-llm"));
        own.map(|o| o.value()).collect::<Vec<Value>>()
    };
    let before = of(&world);
    assert_eq!(before.len(), 2);
    let first = text(&before[0], "/metadata/name").to_owned();
    world.delete_pod("ml-churn", &first);
    world.advance(world.now + 10_000);
    assert!(status::is(
        &service(&world, "ml-churn", "churn-llm"),
        "PredictorReady",
        "False"
    ));
    world.advance(world.now + 150_000);
    let after = of(&world);
    assert_eq!(after.len(), 2);
    assert!(
        after
            .iter()
            .all(|p| text(p, "/metadata/name") != first && text(p, "/status/phase") == "Running")
    );
    assert!(status::is(
        &service(&world, "ml-churn", "churn-llm"),
        "Ready",
        "True"
    ));
}

#[test]
fn git_puts_back_what_somebody_changed() {
    let mut world = opened();
    edit(&mut world, ("recsys", "ranker"), |s| {
        s["spec"]["predictor"]["minReplicas"] = json!(6);
    });
    let healed = service(&world, "recsys", "ranker");
    assert_eq!(healed["spec"]["predictor"]["minReplicas"], 2);
}
