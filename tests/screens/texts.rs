//! Descriptions, YAML, events and the copy menu, as pictures and as what keys do.

use std::sync::Arc;

use jiff::Span;
use midwatch::app::{Effect, Effects, Model, Msg, Program, update};
use midwatch::domain::{
    Clean, ClusterId, EventRow, Key, ManifestRow, Row, SourceId, SourceRow, SourceState,
};
use midwatch::keys::Chord;
use midwatch::kinds::{Kind, ManifestOf, Pods};
use midwatch::store::{Batch, Change, News};
use midwatch::ui::Look;

use crate::{mono, picture, platform, press};

const POD: &str = "train-nightly-x7k2p-train-118";

fn cluster() -> ClusterId {
    ClusterId::new("prod-eu")
}

fn pod(phase: &str) -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": POD, "namespace": "ml-fraud", "uid": "7f0c", "creationTimestamp": "2026-11-21T02:59:34Z",
            "labels": {"workflows.argoproj.io/workflow": "train-nightly-x7k2p"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": format!("{{\"kind\":\"Pod\",\"spec\":\"{}\"}}", "x".repeat(400))},
            "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": "train-nightly-x7k2p", "controller": true}],
            "managedFields": [{"manager": "kubelet", "operation": "Update", "subresource": "status", "time": "2026-11-21T03:08:43Z"},
                {"manager": "workflow-controller", "operation": "Update", "time": "2026-11-21T02:59:34Z"}]},
        "spec": {"nodeName": "gpu-17", "containers": [{"name": "main", "image": "registry.example.com/ml/train:7",
            "command": ["python", "train.py"], "args": ["--epochs=12", "--token=hunter2"],
            "env": [{"name": "HF_TOKEN", "value": "hunter2"}, {"name": "EPOCHS", "value": "12"},
                {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
            "resources": {"limits": {"memory": "64Gi", "nvidia.com/gpu": "1"}, "requests": {"cpu": "8"}}}]},
        "status": {"phase": phase, "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-21T02:59:34Z"},
            {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T03:08:43Z", "reason": "PodFailed"}],
            "containerStatuses": [{"name": "main", "restartCount": 1, "state": {"terminated": {"exitCode": 137,
                "reason": "OOMKilled", "startedAt": "2026-11-21T02:59:36Z", "finishedAt": "2026-11-21T03:08:43Z"}},
                "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}
    })
}

fn tell<R: Row>(model: &mut Model, feed: &'static str, scope: &str, changes: Vec<Change<R>>) {
    let id = SourceId {
        cluster: cluster(),
        feed,
        scope: scope.to_owned(),
    };
    let row = SourceRow {
        id: id.clone(),
        state: SourceState::Live,
        since: platform::now(),
        seen: Some(platform::now()),
        endpoint: String::new(),
        rows: 1,
        fault: None,
        retry: None,
    };
    let batch = Batch {
        source: id,
        changes,
    };
    for news in [News::Rows(Box::new(batch)), News::Source(Box::new(row))] {
        let _ = update(model, Msg::Arrived(news), platform::now());
    }
}

fn scope() -> String {
    format!("pods ml-fraud/{POD}")
}

fn show_pod(model: &mut Model, json: &serde_json::Value) {
    let slim = serde_json::from_str(&json.to_string()).unwrap();
    let row = ManifestOf::<Pods>::row(&cluster(), slim);
    tell(
        model,
        "manifest",
        &scope(),
        vec![Change::Put(Arc::new(row))],
    );
}

fn event(name: &str, warning: bool, reason: &str, message: &str, ago: i64) -> Change<EventRow> {
    let at = platform::now() - Span::new().seconds(ago);
    Change::Put(Arc::new(EventRow {
        key: Key::new(cluster(), "ml-fraud", name),
        warning,
        reason: Clean::new(reason),
        kind: Clean::new("Pod"),
        object: Key::new(cluster(), "ml-fraud", POD),
        message: Clean::new(message),
        count: 3,
        first: Some(at - Span::new().seconds(60)),
        last: Some(at),
        from: Clean::new("kubelet on gpu-17"),
    }))
}

/// A console with the failed attempt of a run selected, whose pod and events were read.
fn at_pod() -> Model {
    let mut model = platform::live();
    show_pod(&mut model, &pod("Failed"));
    let events = vec![
        event(
            "a",
            true,
            "OOMKilling",
            "Memory cgroup out of memory: killed process 4711",
            240,
        ),
        event(
            "b",
            false,
            "Pulled",
            "Successfully pulled image \"train:7\"",
            780,
        ),
    ];
    tell(&mut model, "events", &format!("ml-fraud/Pod/{POD}"), events);
    press(&mut model, "Enter");
    model
}

fn keyed(model: &mut Model, c: char) -> Effects {
    update(model, Msg::Pressed(Chord::char(c)), platform::now())
}

#[test]
fn a_pod_is_described_by_its_cause_its_owners_and_what_was_noted() {
    let mut model = at_pod();
    press(&mut model, "d");
    insta::assert_snapshot!(
        "describe_pod_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        "describe_pod_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "describe_pod_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    press(&mut model, "G");
    let end = picture(&mut model, (120, 36), Look::default());
    assert!(
        end.contains("OOMKilling") && end.contains("Memory cgroup out of memory"),
        "{end}"
    );
}

#[test]
fn an_owner_in_a_description_opens() {
    let mut model = at_pod();
    press(&mut model, "d / o w n e d Enter Enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains(" train-nightly-x7k2p   ✗ Failed"), "{shown}");
}

#[test]
fn yaml_has_folds_and_no_secret() {
    let mut model = at_pod();
    press(&mut model, "y");
    insta::assert_snapshot!(
        "yaml_pod_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!("yaml_pod_mono_80x24", picture(&mut model, (80, 24), mono()));
    let Some(Effect::Show { text, name, with }) = keyed(&mut model, 'o').0.into_iter().next()
    else {
        panic!("no pager");
    };
    assert_eq!((name, with), (format!("{POD}.yaml"), Program::Pager));
    assert!(
        !text.contains("hunter2") && text.contains("<7 bytes hidden>"),
        "{text}"
    );
    assert!(!text.contains("managedFields"));
    press(&mut model, "m");
    let shown = picture(&mut model, (120, 60), Look::default());
    assert!(shown.contains("managedFields: … 2 items"), "{shown}");
}

#[test]
fn a_search_goes_from_hit_to_hit() {
    let mut model = at_pod();
    press(&mut model, "y / m e m o r y Enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("hit 1 of 1"), "{shown}");
    press(&mut model, "Esc");
    assert!(!picture(&mut model, (120, 36), Look::default()).contains("hit 1"));
    press(&mut model, "Esc");
    assert!(
        picture(&mut model, (120, 36), Look::default()).contains(" train-nightly-x7k2p   ✗ Failed"),
        "back on the run"
    );
}

#[test]
fn what_changes_is_marked_and_what_is_deleted_stays_readable() {
    let mut model = at_pod();
    press(&mut model, "y");
    show_pod(&mut model, &pod("Succeeded"));
    press(&mut model, "u");
    let shown = picture(&mut model, (120, 60), Look::default());
    assert!(shown.contains("1 line changed since"), "{shown}");
    let line = shown
        .lines()
        .find(|l| l.contains("phase: Succeeded"))
        .unwrap();
    assert!(line.starts_with('▎'), "{line}");
    let key = ManifestRow::key_of("pods", &Key::new(cluster(), "ml-fraud", POD));
    tell::<ManifestRow>(&mut model, "manifest", &scope(), vec![Change::Drop(key)]);
    let shown = picture(&mut model, (120, 60), Look::default());
    assert!(
        shown.contains("deleted (known since") && shown.contains("phase: Succeeded"),
        "{shown}"
    );
}

#[test]
fn an_object_that_cannot_be_read_says_why() {
    let mut model = platform::live();
    press(&mut model, "Enter y");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("asking for pod"), "{shown}");
}

#[test]
fn events_of_a_pod_stand_newest_first() {
    let mut model = at_pod();
    press(&mut model, "e");
    insta::assert_snapshot!(
        "events_pod_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        "events_pod_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
}

#[test]
fn what_can_be_copied_is_shown_before_it_is() {
    let mut model = at_pod();
    press(&mut model, "c");
    insta::assert_snapshot!(
        "copy_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    let effects = keyed(&mut model, 'k');
    let want = format!("kubectl --context prod-eu -n ml-fraud get pods {POD} -o yaml");
    let what = "the kubectl command".to_owned();
    assert!(
        effects.has(&Effect::Copy { text: want, what }),
        "{effects:?}"
    );
    press(&mut model, "c");
    let effects = keyed(&mut model, 'e');
    let Some(Effect::Copy { text, .. }) = effects.0.first() else {
        panic!("{effects:?}");
    };
    assert!(
        text.contains("OOMKilled") && text.starts_with(&format!("pod prod-eu/ml-fraud/{POD}")),
        "{text}"
    );
}

#[test]
fn texts_are_drawn_at_every_size() {
    for keys in ["d", "y", "e", "c", "y / a", "d G", "y w G"] {
        let mut model = at_pod();
        press(&mut model, keys);
        for width in (0..=60).step_by(7).chain([79, 80, 120, 300]) {
            for height in [0, 1, 9, 10, 11, 12, 24, 100] {
                let _ = picture(&mut model, (width, height), Look::default());
                let _ = picture(&mut model, (width, height), mono());
            }
        }
    }
}
