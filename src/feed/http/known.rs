//! The services beside Kubernetes that midwatch speaks to, and how they are recognised in a cluster. Pure.
//!
//! Labels and names are those that the operators and charts of these servers give; a name alone is a convention, so
//! what was found by it is asked before it is believed.

use crate::settings::matches;

/// One sort of service.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its name in the settings and in messages of the console.
    pub(crate) name: &'static str,
    /// Its name in sentences.
    pub(crate) title: &'static str,
    /// A label that says what a service is.
    pub(crate) label: Option<(&'static str, &'static str)>,
    /// Names that say so, as patterns; the likeliest first.
    pub(crate) names: &'static [&'static str],
    /// Ports it listens on; the likeliest first.
    pub(crate) ports: &'static [u16],
    /// What it answers when it is what it seems to be.
    pub(crate) probe: &'static str,
    /// Where in that answer its version stands; empty where the answer is the version.
    pub(crate) version: &'static str,
    /// Another sort of service that answers the same questions, looked for when this one is not there.
    pub(crate) or: Option<&'static Known>,
}

/// Prometheus. Where both are, it is asked rather than Thanos: that may count services of other clusters as well, whose
/// names are the same.
pub(crate) static PROMETHEUS: Known = Known {
    name: "prometheus",
    title: "Prometheus",
    label: Some(("operated-prometheus", "true")),
    names: &[
        "prometheus-operated",
        "prometheus-k8s",
        // the chart cuts the name of its release at 26 characters
        "*kube-prom*-prometheus",
        "prometheus-server",
        "*-prometheus-server",
        "prometheus",
    ],
    ports: &[9090, 80, 9091],
    probe: "/api/v1/status/buildinfo",
    version: "/data/version",
    or: Some(&THANOS),
};

/// Thanos Query.
pub(crate) static THANOS: Known = Known {
    name: "thanos",
    title: "Thanos",
    label: None,
    names: &[
        "thanos-query",
        "thanos-query-frontend",
        "thanos-querier",
        "*-thanos-query",
        "*-thanos-query-frontend",
    ],
    ports: &[9090, 10902, 9091, 80],
    probe: "/api/v1/status/buildinfo",
    version: "/data/version",
    or: None,
};

/// Alertmanager.
pub(crate) static ALERTMANAGER: Known = Known {
    name: "alertmanager",
    title: "Alertmanager",
    label: Some(("operated-alertmanager", "true")),
    names: &[
        "alertmanager-operated",
        "alertmanager-main",
        "*-alertmanager",
        "alertmanager",
    ],
    ports: &[9093, 80],
    probe: "/api/v2/status",
    version: "/versionInfo/version",
    or: None,
};

/// `MLflow`.
pub(crate) static MLFLOW: Known = Known {
    name: "mlflow",
    title: "MLflow",
    label: Some(("app.kubernetes.io/name", "mlflow")),
    names: &["mlflow", "mlflow-tracking", "mlflow-server", "*-mlflow"],
    ports: &[5000, 80],
    probe: "/version",
    version: "",
    or: None,
};

/// The DCGM exporter: a daemon set, each pod of which tells of the GPUs of its own node. Labelled by the GPU operator; the
/// chart only names it.
pub(crate) static DCGM: Known = Known {
    name: "dcgm",
    title: "DCGM exporter",
    label: Some(("app", "nvidia-dcgm-exporter")),
    names: &["nvidia-dcgm-exporter", "dcgm-exporter", "*-dcgm-exporter"],
    ports: &[9400],
    probe: "/metrics",
    version: "",
    or: None,
};

/// All of them that are looked for by themselves.
pub(crate) static ALL: &[&Known] = &[&PROMETHEUS, &ALERTMANAGER, &MLFLOW];

impl Known {
    /// An entry of the settings is about it: `prometheus`, or `prometheus-eu` for one of several.
    pub(crate) fn is_named(&self, entry: &str) -> bool {
        entry
            .strip_prefix(self.name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// How good the name of a service is for it, 0 for the best.
    pub(crate) fn by_name(&self, service: &str) -> Option<usize> {
        self.names
            .iter()
            .position(|pattern| matches(pattern, service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_the_names_that_charts_give() {
        for (known, name) in [
            (&PROMETHEUS, "prometheus-operated"),
            (&PROMETHEUS, "kube-prometheus-stack-prometheus"),
            (&PROMETHEUS, "monitoring-kube-prometheus-prometheus"),
            (&PROMETHEUS, "mon-kube-prometheus-sta-prometheus"),
            (&PROMETHEUS, "prometheus-server"),
            (&THANOS, "prod-thanos-query"),
            (&ALERTMANAGER, "mon-kube-prometheus-sta-alertmanager"),
            (&MLFLOW, "mlflow-tracking"),
        ] {
            assert!(known.by_name(name).is_some(), "{name}");
        }
        for (known, name) in [
            (&PROMETHEUS, "prometheus-node-exporter"),
            (&PROMETHEUS, "prometheus-operator"),
            (&PROMETHEUS, "prometheus-alertmanager"),
            (&ALERTMANAGER, "alertmanager-config-reloader"),
            (&MLFLOW, "mlflow-postgresql"),
        ] {
            assert_eq!(known.by_name(name), None, "{name}");
        }
    }

    #[test]
    fn one_of_several_is_named_with_something_behind() {
        assert!(PROMETHEUS.is_named("prometheus") && PROMETHEUS.is_named("prometheus-eu"));
        assert!(!PROMETHEUS.is_named("prometheuseu") && !PROMETHEUS.is_named("thanos"));
    }
}
