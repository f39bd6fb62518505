//! Where figures come from: the metrics that model servers, Knative and Istio really expose, and how their labels name
//! a service. Pure. The order of [`SOURCES`] is the order of preference: the first that has data for a service is used.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Answer;
use super::objective::Timed;

/// Labels of a series.
pub type LabelSet = BTreeMap<String, String>;

/// A service: namespace and name, as labels tell them. From outside: not safe to show.
pub type Service = (String, String);

/// What a source can tell of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tells {
    /// Requests and those that failed.
    Errors,
    /// Requests by how long they took.
    Latency(Timed),
    /// Replicas, and with them starts from zero.
    Replicas,
}

/// How its series are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// A counter with the status code of the answer in this label (`503`, or its class `5xx`).
    Codes(&'static str),
    /// A counter of successes, and another one of failures.
    Outcomes {
        /// The counter of failures.
        failed: &'static str,
    },
    /// A histogram; its bounds times this are seconds.
    Buckets(f64),
    /// A sum of durations and nothing else: no share can be told.
    MeanOnly,
    /// A gauge.
    Gauge,
}

/// How labels name a service.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// The labels that are needed for it.
    pub labels: &'static [&'static str],
    /// The label with the revision; none where revisions cannot be told apart.
    pub revision: Option<&'static str>,
    /// The label with the namespace, and the one with the component, as recording rules read them.
    pub place: (&'static str, &'static str),
    /// The names stand in `target_info` only, which is joined.
    pub joined: bool,
    /// Reads the service out of them.
    pub service: fn(&LabelSet) -> Option<Service>,
}

/// A metric that tells something of services.
#[derive(Debug)]
pub struct Source {
    /// Unique; part of the ids of queries.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// What it tells.
    pub tells: Tells,
    /// Name of the metric; of the buckets where it is a histogram.
    pub metric: &'static str,
    /// Matchers that always apply, without braces; may be empty.
    pub select: &'static str,
    /// How it is read.
    pub form: Form,
    /// How its labels name a service.
    pub naming: &'static Naming,
}

static KNATIVE_OLD: Naming = Naming {
    labels: &["namespace_name", "configuration_name"],
    revision: Some("revision_name"),
    place: ("namespace_name", "configuration_name"),
    joined: false,
    service: |l| named(l, &["namespace_name"], "configuration_name"),
};

static KNATIVE_JOINED: Naming = Naming {
    labels: &["k8s_namespace_name", "namespace", "kn_service_name"],
    revision: Some("kn_revision_name"),
    place: ("k8s_namespace_name", "kn_service_name"),
    joined: true,
    service: |l| named(l, &["k8s_namespace_name", "namespace"], "kn_service_name"),
};

static KNATIVE_SCALE: Naming = Naming {
    labels: &["k8s_namespace_name", "kn_service_name"],
    revision: Some("kn_revision_name"),
    place: ("k8s_namespace_name", "kn_service_name"),
    joined: false,
    service: |l| named(l, &["k8s_namespace_name"], "kn_service_name"),
};

static ISTIO: Naming = Naming {
    labels: &[
        "destination_service_namespace",
        "destination_canonical_service",
    ],
    revision: Some("destination_canonical_revision"),
    place: (
        "destination_service_namespace",
        "destination_canonical_service",
    ),
    joined: false,
    service: |l| {
        named(
            l,
            &["destination_service_namespace"],
            "destination_canonical_service",
        )
    },
};

static KSERVE: Naming = Naming {
    labels: &["namespace", "configuration_name", "model_name"],
    revision: Some("revision_name"),
    place: ("namespace", "model_name"),
    joined: false,
    service: |l| named(l, &["namespace"], "configuration_name").or_else(|| plain(l, "model_name")),
};

static MODEL: Naming = Naming {
    labels: &["namespace", "pod", "model_name"],
    revision: None,
    place: ("namespace", "model_name"),
    joined: false,
    service: |l| of_pod(l).or_else(|| plain(l, "model_name")),
};

static POD: Naming = Naming {
    labels: &["namespace", "pod"],
    revision: None,
    place: ("namespace", "pod"),
    joined: false,
    service: of_pod,
};

static TRITON: Naming = Naming {
    labels: &["namespace", "pod", "model"],
    revision: None,
    place: ("namespace", "model"),
    joined: false,
    service: |l| of_pod(l).or_else(|| plain(l, "model")),
};

/// Pods of services: `{service}-predictor-…` of an `InferenceService`, `{service}-kserve-…` of an
/// `LLMInferenceService`.
const SERVING_PODS: &str = r#"pod=~".+-predictor-.+|.+-kserve-.+""#;

const fn source(
    id: &'static str,
    name: &'static str,
    tells: Tells,
    (metric, select): (&'static str, &'static str),
    (form, naming): (Form, &'static Naming),
) -> Source {
    Source {
        id,
        name,
        tells,
        metric,
        select,
        form,
        naming,
    }
}

const REQUEST: Tells = Tells::Latency(Timed::Request);
const MILLI: f64 = 0.001;

/// Label of the status code in the OpenTelemetry generations of Knative.
const OTEL_CODE: Form = Form::Codes("http_response_status_code");
const ISTIO_CODE: Form = Form::Codes("response_code");
/// A status of 0 is a client that went away before there was an answer: neither good nor bad.
const TO: &str = r#"reporter="destination",response_code!="0""#;
const VIA: &str = r#"reporter="waypoint",response_code!="0""#;
const FROM: &str = r#"reporter="source",response_code!="0""#;

/// All sources, the preferred first. One reporter of Istio at a time: both count the same request.
#[rustfmt::skip]
pub static SOURCES: &[Source] = &[
    source("knative-errors", "Knative", Tells::Errors,
        ("kn_serving_invocation_duration_seconds_count", ""), (OTEL_CODE, &KNATIVE_JOINED)),
    source("knative-119-errors", "Knative 1.19", Tells::Errors,
        ("kn_queueproxy_app_duration_seconds_count", ""), (OTEL_CODE, &KNATIVE_JOINED)),
    source("knative-118-errors", "Knative up to 1.18", Tells::Errors,
        ("revision_request_count", ""), (Form::Codes("response_code_class"), &KNATIVE_OLD)),
    source("istio-errors", "Istio", Tells::Errors,
        ("istio_requests_total", TO), (ISTIO_CODE, &ISTIO)),
    source("istio-waypoint-errors", "Istio's waypoint", Tells::Errors,
        ("istio_requests_total", VIA), (ISTIO_CODE, &ISTIO)),
    source("istio-client-errors", "Istio's clients", Tells::Errors,
        ("istio_requests_total", FROM), (ISTIO_CODE, &ISTIO)),
    source("http-errors", "the server's HTTP metrics", Tells::Errors,
        ("http_requests_total", SERVING_PODS), (Form::Codes("status"), &POD)),
    source("triton-errors", "Triton", Tells::Errors,
        ("nv_inference_request_success", ""), (Form::Outcomes { failed: "nv_inference_request_failure" }, &TRITON)),

    source("knative-time", "Knative", REQUEST,
        ("kn_serving_invocation_duration_seconds_bucket", ""), (Form::Buckets(1.0), &KNATIVE_JOINED)),
    source("knative-119-time", "Knative 1.19", REQUEST,
        ("kn_queueproxy_app_duration_seconds_bucket", ""), (Form::Buckets(1.0), &KNATIVE_JOINED)),
    source("knative-118-time", "Knative up to 1.18", REQUEST,
        ("revision_request_latencies_bucket", ""), (Form::Buckets(MILLI), &KNATIVE_OLD)),
    source("istio-time", "Istio", REQUEST,
        ("istio_request_duration_milliseconds_bucket", TO), (Form::Buckets(MILLI), &ISTIO)),
    source("istio-otel-time", "Istio", REQUEST,
        ("istio_request_duration_seconds_bucket", TO), (Form::Buckets(1.0), &ISTIO)),
    source("istio-waypoint-time", "Istio's waypoint", REQUEST,
        ("istio_request_duration_milliseconds_bucket", VIA), (Form::Buckets(MILLI), &ISTIO)),
    source("istio-client-time", "Istio's clients", REQUEST,
        ("istio_request_duration_milliseconds_bucket", FROM), (Form::Buckets(MILLI), &ISTIO)),
    source("kserve-time", "KServe's model server, without pre- and postprocessing", REQUEST,
        ("request_predict_seconds_bucket", ""), (Form::Buckets(1.0), &KSERVE)),
    source("vllm-time", "vLLM", REQUEST,
        ("vllm:e2e_request_latency_seconds_bucket", ""), (Form::Buckets(1.0), &MODEL)),
    source("triton-time", "Triton", REQUEST,
        ("nv_inference_request_duration_us", ""), (Form::MeanOnly, &TRITON)),

    source("vllm-first-token", "vLLM", Tells::Latency(Timed::FirstToken),
        ("vllm:time_to_first_token_seconds_bucket", ""), (Form::Buckets(1.0), &MODEL)),
    source("vllm-next-token", "vLLM", Tells::Latency(Timed::NextToken),
        ("vllm:inter_token_latency_seconds_bucket", ""), (Form::Buckets(1.0), &MODEL)),
    source("vllm-output-token", "vLLM before 0.11", Tells::Latency(Timed::NextToken),
        ("vllm:time_per_output_token_seconds_bucket", ""), (Form::Buckets(1.0), &MODEL)),

    source("knative-pods", "Knative's autoscaler", Tells::Replicas,
        ("kn_revision_pods_count", ""), (Form::Gauge, &KNATIVE_SCALE)),
    source("knative-118-pods", "Knative's autoscaler up to 1.18", Tells::Replicas,
        ("autoscaler_actual_pods", ""), (Form::Gauge, &KNATIVE_OLD)),
];

impl Source {
    /// Which reporter of Istio it reads; none when it is no metric of Istio's.
    #[must_use]
    pub fn reporter(&self) -> Option<&'static str> {
        let rest = self.select.strip_prefix("reporter=\"")?;
        rest.split('"').next()
    }

    /// `Istio, istio_requests_total`: what a figure is said to come from.
    #[must_use]
    pub fn told(&self) -> String {
        let metric = self.metric.strip_suffix("_bucket").unwrap_or(self.metric);
        format!("{}, {metric}", self.name)
    }

    /// Its matchers with another one, in braces; nothing when there are none.
    #[must_use]
    pub fn matchers(&self, more: &str) -> String {
        match (self.select, more) {
            ("", "") => String::new(),
            (one, "") | ("", one) => format!("{{{one}}}"),
            (one, two) => format!("{{{one},{two}}}"),
        }
    }
}

/// A failure of the server: 5xx, as a code or as a class.
#[must_use]
pub fn is_failure(code: &str) -> bool {
    code.len() == 3 && code.starts_with('5')
}

/// Metrics there are, each with its reporter of Istio (empty for others).
#[must_use]
pub fn names_of(answer: &Answer) -> BTreeSet<(String, String)> {
    let label = |labels: &LabelSet, name: &str| labels.get(name).cloned().unwrap_or_default();
    let pair = |labels| (label(labels, "__name__"), label(labels, "reporter"));
    answer.samples.iter().map(|s| pair(&s.labels)).collect()
}

fn text<'a>(labels: &'a LabelSet, name: &str) -> Option<&'a str> {
    labels
        .get(name)
        .map(String::as_str)
        .filter(|v| !v.is_empty() && *v != "unknown")
}

/// The service behind the name of a component.
fn named(labels: &LabelSet, namespaces: &[&str], name: &str) -> Option<Service> {
    let namespace = namespaces.iter().find_map(|n| text(labels, n))?;
    let service = service_of(text(labels, name)?)?;
    Some((namespace.to_owned(), service.to_owned()))
}

/// A model's name is the service's, unless somebody gave it another one.
fn plain(labels: &LabelSet, name: &str) -> Option<Service> {
    let namespace = text(labels, "namespace")?;
    Some((namespace.to_owned(), text(labels, name)?.to_owned()))
}

fn of_pod(labels: &LabelSet) -> Option<Service> {
    let namespace = text(labels, "namespace")?;
    let pod = text(labels, "pod")?;
    let (service, _) = pod
        .rsplit_once("-predictor-")
        .or_else(|| pod.rsplit_once("-kserve-"))?;
    (!service.is_empty()).then(|| (namespace.to_owned(), service.to_owned()))
}

/// The service that a component belongs to, by the component's name: `fraud-scorer-predictor` (with `-default` before
/// `KServe` 0.12; with `isvc.` before it as the `app` label of Standard mode). Transformers and explainers answer the
/// same requests once more and are not counted.
#[must_use]
pub fn service_of(component: &str) -> Option<&str> {
    let name = component.strip_prefix("isvc.").unwrap_or(component);
    let ends = |part: &str| {
        let long = name.strip_suffix("-default");
        name.strip_suffix(part)
            .or_else(|| long.and_then(|n| n.strip_suffix(part)))
    };
    if ends("-transformer").or(ends("-explainer")).is_some() {
        return None;
    }
    Some(ends("-predictor").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> LabelSet {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn components_lead_to_their_service() {
        for (component, service) in [
            ("fraud-scorer-predictor", Some("fraud-scorer")),
            ("fraud-scorer-predictor-default", Some("fraud-scorer")),
            ("isvc.churn-predictor", Some("churn")),
            ("fraud-scorer-transformer", None),
            ("fraud-scorer-transformer-default", None),
            ("ranker", Some("ranker")),
            ("my-default", Some("my-default")),
        ] {
            assert_eq!(service_of(component), service, "{component}");
        }
    }

    #[test]
    fn pods_lead_to_their_service() {
        let pod = |name: &str| of_pod(&labels(&[("namespace", "ml"), ("pod", name)]));
        let ml = |name: &str| Some(("ml".to_owned(), name.to_owned()));
        assert_eq!(pod("churn-predictor-6d8f-x2x"), ml("churn"));
        assert_eq!(pod("llama-kserve-abc-1"), ml("llama"));
        assert_eq!(pod("argocd-server-1"), None);
    }

    #[test]
    fn what_istio_does_not_know_is_no_service() {
        let of = ISTIO.service;
        let unknown = labels(&[
            ("destination_service_namespace", "ml"),
            ("destination_canonical_service", "unknown"),
        ]);
        assert_eq!(of(&unknown), None);
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = SOURCES.iter().map(|s| s.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), SOURCES.len());
    }
}
