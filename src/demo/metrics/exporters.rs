//! The metrics of the mesh, of vLLM and of Knative's autoscaler, as they really name them. Pure.

use std::rc::Rc;

use super::profile::Quality;
use super::series::{Flow, Kind, Labels, Series, labels};

/// Upper bounds of the buckets of Istio, in milliseconds.
const ISTIO: [f64; 20] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
    f64::INFINITY,
];
/// Of vLLM's whole requests, in seconds.
const WHOLE: [f64; 21] = [
    0.3,
    0.5,
    0.8,
    1.0,
    1.5,
    2.0,
    2.5,
    5.0,
    10.0,
    15.0,
    20.0,
    30.0,
    40.0,
    50.0,
    60.0,
    120.0,
    240.0,
    480.0,
    960.0,
    1_920.0,
    f64::INFINITY,
];
/// Of its first tokens.
const FIRST: [f64; 16] = [
    0.001,
    0.005,
    0.01,
    0.02,
    0.04,
    0.06,
    0.08,
    0.1,
    0.25,
    0.5,
    0.75,
    1.0,
    2.5,
    5.0,
    10.0,
    f64::INFINITY,
];
/// Of the tokens after it.
const NEXT: [f64; 14] = [
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.15,
    0.2,
    0.3,
    0.4,
    0.5,
    0.75,
    1.0,
    2.5,
    f64::INFINITY,
];
/// Their times as parts of the whole, and tokens of an answer.
const FIRST_PART: f64 = 0.06;
const NEXT_PART: f64 = 0.006;
const TOKENS: f64 = 90.0;

/// Makes the series of one revision.
pub(super) struct Maker<'a> {
    pub(super) namespace: &'a str,
    pub(super) service: &'a str,
    pub(super) revision: &'a str,
    pub(super) quality: Quality,
    pub(super) flow: Rc<Flow>,
    pub(super) span: (f64, f64),
}

impl Maker<'_> {
    fn series(&self, labels: Labels, (good, bad): (f64, f64), whole: bool) -> Series {
        let flow = self.flow.clone();
        self.of(
            labels,
            Kind::Count {
                flow,
                good,
                bad,
                whole,
            },
        )
    }

    fn of(&self, labels: Labels, kind: Kind) -> Series {
        Series {
            labels,
            from: self.span.0,
            to: self.span.1,
            fails: self.quality.fails,
            kind,
        }
    }

    fn predictor(&self) -> String {
        format!("{}-predictor", self.service)
    }

    pub(super) fn replicas(&self, scale: (f64, f64, f64)) -> Series {
        let predictor = self.predictor();
        let own = labels(&[
            ("__name__", "kn_revision_pods_count"),
            ("k8s_namespace_name", self.namespace),
            ("kn_service_name", &predictor),
            ("kn_configuration_name", &predictor),
            ("kn_revision_name", self.revision),
            ("namespace", "knative-serving"),
            ("job", "knative-autoscaler"),
            ("instance", "10.244.2.9:9090"),
        ]);
        let flow = self.flow.clone();
        self.of(own, Kind::Replicas { flow, scale })
    }

    /// What the mesh tells, seen from both ends of a request.
    pub(super) fn istio(&self, out: &mut Vec<Series>) {
        for reporter in ["destination", "source"] {
            for (code, weights) in [("200", (1.0, 0.0)), ("500", (0.0, 1.0))] {
                let base = self.istio_labels(reporter, code);
                let named = |name: &str| {
                    let mut own = base.clone();
                    own.insert("__name__".to_owned(), name.to_owned());
                    own
                };
                let scaled = |by: f64| (weights.0 * by, weights.1 * by);
                out.push(self.series(named("istio_requests_total"), weights, true));
                out.push(self.series(
                    named("istio_request_duration_milliseconds_count"),
                    weights,
                    true,
                ));
                let mean = self.quality.mean(1.0) * 1_000.0;
                out.push(self.series(
                    named("istio_request_duration_milliseconds_sum"),
                    scaled(mean),
                    false,
                ));
                for le in ISTIO {
                    let share = self.quality.within(le / 1_000.0, 1.0);
                    let mut own = named("istio_request_duration_milliseconds_bucket");
                    own.insert("le".to_owned(), bound(le));
                    out.push(self.series(own, scaled(share), true));
                }
            }
        }
    }

    fn istio_labels(&self, reporter: &str, code: &str) -> Labels {
        let predictor = self.predictor();
        let service = format!("{}.{}.svc.cluster.local", self.revision, self.namespace);
        let workload = format!("{}-deployment", self.revision);
        labels(&[
            ("job", "envoy-stats"),
            ("instance", "10.244.3.4:15020"),
            ("reporter", reporter),
            ("source_workload", "istio-ingressgateway"),
            ("source_workload_namespace", "istio-system"),
            ("destination_service", &service),
            ("destination_service_name", self.revision),
            ("destination_service_namespace", self.namespace),
            ("destination_workload", &workload),
            ("destination_workload_namespace", self.namespace),
            ("destination_canonical_service", &predictor),
            ("destination_canonical_revision", self.revision),
            ("request_protocol", "http"),
            ("response_code", code),
            ("response_flags", "-"),
            (
                "connection_security_policy",
                if reporter == "destination" {
                    "mutual_tls"
                } else {
                    "unknown"
                },
            ),
        ])
    }

    /// What the model server tells.
    pub(super) fn vllm(&self, pod: Option<String>, out: &mut Vec<Series>) {
        let Some(pod) = pod else {
            return;
        };
        let base = |name: &str| {
            labels(&[
                ("__name__", name),
                ("model_name", self.service),
                ("engine", "0"),
                ("namespace", self.namespace),
                ("pod", &pod),
                ("container", "kserve-container"),
                ("job", "vllm"),
                ("instance", "10.244.7.21:8000"),
            ])
        };
        for (reason, weights) in [("stop", (1.0, 0.0)), ("abort", (0.0, 1.0))] {
            let mut own = base("vllm:request_success_total");
            own.insert("finished_reason".to_owned(), reason.to_owned());
            out.push(self.series(own, weights, true));
        }
        for (code, weights) in [("2xx", (1.0, 0.0)), ("5xx", (0.0, 1.0))] {
            let mut own = base("http_requests_total");
            own.insert("status".to_owned(), code.to_owned());
            own.insert("handler".to_owned(), "/v1/chat/completions".to_owned());
            own.insert("method".to_owned(), "POST".to_owned());
            out.push(self.series(own, weights, true));
        }
        out.push(self.series(base("vllm:generation_tokens_total"), (TOKENS, 0.0), true));
        let histograms: [(&str, &[f64], f64, f64); 3] = [
            ("vllm:e2e_request_latency_seconds", &WHOLE, 1.0, 1.0),
            ("vllm:time_to_first_token_seconds", &FIRST, FIRST_PART, 1.0),
            ("vllm:inter_token_latency_seconds", &NEXT, NEXT_PART, TOKENS),
        ];
        for (name, bounds, part, each) in histograms {
            out.push(self.series(base(&format!("{name}_count")), (each, 0.0), true));
            let mean = self.quality.mean(part) * each;
            out.push(self.series(base(&format!("{name}_sum")), (mean, 0.0), false));
            for le in bounds {
                let mut own = base(&format!("{name}_bucket"));
                own.insert("le".to_owned(), bound(*le));
                out.push(self.series(own, (self.quality.within(*le, part) * each, 0.0), true));
            }
        }
    }
}

/// A bound as Prometheus writes it.
fn bound(le: f64) -> String {
    if le.is_infinite() {
        "+Inf".to_owned()
    } else {
        le.to_string()
    }
}
