//! A Prometheus that knows counts in windows, and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use midwatch::domain::ClusterId;
use midwatch::fault::{Fault, FaultKind};
use midwatch::slo::{Answer, Asks, Query, Sample, Series};

/// Labels and value of a series.
pub type Point = (Vec<(&'static str, &'static str)>, f64);

/// What a metric counted in a window; the window in words (`5m`).
type Counts = Box<dyn Fn(&str, &str) -> Vec<Point>>;

/// The server.
pub struct Server {
    pub metrics: Vec<(&'static str, &'static str)>,
    pub counts: Counts,
    /// Windows for which nothing but a fault comes back.
    pub broken: Vec<&'static str>,
    pub warning: Option<&'static str>,
    /// Days of data that there are.
    pub days: u32,
    pub asked: Vec<String>,
}

impl Server {
    pub fn new(
        metrics: &[(&'static str, &'static str)],
        counts: impl Fn(&str, &str) -> Vec<Point> + 'static,
    ) -> Self {
        Self {
            metrics: metrics.to_vec(),
            counts: Box::new(counts),
            broken: Vec::new(),
            warning: None,
            days: 60,
            asked: Vec::new(),
        }
    }

    /// Answers until nothing is due.
    pub fn serve<A: Asks>(&mut self, asks: &mut A, now: Timestamp) -> usize {
        let mut count = 0;
        loop {
            let due = asks.due(now);
            if due.is_empty() {
                return count;
            }
            for query in due {
                count += 1;
                self.asked.push(query.promql.clone());
                let answer = self.answer(&query, now);
                asks.answered(&query.id, answer, now);
            }
        }
    }

    fn answer(&self, query: &Query, now: Timestamp) -> Result<Answer, Fault> {
        let text = &query.promql;
        if text.starts_with("count by (__name__") {
            let one = |(name, reporter): &(&'static str, &'static str)| {
                sample(&[("__name__", *name), ("reporter", *reporter)], 1.0)
            };
            return Ok(Answer {
                samples: self.metrics.iter().map(one).collect(),
                ..Answer::default()
            });
        }
        let window = between(text, "[", "]").unwrap_or("now");
        if self.broken.contains(&window) {
            return Err(Fault::new(
                "prometheus",
                FaultKind::Timeout,
                "no answer within 10 s",
                now,
            ));
        }
        let points = self.points(text, window);
        let mut answer = Answer::default();
        if let Some(warning) = self.warning {
            answer.warnings.push(warning.into());
        }
        let Some(span) = query.span else {
            answer.samples = points.iter().map(|(l, v)| sample(l, *v)).collect();
            return Ok(answer);
        };
        let end = now.as_second();
        let first = end - i64::from(span.seconds.min(self.days * 86_400));
        let step = usize::try_from(span.step).unwrap();
        #[allow(clippy::cast_precision_loss)]
        let times: Vec<f64> = (first..=end).step_by(step).map(|t| t as f64).collect();
        answer.series = points
            .iter()
            .map(|(l, v)| Series {
                labels: labels(l),
                points: times.iter().map(|t| (*t, *v)).collect(),
            })
            .collect();
        Ok(answer)
    }

    fn points(&self, text: &str, window: &str) -> Vec<Point> {
        let start = ["increase(", "resets((", ") ("]
            .iter()
            .find_map(|before| text.split_once(before))
            .map_or(text, |(_, rest)| rest);
        let metric: String = start
            .chars()
            .take_while(|c| c.is_alphanumeric() || "_:".contains(*c))
            .collect();
        (self.counts)(&metric, window)
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    Some(rest.split_once(close)?.0)
}

fn labels(of: &[(&'static str, &'static str)]) -> BTreeMap<String, String> {
    of.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn sample(of: &[(&'static str, &'static str)], value: f64) -> Sample {
    Sample {
        labels: labels(of),
        at: 0.0,
        value,
    }
}

pub fn now() -> Timestamp {
    "2026-11-21T16:00:00Z".parse().unwrap()
}

pub fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

pub fn prod() -> ClusterId {
    ClusterId::new("prod-eu")
}

/// Seconds of a window in words.
pub fn seconds(window: &str) -> f64 {
    let (number, unit) = window.split_at(window.len() - 1);
    let unit = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 86_400.0,
    };
    number.parse::<f64>().unwrap() * unit
}
