//! What a program says while it works. Pure. `{t}`, `{z}` and `{k}` stand for the time as it writes it.

use serde_json::{Value, json};

use crate::demo::catalog::text;
use crate::demo::chance::Chance;
use crate::demo::world::fate;

/// What a template may ask for instead of what fits its program: `flood:50000` lines a second, `chatty`, `hostile`,
/// `json`.
const LOG: &str = "/metadata/annotations/rig.midwatch.dev~1log";

/// What kind of program a container runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// A training: epochs, loss, throughput.
    Train {
        epochs: u64,
    },
    /// A training on many devices, each of which speaks.
    Ranks {
        ranks: u64,
    },
    /// JSON lines.
    Service,
    /// A driver in Go.
    Driver,
    /// Work on parts of a data set.
    Data {
        subject: String,
    },
    /// Argo's own containers.
    Executor,
    Hostile,
    /// So many lines a second.
    Flood(u64),
}

/// Lines of one epoch.
const EPOCH: u64 = 35;

impl Program {
    pub(super) fn of(pod: &Value, manifest: &Value) -> Self {
        let image = text(manifest, "/image");
        if text(manifest, "/name") != "main" && is_argo(pod) {
            return Self::Executor;
        }
        let devices: u64 = fate::devices(pod).iter().map(|(_, n)| n).sum();
        let asked = text(pod, LOG);
        if let Some(rate) = asked.strip_prefix("flood:") {
            let rate: u64 = rate.parse().unwrap_or(1_000);
            return Self::Flood(rate.clamp(1, 500_000));
        }
        match asked {
            "hostile" => return Self::Hostile,
            "chatty" => {
                return Self::Ranks {
                    ranks: devices.max(8),
                };
            }
            "json" => return Self::Service,
            _ => {}
        }
        let progress = text(pod, "/metadata/annotations/rig.midwatch.dev~1progress");
        let total = progress.split('/').nth(1).and_then(|t| t.parse().ok());
        if image.contains("/kfp/") {
            Self::Driver
        } else if devices > 0 && !image.contains("infer") {
            Self::Train {
                epochs: total.filter(|t| *t > 0).unwrap_or(20),
            }
        } else if ["mlflow", "infer", "deploy", "notify"]
            .iter()
            .any(|w| image.contains(w))
        {
            Self::Service
        } else {
            Self::Data {
                subject: subject(manifest),
            }
        }
    }

    pub(super) fn is_flood(&self) -> bool {
        matches!(self, Self::Flood(_))
    }

    /// Microseconds between two lines.
    pub(super) fn every(&self) -> i64 {
        match self {
            Self::Train { .. } => 2_000_000,
            Self::Ranks { ranks } => 160_000 / i64::try_from(*ranks).unwrap_or(8).clamp(1, 64),
            Self::Service => 1_500_000,
            Self::Driver => 900_000,
            Self::Data { .. } => 3_000_000,
            Self::Executor => 60_000_000,
            Self::Hostile => 400_000,
            Self::Flood(rate) => 1_000_000 / i64::try_from(*rate).unwrap_or(1_000).max(1),
        }
    }

    /// Lines of work at most.
    pub(super) fn most(&self) -> u64 {
        match self {
            Self::Driver => 6,
            Self::Executor => 0,
            _ => u64::MAX,
        }
    }

    /// One line of work.
    pub(super) fn says(&self, step: u64, chance: &mut Chance) -> String {
        match self {
            Self::Train { epochs } => train(step, *epochs, chance),
            Self::Ranks { ranks } => rank(step, *ranks, chance),
            Self::Service => service(step, chance),
            Self::Driver => driver(step),
            Self::Data { subject } => data(step, subject, chance),
            Self::Executor | Self::Hostile => String::new(),
            Self::Flood(_) => format!(
                "{{t}} INFO  loader: record {step:09} shard {:03} offset {} crc {:08x} ok",
                step % 128,
                step * 4_096,
                chance.below(1 << 32)
            ),
        }
    }
}

fn is_argo(pod: &Value) -> bool {
    let label = "/metadata/labels/workflows.argoproj.io~1workflow";
    !text(pod, label).is_empty()
}

/// What a program works on, from its command line.
fn subject(manifest: &Value) -> String {
    let words = command(manifest);
    let name = words.iter().rev().find(|w| !w.starts_with('-'));
    let name = name.map_or("", |w| w.rsplit('/').next().unwrap_or(w));
    if name.is_empty() { "work" } else { name }.to_owned()
}

pub(super) fn command(manifest: &Value) -> Vec<String> {
    let lists = ["command", "args"];
    let all = lists.iter().filter_map(|l| manifest[*l].as_array());
    let words = all.flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

/// What is printed first.
pub(super) fn opening(program: &Program, pod: &Value, manifest: &Value) -> Vec<String> {
    let host = text(pod, "/spec/nodeName");
    let image = text(manifest, "/image");
    let line = command(manifest).join(" ");
    let own = |level: &str, what: &str| format!("{{t}} {level} {what}");
    match program {
        Program::Train { epochs } => vec![
            own("INFO ", &format!("{line} on {host}")),
            own("INFO ", &format!("image {image}, python 3.12.8, torch 2.9.1+cu128")),
            own("INFO ", &format!("devices: {}", devices(pod))),
            own("WARNING", "dataloader: num_workers=16 but 8 CPUs are allowed; this may be slow"),
            own("INFO ", &format!("{epochs} epochs, seed 1234, precision bf16-mixed")),
        ],
        Program::Ranks { ranks } => vec![
            own("INFO ", &format!("{line} on {host}: world size {ranks}")),
            own("INFO ", "NCCL version 2.28.3+cuda12.9"),
        ],
        Program::Driver => vec!["I{k}       1 main.go:118] Setting log level to: '1'".to_owned()],
        Program::Executor => executor(pod, manifest),
        Program::Service => vec![
            json!({"time": "{z}", "level": "info", "logger": "main", "msg": "started", "command": line, "image": image})
                .to_string(),
        ],
        Program::Hostile | Program::Flood(_) | Program::Data { .. } => vec![
            own("INFO ", &format!("{line} on {host}")),
            own("INFO ", &format!("image {image}")),
        ],
    }
}

fn devices(pod: &Value) -> String {
    let all = fate::devices(pod);
    let words: Vec<String> = all
        .iter()
        .map(|(name, n)| format!("{n} x {name}"))
        .collect();
    words.join(", ")
}

fn executor(pod: &Value, manifest: &Value) -> Vec<String> {
    let name = text(manifest, "/name");
    let place = format!(
        "namespace={} podName={}",
        text(pod, "/metadata/namespace"),
        text(pod, "/metadata/name")
    );
    let said = |what: &str| format!("time=\"{{z}}\" level=info msg=\"{what}\"");
    match name {
        "init" => vec![
            format!("{} version=v3.7.18", said("Starting Workflow Executor")),
            format!(
                "{} deadline=\"0001-01-01 00:00:00 +0000 UTC\" includeScriptOutput=false {place}",
                said("Executor initialized")
            ),
            said("Start loading input artifacts..."),
            said("Alloc=9043 TotalAlloc=15822 Sys=26197 NumGC=4 Goroutines=2"),
        ],
        "wait" => vec![
            format!("{} version=v3.7.18", said("Starting Workflow Executor")),
            format!(
                "{} deadline=\"0001-01-01 00:00:00 +0000 UTC\" includeScriptOutput=false {place}",
                said("Executor initialized")
            ),
            said("Starting deadline monitor"),
        ],
        _ => vec![said("started")],
    }
}

fn train(step: u64, epochs: u64, chance: &mut Chance) -> String {
    let (epoch, within) = (step / EPOCH + 1, step % EPOCH);
    let sway = chance.below(400);
    let loss = 6_400_000 / (step + 9) + 900 + sway;
    let decimal = |n: u64| format!("{}.{:04}", n / 10_000, n % 10_000);
    if epoch > epochs {
        return format!(
            "{{t}} INFO  writing checkpoint part {within}, {} MB/s",
            380 + sway
        );
    }
    if within + 1 == EPOCH {
        return format!(
            "{{t}} INFO  epoch {epoch}/{epochs} train_loss {} val_loss {} val_auc 0.{:04}",
            decimal(loss),
            decimal(loss + 310 + sway),
            9_731_u64.saturating_sub(2_400 / (epoch + 1)) + sway % 9
        );
    }
    match sway {
        0..6 => format!(
            "{{t}} WARNING grad norm {}.{} clipped to 1.0 at step {}",
            3 + sway,
            sway * 7 % 10,
            step * 50
        ),
        6..9 => format!(
            "{{t}} WARNING dataloader: worker {sway} was slow, {} ms for a batch",
            900 + sway * 130
        ),
        _ => format!(
            "{{t}} INFO  epoch {epoch}/{epochs} step {} loss {} lr {}e-4 {} samples/s gpu_mem {}.{}G",
            step * 50,
            decimal(loss),
            30_u64.saturating_sub(epoch * 2).max(1),
            1_180 + sway / 3,
            58 + sway % 4,
            sway % 10
        ),
    }
}

fn rank(step: u64, ranks: u64, chance: &mut Chance) -> String {
    let (rank, iteration) = (step % ranks, step / ranks);
    let sway = chance.below(1_000);
    match sway {
        0 => format!(
            "{{t}} ERROR [rank{rank}] NCCL WARN: retransmit on mlx5_{}: 1 packet",
            rank % 4
        ),
        1..12 => format!(
            "{{t}} WARNING [rank{rank}] iteration {iteration}: allreduce took {} ms",
            180 + sway * 9
        ),
        _ => format!(
            "{{t}} INFO  [rank{rank}] iteration {iteration} forward {}.{} ms backward {}.{} ms loss {}.{:03}",
            41 + sway % 6,
            sway % 10,
            88 + sway % 9,
            sway % 7,
            2_000_u64.saturating_sub(iteration / 9).max(600) / 1_000,
            (iteration * 13 + sway) % 1_000
        ),
    }
}

fn service(step: u64, chance: &mut Chance) -> String {
    let sway = chance.below(1_000);
    let trace = format!("{:016x}", chance.next());
    let line = match sway {
        0..25 => {
            json!({"time": "{z}", "level": "warning", "logger": "http", "msg": "slow upstream", "path": "/v2/models/score", "latency_ms": 900 + sway * 20, "retries": 1, "trace": trace})
        }
        25..35 => {
            json!({"time": "{z}", "level": "error", "logger": "http", "msg": "upstream closed the connection", "status": 502, "path": "/v2/models/score", "trace": trace, "error": {"type": "ConnectionResetError", "errno": 104}})
        }
        _ => {
            json!({"time": "{z}", "level": "info", "logger": "batch", "msg": "batch done", "batch": step, "rows": 512, "latency_ms": 31 + sway % 60, "queue": sway % 7, "trace": trace})
        }
    };
    line.to_string()
}

fn driver(step: u64) -> String {
    let what = match step {
        0 => "driver.go:93] Driver started with type CONTAINER",
        1 => "client.go:214] Context 4711 resolved for pipeline run",
        2 => "driver.go:401] parent DAG: executionID=4711 state=RUNNING",
        3 => "cache.go:131] Cache key computed, looking for a cached execution",
        4 => "driver.go:567] output ExecutorInput written",
        _ => "driver.go:612] output execution-id, pod-spec-patch, cached-decision",
    };
    format!("I{{k}}       1 {what}")
}

fn data(step: u64, subject: &str, chance: &mut Chance) -> String {
    let sway = chance.below(1_000);
    match sway {
        0..20 => format!(
            "{{t}} WARNING {subject}: part {step:05} has {} rows without a key, left out",
            sway + 1
        ),
        20..60 => format!(
            "{{t}} DEBUG {subject}: cache hit {} %, {} open files",
            60 + sway % 40,
            sway
        ),
        _ => format!(
            "{{t}} INFO  {subject}: part {step:05} done, {} rows in {}.{} s",
            20_000 + sway * 37,
            2 + sway % 3,
            sway % 10
        ),
    }
}
