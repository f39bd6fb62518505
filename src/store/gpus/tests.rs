//! Slices joined with pods, holders, and what waits.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::domain::{
    BusyBy, ClusterId, GpuCount, HeldBy, Labels, Slice, SourceId, SourceRow, SourceState,
};
use crate::store::{Batch, Change, World};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn key(namespace: &str, name: &str) -> Key {
    Key::new(ClusterId::new("c"), namespace, name)
}

fn source(feed: &'static str) -> SourceId {
    SourceId {
        cluster: ClusterId::new("c"),
        feed,
        scope: String::new(),
    }
}

fn node(name: &str, gpus: &[(&str, u32, u32)]) -> NodeRow {
    let labels = [
        ("nvidia.com/gpu.memory", "81920"),
        ("nvidia.com/mig.capable", "true"),
    ];
    let count = |(resource, capacity, allocatable): &(&str, u32, u32)| GpuCount {
        resource: Clean::new(resource),
        capacity: *capacity,
        allocatable: *allocatable,
    };
    NodeRow {
        key: key("", name),
        uid: Clean::default(),
        ready: Some(true),
        trouble: Clean::default(),
        unschedulable: false,
        taints: Clean::default(),
        product: Clean::new("NVIDIA-A100-SXM4-80GB"),
        gpus: gpus.iter().map(count).collect(),
        zone: Clean::default(),
        version: Clean::default(),
        labels: Labels::of(labels),
        created: None,
    }
}

fn pod(name: &str, node: &str, gpus: &str, labels: &[(&str, &str)]) -> PodRow {
    PodRow {
        key: key("ml", name),
        uid: Clean::default(),
        phase: Clean::new(if node.is_empty() {
            "Pending"
        } else {
            "Running"
        }),
        reason: Clean::default(),
        message: Clean::default(),
        node: Clean::new(node),
        unscheduled: Clean::default(),
        run: Clean::default(),
        step: Clean::default(),
        containers: Box::default(),
        gpus: Clean::new(gpus),
        labels: Labels::of(labels.iter().copied()),
        owner: None,
        created: Some(at(-7_200)),
        deleting: None,
    }
}

fn slice(id: u32, profile: &str, pod: &str, busy: f64) -> Slice {
    let held = HeldBy {
        namespace: Clean::new("ml"),
        pod: Clean::new(pod),
        container: Clean::default(),
    };
    let busy = Some(Busy {
        ratio: busy,
        by: BusyBy::Engine,
    });
    Slice {
        instance: Some(id),
        profile: Clean::new(profile),
        held: if pod.is_empty() {
            Box::default()
        } else {
            Box::new([held])
        },
        busy,
        hour: busy,
        idle_since: Some(at(-36_000)),
        ..Slice::default()
    }
}

fn gpu(node: &str, index: &str, slices: Vec<Slice>) -> GpuRow {
    GpuRow {
        slices: slices.into(),
        model: Clean::new("NVIDIA A100-SXM4-80GB"),
        ..GpuRow::new(
            key("", &format!("{node}/{index}")),
            Clean::new(node),
            Clean::new(index),
        )
    }
}

fn world(nodes: Vec<NodeRow>, pods: Vec<PodRow>, gpus: Vec<GpuRow>) -> World {
    fn put<R: Row>(world: &mut World, feed: &'static str, rows: Vec<R>) {
        let source = source(feed);
        let changes = rows.into_iter().map(|r| Change::Put(Arc::new(r))).collect();
        let batch: Box<dyn crate::store::RowsBatch> = Box::new(Batch { source, changes });
        batch.apply(world);
    }
    let mut world = World::default();
    put(&mut world, "nodes", nodes);
    put(&mut world, "pods", pods);
    put(&mut world, "gpus", gpus);
    world.source_changed(SourceRow {
        id: source("gpus"),
        state: SourceState::Live,
        since: at(0),
        seen: None,
        endpoint: String::new(),
        rows: 0,
        fault: None,
        retry: None,
    });
    world
}

const SLICE: &str = "nvidia.com/mig-1g.10gb";

fn waiting(world: &World) -> WaitingRow {
    let table = world.table::<WaitingRow>().unwrap();
    WaitingRow::clone(table.iter().next().unwrap())
}

#[test]
fn a_slice_leads_to_its_pod_and_to_the_trial_that_it_works_for() {
    let trial = [
        ("katib.kubeflow.org/trial", "sweep-x1"),
        ("katib.kubeflow.org/experiment", "sweep"),
    ];
    let world = world(
        vec![node("n", &[(SLICE, 7, 7)])],
        vec![pod("p", "n", "1 nvidia.com/mig-1g.10gb", &trial)],
        vec![gpu(
            "n",
            "0",
            vec![slice(7, "1g.10gb", "p", 0.01), slice(8, "1g.10gb", "", 0.0)],
        )],
    );
    let row = world
        .table::<GpuNodeRow>()
        .unwrap()
        .get(&key("", "n"))
        .unwrap()
        .clone();
    assert_eq!(&*row.gpus[0].holds[0][0].holder.key.name, "sweep-x1");
    assert!(row.gpus[0].holds[1].is_empty() && row.loose.is_empty());
    assert_eq!((row.pools[0].held, row.pools[0].free()), (1, 6));
    let holders: Vec<_> = world
        .table::<HolderRow>()
        .unwrap()
        .iter()
        .cloned()
        .collect();
    let holder = &holders[0];
    assert!((holder.gpus - 1.0 / 7.0).abs() < 1e-9);
    assert!(holder.is_idle());
    // it was idle for ten hours, this pod has it for two
    assert_eq!(holder.idle_since, Some(at(-7_200)));
    assert!((holder.hours(at(0)) - 2.0 / 7.0).abs() < 1e-9);
    assert_eq!(world.table::<SliceRow>().unwrap().len(), 2);
}

#[test]
fn without_an_exporter_a_pod_holds_one_of_seven_and_no_slice_is_claimed_to_be_its() {
    let world = world(
        vec![node("n", &[(SLICE, 7, 7)])],
        vec![pod("p", "n", "1 nvidia.com/mig-1g.10gb", &[])],
        Vec::new(),
    );
    let table = world.table::<GpuNodeRow>().unwrap();
    let row = table.iter().next().unwrap();
    assert!(row.gpus.is_empty());
    assert_eq!((row.loose.len(), row.pools[0].held), (1, 1));
    assert_eq!(row.busy(), (None, 0, 1), "what is not measured is not idle");
    let table = world.table::<HolderRow>().unwrap();
    let holder = table.iter().next().unwrap();
    assert_eq!(
        (holder.busy, holder.wasted(), holder.idle_since),
        (None, None, None)
    );
    assert!(!holder.is_idle());
}

#[test]
fn the_exporter_itself_and_pods_that_have_ended_hold_nothing() {
    let world = world(
        vec![node("n", &[(SLICE, 7, 7)])],
        vec![
            PodRow {
                phase: Clean::new("Succeeded"),
                ..pod("old", "n", "1 nvidia.com/mig-1g.10gb", &[])
            },
            pod("other", "n", "1 nvidia.com/mig-1g.10gb", &[]),
        ],
        vec![gpu(
            "n",
            "0",
            vec![
                slice(7, "1g.10gb", "old", 0.0),
                slice(8, "1g.10gb", "exporter", 0.0),
            ],
        )],
    );
    let table = world.table::<GpuNodeRow>().unwrap();
    let row = table.iter().next().unwrap();
    assert!(row.gpus[0].holds.iter().all(|h| h.is_empty()));
    assert_eq!(row.pools[0].held, 1);
}

#[test]
fn a_pod_that_waits_is_told_who_holds_what_it_wants_and_which_relayout_would_help() {
    let run = [("workflows.argoproj.io/workflow", "sweep-bert")];
    let mut pods: Vec<PodRow> = (0..7)
        .map(|n| pod(&format!("s{n}"), "n", "1 nvidia.com/mig-1g.10gb", &run))
        .collect();
    pods.push(pod("late", "", "1 nvidia.com/mig-1g.10gb", &[]));
    let slices = (0..7)
        .map(|n| slice(7 + n, "1g.10gb", &format!("s{n}"), 0.0))
        .collect();
    let free = vec![slice(1, "3g.40gb", "", 0.0), slice(2, "3g.40gb", "", 0.0)];
    let world = world(
        vec![
            node("n", &[(SLICE, 7, 7)]),
            node("m", &[("nvidia.com/mig-3g.40gb", 2, 2)]),
        ],
        pods,
        vec![gpu("n", "0", slices), gpu("m", "0", free)],
    );
    let row = waiting(&world);
    assert_eq!(row.lacks, Lacks::Room);
    assert_eq!(
        &*row.why,
        "no mig-1g.10gb is left: 7 of 7 are held, 7 by run sweep-bert (ml)"
    );
    assert_eq!(
        row.relayout.iter().map(Clean::as_str).collect::<Vec<_>>(),
        ["m: GPU 0 has room for 7 × 1g.10gb; nobody holds it"]
    );
    assert_eq!(&*row.idle_nodes, [Clean::new("m")]);
}

#[test]
fn a_slice_that_no_node_has_is_told_with_what_there_is() {
    let world = world(
        vec![node("n", &[("nvidia.com/gpu", 8, 8)])],
        vec![pod("late", "", "1 nvidia.com/mig-9g.90gb", &[])],
        Vec::new(),
    );
    let row = waiting(&world);
    assert_eq!(
        (row.lacks, &*row.why),
        (Lacks::Resource, "no node has mig-9g.90gb")
    );
    assert!(row.evidence.iter().any(|e| &**e == "nodes have 8 gpu"));
    assert!(
        row.relayout.is_empty(),
        "a board without this profile is no place"
    );
}

#[test]
fn what_is_free_on_a_cordoned_node_or_in_pieces_is_said_so() {
    let shut = NodeRow {
        unschedulable: true,
        ..node("n", &[(SLICE, 7, 7)])
    };
    let one = world(
        vec![shut],
        vec![pod("late", "", "1 nvidia.com/mig-1g.10gb", &[])],
        Vec::new(),
    );
    assert_eq!(waiting(&one).lacks, Lacks::Cordon);
    let nodes = vec![
        node("a", &[("nvidia.com/gpu", 2, 2)]),
        node("b", &[("nvidia.com/gpu", 2, 2)]),
    ];
    let two = world(
        nodes,
        vec![pod("late", "", "4 nvidia.com/gpu", &[])],
        Vec::new(),
    );
    let row = waiting(&two);
    assert_eq!(row.lacks, Lacks::Pieces);
    assert_eq!(
        &*row.why,
        "4 gpu are free and no node has 4 of them: most is 2"
    );
}

#[test]
fn a_queue_a_taint_and_a_volume_are_told_as_what_they_are() {
    for (said, labels, lacks, why) in [
        (
            "Scheduling is blocked due to non-empty scheduling gates",
            &[("kueue.x-k8s.io/queue-name", "team-nlp")][..],
            Lacks::Queue,
            "the queue team-nlp has not let it in yet",
        ),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint {team: x}. preemption: no.",
            &[],
            Lacks::Placement,
            "7 mig-1g.10gb are free on n, but 1 nodes: it does not tolerate the taint {team: x}",
        ),
        (
            "persistentvolumeclaim \"data\" not found",
            &[],
            Lacks::Volume,
            "a volume claim of it is missing or not bound",
        ),
    ] {
        let pod = PodRow {
            unscheduled: Clean::new(said),
            ..pod("late", "", "1 nvidia.com/mig-1g.10gb", labels)
        };
        let row = waiting(&world(
            vec![node("n", &[(SLICE, 7, 7)])],
            vec![pod],
            Vec::new(),
        ));
        assert_eq!((row.lacks, &*row.why), (lacks, why));
    }
}

#[test]
fn a_failed_step_is_told_the_error_of_its_gpu_and_no_older_one() {
    let error = |second: i64| GpuRow {
        xid: Some(crate::domain::LastXid {
            code: 79,
            at: Some(at(second)),
            before: None,
        }),
        ..gpu("n", "2", vec![slice(7, "1g.10gb", "p", 0.0)])
    };
    let told = |second: i64, pod: &str| {
        let world = world(
            vec![node("n", &[(SLICE, 7, 7)])],
            Vec::new(),
            vec![error(second)],
        );
        let asked = RanOn {
            pod: &key("ml", pod),
            node: "n",
            started: Some(at(0)),
            finished: Some(at(600)),
        };
        let words = ran_on(&world, &asked).into_iter();
        words
            .map(|w| (w.evidence.fact.to_string(), w.bad))
            .collect::<Vec<_>>()
    };
    let own = told(300, "p");
    assert_eq!(own[0], ("GPU 2 of n, slice 7 (1g.10gb)".to_owned(), false));
    assert!(
        own[1].0.contains("XID 79 while it ran") && own[1].1,
        "{own:?}"
    );
    assert_eq!(
        told(-3_600, "p").len(),
        1,
        "an error from before is not its"
    );
    let gone = told(300, "gone");
    assert!(gone[0].0.contains("no longer told"), "{gone:?}");
}

#[test]
fn nothing_is_joined_before_somebody_asks() {
    let mut world = World::default();
    let changes = vec![Change::Put(Arc::new(node("n", &[(SLICE, 7, 7)])))];
    let batch: Box<dyn crate::store::RowsBatch> = Box::new(Batch {
        source: source("nodes"),
        changes,
    });
    batch.apply(&mut world);
    assert!(world.table::<GpuNodeRow>().is_none());
}
