//! Actions of sessions that ended in the middle: what became of them is found by looking, and nothing is sent again.

use jiff::Timestamp;
use midwatch::plan::{Ended, Entry, HaltKind, Intent, Prepared, Request, Stage, Standing, Verdict};

use super::played::{RUN, Stage0};

/// The intent that a session wrote before it ended; its process is not one of this machine.
fn intent(prepared: &Prepared) -> Intent {
    let plan = &prepared.plan;
    Intent {
        operator: prepared.operator.clone(),
        cluster: prepared.cluster.clone(),
        action: plan.action.to_owned(),
        target: plan.target.clone(),
        parameters: std::collections::BTreeMap::default(),
        reason: "".into(),
        incident: "".into(),
        runbook: String::new(),
        does: plan.does.clone(),
        requests: plan
            .steps
            .iter()
            .map(|s| Request {
                method: s.method.to_owned(),
                path: s.path.clone(),
                content_type: s.content_type.to_owned(),
                body: s.body.clone(),
                digest: String::new(),
                stand: s.stand.clone(),
            })
            .collect(),
        before: String::new(),
        changes: Vec::new(),
        verify: plan.verify.clone(),
        rollback: None,
        undo: None,
        by: "midwatch 0.1.0 command pid 2147483646".into(),
    }
}

async fn left(stage: &Stage0, action: &str, sending: bool) -> Entry {
    let prepared = stage.prepare(action).await;
    let intent = Stage::Intent(Box::new(intent(&prepared)));
    stage.journal.append("a", intent).unwrap();
    if sending {
        stage
            .journal
            .append("a", Stage::Sending { step: 0 })
            .unwrap();
    }
    stage.entries().remove(0)
}

async fn resolved(stage: &Stage0, entry: &Entry) -> Ended {
    let ended = stage.plane.resolve(entry).await.unwrap();
    let kept = stage.entries().remove(0);
    assert!(kept.resolved);
    assert_eq!(kept.standing(), Standing::Ended(ended.verdict));
    assert!(stage.sent().is_empty(), "looking sends nothing");
    ended
}

#[tokio::test]
async fn what_never_left_was_not_written() {
    let stage = Stage0::new();
    let entry = left(&stage, "run.suspend", false).await;
    assert_eq!(entry.standing(), Standing::Begun);
    let ended = resolved(&stage, &entry).await;
    assert_eq!(ended.verdict, Verdict::NotWritten(HaltKind::Cancelled));
}

#[tokio::test]
async fn an_object_as_it_was_tells_that_nothing_was_written() {
    let stage = Stage0::new();
    let entry = left(&stage, "run.suspend", true).await;
    assert_eq!(entry.standing(), Standing::Doubt);
    let ended = resolved(&stage, &entry).await;
    assert_eq!(ended.verdict, Verdict::NotWritten(HaltKind::Unreachable));
}

#[tokio::test]
async fn an_object_that_midwatch_wrote_to_since_tells_that_it_was_done() {
    let stage = Stage0::new();
    let entry = left(&stage, "run.suspend", true).await;
    stage
        .wire
        .edit("midwatch", |run| run["spec"]["suspend"] = true.into());
    let ended = resolved(&stage, &entry).await;
    assert_eq!(ended.verdict, Verdict::Done, "{ended:?}");
}

#[tokio::test]
async fn a_target_that_is_gone_tells_that_it_was_deleted() {
    let stage = Stage0::new();
    let entry = left(&stage, "run.delete", true).await;
    stage.wire.lock(|s| s.objects.remove(RUN));
    let ended = resolved(&stage, &entry).await;
    assert_eq!(ended.verdict, Verdict::Done, "{ended:?}");
}

#[tokio::test]
async fn an_object_that_others_wrote_to_does_not_tell() {
    let stage = Stage0::new();
    let entry = left(&stage, "run.stop", true).await;
    stage
        .wire
        .edit("kubectl", |run| run["spec"]["priority"] = 1.into());
    let ended = resolved(&stage, &entry).await;
    assert_eq!(ended.verdict, Verdict::Unknown, "{ended:?}");
}

#[tokio::test]
async fn only_actions_of_this_cluster_and_of_processes_that_ended_are_resolved() {
    let stage = Stage0::new();
    let mut entry = left(&stage, "run.suspend", true).await;
    stage
        .wire
        .lock(|s| s.cluster.system_uid = "sys-2".to_owned());
    let fault = stage.plane.resolve(&entry).await.unwrap_err();
    assert!(fault.what.contains("another cluster"), "{}", fault.what);
    stage
        .wire
        .lock(|s| s.cluster.system_uid = "sys-1".to_owned());
    entry.at = Timestamp::now();
    // the first process of this machine lives
    entry.intent.by = "midwatch 0.1.0 console pid 1".into();
    let fault = stage.plane.resolve(&entry).await.unwrap_err();
    assert!(fault.what.contains("under way"), "{}", fault.what);
    assert_eq!(stage.entries().remove(0).standing(), Standing::Doubt);
}
