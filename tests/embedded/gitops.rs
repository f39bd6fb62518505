//! What Argo CD does on the embedded platform with what somebody changed by hand.

use serde_json::{Value, json};

use super::stage::{ARGO, Stage, text};
use super::suite::MERGE;

fn cron(place: &str) -> String {
    let (namespace, name) = place.split_once('/').unwrap();
    format!("{ARGO}/namespaces/{namespace}/cronworkflows/{name}")
}

async fn application(stage: &Stage, name: &str) -> Value {
    let path = format!("{ARGO}/namespaces/argocd/applications/{name}");
    stage.get(&path).await
}

async fn sync(stage: &Stage, name: &str) -> String {
    text(&application(stage, name).await, "/status/sync/status").to_owned()
}

#[tokio::test]
async fn a_field_that_git_names_is_put_back_where_the_application_heals_itself() {
    let stage = Stage::open(1).await;
    let path = cron("platform/registry-backup");
    let before = stage.get(&path).await;
    let id = "platform-jobs:argoproj.io/CronWorkflow:platform/registry-backup";
    let annotation = |key: &str| text(&before, &format!("/metadata/annotations/{key}")).to_owned();
    assert_eq!(annotation("argocd.argoproj.io~1tracking-id"), id);
    let applied = annotation("kubectl.kubernetes.io~1last-applied-configuration");
    let applied: Value = serde_json::from_str(&applied).unwrap();
    assert_eq!(
        (&applied["spec"], &applied["spec"]["suspend"]),
        (&before["spec"], &json!(false))
    );
    let app = application(&stage, "platform-jobs").await;
    let held = app["status"]["resources"].as_array().unwrap();
    assert!(
        held.iter()
            .any(|r| r["name"] == "registry-backup" && r["status"] == "Synced"),
        "{held:#?}"
    );

    stage.act("cron.suspend", &path, &[]).await;
    stage.pass(3);
    assert_eq!(stage.get(&path).await["spec"]["suspend"], true);
    assert_eq!(sync(&stage, "platform-jobs").await, "OutOfSync");
    stage.pass(10);
    let after = stage.get(&path).await;
    assert_eq!(after["spec"], before["spec"]);
    let app = application(&stage, "platform-jobs").await;
    assert_eq!(
        app["status"]["operationState"]["operation"]["initiatedBy"],
        json!({"automated": true})
    );
    assert_eq!(text(&app, "/status/sync/status"), "Synced");
    let who = after["metadata"]["managedFields"].as_array().unwrap();
    let owns = |manager: &str| {
        who.iter()
            .any(|m| m["manager"] == manager && m["fieldsV1"]["f:spec"]["f:suspend"].is_object())
    };
    assert!(owns("argocd-controller") && !owns("midwatch"), "{who:#?}");

    // what Git does not name stays
    let zone = json!({"spec": {"startingDeadlineSeconds": 60}});
    stage.server.patch(&path, MERGE, &zone).await.ok();
    stage.pass(120);
    assert_eq!(
        stage.get(&path).await["spec"]["startingDeadlineSeconds"],
        60
    );
}

#[tokio::test]
async fn a_change_stays_where_nobody_heals_or_the_field_is_ignored() {
    let stage = Stage::open(1).await;
    for (place, app, status) in [
        ("ml-fraud/train-nightly", "fraud-pipelines", "OutOfSync"),
        ("recsys/candidates", "recsys-pipelines", "Synced"),
    ] {
        let path = cron(place);
        stage.act("cron.suspend", &path, &[]).await;
        stage.pass(300);
        assert_eq!(stage.get(&path).await["spec"]["suspend"], true, "{place}");
        assert_eq!(sync(&stage, app).await, status, "{app}");
    }
    // somebody syncs the one that is out of sync
    let app = format!("{ARGO}/namespaces/argocd/applications/fraud-pipelines");
    let ask = json!({"operation": {"initiatedBy": {"username": "ann"}, "sync": {}}});
    stage.server.patch(&app, MERGE, &ask).await.ok();
    stage.pass(5);
    let after = stage.get(&app).await;
    assert_eq!(
        (after.get("operation"), text(&after, "/status/sync/status")),
        (None, "Synced")
    );
    assert_eq!(
        stage.get(&cron("ml-fraud/train-nightly")).await["spec"]["suspend"],
        false
    );
}

#[tokio::test]
async fn healing_can_be_switched_off() {
    let stage = Stage::open(1).await;
    let app = format!("{ARGO}/namespaces/argocd/applications/platform-jobs");
    let off = json!({"spec": {"syncPolicy": {"automated": {"enabled": false}}}});
    stage.server.patch(&app, MERGE, &off).await.ok();
    let path = cron("platform/registry-backup");
    stage.act("cron.suspend", &path, &[]).await;
    stage.pass(600);
    assert_eq!(stage.get(&path).await["spec"]["suspend"], true);
    let on = json!({"spec": {"syncPolicy": {"automated": {"enabled": true}}}});
    stage.server.patch(&app, MERGE, &on).await.ok();
    stage.pass(30);
    assert_eq!(stage.get(&path).await["spec"]["suspend"], false);
}
