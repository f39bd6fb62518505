//! The requests of plans on the real API server: all of them in a dry run, and a retry for good.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::config::{KubeConfigOptions, Kubeconfig};
use midwatch::plan::ACTIONS;
use serde_json::{Value, json};

use super::dry::{Mode, send_all};
use super::plan;
use crate::support::{rig, tls};

async fn client() -> kube::Client {
    tls();
    let config = Kubeconfig::read_from(rig("MIDWATCH_RIG_KUBECONFIG_ADMIN")).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.unwrap()).unwrap()
}

async fn list(client: &kube::Client, path: &str, kind: &str) -> Vec<Value> {
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let list: Value = client.request(request).await.unwrap();
    let mut items = list["items"].as_array().unwrap().clone();
    for item in &mut items {
        item["kind"] = kind.into();
    }
    items
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_api_server_takes_every_request_of_a_plan_in_a_dry_run() {
    let client = client().await;
    let mut counts: BTreeMap<&'static str, [usize; 2]> = BTreeMap::new();
    for (path, kind) in [
        ("/apis/argoproj.io/v1alpha1/workflows", "Workflow"),
        ("/apis/argoproj.io/v1alpha1/cronworkflows", "CronWorkflow"),
        (
            "/apis/argoproj.io/v1alpha1/workflowtemplates",
            "WorkflowTemplate",
        ),
        ("/api/v1/pods", "Pod"),
    ] {
        let objects = list(&client, path, kind).await;
        for object in objects
            .iter()
            .filter(|o| !o["metadata"]["name"].as_str().unwrap().starts_with("bench"))
        {
            for action in ACTIONS
                .iter()
                .map(|a| a.spec())
                .filter(|s| s.targets.iter().any(|t| t.kind == kind))
            {
                let count = counts.entry(action.name).or_default();
                let Ok(plan) = plan(action.name, object, &[], "x7k2p") else {
                    count[1] += 1;
                    continue;
                };
                let answer = send_all(&client, &plan, Mode::DryRun).await;
                let changed = answer
                    .as_ref()
                    .is_err_and(|e| e.contains("the object has been modified"));
                // what runs is written by its controller all the time, and then the plan is old, as it should be
                let ended =
                    object["metadata"]["labels"]["workflows.argoproj.io/completed"] == "true";
                assert!(
                    answer.is_ok() || (changed && !ended),
                    "{} of {}: {answer:?}",
                    action.name,
                    object["metadata"]["name"]
                );
                count[0] += 1;
            }
        }
    }
    println!(
        "requests of plans in a dry run on the API server, as [taken, action refused]: {counts:?}"
    );
    for action in [
        "run.retry",
        "run.resubmit",
        "run.delete",
        "pod.delete",
        "cron.suspend",
    ] {
        assert!(counts[action][0] > 0, "{action}: {counts:?}");
    }
}

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";

/// The run, once it has ended at least this late.
async fn ended(client: &kube::Client, name: &str, after: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(180);
    loop {
        let request = http::Request::get(format!("{RUNS}/{name}"));
        let run: Value = client
            .request(request.body(Vec::new()).unwrap())
            .await
            .unwrap();
        let done = run["metadata"]["labels"]["workflows.argoproj.io/completed"] == "true";
        if done
            && run["status"]["finishedAt"]
                .as_str()
                .is_some_and(|t| t >= after)
        {
            return run;
        }
        assert!(
            Instant::now() < end,
            "{name} does not end: {}",
            run["status"]
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_retry_that_is_sent_runs_exactly_the_steps_that_were_planned() {
    let client = client().await;
    let name = format!("planned-retry-{}", std::process::id());
    let item = |needs: &[&str], template: &str, own: &str| json!({"name": own, "template": template, "dependencies": needs});
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": name},
        "spec": {"entrypoint": "main", "onExit": "good", "templates": [
            {"name": "good", "container": {"image": "x", "command": ["work"]}},
            {"name": "bad", "retryStrategy": {"limit": "1"}, "metadata": {"annotations": {"rig.midwatch.dev/fate": "fail"}},
                "container": {"image": "x", "command": ["work"]}},
            {"name": "main", "dag": {"failFast": false, "tasks": [item(&[], "good", "first"), item(&["first"], "bad", "broken"),
                item(&["first"], "good", "beside"), item(&["broken"], "good", "last")]}}]}});
    let request = http::Request::post(RUNS).header("content-type", "application/json");
    client
        .request::<Value>(request.body(run.to_string().into_bytes()).unwrap())
        .await
        .unwrap();
    let before = ended(&client, &name, "").await;
    let plan = plan("run.retry", &before, &[], "").unwrap();
    let now = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    send_all(&client, &plan, Mode::ForGood).await.unwrap();
    let after = ended(&client, &name, &now).await;
    let (old, new) = (&before["status"]["nodes"], &after["status"]["nodes"]);
    for kept in &plan.keep {
        for field in ["phase", "startedAt", "finishedAt", "message"] {
            assert_eq!(
                new[&kept.node][field], old[&kept.node][field],
                "{}",
                plan.names[&kept.node]
            );
        }
    }
    // two attempts, what followed them, and the exit handler; each made anew under its old name
    assert_eq!(plan.delete.len(), 3, "{:?}", plan.delete);
    for id in plan.reset.iter().chain(&plan.remove) {
        let begun = new[id]["startedAt"].as_str().unwrap_or_default();
        assert!(
            begun >= now.as_str(),
            "{} began {begun}, before {now}",
            plan.names[id]
        );
    }
    assert_eq!(
        new.as_object().unwrap().len(),
        old.as_object().unwrap().len()
    );
    // the sample folder is checked by others: the run goes as it came
    let delete = super::plan("run.delete", &after, &[], "").unwrap();
    send_all(&client, &delete, Mode::ForGood).await.unwrap();
    let request = http::Request::get(format!("{RUNS}/{name}"));
    let gone = client
        .request::<Value>(request.body(Vec::new()).unwrap())
        .await;
    assert!(gone.is_err_and(|e| e.to_string().contains("not found")));
    println!(
        "a retry sent to the controller: {} nodes kept as they were, {} ran anew",
        plan.keep.len(),
        plan.reset.len() + plan.remove.len()
    );
}
