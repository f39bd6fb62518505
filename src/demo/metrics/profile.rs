//! How much is asked of a service, when, and how well a model answers. Pure.
//!
//! Everything is a closed form of time: what a counter shows at a time weeks ago costs what it costs now.

use std::f64::consts::TAU;

use jiff::Timestamp;

/// Requests per second that one replica is given, where a service does not say.
pub(in crate::demo) const RATE_PER_REPLICA: f64 = 60.0;

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// How far requests rise and fall over a day.
const SWING: f64 = 0.35;
/// Second of the day, in UTC, at which they rise through their average: most is asked in the early afternoon.
const PEAK_RISES: f64 = 0.33 * DAY;
/// How far failures rise and fall, and how long that takes in seconds: below what keeps a counter from falling.
const WOBBLE: f64 = 0.3;
const WOBBLE_PERIOD: f64 = 2_400.0;

/// What measures a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meter {
    /// The mesh.
    Istio,
    /// The model server itself.
    Vllm,
    /// Nothing.
    Nobody,
}

/// What is asked of one service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    namespace: &'static str,
    name: &'static str,
    pub(super) meter: Meter,
    /// Requests per second while anything is asked, on average.
    rate: f64,
    /// Asked only now and then: seconds of a period, and of the part of it in which requests come.
    bursts: Option<(i64, i64)>,
}

const fn steady(namespace: &'static str, name: &'static str, rate: f64) -> Profile {
    Profile {
        namespace,
        name,
        meter: Meter::Istio,
        rate,
        bursts: None,
    }
}

const PROFILES: [Profile; 8] = [
    steady("ml-fraud", "fraud-scorer", 180.0),
    steady("ml-fraud", "fraud-graph", 24.0),
    steady("ml-churn", "churn-score", 35.0),
    Profile {
        meter: Meter::Vllm,
        ..steady("ml-churn", "churn-llm", 3.0)
    },
    steady("recsys", "ranker", 240.0),
    Profile {
        meter: Meter::Nobody,
        ..steady("ml-nlp", "intent", 12.0)
    },
    Profile {
        meter: Meter::Vllm,
        ..steady("ml-nlp", "assistant", 2.0)
    },
    Profile {
        bursts: Some((300, 110)),
        ..steady("recsys", "item-embed", 20.0)
    },
];

pub(super) fn of(namespace: &str, name: &str) -> Option<&'static Profile> {
    PROFILES
        .iter()
        .find(|p| p.namespace == namespace && p.name == name)
}

#[allow(clippy::cast_precision_loss)]
const fn float(n: i64) -> f64 {
    n as f64
}

impl Profile {
    /// Requests per second at a time, as the autoscaler sees them.
    fn rate_at(&self, second: i64) -> f64 {
        match self.bursts {
            Some((period, part)) if second.rem_euclid(period) >= part => 0.0,
            _ => self.rate,
        }
    }

    /// Requests from the epoch to a time in seconds.
    pub(super) fn requests(&self, at: f64) -> f64 {
        if let Some((period, part)) = self.bursts {
            let (period, part) = (float(period), float(part));
            return self.rate * ((at / period).floor() * part + at.rem_euclid(period).min(part));
        }
        let turn = TAU / DAY;
        self.rate * (at - SWING / turn * (turn * (at - PEAK_RISES)).cos())
    }

    /// What is added to the requests that failures are a share of: they come in waves, by night as by day, since what is
    /// added is a part of the requests of that time (the integral of both waves multiplied).
    pub(super) fn wobble(&self, at: f64) -> f64 {
        if self.bursts.is_some() {
            return 0.0;
        }
        let (day, wave) = (TAU / DAY, TAU / WOBBLE_PERIOD);
        let both = |turn: f64, by: f64| (turn * at - by).cos() / turn;
        let phase = day * PEAK_RISES;
        let shared = both(wave + day, phase) - both(wave - day, -phase);
        self.rate * WOBBLE * ((wave * at).sin() / wave - SWING / 2.0 * shared)
    }

    /// Replicas that are there for a share of the requests at a time.
    pub(super) fn replicas(
        &self,
        at: f64,
        share: f64,
        (least, most, each): (f64, f64, f64),
    ) -> f64 {
        #[allow(clippy::cast_possible_truncation)]
        let rate = self.rate_at(at as i64) * share;
        (rate / each).ceil().max(least).min(most)
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

/// How well a model answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    /// Share of requests that fail.
    pub(super) fails: f64,
    /// Half of the requests take less, in seconds.
    median: f64,
    /// How widely they are spread: of the logarithm of the time.
    spread: f64,
}

/// Models that are not like most: a part of their place, and how they answer.
const MODELS: [(&str, Quality); 6] = [
    ("fraud-scorer/42", good(0.21, 0.048, 0.95)),
    ("fraud-scorer/", good(0.000_8, 0.024, 0.62)),
    ("churn/8", good(0.05, 0.160, 0.90)),
    ("ranker/", good(0.000_15, 0.012, 0.55)),
    ("churn-summary", good(0.000_5, 1.9, 0.55)),
    ("assistant", good(0.000_4, 2.6, 0.60)),
];

const fn good(fails: f64, median: f64, spread: f64) -> Quality {
    Quality {
        fails,
        median,
        spread,
    }
}

/// How the model at a place answers.
pub(super) fn quality(uri: &str) -> Quality {
    let known = MODELS.iter().find(|(part, _)| uri.contains(part));
    known.map_or(good(0.000_4, 0.030, 0.60), |(_, q)| *q)
}

impl Quality {
    /// Share of requests that take at most so many seconds, times a factor for parts of a request.
    pub(super) fn within(&self, seconds: f64, part: f64) -> f64 {
        if seconds.is_infinite() {
            return 1.0;
        }
        normal((seconds / (self.median * part)).ln() / self.spread)
    }

    /// Seconds of a request on average.
    pub(super) fn mean(&self, part: f64) -> f64 {
        self.median * part * (self.spread * self.spread / 2.0).exp()
    }
}

/// The normal distribution (Abramowitz and Stegun 26.2.17; error below 7.5e-8).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let factors = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let sum = factors.iter().rev().fold(0.0, |sum, f| (sum + f) * t);
    let tail = (-x * x / 2.0).exp() / TAU.sqrt() * sum;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_a_day_are_the_rate_times_its_seconds_and_never_fall() {
        for profile in PROFILES.iter().filter(|p| p.bursts.is_none()) {
            let start = 1_795_000_000.0;
            let day = profile.requests(start + DAY) - profile.requests(start);
            assert!((day / (profile.rate * DAY) - 1.0).abs() < 1e-6, "{day}");
        }
        for profile in &PROFILES {
            let mut last = 0.0;
            for step in 0..2_000 {
                let at = 1_795_000_000.0 + f64::from(step) * 47.0;
                let count = profile.requests(at) + profile.wobble(at);
                assert!(count >= last, "{}", profile.name);
                last = count;
            }
        }
    }

    #[test]
    fn what_fails_stays_near_its_share_at_every_minute_of_the_day() {
        for profile in PROFILES.iter().filter(|p| p.bursts.is_none()) {
            for minute in 0..1_440 {
                let at = 1_795_046_400.0 + f64::from(minute) * 60.0;
                let asked = |at| profile.requests(at);
                let struck = |at| profile.requests(at) + profile.wobble(at);
                let share = (struck(at) - struck(at - 300.0)) / (asked(at) - asked(at - 300.0));
                assert!((share - 1.0).abs() < WOBBLE + 0.001, "{minute}: {share}");
            }
        }
    }

    #[test]
    fn the_normal_distribution_is_as_in_the_tables() {
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_345),
            (1.96, 0.975_002),
            (-1.0, 0.158_655),
        ] {
            assert!((normal(x) - p).abs() < 1e-6, "{x}");
        }
    }
}
