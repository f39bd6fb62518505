//! Commands without a screen against a real API server: what they print is what kubectl knows.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::kubectl::kubectl;
use super::schema::assert_valid;
use super::support::{SOON, rig, wait_for};

/// Each kind as midwatch calls it, and as kubectl does.
const KINDS: [(&str, &str); 6] = [
    ("runs", "workflows.argoproj.io"),
    ("pods", "pods"),
    ("nodes", "nodes"),
    ("namespaces", "namespaces"),
    ("schedules", "cronworkflows.argoproj.io"),
    ("templates", "workflowtemplates.argoproj.io"),
];

const CRON: &str = "cronworkflows.argoproj.io";

struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Done {
    #[track_caller]
    fn code(self, wanted: i32) -> Self {
        assert_eq!(
            self.code,
            Some(wanted),
            "out: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }

    fn json(&self) -> Value {
        let value = serde_json::from_str(&self.out).unwrap();
        assert_valid(&value);
        value
    }
}

fn midwatch(person: &str, args: &[&str]) -> Done {
    let kubeconfig = PathBuf::from(rig(&format!("MIDWATCH_RIG_KUBECONFIG_{person}")));
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .args(args)
        .output()
        .unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Names as kubectl tells them, as midwatch writes them.
fn truth(kind: &str, scope: &[&str]) -> Vec<String> {
    let form = "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{\"\\n\"}{end}";
    let text = kubectl(&[&["get", kind, "-o", form], scope].concat(), "");
    let bare: Vec<&str> = text.lines().map(|l| l.trim_start_matches('/')).collect();
    sorted(&bare.join("\n"))
}

#[test]
#[ignore = "needs tests/rig/live"]
fn names_of_every_kind_are_those_that_kubectl_tells() {
    for (ours, theirs) in KINDS {
        // what comes and goes between the two questions is asked for again
        wait_for(ours, SOON, || {
            let before = truth(theirs, &["-A"]);
            let done = midwatch("SRE", &["get", ours, "-o", "name"]).code(0);
            (sorted(&done.out) == before).then_some(())
        });
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_is_told_as_it_stands_in_the_cluster() {
    let list = midwatch("ADMIN", &["get", "runs", "-o", "json"])
        .code(0)
        .json();
    let items = list["items"].as_array().unwrap();
    assert!(!items.is_empty(), "play some samples first");
    let mut compared = 0;
    for item in items.iter().filter(|i| !i["finishedAt"].is_null()).take(10) {
        let of = |field: &str| item[field].as_str().unwrap().to_owned();
        let args = [
            "get",
            "workflows.argoproj.io",
            &of("name"),
            "-n",
            &of("namespace"),
            "-o",
            "json",
        ];
        let real: Value = serde_json::from_str(&kubectl(&args, "")).unwrap();
        assert_eq!(item["uid"], real["metadata"]["uid"]);
        assert_eq!(item["phase"], real["status"]["phase"]);
        assert_eq!(item["finishedAt"], real["status"]["finishedAt"]);
        let run = format!("{}/{}", of("namespace"), of("name"));
        let steps = midwatch("ADMIN", &["get", "steps", &run, "-o", "json"])
            .code(0)
            .json();
        assert_eq!(steps["run"]["uid"], item["uid"]);
        assert_eq!(steps["gap"], Value::Null);
        assert!(!steps["items"].as_array().unwrap().is_empty());
        compared += 1;
    }
    assert!(compared > 0, "no run has ended yet");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn rights_decide_how_much_of_an_answer_there_is() {
    let part = midwatch("VIEWER", &["get", "runs", "-o", "json"]).code(3);
    assert!(
        part.err.contains("rig/workflows is not complete"),
        "{}",
        part.err
    );
    assert_eq!(part.json()["complete"], false);
    let own = ["-n", "ml-fraud"];
    let named = midwatch("VIEWER", &["get", "runs", "-n", "ml-fraud", "-o", "name"]).code(0);
    assert_eq!(sorted(&named.out), truth("workflows.argoproj.io", &own));
    let none = midwatch("NOBODY", &["get", "pods"]).code(1);
    assert!(
        none.err.contains("rig/pods is denied: You may not"),
        "{}",
        none.err
    );
    midwatch("SRE", &["get", "runs", "no-such-run"]).code(4);
}

/// A kind that is taken away comes back when a test ends, with its objects.
struct Restored {
    definition: Value,
    objects: Value,
}

fn read(args: &[&str]) -> Value {
    serde_json::from_str(&kubectl(args, "")).unwrap()
}

/// What was read can be created again.
fn bare(object: &mut Value) {
    let old = object["metadata"].clone();
    object["metadata"] = json!({"name": old["name"]});
    for field in ["namespace", "labels", "annotations"] {
        if !old[field].is_null() {
            object["metadata"][field] = old[field].clone();
        }
    }
    object.as_object_mut().unwrap().remove("status");
}

impl Restored {
    fn take_away() -> Self {
        let taken = Self {
            definition: read(&["get", "crd", CRON, "-o", "json"]),
            objects: read(&["get", CRON, "-A", "-o", "json"]),
        };
        kubectl(&["delete", "crd", CRON], "");
        taken
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        bare(&mut self.definition);
        kubectl(&["create", "-f", "-"], &self.definition.to_string());
        // it is served a moment after it was created
        wait_for("the kind to be back", SOON, || {
            let told = midwatch("ADMIN", &["get", "schedules", "-o", "json"]);
            (told.code == Some(0)).then_some(())
        });
        for object in self.objects["items"].as_array_mut().unwrap() {
            bare(object);
            kubectl(&["create", "-f", "-"], &object.to_string());
        }
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn the_doctor_tells_what_is_denied_from_what_is_absent() {
    let well = midwatch("SRE", &["doctor", "-o", "json"]).code(0).json();
    let check = |found: &Value, name: &str| -> Value {
        let mut checks = found["checks"].as_array().unwrap().iter();
        checks.find(|c| c["name"] == name).unwrap().clone()
    };
    let nodes = truth("nodes", &[]).len();
    assert_eq!(check(&well, "nodes")["details"]["rows"], nodes);
    assert_eq!(check(&well, "connection")["details"]["user"], "sre");
    let _restored = Restored::take_away();
    // the server takes a moment to forget what it served
    wait_for("the kind to be gone", SOON, || {
        (midwatch("SRE", &["doctor"]).code == Some(3)).then_some(())
    });
    let absent = midwatch("SRE", &["get", "schedules", "-o", "json"]).code(3);
    assert_eq!(absent.json()["sources"][0]["state"], "absent");
    let both = midwatch("VIEWER", &["doctor", "-n", "ml-fraud"]).code(1);
    println!("{}", both.out);
    let found = midwatch("VIEWER", &["doctor", "-n", "ml-fraud", "-o", "json"])
        .code(1)
        .json();
    assert_eq!(check(&found, "nodes")["verdict"], "denied");
    assert_eq!(check(&found, "cron-workflows")["verdict"], "absent");
    assert_eq!(check(&found, "pods")["verdict"], "ok");
}
