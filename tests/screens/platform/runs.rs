//! Runs of the platform as rows, and two of them opened.

use midwatch::domain::{
    Clean, Engine, Key, Labels, NodeStorage, Phase, Progress, RunDetail, RunRow, Step, StepKind,
    StepTree, Tally,
};

use super::{ago, cluster};

pub fn run(name: &str, namespace: &str, phase: Phase, last_word: &str) -> RunRow {
    RunRow {
        key: Key::new(cluster(), namespace, name),
        uid: Clean::new("u"),
        labels: Labels::of([("team", namespace.trim_start_matches("ml-"))]),
        version: Clean::new("1"),
        engine: Engine::Argo,
        phase,
        message: Clean::default(),
        last_word: Clean::new(last_word),
        progress: Some(Progress { done: 7, total: 9 }),
        tally: Tally::default(),
        created: Some(ago(1560)),
        started: Some(ago(1560)),
        finished: phase.is_final().then(|| ago(240)),
        origin: Clean::default(),
        estimate: None,
        kfp_run: Clean::default(),
        storage: NodeStorage::Inline,
    }
}

pub fn failed_run() -> RunRow {
    RunRow {
        message: Clean::new("child 'train' failed"),
        origin: Clean::new("cron train-nightly"),
        ..run(
            "train-nightly-x7k2p",
            "ml-fraud",
            Phase::Failed,
            "train: OOMKilled (137)",
        )
    }
}

pub fn running_run() -> RunRow {
    let started = Some(ago(480));
    let engine = Engine::Kfp;
    RunRow {
        engine,
        started,
        ..run(
            "features-daily-8mmqv",
            "ml-fraud",
            Phase::Running,
            "transform 12/40",
        )
    }
}

pub fn waiting_run() -> RunRow {
    let started = Some(ago(2460));
    RunRow {
        started,
        ..run(
            "promote-churn-4h2ls",
            "ml-churn",
            Phase::Waiting,
            "gate: approve",
        )
    }
}

pub fn ok_run() -> RunRow {
    let progress = Some(Progress { done: 9, total: 9 });
    RunRow {
        progress,
        ..run("train-nightly-k2x9q", "ml-fraud", Phase::Succeeded, "")
    }
}

pub fn fan_run() -> RunRow {
    let started = Some(ago(300));
    RunRow {
        started,
        ..run(
            "sweep-fan-out-b7",
            "ml-nlp",
            Phase::Running,
            "score 180/200",
        )
    }
}

fn step(label: &str, kind: StepKind, phase: Phase, from: i64, to: i64) -> Step {
    Step {
        id: Clean::new(label),
        name: Clean::new(label),
        label: Clean::new(label),
        kind,
        engine_kind: Clean::new("Pod"),
        phase,
        message: Clean::default(),
        template: Clean::new(label),
        started: (phase != Phase::Omitted).then(|| ago(from)),
        finished: phase.is_final().then(|| ago(to)),
        attempt: None,
        hook: false,
        cached: false,
        memo: None,
        pod: Clean::default(),
        host: Clean::default(),
        exit_code: None,
        progress: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        artifacts_in: Vec::new(),
        artifacts_out: Vec::new(),
        gate: None,
        lock: Clean::default(),
    }
}

fn attempt(number: u32, from: i64, to: i64) -> Step {
    Step {
        attempt: Some(number),
        message: Clean::new("main: OOMKilled (exit code 137)"),
        pod: Clean::new("train-nightly-x7k2p-train-118"),
        host: Clean::new("gpu-17"),
        exit_code: Some(137),
        ..step(
            &format!("train({number})"),
            StepKind::Task,
            Phase::Failed,
            from,
            to,
        )
    }
}

fn detail(row: RunRow, steps: Vec<Step>, parent: Vec<Option<usize>>) -> RunDetail {
    let mut tree = StepTree::new(steps, parent, Vec::new());
    tree.critical = (0..tree.steps.len()).map(|id| id != 2).collect();
    RunDetail {
        row,
        tree,
        arguments: Vec::new(),
        outputs: Vec::new(),
        gap: Clean::default(),
        shutdown: Clean::default(),
    }
}

pub fn failed_detail() -> RunDetail {
    let steps = vec![
        step("main", StepKind::Group, Phase::Failed, 1560, 240),
        step("ingest", StepKind::Task, Phase::Succeeded, 1560, 1430),
        step("validate", StepKind::Task, Phase::Succeeded, 1430, 1365),
        step("train", StepKind::Retry, Phase::Failed, 1365, 240),
        attempt(0, 1365, 800),
        attempt(1, 790, 240),
        step("register", StepKind::Task, Phase::Omitted, 0, 0),
        step("deploy", StepKind::Task, Phase::Omitted, 0, 0),
    ];
    let parent = vec![
        None,
        Some(0),
        Some(0),
        Some(0),
        Some(3),
        Some(3),
        Some(0),
        Some(0),
    ];
    detail(failed_run(), steps, parent)
}

pub fn fan_detail() -> RunDetail {
    let mut steps = vec![
        step("main", StepKind::Group, Phase::Running, 300, 0),
        step("score", StepKind::FanOut, Phase::Running, 290, 0),
    ];
    let mut parent = vec![None, Some(0)];
    for item in 0..200 {
        let phase = match item {
            7 | 90 | 151 => Phase::Failed,
            180.. => Phase::Running,
            _ => Phase::Succeeded,
        };
        steps.push(step(
            &format!("score({item}:shard-{item})"),
            StepKind::Task,
            phase,
            290 - item,
            100 - item / 2,
        ));
        parent.push(Some(1));
    }
    detail(fan_run(), steps, parent)
}
