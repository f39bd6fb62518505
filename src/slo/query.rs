//! The queries that read a [`Source`]. Pure. All are grouped by service: one query tells of every service there is.

use super::promql::{duration, one_of};
use super::source::{Form, Naming, Source};

/// The counts of a source in a window, by service and by these labels; only series that match `more`.
#[must_use]
pub fn counted(source: &Source, more: &str, by: &[&str], window: u32) -> String {
    if let Form::Outcomes { failed } = source.form {
        let good = increase(source, source.metric, more, by, window);
        // a request that its client gave up is nobody's failure
        let kept = match more {
            "" => r#"reason!="CANCELED""#.to_owned(),
            some => format!(r#"{some},reason!="CANCELED""#),
        };
        let bad = increase(source, failed, &kept, by, window);
        return format!(
            r#"label_replace({good}, "outcome", "good", "", "") or label_replace({bad}, "outcome", "bad", "", "")"#
        );
    }
    let mut labels = by.to_vec();
    match source.form {
        Form::Codes(code) => labels.push(code),
        Form::Buckets(_) => labels.push("le"),
        _ => {}
    }
    increase(source, source.metric, more, &labels, window)
}

/// The counts of some revisions in a window, by revision: those that match `only`.
#[must_use]
pub fn of_revisions(source: &Source, only: &str, revision: &str, window: u32) -> String {
    if source.naming.joined {
        // its own series do not name the revision: what is joined has to
        let all = counted(source, "", &[revision], window);
        all.replace(NAMED, only)
    } else {
        counted(source, only, &[revision], window)
    }
}

/// The matcher of what is joined: only what names a revision.
const NAMED: &str = r#"kn_revision_name!="""#;

fn increase(source: &Source, metric: &str, more: &str, by: &[&str], window: u32) -> String {
    let labels = grouping(source.naming, by);
    let counts = series("increase", source, (metric, more), window);
    format!("sum by ({labels}) ({counts})")
}

/// A function of the counters of a metric of a source in a window, with the labels that name the service.
#[must_use]
pub fn series(
    function: &str,
    source: &Source,
    (metric, more): (&str, &str),
    window: u32,
) -> String {
    let window = duration(window);
    let matchers = source.matchers(more);
    let counts = format!("{function}({metric}{matchers}[{window}])");
    if source.naming.joined {
        // a pod's labels, where the scrape gives them, keep two pods apart that had the same address one after another
        let at = "job, instance, namespace, pod";
        let names = "kn_service_name, kn_revision_name, k8s_namespace_name";
        format!(
            "{counts} * on ({at}) group_left ({names}) \
             max by ({at}, {names}) (max_over_time(target_info{{{NAMED}}}[{window}]))"
        )
    } else {
        counts
    }
}

fn grouping(naming: &Naming, by: &[&str]) -> String {
    let mut labels = naming.labels.to_vec();
    for label in by {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    labels.join(", ")
}

/// Which metrics there are, of all sources, and of which reporter.
#[must_use]
pub fn names<'a>(metrics: impl IntoIterator<Item = &'a str>) -> String {
    let names = one_of(metrics);
    format!("count by (__name__, reporter) ({{__name__=~{names}}})")
}

/// The bounds of the buckets of a histogram, by service.
#[must_use]
pub fn bounds(source: &Source) -> String {
    let matchers = source.matchers("");
    if source.naming.joined {
        // the join names the service; what counts is that there is something
        counted(source, "", &[], 300)
    } else {
        let labels = grouping(source.naming, &["le"]);
        format!("count by ({labels}) ({}{matchers})", source.metric)
    }
}

/// Since when a source tells of a service: one point for each six hours in which it did.
#[must_use]
pub fn presence(source: &Source, step: u32) -> String {
    let more = match source.form {
        Form::Buckets(_) => r#"le="+Inf""#,
        _ => "",
    };
    increase(source, source.metric, more, &[], step)
}

/// Replicas now.
#[must_use]
pub fn replicas(source: &Source) -> String {
    let labels = grouping(source.naming, &[]);
    format!(
        "sum by ({labels}) ({}{})",
        source.metric,
        source.matchers("")
    )
}

/// Starts from zero replicas in the last hour. `<= bool 0` is 1 while there is none; each time that it falls back to 0
/// reads as the reset of a counter. Starts that took less than half a minute to end again are missed.
#[must_use]
pub fn starts(source: &Source, more: &str, by: &[&str]) -> String {
    let labels = grouping(source.naming, by);
    let matchers = source.matchers(more);
    format!(
        "sum by ({labels}) (resets(({}{matchers} <= bool 0)[1h:30s]))",
        source.metric
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::source::SOURCES;

    fn of(id: &str) -> &'static Source {
        SOURCES.iter().find(|s| s.id == id).unwrap()
    }

    #[test]
    fn one_query_counts_the_answers_of_every_service() {
        assert_eq!(
            counted(of("knative-118-errors"), "", &[], 300),
            "sum by (namespace_name, configuration_name, response_code_class) (increase(revision_request_count[5m]))"
        );
        assert_eq!(
            counted(of("istio-time"), r#"le=~"50|\\+Inf""#, &[], 3600),
            "sum by (destination_service_namespace, destination_canonical_service, le) \
             (increase(istio_request_duration_milliseconds_bucket{reporter=\"destination\",response_code!=\"0\",\
             le=~\"50|\\\\+Inf\"}[1h]))"
        );
    }

    #[test]
    fn names_that_stand_in_target_info_only_are_joined() {
        assert_eq!(
            counted(of("knative-errors"), "", &[], 300),
            "sum by (k8s_namespace_name, namespace, kn_service_name, http_response_status_code) \
             (increase(kn_serving_invocation_duration_seconds_count[5m]) * on (job, instance, namespace, pod) \
             group_left (kn_service_name, kn_revision_name, k8s_namespace_name) max by (job, instance, namespace, \
             pod, kn_service_name, kn_revision_name, k8s_namespace_name) \
             (max_over_time(target_info{kn_revision_name!=\"\"}[5m])))"
        );
    }

    #[test]
    fn starts_are_counted_from_the_gauge_of_replicas() {
        assert_eq!(
            starts(of("knative-pods"), "", &[]),
            "sum by (k8s_namespace_name, kn_service_name) (resets((kn_revision_pods_count <= bool 0)[1h:30s]))"
        );
    }
}
