//! Services, revisions and figures of one evening, as rows.

use midwatch::app::Model;
use midwatch::domain::{
    Arm, BurnRow, Burning, CanaryRow, Clean, ContainerRow, ContainerState, Counted, Key, Labels,
    Measure, ModelState, Origin, Pair, Plain, PodRow, Quantile, RevisionRow, ServiceRow,
    ServingMode, Share, SourceState, Verdict, WindowBurn,
};

use super::super::platform::{ago, cluster, put, set_state};

pub fn key(namespace: &str, name: &str) -> Key {
    Key::new(cluster(), namespace, name)
}

pub fn service(namespace: &str, name: &str) -> ServiceRow {
    ServiceRow {
        key: key(namespace, name),
        place: key(namespace, name),
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
        beside: Box::default(),
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

pub fn revision_name(service: &str, number: u32) -> String {
    format!("{service}-predictor-{number:05}")
}

/// A service in Knative mode: newest ready revision, the one rolled out, its traffic.
pub fn knative(
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

pub fn revision(
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

pub fn window(seconds: u32, bad: f64, valid: f64) -> WindowBurn {
    WindowBurn {
        seconds,
        measure: Measure::Exact(Counted { bad, valid }),
    }
}

pub fn burn(of: &Key, objective: &str, title: &str, state: Burning) -> BurnRow {
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
        origin: Origin::BuiltIn,
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

pub fn pair(long_burn: f64, short_burn: f64) -> Pair {
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
pub fn burning(of: &Key) -> BurnRow {
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

pub fn inside(of: &Key, objective: &str, title: &str) -> BurnRow {
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

pub fn cold_starts(of: &Key, value: f64) -> BurnRow {
    BurnRow {
        plain: Some(Plain {
            limit: 10.0,
            value: Some(value),
            unit: Clean::new("cold starts / h"),
        }),
        ..burn(of, "cold-starts", "cold starts < 10 / h", Burning::Inside)
    }
}

pub fn quantiles(seconds: [f64; 3]) -> Box<[Quantile]> {
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

pub fn compared() -> CanaryRow {
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

pub fn pod(name: &str, revision: &str, phase: &str) -> PodRow {
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
            ended: None,
            restarts: if running { 0 } else { 4 },
            last_reason: Clean::default(),
            memory_limit: Clean::new("4Gi"),
            image: Clean::new("kserve/sklearnserver:v0.20.0"),
        }]),
        gpus: Clean::default(),
        owner: None,
        created: Some(ago(480)),
        deleting: None,
    }
}

pub fn services() -> Vec<ServiceRow> {
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
pub fn fill(model: &mut Model) {
    for feed in [
        "services",
        "llm-services",
        "revisions",
        "burn",
        "models",
        "canary",
        "pods",
        "service-workloads",
    ] {
        set_state(model, feed, SourceState::Live);
    }
    put(model, "services", services());
    let chat = ServiceRow {
        place: ServiceRow::place_of(&key("ml-nlp", "churn-llm"), true),
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

pub fn burns() -> Vec<BurnRow> {
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
