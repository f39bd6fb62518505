//! Training jobs of the platform: what failed first, what Kueue holds, and what becomes of a job that is suspended.

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

fn job(world: &World, plural: &str, place: (&str, &str)) -> Value {
    let known = KINDS.iter().find(|(_, _, p, _)| *p == plural).unwrap();
    let store = world.site.store();
    let id = kind(known.0, known.1, plural);
    store.get(id, place.0, place.1).unwrap().value()
}

fn holds(job: &Value, kind: &str) -> bool {
    let all = job["status"]["conditions"].as_array().unwrap();
    all.iter()
        .any(|c| c["type"] == kind && c["status"] == "True")
}

fn pods_of(world: &World, namespace: &str, prefix: &str) -> Vec<Value> {
    let store = world.site.store();
    let all = store.list(pods(), namespace);
    let own = all.filter(|o| o.name.name.starts_with(prefix) && !o.deleting);
    own.map(|o| o.value()).collect()
}

#[test]
fn rank_three_of_a_job_failed_first_and_took_another_one_with_it() {
    let world = platform();
    let tower = job(&world, "pytorchjobs", ("recsys", "two-tower"));
    assert!(
        holds(&tower, "Failed") && !holds(&tower, "Running"),
        "{tower}"
    );
    let ends = pods_of(&world, "recsys", "two-tower-");
    let mut ends: Vec<(String, String)> = ends
        .iter()
        .filter_map(|p| {
            let end = &p["status"]["containerStatuses"][0]["state"]["terminated"];
            let at = end["finishedAt"].as_str()?;
            Some((at.to_owned(), text(p, "/metadata/name").to_owned()))
        })
        .collect();
    ends.sort();
    let names: Vec<&str> = ends.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["two-tower-worker-3", "two-tower-worker-1"]);
}

#[test]
fn jobs_run_and_a_job_of_a_queue_is_suspended_again_when_it_is_let_go() {
    let mut world = platform();
    assert!(holds(
        &job(&world, "pytorchjobs", ("ml-fraud", "fraud-embedder")),
        "Running"
    ));
    let set = job(&world, "jobsets", ("ml-churn", "churn-llm-sft"));
    assert_eq!(set["status"]["replicatedJobsStatus"][0]["active"], 1);
    let place = ("ml-nlp", "tokenise-corpus");
    assert!(holds(&job(&world, "jobs", place), "Suspended"));
    let id = kind("batch", "v1", "jobs");
    world.change(id, &Name::new(place.0, place.1), "kubectl", |j| {
        j["spec"]["suspend"] = json!(false);
    });
    world.pass(5_000);
    assert_eq!(job(&world, "jobs", place)["spec"]["suspend"], true);
    assert!(pods_of(&world, "ml-nlp", "tokenise-corpus").is_empty());
}

#[test]
fn a_suspended_job_loses_its_pods_and_gets_new_ones_when_it_goes_on() {
    let mut world = platform();
    let (id, name) = (
        kind("kubeflow.org", "v1", "pytorchjobs"),
        Name::new("ml-fraud", "fraud-embedder"),
    );
    let suspend = |world: &mut World, value: bool| {
        world.change(id, &name, "kubectl", |j| {
            j["spec"]["runPolicy"]["suspend"] = json!(value);
        });
        world.pass(30_000);
    };
    suspend(&mut world, true);
    let held = job(&world, "pytorchjobs", ("ml-fraud", "fraud-embedder"));
    assert!(
        holds(&held, "Suspended") && !holds(&held, "Running"),
        "{held}"
    );
    assert!(pods_of(&world, "ml-fraud", "fraud-embedder-").is_empty());
    suspend(&mut world, false);
    let on = job(&world, "pytorchjobs", ("ml-fraud", "fraud-embedder"));
    assert!(!holds(&on, "Suspended") && holds(&on, "Running"), "{on}");
    assert_eq!(pods_of(&world, "ml-fraud", "fraud-embedder-").len(), 3);
}
