//! Queues, quotas and notebooks of the platform: what its people see, and what comes of their changes.

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

fn read(world: &World, id: Id, namespace: &str, name: &str) -> Value {
    let store = world.site.store();
    store.get(id, namespace, name).unwrap().value()
}

/// The workload of a job.
fn workload(world: &World, namespace: &str, job: &str) -> Value {
    let all = world.all_of(kueue("workloads")).into_iter();
    let mut own = all.filter(|w| {
        let owner = &w["metadata"]["ownerReferences"][0];
        text(w, "/metadata/namespace") == namespace && owner["name"] == job
    });
    own.next().unwrap()
}

fn pods_of(world: &World, namespace: &str, job: &str) -> usize {
    world.pods_with(namespace, ("job-name", job)).len()
}

fn said(workload: &Value) -> String {
    text(condition(workload, "QuotaReserved"), "/message").to_owned()
}

#[test]
fn the_platform_opens_with_a_sweep_that_starves_two_teams() {
    let world = platform();
    for sweep in ["sweep-lora-1", "sweep-lora-2", "sweep-lora-3"] {
        assert!(is(&workload(&world, "ml-nlp", sweep), "Admitted"));
        assert_eq!(pods_of(&world, "ml-nlp", sweep), 4);
    }
    let starved = workload(&world, "ml-churn", "retrain-churn");
    assert!(
        said(&starved)
            .contains("insufficient unused quota for nvidia.com/gpu in flavor a100, 2 more needed"),
        "{starved}"
    );
    let lender = workload(&world, "recsys", "two-tower-nightly");
    assert!(said(&lender).contains("4 more needed"), "{lender}");
    let queue = read(&world, kueue("clusterqueues"), "", "research");
    let told = &queue["status"]["flavorsReservation"][0]["resources"][0];
    assert_eq!(
        (&told["total"], &told["borrowed"]),
        (&json!("12"), &json!("4"))
    );
    assert_eq!(queue["status"]["pendingWorkloads"], 1);
    let shut = workload(&world, "ml-fraud", "fraud-backfill");
    assert_eq!(said(&shut), "ClusterQueue fraud is inactive");
}

#[test]
fn holding_a_part_of_the_sweep_lets_the_others_in_and_a_release_queues_it_again() {
    let mut world = platform();
    let name = named(&workload(&world, "ml-nlp", "sweep-lora-3"));
    world.change(kueue("workloads"), &name, "kubectl", |w| {
        w["spec"]["active"] = false.into();
    });
    world.pass(60_000);
    let held = workload(&world, "ml-nlp", "sweep-lora-3");
    assert!(is(&held, "Evicted") && !is(&held, "QuotaReserved"));
    assert_eq!(pods_of(&world, "ml-nlp", "sweep-lora-3"), 0);
    assert!(is(
        &workload(&world, "ml-churn", "retrain-churn"),
        "Admitted"
    ));
    assert_eq!(pods_of(&world, "ml-churn", "retrain-churn"), 2);
    world.change(kueue("workloads"), &name, "kubectl", |w| {
        w["spec"]["active"] = true.into();
    });
    world.pass(10_000);
    let again = workload(&world, "ml-nlp", "sweep-lora-3");
    assert!(
        is(&again, "Requeued") && said(&again).contains("more needed"),
        "{again}"
    );
}

#[test]
fn a_quota_follows_its_profile_and_counts_what_is_in_use() {
    let mut world = platform();
    let quota = read(&world, quotas(), "ml-churn", "kf-resource-quota");
    let slices = "requests.nvidia.com/mig-3g.40gb";
    let used = &quota["status"]["used"][slices];
    assert_eq!(used, "3", "the notebook's, and two of a job");
    for id in [quotas()] {
        for quota in world.all_of(id) {
            for (name, hard) in quota["status"]["hard"].as_object().unwrap() {
                assert!(
                    number(&quota["status"]["used"][name]) <= number(hard),
                    "{quota}"
                );
            }
        }
    }
    let name = Name::new("ml-churn", "kf-resource-quota");
    world.change(quotas(), &name, "kubectl", |q| {
        q["spec"]["hard"][slices] = "9".into();
    });
    world.pass(10_000);
    let quota = read(&world, quotas(), "ml-churn", "kf-resource-quota");
    assert_eq!(
        quota["status"]["hard"][slices], "4",
        "the profile puts it back"
    );
}

#[test]
fn a_stopped_notebook_has_no_pod_and_a_started_one_has() {
    let mut world = platform();
    let notebook = |world: &World, name: &str| {
        read(world, kubeflow("notebooks"), "ml-churn", name)["status"]["readyReplicas"].clone()
    };
    assert_eq!(
        (
            notebook(&world, "ada-notebook"),
            notebook(&world, "grace-notebook")
        ),
        (json!(1), json!(0))
    );
    let name = Name::new("ml-churn", "ada-notebook");
    let stopped = "kubeflow-resource-stopped";
    world.change(kubeflow("notebooks"), &name, "kubectl", |n| {
        n["metadata"]["annotations"][stopped] = "x".into();
    });
    world.pass(60_000);
    assert_eq!(notebook(&world, "ada-notebook"), 0);
    assert!(
        world
            .pods_with("ml-churn", ("notebook-name", "ada-notebook"))
            .is_empty()
    );
}
