//! Nothing is written where a guard says no.

use midwatch::plan::{Confirm, HaltKind, Safety, Trap, Verdict};
use serde_json::json;

use super::played::{Stage0, ask, consent};

#[tokio::test]
async fn an_edit_since_it_was_shown_stops_it_with_the_diff_and_who() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    stage.wire.edit("kubectl-label", |run| {
        run["metadata"]["labels"]["team"] = json!("fraud");
    });
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Changed));
    assert!(stage.sent().is_empty());
    assert_eq!(outcome.changes[0].pointer, "/metadata/labels/team");
    assert_eq!(outcome.by[0].who.as_str(), "kubectl-label");
    assert!(stage.entries().is_empty(), "nothing was about to be done");
}

#[tokio::test]
async fn a_run_that_only_went_on_by_itself_is_no_reason_to_stop() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    stage.wire.edit("workflow-controller", |run| {
        run["status"]["progress"] = json!("1/2");
    });
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(stage.sent().len(), 1);
}

#[tokio::test]
async fn a_run_that_ended_in_between_is_not_stopped() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.stop").await;
    stage.wire.edit("workflow-controller", |run| {
        run["status"]["phase"] = json!("Succeeded");
    });
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Changed));
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_touched() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    stage
        .wire
        .edit("kubectl", |run| run["metadata"]["uid"] = json!("u-2"));
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Gone));
    let halt = stage.plane.prepare(&ask("run.suspend")).await.unwrap_err();
    assert_eq!(halt.kind, HaltKind::Gone);
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn another_cluster_behind_the_context_gets_nothing() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    stage
        .wire
        .lock(|s| s.cluster.system_uid = "sys-2".to_owned());
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Switched));
    let halt = stage.plane.prepare(&ask("run.suspend")).await.unwrap_err();
    assert_eq!(halt.kind, HaltKind::Switched);
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn a_missing_right_is_named_and_nothing_leaves() {
    let stage = Stage0::new();
    stage.wire.lock(|s| s.denied.push("update"));
    let halt = stage.plane.prepare(&ask("run.suspend")).await.unwrap_err();
    assert_eq!(halt.kind, HaltKind::Denied);
    assert!(
        halt.what.contains("update workflows.argoproj.io in ml"),
        "{halt}"
    );
    let draft = stage.plane.draft(&ask("run.suspend")).await.unwrap();
    assert_eq!(draft.prepared.plan.rights.len(), 1);
    assert!(stage.sent().is_empty());
    assert_eq!(stage.wire.lock(|s| s.tried), 0, "not even tried");
}

#[tokio::test]
async fn a_trap_that_blocks_keeps_the_plan_from_being_run() {
    let stage = Stage0::new();
    let mut prepared = stage.prepare("run.suspend").await;
    prepared.plan.traps.push(Trap {
        text: "work would be lost".into(),
        blocks: true,
    });
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Blocked));
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn nothing_is_done_without_the_word_that_the_context_asks_for() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    let stop = stage.prepare("run.stop").await;
    let word = |safety, typed: &str| {
        let mut word = consent();
        word.safety = safety;
        word.typed = typed.to_owned();
        word
    };
    assert_eq!(Safety::Open.confirm(stop.plan.risk), Some(Confirm::Name));
    for (plan, word, kind) in [
        (
            &prepared,
            word(Safety::ReadOnly, "train"),
            HaltKind::ReadOnly,
        ),
        (
            &prepared,
            word(Safety::Protected, "trian"),
            HaltKind::Unconfirmed,
        ),
        (
            &prepared,
            word(Safety::Protected, ""),
            HaltKind::Unconfirmed,
        ),
        (&stop, word(Safety::Open, ""), HaltKind::Unconfirmed),
    ] {
        let outcome = stage.plane.carry_out(plan, &word, |_| ()).await;
        assert_eq!(outcome.verdict, Verdict::NotWritten(kind));
    }
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn without_a_journal_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    std::fs::write(&file, "in the way").unwrap();
    let stage = Stage0::at(&file, folder);
    let prepared = stage.prepare("run.suspend").await;
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Journal));
    assert!(outcome.what.contains("journal"), "{}", outcome.what);
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn what_the_server_would_not_take_is_told_before_anyone_confirms() {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        s.objects.clear();
    });
    let halt = stage.plane.prepare(&ask("run.suspend")).await.unwrap_err();
    assert_eq!(halt.kind, HaltKind::Gone);
    assert!(halt.what.contains("There is no Workflow train"), "{halt}");
}
