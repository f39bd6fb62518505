//! Actions of a journal, as they would be read.

use std::sync::Arc;

use jiff::{Span, Timestamp};
use midwatch::app::deed::Acted;
use midwatch::app::{Effects, Model, Msg, update};
use midwatch::domain::{Clean, ClusterId};
use midwatch::plan::{
    Answered, Ask, Cluster, Ended, Entry, Given, HaltKind, Intent, Operator, Params, Prepared,
    Verdict, action,
};
use serde_json::json;

use crate::platform::now;

/// One action. Its undo is `cron.resume` where it is `cron.suspend`.
pub fn entry(id: &str, action: &str, target: (&str, &str), seconds: i64) -> Entry {
    let (resource, name) = target;
    let undo = (action == "cron.suspend")
        .then(|| json!({"action": "cron.resume", "text": "starts runs by the clock again"}));
    let intent: Intent = serde_json::from_value(json!({
        "operator": {"contextUser": "admin", "clusterUser": "ada@example.com", "osUser": "ada", "host": "bastion-1"},
        "cluster": {"name": "prod-eu", "server": "https://10.0.0.1:6443", "systemUid": "5f0c9d6e", "ca": "aa"},
        "action": action,
        "target": {
            "cluster": "prod-eu", "server": "https://10.0.0.1:6443", "clusterUid": "5f0c9d6e", "clusterCa": "aa",
            "group": "argoproj.io", "version": "v1alpha1", "resource": resource, "namespace": "ml-fraud", "name": name,
            "uid": "0b1c", "resourceVersion": "4711",
        },
        "parameters": {"restart-successful": ["true"]},
        "reason": "pod was evicted, node is drained",
        "incident": "INC-2041",
        "does": "Runs the steps that failed again.",
        "requests": [
            {"method": "DELETE", "path": "/api/v1/namespaces/ml-fraud/pods/train-1", "contentType": "", "body": null, "digest": ""},
            {"method": "PUT", "path": format!("/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/{resource}/{name}"),
             "contentType": "application/json", "body": null, "digest": ""},
        ],
        "before": "9f86d081884c7d65",
        "changes": [{"path": "status.phase", "pointer": "/status/phase", "before": "Failed", "after": "Running"}],
        "verify": {"text": "the run is running", "checks": []},
        "undo": undo,
        "by": "midwatch 0.1.0 console",
    }))
    .unwrap();
    Entry {
        id: id.to_owned(),
        at: ago(seconds),
        intent,
        sent: 0,
        answers: Vec::new(),
        ended: None,
        resolved: false,
    }
}

fn ago(seconds: i64) -> Timestamp {
    now() - Span::new().seconds(seconds)
}

/// A request left, and only the first was answered.
pub fn doubt(mut entry: Entry) -> Entry {
    entry.sent = 2;
    entry.answers = vec![answer(0, 200, "")];
    entry
}

/// It came to its end.
pub fn ended(mut entry: Entry, verdict: Verdict, what: &str) -> Entry {
    if !matches!(verdict, Verdict::NotWritten(_)) {
        entry.sent = 2;
        entry.answers = vec![answer(0, 404, "it was not there"), answer(1, 200, "stored")];
    }
    entry.ended = Some(Ended {
        verdict,
        what: what.into(),
        after: String::new(),
        changes: Vec::new(),
        by: Vec::new(),
        millis: 4_200,
    });
    entry
}

fn answer(step: usize, status: u16, words: &str) -> Answered {
    Answered {
        step,
        status,
        words: words.into(),
        resource_version: String::new(),
        millis: 130,
    }
}

/// A night's work.
pub fn night() -> Vec<Entry> {
    let run = ("workflows", "train-nightly-x7k2p");
    let cron = ("cronworkflows", "nightly");
    vec![
        ended(
            entry("a1", "cron.suspend", cron, 9_000),
            Verdict::Done,
            "The schedule is suspended.",
        ),
        ended(
            entry("a2", "run.stop", run, 7_200),
            Verdict::NotWritten(HaltKind::Changed),
            "The run changed since it was shown; nothing was written.",
        ),
        ended(
            entry("a3", "run.retry", run, 3_000),
            Verdict::Partly,
            "1 of 2 requests was taken.",
        ),
        ended(
            entry("a4", "run.delete", ("workflows", "old-run"), 900),
            Verdict::Accepted,
            "It is being deleted.",
        ),
        doubt(entry("a5", "run.retry", run, 60)),
    ]
}

/// The journal was read.
pub fn read(model: &mut Model, entries: Vec<Entry>) -> Effects {
    let acted = Acted::Journal {
        entries: Arc::new(entries),
        mistakes: Vec::new(),
    };
    update(model, Msg::Acted(Box::new(acted)), now())
}

/// A plan to suspend a schedule of `prod-eu`, ready to be carried out.
pub fn prepared() -> Prepared {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
        "metadata": {"name": "nightly", "namespace": "ml-fraud", "uid": "0b1c", "resourceVersion": "7"},
        "spec": {"schedules": ["0 0 * * *"], "suspend": false},
    });
    let suspend = action("cron.suspend").unwrap();
    let params = Params::parse(suspend.spec(), &[]).unwrap();
    let given = Given {
        object: &object,
        params: &params,
        now: now(),
        cluster: &Cluster::default(),
        namespace: "ml-fraud",
        suffix: "abcde",
        beside: &midwatch::plan::NOTHING_BESIDE,
    };
    Prepared {
        plan: suspend.plan(&given).unwrap(),
        ask: ask(),
        object: Arc::new(object),
        cluster: Cluster::default(),
        operator: Operator::default(),
    }
}

/// What such a plan is asked for with.
pub fn ask() -> Ask {
    let suspend = action("cron.suspend").unwrap().spec();
    Ask {
        action: suspend.name,
        cluster: ClusterId::new("prod-eu"),
        resource: suspend.targets[0],
        namespace: "ml-fraud".to_owned(),
        name: "nightly".to_owned(),
        uid: "0b1c".to_owned(),
        params: Params::parse(suspend, &[]).unwrap(),
        reason: Clean::default(),
        incident: Clean::default(),
        runbook: String::new(),
    }
}
