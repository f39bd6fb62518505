//! Schedules that Argo CD keeps, each in another way, with the CRDs of the real Argo CD: what `midwatch do` tells of a
//! change before it is made. kubectl applies them, which leaves on them what Argo CD leaves.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::kubectl::kubectl;
use super::support::rig;

const NAMESPACE: &str = "recsys";

/// What is made for the test, and goes with it.
struct Kept(Vec<Value>);

impl Kept {
    fn apply(objects: Vec<Value>) -> Self {
        let kept = Self(objects);
        kubectl(&["apply", "-f", "-"], &kept.list());
        kept
    }

    fn list(&self) -> String {
        json!({"apiVersion": "v1", "kind": "List", "items": self.0}).to_string()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        kubectl(
            &["delete", "--ignore-not-found", "--wait", "-f", "-"],
            &self.list(),
        );
    }
}

/// A daily schedule that git holds in the application of its own name.
fn cron(name: &str) -> Value {
    let id = format!("{name}:argoproj.io/CronWorkflow:{NAMESPACE}/{name}");
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {"argocd.argoproj.io/tracking-id": id}},
        "spec": {"schedules": ["0 3 * * *"], "suspend": false, "startingDeadlineSeconds": 0,
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x", "command": ["work"]}}]}}})
}

fn app(name: &str, automated: &Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": name, "namespace": "argo"},
        "spec": {"project": "kept", "source": {"repoURL": "https://git.example/ml.git", "path": "crons"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE},
            "syncPolicy": {"automated": automated}},
        "status": {"controllerNamespace": "argo", "resources": [
            {"group": "argoproj.io", "version": "v1alpha1", "kind": "CronWorkflow", "namespace": NAMESPACE, "name": name, "status": "Synced"}]}})
}

fn project(name: &str, windows: &Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": name, "namespace": "argo"},
        "spec": {"destinations": [{"server": "*", "namespace": "*"}], "sourceRepos": ["*"], "syncWindows": windows}})
}

/// An `ApplicationSet`, as an owner: without it, the garbage collector would delete its application.
fn set() -> (Kept, Value) {
    let set = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
        "metadata": {"name": "kept-teams", "namespace": "argo"},
        "spec": {"generators": [{"list": {"elements": [{"team": "recsys"}]}}],
            "template": {"metadata": {"name": "kept-of-set"}, "spec": app("kept-of-set", &json!({}))["spec"]}}});
    let kept = Kept::apply(vec![set]);
    let uid = kubectl(
        &[
            "-n",
            "argo",
            "get",
            "applicationset",
            "kept-teams",
            "-o",
            "jsonpath={.metadata.uid}",
        ],
        "",
    );
    let owner = json!([{"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "kept-teams",
        "uid": uid, "controller": true}]);
    (kept, owner)
}

fn fixtures(owner: Value) -> Vec<Value> {
    let heal = || json!({"selfHeal": true, "prune": true});
    let mut ignored = app("kept-ignored", &heal());
    ignored["spec"]["ignoreDifferences"] = json!([{"group": "argoproj.io", "kind": "CronWorkflow", "jsonPointers": ["/spec/suspend"]}]);
    let mut respected = app("kept-respected", &heal());
    respected["spec"]["ignoreDifferences"] = ignored["spec"]["ignoreDifferences"].clone();
    respected["spec"]["syncPolicy"]["syncOptions"] = json!(["RespectIgnoreDifferences=true"]);
    let mut of_set = app("kept-of-set", &heal());
    of_set["metadata"]["ownerReferences"] = owner;
    let mut shut = app("kept-shut", &heal());
    shut["spec"]["project"] = "kept-shut".into();
    let mut rare = app("kept-rare", &heal());
    rare["spec"]["project"] = "kept-rare".into();
    let mut frozen = app("kept-frozen", &heal());
    frozen["metadata"]["annotations"] = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    let mut unnamed = cron("kept-unnamed");
    unnamed["spec"].as_object_mut().unwrap().remove("suspend");
    let mut copied = cron("kept-copied");
    copied["metadata"]["annotations"] = cron("kept-healed")["metadata"]["annotations"].clone();
    let mut far = cron("kept-far");
    far["metadata"]["namespace"] = "ml-fraud".into();
    let id = "kept-far:argoproj.io/CronWorkflow:ml-fraud/kept-far";
    far["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = id.into();
    let mut all = vec![
        project("kept", &json!([])),
        project(
            "kept-shut",
            &json!([{"kind": "deny", "schedule": "0 0 * * *", "duration": "24h", "applications": ["*"]}]),
        ),
        project(
            "kept-rare",
            &json!([{"kind": "allow", "schedule": "0 0 29 2 *", "duration": "1h", "namespaces": ["rec*"]}]),
        ),
        app("kept-healed", &heal()),
        app("kept-auto", &json!({"selfHeal": false})),
        app("kept-by-hand", &json!({"selfHeal": true, "enabled": false})),
        app("kept-unnamed", &heal()),
        ignored,
        respected,
        of_set,
        shut,
        rare,
        frozen,
        unnamed,
        copied,
        far,
    ];
    for name in [
        "healed",
        "auto",
        "by-hand",
        "ignored",
        "respected",
        "of-set",
        "shut",
        "rare",
        "frozen",
    ] {
        all.push(cron(&format!("kept-{name}")));
    }
    all
}

fn planned(person: &str, target: &str, more: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env(
            "KUBECONFIG",
            rig(&format!("MIDWATCH_RIG_KUBECONFIG_{person}")),
        )
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .args(["do", "cron.suspend", target, "--dry-run"])
        .args(more)
        .output()
        .unwrap()
}

fn told(person: &str, target: &str) -> Value {
    let output = planned(person, target, &["-o", "json"]);
    let error = String::from_utf8_lossy(&output.stderr);
    // the plan is also shown to who may not carry it out
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 5)), "{target}: {code:?} {error}");
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{person} {target}: {}", plan["forecast"]);
    plan["forecast"].clone()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn each_way_of_being_kept_by_argo_cd_is_told_before_a_change() {
    let (_set, owner) = set();
    let _kept = Kept::apply(fixtures(owner));
    for (name, stays, says) in [
        (
            "healed",
            "no",
            "self-heal on: this change is reverted in about 10 s",
        ),
        ("auto", "until-sync", "auto-sync without self-heal"),
        ("by-hand", "until-sync", "no auto-sync"),
        ("ignored", "until-sync", "does not compare spec.suspend"),
        ("respected", "yes", "does not compare spec.suspend"),
        ("of-set", "no", "self-heal on"),
        ("shut", "until-sync", "held back by a sync window"),
        ("rare", "no", "-02-29 00:00Z: this change is reverted then"),
        ("frozen", "until-sync", "frozen by skip-reconcile"),
        ("unnamed", "yes", "git does not name spec.suspend"),
    ] {
        let forecast = told("SRE", &format!("{NAMESPACE}/kept-{name}"));
        assert_eq!(forecast["stays"], stays, "{name}");
        assert_eq!(forecast["unknown"], "", "{name}");
        assert!(
            forecast["text"].as_str().unwrap().contains(says),
            "{name}: {}",
            forecast["text"]
        );
        let owner = &forecast["owner"];
        assert_eq!(owner["keeper"], "argo-cd");
        assert_eq!(owner["namespace"], "argo");
        assert_eq!(owner["name"], format!("kept-{name}"));
        assert_eq!(owner["evidence"], "listed");
        let set = if name == "of-set" { "kept-teams" } else { "" };
        assert_eq!(owner["set"], set, "{name}");
    }
    let of_set = told("SRE", &format!("{NAMESPACE}/kept-of-set"));
    assert!(
        of_set["lasts"]
            .as_str()
            .unwrap()
            .contains("ApplicationSet kept-teams writes it anew")
    );
    let copied = told("SRE", &format!("{NAMESPACE}/kept-copied"));
    assert_eq!(
        (&copied["owner"], &copied["stays"]),
        (&Value::Null, &json!("yes"))
    );
    assert!(
        copied["text"]
            .as_str()
            .unwrap()
            .contains("CronWorkflow kept-healed, which Argo CD app kept-healed owns")
    );
    // one who may not read applications is not told that all is well
    let unseen = told("VIEWER", "ml-fraud/kept-far");
    assert_eq!(unseen["stays"], "unknown");
    assert!(
        unseen["unknown"].as_str().unwrap().contains("may not"),
        "{unseen}"
    );
    // the id names an application that is not on this cluster
    let far = told("SRE", "ml-fraud/kept-far");
    assert_eq!(far["stays"], "unknown");
    assert!(
        far["unknown"]
            .as_str()
            .unwrap()
            .contains("not on this cluster"),
        "{far}"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_schedule_that_nobody_keeps_is_not_spoken_of() {
    let forecast = told("SRE", "ml-churn/nightly-retrain");
    assert_eq!(
        forecast,
        json!({"owner": null, "stays": "yes", "revertedWithin": null, "text": "", "lasts": "", "unknown": ""})
    );
    let output = planned("SRE", "ml-churn/nightly-retrain", &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.contains("owner") && !text.contains("Argo CD"),
        "{text}"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn people_read_the_owner_what_becomes_of_the_change_and_what_lasts() {
    let objects = vec![
        project("kept-told", &json!([])),
        {
            let mut app = app("kept-told", &json!({"selfHeal": true}));
            app["spec"]["project"] = "kept-told".into();
            app
        },
        cron("kept-told"),
    ];
    let _kept = Kept::apply(objects);
    let output = planned("SRE", &format!("{NAMESPACE}/kept-told"), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    println!("{text}");
    for line in [
        "  owner      Argo CD app argo/kept-told (it lists the object)",
        "  note       Owned by Argo CD app kept-told, self-heal on: this change is reverted in about 10 s",
        "  lasts      Set it in git (https://git.example/ml.git crons), or switch self-heal of app kept-told off while it has to hold",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}
