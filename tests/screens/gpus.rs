//! What the screens show of accelerators: who holds which slice, whether it works, what waits, and what is not known.

use midwatch::app::Model;
use midwatch::domain::{
    Busy, BusyBy, Clean, GpuBy, GpuCount, GpuRow, HeldBy, Key, Labels, LastXid, NodeRow, PodRow,
    Program, Slice, SmiGpu, SmiRow, SourceState,
};
use midwatch::ui::Look;

use super::platform::{ago, cluster, put, set_state};
use super::{mono, picture, platform, press};

#[path = "gpus/figures.rs"]
mod figures;
#[path = "gpus/fleet.rs"]
mod fleet;

const SEVENTH: &str = "nvidia.com/mig-1g.10gb";

fn node(name: &str, gpus: &[(&str, u32, u32)]) -> NodeRow {
    let count = |(resource, capacity, allocatable): &(&str, u32, u32)| GpuCount {
        resource: Clean::new(resource),
        capacity: *capacity,
        allocatable: *allocatable,
    };
    NodeRow {
        key: Key::new(cluster(), "", name),
        uid: Clean::new("n"),
        ready: Some(true),
        trouble: Clean::default(),
        unschedulable: false,
        taints: Clean::default(),
        product: Clean::new("NVIDIA-A100-SXM4-80GB"),
        gpus: gpus.iter().map(count).collect(),
        zone: Clean::default(),
        version: Clean::default(),
        labels: Labels::of([
            ("nvidia.com/gpu.memory", "81920"),
            ("nvidia.com/mig.capable", "true"),
            ("nvidia.com/mig.config", "custom-mixed"),
            ("nvidia.com/mig.config.state", "success"),
            ("nvidia.com/mig.strategy", "mixed"),
        ]),
        created: Some(ago(864_000)),
    }
}

fn pod(name: &str, node: &str, gpus: &str, labels: &[(&str, &str)]) -> PodRow {
    PodRow {
        key: Key::new(cluster(), "ml-nlp", name),
        uid: Clean::new("p"),
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
        created: Some(ago(33_000)),
        deleting: None,
    }
}

fn part(instance: Option<u32>, profile: &str, pod: &str, busy: Option<f64>) -> Slice {
    let held = HeldBy {
        namespace: Clean::new("ml-nlp"),
        pod: Clean::new(pod),
        container: Clean::new("main"),
    };
    let by = if instance.is_some() {
        BusyBy::Engine
    } else {
        BusyBy::Kernels
    };
    let busy = busy.map(|ratio| Busy { ratio, by });
    Slice {
        instance,
        profile: Clean::new(profile),
        held: if pod.is_empty() {
            Box::default()
        } else {
            Box::new([held])
        },
        busy,
        hour: busy,
        idle_since: busy.filter(|b| b.ratio < 0.02).map(|_| ago(28_800)),
        memory_used: busy.map(|_| 4_000.0),
        memory_free: busy.map(|_| 5_856.0),
    }
}

fn gpu(node: &str, index: &str, slices: Vec<Slice>) -> GpuRow {
    let key = Key::new(cluster(), "", &format!("{node}/{index}"));
    GpuRow {
        uuid: Clean::new("GPU-1"),
        model: Clean::new("NVIDIA A100-SXM4-80GB"),
        driver: Clean::new("570.124.06"),
        temperature: Some(61.0),
        power: Some(244.0),
        slices: slices.into(),
        measured: Some(ago(12)),
        ..GpuRow::new(key, Clean::new(node), Clean::new(index))
    }
}

fn gpus() -> Vec<GpuRow> {
    let trials = (0..5).map(|n| {
        part(
            Some(7 + n),
            "1g.10gb",
            &format!("sweep-bert-t{n}"),
            Some(0.01),
        )
    });
    let slices = trials
        .chain([part(Some(12), "1g.10gb", "notebook-07-0", None)])
        .chain([part(Some(13), "1g.10gb", "", Some(0.0))]);
    let lost = GpuRow {
        temperature: None,
        power: None,
        xid: Some(LastXid {
            code: 79,
            at: Some(ago(360)),
            before: None,
        }),
        measured: Some(ago(370)),
        ..gpu("gpu-03", "2", vec![part(None, "", "", None)])
    };
    vec![
        gpu("gpu-03", "0", slices.collect()),
        gpu(
            "gpu-03",
            "1",
            vec![part(None, "", "train-nightly-x7k2p", Some(0.93))],
        ),
        lost,
    ]
}

fn pods() -> Vec<PodRow> {
    let trial = |n: usize| {
        let name = format!("sweep-bert-t{n}");
        let labels = [
            ("katib.kubeflow.org/trial", name.as_str()),
            ("katib.kubeflow.org/experiment", "sweep-bert"),
            ("team", "nlp-2"),
        ];
        pod(&name, "gpu-03", "1 nvidia.com/mig-1g.10gb", &labels)
    };
    let mut pods: Vec<PodRow> = (0..5).map(trial).collect();
    pods.push(pod(
        "notebook-07-0",
        "gpu-03",
        "1 nvidia.com/mig-1g.10gb",
        &[("notebook-name", "notebook-07"), ("owner", "ada")],
    ));
    pods.push(pod(
        "train-nightly-x7k2p",
        "gpu-03",
        "1 nvidia.com/gpu",
        &[("workflows.argoproj.io/workflow", "train-nightly")],
    ));
    pods.push(PodRow {
        unscheduled: Clean::new(
            "0/2 nodes are available: 2 Insufficient nvidia.com/mig-1g.10gb. preemption: no.",
        ),
        ..pod("recsys-infer-7", "", "2 nvidia.com/mig-1g.10gb", &[])
    });
    pods
}

fn nodes() -> Vec<NodeRow> {
    vec![
        node("gpu-03", &[("nvidia.com/gpu", 2, 1), (SEVENTH, 7, 7)]),
        node("gpu-04", &[("nvidia.com/gpu", 8, 8)]),
    ]
}

fn told(gpus: Vec<GpuRow>, state: SourceState) -> Model {
    told_of(pods(), gpus, state)
}

fn told_of(pods: Vec<PodRow>, gpus: Vec<GpuRow>, state: SourceState) -> Model {
    let mut model = platform::empty();
    let queues = ["workloads", "cluster-queues", "local-queues"];
    for feed in ["workflows", "nodes", "pods"].into_iter().chain(queues) {
        set_state(&mut model, feed, SourceState::Live);
    }
    put(&mut model, "nodes", nodes());
    put(&mut model, "pods", pods);
    put(&mut model, "gpus", gpus);
    set_state(&mut model, "gpus", state);
    press(&mut model, "6");
    model
}

pub fn live() -> Model {
    told(gpus(), SourceState::Live)
}

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

fn line(shown: &str, word: &str) -> String {
    let found = shown.lines().find(|l| l.contains(word));
    found
        .unwrap_or_else(|| panic!("{word}\n{shown}"))
        .to_owned()
}

#[test]
fn the_tree_leads_from_the_node_to_who_holds_each_slice() {
    let mut model = live();
    insta::assert_snapshot!("gpus_120x36", shown(&mut model));
    insta::assert_snapshot!("gpus_80x24", picture(&mut model, (80, 24), Look::default()));
    insta::assert_snapshot!("gpus_40x10", picture(&mut model, (40, 10), Look::default()));
    insta::assert_snapshot!("gpus_mono_80x24", picture(&mut model, (80, 24), mono()));
}

#[test]
fn idle_holders_stand_first_and_what_is_not_measured_is_not_called_idle() {
    let mut model = live();
    press(&mut model, "Tab");
    let shown = shown(&mut model);
    insta::assert_snapshot!("holders_120x36", shown);
    insta::assert_snapshot!("holders_mono_80x24", picture(&mut model, (80, 24), mono()));
    assert!(line(&shown, "notebook-07").contains("? Unknown"), "{shown}");
}

#[test]
fn a_pod_that_waits_says_why_and_who_has_what_it_wants() {
    let mut model = live();
    press(&mut model, "Tab Tab");
    let shown = shown(&mut model);
    insta::assert_snapshot!("waiting_120x36", shown);
    insta::assert_snapshot!(
        "waiting_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    assert!(
        shown.contains("by trials of sweep-bert (ml-nlp)"),
        "{shown}"
    );
}

/// What nvidia-smi tells of the first two GPUs of a node; the third is lost to it.
fn smi() -> SmiRow {
    let of = |index: &str, wants: &str| SmiGpu {
        row: GpuRow {
            by: GpuBy::Smi,
            ..gpu("gpu-03", index, vec![part(None, "", "", None)])
        },
        programs: Box::new([Program {
            pid: Clean::new("41394"),
            name: Clean::new("python"),
            instance: None,
            memory: Some(4_080),
        }]),
        recovery: Clean::new(wants),
        remap_pending: false,
    };
    SmiRow {
        key: Key::new(cluster(), "", "gpu-03"),
        gpus: Box::new([of("0", ""), of("1", "Reset")]),
        cuda: Clean::new("12.8"),
        pod: Clean::new("gpu-operator/nvidia-driver-daemonset-x7k2p"),
        at: ago(3),
    }
}

#[test]
fn the_driver_of_a_node_is_asked_while_a_person_wants_it() {
    let mut model = live();
    let asked = |model: &mut Model| {
        let wants = model.wants();
        wants.iter().filter(|w| w.feed == "smi").count()
    };
    let _ = shown(&mut model);
    assert_eq!(asked(&mut model), 0);
    press(&mut model, "g j D");
    assert_eq!(asked(&mut model), 1);
    let before = shown(&mut model);
    assert!(before.contains("nvidia-smi is asked"), "{before}");
    put(&mut model, "smi", vec![smi()]);
    let told = shown(&mut model);
    assert!(
        told.contains("nvidia-smi in gpu-operator/nvidia-driver-daemonset-x7k2p"),
        "{told}"
    );
    assert!(told.contains("the driver asks for: Reset"), "{told}");
    insta::assert_snapshot!("gpus_driver_120x36", told);
    // the one that is lost is not in its list
    press(&mut model, "G");
    press(&mut model, "D D");
    assert_eq!(asked(&mut model), 0);
}

#[test]
fn a_filter_leaves_the_lines_that_fit_and_what_they_hang_on() {
    let mut model = live();
    press(&mut model, "/");
    for c in "ada".chars() {
        press(&mut model, &c.to_string());
    }
    press(&mut model, "Enter");
    let shown = shown(&mut model);
    assert!(
        shown.contains("notebook-07") && shown.contains("gpu-03"),
        "{shown}"
    );
    assert!(!shown.contains("train-nightly"), "{shown}");
    press(&mut model, "Esc");
    assert!(self::shown(&mut model).contains("train-nightly"));
}
