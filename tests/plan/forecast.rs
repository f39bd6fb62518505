//! Whether a change stays: what is told for each way in which an object can be kept by something else.

use midwatch::plan::{Evidence, Forecast, Keepers, Sight, Stays, forecast};
use serde_json::{Value, json};

use super::{now, plan};

#[path = "forecast/keeper.rs"]
mod keeper;
#[path = "forecast/when.rs"]
mod when;

const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const ID: &str = "serving-prod:argoproj.io/CronWorkflow:ml/nightly";

/// A schedule that git names with `suspend: false`.
pub fn cron() -> Value {
    let git = json!({"spec": {"schedules": ["0 2 * * *"], "suspend": false}});
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
        "metadata": {"name": "nightly", "namespace": "ml", "uid": "u-1", "resourceVersion": "7",
            "annotations": {TRACKING: ID, APPLIED: git.to_string()}},
        "spec": {"schedules": ["0 2 * * *"], "suspend": false, "workflowSpec": {}}})
}

/// The application that keeps it, with self-heal on.
pub fn app() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "serving-prod", "namespace": "argocd"},
        "spec": {"project": "ml", "source": {"repoURL": "https://bot:s3cret@git.example/ml.git", "path": "crons"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "ml"},
            "syncPolicy": {"automated": {"selfHeal": true}}},
        "status": {"sync": {"status": "Synced", "revision": "abc"}, "resources": [
            {"group": "argoproj.io", "version": "v1alpha1", "kind": "CronWorkflow", "namespace": "ml", "name": "nightly", "status": "Synced"}]}})
}

fn seen(app: Value) -> Keepers {
    Keepers {
        at: now(),
        application: Sight::Found(Box::new(app)),
        project: Sight::Found(Box::new(json!({"spec": {}}))),
        ..Keepers::default()
    }
}

/// What is forecast when the schedule is suspended.
fn suspended(object: &Value, seen: &Keepers) -> Forecast {
    forecast(object, &plan("cron.suspend", object, &[]).unwrap(), seen)
}

/// An application with one thing changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut app = app();
    set(&mut app, pointer, value);
    app
}

fn set(object: &mut Value, pointer: &str, value: Value) {
    let (above, last) = pointer.rsplit_once('/').unwrap();
    if object.pointer(above).is_none() {
        set(object, above, json!({}));
    }
    let key = last.replace("~1", "/");
    object.pointer_mut(above).unwrap()[key] = value;
}

#[test]
fn self_heal_reverts_what_git_names_and_the_way_that_lasts_is_told() {
    let told = suspended(&cron(), &seen(app()));
    assert_eq!(told.stays, Stays::No);
    assert_eq!(told.reverted_within, Some(10));
    assert_eq!(
        &*told.text,
        "Owned by Argo CD app serving-prod, self-heal on: this change is reverted in about 10 s"
    );
    assert_eq!(
        &*told.lasts,
        "Set it in git (https://git.example/ml.git crons), or switch self-heal of app serving-prod off while it has to hold"
    );
    assert!(told.unknown.is_empty(), "{}", told.unknown);
    // it is still said once the change was seen
    assert_eq!(told.passing(), Some(told.text.as_str()));
    let owner = told.owner.unwrap();
    assert_eq!(owner.evidence, Evidence::Listed);
    assert_eq!(
        owner.told(),
        "Argo CD app argocd/serving-prod (it lists the object)"
    );
}

#[test]
fn without_self_heal_a_change_stays_until_a_sync() {
    for (automated, because) in [
        (
            json!({"selfHeal": false}),
            "auto-sync without self-heal: this change stays until the next commit is synced",
        ),
        (
            json!({}),
            "auto-sync without self-heal: this change stays until the next commit is synced",
        ),
        (
            json!({"selfHeal": true, "enabled": false}),
            "no auto-sync: this change stays until someone syncs it",
        ),
        (
            Value::Null,
            "no auto-sync: this change stays until someone syncs it",
        ),
    ] {
        let told = suspended(
            &cron(),
            &seen(with("/spec/syncPolicy/automated", automated)),
        );
        assert_eq!(told.stays, Stays::UntilSync);
        assert!(told.text.contains(because), "{}", told.text);
        assert_eq!(
            &*told.lasts,
            "Set it in git (https://git.example/ml.git crons)"
        );
    }
    let enabled = json!({"selfHeal": true, "enabled": true});
    let told = suspended(&cron(), &seen(with("/spec/syncPolicy/automated", enabled)));
    assert_eq!(told.stays, Stays::No);
}

#[test]
fn what_git_does_not_name_or_says_as_well_stays() {
    let mut unnamed = cron();
    let git = json!({"spec": {"schedules": ["0 2 * * *"]}}).to_string();
    unnamed["metadata"]["annotations"][APPLIED] = git.into();
    let told = suspended(&unnamed, &seen(app()));
    assert_eq!(told.stays, Stays::Yes);
    assert_eq!(told.passing(), None);
    assert!(
        told.text.contains("git does not name spec.suspend"),
        "{}",
        told.text
    );
    assert!(told.lasts.is_empty());

    // someone suspended it by hand: to resume it is what git says
    let mut by_hand = cron();
    by_hand["spec"]["suspend"] = true.into();
    let resume = plan("cron.resume", &by_hand, &[]).unwrap();
    let told = forecast(&by_hand, &resume, &seen(app()));
    assert_eq!(told.stays, Stays::Yes);
    assert!(
        told.text.contains("git says the same of spec.suspend"),
        "{}",
        told.text
    );

    let mut silent = cron();
    silent["metadata"]["annotations"]
        .as_object_mut()
        .unwrap()
        .remove(APPLIED);
    let told = suspended(&silent, &seen(app()));
    assert_eq!(told.stays, Stays::Unknown);
    assert!(
        told.unknown.contains("Whether git names spec.suspend"),
        "{}",
        told.unknown
    );
    assert_eq!(told.reverted_within, Some(10));
}

#[test]
fn an_ignored_field_is_not_healed_and_a_sync_writes_it_unless_it_is_told_to_leave_it() {
    let rule = |more: Value| {
        let mut rule = json!({"group": "argoproj.io", "kind": "CronWorkflow"});
        for (key, value) in more.as_object().unwrap() {
            rule[key] = value.clone();
        }
        with("/spec/ignoreDifferences", json!([rule]))
    };
    for covers in [
        json!({"jsonPointers": ["/spec/suspend"]}),
        json!({"jsonPointers": ["/spec"], "name": "nightly", "namespace": "ml"}),
        json!({"jqPathExpressions": [".spec.suspend"]}),
        json!({"managedFieldsManagers": ["midwatch"]}),
    ] {
        let mut app = rule(covers);
        let told = suspended(&cron(), &seen(app.clone()));
        assert_eq!(told.stays, Stays::UntilSync, "{}", told.text);
        assert!(
            told.text.contains("does not compare spec.suspend"),
            "{}",
            told.text
        );
        set(
            &mut app,
            "/spec/syncPolicy/syncOptions",
            json!(["RespectIgnoreDifferences=true"]),
        );
        assert_eq!(suspended(&cron(), &seen(app)).stays, Stays::Yes);
    }
    for other in [
        json!({"jsonPointers": ["/spec/suspended", "/spec/replicas"]}),
        json!({"jsonPointers": ["/spec/suspend"], "name": "hourly"}),
        json!({"jsonPointers": ["/spec/suspend"], "kind": "Workflow"}),
        json!({"jqPathExpressions": [".spec.templates[].x"]}),
        json!({"managedFieldsManagers": ["kube-controller-manager"]}),
    ] {
        assert_eq!(suspended(&cron(), &seen(rule(other))).stays, Stays::No);
    }
    let told = suspended(
        &cron(),
        &seen(rule(json!({"jqPathExpressions": [".spec | to_entries"]}))),
    );
    assert_eq!(told.stays, Stays::Unknown);
    assert!(
        told.unknown.contains("jq is not evaluated"),
        "{}",
        told.unknown
    );
}

#[test]
fn an_application_of_a_set_or_of_another_application_cannot_simply_be_paused() {
    let set = json!([{"kind": "ApplicationSet", "name": "teams", "controller": true}]);
    let told = suspended(&cron(), &seen(with("/metadata/ownerReferences", set)));
    assert_eq!(told.stays, Stays::No);
    assert_eq!(&*told.owner.as_ref().unwrap().set, "teams");
    assert!(
        told.lasts.contains("ApplicationSet teams writes it anew"),
        "{}",
        told.lasts
    );
    assert!(
        told.lasts.contains("deny sync window in project ml"),
        "{}",
        told.lasts
    );

    let parent = json!({TRACKING: "argocd_root:argoproj.io/Application:argocd/serving-prod"});
    let told = suspended(&cron(), &seen(with("/metadata/annotations", parent)));
    assert!(
        told.lasts.contains("only if app root, which keeps it,"),
        "{}",
        told.lasts
    );
}

#[test]
fn a_run_that_git_holds_is_made_anew_when_it_is_deleted() {
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "migrate", "namespace": "ml", "uid": "u-2", "resourceVersion": "9",
            "annotations": {TRACKING: "serving-prod:argoproj.io/Workflow:ml/migrate"}},
        "spec": {}, "status": {"phase": "Succeeded"}});
    let delete = plan("run.delete", &run, &[]).unwrap();
    let told = forecast(&run, &delete, &seen(app()));
    assert_eq!(told.stays, Stays::No);
    assert!(
        told.text.contains(
            "the deletion is undone: it is made anew, and runs from its start, in about 10 s"
        ),
        "{}",
        told.text
    );
    assert!(told.lasts.starts_with("Delete it in git"), "{}", told.lasts);
    assert_eq!(told.owner.unwrap().evidence, Evidence::Tracked);

    let mut hook = run;
    hook["metadata"]["annotations"]["argocd.argoproj.io/hook"] = "PreSync".into();
    let told = forecast(&hook, &delete, &seen(app()));
    assert_eq!(told.stays, Stays::Yes);
    assert!(
        told.text.contains("the next sync makes it anew"),
        "{}",
        told.text
    );
}

#[test]
fn hostile_texts_of_an_application_are_harmless() {
    let mut app = with("/spec/source/path", json!("\u{1b}[31mcrons"));
    app["metadata"]["name"] = "serving\u{202e}-prod\n".into();
    app["spec"]["syncPolicy"] = json!([1, 2]);
    app["status"]["resources"] = json!({"a": "b"});
    app["spec"]["ignoreDifferences"] = json!([null, {"jsonPointers": "x"}]);
    let told = suspended(&cron(), &seen(app));
    assert!(
        !told.text.contains(['\u{1b}', '\n', '\u{202e}']),
        "{:?}",
        told.text
    );
    assert!(!told.lasts.contains('\u{1b}'));
}
