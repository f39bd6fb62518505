//! Whatever a client sends, it gets an answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use crate::demo::person::Person;
use crate::demo::site::Site;

fn router() -> Router {
    router_and_site().0
}

fn router_and_site() -> (Router, Arc<Site>) {
    let mut persons = Person::everyone(&["default"]);
    for person in &mut persons {
        person.token = person.name.clone();
    }
    let site = Arc::new(Site::new(persons, 1));
    crate::demo::world::found(&site, &["default"]);
    let router = Router::new()
        .fallback(super::answer)
        .with_state(site.clone());
    (router, site)
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("default".to_owned()),
        Just("x".to_owned()),
        Just("true".to_owned()),
        Just("All".to_owned()),
        "[ -~]{0,8}",
        "[a-z]{1,5}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    let plural = prop_oneof![
        Just("/api/v1/namespaces/default/configmaps"),
        Just("/api/v1/namespaces/default/pods"),
        Just("/api/v1/namespaces/default/events"),
        Just("/api/v1/nodes"),
        Just("/api/v1/namespaces"),
        Just("/apis/argoproj.io/v1alpha1/namespaces/default/workflows"),
        Just("/apis/coordination.k8s.io/v1/namespaces/default/leases"),
        Just("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        Just("/openapi/v3"),
    ];
    let tail = prop_oneof![
        Just(""),
        Just("/x"),
        Just("/x/status"),
        Just("/x/log"),
        Just("/x/eviction"),
        Just("/%zz/%2f"),
    ];
    let key = prop_oneof![
        Just("limit"),
        Just("continue"),
        Just("labelSelector"),
        Just("fieldSelector"),
        Just("resourceVersion"),
        Just("dryRun"),
        Just("resourceVersionMatch"),
        Just("gracePeriodSeconds"),
        Just("tailLines"),
    ];
    let query = prop::collection::vec((key, word()), 0..3);
    (plural, tail, query).prop_map(|(plural, tail, query)| {
        let encoded = |w: &str| {
            w.bytes()
                .map(|b| format!("%{b:02x}"))
                .collect::<Vec<_>>()
                .concat()
        };
        let pairs: Vec<String> = query
            .iter()
            .map(|(k, v)| format!("{k}={}", encoded(v)))
            .collect();
        format!("{plural}{tail}?{}", pairs.join("&"))
    })
}

fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    let tree = leaf.prop_recursive(4, 24, 6, |inner| {
        let key = prop_oneof![
            Just("metadata"),
            Just("spec"),
            Just("status"),
            Just("labels"),
            Just("annotations"),
            Just("finalizers"),
            Just("name"),
            Just("containers"),
            Just("ownerReferences"),
            Just("op"),
            Just("path"),
            Just("value"),
            Just("from"),
            Just("conditions"),
            Just("type"),
            Just("$patch"),
            Just("uid"),
            Just("preconditions"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect::<Value>()
            }),
        ]
    });
    prop_oneof![
        4 => tree.prop_map(|v| v.to_string()),
        2 => Just(r#"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a"}]}}"#.to_owned()),
        1 => Just(r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Workflow","metadata":{"name":"x"},"spec":{}}"#.to_owned()),
        1 => "[ -~]{0,20}",
    ]
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("application/json"),
        Just("application/merge-patch+json"),
        Just("application/json-patch+json"),
        Just("application/strategic-merge-patch+json"),
        Just("application/vnd.kubernetes.protobuf"),
    ]
}

fn method() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("GET"),
        Just("POST"),
        Just("PUT"),
        Just("PATCH"),
        Just("DELETE")
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_request_gets_an_answer(asks in prop::collection::vec((method(), path(), kind(), body()), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let router = router();
            for (method, path, kind, body) in asks {
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("authorization", "Bearer admin")
                    .header("content-type", kind)
                    .body(Body::from(body))
                    .unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                let code = response.status().as_u16();
                let text = response.into_body().collect().await.unwrap().to_bytes();
                let status: Value = serde_json::from_slice(&text).unwrap_or_default();
                let said = status["code"].as_u64().unwrap_or(u64::from(code));
                assert!(code < 400 || said == u64::from(code), "{method} {path}: {code} {status}");
            }
        });
    }
}

/// Objects that the world looks at, of the right kind and wrong in many ways inside.
fn odd() -> impl Strategy<Value = (&'static str, String)> {
    let kinds = prop_oneof![
        Just(("/api/v1/namespaces/default/pods", "v1", "Pod")),
        Just((
            "/apis/argoproj.io/v1alpha1/namespaces/default/workflows",
            "argoproj.io/v1alpha1",
            "Workflow"
        )),
        Just((
            "/apis/argoproj.io/v1alpha1/namespaces/default/cronworkflows",
            "argoproj.io/v1alpha1",
            "CronWorkflow"
        )),
        Just(("/api/v1/nodes", "v1", "Node")),
    ];
    (kinds, body(), body(), body(), "[a-z]{3}").prop_map(|((path, version, kind), spec, status, meta, name)| {
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
        let annotation = meta.chars().take(60).collect::<String>();
        let object = serde_json::json!({"apiVersion": version, "kind": kind, "spec": read(spec), "status": read(status),
            "metadata": {"name": name, "annotations": {"rig.midwatch.dev/run-time": annotation,
                "rig.midwatch.dev/rules": annotation, "rig.midwatch.dev/outputs": annotation}}});
        let mut object = object;
        if object["spec"].is_object() && kind == "CronWorkflow" {
            object["spec"]["schedule"] = Value::from("* * * * *");
            object["spec"]["workflowSpec"] = object["status"].clone();
        }
        if object["spec"].is_object() && kind == "Pod" {
            object["spec"]["containers"] = serde_json::json!([{"name": "main"}, object["status"]]);
        }
        (path, object.to_string())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_world_goes_on_whatever_people_store(all in prop::collection::vec(odd(), 20..60)) {
        use crate::demo::world::{Clock, World};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (router, site) = router_and_site();
            let opening = "2026-11-21T08:00:00Z".parse().unwrap();
            let mut world = World::open(site.clone(), 1, Clock::new(opening, 1.0), 0);
            let mut stored = 0;
            for (path, body) in all {
                let request = Request::post(path)
                    .header("authorization", "Bearer admin")
                    .header("content-type", "application/json")
                    .body(Body::from(body))
                    .unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                stored += usize::from(response.status().is_success());
            }
            let before = site.store().version();
            world.advance(180_000);
            assert!(stored > 0 && site.store().version() > before);
        });
    }
}
