//! `midwatch actions` and `midwatch do` as a person and a script meet them, on the embedded platform.

use std::path::Path;
use std::process::{Command, Output};

use kube::config::{KubeConfigOptions, Kubeconfig};
use midwatch::demo::{Options, Platform};
use midwatch::plan::ACTIONS;
use serde_json::Value;

use super::dry::{Mode, send_all};

fn midwatch(config: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env("KUBECONFIG", config)
        .args(words)
        .output()
        .unwrap()
}

/// Exit code, standard output, standard error.
fn said(config: &Path, words: &[&str]) -> (i32, String, String) {
    let output = midwatch(config, words);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Some platform with one run that failed, made by hand so that nothing moves.
async fn platform() -> Platform {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let platform = Platform::empty(Options::default()).await.unwrap();
    let client = client(&platform).await;
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/workflows/fraud-train-oom.json");
    let mut run: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for key in [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
    ] {
        run["metadata"].as_object_mut().unwrap().remove(key);
    }
    post(&client, RUNS, &run).await;
    platform
}

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";

async fn client(platform: &Platform) -> kube::Client {
    let config = Kubeconfig::read_from(platform.kubeconfig_for("admin")).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.unwrap()).unwrap()
}

async fn post(client: &kube::Client, path: &str, body: &Value) {
    let request = http::Request::post(path)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    client.request::<Value>(request).await.unwrap();
}

async fn list(client: &kube::Client) -> Value {
    let request = http::Request::get(RUNS).body(Vec::new()).unwrap();
    client.request(request).await.unwrap()
}

#[test]
fn the_list_of_actions_is_complete_and_machine_readable() {
    let nowhere = Path::new("/nonexistent");
    let (code, text, _) = said(nowhere, &["actions"]);
    assert_eq!((code, text.lines().count()), (0, ACTIONS.len()));
    let (_, text, _) = said(nowhere, &["actions", "-o", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["kind"], "ActionList");
    assert_eq!(json["items"].as_array().unwrap().len(), ACTIONS.len());
    let (code, text, _) = said(nowhere, &["actions", "run.retry"]);
    assert!(
        code == 0 && text.contains("--param node-field-selector="),
        "{text}"
    );
    let (code, _, error) = said(nowhere, &["actions", "retry"]);
    assert!(
        code == 2 && error.contains("Did you mean run.retry?"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_in_the_arguments_is_told_before_anything_is_connected_to() {
    let (code, _, error) = said(
        Path::new("/nonexistent"),
        &["do", "run.rety", "x", "--dry-run"],
    );
    assert!(code == 2 && error.contains("run.retry"), "{error}");
    let wrong = [
        "do",
        "run.resume",
        "x",
        "--dry-run",
        "--param",
        "gate=approve",
    ];
    let (code, _, error) = said(Path::new("/nonexistent"), &wrong);
    assert!(
        code == 2 && error.contains("Did you mean gates?"),
        "{error}"
    );
    let wrong = ["do", "run.resume", "x", "--dry-run", "--param", "gates=all"];
    let (code, _, error) = said(Path::new("/nonexistent"), &wrong);
    assert!(code == 2 && error.contains("keep or approve"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_the_plan_and_changes_nothing() {
    let platform = platform().await;
    let client = client(&platform).await;
    let before = list(&client).await;
    let config = platform.kubeconfig().to_owned();
    let name = "ml-fraud/fraud-train-oom";
    let (code, text, error) = said(&config, &["do", "run.retry", name, "--dry-run"]);
    assert_eq!(code, 0, "{error}");
    for part in [
        "DELETE pods/fraud-train-oom-fit-1160131234",
        "PUT workflows/fraud-train-oom",
        "fit",
        "needs",
        "undo",
        "nothing was sent",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (_, text, _) = said(
        &config,
        &[
            "do",
            "run.retry",
            "fraud-train-oom",
            "-n",
            "ml-fraud",
            "--dry-run",
            "-o",
            "json",
        ],
    );
    let plan: Value = serde_json::from_str(&text).unwrap();
    let run = &before["items"][0];
    assert_eq!(plan["kind"], "Plan");
    assert_eq!(plan["target"]["uid"], run["metadata"]["uid"]);
    assert_eq!(
        plan["target"]["resourceVersion"],
        run["metadata"]["resourceVersion"]
    );
    assert!(!plan["target"]["clusterUid"].as_str().unwrap().is_empty());
    assert_eq!(plan["steps"][1]["body"]["status"]["phase"], "Running");
    for action in ["run.resubmit", "run.delete"] {
        let (code, _, error) = said(&config, &["do", action, name, "--dry-run"]);
        assert_eq!(code, 0, "{action}: {error}");
    }
    assert_eq!(list(&client).await["items"], before["items"]);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_planned_ends_with_its_own_code() {
    let platform = platform().await;
    let config = platform.kubeconfig().to_owned();
    let (code, _, error) = said(&config, &["do", "run.retry", "ml-fraud/nix", "--dry-run"]);
    assert!(
        code == 4 && error.contains("there is no Workflow nix in namespace ml-fraud"),
        "{code} {error}"
    );
    let (code, _, error) = said(
        &config,
        &["do", "run.stop", "ml-fraud/fraud-train-oom", "--dry-run"],
    );
    assert!(
        code == 5 && error.contains("has ended already"),
        "{code} {error}"
    );
    let nobody = platform.kubeconfig_for("nobody");
    let (code, _, error) = said(
        &nobody,
        &["do", "run.retry", "ml-fraud/fraud-train-oom", "--dry-run"],
    );
    assert!(
        code == 5 && error.contains("You may not get Workflow"),
        "{code} {error}"
    );
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_takes_a_plan_in_a_dry_run_until_someone_changes_the_run() {
    let platform = platform().await;
    let client = client(&platform).await;
    let before = list(&client).await;
    let run = &before["items"][0];
    let plans = [
        ("run.retry", &[][..]),
        ("run.resubmit", &[("memoized", "true")]),
        ("run.delete", &[]),
    ]
    .map(|(action, params)| super::plan(action, run, params).unwrap());
    for plan in &plans {
        send_all(&client, plan, Mode::DryRun).await.unwrap();
    }
    assert_eq!(list(&client).await["items"], before["items"]);
    let change = r#"{"metadata": {"labels": {"seen": "yes"}}}"#;
    let request = http::Request::patch(format!("{RUNS}/fraud-train-oom"))
        .header("content-type", "application/merge-patch+json")
        .body(change.as_bytes().to_vec())
        .unwrap();
    client.request::<Value>(request).await.unwrap();
    for plan in plans.iter().filter(|p| p.action != "run.resubmit") {
        let refused = send_all(&client, plan, Mode::DryRun).await.unwrap_err();
        assert!(
            refused.contains("409") || refused.contains("Conflict"),
            "{refused}"
        );
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_retried_end_to_end_and_the_audit_has_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let platform = Platform::start(Options::default()).await.unwrap();
    let config = platform.kubeconfig().to_owned();
    let state = tempfile::tempdir().unwrap();
    let words = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
            .env("KUBECONFIG", &config)
            .env("XDG_STATE_HOME", state.path())
            .env("XDG_CONFIG_HOME", state.path())
            .args(words)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (_, names, _) = words(&["get", "runs", "--filter", "phase:failed", "-o", "name"]);
    let run = names
        .lines()
        .find(|name| words(&["do", "run.retry", name, "--dry-run"]).0 == 0)
        .expect("the platform has a failed run that can run again");
    let (code, _, error) = words(&["do", "run.retry", run]);
    assert!(
        code == 9 && error.contains("nothing was sent"),
        "{code} {error}"
    );
    let name = run.rsplit('/').next().unwrap();
    let (code, _, error) = words(&["do", "run.delete", run, "--yes"]);
    assert!(code == 9 && error.contains("--confirm"), "{code} {error}");
    let (code, text, error) = words(&[
        "do",
        "run.retry",
        run,
        "--confirm",
        name,
        "-o",
        "json",
        "--reason",
        "drill",
    ]);
    let outcome: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &outcome["verdict"]),
        (0, &Value::from("done")),
        "{text} {error}"
    );
    assert_eq!(outcome["plan"]["action"], "run.retry");
    assert!(error.contains("written down as"), "{error}");
    let (code, _, error) = words(&["do", "run.retry", run, "--yes"]);
    assert_eq!(code, 5, "a run that runs is not retried: {error}");
    let journal = state.path().join("midwatch/journal/journal-000001.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    assert_eq!(journal.matches("\"stage\":\"intent\"").count(), 1);
    assert!(journal.contains("drill") && journal.contains("\"verdict\":\"done\""));
    platform.shutdown().await;
}
