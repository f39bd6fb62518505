//! What is known of a service level objective: counts in windows, and what follows from them. Pure; computed by `slo`.

use jiff::Timestamp;

use super::{Clean, Key, Origin};

/// Events in a window. Fractions occur: counters are extrapolated to the ends of a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counted {
    /// Events that break the objective.
    pub bad: f64,
    /// All events that count.
    pub valid: f64,
}

impl Counted {
    /// Share of bad events, 0 to 1; none without events.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        (self.valid > 0.0).then(|| (self.bad / self.valid).clamp(0.0, 1.0))
    }
}

/// What can be said of a window.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Counted.
    Exact(Counted),
    /// No bucket ends at the threshold: the truth lies between the counts of its neighbours.
    Between {
        /// Bad by the bucket above the threshold.
        least: Counted,
        /// Bad by the bucket below the threshold.
        most: Counted,
    },
    /// The series are there, and nothing was asked of the service.
    NoTraffic,
    /// No series, or stale ones.
    NoData,
    /// What is measured cannot tell; why.
    Unmeasurable(Clean),
}

/// One window of an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowBurn {
    /// Its length in seconds.
    pub seconds: u32,
    /// What was measured.
    pub measure: Measure,
}

/// A pair of windows, long and short, and how fast the budget burns in them: 1 spends it exactly over its period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Length of the long window in seconds.
    pub long: u32,
    /// Length of the short window in seconds.
    pub short: u32,
    /// Burn rate over the long one.
    pub long_burn: f64,
    /// Burn rate over the short one.
    pub short_burn: f64,
    /// Both above this fire it.
    pub factor: f64,
    /// It pages; else it makes a ticket.
    pub pages: bool,
}

impl Pair {
    /// Both windows burn faster than its factor.
    #[must_use]
    pub fn fires(&self) -> bool {
        self.long_burn > self.factor && self.short_burn > self.factor
    }
}

/// How an objective stands; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Burning {
    /// A page window pair fires.
    Page,
    /// The budget of the period is spent, or a ticket window pair fires.
    Ticket,
    /// Cannot be told: no data, partial answers, or nothing that measures it.
    Unknown,
    /// Measured, and nothing was asked of the service.
    NoTraffic,
    /// Inside its budget.
    Inside,
}

/// A limit that is compared as it stands, without a budget: cold starts in an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Plain {
    /// At or above it the objective is missed.
    pub limit: f64,
    /// What was measured; none where it cannot be told.
    pub value: Option<f64>,
    /// What is counted: `cold starts / h`.
    pub unit: Clean,
}

/// One objective of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnRow {
    /// Cluster and namespace of the service; `SERVICE/OBJECTIVE` as the name.
    pub key: Key,
    /// The inference service.
    pub service: Key,
    /// Name of the objective: `errors`, `p95`.
    pub objective: Clean,
    /// In words: `errors < 0.1 %`.
    pub title: Clean,
    /// Share of events that have to be good, 0 to 1.
    pub target: f64,
    /// Period of the budget in seconds.
    pub period: u32,
    /// How it stands.
    pub state: Burning,
    /// Where it is written.
    pub origin: Origin,
    /// What it is measured by: `Istio, istio_requests_total`; empty where nothing measures it.
    pub by: Clean,
    /// A plain limit instead of a budget; windows, pairs and budget are then empty.
    pub plain: Option<Plain>,
    /// What was measured, shortest window first.
    pub windows: Box<[WindowBurn]>,
    /// The pair nearest to firing, or furthest above it; none where nothing can be told.
    pub worst: Option<Pair>,
    /// Budget left of the period, 1 for all of it, negative when overspent; none where it cannot be told.
    pub left: Option<f64>,
    /// Seconds until the budget is spent, if the last hour continues; none when it does not burn.
    pub gone_in: Option<u64>,
    /// Seconds of the period that the data covers, where that is less.
    pub covers: Option<u32>,
    /// Requests per second in the last hour.
    pub volume: Option<f64>,
    /// Burn rate over the last hour in equal steps, oldest first, for a sparkline.
    pub trend: Box<[Option<f64>]>,
    /// What limits the trust in these figures, one sentence each: a bucket that was snapped to, low traffic, a partial
    /// answer.
    pub doubts: Box<[Clean]>,
    /// When it was measured.
    pub measured: Timestamp,
}

/// What is measured of one side of a canary.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arm {
    /// Its revision.
    pub revision: Clean,
    /// Requests, and those that failed; none without data.
    pub errors: Option<Counted>,
    /// Requests, and those slower than the objective's threshold; none without data or a bucket that could tell.
    pub slow: Option<Counted>,
    /// Latency quantiles in seconds with the bounds of the bucket they fall into: 0.5, 0.95, 0.99.
    pub quantiles: Box<[Quantile]>,
    /// Cold starts in the last hour.
    pub cold_starts: Option<f64>,
    /// Requests per second.
    pub volume: Option<f64>,
    /// Error ratio in equal steps, oldest first.
    pub trend: Box<[Option<f64>]>,
}

/// A quantile from buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// 0.95 for the 95th percentile.
    pub q: f64,
    /// Seconds, interpolated inside the bucket.
    pub seconds: f64,
    /// Lower bound of the bucket in seconds.
    pub above: f64,
    /// Upper bound of the bucket in seconds; infinite in the last one.
    pub below: f64,
}

/// What a comparison says. The default is that nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Verdict {
    /// Too few events, warm-up, partial data.
    #[default]
    NotEnoughData,
    /// No evidence of a difference that matters.
    NoEvidence,
    /// The canary is worse.
    Worse,
    /// The canary is better.
    Better,
}

/// A canary against the stable revision.
#[derive(Debug, Clone, PartialEq)]
pub struct CanaryRow {
    /// The inference service.
    pub key: Key,
    /// The canary.
    pub canary: Arm,
    /// The stable side.
    pub stable: Arm,
    /// Seconds that are compared.
    pub window: u32,
    /// What the comparison says.
    pub verdict: Verdict,
    /// Why, with its statistics, one sentence each: `errors 4.1 % against 0.08 %, z = 31.2, p < 0.001`.
    pub reasons: Box<[Clean]>,
    /// When it was measured.
    pub measured: Timestamp,
}
