//! Ladders: what keeps a run, a pod or a service from getting on, the first red rung on top.

use midwatch::app::Model;
use midwatch::app::ladder::{LadderScreen, Tone};
use midwatch::domain::{Clean, ContainerRow, ContainerState, Key, Labels, Phase, PodRow, RunRow};
use midwatch::ui::Look;

use super::platform::{ago, node, oom_pod, put, run};
use super::serving::world;
use super::{mono, picture, platform, press};

/// The first red rung of the ladder that is shown: its question and its answer.
fn red(model: &Model) -> (String, String) {
    let ladder = model.screen().unwrap().as_any();
    let ladder: &LadderScreen = ladder.downcast_ref().unwrap();
    let (_, rung) = ladder.ladder.as_ref().unwrap().first_red().unwrap();
    (rung.asks.to_owned(), rung.says.clone())
}

/// How each rung of it stands.
fn tones(model: &Model) -> Vec<Tone> {
    let ladder = model.screen().unwrap().as_any();
    let ladder: &LadderScreen = ladder.downcast_ref().unwrap();
    let rungs = &ladder.ladder.as_ref().unwrap().rungs;
    rungs.iter().map(|rung| rung.tone).collect()
}

fn pod(name: &str, of: &str) -> PodRow {
    PodRow {
        key: Key::new(platform::cluster(), "recsys", name),
        phase: Clean::new("Pending"),
        node: Clean::default(),
        run: Clean::new(of),
        containers: Box::default(),
        created: Some(ago(3_600)),
        ..oom_pod()
    }
}

fn waits(name: &str, why: &str) -> PodRow {
    PodRow {
        unscheduled: Clean::new(why),
        gpus: Clean::default(),
        ..pod(name, "")
    }
}

fn container(reason: &str) -> ContainerRow {
    ContainerRow {
        name: Clean::new("main"),
        init: false,
        state: ContainerState::Waiting,
        reason: Clean::new(reason),
        message: Clean::new("Back-off pulling image \"registry/train:v9\""),
        exit_code: None,
        restarts: 0,
        last_reason: Clean::default(),
        ended: None,
        memory_limit: Clean::default(),
        image: Clean::new("registry/train:v9"),
    }
}

#[test]
fn a_pod_that_no_node_takes_says_which_of_the_reasons_it_is() {
    let answers = [
        (
            "0/4 nodes are available: 4 Insufficient cpu.",
            "Is enough of it free?",
        ),
        (
            "0/4 nodes are available: 4 node(s) had untolerated taint {gpu: a}.",
            "Do taints, selectors and affinity let it there?",
        ),
        (
            "pod has unbound immediate PersistentVolumeClaims",
            "Are its volumes there?",
        ),
    ];
    for (why, asks) in answers {
        let mut model = platform::live();
        put::<RunRow>(&mut model, "workflows", vec![]);
        put(&mut model, "pods", vec![waits("infer-1", why)]);
        press(&mut model, "1 w");
        assert_eq!(red(&model).0, asks);
    }
    // on a node, its image does not arrive
    let mut model = platform::live();
    let pulling = PodRow {
        node: Clean::new("gpu-17"),
        containers: Box::new([container("ImagePullBackOff")]),
        ..pod("infer-1", "")
    };
    put::<RunRow>(&mut model, "workflows", vec![]);
    put(&mut model, "pods", vec![pulling]);
    press(&mut model, "1 w");
    let (asks, says) = red(&model);
    assert_eq!(asks, "Do its images arrive?");
    assert!(says.contains("registry/train:v9"), "{says}");
}

#[test]
fn the_ladder_of_many_pods_is_that_of_one_of_them_and_leads_on() {
    let mut model = platform::live();
    world::fill(&mut model);
    let why = "0/4 nodes are available: 4 Insufficient cpu.";
    put(
        &mut model,
        "pods",
        vec![waits("infer-1", why), waits("infer-2", why)],
    );
    put(&mut model, "nodes", vec![node("gpu-17")]);
    put::<RunRow>(&mut model, "workflows", vec![]);
    put::<midwatch::domain::ServiceRow>(&mut model, "services", vec![]);
    press(&mut model, "1");
    let home = picture(&mut model, (120, 36), Look::default());
    assert!(home.contains("rung"), "the finding tells it: {home}");
    press(&mut model, "w");
    insta::assert_snapshot!(
        "ladder_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!("ladder_mono_80x24", picture(&mut model, (80, 24), mono()));
    press(&mut model, "Esc");
    assert_eq!(model.screen().unwrap().id(), "home");
}

#[test]
fn a_run_that_does_not_get_on_leads_to_the_pod_that_waits() {
    let mut model = platform::live();
    let stuck = run("ingest-9x", "recsys", Phase::Running, "");
    put(&mut model, "workflows", vec![stuck]);
    let why = "0/4 nodes are available: 4 Insufficient memory.";
    let pod = PodRow {
        unscheduled: Clean::new(why),
        labels: Labels::default(),
        ..pod("ingest-9x-load", "ingest-9x")
    };
    put(&mut model, "pods", vec![pod]);
    press(&mut model, "2 w");
    let (asks, says) = red(&model);
    assert_eq!((&*asks, &*says), ("Do its pods have nodes?", "no: 1 of 1"));
    // what was not read is not called well
    assert!(tones(&model).contains(&Tone::Unknown));
    // down to "go on", and on to the pod
    press(&mut model, "Down Down Down Down Down Enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("pod ingest-9x-load"), "{shown}");
}

#[test]
fn a_predictor_that_is_killed_for_memory_says_so() {
    let mut model = platform::live();
    world::fill(&mut model);
    let killed = ContainerRow {
        last_reason: Clean::new("OOMKilled"),
        memory_limit: Clean::new("4Gi"),
        restarts: 7,
        ..container("CrashLoopBackOff")
    };
    let predictor = PodRow {
        key: Key::new(platform::cluster(), "ml-fraud", "fraud-scorer-predictor-0"),
        phase: Clean::new("Running"),
        node: Clean::new("gpu-17"),
        labels: Labels::of([("serving.kserve.io/inferenceservice", "fraud-scorer")]),
        containers: Box::new([killed]),
        ..pod("x", "")
    };
    put(&mut model, "pods", vec![predictor]);
    press(&mut model, "5 w");
    let (asks, says) = red(&model);
    assert_eq!(asks, "Is its memory enough?");
    assert_eq!(says, "no: main was killed for memory (limit 4Gi)");
}
