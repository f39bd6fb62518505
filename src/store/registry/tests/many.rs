//! Many models and services, and whatever they are: in step is never said lightly.

use super::*;

#[test]
fn five_hundred_services_and_ten_thousand_versions_are_joined() {
    let named = |n: u64| {
        let mut model = model(50, &[("champion", 49)]);
        model.key = Key::new(cluster(), "", &format!("m{n}"));
        let mark = |v: &VersionMark| VersionMark {
            source: Clean::from(format!("s3://b/m{n}/{}", v.number)),
            ..v.clone()
        };
        model.versions = model.versions.map(|all| all.iter().map(mark).collect());
        model
    };
    let mut world = World::default();
    put(&mut world, "models", (0..200).map(named).collect());
    let services = |version: u64| {
        let one = |n: u64| service(&format!("s{n}"), &format!("s3://b/m{}/{version}", n % 200));
        (0..500).map(one).collect::<Vec<_>>()
    };
    put(&mut world, "services", services(49));
    put(&mut world, "services", services(50));
    let table = world.table::<TruthRow>().unwrap();
    assert!(
        table
            .iter()
            .all(|t| t.standing == Standing::Drifts && t.served.len() >= 2)
    );
}

proptest! {
    /// Whatever is served and aliased: in step means that the leading version is served and nothing served is without
    /// an alias; nothing served is never in step; and no time is told for what does not drift.
    #[test]
    fn in_step_is_never_said_lightly(
        served in proptest::collection::vec((0..4_u8, 1..5_u64), 0..5),
        champion in proptest::option::of(1..5_u64),
        challenger in proptest::option::of(1..5_u64),
        archived in proptest::option::of(1..5_u64),
    ) {
        let named = [("champion", champion), ("challenger", challenger), ("archived", archived)];
        let aliases: Vec<(&str, u64)> = named.iter().filter_map(|(n, v)| Some((*n, (*v)?))).collect();
        let services = served.iter().map(|(n, v)| service(&format!("s{n}"), &format!("s3://b/fraud/{v}")));
        let truth = truth_of(model(4, &aliases), services.collect(), vec![]);
        let versions: Vec<u64> = truth.served.iter().flat_map(|s| s.versions.iter().copied()).collect();
        if truth.standing == Standing::InStep {
            prop_assert!(champion.is_none_or(|v| versions.contains(&v)));
            let live = [champion, challenger];
            prop_assert!(versions.iter().all(|v| live.contains(&Some(*v))));
            prop_assert!(!versions.is_empty());
        }
        prop_assert_eq!(truth.standing == Standing::NotServed, versions.is_empty());
        if champion.is_some_and(|v| !versions.contains(&v)) && !versions.is_empty() {
            prop_assert_eq!(truth.standing, Standing::Drifts);
        }
        if truth.standing != Standing::Drifts {
            prop_assert_eq!(truth.since, Since::default());
        }
    }
}
