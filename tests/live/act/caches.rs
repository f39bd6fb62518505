//! Entries of memoization caches: what the real controller kept is taken out, and the step runs anew.

use serde_json::{Value, json};

use super::{NS, Person, container, ended, kubectl, name, node_id, start};

/// Where the controller runs: it keeps the caches of all namespaces there.
const HOME: &str = "argo";

/// A run of one step that is kept in a cache.
fn memoized(run: &str, cache: &str) -> Value {
    let outputs = r#"{"parameters": {"table": "v41"}}"#;
    let mut main = container("main", &[("run-time", "1s"), ("outputs", outputs)]);
    main["memoize"] = json!({"key": "day-1", "maxAge": "24h", "cache": {"configMap": {"name": cache, "key": "any"}}});
    main["outputs"] =
        json!({"parameters": [{"name": "table", "valueFrom": {"path": "/tmp/table"}}]});
    start(run, &json!({}), &json!([main]));
    ended(run, "")
}

fn status(run: &Value) -> &Value {
    let id = node_id(run, run["metadata"]["name"].as_str().unwrap());
    &run["status"]["nodes"][id]["memoizationStatus"]
}

fn held(cache: &str) -> Value {
    let map = kubectl(&["-n", HOME, "get", "configmap", cache, "-o", "json"], "").unwrap();
    let map: Value = serde_json::from_str(&map).unwrap();
    map["data"].clone()
}

fn entry(cache: &str) -> Option<Value> {
    let text = held(cache)["day-1"].as_str()?.to_owned();
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_wrong_result_is_dropped_by_its_runbook_and_the_copy_makes_it_anew() {
    let person = Person::new("sre");
    let (first, second, cache) = (name("memo"), name("memo-hit"), name("cache"));
    assert_eq!(status(&memoized(&first, &cache))["hit"], false);
    let hit = memoized(&second, &cache);
    let id = node_id(&hit, &second);
    assert_eq!(status(&hit)["hit"], true);
    assert_eq!(
        hit["status"]["nodes"][&id]["outputs"]["parameters"][0]["value"],
        "v41"
    );
    let old = entry(&cache).unwrap()["nodeID"].clone();

    let target = format!("{NS}/{second}");
    let done = person.midwatch(&[
        "runbook",
        "run",
        "pipeline-cache-poisoned",
        &target,
        "--yes",
        "--answer",
        "3=yes",
        "--answer",
        "12=done",
        "-o",
        "json",
    ]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let told: Value = serde_json::from_str(&done.out).unwrap();
    let all = told["steps"].as_array().unwrap();
    let asked = |s: &Value| s["state"] == "skipped" && s["kind"] == "ask";
    assert!(
        all.iter().all(|s| s["state"] == "done" || asked(s)),
        "{told}"
    );
    // where the cache is was found, and not asked
    assert_eq!(all.iter().filter(|s| asked(s)).count(), 2, "{told}");
    let new = entry(&cache).unwrap();
    assert_ne!(new["nodeID"], old, "it was made anew");
    let label = format!("workflows.argoproj.io/resubmitted-from-workflow={second}");
    let copies = kubectl(
        &[
            "-n",
            NS,
            "get",
            "workflows.argoproj.io",
            "-l",
            &label,
            "-o",
            "json",
        ],
        "",
    );
    let copies: Value = serde_json::from_str(&copies.unwrap()).unwrap();
    let copy = copies["items"][0].clone();
    assert_eq!(status(&copy)["hit"], false);

    let copy = copy["metadata"]["name"].as_str().unwrap();
    for run in [&*first, &*second, copy] {
        person.act("run.delete", run, &[]);
    }
    kubectl(&["-n", HOME, "delete", "configmap", &cache], "").unwrap();
}

#[test]
#[ignore = "needs tests/rig/live"]
fn an_entry_that_was_dropped_is_put_back_as_it_was() {
    let person = Person::new("sre");
    let (run, cache) = (name("memo-back"), name("cache-back"));
    memoized(&run, &cache);
    let before = held(&cache);
    let act = |action: &str, given: &str| {
        let args = ["do", action, &cache, "-n", HOME, "--yes", "--param", given];
        let done = person.midwatch(&[&args[..], &["-o", "json"]].concat());
        let told: Value = serde_json::from_str(&done.out).unwrap_or_default();
        (done, told)
    };
    let (done, told) = act("cache.drop", "keys=day-1");
    assert_eq!(
        (done.code, &told["verdict"]),
        (Some(0), &json!("done")),
        "{done:?}"
    );
    assert!(entry(&cache).is_none());
    let entries = told["undo"]["parameters"]["entries"].as_str().unwrap();
    let given = format!("entries={entries}");
    let (done, told) = act("cache.put", &given);
    assert_eq!(
        (done.code, &told["undo"]["action"]),
        (Some(0), &json!("cache.drop")),
        "{done:?}"
    );
    assert_eq!(held(&cache), before);
    let (again, _) = act("cache.put", &given);
    assert_eq!(again.code, Some(5), "it is there already: {again:?}");
    person.act("run.delete", &run, &[]);
    kubectl(&["-n", HOME, "delete", "configmap", &cache], "").unwrap();
}
