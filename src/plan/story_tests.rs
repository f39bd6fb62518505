//! What the words of an action say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::deed::{HaltKind, Undo};
use super::super::form::{Target, Verify};
use super::super::given::Cluster;
use super::*;

fn entry() -> Entry {
    let intent = Intent {
        operator: Operator {
            context_user: "admin".into(),
            cluster_user: "alice".into(),
            os_user: "ada".into(),
            host: "bastion".into(),
        },
        cluster: Cluster {
            name: "prod-eu".to_owned(),
            server: "https://eu.example".to_owned(),
            system_uid: "kube-uid".to_owned(),
            ca: String::new(),
        },
        action: "run.retry".to_owned(),
        target: Target {
            cluster: "prod-eu".to_owned(),
            server: "https://eu.example".to_owned(),
            cluster_uid: "kube-uid".to_owned(),
            cluster_ca: String::new(),
            group: "argoproj.io".to_owned(),
            version: "v1alpha1".to_owned(),
            resource: "workflows".to_owned(),
            namespace: "ml-fraud".to_owned(),
            name: "train\u{1b}[31m-x7k2p".to_owned(),
            uid: "u1".to_owned(),
            resource_version: "41".to_owned(),
            home: crate::plan::Home::Kubernetes,
            endpoint: String::new(),
        },
        parameters: BTreeMap::from([("restart-successful".to_owned(), vec!["true".to_owned()])]),
        reason: Clean::default(),
        incident: "INC-7".into(),
        runbook: String::new(),
        does: "Runs the failed steps again.".into(),
        requests: vec![
            request("DELETE", "/api/v1/pods/p"),
            request("PUT", "/apis/w"),
        ],
        before: "abc".to_owned(),
        changes: vec![Change {
            path: "status.phase".into(),
            pointer: "/status/phase".to_owned(),
            before: Some("Failed".into()),
            after: Some("Running".into()),
        }],
        verify: Verify {
            text: "".into(),
            checks: Vec::new(),
            patience: 0,
        },
        rollback: None,
        undo: Some(Undo {
            action: "run.stop".to_owned(),
            text: "stops it again".into(),
            parameters: BTreeMap::new(),
        }),
        by: "midwatch 1 console".into(),
    };
    Entry {
        id: "id1".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        intent,
        sent: 1,
        answers: vec![Answered {
            step: 0,
            status: 200,
            words: Clean::default(),
            resource_version: String::new(),
            millis: 120,
        }],
        ended: None,
        resolved: false,
    }
}

fn request(method: &str, path: &str) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        content_type: String::new(),
        body: Value::Null,
        digest: String::new(),
        stand: None,
    }
}

fn told(entry: &Entry) -> Vec<String> {
    let lines = story(entry);
    lines
        .iter()
        .map(|l| format!("{}|{}", l.label, l.text))
        .collect()
}

#[test]
fn a_story_says_what_to_whom_by_whom_and_what_was_sent() {
    let told = told(&entry());
    for line in [
        "action|run.retry",
        "state|not checked",
        "target|workflows ml-fraud/train-x7k2p",
        "cluster|prod-eu at https://eu.example, kube-system kube-uid",
        "began|1970-01-01 00:00:00Z",
        "operator|alice (user admin of the kubeconfig, ada on bastion)",
        "reason|none given",
        "incident|INC-7",
        "parameter|restart-successful true",
        "requests|DELETE /api/v1/pods/p",
        "|  200 in 0.1 s",
        "|PUT /apis/w",
        "|  not sent",
        "would change|status.phase: Failed → Running",
        "undo|run.stop: stops it again",
        "id|id1",
    ] {
        assert!(told.iter().any(|l| l == line), "{line}\n{told:#?}");
    }
}

#[test]
fn an_action_without_an_answer_says_to_look_before_it_is_done_again() {
    let mut entry = entry();
    entry.sent = 2;
    assert_eq!(entry.standing(), Standing::Doubt);
    let told = told(&entry);
    assert!(told.iter().any(|l| l == "state|in doubt"));
    assert!(told.iter().any(|l| l.contains("Look at the target before")));
    assert!(told.iter().any(|l| l == "|  sent; no answer is known"));
}

#[test]
fn an_ending_found_later_says_so_and_names_who_else_wrote() {
    let mut entry = entry();
    entry.resolved = true;
    entry.ended = Some(Ended {
        verdict: Verdict::NotWritten(HaltKind::Changed),
        what: "Bob was faster.".into(),
        after: "def".to_owned(),
        changes: Vec::new(),
        by: vec![By {
            who: "kubectl".into(),
            at: None,
            what: "Update".into(),
        }],
        millis: 12_345,
    });
    let told = told(&entry);
    for line in [
        "state|changed in between",
        "|Bob was faster.",
        "|Found out by looking later.",
        "took|12 s",
        "others wrote|kubectl (Update)",
        "after|sha256 def",
    ] {
        assert!(told.iter().any(|l| l == line), "{line}\n{told:#?}");
    }
}

#[test]
fn nothing_in_a_story_can_move_the_terminal() {
    for line in story(&entry()) {
        assert!(!line.text.contains('\u{1b}'), "{line:?}");
    }
}
