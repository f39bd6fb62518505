//! The actions on language model services, on the real API server with the kind's own schema. No controller of the kind
//! runs on the rig: a hand of the test writes the status that it would.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::{NS, Person, kubectl, object};

const KIND: &str = "llminferenceservices.serving.kserve.io";
const STOP: &str = "serving.kserve.io/stop";

/// A service of one test, with the hand that plays its controller; both go with it.
struct Played {
    name: String,
    end: Arc<AtomicBool>,
    hand: Option<JoinHandle<()>>,
}

impl Played {
    fn new(word: &str) -> Self {
        let name = format!("try-{word}-{}", std::process::id());
        let service = json!({"apiVersion": "serving.kserve.io/v1alpha2", "kind": "LLMInferenceService",
            "metadata": {"name": name, "namespace": NS},
            "spec": {"model": {"uri": "hf://example/chat-7b", "name": "chat"}, "replicas": 2,
                "router": {"route": {"group": name, "weight": 30}, "gateway": {}, "scheduler": {}}}});
        kubectl(&["create", "-f", "-"], &service.to_string()).unwrap();
        let end = Arc::new(AtomicBool::new(false));
        let (mine, ended) = (name.clone(), Arc::clone(&end));
        let hand = std::thread::spawn(move || {
            while !ended.load(Ordering::SeqCst) {
                if let Some(now) = object(KIND, &mine) {
                    write(&mine, &now);
                }
                std::thread::park_timeout(Duration::from_millis(200));
            }
        });
        let played = Self {
            name,
            end,
            hand: Some(hand),
        };
        crate::support::wait_for("its first status", super::LONG, || {
            (played.ready() == Some("True".to_owned())).then_some(())
        });
        played
    }

    fn now(&self) -> Value {
        object(KIND, &self.name).unwrap()
    }

    fn ready(&self) -> Option<String> {
        let now = self.now();
        let all = now["status"]["conditions"].as_array()?.clone();
        let ready = all.iter().find(|c| c["type"] == "Ready")?;
        ready["status"].as_str().map(str::to_owned)
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        if let Some(hand) = self.hand.take() {
            let _ = hand.join();
        }
        let _ = kubectl(&["-n", NS, "delete", KIND, &self.name], "");
    }
}

/// The status that follows from the spec, where another one stands.
fn write(name: &str, now: &Value) {
    let stopped = now["metadata"]["annotations"][STOP] == "true";
    let condition = |sort: &str| {
        let at = "2026-01-05T08:00:00Z";
        if stopped {
            json!({"type": sort, "status": "False", "reason": "Stopped", "lastTransitionTime": at})
        } else {
            json!({"type": sort, "status": "True", "lastTransitionTime": at})
        }
    };
    let replicas = if stopped {
        json!(0)
    } else {
        now["spec"]["replicas"].clone()
    };
    let members = [
        json!({"name": name, "weight": now["spec"]["router"]["route"]["weight"]}),
        json!({"name": "try-other", "weight": 70}),
    ];
    let status = json!({"observedGeneration": now["metadata"]["generation"],
        "conditions": [condition("MainWorkloadReady"), condition("Ready")],
        "workloads": {"primary": {"readyReplicas": replicas}},
        "router": {"group": {"name": name, "members": members}}});
    let told = &now["status"];
    let same = |part: &str| told[part] == status[part];
    let weight = |of: &Value| of["router"]["group"]["members"][0]["weight"].clone();
    if same("observedGeneration") && same("conditions") && weight(told) == weight(&status) {
        return;
    }
    let body = json!({"status": status}).to_string();
    let args = [
        "-n",
        NS,
        "patch",
        KIND,
        name,
        "--subresource=status",
        "--type=merge",
        "-p",
        &body,
    ];
    // it may be gone meanwhile
    let _ = kubectl(&args, "");
}

/// Carries it out, confirmed as it has to be, until it is seen done. The kind is named: without it the name would be an
/// `InferenceService`'s, which there may be as well.
#[track_caller]
fn act(person: &Person, action: &str, name: &str, more: &[&str]) -> Value {
    let target = format!("llminferenceservices/{name}");
    let mut args = vec!["do", action, &target, "-n", NS, "--yes", "--confirm", name];
    args.extend(["-o", "json", "--wait", "120s", "--reason", "a test"]);
    args.extend(more);
    let done = person.midwatch(&args);
    assert_eq!(done.code, Some(0), "{action} {target}: {done:?}");
    let outcome: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(outcome["verdict"], "done", "{outcome}");
    outcome
}

#[track_caller]
fn refused(person: &Person, action: &str, name: &str, parameter: &str) -> String {
    let target = format!("llminferenceservices/{name}");
    let args = [
        "do", action, &target, "-n", NS, "--yes", "--param", parameter,
    ];
    let done = person.midwatch(&args);
    assert_eq!(done.code, Some(5), "{done:?}");
    done.err
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_language_model_is_scaled_weighed_stopped_and_resumed() {
    let person = Person::new("sre");
    let service = Played::new("act-llm");
    let name = &service.name;

    let outcome = act(&person, "service.scale", name, &["--param", "min=3"]);
    assert_eq!(service.now()["spec"]["replicas"], 3);
    assert_eq!(outcome["undo"]["action"], "service.scale");
    assert_eq!(outcome["undo"]["parameters"]["min"], "2");
    let why = refused(&person, "service.scale", name, "max=5");
    assert!(why.contains("cannot be set"), "{why}");

    let target = format!("llminferenceservices/{name}");
    let plan = person.preview("service.set-weight", &target, &["--param", "weight=10"]);
    let facts = plan["facts"].as_array().unwrap();
    let traffic = facts.iter().find(|f| f["topic"] == "traffic").unwrap();
    let text = traffic["text"].as_str().unwrap();
    assert!(text.contains("30 %") && text.contains("then"), "{text}");
    let outcome = act(
        &person,
        "service.set-weight",
        name,
        &["--param", "weight=10"],
    );
    assert_eq!(service.now()["spec"]["router"]["route"]["weight"], 10);
    assert_eq!(outcome["undo"]["parameters"]["weight"], "30");

    act(&person, "service.stop", name, &[]);
    let now = service.now();
    assert_eq!(now["metadata"]["annotations"][STOP], "true", "{now}");
    let why = refused(&person, "service.set-weight", name, "weight=20");
    assert!(why.contains("is stopped"), "{why}");
    act(&person, "service.resume", name, &[]);
    assert_eq!(service.ready().as_deref(), Some("True"));
    let now = service.now();
    assert!(now["metadata"]["annotations"][STOP].is_null(), "{now}");
    assert_eq!(now["spec"]["replicas"], 3, "what it had comes back");
}
