//! Which cluster it is, and who acts; and that nothing goes to another one.

use std::path::Path;

use midwatch::act::{Reply, Wire};
use midwatch::demo::{Options, Platform};
use midwatch::fault::FaultKind;
use midwatch::plan::Step;
use serde_json::json;

use super::stub::{Play, Stub, json_body, ordinary, patch, refusal, wire};

async fn platform() -> Platform {
    super::support::tls();
    Platform::empty(Options::default()).await.unwrap()
}

/// Makes a config map.
pub fn create(name: &str) -> Step {
    Step {
        verb: "create",
        method: "POST",
        path: "/api/v1/namespaces/ml-fraud/pods".to_owned(),
        content_type: "application/json",
        body: json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"containers": [{"name": "main", "image": "x"}]}}),
        ..patch()
    }
}

fn status(reply: &Reply) -> u16 {
    match reply {
        Reply::Answered { status, .. } => *status,
        other => panic!("{other:?}"),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::write(to, std::fs::read(from).unwrap()).unwrap();
}

#[tokio::test]
async fn a_cluster_is_known_by_its_system_namespace_and_its_authority() {
    let (a, b) = (platform().await, platform().await);
    let one = wire(a.kubeconfig()).cluster().await.unwrap();
    assert_eq!(one.server, a.url());
    assert_eq!(one.name, "demo");
    assert!(!one.system_uid.is_empty());
    assert_eq!(one.ca.len(), 64);
    let again = wire(&a.kubeconfig_for("admin")).cluster().await.unwrap();
    assert_eq!(one.differs(&again), None);
    let two = wire(b.kubeconfig()).cluster().await.unwrap();
    assert!(one.differs(&two).is_some());
    assert_ne!(one.ca, two.ca);
}

#[tokio::test]
async fn a_kubeconfig_that_means_another_cluster_now_is_told_and_nothing_goes_there() {
    let (a, b) = (platform().await, platform().await);
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    copy(a.kubeconfig(), &kubeconfig);
    let wire = wire(&kubeconfig);
    let one = wire.cluster().await.unwrap();
    assert_eq!(status(&wire.send(&create("first"), false).await), 201);

    copy(b.kubeconfig(), &kubeconfig);
    let two = wire.cluster().await.unwrap();
    assert!(one.differs(&two).is_some());
    let before = b.requests();
    let reply = wire.send(&create("second"), false).await;
    let Reply::NotSent(fault) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(fault.kind, FaultKind::Config);
    assert!(fault.what.contains("another cluster"), "{fault:?}");
    let read = wire
        .read("/api/v1/namespaces/ml-fraud/pods/first", "get pod")
        .await;
    assert_eq!(read.unwrap_err().kind, FaultKind::Config);
    assert_eq!(b.requests(), before);

    // and back
    copy(a.kubeconfig(), &kubeconfig);
    assert_eq!(one.differs(&wire.cluster().await.unwrap()), None);
    assert_eq!(status(&wire.send(&create("third"), false).await), 201);
}

#[tokio::test]
async fn a_write_goes_where_the_cluster_was_told_though_the_file_changed_since() {
    let (a, b) = (platform().await, platform().await);
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    copy(a.kubeconfig(), &kubeconfig);
    let wire = wire(&kubeconfig);
    wire.cluster().await.unwrap();
    copy(b.kubeconfig(), &kubeconfig);
    assert_eq!(status(&wire.send(&create("mine"), false).await), 201);
    assert_eq!(b.requests(), 0);
    assert!(
        wire.read("/api/v1/namespaces/ml-fraud/pods/mine", "get pod")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn another_server_at_the_same_address_gets_no_byte_of_a_write() {
    let a = platform().await;
    let kubeconfig = std::fs::read(a.kubeconfig()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, kubeconfig).unwrap();
    let wire = wire(&path);
    wire.cluster().await.unwrap();
    let port = a.url().rsplit(':').next().unwrap().parse().unwrap();
    a.shutdown().await;
    let options = Options {
        port,
        ..Options::default()
    };
    let b = Platform::empty(options).await.unwrap();
    let reply = wire.send(&create("first"), false).await;
    let Reply::NotSent(fault) = reply else {
        panic!("{reply:?}");
    };
    assert!(fault.what.contains("No trusted connection"), "{fault:?}");
    assert_eq!(b.requests(), 0);
}

#[tokio::test]
async fn a_context_that_is_gone_or_a_file_that_is_broken_is_told() {
    let a = platform().await;
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    copy(a.kubeconfig(), &kubeconfig);
    let wire = wire(&kubeconfig);
    wire.cluster().await.unwrap();
    std::fs::write(&kubeconfig, "contexts: [").unwrap();
    assert_eq!(wire.cluster().await.unwrap_err().kind, FaultKind::Config);
    let reply = wire.send(&create("first"), false).await;
    assert!(matches!(reply, Reply::NotSent(_)), "{reply:?}");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_shows_what_would_be() {
    let a = platform().await;
    let wire = wire(a.kubeconfig());
    let reply = wire.send(&create("ghost"), true).await;
    let Reply::Answered { status, body } = reply else {
        panic!("{reply:?}");
    };
    assert_eq!((status, &body["metadata"]["name"]), (201, &json!("ghost")));
    let gone = wire.read("/api/v1/namespaces/ml-fraud/pods/ghost", "get pod ghost");
    assert_eq!(gone.await.unwrap_err().kind, FaultKind::Gone);
}

#[tokio::test]
async fn who_may_not_read_the_system_namespace_has_no_uid_of_it() {
    let stub = Stub::start(|got, _| match got.target.as_str() {
        "/api/v1/namespaces/kube-system" => Play::Answer(403, "", refusal(403, "no")),
        _ => ordinary(got),
    })
    .await;
    let cluster = stub.wire().cluster().await.unwrap();
    assert_eq!(cluster.system_uid, "");
    assert_eq!(cluster.ca, "");
    assert_eq!(cluster.server, format!("http://{}", stub.addr));
}

#[tokio::test]
async fn a_server_that_is_not_well_is_no_cluster() {
    for status in [401, 429, 500, 503] {
        let stub =
            Stub::start(move |_, _| Play::Answer(status, "", refusal(status, "not now"))).await;
        let wire = stub.wire();
        assert!(wire.cluster().await.is_err(), "{status}");
        let reply = wire.send(&patch(), false).await;
        assert!(matches!(reply, Reply::NotSent(_)), "{reply:?}");
        assert!(stub.writes().is_empty());
    }
}

#[tokio::test]
async fn who_acts_is_known_from_kubeconfig_server_and_system() {
    let stub = Stub::playing(Play::Cut).await;
    let who = stub.wire().operator().await;
    assert_eq!(&*who.context_user, "ann");
    assert_eq!(&*who.cluster_user, "ann@example.com");
    assert!(!who.os_user.is_empty() && !who.host.is_empty());

    let stub = Stub::start(|got, _| {
        if got.target.contains("reviews") {
            Play::Answer(404, "", json_body(&json!({})))
        } else {
            ordinary(got)
        }
    })
    .await;
    let who = stub.wire().operator().await;
    assert_eq!((&*who.context_user, &*who.cluster_user), ("ann", ""));
}
