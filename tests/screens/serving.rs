//! What the screens show of inference services: what burns, why, and what is not known.

use midwatch::app::Model;
use midwatch::domain::{
    Arm, BurnRow, Burning, CanaryRow, Clean, ContainerRow, ContainerState, Counted, Key, Labels,
    Measure, ModelState, Pair, Plain, PodRow, Quantile, RevisionRow, ServiceRow, ServingMode,
    Share, SourceState, Verdict, WindowBurn,
};
use midwatch::ui::Look;

use super::platform::{ago, cluster, now, put, set_state};
use super::{mono, picture, platform, press};

fn key(namespace: &str, name: &str) -> Key {
    Key::new(cluster(), namespace, name)
}

fn service(namespace: &str, name: &str) -> ServiceRow {
    ServiceRow {
        key: key(namespace, name),
        uid: Clean::new("s"),
        labels: Labels::default(),
        mode: ServingMode::Knative,
        ready: Some(true),
        trouble: Clean::default(),
        model: ModelState::default(),
        uri: Clean::from(format!("s3://ml-models/{name}/7")),
        format: Clean::new("sklearn"),
        runtime: Clean::new("kserve-sklearnserver"),
        canary: None,
        traffic: Box::default(),
        created_revision: Clean::default(),
        ready_revision: Clean::default(),
        rolled_out: Clean::default(),
        previous: Clean::default(),
        canaries: Box::default(),
        min_replicas: Some(1),
        max_replicas: Some(3),
        ready_replicas: None,
        stopped: false,
        frozen: false,
        behind: false,
        url: Clean::from(format!("http://{name}.{namespace}.example.com")),
        created: Some(ago(864_000)),
    }
}

fn revision_name(service: &str, number: u32) -> String {
    format!("{service}-predictor-{number:05}")
}

/// A service in Knative mode: newest ready revision, the one rolled out, its traffic.
fn knative(
    namespace: &str,
    name: &str,
    ready: u32,
    rolled: u32,
    shares: &[(u32, u32)],
) -> ServiceRow {
    let named = |number| Clean::from(revision_name(name, number));
    let share = |(number, percent): &(u32, u32)| Share {
        revision: named(*number),
        percent: *percent,
        tag: Clean::default(),
    };
    ServiceRow {
        traffic: shares.iter().map(share).collect(),
        created_revision: named(ready),
        ready_revision: named(ready),
        rolled_out: named(rolled),
        ..service(namespace, name)
    }
}

fn revision(
    namespace: &str,
    service: &str,
    number: u32,
    replicas: (u32, u32),
    age: i64,
) -> RevisionRow {
    RevisionRow {
        key: key(namespace, &revision_name(service, number)),
        uid: Clean::new("r"),
        labels: Labels::default(),
        service: Clean::new(service),
        ready: Some(true),
        active: Some(replicas.1 > 0),
        trouble: Clean::default(),
        replicas: Some(replicas.0),
        desired: Some(replicas.1),
        uri: Clean::from(format!("s3://ml-models/{service}/{number}")),
        created: Some(ago(age)),
    }
}

fn window(seconds: u32, bad: f64, valid: f64) -> WindowBurn {
    WindowBurn {
        seconds,
        measure: Measure::Exact(Counted { bad, valid }),
    }
}

fn burn(of: &Key, objective: &str, title: &str, state: Burning) -> BurnRow {
    BurnRow {
        key: Key::new(
            of.cluster.clone(),
            &of.namespace,
            &format!("{}/{objective}", of.name),
        ),
        service: of.clone(),
        objective: Clean::new(objective),
        title: Clean::new(title),
        target: 0.999,
        period: 2_592_000,
        state,
        by: Clean::new("Knative, revision_app_request_count"),
        plain: None,
        windows: Box::default(),
        worst: None,
        left: None,
        gone_in: None,
        covers: None,
        volume: None,
        trend: Box::default(),
        doubts: Box::default(),
        measured: ago(20),
    }
}

fn pair(long_burn: f64, short_burn: f64) -> Pair {
    Pair {
        long: 3_600,
        short: 300,
        long_burn,
        short_burn,
        factor: 14.4,
        pages: true,
    }
}

/// An objective that burns so fast that it pages.
fn burning(of: &Key) -> BurnRow {
    BurnRow {
        windows: Box::new([
            window(300, 18.0, 474.0),
            window(3_600, 214.0, 6_903.0),
            window(21_600, 230.0, 44_000.0),
        ]),
        worst: Some(pair(31.0, 38.0)),
        left: Some(0.12),
        gone_in: Some(11_400),
        covers: Some(1_209_600),
        volume: Some(87.0),
        trend: [0.1, 0.2, 4.0, 18.0, 26.0, 26.0, 36.0, 38.0]
            .map(Some)
            .into_iter()
            .collect(),
        ..burn(of, "errors", "errors < 0.1 %", Burning::Page)
    }
}

fn inside(of: &Key, objective: &str, title: &str) -> BurnRow {
    BurnRow {
        windows: Box::new([window(300, 0.0, 1_200.0), window(3_600, 3.0, 14_400.0)]),
        worst: Some(pair(0.2, 0.0)),
        left: Some(0.94),
        volume: Some(4.0),
        trend: [0.1, 0.3, 0.2, 0.2, 0.1, 0.0, 0.2, 0.1]
            .map(Some)
            .into_iter()
            .collect(),
        ..burn(of, objective, title, Burning::Inside)
    }
}

fn cold_starts(of: &Key, value: f64) -> BurnRow {
    BurnRow {
        plain: Some(Plain {
            limit: 10.0,
            value: Some(value),
            unit: Clean::new("cold starts / h"),
        }),
        ..burn(of, "cold-starts", "cold starts < 10 / h", Burning::Inside)
    }
}

fn quantiles(seconds: [f64; 3]) -> Box<[Quantile]> {
    let bounds = [(0.025, 0.05), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0)];
    let of = |(q, seconds): (f64, f64)| {
        let inside = bounds.iter().find(|(_, below)| seconds <= *below);
        let (above, below) = inside.copied().unwrap_or((1.0, f64::INFINITY));
        Quantile {
            q,
            seconds,
            above,
            below,
        }
    };
    [0.5, 0.95, 0.99].into_iter().zip(seconds).map(of).collect()
}

fn compared() -> CanaryRow {
    let arm = |number, bad, valid, slow, times| Arm {
        revision: Clean::from(revision_name("fraud-scorer", number)),
        errors: Some(Counted { bad, valid }),
        slow: Some(Counted { bad: slow, valid }),
        quantiles: quantiles(times),
        cold_starts: Some(0.0),
        volume: Some(valid / 1_800.0),
        trend: [0.001, 0.002, 0.01, 0.04, 0.041]
            .map(Some)
            .into_iter()
            .collect(),
    };
    CanaryRow {
        key: key("ml-fraud", "fraud-scorer"),
        canary: arm(42, 214.0, 5_210.0, 900.0, [0.048, 0.412, 1.4]),
        stable: arm(41, 38.0, 46_900.0, 400.0, [0.031, 0.118, 0.24]),
        window: 1_800,
        verdict: Verdict::Worse,
        reasons: Box::new([
            Clean::new("errors 4.1 % against 0.08 %, z = 46.1, p < 0.001"),
            Clean::new("slower than 200 ms: 17 % against 0.85 %, z = 71.0, p < 0.001"),
        ]),
        measured: ago(20),
    }
}

fn pod(name: &str, revision: &str, phase: &str) -> PodRow {
    let running = phase == "Running";
    PodRow {
        key: key("ml-fraud", name),
        uid: Clean::new("p"),
        labels: Labels::of([
            ("serving.kserve.io/inferenceservice", "fraud-scorer"),
            ("serving.knative.dev/revision", revision),
        ]),
        phase: Clean::new(phase),
        reason: Clean::default(),
        message: Clean::default(),
        node: Clean::new("cpu-3"),
        unscheduled: Clean::default(),
        run: Clean::default(),
        step: Clean::default(),
        containers: Box::new([ContainerRow {
            name: Clean::new("kserve-container"),
            init: false,
            state: if running {
                ContainerState::Running
            } else {
                ContainerState::Waiting
            },
            reason: Clean::new(if running { "" } else { "CrashLoopBackOff" }),
            message: Clean::default(),
            exit_code: None,
            restarts: if running { 0 } else { 4 },
            last_reason: Clean::default(),
            memory_limit: Clean::new("4Gi"),
            image: Clean::new("kserve/sklearnserver:v0.20.0"),
        }]),
        gpus: Clean::default(),
        created: Some(ago(480)),
        deleting: None,
    }
}

fn services() -> Vec<ServiceRow> {
    let fraud = ServiceRow {
        canary: Some(10),
        ..knative("ml-fraud", "fraud-scorer", 42, 41, &[(42, 10), (41, 90)])
    };
    let ranker = knative("recsys", "ranker", 3, 3, &[(3, 100)]);
    let churn = ServiceRow {
        mode: ServingMode::Standard,
        ..service("ml-churn", "churn")
    };
    let toxicity = ServiceRow {
        created_revision: Clean::from(revision_name("toxicity", 9)),
        model: ModelState {
            transition: Clean::new("BlockedByFailedLoad"),
            active: Clean::new("Loaded"),
            target: Clean::new("FailedToLoad"),
            failure: Clean::new(
                "ModelLoadFailed: KeyError: 'vocab' (exit 1, in toxicity-predictor-00009)",
            ),
            failed_at: Some(ago(600)),
        },
        ..knative("ml-nlp", "toxicity", 8, 8, &[(8, 100)])
    };
    let intent = ServiceRow {
        mode: ServingMode::Standard,
        ready: Some(false),
        trouble: Clean::new(
            "PredictorReady: MinimumReplicasUnavailable: Deployment does not have minimum availability.",
        ),
        ..service("ml-nlp", "intent")
    };
    let propensity = ServiceRow {
        canary: Some(0),
        frozen: true,
        ..knative("ml-churn", "propensity", 5, 4, &[(5, 0), (4, 100)])
    };
    let search = ServiceRow {
        canary: Some(50),
        ..knative("recsys", "search", 12, 11, &[(12, 20), (11, 80)])
    };
    let stopped = ServiceRow {
        ready: Some(false),
        stopped: true,
        ..service("ml-nlp", "summariser")
    };
    vec![
        stopped, ranker, search, churn, intent, propensity, toxicity, fraud,
    ]
}

/// What a platform with a burning canary tells.
fn fill(model: &mut Model) {
    for feed in [
        "services",
        "llm-services",
        "revisions",
        "burn",
        "models",
        "canary",
        "pods",
    ] {
        set_state(model, feed, SourceState::Live);
    }
    put(model, "services", services());
    let chat = ServiceRow {
        mode: ServingMode::Llm,
        uri: Clean::new("hf://org/churn-7b"),
        format: Clean::default(),
        runtime: Clean::default(),
        ready_replicas: Some(2),
        min_replicas: Some(2),
        max_replicas: Some(2),
        traffic: Box::new(
            [("churn-llm", 75), ("churn-llm-b", 25)].map(|(name, percent)| Share {
                revision: Clean::new(name),
                percent,
                tag: Clean::default(),
            }),
        ),
        ..service("ml-nlp", "churn-llm")
    };
    put(model, "llm-services", vec![chat]);
    put(
        model,
        "revisions",
        vec![
            revision("ml-fraud", "fraud-scorer", 42, (1, 1), 480),
            revision("ml-fraud", "fraud-scorer", 41, (3, 4), 260_000),
            revision("ml-fraud", "fraud-scorer", 40, (0, 0), 990_000),
            revision("recsys", "ranker", 3, (2, 2), 400_000),
            revision("recsys", "search", 12, (1, 1), 7_300),
            revision("recsys", "search", 11, (4, 4), 90_000),
            revision("ml-churn", "propensity", 5, (0, 0), 7_900),
            revision("ml-churn", "propensity", 4, (2, 2), 91_000),
            revision("ml-nlp", "toxicity", 8, (2, 2), 600_000),
            RevisionRow {
                ready: Some(false),
                active: None,
                trouble: Clean::new(
                    "ContainerHealthy: ExitCode1: container failed with: KeyError: 'vocab'",
                ),
                ..revision("ml-nlp", "toxicity", 9, (0, 1), 900)
            },
        ],
    );
    put(model, "burn", burns());
    put(model, "canary", vec![compared()]);
    let pods = vec![
        pod(
            "fraud-scorer-predictor-00042-deployment-7d9-k2x",
            "fraud-scorer-predictor-00042",
            "Pending",
        ),
        pod(
            "fraud-scorer-predictor-00041-deployment-55c-aa1",
            "fraud-scorer-predictor-00041",
            "Running",
        ),
        pod(
            "fraud-scorer-predictor-00041-deployment-55c-bb2",
            "fraud-scorer-predictor-00041",
            "Running",
        ),
    ];
    put(model, "pods", pods);
}

fn burns() -> Vec<BurnRow> {
    let (fraud, churn) = (key("ml-fraud", "fraud-scorer"), key("ml-churn", "churn"));
    let (ranker, search) = (key("recsys", "ranker"), key("recsys", "search"));
    let mut slow = inside(&churn, "p95", "p95 < 200 ms");
    slow.target = 0.95;
    slow.windows = Box::new([WindowBurn {
        seconds: 3_600,
        measure: Measure::Between {
            least: Counted {
                bad: 12.0,
                valid: 14_400.0,
            },
            most: Counted {
                bad: 600.0,
                valid: 14_400.0,
            },
        },
    }]);
    slow.doubts = Box::new([Clean::new(
        "no bucket ends at 200 ms: between those at 100 ms and 250 ms",
    )]);
    let ticket = BurnRow {
        windows: Box::new([window(300, 4.0, 900.0), window(3_600, 40.0, 10_800.0)]),
        worst: Some(Pair {
            long: 259_200,
            short: 21_600,
            factor: 1.0,
            pages: false,
            ..pair(1.4, 1.2)
        }),
        left: Some(-0.04),
        volume: Some(0.03),
        ..burn(&search, "errors", "errors < 0.1 %", Burning::Ticket)
    };
    vec![
        burning(&fraud),
        inside(&fraud, "p95", "p95 < 200 ms"),
        cold_starts(&fraud, 3.0),
        inside(&churn, "errors", "errors < 0.1 %"),
        slow,
        ticket,
        BurnRow {
            doubts: Box::new([Clean::new("its series ended 2 h ago")]),
            ..burn(&ranker, "errors", "errors < 0.1 %", Burning::Unknown)
        },
    ]
}

fn live() -> Model {
    let mut model = platform::live();
    fill(&mut model);
    press(&mut model, "5");
    model
}

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

/// Names in the order of the list.
fn names(model: &mut Model) -> Vec<String> {
    let known: Vec<String> = services().iter().map(|s| s.key.name.to_string()).collect();
    let shown = shown(model);
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        words
            .find(|w| known.iter().any(|k| k == w) || *w == "churn-llm")
            .map(str::to_owned)
    };
    shown.lines().skip(5).take(9).filter_map(name).collect()
}

#[test]
fn services_that_burn_stand_first_with_what_is_really_routed() {
    let mut model = live();
    insta::assert_snapshot!(
        "services_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("services_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "services_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "services_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!("services_mono_80x24", picture(&mut model, (80, 24), mono()));
}

#[test]
fn a_service_opens_on_its_canary_beside_the_stable_side() {
    let mut model = live();
    press(&mut model, "Enter");
    insta::assert_snapshot!(
        "service_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("service_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "service_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "service_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!("service_mono_80x24", picture(&mut model, (80, 24), mono()));
    press(&mut model, "G");
    insta::assert_snapshot!("service_end_120x36", shown(&mut model));
}

#[test]
fn revisions_say_what_they_serve() {
    let mut model = live();
    press(&mut model, "Tab");
    insta::assert_snapshot!("revisions_120x36", shown(&mut model));
}

#[test]
fn a_service_moves_up_as_soon_as_it_burns() {
    let mut model = live();
    assert_eq!(names(&mut model)[0], "fraud-scorer");
    let hotter = BurnRow {
        worst: Some(pair(300.0, 400.0)),
        ..burning(&key("ml-churn", "churn"))
    };
    let mut rows = burns();
    rows.retain(|r| &*r.service.name != "churn");
    rows.push(hotter);
    put(&mut model, "burn", rows);
    assert_eq!(names(&mut model)[..2], ["churn", "fraud-scorer"]);
    // and down again
    put(&mut model, "burn", burns());
    assert_eq!(names(&mut model)[0], "fraud-scorer");
}

#[test]
fn what_is_not_measured_is_a_dash_and_never_calm() {
    let mut model = live();
    put::<BurnRow>(&mut model, "burn", Vec::new());
    set_state(&mut model, "burn", SourceState::Absent);
    let shown = shown(&mut model);
    let line = shown.lines().find(|l| l.contains(" churn ")).unwrap();
    assert!(!line.contains('×') && !line.contains(" 0 "), "{line}");
    assert!(shown.contains("no Prometheus found"), "{shown}");
}

#[test]
fn old_burn_figures_stay_and_are_said_to_be_old() {
    let mut model = live();
    set_state(&mut model, "burn", SourceState::Stale);
    let shown = shown(&mut model);
    assert!(
        shown.contains("burn figures are old: prometheus stale for 42 s"),
        "{shown}"
    );
    assert!(shown.contains("31× / 38×"), "{shown}");
}

#[test]
fn without_figures_of_the_canary_there_is_not_enough_data() {
    for state in [
        SourceState::Live,
        SourceState::Down,
        SourceState::Absent,
        SourceState::Connecting,
    ] {
        let mut model = live();
        put::<CanaryRow>(&mut model, "canary", Vec::new());
        set_state(&mut model, "canary", state);
        press(&mut model, "Enter");
        let shown = shown(&mut model);
        assert!(shown.contains("not enough data"), "{state:?}\n{shown}");
    }
    // figures of an older canary say nothing of this one
    let mut model = live();
    let mut old = compared();
    old.canary.revision = Clean::from(revision_name("fraud-scorer", 40));
    put(&mut model, "canary", vec![old]);
    press(&mut model, "Enter");
    assert!(shown(&mut model).contains("not enough data"));
}

#[test]
fn the_list_can_be_sorted_and_narrowed_by_what_burns() {
    let mut model = live();
    press(&mut model, "/ b u r n : > 1 0 Enter");
    assert_eq!(names(&mut model), ["fraud-scorer"]);
    press(&mut model, "Esc");
    press(&mut model, "/ s t a t e : p i n n e d Enter");
    assert_eq!(names(&mut model), ["propensity"]);
}

#[test]
fn a_service_that_is_deleted_stays_as_it_was_last_seen() {
    let mut model = live();
    press(&mut model, "Enter");
    put::<ServiceRow>(&mut model, "services", Vec::new());
    let shown = shown(&mut model);
    assert!(
        shown.contains("deleted") && shown.contains("fraud-scorer"),
        "{shown}"
    );
}

#[test]
fn services_can_be_drawn_at_every_size() {
    for keys in ["5", "5 Enter", "5 Tab", "5 Enter G"] {
        let mut model = live();
        press(&mut model, keys);
        for width in [0, 1, 5, 13, 39, 40, 60, 79, 80, 120, 199, 300] {
            for height in [0, 1, 2, 5, 9, 10, 11, 24, 50, 100] {
                let _ = picture(&mut model, (width, height), Look::default());
                let _ = picture(&mut model, (width, height), mono());
            }
        }
    }
}

#[test]
#[ignore = "prints a figure"]
#[allow(clippy::print_stdout)]
fn figure_of_five_hundred_services_put_in_order_and_drawn() {
    let mut model = platform::live();
    fill(&mut model);
    let many: Vec<ServiceRow> = (0..500)
        .map(|n| knative("load", &format!("svc-{n:03}"), 2, 2, &[(2, 100)]))
        .collect();
    let objectives =
        |s: &ServiceRow| ["errors", "p50", "p95", "p99", "ready"].map(|id| inside(&s.key, id, id));
    let mut rows: Vec<BurnRow> = many.iter().flat_map(objectives).collect();
    put(&mut model, "services", many);
    put(&mut model, "burn", rows.clone());
    press(&mut model, "5");
    let mut best = std::time::Duration::MAX;
    for round in 0..5 {
        rows[0].volume = Some(f64::from(round));
        put(&mut model, "burn", rows.clone());
        let began = std::time::Instant::now();
        let _ = picture(&mut model, (120, 36), Look::default());
        best = best.min(began.elapsed());
    }
    println!("500 services with 2,500 objectives, ordered and drawn in {best:?}");
    let _ = now();
}
