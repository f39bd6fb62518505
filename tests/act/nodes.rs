//! A drain that has to wait, is stopped half-way or loses an answer; a relayout that fails and is set back.

use std::sync::Mutex;

use midwatch::domain::Clean;
use midwatch::plan::{HaltKind, Outcome, Params, Prepared, Progress, Stage, Verdict, action};
use serde_json::{Value, json};

use super::played::{Fate, Stage0, ask, consent};

const NODE: &str = "/api/v1/nodes/train";
const PODS: &str = "/api/v1/pods?fieldSelector=spec.nodeName%3Dtrain";
const BUDGETS: &str = "/apis/policy/v1/poddisruptionbudgets";
const LAYOUTS: &str = "/api/v1/namespaces/gpu-operator/configmaps/default-mig-parted-config";

fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "ml", "uid": format!("u-{name}"),
        "ownerReferences": [{"kind": "ReplicaSet", "name": "o", "controller": true}]},
        "spec": {"nodeName": "train"}, "status": {"phase": "Running"}})
}

fn path(pod: &str) -> String {
    format!("/api/v1/namespaces/ml/pods/{pod}")
}

/// A node with these pods.
fn stage(pods: &[&str]) -> Stage0 {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        let node = json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": "train", "uid": "u-1", "resourceVersion": "1", "labels": {
                "nvidia.com/mig.capable": "true", "nvidia.com/mig.strategy": "mixed",
                "nvidia.com/mig.config": "all-disabled", "nvidia.com/mig.config.state": "success"}},
            "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        s.objects.insert(NODE.to_owned(), node);
        let file = "mig-configs:\n  all-disabled: [{devices: all}]\n  all-1g.10gb: [{devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}]\n";
        s.objects.insert(LAYOUTS.to_owned(), json!({"data": {"config.yaml": file}}));
        s.objects.insert(BUDGETS.to_owned(), json!({"items": []}));
        for name in pods {
            s.objects.insert(path(name), pod(name));
        }
    });
    list(&stage, pods);
    stage
}

/// What the server lists as pods of the node.
fn list(stage: &Stage0, pods: &[&str]) {
    let items: Vec<Value> = pods.iter().map(|name| pod(name)).collect();
    stage
        .wire
        .lock(|s| s.objects.insert(PODS.to_owned(), json!({"items": items})));
}

async fn prepare(stage: &Stage0, name: &str, given: &[(&str, &str)]) -> Prepared {
    let mut ask = ask(name);
    let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    let given: Vec<_> = given.iter().map(owned).collect();
    ask.params = Params::parse(action(name).unwrap().spec(), &given).unwrap();
    stage.plane.prepare(&ask).await.unwrap()
}

/// Pods that were asked to go, in order.
fn asked(stage: &Stage0) -> Vec<String> {
    let sent = stage.sent();
    let evictions = sent.iter().filter(|s| s.ends_with("/eviction"));
    let name = |s: &String| s.split('/').rev().nth(1).unwrap().to_owned();
    evictions.map(name).collect()
}

async fn drained(stage: &Stage0, prepared: &Prepared) -> (Outcome, Vec<Progress>) {
    let heard = Mutex::new(Vec::new());
    let hear = |progress: Progress| heard.lock().unwrap().push(progress);
    let outcome = stage.plane.carry_out(prepared, &consent(), hear).await;
    (outcome, heard.into_inner().unwrap())
}

#[tokio::test]
async fn a_pod_that_may_not_go_yet_is_asked_again_and_the_others_do_not_wait_for_it() {
    let stage = stage(&["a", "b"]);
    let prepared = prepare(&stage, "node.drain", &[]).await;
    let not_now = Fate::Refuse(429);
    stage.fates(&[Fate::Pass, not_now, Fate::Pass, not_now, Fate::Pass]);
    let (outcome, heard) = drained(&stage, &prepared).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(asked(&stage), ["a", "b", "a", "a"]);
    let told = |wanted: &str| {
        heard.iter().any(|p| match p {
            Progress::Waiting { words, .. } => words.contains(wanted),
            Progress::Gone { name, left } => format!("{name} gone, {left} left") == wanted,
            _ => false,
        })
    };
    assert!(told("ml/a: played 429"), "{heard:?}");
    assert!(
        told("ml/b gone, 1 left") && told("ml/a gone, 0 left"),
        "{heard:?}"
    );
    // each try is on disk before it leaves, and the last answer counts
    let records = stage.journal.read().unwrap().records;
    let tries = |n: usize| {
        records
            .iter()
            .filter(|r| r.stage == Stage::Sending { step: n })
            .count()
    };
    assert_eq!((tries(0), tries(1), tries(2)), (1, 3, 1));
    let entry = stage.entries().remove(0);
    let first = entry.answers.iter().find(|a| a.step == 1).unwrap();
    assert_eq!((entry.answers.len(), first.status), (3, 201));
    assert_eq!(outcome.undo.unwrap().action, "node.uncordon");
}

#[tokio::test]
async fn a_drain_that_is_stopped_half_way_says_what_is_left() {
    let stage = stage(&["a", "b", "c"]);
    let prepared = prepare(&stage, "node.drain", &[]).await;
    let mut fates = vec![Fate::Pass, Fate::Pass];
    fates.extend([Fate::Refuse(429); 1_000]);
    stage.fates(&fates);
    let id = Mutex::new(String::new());
    let hear = |progress: Progress| match progress {
        Progress::Journaled(own) => *id.lock().unwrap() = own,
        Progress::Waiting { .. } => stage.plane.stop(&id.lock().unwrap()),
        _ => {}
    };
    let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
    assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
    let what = outcome.what.as_str();
    assert!(
        what.contains("stopped by the operator; 2 pods are left"),
        "{what}"
    );
    assert!(
        what.contains("ml/b (played 429), ml/c (played 429)"),
        "{what}"
    );
    assert!(outcome.hint.contains("stays cordoned"), "{}", outcome.hint);
    assert!(stage.wire.lock(|s| s.objects.contains_key(&path("b"))));
    // a plan made again goes on with what is left
    list(&stage, &["b", "c"]);
    let rest = prepare(&stage, "node.drain", &[]).await;
    assert_eq!(rest.plan.delete, ["ml/b", "ml/c"]);
    assert!(
        rest.plan.steps.iter().all(|s| s.method == "POST"),
        "cordoned already"
    );
    assert!(rest.plan.inverse.is_none());
}

#[tokio::test]
async fn a_pod_that_the_server_never_lets_go_does_not_keep_the_others() {
    let stage = stage(&["a", "b"]);
    let prepared = prepare(&stage, "node.drain", &[]).await;
    stage.fates(&[Fate::Pass, Fate::Refuse(403)]);
    let (outcome, _) = drained(&stage, &prepared).await;
    assert_eq!(outcome.verdict, Verdict::Partly);
    let what = outcome.what.as_str();
    assert!(
        what.contains("1 pod is left: not taken: ml/a (played 403)"),
        "{what}"
    );
    assert!(stage.wire.lock(|s| !s.objects.contains_key(&path("b"))));
}

#[tokio::test]
async fn an_eviction_whose_answer_is_lost_is_told_by_the_pod() {
    for (fate, tries) in [(Fate::LoseAnswer, 1), (Fate::LoseRequest, 2)] {
        let stage = stage(&["a"]);
        let prepared = prepare(&stage, "node.drain", &[]).await;
        stage.fates(&[Fate::Pass, fate]);
        let (outcome, _) = drained(&stage, &prepared).await;
        assert_eq!(outcome.verdict, Verdict::Done, "{fate:?}: {outcome:?}");
        assert_eq!(asked(&stage).len(), tries, "{fate:?}");
    }
}

#[tokio::test]
async fn pods_that_came_after_the_preview_are_not_moved_unseen() {
    let stage = stage(&["a"]);
    let prepared = prepare(&stage, "node.drain", &[]).await;
    list(&stage, &["a", "late"]);
    let (outcome, _) = drained(&stage, &prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Changed));
    assert!(outcome.what.contains("ml/late"), "{}", outcome.what);
    assert!(stage.sent().is_empty());
    // and one that left by itself is no reason not to go on
    list(&stage, &[]);
    let (outcome, _) = drained(&stage, &prepared).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(stage.sent(), [format!("PATCH {NODE}")]);
}

#[tokio::test]
async fn a_drain_that_was_left_in_doubt_is_told_by_its_pods() {
    let stage = stage(&["a", "b"]);
    let prepared = prepare(&stage, "node.drain", &[]).await;
    // the process ended after it had sent the second try for a
    let intent = resolved_intent(&stage, &prepared).await;
    let id = stage.journal.new_id();
    let put = |s: Stage| stage.journal.append(&id, s).unwrap();
    let answer = |step: usize, status: u16| {
        Stage::Answer(midwatch::plan::Answered {
            step,
            status,
            words: Clean::default(),
            resource_version: String::new(),
            millis: 1,
        })
    };
    put(intent);
    for (step, status) in [(0, 200), (1, 429), (2, 201)] {
        put(Stage::Sending { step });
        put(answer(step, status));
    }
    put(Stage::Sending { step: 1 });
    stage.wire.lock(|s| s.objects.remove(&path("b")));
    let entry = stage.entries().pop().unwrap();
    let ended = stage.plane.resolve(&entry).await.unwrap();
    assert_eq!(ended.verdict, Verdict::Partly, "{ended:?}");
    assert!(ended.what.contains("2 of 3 requests"), "{}", ended.what);
    assert!(ended.what.contains("still there"), "{}", ended.what);
}

/// The intent as the journal has it of a drain that was carried out elsewhere.
async fn resolved_intent(stage: &Stage0, prepared: &Prepared) -> Stage {
    let other = self::stage(&["a", "b"]);
    let outcome = other.carry_out(prepared).await;
    assert_eq!(outcome.verdict, Verdict::Done);
    let records = other.journal.read().unwrap().records;
    let Stage::Intent(mut intent) = records[0].stage.clone() else {
        panic!("{records:?}")
    };
    // a process that does not live any more
    intent.by = Clean::new("midwatch 0 command pid 0");
    assert!(stage.sent().is_empty());
    Stage::Intent(intent)
}

#[tokio::test]
async fn a_relayout_that_fails_is_set_back_and_one_that_others_changed_is_not() {
    for (others, words) in [(false, "It was set back"), (true, "It was not set back")] {
        let stage = stage(&[]);
        let prepared = prepare(&stage, "node.mig-layout", &[("layout", "all-1g.10gb")]).await;
        let wire = stage.wire.clone();
        let says = |state: &str| {
            wire.edit_at(NODE, "nvidia-mig-manager", |node| {
                node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!(state);
            });
        };
        let hear = |progress: Progress| match progress {
            Progress::Answered(answered) if answered.step == 0 => says("failed"),
            Progress::Answered(_) => says("success"),
            Progress::RollingBack { .. } if others => {
                wire.edit_at(NODE, "ada", |node| {
                    node["metadata"]["labels"]["nvidia.com/mig.config"] = json!("all-3g.40gb");
                });
            }
            _ => {}
        };
        let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
        assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
        assert!(outcome.what.contains(words), "{}", outcome.what);
        let label = stage
            .wire
            .lock(|s| s.objects[NODE]["metadata"]["labels"]["nvidia.com/mig.config"].clone());
        assert_eq!(
            label,
            if others {
                "all-3g.40gb"
            } else {
                "all-disabled"
            }
        );
        let entry = stage.entries().remove(0);
        let back = entry.intent.rollback.as_ref().unwrap();
        assert_eq!((back.method.as_str(), entry.sent), ("PATCH", 2));
    }
}

#[tokio::test]
async fn a_relayout_is_done_when_the_manager_says_so_of_this_layout() {
    let stage = stage(&[]);
    let prepared = prepare(&stage, "node.mig-layout", &[("layout", "all-1g.10gb")]).await;
    let wire = stage.wire.clone();
    let hear = |progress: Progress| {
        if let Progress::Answered(_) = progress {
            // what it said of the layout before is gone with the request
            let state = wire.lock(|s| {
                s.objects[NODE]["metadata"]["labels"]["nvidia.com/mig.config.state"].clone()
            });
            assert_eq!(state, Value::Null);
            for state in ["pending", "success"] {
                wire.edit_at(NODE, "nvidia-mig-manager", |node| {
                    node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!(state);
                });
            }
        }
    };
    let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(
        outcome.what.contains("MIG all-1g.10gb success"),
        "{}",
        outcome.what
    );
    assert_eq!(
        outcome.undo.unwrap().parameters["layout"].as_str(),
        "all-disabled"
    );
}

#[tokio::test]
async fn a_relayout_that_is_stuck_is_not_done_says_what_is_known_and_can_be_set_back() {
    let stage = stage(&[]);
    let prepared = prepare(&stage, "node.mig-layout", &[("layout", "all-1g.10gb")]).await;
    let wire = stage.wire.clone();
    let hear = |progress: Progress| {
        if let Progress::Answered(_) = progress {
            wire.edit_at(NODE, "nvidia-mig-manager", |node| {
                node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!("pending");
            });
        }
    };
    let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
    assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
    let what = outcome.what.as_str();
    assert!(
        what.contains("not seen within 5 s") && what.contains("all-1g.10gb pending"),
        "{what}"
    );
    assert!(outcome.hint.contains("it is stuck"), "{}", outcome.hint);
    let undo = outcome.undo.unwrap();
    assert_eq!(undo.parameters["layout"].as_str(), "all-disabled");
}

#[tokio::test]
async fn a_relayout_that_somebody_waits_for_no_longer_ends_and_what_was_sent_stays() {
    let stage = stage(&[]);
    let prepared = prepare(&stage, "node.mig-layout", &[("layout", "all-1g.10gb")]).await;
    let wire = stage.wire.clone();
    let id = Mutex::new(String::new());
    let hear = |progress: Progress| match progress {
        Progress::Journaled(own) => *id.lock().unwrap() = own,
        Progress::Answered(_) => wire.edit_at(NODE, "nvidia-mig-manager", |node| {
            node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!("pending");
        }),
        Progress::Seen { words, .. } if words.contains("pending") => {
            stage.plane.stop(&id.lock().unwrap());
        }
        _ => {}
    };
    let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
    assert_eq!(outcome.verdict, Verdict::Accepted, "{outcome:?}");
    let what = outcome.what.as_str();
    assert!(
        what.contains("waited for no longer") && what.contains("pending"),
        "{what}"
    );
    assert_eq!(outcome.undo.unwrap().action, "node.mig-layout");
    assert_eq!(stage.entries().remove(0).sent, 1);
}
