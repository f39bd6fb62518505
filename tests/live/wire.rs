//! Acting on a real API server: who it says we are, what its audit log keeps of dry runs and of writes whose answer was
//! cut off, and following an object through its restart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use midwatch::act::{Reply, Seen, Wire};
use midwatch::domain::Clean;
use midwatch::feed::kube::{Options, Places, targets};
use midwatch::plan::Step;
use midwatch::shell::ClusterWire;
use serde_json::{Value, json};

use super::support::cut::{Mode, Proxy};
use super::support::{rig, tls};

const TEMPLATES: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflowtemplates";

fn person(name: &str) -> PathBuf {
    rig(&format!("MIDWATCH_RIG_KUBECONFIG_{name}")).into()
}

fn wire(kubeconfig: &Path, options: Options) -> ClusterWire {
    tls();
    let places = Places {
        flag: Some(kubeconfig.to_owned()),
        ..Places::default()
    };
    ClusterWire::new(targets(&places, &[]).unwrap().remove(0), options)
}

fn admin() -> ClusterWire {
    wire(&person("ADMIN"), Options::default())
}

fn step(method: &'static str, path: &str, body: Value) -> Step {
    Step {
        verb: "patch",
        method,
        path: path.to_owned(),
        query: BTreeMap::from([("fieldManager", "midwatch")]),
        content_type: if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        },
        body,
        absent_is_done: false,
        why: Clean::new("for the test"),
        stand: None,
    }
}

fn create(name: &str) -> Step {
    let body = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
        "metadata": {"name": name, "namespace": "ml-fraud"},
        "spec": {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "x"}}]}});
    step("POST", TEMPLATES, body)
}

fn label(name: &str, value: &str) -> Step {
    let body = json!({"metadata": {"labels": {"n": value}}});
    step("PATCH", &format!("{TEMPLATES}/{name}"), body)
}

/// Deletes what a path names, if it is there.
async fn taken(wire: &ClusterWire, path: &str) {
    let mut step = step("DELETE", path, json!({"gracePeriodSeconds": 0}));
    step.query.clear();
    wire.send(&step, false).await;
}

/// Deletes it, whatever the test leaves behind.
async fn gone(wire: &ClusterWire, name: &str) {
    taken(wire, &format!("{TEMPLATES}/{name}")).await;
}

/// A name that the audit log has not seen before, though the test ran already.
fn fresh(name: &str) -> String {
    format!("{name}-{}", jiff::Timestamp::now().as_millisecond())
}

fn status(reply: &Reply) -> u16 {
    match reply {
        Reply::Answered { status, .. } => *status,
        other => panic!("{other:?}"),
    }
}

/// Requests for this name that the audit log keeps, of this verb.
fn audited(verb: &str, name: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(rig("MIDWATCH_RIG_AUDIT_LOG")).unwrap();
    // reading all of a long log would take longer than the answers that are waited for
    log.lines()
        .filter(|line| line.contains(name))
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|e| {
            e["verb"] == verb && e["requestURI"].as_str().unwrap_or_default().contains(name)
        })
        .collect()
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let waiting = tokio::time::timeout(Duration::from_secs(30), async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waiting.await.is_ok(), "waited for: {what}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn the_server_says_who_acts_and_which_cluster_it_is() {
    let admin = admin();
    let cluster = admin.cluster().await.unwrap();
    assert_eq!(cluster.system_uid.len(), 36, "{cluster:?}");
    assert_eq!(cluster.ca.len(), 64, "{cluster:?}");
    for (name, uid) in [("ADMIN", true), ("VIEWER", false), ("NOBODY", false)] {
        let wire = wire(&person(name), Options::default());
        let who = wire.operator().await;
        assert_eq!(&*who.cluster_user, name.to_lowercase());
        let seen = wire.cluster().await.unwrap();
        assert_eq!(!seen.system_uid.is_empty(), uid, "{name}");
        assert_eq!(cluster.differs(&seen), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_dry_run_says_so_to_the_server_and_stores_nothing() {
    let ghost = fresh("wire-dry");
    let real = fresh("wire-real");
    let wire = admin();
    assert_eq!(status(&wire.send(&create(&ghost), true).await), 201);
    assert_eq!(status(&wire.send(&create(&real), false).await), 201);
    let before = wire
        .read(&format!("{TEMPLATES}/{real}"), "get")
        .await
        .unwrap();
    let reply = wire.send(&label(&real, "1"), true).await;
    let Reply::Answered { body, .. } = &reply else {
        panic!("{reply:?}");
    };
    assert_eq!(body["metadata"]["labels"]["n"], "1");
    let after = wire
        .read(&format!("{TEMPLATES}/{real}"), "get")
        .await
        .unwrap();
    assert_eq!(before, after);
    assert!(
        wire.read(&format!("{TEMPLATES}/{ghost}"), "get")
            .await
            .is_err()
    );
    gone(&wire, &real).await;
    let kept = audited("patch", &real);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let uri = kept[0]["requestURI"].as_str().unwrap();
    assert!(
        uri.contains("dryRun=All") && uri.contains("fieldManager=midwatch"),
        "{uri}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_write_whose_answer_is_cut_off_reaches_the_server_once_and_is_in_doubt() {
    let name = fresh("wire-cut");
    let direct = admin();
    assert_eq!(status(&direct.send(&create(&name), false).await), 201);
    let server = direct.cluster().await.unwrap().server;
    let proxy = Proxy::start(server.rsplit('/').next().unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    let text = std::fs::read_to_string(person("ADMIN")).unwrap();
    let port = server.rsplit(':').next().unwrap();
    let through = text.replace(&format!(":{port}"), &format!(":{}", proxy.addr.port()));
    assert_ne!(text, through);
    std::fs::write(&path, through).unwrap();
    let s = Duration::from_secs;
    let options = Options {
        connect: s(30),
        answer: s(30),
        write: s(60),
        ..Options::default()
    };
    let wire = wire(&path, options);
    wire.cluster().await.unwrap();
    proxy.set(Mode::Delay(s(2)));
    let step = label(&name, "1");
    let sending = wire.send(&step, false);
    // the server has done it, and its answer is on the way
    let cut = async {
        until("the audit log has it", || {
            !audited("patch", &name).is_empty()
        })
        .await;
        proxy.cut();
    };
    let (reply, ()) = tokio::join!(sending, cut);
    assert!(matches!(reply, Reply::Lost(_)), "{reply:?}");
    proxy.set(Mode::Pass);
    let now = wire
        .read(&format!("{TEMPLATES}/{name}"), "get")
        .await
        .unwrap();
    assert_eq!(now["metadata"]["labels"]["n"], "1");
    assert_eq!(audited("patch", &name).len(), 1);

    // and one that finds nobody is not sent at all
    proxy.set(Mode::Refuse);
    until("nobody listens", || {
        std::net::TcpStream::connect(proxy.addr).is_err()
    })
    .await;
    let reply = wire.send(&label(&name, "2"), false).await;
    assert!(matches!(reply, Reply::NotSent(_)), "{reply:?}");
    gone(&direct, &name).await;
    assert_eq!(audited("patch", &name).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn one_watch_shows_each_change_of_an_object() {
    let name = fresh("wire-seen");
    let wire = admin();
    gone(&wire, &name).await;
    let mut rx = wire.follow(&format!("{TEMPLATES}/{name}"));
    assert_eq!(rx.recv().await, Some(Seen::Absent));
    assert_eq!(status(&wire.send(&create(&name), false).await), 201);
    for n in ["1", "2", "3"] {
        assert_eq!(status(&wire.send(&label(&name, n), false).await), 200);
        loop {
            let seen = tokio::time::timeout(Duration::from_secs(30), rx.recv()).await;
            match seen.unwrap().unwrap() {
                Seen::Object(object) if object["metadata"]["labels"]["n"] == n => break,
                Seen::Trouble(fault) => panic!("{fault:?}"),
                Seen::Object(_) | Seen::Absent => {}
            }
        }
    }
    gone(&wire, &name).await;
    loop {
        let seen = tokio::time::timeout(Duration::from_secs(30), rx.recv()).await;
        if seen.unwrap().unwrap() == Seen::Absent {
            break;
        }
    }
    let asked = ["list", "watch"].map(|verb| audited(verb, &format!("metadata.name%3D{name}")));
    assert_eq!(asked[0].len(), 1, "{:?}", asked[0]);
    // told when it starts, and once more when it ends
    assert!((1..=2).contains(&asked[1].len()), "{:?}", asked[1]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_server_that_asks_to_wait_is_not_asked_again() {
    let wire = admin();
    let name = fresh("wire-kept");
    let pod = &format!("/api/v1/namespaces/ml-fraud/pods/{name}");
    let budget = &format!("/apis/policy/v1/namespaces/ml-fraud/poddisruptionbudgets/{name}");
    let above = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
    let labels = json!({"app": name});
    let body = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels,
        "annotations": {"rig.midwatch.dev/run-time": "1h"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x"}]}});
    assert_eq!(
        status(&wire.send(&step("POST", &above(pod), body), false).await),
        201
    );
    let body = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}});
    assert_eq!(
        status(&wire.send(&step("POST", &above(budget), body), false).await),
        201
    );
    let mut rx = wire.follow(pod);
    loop {
        let seen = tokio::time::timeout(Duration::from_secs(60), rx.recv()).await;
        match seen.unwrap().unwrap() {
            Seen::Object(pod) if pod["status"]["phase"] == "Running" => break,
            _ => {}
        }
    }
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": name, "namespace": "ml-fraud"}});
    let path = format!("{pod}/eviction");
    let reply = wire.send(&step("POST", &path, eviction), false).await;
    taken(&wire, budget).await;
    taken(&wire, pod).await;
    assert_eq!(status(&reply), 429, "{reply:?}");
    assert_eq!(audited("create", &format!("{name}/eviction")).len(), 1);
}
