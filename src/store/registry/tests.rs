//! What services serve against what aliases say.

mod many;

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    ClusterId, Labels, ModelState, RevisionRow, ServiceRow, ServingMode, Share, SourceId,
    VersionMark,
};
use crate::store::{Batch, Change, RowsBatch, World};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn cluster() -> ClusterId {
    ClusterId::new("c")
}

/// `fraud`, with versions 1 to `newest` registered at second 1000, 2000 …
fn model(newest: u64, aliases: &[(&str, u64)]) -> ModelRow {
    let version = |number: u64| VersionMark {
        number,
        source: Clean::from(format!("s3://b/fraud/{number}")),
        run: Clean::default(),
        created: Some(at(i64::try_from(number).unwrap() * 1000)),
        failed: Box::default(),
    };
    let alias = |(name, version): &(&str, u64)| Alias {
        name: Clean::new(name),
        version: *version,
        moved: None,
    };
    ModelRow {
        key: Key::new(cluster(), "", "fraud"),
        tags: Box::default(),
        aliases: aliases.iter().map(alias).collect(),
        newest: Some(newest),
        versions: Some((1..=newest).rev().map(version).collect()),
        description: Clean::default(),
        prompt: false,
        created: None,
        updated: None,
    }
}

fn service(name: &str, uri: &str) -> ServiceRow {
    ServiceRow {
        key: Key::new(cluster(), "ml", name),
        place: Key::new(cluster(), "ml", name),
        uid: Clean::default(),
        labels: Labels::default(),
        mode: ServingMode::Knative,
        ready: Some(true),
        trouble: Clean::default(),
        model: ModelState::default(),
        uri: Clean::new(uri),
        format: Clean::default(),
        runtime: Clean::default(),
        canary: None,
        traffic: Box::default(),
        created_revision: Clean::default(),
        ready_revision: Clean::default(),
        rolled_out: Clean::default(),
        previous: Clean::default(),
        canaries: Box::default(),
        beside: Box::default(),
        min_replicas: None,
        max_replicas: None,
        ready_replicas: None,
        stopped: false,
        frozen: false,
        behind: false,
        url: Clean::default(),
        created: None,
    }
}

fn revision(name: &str, uri: &str, created: i64) -> RevisionRow {
    RevisionRow {
        key: Key::new(cluster(), "ml", name),
        uid: Clean::default(),
        labels: Labels::default(),
        service: Clean::default(),
        ready: Some(true),
        active: None,
        trouble: Clean::default(),
        replicas: None,
        desired: None,
        uri: Clean::new(uri),
        created: Some(at(created)),
    }
}

fn share(revision: &str, percent: u32) -> Share {
    Share {
        revision: Clean::new(revision),
        percent,
        tag: Clean::default(),
    }
}

fn put<R: Row>(world: &mut World, feed: &'static str, rows: Vec<R>) {
    let source = SourceId {
        cluster: cluster(),
        feed,
        scope: String::new(),
    };
    let rows = rows.into_iter().map(|row| Change::Put(Arc::new(row)));
    let changes = [Change::Restart]
        .into_iter()
        .chain(rows)
        .chain([Change::Swap])
        .collect();
    Box::new(Batch { source, changes }).apply(world);
}

/// The truth of `fraud`.
fn truth_of(
    model: ModelRow,
    services: Vec<ServiceRow>,
    revisions: Vec<RevisionRow>,
) -> Arc<TruthRow> {
    let mut world = World::default();
    put(&mut world, "services", services);
    put(&mut world, "models", vec![model]);
    put(&mut world, "revisions", revisions);
    truth_in(&world)
}

fn truth_in(world: &World) -> Arc<TruthRow> {
    let table = world.table::<TruthRow>().unwrap();
    table
        .get(&Key::new(cluster(), "", "fraud"))
        .unwrap()
        .clone()
}

#[test]
fn a_service_that_serves_the_champion_is_in_step() {
    let fraud = model(3, &[("champion", 2)]);
    let truth = truth_of(fraud, vec![service("scorer", "s3://b/fraud/2")], vec![]);
    assert_eq!(truth.standing, Standing::InStep);
    assert_eq!(&*truth.lead().unwrap().by, [0]);
    assert_eq!(
        (&*truth.served[0].versions, truth.served[0].by),
        (&[2][..], Claim::Address)
    );
}

#[test]
fn a_service_of_another_version_drifts_and_the_time_is_a_bound_not_a_guess() {
    let fraud = model(3, &[("champion", 3)]);
    let truth = truth_of(fraud, vec![service("scorer", "s3://b/fraud/2")], vec![]);
    assert_eq!(truth.standing, Standing::Drifts);
    assert_eq!(
        (truth.since.exact, truth.since.not_before),
        (None, Some(at(3000)))
    );
    assert_eq!(truth.astray().count(), 1);
}

#[test]
fn a_move_that_was_seen_is_told_exactly() {
    let mut fraud = model(3, &[("champion", 3)]);
    fraud.aliases[0].moved = Some(at(9000));
    let truth = truth_of(fraud, vec![service("scorer", "s3://b/fraud/2")], vec![]);
    assert_eq!(
        (truth.since.exact, truth.since.not_before),
        (Some(at(9000)), None)
    );
}

#[test]
fn a_canary_of_the_challenger_beside_the_champion_is_no_drift() {
    let fraud = model(4, &[("champion", 2), ("challenger", 3)]);
    let mut scorer = service("scorer", "s3://b/fraud/3");
    scorer.traffic = [share("r2", 10), share("r1", 90)].into();
    scorer.ready_revision = Clean::new("r2");
    let stable = revision("r1", "s3://b/fraud/2", 5000);
    let truth = truth_of(fraud, vec![scorer], vec![stable]);
    assert_eq!(truth.standing, Standing::InStep);
    let told: Vec<_> = truth
        .served
        .iter()
        .map(|s| (s.versions[0], s.percent))
        .collect();
    assert_eq!(told, [(2, Some(90)), (3, Some(10))]);
}

#[test]
fn the_stable_revision_that_is_not_read_is_not_taken_for_the_canary() {
    let fraud = model(3, &[("champion", 2)]);
    let mut scorer = service("scorer", "s3://b/fraud/3");
    scorer.traffic = [share("r2", 10), share("r1", 90)].into();
    scorer.ready_revision = Clean::new("r2");
    let truth = truth_of(fraud, vec![scorer], vec![]);
    assert_eq!(truth.served.len(), 1);
    assert_eq!(&*truth.served[0].versions, [3]);
}

#[test]
fn a_second_service_left_behind_drifts_though_the_first_is_in_step() {
    let fraud = model(3, &[("champion", 3)]);
    let services = vec![
        service("eu", "s3://b/fraud/3"),
        service("us", "s3://b/fraud/1"),
    ];
    let truth = truth_of(fraud, services, vec![]);
    assert_eq!(truth.standing, Standing::Drifts);
    let astray: Vec<_> = truth.astray().map(|s| s.service.name.to_string()).collect();
    assert_eq!(astray, ["us"]);
}

#[test]
fn an_archived_version_in_service_is_told() {
    let fraud = model(3, &[("archived", 1)]);
    let truth = truth_of(fraud, vec![service("scorer", "s3://b/fraud/1")], vec![]);
    assert_eq!(truth.standing, Standing::Retired);
}

#[test]
fn a_service_that_follows_the_alias_is_unsure_until_the_alias_is_seen_to_move() {
    let uri = "models:/fraud@champion";
    let mut scorer = service("scorer", uri);
    scorer.traffic = [share("r1", 100)].into();
    let old = revision("r1", uri, 5000);
    let mut fraud = model(3, &[("champion", 3)]);
    let truth = truth_of(fraud.clone(), vec![scorer.clone()], vec![old.clone()]);
    assert_eq!(truth.standing, Standing::Unsure);
    fraud.aliases[0].moved = Some(at(6000));
    let truth = truth_of(fraud, vec![scorer], vec![old]);
    assert_eq!(
        (truth.standing, truth.since.exact),
        (Standing::Drifts, Some(at(6000)))
    );
}

#[test]
fn labels_tell_more_than_addresses_and_a_stopped_service_serves_nothing() {
    let mut scorer = service("scorer", "pvc://models/whatever");
    scorer.labels = Labels::of([
        ("mlflow.org/model-name", "fraud"),
        ("mlflow.org/model-version", "2"),
    ]);
    let fraud = || model(3, &[("champion", 2)]);
    let truth = truth_of(fraud(), vec![scorer.clone()], vec![]);
    assert_eq!(
        (truth.standing, truth.served[0].by),
        (Standing::InStep, Claim::Label)
    );
    scorer.stopped = true;
    let truth = truth_of(fraud(), vec![scorer], vec![]);
    assert_eq!(truth.standing, Standing::NotServed);
}

#[test]
fn the_truth_follows_each_table_and_goes_with_its_model() {
    let mut world = World::default();
    put(&mut world, "models", vec![model(3, &[("champion", 3)])]);
    assert_eq!(truth_in(&world).standing, Standing::NotServed);
    put(
        &mut world,
        "services",
        vec![service("scorer", "s3://b/fraud/2")],
    );
    assert_eq!(truth_in(&world).standing, Standing::Drifts);
    put(
        &mut world,
        "services",
        vec![service("scorer", "s3://b/fraud/3")],
    );
    assert_eq!(truth_in(&world).standing, Standing::InStep);
    let version = world.table::<TruthRow>().unwrap().version();
    put(
        &mut world,
        "services",
        vec![
            service("scorer", "s3://b/fraud/3"),
            service("other", "s3://x/y/1"),
        ],
    );
    assert_eq!(
        world.table::<TruthRow>().unwrap().version(),
        version,
        "no change to what is known"
    );
    put::<ModelRow>(&mut world, "models", vec![]);
    assert!(world.table::<TruthRow>().unwrap().is_empty());
}

#[test]
fn files_registered_for_two_models_tell_neither() {
    let mut other = model(3, &[]);
    other.key = Key::new(cluster(), "", "copy");
    let mut world = World::default();
    put(
        &mut world,
        "models",
        vec![model(3, &[("champion", 3)]), other],
    );
    put(
        &mut world,
        "services",
        vec![service("scorer", "s3://b/fraud/3")],
    );
    assert_eq!(truth_in(&world).standing, Standing::NotServed);
}

#[test]
fn a_newer_version_that_failed_a_gate_is_held_back_and_the_next_that_did_not_is_named() {
    let truth = |failed: &[u64], aliases: &[(&str, u64)]| {
        let mut model = model(5, aliases);
        let mark = |v: &VersionMark| VersionMark {
            failed: failed
                .iter()
                .filter(|n| **n == v.number)
                .map(|_| Clean::new("bias"))
                .collect(),
            ..v.clone()
        };
        model.versions = model.versions.map(|all| all.iter().map(mark).collect());
        let mut world = World::default();
        put(&mut world, "models", vec![model]);
        let row = truth_in(&world);
        let held = row
            .held_back()
            .map(|(alias, gates)| (alias.alias.version, gates.to_vec()));
        (held, row.next())
    };
    let on = [("champion", 3), ("challenger", 4), ("archived", 5)];
    assert_eq!(
        truth(&[4], &on),
        (Some((4, vec![Clean::new("bias")])), Some(5))
    );
    assert_eq!(truth(&[], &on), (None, Some(5)));
    // what serves, what is older and what is retired wait for nothing
    assert_eq!(
        truth(&[1, 3, 5], &[("champion", 3), ("old", 1), ("archived", 5)]),
        (None, Some(4))
    );
    assert_eq!(truth(&[4, 5], &on).1, None);
}
