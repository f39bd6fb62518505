//! Nothing that a cluster says can command the terminal, and nothing secret is shown or kept.

use std::time::Duration;

use kube::api::{Api, DynamicObject, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use midwatch::demo::{Options, Platform};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::home::{Home, SOON, opened};
use crate::support;
use crate::support::pty::Pty;
use crate::support::wire::{copies, is_treacherous, leaks};

/// Payloads that are known to have worked on terminals, pagers and clients of other projects, and characters that
/// lie to the eye.
const PAYLOADS: &[&str] = &[
    "\u{1b}[2J\u{1b}[1;1Howned",
    "\u{1b}]0;pwned title\u{7}",
    "\u{1b}]52;c;cm0gLXJmIH4K\u{7}",
    "\u{1b}]52;c;?\u{1b}\\",
    "\u{1b}]8;;http://evil.example\u{1b}\\good.example\u{1b}]8;;\u{1b}\\",
    "\u{1b}P$qm\u{1b}\\",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_Gf=100;AAAA\u{1b}\\",
    "\u{1b}[6n\u{1b}[c\u{1b}[>q\u{1b}[21t",
    "\u{1b}[?1049l\u{1b}[?1000h\u{1b}c",
    "\u{9b}31mred\u{9d}0;title\u{9c}\u{90}q\u{9c}",
    "good\rEVIL\u{8}\u{8}\u{8}\u{7f}\u{0}\u{7}",
    "admin\u{202e}gnp.exe\u{2066}x\u{2069}",
    "a\u{200b}b\u{2060}c\u{feff}d\u{ad}e\u{61c}f",
    "hidden\u{e0068}\u{e0069}\u{e007f}tags",
    "line\u{2028}separator\u{2029}and\u{85}next",
    "z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}algo",
    "\u{1b}]0;never ends",
    "\u{fff9}anno\u{fffa}tation\u{fffb}\u{3164}\u{ffa0}",
];

/// All payloads in one text.
fn payload() -> String {
    PAYLOADS.join(" ")
}

/// A cluster whose every free text is a payload.
struct Hostile {
    platform: Platform,
    runtime: Runtime,
}

impl Hostile {
    fn new() -> Self {
        support::tls();
        let runtime = Runtime::new().unwrap();
        let platform = runtime
            .block_on(Platform::empty(Options::default()))
            .unwrap();
        let this = Self { platform, runtime };
        this.create("argoproj.io", "v1alpha1", "Workflow", &workflow());
        this.create("", "v1", "Pod", &pod());
        this.create("", "v1", "Node", &node());
        this.create("", "v1", "Event", &event());
        this.create("argoproj.io", "v1alpha1", "CronWorkflow", &cron());
        this
    }

    fn create(&self, group: &str, version: &str, kind: &str, object: &Value) {
        let kubeconfig = Kubeconfig::read_from(self.platform.kubeconfig_for("admin")).unwrap();
        self.runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options);
            let client = Client::try_from(config.await.unwrap()).unwrap();
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
            let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
            let api: Api<DynamicObject> = match object.metadata.namespace.as_deref() {
                Some(namespace) => Api::namespaced_with(client, namespace, &resource),
                None => Api::all_with(client, &resource),
            };
            let status = object.data.get("status").cloned();
            let made = api.create(&PostParams::default(), &object).await;
            let made = made.unwrap_or_else(|e| panic!("{kind}: {e}"));
            // where the status is a resource of its own, it is written apart
            if let Some(status) = status.filter(|_| made.data.get("status").is_none()) {
                let patch = kube::api::Patch::Merge(json!({ "status": status }));
                let name = made.metadata.name.unwrap();
                api.patch_status(&name, &kube::api::PatchParams::default(), &patch)
                    .await
                    .unwrap();
            }
        });
    }
}

fn meta(name: &str) -> Value {
    json!({"name": name, "namespace": "default", "annotations": {"note": payload()}})
}

fn workflow() -> Value {
    let evil = payload();
    let step = |id: &str, kind: &str, phase: &str| {
        json!({"id": id, "name": format!("evil.{evil}"), "displayName": evil, "type": kind, "phase": phase,
            "templateName": evil, "message": evil, "startedAt": "2026-01-01T00:00:00Z",
            "finishedAt": "2026-01-01T00:01:00Z", "hostNodeName": evil,
            "inputs": {"parameters": [{"name": evil, "value": evil}],
                       "artifacts": [{"name": evil, "s3": {"key": evil, "bucket": evil}}]},
            "outputs": {"exitCode": evil, "result": evil, "parameters": [{"name": evil, "value": evil}]}})
    };
    let mut root = step("evil", "DAG", "Failed");
    root["children"] = json!(["evil-1"]);
    root["name"] = json!("evil");
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": meta("evil"),
        "spec": {"entrypoint": evil},
        "status": {"phase": "Failed", "message": evil, "progress": evil, "startedAt": "2026-01-01T00:00:00Z",
            "finishedAt": "2026-01-01T00:01:00Z", "nodes": {"evil": root, "evil-1": step("evil-1", "Pod", "Failed")},
            "conditions": [{"type": evil, "status": evil, "message": evil}]}})
}

fn pod() -> Value {
    let evil = payload();
    let mut meta = meta("evil-1");
    meta["labels"] = json!({"workflows.argoproj.io/workflow": "evil"});
    meta["annotations"]["workflows.argoproj.io/node-id"] = json!("evil-1");
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"nodeName": "evil", "containers": [{"name": "main", "image": "x", "args": [evil],
            "env": [{"name": "NOTE", "value": evil}]}]},
        "status": {"phase": "Failed", "reason": evil, "message": evil, "containerStatuses": [
            {"name": "main", "image": "x", "imageID": "", "ready": false, "restartCount": 1,
             "state": {"terminated": {"exitCode": 1, "reason": evil, "message": evil,
                "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z"}}}]}})
}

fn node() -> Value {
    let evil = payload();
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "evil", "annotations": {"note": evil}},
        "spec": {"taints": [{"key": "evil", "effect": "NoSchedule", "value": "x"}]},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": evil, "message": evil,
            "lastTransitionTime": "2026-01-01T00:00:00Z", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}],
            "nodeInfo": {"kubeletVersion": evil, "machineID": "", "systemUUID": "", "bootID": "",
            "kernelVersion": evil, "osImage": evil, "containerRuntimeVersion": evil,
            "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}}})
}

fn event() -> Value {
    let evil = payload();
    json!({"apiVersion": "v1", "kind": "Event", "metadata": meta("evil-1.17"),
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "evil-1"},
        "type": "Warning", "reason": "Evil", "message": evil, "source": {"component": evil},
        "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z", "count": 3})
}

fn cron() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": meta("evil"),
        "spec": {"schedules": ["0 0 * * *"], "timezone": payload(), "workflowSpec": {"entrypoint": "x"}},
        "status": {"conditions": [{"type": "SubmissionError", "status": "True", "message": payload()}]}})
}

/// Presses keys one after another, each when the last one was read and the screen is quiet, and looks at every byte
/// that came.
fn walk(pty: &mut Pty, keys: &[&str]) {
    for key in keys {
        pty.send(key);
        pty.wait_read(SOON);
        pty.settle(Duration::from_millis(150), SOON);
        let leaks = leaks(&pty.bytes_since(0), true);
        assert!(leaks.is_empty(), "after {key:?}: {leaks:?}");
    }
}

#[test]
fn no_text_of_a_cluster_commands_the_terminal() {
    let hostile = Hostile::new();
    let home = Home::new();
    let mut pty = home
        .midwatch()
        .arg("--kubeconfig")
        .arg(hostile.platform.kubeconfig())
        .spawn();
    opened(&pty);
    pty.wait_for("evil", SOON);
    // lists, an opened run and its facts, help, sources
    walk(&mut pty, &["Enter", "Down", "J", "K", "?", "Esc", "Esc"]);
    walk(&mut pty, &["8", "Tab", "Tab", "Tab", "Tab", "0", "2"]);
    // what is known of a run, a step and a pod: words, YAML, events, logs, what can be copied
    walk(
        &mut pty,
        &["d", "End", "Esc", "y", "+", "End", "w", "Esc", "e"],
    );
    walk(&mut pty, &["Esc", "c", "e", "c", "y", "l", "Esc"]);
    walk(
        &mut pty,
        &[
            "Enter", "Down", "d", "Esc", "y", "+", "Esc", "e", "Esc", "l", "Esc", "Esc",
        ],
    );
    walk(&mut pty, &["8", "Tab", "d", "Esc", "y", "/"]);
    pty.write(b"owned");
    walk(&mut pty, &["Enter", "n", "Esc", "Esc", "2"]);
    // the palette, messages, and marks
    walk(&mut pty, &[":", "e", "v", "Esc", "m", "2", "Space", "Esc"]);
    // a filter that is itself a payload, typed and pasted
    walk(&mut pty, &["/"]);
    pty.write(format!("\u{1b}[200~{}\u{1b}[201~", payload()).as_bytes());
    walk(&mut pty, &["x", "Enter", "Esc"]);
    let copies = copies(&pty.bytes_since(0));
    assert_eq!(copies.len(), 2, "evidence and YAML were copied");
    for copy in copies {
        let bad = |c: char| (c.is_control() && c != '\n') || is_treacherous(c);
        assert!(!copy.chars().any(bad), "{copy:?}");
    }
    pty.send("q");
}

/// Values that nobody but their owner may read.
const PLANTED: &[&str] = &[
    "PLANTED-env-token-5f1c",
    "PLANTED-argument-token-77aa",
    "PLANTED-last-applied-password-91be",
];

/// A pod that is given secrets in the ways people do.
fn careless() -> Value {
    let [env, argument, applied] = PLANTED else {
        panic!("three values are planted")
    };
    let mut meta = meta("careless");
    let last = format!(
        r#"{{"spec":{{"containers":[{{"env":[{{"name":"DB_PASSWORD","value":"{applied}"}}]}}]}}}}"#
    );
    meta["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(last);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"containers": [{"name": "main", "image": "x", "args": ["serve", format!("--token={argument}")],
            "env": [{"name": "API_TOKEN", "value": env}]}]},
        "status": {"phase": "Running"}})
}

/// Everything that was written below a folder.
fn written(folder: &std::path::Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all += &written(&path);
        } else {
            all += &String::from_utf8_lossy(&std::fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn no_secret_reaches_the_screen_the_log_or_a_file() {
    let cluster = Hostile::new();
    cluster.create("", "v1", "Pod", &careless());
    let home = Home::new();
    let kubeconfig = cluster.platform.kubeconfig_for("admin");
    let token = token(&std::fs::read_to_string(&kubeconfig).unwrap());
    let mut pty = home
        .midwatch()
        .args(&["--log-level", "trace", "--kubeconfig"])
        .arg(&kubeconfig)
        .spawn();
    opened(&pty);
    pty.wait_for("evil", SOON);
    walk(&mut pty, &["8", "Tab"]);
    pty.wait_for("careless", SOON);
    walk(&mut pty, &["/"]);
    pty.write(b"careless");
    walk(&mut pty, &["Enter", "y", "+"]);
    pty.wait_for("hidden", SOON);
    walk(
        &mut pty,
        &[
            "PageDown", "PageDown", "m", "Esc", "d", "End", "Esc", "c", "y", "Esc", "0",
        ],
    );
    // an outage and its messages
    cluster.runtime.block_on(cluster.platform.set_down(true));
    pty.wait_for("stale", SOON);
    walk(&mut pty, &["C-r", "2"]);
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
    let bytes = pty.bytes_since(0);
    let copied = copies(&bytes);
    assert_eq!(copied.len(), 1, "YAML was copied");
    let shown = String::from_utf8_lossy(&bytes).into_owned() + &copied.concat();
    let kept = written(&home.path("state"));
    assert!(kept.contains("started"), "a log was kept: {kept}");
    for secret in PLANTED.iter().copied().chain([&*token]) {
        assert!(!shown.contains(secret), "{secret} was shown");
        assert!(!kept.contains(secret), "{secret} was kept");
    }
}

/// The bearer token of a kubeconfig.
fn token(kubeconfig: &str) -> String {
    let kubeconfig: Value = serde_saphyr::from_str(kubeconfig).unwrap();
    let token = kubeconfig.pointer("/users/0/user/token").unwrap();
    token.as_str().unwrap().to_owned()
}
