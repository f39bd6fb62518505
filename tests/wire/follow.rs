//! Following one object.

use std::time::Duration;

use midwatch::act::{Reply, Seen, Wire};
use midwatch::demo::{Options, Platform};
use midwatch::plan::Step;
use midwatch::shell::ClusterWire;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::identity::create;
use super::stub::{delete, patch, wire};

const POD: &str = "/api/v1/namespaces/ml-fraud/pods/seen";

async fn start() -> (Platform, ClusterWire) {
    super::support::tls();
    let platform = Platform::empty(Options::default()).await.unwrap();
    let wire = wire(&platform.kubeconfig_for("admin"));
    (platform, wire)
}

/// The next sight that is like this; those before it are passed over.
async fn until(rx: &mut Receiver<Seen>, what: &str, is: impl Fn(&Seen) -> bool) -> Seen {
    let found = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let seen = rx.recv().await.unwrap();
            if is(&seen) {
                return seen;
            }
        }
    });
    let Ok(seen) = found.await else {
        panic!("waited for: {what}");
    };
    seen
}

fn label(seen: &Seen) -> Option<&str> {
    match seen {
        Seen::Object(object) => object.pointer("/metadata/labels/n")?.as_str(),
        _ => None,
    }
}

fn labelled(n: &str) -> Step {
    Step {
        path: POD.to_owned(),
        body: json!({"metadata": {"labels": {"n": n}}}),
        ..patch()
    }
}

async fn done(wire: &ClusterWire, step: &Step) {
    let reply = wire.send(step, false).await;
    assert!(
        matches!(
            reply,
            Reply::Answered {
                status: 200..=299,
                ..
            }
        ),
        "{reply:?}"
    );
}

#[tokio::test]
async fn an_object_is_seen_from_before_it_is_there_to_after_it_is_gone() {
    let (platform, wire) = start().await;
    let mut rx = wire.follow(POD);
    assert_eq!(rx.recv().await, Some(Seen::Absent));
    done(&wire, &create("seen")).await;
    let seen = until(&mut rx, "it is there", |s| matches!(s, Seen::Object(_))).await;
    let Seen::Object(object) = &seen else {
        unreachable!()
    };
    assert_eq!(
        (&object["kind"], &object["metadata"]["name"]),
        (&json!("Pod"), &json!("seen"))
    );
    // another one changes: not ours
    done(&wire, &create("other")).await;
    let before = platform.requests();
    for n in ["1", "2", "3"] {
        done(&wire, &labelled(n)).await;
        until(&mut rx, n, |s| label(s) == Some(n)).await;
    }
    assert_eq!(
        platform.requests() - before,
        3,
        "changes come without asking"
    );
    let mut gone = delete();
    gone.path = POD.to_owned();
    gone.body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0});
    done(&wire, &gone).await;
    until(&mut rx, "it is gone", |s| *s == Seen::Absent).await;
}

#[tokio::test]
async fn who_looks_seldom_sees_the_newest_state() {
    let (_platform, wire) = start().await;
    done(&wire, &create("seen")).await;
    let mut slow = wire.follow(POD);
    let mut quick = wire.follow(POD);
    for n in 0..30 {
        let n = n.to_string();
        done(&wire, &labelled(&n)).await;
        until(&mut quick, &n, |s| label(s) == Some(&n)).await;
    }
    let mut seen = 0;
    loop {
        let next = until(&mut slow, "the newest", |_| true).await;
        seen += 1;
        if label(&next) == Some("29") {
            break;
        }
    }
    assert!(seen <= 3, "{seen} states for one who did not look");
}

#[tokio::test]
async fn trouble_is_told_and_then_it_is_seen_again() {
    let (platform, wire) = start().await;
    done(&wire, &create("seen")).await;
    let mut rx = wire.follow(POD);
    until(&mut rx, "it is there", |s| matches!(s, Seen::Object(_))).await;
    platform.set_down(true).await;
    until(&mut rx, "trouble", |s| matches!(s, Seen::Trouble(_))).await;
    platform.set_down(false).await;
    until(&mut rx, "it is back", |s| matches!(s, Seen::Object(_))).await;
    done(&wire, &labelled("after")).await;
    until(&mut rx, "changes again", |s| label(s) == Some("after")).await;
    // the server forgets what it was; nobody has to know
    platform.expire_history();
    done(&wire, &labelled("later")).await;
    until(&mut rx, "changes again", |s| label(s) == Some("later")).await;
}

#[tokio::test]
async fn new_tokens_are_taken_and_a_refusal_is_told() {
    let (platform, wire) = start().await;
    done(&wire, &create("seen")).await;
    let mut rx = wire.follow(POD);
    until(&mut rx, "it is there", |s| matches!(s, Seen::Object(_))).await;
    platform.rotate_tokens().unwrap();
    platform.set_down(true).await;
    platform.set_down(false).await;
    until(&mut rx, "it is back", |s| matches!(s, Seen::Object(_))).await;
    platform.deny("admin", "pods", true);
    let mut denied = wire.follow(POD);
    let seen = until(&mut denied, "refused", |s| matches!(s, Seen::Trouble(_))).await;
    let Seen::Trouble(fault) = seen else {
        unreachable!()
    };
    assert_eq!(fault.kind, midwatch::fault::FaultKind::Denied);
    platform.deny("admin", "pods", false);
    until(&mut denied, "allowed", |s| matches!(s, Seen::Object(_))).await;
}

#[tokio::test]
async fn objects_without_a_namespace_are_followed_too() {
    let (_platform, wire) = start().await;
    let mut rx = wire.follow("/api/v1/namespaces/ml-fraud");
    let seen = until(&mut rx, "there", |s| matches!(s, Seen::Object(_))).await;
    let Seen::Object(object) = seen else {
        unreachable!()
    };
    assert_eq!(object["kind"], Value::from("Namespace"));
}

#[tokio::test]
async fn who_does_not_look_any_more_costs_nothing() {
    let (_platform, wire) = start().await;
    wire.cluster().await.unwrap();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let mut rx = wire.follow(POD);
    assert_eq!(rx.recv().await, Some(Seen::Absent));
    let mut second = wire.follow("/api/v1/namespaces/ml-fraud");
    until(&mut second, "there", |s| matches!(s, Seen::Object(_))).await;
    assert!(tasks() > before);
    drop((rx, second));
    // both followers and their watches end, on this side and on the server's
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        while tasks() > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(ended.await.is_ok(), "{} tasks, {before} before", tasks());
}
