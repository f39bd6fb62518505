//! Entries of memoization caches: taken out and put back.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::plan::{Cluster, Given, NOTHING_BESIDE, Params, Plan, Refused, action};

fn plan(name: &str, object: &Value, given: &[(&str, &str)]) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<_> = given
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    action.plan(&Given {
        object,
        params: &params,
        now: Timestamp::UNIX_EPOCH,
        cluster: &Cluster::default(),
        namespace: "recsys",
        suffix: "xxxxx",
        beside: &NOTHING_BESIDE,
    })
}

fn entry(value: &str) -> String {
    json!({"nodeID": "a-1", "outputs": {"parameters": [{"name": "table", "value": value}]},
        "creationTimestamp": "2026-11-20T01:00:00Z", "lastHitTimestamp": "2026-11-21T01:00:00Z"})
    .to_string()
}

fn cache() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "features-cache", "namespace": "recsys",
        "uid": "u", "resourceVersion": "7", "labels": {"workflows.argoproj.io/configmap-type": "Cache"}},
        "data": {"features-1": entry("v41"), "other": entry("x")}})
}

#[test]
fn an_entry_is_taken_out_on_condition_that_the_cache_is_what_was_seen_and_can_be_put_back() {
    let drop = plan("cache.drop", &cache(), &[("keys", "features-1")]).unwrap();
    let step = &drop.steps[0];
    assert_eq!((step.method, drop.steps.len()), ("PATCH", 1));
    assert_eq!(
        step.path,
        "/api/v1/namespaces/recsys/configmaps/features-cache"
    );
    assert_eq!(
        step.body,
        json!({"data": {"features-1": null}, "metadata": {"uid": "u", "resourceVersion": "7"}})
    );
    let entry = &drop.facts[0].text;
    assert!(
        entry.contains("by a-1") && entry.contains("table=v41"),
        "{entry}"
    );
    assert!(!drop.verify.holds(Some(&cache())));
    let mut after = cache();
    after["data"].as_object_mut().unwrap().remove("features-1");
    assert!(drop.verify.holds(Some(&after)));

    let held = &drop.inverse_parameters["entries"];
    let put = plan("cache.put", &after, &[("entries", held)]).unwrap();
    assert_eq!(
        put.steps[0].body["data"]["features-1"],
        cache()["data"]["features-1"]
    );
    assert!(put.verify.holds(Some(&cache())));
    assert_eq!(put.inverse_parameters["keys"], "features-1");
    assert!(plan("cache.put", &cache(), &[("entries", held)]).is_err());
}

#[test]
fn what_is_no_cache_or_has_no_such_entry_is_left_alone() {
    let why = |object: &Value, keys: &str| {
        let refused = plan("cache.drop", object, &[("keys", keys)]).unwrap_err();
        format!("{}; {}", refused.why, refused.instead)
    };
    assert!(
        why(&cache(), "features-2")
            .contains("no entry features-2; The cache has: features-1, other")
    );
    assert!(why(&cache(), "").starts_with("Which entries is not said"));
    let mut other = cache();
    other["metadata"]["labels"] = json!({});
    assert!(why(&other, "other").contains("no memoization cache"));
    let mut fixed = cache();
    fixed["immutable"] = json!(true);
    assert!(why(&fixed, "other").contains("immutable"));
}

#[test]
fn what_cannot_be_kept_cannot_be_put_back_and_that_is_said() {
    let mut large = cache();
    large["data"]["other"] = json!(entry(&"x".repeat(100_000)));
    let drop = plan("cache.drop", &large, &[("keys", "other")]).unwrap();
    assert_eq!(drop.risk, crate::plan::Risk::LosesWork);
    assert!(drop.inverse.is_none() && drop.traps.iter().any(|t| t.text.contains("put back")));
}
