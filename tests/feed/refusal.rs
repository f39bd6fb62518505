//! What a person may not see, and what is not there.

use midwatch::domain::SourceState as S;
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;
use serde_json::json;

use super::conf::{ConfRow, quick, watch_all};
use super::server::{Answer, Seen, Server};

const WHOLE: &str = "/api/v1/configmaps";
const REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

fn forbidden() -> Answer {
    Answer::Status(
        403,
        "configmaps is forbidden: User \"viewer\" cannot list resource \"configmaps\" in API group \"\" at the cluster scope",
        vec![],
    )
}

/// May read these namespaces and may not list namespaces.
fn only(seen: &Seen, namespaces: &[&str]) -> Option<Answer> {
    let here = |path: &str| {
        namespaces
            .iter()
            .any(|n| path.contains(&format!("/namespaces/{n}/")))
    };
    match seen.path.as_str() {
        REVIEW => {
            let asked = namespaces
                .iter()
                .any(|n| seen.body.contains(&format!("\"namespace\":\"{n}\"")));
            Some(Answer::Json(json!({ "status": { "allowed": asked } })))
        }
        "/version" => None,
        path if here(path) => None,
        _ => Some(forbidden()),
    }
}

#[tokio::test]
async fn nobody_is_denied_with_the_reason_and_what_to_ask_for() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    server.hook(|seen| only(seen, &[]));
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("denied", |c| c.state("confs") == Some(S::Denied))
        .await;
    let source = console.source("confs", "").unwrap().clone();
    let fault = source.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(
        fault.what.contains("User \"viewer\" cannot list"),
        "{}",
        fault.what
    );
    assert_eq!(fault.what.matches("forbidden").count(), 1, "{}", fault.what);
    assert!(
        fault.hint.contains("role") && source.retry.is_some(),
        "{}",
        fault.hint
    );
    assert_eq!(
        console.state("api"),
        Some(S::Live),
        "the connection itself is well"
    );
    // a role is given
    server.unhook();
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    assert_eq!(console.rows(|r: &ConfRow| r.value.clone()).len(), 1);
}

#[tokio::test]
async fn a_person_of_some_namespaces_sees_those_and_is_told_that_it_is_not_all() {
    let server = Server::start().await;
    for ns in ["team-a", "team-b", "secret-team"] {
        server.put(ns, "c", ns);
    }
    server.hook(|seen| only(seen, &["team-a", "team-b"]));
    let options = Options {
        namespaces: vec!["team-b".into(), "secret-team".into()],
        ..quick()
    };
    let mut console = watch_all(&server.kubeconfig("{}"), options);
    console
        .until("both namespaces", |c| {
            ["team-a", "team-b"]
                .iter()
                .all(|n| c.source("confs", n).is_some_and(|s| s.state == S::Live))
                && c.state("confs") == Some(S::Live)
        })
        .await;
    let rows = console.rows(|r: &ConfRow| r.value.to_string());
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["team-a/c", "team-b/c"]);
    let source = console.source("confs", "").unwrap();
    assert_eq!(
        source.endpoint,
        "2 namespaces: team-b, team-a (the whole cluster is denied)"
    );
    assert_eq!(source.fault.as_ref().unwrap().kind, FaultKind::Denied);
    server.put("team-b", "c", "changed");
    server.delete("team-a", "c");
    console
        .until("changes of both", |c| {
            let rows = c.rows(|r: &ConfRow| r.value.to_string());
            rows.len() == 1 && rows["team-b/c"] == "changed"
        })
        .await;
}

#[tokio::test]
async fn a_person_who_is_given_the_whole_cluster_sees_it_without_a_restart() {
    let server = Server::start().await;
    server.put("team-a", "c", "a");
    server.put("team-z", "c", "z");
    server.hook(|seen| only(seen, &["team-a"]));
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("one namespace", |c| {
            c.source("confs", "team-a")
                .is_some_and(|s| s.state == S::Live)
        })
        .await;
    server.unhook();
    console
        .until("the whole", |c| {
            c.rows(|r: &ConfRow| r.value.clone()).len() == 2 && c.state("confs") == Some(S::Live)
        })
        .await;
    assert!(
        console.source("confs", "team-a").is_none(),
        "the namespace's own source is forgotten"
    );
    assert!(
        console
            .source("confs", "")
            .unwrap()
            .endpoint
            .ends_with(WHOLE)
    );
}

#[tokio::test]
async fn of_many_namespaces_a_part_is_watched_and_the_screen_says_so() {
    let server = Server::start().await;
    let names: Vec<String> = (0..45).map(|n| format!("ns-{n:02}")).collect();
    for name in &names {
        server.put(name, "c", "v");
    }
    let list = json!({ "items": names.iter().map(|n| json!({ "metadata": { "name": n } })).collect::<Vec<_>>() });
    server.hook(move |seen| match seen.path.as_str() {
        REVIEW => Some(Answer::Json(
            json!({ "status": { "allowed": !seen.body.contains("team-a") } }),
        )),
        "/api/v1/namespaces" => Some(Answer::Json(list.clone())),
        WHOLE => Some(forbidden()),
        _ => None,
    });
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("thirty", |c| {
            c.rows(|r: &ConfRow| r.value.clone()).len() == 30
        })
        .await;
    let endpoint = &console.source("confs", "").unwrap().endpoint;
    assert!(
        endpoint.starts_with("30 of 45 namespaces: ns-00, ns-01"),
        "{endpoint}"
    );
}

#[tokio::test]
async fn a_kind_that_is_not_installed_is_absent_and_appears_when_it_is() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    server.hook(|seen| {
        let missing = seen.path == WHOLE;
        missing.then(|| {
            Answer::Status(
                404,
                "the server could not find the requested resource",
                vec![],
            )
        })
    });
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("absent", |c| c.state("confs") == Some(S::Absent))
        .await;
    let source = console.source("confs", "").unwrap();
    assert_eq!(source.fault.as_ref().unwrap().kind, FaultKind::Gone);
    assert!(source.retry.is_some());
    server.unhook();
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
}

#[tokio::test]
async fn a_server_that_starts_and_refuses_for_a_moment_takes_no_row_away() {
    let server = Server::start().await;
    for n in 0..4 {
        server.put("team-a", &format!("c{n}"), "v");
    }
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    console.watch_rows::<ConfRow>();
    let count = std::sync::atomic::AtomicUsize::new(0);
    server.hook(move |seen| {
        let confs = seen.path == WHOLE;
        let n = if confs {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
        } else {
            9
        };
        match n {
            0 => Some(Answer::Status(404, "not yet", vec![])),
            1 => Some(forbidden()),
            2 => Some(Answer::Status(401, "not yet", vec![])),
            _ => None,
        }
    });
    server.end_watches();
    console
        .until("stale", |c| c.state("confs") == Some(S::Stale))
        .await;
    console
        .until("live again", |c| c.state("confs") == Some(S::Live))
        .await;
    assert_eq!(console.rows(|r: &ConfRow| r.value.clone()).len(), 4);
    assert_ne!(console.fewest, Some(0));
    assert!(
        !console.states_of("confs").contains(&S::Absent),
        "{:?}",
        console.states
    );
}

/// As after a restart: the outage was long, and the server refuses until it has read its roles.
#[tokio::test]
async fn a_refusal_after_a_long_outage_is_not_believed_at_once() {
    let server = Server::start().await;
    server.put("team-a", "c", "v");
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let asked = count.clone();
    server.hook(move |seen| {
        if seen.path != WHOLE {
            return None;
        }
        match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0..12 => Some(Answer::Status(503, "starting", vec![])),
            12..15 => Some(forbidden()),
            _ => None,
        }
    });
    server.end_watches();
    console
        .until("stale", |c| c.state("confs") == Some(S::Stale))
        .await;
    console
        .until("live again", |c| c.state("confs") == Some(S::Live))
        .await;
    assert!(count.load(std::sync::atomic::Ordering::SeqCst) > 15);
    assert!(
        !console.states_of("confs").contains(&S::Denied),
        "{:?}",
        console.states
    );
}

#[tokio::test]
async fn a_kind_that_is_removed_takes_its_rows_along() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    server.hook(|seen| (seen.path == WHOLE).then(|| Answer::Status(404, "gone", vec![])));
    server.end_watches();
    console
        .until("absent", |c| c.state("confs") == Some(S::Absent))
        .await;
    console
        .until("no rows", |c| {
            c.rows(|r: &ConfRow| r.value.clone()).is_empty()
        })
        .await;
}
