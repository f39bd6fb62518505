//! Runs to act on, the command, and what the server shows.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

pub use crate::kubectl::asked as kubectl;
use crate::support::{rig, wait_for};

/// A long time for one thing to happen, on a machine that does much else.
pub const LONG: Duration = Duration::from_secs(120);

/// Where the runs of these tests live; the samples of the rig stay as they are.
pub const NS: &str = "ml-fraud";

/// An object as the server has it; `None` when it is not there.
pub fn object(resource: &str, name: &str) -> Option<Value> {
    match kubectl(&["-n", NS, "get", resource, name, "-o", "json"], "") {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(why) if why.contains("NotFound") => None,
        Err(why) => panic!("{resource} {name}: {why}"),
    }
}

/// A run as the server has it.
pub fn run(name: &str) -> Value {
    object("workflows.argoproj.io", name).unwrap_or_else(|| panic!("there is no run {name}"))
}

/// A name that no other test has.
pub fn name(word: &str) -> String {
    format!("act-{word}-{}", std::process::id())
}

/// Creates a run of these templates; the first is its entrypoint.
pub fn start(name: &str, more: &Value, templates: &Value) {
    let mut spec = json!({"entrypoint": templates[0]["name"], "templates": templates});
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name, "namespace": NS}, "spec": spec});
    kubectl(&["create", "-f", "-"], &run.to_string()).unwrap();
}

/// A schedule that does not come in the time of a test.
pub fn cron(name: &str) {
    let cron = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": {"name": name, "namespace": NS},
        "spec": {"schedules": ["0 3 1 1 *"], "workflowSpec": {"entrypoint": "main", "templates": [container("main", &[])]}}});
    kubectl(&["create", "-f", "-"], &cron.to_string()).unwrap();
}

/// Takes it away.
pub fn delete_cron(name: &str) {
    kubectl(&["-n", NS, "delete", "cronworkflows.argoproj.io", name], "").unwrap();
}

/// A container of a template; `rig` are the annotations that the kubelet of the rig plays.
pub fn container(name: &str, rig: &[(&str, &str)]) -> Value {
    let notes: serde_json::Map<String, Value> = rig
        .iter()
        .map(|(key, value)| (format!("rig.midwatch.dev/{key}"), (*value).into()))
        .collect();
    json!({"name": name, "metadata": {"annotations": notes}, "container": {"image": "x", "command": ["work"]}})
}

/// The run, once `is` holds.
pub fn until(name: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait_for(&format!("{name}: {what}"), LONG, || {
        Some(run(name)).filter(|run| is(run))
    })
}

/// The run, once its controller is done with it; `since` (RFC 3339) for the end after an action.
pub fn ended(name: &str, since: &str) -> Value {
    until(name, "its end", |run| {
        run["metadata"]["labels"]["workflows.argoproj.io/completed"] == "true"
            && run["status"]["finishedAt"]
                .as_str()
                .is_some_and(|at| at >= since)
    })
}

/// Pods of a run: name and uid.
pub fn pods(run: &str) -> Vec<(String, String)> {
    let label = format!("workflows.argoproj.io/workflow={run}");
    let text = kubectl(&["-n", NS, "get", "pods", "-l", &label, "-o", "json"], "").unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let text = |pod: &Value, key: &str| pod["metadata"][key].as_str().unwrap().to_owned();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|p| (text(p, "name"), text(p, "uid"))).collect()
}

/// The id of the node of this display name.
pub fn node_id(run: &Value, shown: &str) -> String {
    let nodes = run["status"]["nodes"].as_object().unwrap();
    let found = nodes.iter().find(|(_, n)| n["displayName"] == shown);
    found
        .unwrap_or_else(|| panic!("no node {shown}: {nodes:?}"))
        .0
        .clone()
}

/// Now, as the controller writes times.
pub fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// A person at a terminal of their own, with their own state.
pub struct Person {
    pub kubeconfig: String,
    pub home: TempDir,
    /// Where midwatch keeps what it did; in their home where nothing is said.
    pub state: Option<PathBuf>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Person {
    /// One of the rig's.
    pub fn new(name: &str) -> Self {
        Self::with(&rig(&format!(
            "MIDWATCH_RIG_KUBECONFIG_{}",
            name.to_uppercase()
        )))
    }

    /// With a kubeconfig of their own.
    pub fn with(kubeconfig: &str) -> Self {
        Self {
            kubeconfig: kubeconfig.to_owned(),
            home: tempfile::tempdir().unwrap(),
            state: None,
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
        command
            .env_remove("MIDWATCH_INCIDENT")
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", self.home.path())
            .env(
                "XDG_STATE_HOME",
                self.state.as_deref().unwrap_or(self.home.path()),
            )
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .stdin(Stdio::null())
            .args(args);
        command
    }

    /// Runs `midwatch`.
    pub fn midwatch(&self, args: &[&str]) -> Done {
        let output = self.command(args).output().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The preview.
    pub fn preview(&self, action: &str, target: &str, more: &[&str]) -> Value {
        let mut args = vec!["do", action, target, "-n", NS, "--dry-run", "-o", "json"];
        args.extend(more);
        let done = self.midwatch(&args);
        assert_eq!(done.code, Some(0), "{action} {target}: {done:?}");
        serde_json::from_str(&done.out).unwrap()
    }

    /// Carries it out, confirmed as it has to be, until it is seen done.
    #[track_caller]
    pub fn act(&self, action: &str, target: &str, more: &[&str]) -> Value {
        let mut args = vec!["do", action, target, "-n", NS, "--yes", "--confirm"];
        args.extend([target, "-o", "json", "--wait", "120s", "--reason", "a test"]);
        args.extend(more);
        let done = self.midwatch(&args);
        assert_eq!(done.code, Some(0), "{action} {target}: {done:?}");
        let outcome: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(outcome["verdict"], "done", "{outcome}");
        outcome
    }
}

/// Texts of a list.
pub fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_str().unwrap())
        .collect()
}
