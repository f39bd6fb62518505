//! Experiments of the platform, from their first trial to their end.

use std::sync::Arc;

use super::*;
use crate::demo::site::Site;
use crate::demo::world::Clock;

fn platform() -> World {
    let site = Arc::new(Site::new(Vec::new(), 7));
    let opening = "2026-11-21T03:00:00Z".parse().unwrap();
    let clock = Clock::new(opening, 1.0);
    crate::demo::world::found(&site, &crate::demo::world::NAMESPACES);
    World::open(site, 7, clock, 2 * 3_600_000)
}

fn experiment(world: &World, namespace: &str, name: &str) -> Value {
    let store = world.site.store();
    store.get(experiments(), namespace, name).unwrap().value()
}

fn ended(experiment: &Value) -> &str {
    let all = experiment["status"]["conditions"].as_array().unwrap();
    text(all.last().unwrap(), "/reason")
}

#[test]
fn the_platform_opens_with_a_sweep_at_work_one_at_its_goal_one_stuck_and_one_without_metrics() {
    let world = platform();
    let sweep = experiment(&world, "ml-nlp", "sweep-bert");
    assert_eq!(state(&sweep), "Running");
    let running = sweep["status"]["trialsRunning"].as_u64().unwrap();
    // one may just have ended, and the next not started yet
    assert!((17..=20).contains(&running), "{}", sweep["status"]);
    assert!(sweep["status"]["trialsSucceeded"].as_u64().unwrap() > 20);
    assert!(!text(&sweep, "/status/currentOptimalTrial/bestTrialName").is_empty());
    let goal = experiment(&world, "ml-churn", "churn-depth");
    assert_eq!(ended(&goal), "ExperimentGoalReached");
    let stuck = experiment(&world, "recsys", "embed-dim");
    assert_eq!(
        (state(&stuck), stuck["status"]["trials"].as_u64()),
        ("Created", Some(0))
    );
    let silent = experiment(&world, "ml-fraud", "fraud-windows");
    assert!(
        silent["status"]["trialMetricsUnavailable"]
            .as_u64()
            .unwrap()
            >= 2,
        "{}",
        silent["status"]
    );
}

#[test]
fn each_trial_of_the_sweep_holds_a_slice() {
    let world = platform();
    let store = world.site.store();
    let holding = store
        .list(crate::demo::world::pods(), "ml-nlp")
        .filter(|o| {
            o.labels.get(OF_EXPERIMENT).map(String::as_str) == Some("sweep-bert")
                && text(&o.value(), "/status/phase") == "Running"
        });
    let mut count = 0;
    for pod in holding {
        let pod = pod.value();
        let limits = &pod["spec"]["containers"][0]["resources"]["limits"];
        assert_eq!(limits["nvidia.com/mig-1g.10gb"], "1");
        assert!(text(&pod, "/spec/nodeName").starts_with("gpu-m"));
        count += 1;
    }
    assert!((17..=20).contains(&count), "{count}");
}

#[test]
fn lowered_parallelism_deletes_the_newest_trials_and_no_others_come() {
    let mut world = platform();
    let name = Name::new("ml-nlp", "sweep-bert");
    let before = world.trials_of(&name);
    world.change(experiments(), &name, "test", |e| {
        e["spec"]["parallelTrialCount"] = json!(6);
    });
    world.pass(30_000);
    let after = world.trials_of(&name);
    let names = |all: &[Arc<Value>]| -> Vec<String> {
        all.iter()
            .map(|t| text(t, "/metadata/name").to_owned())
            .collect()
    };
    let kept = names(&after);
    let gone: Vec<String> = names(&before)
        .into_iter()
        .filter(|n| !kept.contains(n))
        .collect();
    assert_eq!(gone.len(), 14);
    assert_eq!(
        gone,
        names(&before)[before.len() - 14..],
        "the newest, ended ones included"
    );
    let sweep = experiment(&world, "ml-nlp", "sweep-bert");
    assert_eq!(sweep["spec"]["parallelTrialCount"], 6);
    let left = after
        .iter()
        .filter(|t| matches!(state(t), "Running" | "Created"));
    assert!(
        left.count() >= 6,
        "those that run on were older than the deleted"
    );
}

#[test]
fn a_deleted_trial_comes_again_under_its_name() {
    let mut world = platform();
    let name = Name::new("ml-nlp", "sweep-bert");
    let all = world.trials_of(&name);
    let running = all.iter().find(|t| state(t) == "Running").unwrap();
    let trial = Name::of(running);
    world.delete_katib(trials(), &trial);
    world.pass(30_000);
    let again = world
        .site
        .store()
        .get(trials(), "ml-nlp", &trial.name)
        .unwrap()
        .value();
    assert_ne!(again["metadata"]["uid"], running["metadata"]["uid"]);
    assert_eq!(
        again["spec"]["parameterAssignments"],
        running["spec"]["parameterAssignments"]
    );
}
