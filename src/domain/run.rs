//! A pipeline run as a row: what a list needs, and no more. Pure.

use std::fmt;

use jiff::Timestamp;

use super::{Clean, Key, Labels, Phase};

/// Who runs it. Shown as a badge; one model serves all engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// An Argo Workflow that nobody else owns.
    Argo,
    /// A Kubeflow Pipelines run (on Argo: label `pipeline/runid`).
    Kfp,
    /// A Tekton `PipelineRun`.
    Tekton,
}

impl Engine {
    /// The badge.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Argo => "argo",
            Self::Kfp => "kfp",
            Self::Tekton => "tekton",
        }
    }
}

/// Steps done of steps known (`status.progress` of a workflow: "7/9").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Steps that ended.
    pub done: u32,
    /// Steps known so far; grows while a run unfolds.
    pub total: u32,
}

impl Progress {
    /// Reads "7/9"; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (done, total) = text.split_once('/')?;
        Some(Self {
            done: done.parse().ok()?,
            total: total.parse().ok()?,
        })
    }

    /// 0.0 to 1.0; 0 when nothing is known.
    #[must_use]
    pub fn ratio(self) -> f64 {
        if self.total == 0 {
            0.0
        } else {
            (f64::from(self.done) / f64::from(self.total)).clamp(0.0, 1.0)
        }
    }
}

/// How a workflow keeps its node statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NodeStorage {
    /// `status.nodes` (possibly empty).
    #[default]
    Inline,
    /// `status.compressedNodes`, base64 of gzip, zstd or brotli.
    Compressed,
    /// In a SQL table behind the Argo server; a Kubernetes client cannot read them.
    Offloaded,
}

/// How many steps (leaves: pods, HTTP, plugin and gate nodes) stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Ended well.
    pub ok: u32,
    /// Failed or in error.
    pub failed: u32,
    /// At work.
    pub running: u32,
    /// Not started.
    pub pending: u32,
    /// Open gates.
    pub waiting: u32,
    /// Skipped or omitted.
    pub skipped: u32,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, phase: Phase) {
        let slot = match phase {
            Phase::Succeeded => &mut self.ok,
            Phase::Failed | Phase::Error => &mut self.failed,
            Phase::Running => &mut self.running,
            Phase::Waiting => &mut self.waiting,
            Phase::Pending | Phase::Unknown => &mut self.pending,
            Phase::Skipped | Phase::Omitted => &mut self.skipped,
        };
        *slot = slot.saturating_add(1);
    }

    /// Adds what another tally counted.
    pub fn merge(&mut self, other: Self) {
        self.ok = self.ok.saturating_add(other.ok);
        self.failed = self.failed.saturating_add(other.failed);
        self.running = self.running.saturating_add(other.running);
        self.pending = self.pending.saturating_add(other.pending);
        self.waiting = self.waiting.saturating_add(other.waiting);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }

    /// All counted.
    #[must_use]
    pub fn total(&self) -> u32 {
        [
            self.ok,
            self.failed,
            self.running,
            self.pending,
            self.waiting,
            self.skipped,
        ]
        .iter()
        .fold(0, |sum: u32, n| sum.saturating_add(*n))
    }
}

impl RunRow {
    /// Steps done of steps known: a step that is retried counts once, which the engine's own figure does not do; what
    /// was skipped or never reached is not among them.
    #[must_use]
    pub fn steps_done(&self) -> Option<Progress> {
        match self.tally.total().saturating_sub(self.tally.skipped) {
            0 => self.progress,
            total => Some(Progress {
                done: self.tally.ok,
                total,
            }),
        }
    }
}

impl fmt::Display for Tally {
    /// `180 ok, 3 failed, 17 running`: what there is, in the order of what there is most to say of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.ok, "ok"),
            (self.failed, "failed"),
            (self.waiting, "waiting"),
            (self.running, "running"),
            (self.pending, "pending"),
            (self.skipped, "not run"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        f.pad(&said.join(", "))
    }
}

/// One pipeline run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Kubernetes resourceVersion of what is shown.
    pub version: Clean,
    /// Who runs it.
    pub engine: Engine,
    /// Where it stands; `Waiting` when a gate is open or it is suspended.
    pub phase: Phase,
    /// What it says of itself (`status.message`).
    pub message: Clean,
    /// One short phrase for the list: the failing step and why, the gate that waits, the step at work.
    pub last_word: Clean,
    /// Steps done of steps known.
    pub progress: Option<Progress>,
    /// Leaves by state, where the nodes could be read.
    pub tally: Tally,
    /// When the object was created.
    pub created: Option<Timestamp>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// `cron train-nightly`, `template ingest`, `resubmit of x`, `recurring run y`; empty when submitted by hand.
    pub origin: Clean,
    /// `status.estimatedDuration` in seconds.
    pub estimate: Option<u32>,
    /// KFP run id (label `pipeline/runid`), empty for other engines.
    pub kfp_run: Clean,
    /// How node statuses are kept.
    pub storage: NodeStorage,
}
