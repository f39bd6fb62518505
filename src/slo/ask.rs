//! What passes between the engine and whoever carries its queries. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::objective::Slo;
use crate::domain::{Clean, ClusterId};
use crate::fault::Fault;

/// One query of Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What the answer is brought back with; unique among those that are under way.
    pub id: String,
    /// The expression.
    pub promql: String,
    /// Over a span of time; none for an instant vector at the time of asking.
    pub span: Option<Span>,
}

/// A span of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its length in seconds.
    pub seconds: u32,
    /// Seconds between two points.
    pub step: u32,
}

/// One series at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels, as Prometheus names them. Not safe to show: from outside.
    pub labels: BTreeMap<String, String>,
    /// Unix seconds.
    pub at: f64,
    /// The value; may be NaN or infinite.
    pub value: f64,
}

/// One series over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels, as Prometheus names them. Not safe to show: from outside.
    pub labels: BTreeMap<String, String>,
    /// Unix seconds and values, oldest first.
    pub points: Vec<(f64, f64)>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Of an instant query.
    pub samples: Vec<Sample>,
    /// Of a query over time.
    pub series: Vec<Series>,
    /// What the server warned of: with any of them the answer may be partial.
    pub warnings: Vec<Clean>,
}

/// Asks Prometheus and makes rows of the answers.
pub trait Asks: Send + 'static {
    /// What it makes.
    type Row: PartialEq + Send + Sync + 'static;

    /// All objectives that stand in documents of the cluster, as they are now.
    fn written(&mut self, _slos: Vec<Slo>) {}

    /// What is to be asked now; empty when nothing is due.
    fn due(&mut self, now: Timestamp) -> Vec<Query>;

    /// What came of one query.
    fn answered(&mut self, id: &str, answer: Result<Answer, Fault>, now: Timestamp);

    /// All rows as they stand now. Asked after a round of answers.
    fn rows(&self, cluster: &ClusterId, now: Timestamp) -> Vec<Self::Row>;
}
