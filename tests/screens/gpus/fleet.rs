//! Many GPUs, and where a slice leads: to what its pod works for.

use midwatch::domain::{Clean, GpuRow, NodeRow, OwnedBy, PodRow, SourceState};

use super::{SEVENTH, gpu, gpus, node, part, pod, shown, told_of};
use crate::platform::{put, set_state};
use crate::{platform, press};

/// 64 nodes of 8 GPUs of 7 slices, 3,000 pods.
fn fleet() -> (Vec<NodeRow>, Vec<PodRow>, Vec<GpuRow>) {
    let (mut nodes, mut pods, mut gpus) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..64 {
        let name = format!("gpu-{n:02}");
        nodes.push(node(&name, &[(SEVENTH, 56, 56)]));
        for g in 0..8 {
            let slices = (0..7_u32).map(|s| {
                let number = pods.len();
                let who = format!("trial-{number}");
                if number < 3_000 {
                    let labels = [
                        ("katib.kubeflow.org/trial", who.as_str()),
                        ("katib.kubeflow.org/experiment", "sweep"),
                    ];
                    pods.push(pod(&who, &name, "1 nvidia.com/mig-1g.10gb", &labels));
                }
                let held = if number < 3_000 { who.as_str() } else { "" };
                part(Some(7 + s), "1g.10gb", held, Some(0.4))
            });
            let slices = slices.collect();
            gpus.push(gpu(&name, &g.to_string(), slices));
        }
    }
    (nodes, pods, gpus)
}

#[test]
#[allow(clippy::print_stdout)]
fn a_fleet_is_laid_out_without_drawing_what_is_closed() {
    let (nodes, pods, gpus) = fleet();
    let mut model = platform::empty();
    for feed in ["workflows", "nodes", "pods"] {
        set_state(&mut model, feed, SourceState::Live);
    }
    let begun = std::time::Instant::now();
    put(&mut model, "nodes", nodes);
    put(&mut model, "pods", pods);
    put(&mut model, "gpus", gpus);
    set_state(&mut model, "gpus", SourceState::Live);
    press(&mut model, "6");
    let shown = shown(&mut model);
    let open = begun.elapsed();
    assert!(shown.contains("3000/3584 mig-1g.10gb"), "{shown}");
    press(&mut model, "+");
    let mut keys = Vec::new();
    for _ in 0..300 {
        let begun = std::time::Instant::now();
        press(&mut model, "j");
        let _ = self::shown(&mut model);
        keys.push(begun.elapsed());
    }
    keys.sort();
    // an unoptimised build; figures are printed with --nocapture
    println!(
        "64 x 8 x 7 slices, 3,000 pods: joined and drawn in {open:?}; a key with all branches open: median {:?}, p99 {:?}",
        keys[150], keys[297]
    );
}

/// What Enter opens on the line of a slice that a pod with this owner holds.
fn opened(owner: Option<(&str, &str)>, labels: &[(&str, &str)]) -> (&'static str, String) {
    let owner = owner.map(|(kind, name)| OwnedBy {
        kind: Clean::new(kind),
        name: Clean::new(name),
    });
    let held = PodRow {
        owner,
        ..pod(
            "notebook-07-0",
            "gpu-03",
            "1 nvidia.com/mig-1g.10gb",
            labels,
        )
    };
    let mut model = told_of(vec![held], gpus(), SourceState::Live);
    press(&mut model, "/ n o t e b o o k - 0 7 Enter");
    let _ = shown(&mut model);
    press(&mut model, "G Enter");
    let shown = shown(&mut model);
    (model.screen().unwrap().id(), shown)
}

#[test]
fn a_slice_opens_what_its_pod_works_for_by_who_controls_it() {
    for (owner, labels, screen, name) in [
        (Some(("JobSet", "sft")), &[][..], "job", "sft"),
        (
            Some(("Job", "sft-w-0")),
            &[("jobset.sigs.k8s.io/jobset-name", "sft")],
            "job",
            "sft",
        ),
        (
            Some(("Workflow", "nightly")),
            &[("job-name", "odd")],
            "run",
            "nightly",
        ),
        (None, &[("katib.kubeflow.org/trial", "t-1")], "trial", "t-1"),
        (
            Some(("StatefulSet", "nb")),
            &[("notebook-name", "nb")],
            "text",
            "notebook nb",
        ),
        (Some(("ReplicaSet", "x")), &[], "text", "pod notebook-07-0"),
    ] {
        let (id, shown) = opened(owner, labels);
        assert_eq!(id, screen, "{owner:?}\n{shown}");
        assert!(shown.contains(name), "{owner:?}\n{shown}");
    }
}

#[test]
fn what_is_held_is_not_known_before_pods_were_read() {
    for state in [SourceState::Connecting, SourceState::Denied] {
        let mut model = told_of(Vec::new(), Vec::new(), SourceState::Live);
        set_state(&mut model, "pods", state);
        let unknown = shown(&mut model);
        assert!(unknown.contains("? of 16 held"), "{unknown}");
        assert!(unknown.contains("?/8 gpu"), "{unknown}");
        set_state(&mut model, "pods", SourceState::Live);
        let known = shown(&mut model);
        assert!(known.contains("0 of 16 held"), "{known}");
    }
}
