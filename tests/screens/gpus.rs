//! What the screens show of accelerators: who holds which slice, whether it works, what waits, and what is not known.

use midwatch::app::Model;
use midwatch::domain::{
    Busy, BusyBy, Clean, GpuBy, GpuCount, GpuRow, HeldBy, Key, Labels, LastXid, NodeRow, OwnedBy,
    PodRow, Program, Slice, SmiGpu, SmiRow, SourceState,
};
use midwatch::ui::Look;

use super::platform::{ago, cluster, now, put, set_state};
use super::{mono, picture, platform, press};

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

#[test]
fn a_slice_that_is_not_measured_is_a_dash_and_never_nothing() {
    let mut model = live();
    let shown = shown(&mut model);
    let line = line(&shown, "notebook-07 (notebook)");
    assert!(
        line.trim_end().ends_with("-  -") || !line.contains(" 0 %"),
        "{line}"
    );
    assert!(!line.contains('%'), "{line}");
}

#[test]
fn without_prometheus_a_pod_holds_one_of_seven_and_that_is_said() {
    let mut model = told(Vec::new(), SourceState::Absent);
    let shown = shown(&mut model);
    assert!(
        shown.contains("no Prometheus and no DCGM exporter found"),
        "{shown}"
    );
    assert!(line(&shown, "held  no exporter").contains("of"), "{shown}");
    assert!(
        line(&shown, "train-nightly (run)").contains("not known which"),
        "{shown}"
    );
    assert!(!shown.contains(" 0 %"), "{shown}");
}

#[test]
fn with_prometheus_and_without_dcgm_that_is_said() {
    let mut model = told(Vec::new(), SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        shown.contains("neither Prometheus nor an exporter has DCGM figures"),
        "{shown}"
    );
}

#[test]
fn what_exporters_tell_themselves_has_no_past_and_that_is_said() {
    let mut asked = gpus();
    for row in &mut asked {
        row.by = GpuBy::Exporter;
    }
    let mut model = told(asked, SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        shown.contains("asked of the exporters themselves: the last hour"),
        "{shown}"
    );
    assert!(
        shown.contains("DCGM exporter, asked itself"),
        "where a figure comes from:\n{shown}"
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
fn figures_that_have_stopped_are_told_with_their_age() {
    let mut old = gpus();
    for row in &mut old {
        row.xid = None;
        row.measured = Some(ago(900));
    }
    let mut model = told(old, SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        line(&shown, "GPU 1").contains("figures 15 m old"),
        "{shown}"
    );
    let _ = now();
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
