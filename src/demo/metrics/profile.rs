//! How much is asked of a service, and when. Pure.

use jiff::Timestamp;

/// Requests per second that one replica is given, where a service does not say.
pub(in crate::demo) const RATE_PER_REPLICA: f64 = 60.0;

/// What is asked of one service.
#[derive(Debug, Clone, Copy)]
struct Profile {
    namespace: &'static str,
    name: &'static str,
    /// Requests per second while anything is asked.
    rate: f64,
    /// Asked only now and then: seconds of a period, and of the part of it in which requests come.
    bursts: Option<(i64, i64)>,
}

const fn steady(namespace: &'static str, name: &'static str, rate: f64) -> Profile {
    Profile {
        namespace,
        name,
        rate,
        bursts: None,
    }
}

const PROFILES: [Profile; 8] = [
    steady("ml-fraud", "fraud-scorer", 180.0),
    steady("ml-fraud", "fraud-graph", 24.0),
    steady("ml-churn", "churn-score", 35.0),
    steady("ml-churn", "churn-llm", 3.0),
    steady("recsys", "ranker", 240.0),
    steady("ml-nlp", "intent", 12.0),
    steady("ml-nlp", "assistant", 2.0),
    Profile {
        bursts: Some((300, 110)),
        ..steady("recsys", "item-embed", 20.0)
    },
];

fn of(namespace: &str, name: &str) -> Option<&'static Profile> {
    PROFILES
        .iter()
        .find(|p| p.namespace == namespace && p.name == name)
}

impl Profile {
    /// Requests per second at a time, as the autoscaler sees them.
    fn rate_at(&self, second: i64) -> f64 {
        match self.bursts {
            Some((period, part)) if second.rem_euclid(period) >= part => 0.0,
            _ => self.rate,
        }
    }
}

/// Requests per second that a service gets at a time; none that nobody knows of.
pub(in crate::demo) fn load(namespace: &str, name: &str, at: Timestamp) -> f64 {
    of(namespace, name).map_or(0.0, |p| p.rate_at(at.as_second()))
}

/// When the load of a service begins or ends next; none where it is steady.
pub(in crate::demo) fn next_edge(namespace: &str, name: &str, at: Timestamp) -> Option<Timestamp> {
    let (period, part) = of(namespace, name)?.bursts?;
    let now = at.as_second();
    let into = now.rem_euclid(period);
    let wait = if into < part {
        part - into
    } else {
        period - into
    };
    Timestamp::from_second(now + wait).ok()
}
