//! Objectives: what is promised of a service, and what tells whether it is kept. Pure.

use crate::domain::{Clean, Origin};

use super::window::{Period, Windows};

/// What a latency is measured of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timed {
    /// A whole request.
    Request,
    /// The time until the first token of an answer.
    FirstToken,
    /// The time between two tokens of an answer.
    NextToken,
}

/// What tells good events from bad ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Sli {
    /// Requests that the server failed to answer: 5xx. Answers 4xx are the client's, they count as good.
    Errors,
    /// Requests that took longer than a threshold.
    Latency {
        /// What is timed.
        of: Timed,
        /// In seconds.
        threshold: f64,
    },
    /// Starts from zero replicas in an hour: a plain limit, no budget.
    ColdStarts {
        /// As many miss the objective.
        per_hour: f64,
    },
    /// Queries of the person's.
    Custom(Custom),
}

/// Queries of the person's, each with a place for the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Custom {
    /// What is counted.
    pub counts: Counts,
    /// Labels that the answers are grouped by; empty for one figure.
    pub grouping: Vec<String>,
    /// The figures are rates per second; else they are counts in the window.
    pub rates: bool,
}

/// The two figures of a custom indicator, as queries with `{{.window}}` for the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    /// Bad events, and all that count.
    Bad {
        /// Bad events.
        bad: String,
        /// All events.
        valid: String,
    },
    /// Good events, and all that count.
    Good {
        /// Good events.
        good: String,
        /// All events.
        valid: String,
    },
    /// The share of bad events, which cannot be counted again.
    Ratio(String),
}

/// Puts a window in its place in a query.
#[must_use]
pub fn windowed(query: &str, window: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, next)) if name.trim() == ".window" => {
                out.push_str(window);
                rest = next;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// An objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Its name: `errors`, `p95`.
    pub id: Clean,
    /// In words: `errors < 0.1 %`.
    pub title: Clean,
    /// Share of events that have to be good, 0 to 1.
    pub target: f64,
    /// How long the budget lasts; none for the one of the settings.
    pub period: Option<Period>,
    /// The service it is of: namespace (may be empty) and name; none for every service.
    pub service: Option<(Clean, Clean)>,
    /// What tells good events from bad ones.
    pub sli: Sli,
    /// Where it is written.
    pub origin: Origin,
}

impl Slo {
    /// Share of events that may be bad.
    #[must_use]
    pub fn budget(&self) -> f64 {
        // without the noise of 1 - 0.999, so that what burns at exactly a factor is compared as it looks
        ((1.0 - self.target) * 1e12).round() / 1e12
    }
}

/// What is to be kept, and how it is watched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Objectives {
    /// How long budgets last.
    pub period: Period,
    /// Which pairs of windows alert.
    pub windows: Windows,
    /// Objectives of documents, beside the defaults. One with the service and name of a default replaces it.
    pub custom: Vec<Slo>,
}

/// What kind of runtime serves, as its metrics tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Predictive models: a request is one answer.
    Predictive,
    /// Language models: an answer is a stream of tokens.
    Generative,
}

fn latency(id: &str, title: &str, of: Timed, threshold: f64, target: f64) -> Slo {
    Slo {
        id: Clean::new(id),
        title: Clean::new(title),
        target,
        period: None,
        service: None,
        sli: Sli::Latency { of, threshold },
        origin: Origin::BuiltIn,
    }
}

/// The objectives of a service that nobody wrote any for. A quantile is a share: P95 < 200 ms is 95 % under 200 ms.
#[must_use]
pub fn defaults(runtime: Runtime) -> Vec<Slo> {
    let mut all = vec![Slo {
        id: Clean::new("errors"),
        title: Clean::new("errors < 0.1 %"),
        target: 0.999,
        period: None,
        service: None,
        sli: Sli::Errors,
        origin: Origin::BuiltIn,
    }];
    match runtime {
        Runtime::Predictive => all.extend([
            latency("p50", "p50 < 50 ms", Timed::Request, 0.05, 0.5),
            latency("p95", "p95 < 200 ms", Timed::Request, 0.2, 0.95),
            latency("p99", "p99 < 500 ms", Timed::Request, 0.5, 0.99),
        ]),
        // a whole answer takes as long as it is: what a reader waits for is the first token and then the next
        Runtime::Generative => all.extend([
            latency(
                "ttft-p95",
                "first token p95 < 500 ms",
                Timed::FirstToken,
                0.5,
                0.95,
            ),
            latency(
                "itl-p95",
                "next token p95 < 50 ms",
                Timed::NextToken,
                0.05,
                0.95,
            ),
        ]),
    }
    all.push(Slo {
        id: Clean::new("cold-starts"),
        title: Clean::new("cold starts < 10 / h"),
        target: 1.0,
        period: None,
        service: None,
        sli: Sli::ColdStarts { per_hour: 10.0 },
        origin: Origin::BuiltIn,
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_put_in_each_of_its_places() {
        let query = "sum(rate(a{x=\"{{y}}\"}[{{.window}}])) / sum(rate(b[{{ .window }}]))";
        assert_eq!(
            windowed(query, "5m"),
            "sum(rate(a{x=\"{{y}}\"}[5m])) / sum(rate(b[5m]))"
        );
        assert_eq!(windowed("a{{.window", "5m"), "a{{.window");
    }

    #[test]
    fn budgets_are_without_noise() {
        let slo = &defaults(Runtime::Predictive)[0];
        assert_eq!(format!("{}", slo.budget()), "0.001");
    }
}
