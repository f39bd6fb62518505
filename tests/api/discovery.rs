//! What the server says it serves.

use super::{Server, accept};

pub async fn groups_and_kinds_are_discovered(s: &Server) {
    let groups = s.get("/apis").await.ok();
    assert_eq!(groups.str("/kind"), "APIGroupList");
    let names: Vec<&str> = groups.body["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|g| g["name"].as_str())
        .collect();
    for wanted in ["argoproj.io", "coordination.k8s.io", "authorization.k8s.io"] {
        assert!(names.contains(&wanted), "{names:?}");
    }
    let one = s.get("/apis/argoproj.io").await.ok();
    assert_eq!(
        (one.str("/kind"), one.str("/preferredVersion/version")),
        ("APIGroup", "v1alpha1")
    );

    let argo = s.get("/apis/argoproj.io/v1alpha1").await.ok();
    let kinds = argo.body["resources"].as_array().unwrap();
    let of = |name: &str| kinds.iter().find(|k| k["name"] == name);
    let workflows = of("workflows").unwrap();
    assert_eq!(
        (&workflows["kind"], &workflows["namespaced"]),
        (&"Workflow".into(), &true.into())
    );
    assert!(
        workflows["verbs"]
            .as_array()
            .unwrap()
            .contains(&"watch".into())
    );
    assert_eq!(workflows["shortNames"], serde_json::json!(["wf"]));
    assert!(of("workflows/status").is_none());
    assert_eq!(of("clusterworkflowtemplates").unwrap()["namespaced"], false);

    let core = s.get("/api/v1").await.ok();
    let kinds = core.body["resources"].as_array().unwrap();
    let of = |name: &str| kinds.iter().find(|k| k["name"] == name).unwrap();
    assert_eq!(of("pods/eviction")["group"], "policy");
    assert_eq!(of("nodes/status")["kind"], "Node");
    assert_eq!(of("pods")["categories"], serde_json::json!(["all"]));
}

pub async fn all_groups_come_in_one_document(s: &Server) {
    let form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    for (path, group, plural) in [("/apis", "argoproj.io", "workflows"), ("/api", "", "pods")] {
        let all = accept(&s.admin, path, form).await.ok();
        assert_eq!(all.str("/kind"), "APIGroupDiscoveryList");
        assert!(
            all.kind.contains("as=APIGroupDiscoveryList"),
            "{}",
            all.kind
        );
        let items = all.body["items"].as_array().unwrap();
        let named = |i: &&serde_json::Value| i["metadata"]["name"].as_str().unwrap_or("") == group;
        let version = &items.iter().find(named).unwrap()["versions"][0];
        let kinds = version["resources"].as_array().unwrap();
        let kind = kinds.iter().find(|k| k["resource"] == plural).unwrap();
        assert_eq!(kind["scope"], "Namespaced");
        assert!(kind["responseKind"]["kind"].is_string() && kind["singularResource"].is_string());
    }
}

pub async fn health_and_version_are_open(s: &Server) {
    for client in [&s.admin, &s.nobody, &s.anonymous] {
        for path in ["/healthz", "/livez", "/readyz"] {
            assert_eq!(accept(client, path, "*/*").await.ok().text, "ok");
        }
        assert_eq!(
            accept(client, "/version", "*/*").await.ok().str("/major"),
            "1"
        );
    }
}

pub async fn paths_that_nothing_serves_answer_404(s: &Server) {
    for path in [
        "/apis/example.org",
        "/apis/example.org/v1/things",
        "/apis/argoproj.io/v1alpha1/things",
        "/nothing",
    ] {
        let answer = s.get(path).await;
        assert_eq!(
            (answer.code, answer.text.trim()),
            (404, "404 page not found"),
            "{path}"
        );
    }
    let answer = s.get("/api/v1/things").await;
    assert_eq!(answer.verdict(), "404 NotFound");
    assert_eq!(
        answer.message(),
        "the server could not find the requested resource"
    );
}
