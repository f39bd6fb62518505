//! Copies reach who should be told, once, and what fails is told without secrets.

use std::sync::Mutex;

use serde_json::json;
use tokio::sync::mpsc::Receiver;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::Seen;
use super::super::journal::tests::stages;
use super::*;
use crate::plan::{Cluster, EVENT_REASON, Operator, Record, Stage, Step};

/// Takes what is sent, and answers with one status.
#[derive(Debug)]
struct Taken {
    status: u16,
    sent: Mutex<Vec<Step>>,
}

impl Taken {
    fn new(status: u16) -> Self {
        Self {
            status,
            sent: Mutex::default(),
        }
    }
}

impl Wire for Taken {
    async fn cluster(&self) -> Result<Cluster, Fault> {
        Ok(Cluster::default())
    }
    async fn operator(&self) -> Operator {
        Operator::default()
    }
    async fn read(&self, _: &str, _: &str) -> Result<Value, Fault> {
        Err(fault(FaultKind::Gone, "nothing is here"))
    }
    async fn ask(&self, _: &str, _: &Value, _: &str) -> Result<Value, Fault> {
        Err(fault(FaultKind::Gone, "nothing is here"))
    }
    async fn send(&self, step: &Step, dry: bool) -> Reply {
        assert!(!dry);
        self.sent.lock().unwrap().push(step.clone());
        Reply::Answered {
            status: self.status,
            body: json!({"message": "events is forbidden: token=hunter2"}),
        }
    }
    fn follow(&self, _: &str) -> Receiver<Seen> {
        tokio::sync::mpsc::channel(1).1
    }
}

fn entry() -> Entry {
    let records: Vec<Record> = stages()
        .into_iter()
        .zip(1..)
        .map(|(mut stage, seq)| {
            if let Stage::Intent(intent) = &mut stage {
                intent.reason = "password=hunter2 was wrong".into();
                intent.operator.cluster_user = "alice".into();
            }
            Record {
                v: 1,
                seq,
                at: "2026-10-12T22:04:13.5Z".parse().unwrap(),
                id: "261012-220413-x7k2p".to_owned(),
                stage,
                prev: String::new(),
                hash: String::new(),
            }
        })
        .collect();
    Entry::fold(records.iter()).remove(0)
}

fn install() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn audit(webhook: Option<String>, events: bool) -> Audit {
    Audit {
        webhook,
        events,
        webhook_header: Some("Authorization: env:AUDIT_TOKEN".to_owned()),
        ..Audit::default()
    }
}

fn env(name: &str) -> Option<String> {
    (name == "AUDIT_TOKEN").then(|| "Bearer hunter2".to_owned())
}

#[tokio::test]
async fn a_copy_is_posted_once_with_its_header() {
    install();
    let server = MockServer::start().await;
    let taken = Mock::given(method("POST")).and(header("Authorization", "Bearer hunter2"));
    taken
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let (copies, faults) = Copies::new(&audit(Some(server.uri()), false), &env);
    assert_eq!(faults, []);
    assert_eq!(copies.send(&Taken::new(201), &entry()).await, []);
    let got: Value = server.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    assert_eq!(got["kind"], "AuditEntry");
    assert_eq!(got["id"], "261012-220413-x7k2p");
    assert_eq!(got["verdict"], "done");
    assert_eq!(got["target"]["name"], "train");
    assert_eq!(got["answers"][0]["status"], 200);
    assert!(!format!("{copies:?}").contains("hunter2"), "{copies:?}");
}

#[tokio::test]
async fn a_webhook_that_fails_is_told_is_asked_once_and_nothing_secret_is_in_the_words() {
    install();
    let server = MockServer::start().await;
    for status in [500, 302] {
        server.reset().await;
        let answer = ResponseTemplate::new(status).insert_header("Location", "/other");
        Mock::given(method("POST"))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
        let url = format!("{}/hook?key=hunter2", server.uri());
        let (copies, _) = Copies::new(&audit(Some(url), false), &env);
        let faults = copies.send(&Taken::new(201), &entry()).await;
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.contains(&status.to_string()), "{faults:?}");
        assert!(!faults[0].told().contains("hunter2"), "{faults:?}");
        server.verify().await;
    }
    let gone = server.uri();
    drop(server);
    let (copies, _) = Copies::new(&audit(Some(format!("{gone}/x?key=hunter2")), false), &env);
    let faults = copies.send(&Taken::new(201), &entry()).await;
    assert!(
        faults.len() <= 1 && !format!("{faults:?}").contains("hunter2"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_header_without_its_variable_is_told_and_events_are_still_made() {
    install();
    let settings = audit(Some("https://audit.example.com".to_owned()), true);
    let (copies, faults) = Copies::new(&settings, &|_| None);
    assert!(
        faults[0].what.contains("AUDIT_TOKEN is not set"),
        "{faults:?}"
    );
    let wire = Taken::new(201);
    assert_eq!(copies.send(&wire, &entry()).await, []);
    assert_eq!(wire.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_on_the_object_tells_others() {
    let (copies, _) = Copies::new(&audit(None, true), &env);
    let wire = Taken::new(201);
    assert_eq!(copies.send(&wire, &entry()).await, []);
    let step = wire.sent.lock().unwrap().remove(0);
    assert_eq!(
        (step.method, step.path.as_str()),
        ("POST", "/api/v1/namespaces/ml/events")
    );
    let body = &step.body;
    assert_eq!(
        body["metadata"]["name"],
        "train.midwatch-261012-220413-x7k2p"
    );
    assert_eq!(body["reason"], EVENT_REASON);
    assert_eq!(body["type"], "Normal");
    assert_eq!(body["firstTimestamp"], "2026-10-12T22:04:13Z");
    let object = &body["involvedObject"];
    assert_eq!(object["kind"], "Workflow");
    assert_eq!(object["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(object["uid"], "u-1");
    let message = body["message"].as_str().unwrap();
    assert!(
        message.starts_with("run.suspend by alice: done. Reason: password=(hidden)"),
        "{message}"
    );
    assert!(!body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn an_event_that_may_not_be_made_is_told() {
    let (copies, _) = Copies::new(&audit(None, true), &env);
    let faults = copies.send(&Taken::new(403), &entry()).await;
    assert_eq!(faults[0].kind, FaultKind::Denied);
    assert!(faults[0].what.contains("403"), "{faults:?}");
    assert!(!faults[0].what.contains("hunter2"), "{faults:?}");
}

#[tokio::test]
async fn nothing_is_told_of_what_was_never_sent() {
    let (copies, _) = Copies::new(&audit(None, true), &env);
    let wire = Taken::new(201);
    let mut entry = entry();
    entry.sent = 0;
    assert_eq!(copies.send(&wire, &entry).await, []);
    assert!(wire.sent.lock().unwrap().is_empty());
}
