//! What the console plans, sent to the embedded platform: the platform does what the real controllers do with it.

use serde_json::json;

use super::stage::{ARGO, Stage, home, label, node, node_phase, nodes, text};
use super::suite;

#[tokio::test]
async fn a_retried_run_runs_on_from_what_failed_and_recovers() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-fraud", "train-graph").await;
    let failed = stage.get(&run).await;
    assert_eq!(text(&failed, "/status/phase"), "Failed");
    assert_eq!(
        node(&failed, "train(1)")["message"],
        "main: OOMKilled (exit code 137)"
    );
    let before = stage.pods(&run).await;

    let plan = stage.plan("run.retry", &run, &[]).await.unwrap();
    assert!(stage.try_out(&plan).await.is_empty());
    assert_eq!(stage.get(&run).await, failed, "a dry run changes nothing");
    assert_eq!(stage.pods(&run).await, before);
    stage.carry_out(&plan).await;
    stage.pass(5);
    let going = stage.get(&run).await;
    assert_eq!(
        (text(&going, "/status/phase"), label(&going, "completed")),
        ("Running", "false")
    );
    assert!(!["", "Failed"].contains(&node_phase(&going, "train(0)")));

    let done = stage.until_ended(&run, 6).await;
    assert_eq!(
        (text(&done, "/status/phase"), label(&done, "phase")),
        ("Succeeded", "Succeeded")
    );
    assert_eq!(text(&done, "/status/progress"), "8/8");
    assert_eq!(done["status"].get("message"), None);
    assert_eq!(node(&done, "register")["phase"], "Succeeded");
    for kept in &plan.keep {
        assert_eq!(
            nodes(&done)[&kept.node]["startedAt"],
            nodes(&failed)[&kept.node]["startedAt"]
        );
    }
    let after = stage.pods(&run).await;
    let stayed: Vec<&String> = after
        .iter()
        .filter(|(n, uid)| before.get(*n) == Some(*uid))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(stayed.len(), 4, "sample and three items: {stayed:?}");
    assert!(
        plan.delete
            .iter()
            .filter(|p| !p.contains("train"))
            .all(|p| after.contains_key(p))
    );
}

#[tokio::test]
async fn a_retry_does_not_help_where_the_cause_stays() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-fraud", "backfill-features").await;
    stage.act("run.retry", &run, &[]).await;
    stage.pass(60);
    assert_eq!(text(&stage.get(&run).await, "/status/phase"), "Running");
    // 55 minutes of work, 40 allowed
    let done = stage.until_ended(&run, 45).await;
    assert_eq!(text(&done, "/status/phase"), "Failed");
    assert_eq!(
        node(&done, "backfill(0:2026-08)")["message"],
        "Step exceeded its deadline"
    );
}

#[tokio::test]
async fn a_retry_right_after_a_stop_waits_for_the_old_pods() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-nlp", "finetune-llm").await;
    stage.act("run.stop", &run, &[]).await;
    let stopped = stage.until_ended(&run, 3).await;
    assert_eq!(text(&stopped, "/status/phase"), "Failed");
    assert_eq!(
        text(&stopped, "/status/message"),
        "Stopped with strategy 'Stop'"
    );
    assert_eq!(
        node(&stopped, "train")["message"],
        "workflow shutdown with strategy:  Stop"
    );
    let exit = nodes(&stopped)
        .values()
        .find(|n| text(n, "/name").ends_with(".onExit"));
    assert_eq!(
        exit.unwrap()["phase"],
        "Succeeded",
        "the exit handler runs on a stop"
    );

    stage.act("run.retry", &run, &[]).await;
    let going = stage
        .until(&run, 2, |w| node_phase(w, "train") == "Running")
        .await;
    assert_eq!(going["spec"].get("shutdown"), None);
    let pods = stage.pods(&run).await;
    assert_eq!(pods.len(), 2, "{pods:?}");
}

#[tokio::test]
async fn a_terminated_run_ends_without_its_exit_handler() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-nlp", "finetune-llm").await;
    stage.act("run.terminate", &run, &[]).await;
    let ended = stage.until_ended(&run, 1).await;
    assert_eq!(
        text(&ended, "/status/message"),
        "Stopped with strategy 'Terminate'"
    );
    assert!(
        !nodes(&ended)
            .values()
            .any(|n| text(n, "/name").contains(".onExit"))
    );
    stage.pass(60);
    let (namespace, name) = home(&run);
    let path = format!(
        "/api/v1/namespaces/{namespace}/pods?labelSelector=workflows.argoproj.io/workflow%3D{name}&fieldSelector=status.phase%3DRunning"
    );
    assert_eq!(stage.get(&path).await["items"], json!([]));
}

#[tokio::test]
async fn a_suspended_run_starts_nothing_until_it_is_resumed() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-nlp", "sweep-bert").await;
    stage.act("run.suspend", &run, &[]).await;
    stage.pass(5);
    let held = nodes(&stage.get(&run).await).len();
    stage.pass(2_700);
    let later = stage.get(&run).await;
    assert_eq!(
        (nodes(&later).len(), text(&later, "/status/phase")),
        (held, "Running")
    );
    assert_eq!(
        later["status"]["conditions"][0]["status"], "False",
        "what ran has ended"
    );
    stage.act("run.resume", &run, &[]).await;
    stage.pass(10);
    assert!(nodes(&stage.get(&run).await).len() > held);
}

#[tokio::test]
async fn a_suspended_run_that_is_stopped_ends_once_it_is_resumed_and_starts_no_other_step() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-nlp", "finetune-llm").await;
    stage.act("run.suspend", &run, &[]).await;
    let plan = stage.plan("run.stop", &run, &[]).await.unwrap();
    stage.carry_out(&plan).await;
    stage.pass(3_600);
    let held = stage.get(&run).await;
    assert!(plan.verify.holds(Some(&held)));
    assert_eq!(text(&held, "/status/phase"), "Running", "as the trap says");
    assert_eq!(node(&held, "train")["phase"], "Failed", "what ran is ended");
    let handlers = |workflow: &serde_json::Value| {
        let all = nodes(workflow).values();
        all.filter(|n| text(n, "/name").ends_with(".onExit"))
            .count()
    };
    assert_eq!(handlers(&held), 0, "the exit handler waits");

    stage.act("run.resume", &run, &[]).await;
    let ended = stage.until_ended(&run, 5).await;
    assert_eq!(text(&ended, "/status/phase"), "Failed");
    assert_eq!(handlers(&ended), 1);
    let began = |w: &serde_json::Value| {
        let pods = nodes(w).values().filter(|n| n["type"] == "Pod");
        pods.filter(|n| !text(n, "/name").contains(".onExit"))
            .count()
    };
    assert_eq!(began(&ended), began(&held), "nothing else began");
}

#[tokio::test]
async fn an_approved_gate_hands_its_value_on() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-churn", "promote-churn").await;
    stage
        .act("gate.set-value", &run, &[("values", "share=25")])
        .await;
    stage.pass(30);
    assert_eq!(node_phase(&stage.get(&run).await, "approve"), "Running");
    stage.act("gate.approve", &run, &[]).await;
    let on = stage
        .until(&run, 3, |w| node_phase(w, "switch-alias") == "Succeeded")
        .await;
    assert_eq!(
        node(&on, "switch-alias")["inputs"]["parameters"][0]["value"],
        "25"
    );
    let done = stage.until_ended(&run, 15).await;
    assert_eq!(text(&done, "/status/phase"), "Succeeded");
}

#[tokio::test]
async fn a_rejected_gate_fails_its_run_and_a_gate_fails_when_the_run_is_stopped() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-churn", "promote-churn").await;
    let made = stage.act("run.resubmit", &run, &[]).await;
    let copy = Stage::path(&made);
    stage
        .act(
            "gate.reject",
            &run,
            &[("message", "the share is too large")],
        )
        .await;
    let done = stage.until_ended(&run, 1).await;
    let gate = node(&done, "approve");
    assert_eq!(gate["message"], "the share is too large");
    assert_eq!(
        text(&done, "/status/message"),
        format!("child '{}' failed", text(gate, "/id"))
    );
    assert_eq!(node_phase(&done, "switch-alias"), "");

    stage
        .until(&copy, 6, |w| {
            w["status"]["nodes"].is_object() && node_phase(w, "approve") == "Running"
        })
        .await;
    stage.act("run.stop", &copy, &[]).await;
    let done = stage.until_ended(&copy, 1).await;
    assert_eq!(
        node(&done, "approve")["message"],
        "Stopped with strategy 'Stop'"
    );
}

#[tokio::test]
async fn a_copy_of_a_failed_run_runs_and_so_does_what_is_made_from_a_template() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-churn", "churn-report").await;
    let copy = Stage::path(&stage.act("run.resubmit", &run, &[]).await);
    let done = stage.until_ended(&copy, 8).await;
    assert_eq!(
        text(&done, "/status/phase"),
        "Succeeded",
        "{:#}",
        done["status"]
    );
    assert_eq!(node_phase(&done, "apologise"), "Omitted");

    let template = format!("{ARGO}/namespaces/ml-churn/workflowtemplates/promote");
    let made = stage
        .act("template.submit", &template, &[("parameters", "version=9")])
        .await;
    let made = Stage::path(&made);
    let at_gate = stage
        .until(&made, 6, |w| {
            w["status"]["nodes"].is_object() && node_phase(w, "approve") == "Running"
        })
        .await;
    assert_eq!(
        text(&at_gate, "/status/storedWorkflowTemplateSpec/entrypoint"),
        "promote"
    );

    let template = format!("{ARGO}/clusterworkflowtemplates/gpu-check");
    let made = Stage::path(&stage.act("template.submit", &template, &[]).await);
    assert_eq!(
        text(&stage.until_ended(&made, 5).await, "/status/phase"),
        "Succeeded"
    );
}

#[tokio::test]
async fn a_template_that_cannot_be_run_says_why() {
    let stage = Stage::open(1).await;
    let path = format!("{ARGO}/namespaces/ml-fraud/workflows");
    let of = |name: &str, template: &str| {
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name}, "spec": {"workflowTemplateRef": {"name": template}}})
    };
    stage.server.post(&path, &of("a", "nowhere")).await.ok();
    stage
        .server
        .post(&path, &of("b", "register-model"))
        .await
        .ok();
    let gone = stage.until_ended(&format!("{path}/a"), 1).await;
    assert_eq!(
        (text(&gone, "/status/phase"), text(&gone, "/status/message")),
        (
            "Error",
            "workflowtemplates.argoproj.io \"nowhere\" not found"
        )
    );
    let bare = stage.until_ended(&format!("{path}/b"), 1).await;
    assert_eq!(
        (text(&bare, "/status/phase"), text(&bare, "/status/message")),
        ("Failed", "invalid spec: spec.entrypoint is required")
    );
}

#[tokio::test]
async fn a_suspended_schedule_starts_nothing_until_it_is_resumed() {
    let stage = Stage::open(1).await;
    let cron = format!("{ARGO}/namespaces/recsys/cronworkflows/candidates");
    let runs = async || -> usize {
        let all = stage.list("workflows").await;
        let own = all["items"].as_array().unwrap().iter();
        own.filter(|w| label(w, "cron-workflow") == "candidates" && label(w, "completed") != "true")
            .count()
    };
    stage.act("cron.suspend", &cron, &[]).await;
    stage.pass(45 * 60);
    assert_eq!(runs().await, 0);
    stage.act("cron.resume", &cron, &[]).await;
    stage.pass(5 * 60);
    assert_eq!(runs().await, 1);
}

#[tokio::test]
async fn a_deleted_run_takes_its_pods_along() {
    let stage = Stage::open(1).await;
    let run = stage.run("recsys", "recsys-infer").await;
    assert!(!stage.pods(&run).await.is_empty());
    stage.act("run.delete", &run, &[]).await;
    assert_eq!(stage.server.get(&run).await.verdict(), "404 NotFound");
    suite::until("its pods to go", async || {
        stage.pass(10);
        stage.pods(&run).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_step_whose_pod_is_deleted_fails_or_is_tried_again() {
    let stage = Stage::open(1).await;
    let run = stage.run("ml-nlp", "finetune-llm").await;
    let (_, name) = home(&run);
    let pods = stage.pods(&run).await;
    let pod = pods
        .keys()
        .find(|p| p.starts_with(&format!("{name}-train")))
        .unwrap();
    stage
        .act(
            "pod.delete",
            &format!("/api/v1/namespaces/ml-nlp/pods/{pod}"),
            &[],
        )
        .await;
    let done = stage.until_ended(&run, 2).await;
    assert_eq!(
        (node_phase(&done, "train"), &node(&done, "train")["message"]),
        ("Error", &json!("pod deleted"))
    );

    // registry-backup tries again whatever happened
    stage.until_cron_runs("platform", "registry-backup").await;
    let run = stage.run("platform", "registry-backup").await;
    let (_, name) = home(&run);
    let running = stage
        .until(&run, 5, |w| {
            nodes(w)
                .values()
                .any(|n| text(n, "/phase") == "Running" && n["type"] == "Pod")
        })
        .await;
    let attempt = nodes(&running)
        .values()
        .find(|n| n["type"] == "Pod" && n["phase"] == "Running")
        .unwrap();
    let pods = stage.pods(&run).await;
    let id = text(attempt, "/id").rsplit('-').next().unwrap().to_owned();
    let pod = pods.keys().find(|p| p.ends_with(&id)).unwrap();
    stage
        .act(
            "pod.delete",
            &format!("/api/v1/namespaces/platform/pods/{pod}"),
            &[],
        )
        .await;
    let done = stage.until_ended(&run, 20).await;
    assert_eq!(nodes(&done)[text(attempt, "/id")]["message"], "pod deleted");
    assert_eq!(text(&done, "/status/phase"), "Succeeded", "{name}");
}
