//! Services as the real controller writes them, for the tests of the actions on them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::action;
use crate::plan::{ActionSpec, Beside, Cluster, Given, Params, Plan, Refused, Sight};

/// A service in Knative mode: percent of the spec, revisions (created, ready, rolled out, previous), traffic.
pub fn service(percent: Option<i64>, revisions: [&str; 4], traffic: &[(&str, i64)]) -> Value {
    let [created, ready, rolled_out, previous] = revisions;
    let rows = traffic.iter().enumerate().map(|(at, (name, percent))| {
        let mut row = json!({"revisionName": name, "percent": percent, "latestRevision": at == 0});
        if at > 0 {
            row["tag"] = "prev".into();
        }
        row
    });
    let mut object = json!({
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "s", "namespace": "ml", "uid": "u-1", "resourceVersion": "7", "generation": 4,
            "finalizers": ["inferenceservice.finalizers"]},
        "spec": {"predictor": {"minReplicas": 1, "model": {"modelFormat": {"name": "sklearn"}, "name": "",
            "protocolVersion": "v1", "resources": {}, "runtime": "rig-sklearn", "storageUri": "s3://m/1"}}},
        "status": {"deploymentMode": "Knative", "observedGeneration": 2,
            "conditions": [{"type": "IngressReady", "status": "True"}, {"type": "PredictorReady", "status": "True"},
                {"type": "Ready", "status": "True"}, {"type": "RoutesReady", "status": "True"},
                {"type": "Stopped", "status": "False"}],
            "modelStatus": {"transitionStatus": "UpToDate"},
            "components": {"predictor": {"traffic": rows.collect::<Vec<_>>()}}},
    });
    if let Some(percent) = percent {
        object["spec"]["predictor"]["canaryTrafficPercent"] = percent.into();
    }
    let status = &mut object["status"]["components"]["predictor"];
    for (key, name) in [
        ("latestCreatedRevision", created),
        ("latestReadyRevision", ready),
        ("latestRolledoutRevision", rolled_out),
        ("previousRolledoutRevision", previous),
    ] {
        if !name.is_empty() {
            status[key] = name.into();
        }
    }
    object
}

/// A large model in a route group with another one.
pub fn llm() -> Value {
    json!({
        "apiVersion": "serving.kserve.io/v1alpha2", "kind": "LLMInferenceService",
        "metadata": {"name": "s", "namespace": "ml", "uid": "u-1", "resourceVersion": "7"},
        "spec": {"model": {"uri": "hf://m/1"}, "replicas": 2, "router": {"route": {"group": "chat", "weight": 10}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}],
            "router": {"group": {"name": "chat", "members": [{"name": "s", "weight": 10}, {"name": "t", "weight": 90}]}}},
    })
}

/// A revision that is ready.
pub fn revision(name: &str, uri: &str) -> Value {
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
        "metadata": {"name": name, "namespace": "ml", "uid": name,
            "annotations": {"internal.serving.kserve.io/storage-initializer-sourceuri": uri,
                "autoscaling.knative.dev/min-scale": "1"}},
        "spec": {"containers": [{"name": "kserve-container", "image": "server:2.0"}]},
        "status": {"actualReplicas": 2, "desiredReplicas": 2,
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "Active", "status": "True"}]},
    })
}

/// A plan without anything read besides.
pub fn plan(name: &str, object: &Value, params: &[(&str, &str)]) -> Result<Plan, Refused> {
    made(name, object, params, None)
}

/// A plan where these revisions are there, and no others.
pub fn plan_seeing(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    revisions: &[Value],
) -> Result<Plan, Refused> {
    made(name, object, params, Some(revisions))
}

fn made(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    revisions: Option<&[Value]>,
) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    let cluster = Cluster::default();
    let none = Beside::default();
    let given = Given {
        object,
        params: &params,
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        cluster: &cluster,
        namespace: "ml",
        suffix: "x7k2p",
        beside: &none,
    };
    let there: BTreeMap<&str, &Value> = revisions
        .unwrap_or_default()
        .iter()
        .map(|r| (r["metadata"]["name"].as_str().unwrap(), r))
        .collect();
    // only what the action asks for is seen
    let asked = action
        .reads(&given)
        .into_iter()
        .filter(|_| revisions.is_some());
    let beside = Beside::new(asked.map(|read| {
        let last = read.path.rsplit('/').next().unwrap_or_default();
        let sight = there
            .get(last)
            .map_or(Sight::Absent, |r| Sight::Found(Box::new((*r).clone())));
        (read.path, sight)
    }));
    let plan = action.plan(&Given {
        beside: &beside,
        ..given
    })?;
    as_listed(&plan, action.spec());
    Ok(plan)
}

/// Whatever it is, what the list of actions says of it holds; and a service is never stamped with anything but a stop.
fn as_listed(plan: &Plan, spec: &ActionSpec) {
    assert_eq!(plan.verify.text, spec.verify);
    let inverse = plan.inverse.as_ref();
    assert!(inverse.is_none_or(|i| spec.inverse.contains(i.action)));
    for need in &plan.needs {
        let wanted = (&*need.verb, need.group.as_str(), need.resource.as_str());
        let mut rights = spec.rights.iter().map(|r| (r.verb, r.group, r.resource));
        assert!(rights.any(|right| right == wanted), "{need:?}");
    }
    let notes = plan.steps[0].body["metadata"]["annotations"].as_object();
    assert!(notes.is_none_or(|n| n.keys().all(|k| k == "serving.kserve.io/stop")));
}

/// Why it is refused, and what works instead.
pub fn refusal(name: &str, object: &Value, params: &[(&str, &str)]) -> String {
    let refused = plan(name, object, params).unwrap_err();
    format!("{} {}", refused.why, refused.instead)
}

/// The trap with these words.
#[track_caller]
pub fn trap(plan: &Plan, words: &str) -> String {
    let found = plan.traps.iter().find(|t| t.text.contains(words));
    let found = found.unwrap_or_else(|| panic!("no trap with {words:?}: {:#?}", plan.traps));
    found.text.to_string()
}

#[test]
fn a_frozen_service_takes_edits_and_does_nothing_with_them() {
    let mut frozen = service(Some(10), ["b", "b", "a", ""], &[("b", 10), ("a", 90)]);
    frozen["metadata"]["annotations"] = json!({"serving.kserve.io/disable-auto-update": "true"});
    for (name, params) in [
        ("service.rollback", &[][..]),
        ("service.promote", &[]),
        ("service.set-canary", &[("percent", "20")]),
        ("service.scale", &[("min", "3")]),
        ("service.restart", &[]),
        ("service.stop", &[]),
    ] {
        let held = plan(name, &frozen, params).unwrap();
        assert!(held.is_blocked(), "{name}");
        let text = trap(&held, "would do nothing with it");
        assert!(
            text.contains("annotate inferenceservice s serving.kserve.io/disable-auto-update-"),
            "{text}"
        );
    }
    frozen["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
    let held = plan("service.rollback", &frozen, &[]).unwrap();
    assert!(!held.is_blocked());
    trap(&held, "carried out only now");
}

#[test]
fn a_mode_that_the_webhook_would_refuse_blocks_and_one_that_is_not_known_refuses() {
    let mut odd = service(Some(10), ["b", "b", "a", ""], &[("b", 10), ("a", 90)]);
    odd["metadata"]["annotations"] = json!({"serving.kserve.io/deploymentMode": "RawDeployment"});
    let held = plan("service.promote", &odd, &[]).unwrap();
    assert!(held.is_blocked());
    trap(&held, "webhook refuses every change");
    odd["status"] = json!({});
    odd["metadata"]["annotations"] = json!({});
    assert!(refusal("service.promote", &odd, &[]).contains("not known"));
    odd["status"] = json!({"deploymentMode": "ModelMesh"});
    assert!(refusal("service.stop", &odd, &[]).contains("ModelMesh"));
}

#[test]
fn an_edit_that_is_not_carried_out_yet_is_told() {
    let settled = service(Some(10), ["b", "b", "a", ""], &[("b", 10), ("a", 90)]);
    assert!(
        plan("service.promote", &settled, &[])
            .unwrap()
            .traps
            .is_empty()
    );
    // the percent was changed a moment ago
    let behind = service(Some(50), ["b", "b", "a", ""], &[("b", 10), ("a", 90)]);
    let text = trap(
        &plan("service.promote", &behind, &[]).unwrap(),
        "not carried out yet",
    );
    assert!(
        text.contains("is to have a 50 %, b 50 %, and has a 90 %, b 10 %"),
        "{text}"
    );
    let going = json!({"metadata": {"deletionTimestamp": "2026-11-21T11:00:00Z"}, "kind": "InferenceService"});
    assert!(refusal("service.stop", &going, &[]).contains("being deleted"));
}

#[test]
fn hostile_names_stay_in_their_segment_and_off_the_screen() {
    let bad = "../../secrets/x\u{1b}[2J\u{202e}";
    let object = service(Some(10), ["b", "b", bad, ""], &[("b", 10), (bad, 90)]);
    let plan = plan_seeing("service.rollback", &object, &[], &[]).unwrap();
    assert!(plan.is_blocked());
    let shown = format!("{}{:?}{:?}", plan.does, plan.traps, plan.facts);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown}"
    );
    let params = Params::default();
    let given = Given {
        object: &object,
        params: &params,
        now: jiff::Timestamp::UNIX_EPOCH,
        cluster: &Cluster::default(),
        namespace: "ml",
        suffix: "",
        beside: &crate::plan::NOTHING_BESIDE,
    };
    for read in action("service.rollback").unwrap().reads(&given) {
        let rest = read
            .path
            .strip_prefix("/apis/serving.knative.dev/v1/namespaces/ml/revisions/")
            .unwrap();
        assert!(!rest.contains('/') && rest.is_ascii(), "{}", read.path);
    }
}

#[test]
fn nothing_odd_in_a_service_makes_a_plan_panic() {
    let odd = json!({"kind": "InferenceService", "metadata": 3, "spec": {"predictor": [], "canary": 7},
        "status": {"deploymentMode": "Knative", "components": {"predictor": {"traffic": [7, {"percent": "x"}, {"percent": -1}]}}}});
    for spec in super::ACTIONS
        .iter()
        .map(|a| a.spec())
        .filter(|s| s.name.starts_with("service."))
    {
        for params in [
            &[][..],
            &[("percent", "10")],
            &[("uri", "s3://x")],
            &[("min", "3")],
            &[("weight", "3")],
        ] {
            let given: Vec<_> = params
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            if Params::parse(spec, &given).is_ok() {
                let _ = plan(spec.name, &odd, params);
            }
        }
    }
}

#[test]
fn a_service_is_told_in_few_words() {
    let words = |object: &Value| crate::plan::state_words(Some(object)).to_string();
    let mut object = service(Some(10), ["b", "b", "a", ""], &[("b", 10), ("a", 90)]);
    assert_eq!(words(&object), "Ready, a 90 %, b 10 %");
    object["status"]["components"]["predictor"]["latestCreatedRevision"] = "c".into();
    assert_eq!(words(&object), "Ready, a 90 %, b 10 %, c not ready yet");
    object["metadata"]["annotations"] = json!({"serving.kserve.io/stop": "true"});
    assert!(words(&object).starts_with("stopped"));
}
