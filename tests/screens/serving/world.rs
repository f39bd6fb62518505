//! Services, revisions and figures of one evening, as rows.

use midwatch::app::Model;
use midwatch::domain::{
    Clean, ContainerRow, ContainerState, Key, Labels, ModelState, PodRow, RevisionRow, ServiceRow,
    ServingMode, Share, SourceState,
};

use super::super::platform::{ago, cluster, put, set_state};

#[path = "world/burning.rs"]
pub mod burning;

pub use burning::{burning, burns, compared, inside};

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
