//! The series that the Prometheus of the platform holds, and what each shows at a time. Pure.
//!
//! The mesh tells of Knative services and of Standard ones, vLLM of language models, Knative's autoscaler of replicas.
//! Counters are integrals of what was asked, so they reach back as far as their revision does.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::exporters::Maker;
use super::profile::{self, Meter, Profile};
use super::routes::Routes;

/// Labels of a series, its name among them.
pub(super) type Labels = BTreeMap<String, String>;

/// Seconds between two scrapes.
pub(super) const SCRAPE: f64 = 15.0;
/// The server keeps so many seconds.
const RETENTION: f64 = 45.0 * 86_400.0;

/// The exporters of GPUs have been there for so many seconds.
const DCGM: f64 = 3.0 * 86_400.0;

/// One revision's part of the requests over time.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) profile: &'static Profile,
    /// From, to, share.
    pub(super) spans: Vec<(f64, f64, f64)>,
}

impl Flow {
    /// Requests up to a time, and what failures are a share of.
    fn until(&self, at: f64) -> (f64, f64) {
        let mut requests = 0.0;
        let mut waves = 0.0;
        for (from, to, share) in self.spans.iter().filter(|(from, ..)| *from < at) {
            let to = to.min(at);
            requests += share * (self.profile.requests(to) - self.profile.requests(*from));
            waves += share * (self.profile.wobble(to) - self.profile.wobble(*from));
        }
        (requests, requests + waves)
    }

    fn share(&self, at: f64) -> f64 {
        let span = self
            .spans
            .iter()
            .find(|(from, to, _)| *from <= at && at < *to);
        span.map_or(0.0, |(_, _, share)| *share)
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    /// So much for each request that succeeds, and for each that fails; whole numbers only where it counts.
    Count {
        flow: Rc<Flow>,
        good: f64,
        bad: f64,
        whole: bool,
    },
    /// Replicas: least, most, requests per second of each.
    Replicas {
        flow: Rc<Flow>,
        scale: (f64, f64, f64),
    },
    Constant(f64),
    /// Up and down around a base, never below nothing.
    Wave {
        base: f64,
        swing: f64,
        phase: f64,
    },
    /// Nothing before a time, so much from then on.
    Step {
        at: f64,
        after: f64,
    },
}

/// A series.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) labels: Labels,
    /// First and last sample.
    pub(super) from: f64,
    pub(super) to: f64,
    /// Share of requests that fail.
    pub(super) fails: f64,
    pub(super) kind: Kind,
}

impl Series {
    pub(super) fn is_counter(&self) -> bool {
        matches!(self.kind, Kind::Count { .. })
    }

    /// What the last scrape at or before a time saw; none before the first and after the last.
    pub(super) fn at(&self, time: f64) -> Option<f64> {
        let scraped = (time / SCRAPE).floor() * SCRAPE;
        if scraped < self.from || scraped > self.to {
            return None;
        }
        Some(match &self.kind {
            Kind::Constant(value) => *value,
            Kind::Wave { base, swing, phase } => {
                let turn = (scraped / 211.0 + phase).sin() + (scraped / 47.0 + 2.0 * phase).sin();
                (base + swing * turn / 2.0).max(0.0)
            }
            Kind::Step { at, after } if scraped >= *at => *after,
            Kind::Step { .. } => 0.0,
            Kind::Replicas { flow, scale } => {
                let share = flow.share(scraped);
                if share > 0.0 {
                    flow.profile.replicas(scraped, share, *scale)
                } else {
                    0.0
                }
            }
            Kind::Count {
                flow,
                good,
                bad,
                whole,
            } => {
                let (requests, waves) = flow.until(scraped);
                let failed = (self.fails * waves).min(requests);
                let sum = good * (requests - failed) + bad * failed;
                if *whole { sum.floor() } else { sum }
            }
        })
    }
}

/// Least and most replicas of a revision, and requests per second of each.
pub(in crate::demo) type Scale = (f64, f64, f64);

/// What the series stand on, besides the traffic.
pub(in crate::demo) struct Ground<'a> {
    /// Unix seconds now.
    pub(in crate::demo) now: f64,
    /// Scale of a revision by its namespace and name; none where it is no revision.
    pub(in crate::demo) scale: &'a dyn Fn(&str, &str) -> Option<Scale>,
    /// A pod of a service, for what servers tell themselves.
    pub(in crate::demo) pod: &'a dyn Fn(&str, &str) -> Option<String>,
    /// The GPUs, and who has them.
    pub(in crate::demo) devices: &'a [super::dcgm::Device],
    /// How far what models are asked is from what they learnt.
    pub(in crate::demo) drifts: &'a [Drift],
}

/// How far what a model is asked is from what it learnt, and the template that trains it anew.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Drift {
    pub(in crate::demo) namespace: String,
    pub(in crate::demo) template: String,
    pub(in crate::demo) model: String,
    /// Population stability index; 0.2 and more is far.
    pub(in crate::demo) psi: f64,
}

/// The check of features has run for so many seconds.
const CHECKED: f64 = 6.0 * 3_600.0;

fn drift(drift: &Drift, now: f64) -> Series {
    Series {
        labels: labels(&[
            ("__name__", "model_feature_drift_psi"),
            ("job", "drift-check"),
            ("instance", "10.244.5.7:9100"),
            ("namespace", &drift.namespace),
            ("model", &drift.model),
            ("workflow_template", &drift.template),
        ]),
        from: now - CHECKED,
        to: f64::INFINITY,
        fails: 0.0,
        kind: Kind::Constant(drift.psi),
    }
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    let own = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    own.collect()
}

/// All series.
pub(super) fn all(routes: &Routes, ground: &Ground<'_>) -> Vec<Series> {
    let mut out = Vec::new();
    let up = |job: &str, instance: &str, namespace: &str| Series {
        labels: labels(&[
            ("__name__", "up"),
            ("job", job),
            ("instance", instance),
            ("namespace", namespace),
        ]),
        from: ground.now - RETENTION,
        to: f64::INFINITY,
        fails: 0.0,
        kind: Kind::Constant(1.0),
    };
    out.push(up("prometheus", "localhost:9090", "monitoring"));
    out.push(up("envoy-stats", "10.244.3.4:15020", "istio-system"));
    out.push(up(
        "knative-autoscaler",
        "10.244.2.9:9090",
        "knative-serving",
    ));
    super::dcgm::all(ground.devices, ground.now - DCGM, &mut out);
    out.extend(ground.drifts.iter().map(|d| drift(d, ground.now)));
    for (namespace, service, spans) in routes.flows(ground.now - RETENTION) {
        let Some(profile) = profile::of(&namespace, &service) else {
            continue;
        };
        for (revision, uri, spans) in spans {
            let (Some(first), Some(last)) = (spans.first().map(|s| s.0), spans.last().map(|s| s.1))
            else {
                continue;
            };
            let maker = Maker {
                namespace: &namespace,
                service: &service,
                revision: &revision,
                quality: profile::quality(&uri),
                flow: Rc::new(Flow { profile, spans }),
                span: (first, last),
            };
            if let Some(scale) = (ground.scale)(&namespace, &revision) {
                out.push(maker.replicas(scale));
            }
            match profile.meter {
                Meter::Istio => maker.istio(&mut out),
                Meter::Vllm => maker.vllm((ground.pod)(&namespace, &service), &mut out),
                Meter::Nobody => {}
            }
        }
    }
    out
}
