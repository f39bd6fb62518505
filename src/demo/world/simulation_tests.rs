//! What the simulation promises.

use serde_json::json;

use super::*;
use crate::demo::world::{NAMESPACES, found, kind, pods, workflows};

/// A platform with a past of so many minutes.
fn opened(seed: u64, past: i64) -> World {
    let site = Arc::new(Site::new(Vec::new(), seed));
    found(&site, &["default", "kube-node-lease"]);
    found(&site, &NAMESPACES);
    let opening = "2026-11-21T08:00:00Z".parse().unwrap();
    World::open(site, seed, Clock::new(opening, 10.0), past * 60_000)
}

/// What happened to all runs after a version: name, phase, progress.
fn story(world: &World, after: u64) -> Vec<String> {
    let store = world.site.store();
    let changes = store.since(workflows(), after).unwrap();
    changes
        .map(|c| {
            let value = c.object.value();
            let of = |at: &str| text(&value, at).to_owned();
            format!(
                "{} {} {}",
                c.object.name.name,
                of("/status/phase"),
                of("/status/progress")
            )
        })
        .collect()
}

#[test]
fn the_same_seed_tells_the_same_story_however_often_one_looks() {
    let (mut once, mut often, mut other) = (opened(7, 15), opened(7, 15), opened(8, 15));
    let start = once.site.store().version();
    assert_eq!(often.site.store().version(), start);
    once.advance(300_000);
    for look in 1..=100 {
        often.advance(look * 3_000);
    }
    let told = story(&once, start);
    assert!(told.len() > 20, "{told:?}");
    assert_eq!(told, story(&often, start));
    let start = other.site.store().version();
    other.advance(300_000);
    assert_ne!(told, story(&other, start));
}

#[test]
fn the_opening_shows_every_state_and_what_a_person_does_has_its_effect() {
    let mut world = opened(1, 120);
    shows_every_state(&world);
    opens_the_gate(&mut world);
    loses_a_pod(&mut world);
    is_stopped(&mut world);
}

fn shows_every_state(world: &World) {
    let store = world.site.store();
    let all: Vec<Value> = store.list(workflows(), "").map(|o| o.value()).collect();
    assert!((30..60).contains(&all.len()), "{}", all.len());
    for phase in ["Running", "Succeeded", "Failed"] {
        assert!(
            all.iter().any(|w| text(w, "/status/phase") == phase),
            "{phase}"
        );
    }
    let nodes = |w: &Value| {
        w["status"]["nodes"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    let any = |kind: &str, phase: &str| {
        all.iter().any(|w| {
            nodes(w)
                .values()
                .any(|n| n["type"] == kind && n["phase"] == phase)
        })
    };
    for (kind, phase) in [
        ("Suspend", "Running"),
        ("Retry", "Succeeded"),
        ("Skipped", "Skipped"),
        ("Skipped", "Omitted"),
        ("TaskGroup", "Running"),
    ] {
        assert!(any(kind, phase), "{kind} {phase}");
    }
    assert!(
        all.iter()
            .any(|w| w["status"]["compressedNodes"].is_string())
    );
    let reason = |wanted: &str| {
        let events = kind("", "v1", "events");
        store
            .list(events, "")
            .any(|o| text(&o.value(), "/reason") == wanted)
    };
    for wanted in ["FailedScheduling", "BackOff", "OOMKilling", "Evicted"] {
        assert!(reason(wanted), "{wanted}");
    }
    assert_eq!(store.list(kind("", "v1", "nodes"), "").count(), 20);
}

/// The run behind an opened gate goes on.
fn opens_the_gate(world: &mut World) {
    let (name, mut value) = {
        let store = world.site.store();
        let run = store
            .list(workflows(), "ml-churn")
            .find(|o| o.name.name.starts_with("promote"))
            .unwrap()
            .clone();
        (run.name.clone(), run.value())
    };
    for node in value["status"]["nodes"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        if node["type"] == "Suspend" {
            node["phase"] = json!("Succeeded");
            node["finishedAt"] = json!("2026-11-21T08:00:00Z");
        }
    }
    world.site.store().put(workflows(), value);
    world.advance(world.now + 60_000);
    let after = world
        .site
        .store()
        .get(workflows(), &name.namespace, &name.name)
        .unwrap()
        .value();
    let nodes = after["status"]["nodes"].as_object().unwrap();
    let next = nodes
        .values()
        .find(|n| n["displayName"] == "switch-alias")
        .unwrap();
    assert_eq!(next["phase"], "Succeeded", "{next}");
}

/// A stopped run fails, and its pods go.
fn is_stopped(world: &mut World) {
    let run = {
        let store = world.site.store();
        let mut all = store.list(workflows(), "ml-nlp");
        all.find(|o| o.name.name.starts_with("sweep"))
            .unwrap()
            .clone()
    };
    let mut value = run.value();
    value["spec"]["shutdown"] = json!("Terminate");
    world.site.store().put(workflows(), value);
    world.advance(world.now + 30_000);
    let after = world
        .site
        .store()
        .get(workflows(), "ml-nlp", &run.name.name)
        .unwrap()
        .value();
    assert_eq!(after["status"]["phase"], "Failed");
    assert_eq!(
        after["status"]["message"],
        "Stopped with strategy 'Terminate'"
    );
    let store = world.site.store();
    let busy = store.list(pods(), "ml-nlp").filter(|o| {
        let pod = o.value();
        o.name.name.starts_with(&run.name.name) && text(&pod, "/status/phase") == "Running"
    });
    assert_eq!(busy.count(), 0);
}

/// A deleted pod fails its step.
fn loses_a_pod(world: &mut World) {
    let pod = {
        let store = world.site.store();
        let mut all = store.list(pods(), "ml-nlp");
        all.find(|o| {
            o.name.name.starts_with("finetune") && text(&o.value(), "/status/phase") == "Running"
        })
        .unwrap()
        .clone()
    };
    world.delete_pod("ml-nlp", &pod.name.name);
    world.advance(world.now + 30_000);
    let run = pod.value();
    let run = text(&run, "/metadata/labels/workflows.argoproj.io~1workflow");
    let after = world
        .site
        .store()
        .get(workflows(), "ml-nlp", run)
        .unwrap()
        .value();
    let nodes = after["status"]["nodes"].as_object().unwrap();
    assert!(
        nodes
            .values()
            .any(|n| n["message"] == "pod deleted" && n["phase"] == "Error")
    );
}
