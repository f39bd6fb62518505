//! Objectives out of documents: what is read of each kind, and where a mistake is said to stand.

use midwatch::slo::{Counts, Custom, Documents, Period, Sli, Slo, read};

fn one(text: &str) -> (Slo, Custom) {
    let Documents { slos, mistakes } = read(text);
    assert_eq!(mistakes, [], "{text}");
    assert_eq!(slos.len(), 1, "{slos:#?}");
    let slo = slos.into_iter().next().unwrap();
    let Sli::Custom(custom) = slo.sli.clone() else {
        panic!("{slo:#?}");
    };
    (slo, custom)
}

fn mistake(text: &str) -> String {
    let found = read(text);
    let lines: Vec<String> = found
        .mistakes
        .iter()
        .map(|m| format!("{}:{}: {}; {}", m.line, m.column, m.what, m.hint))
        .collect();
    assert!(!lines.is_empty(), "{found:#?}");
    lines.join("\n")
}

const SLOTH: &str = r#"version: "prometheus/v1"
service: "gateway"
labels:
  owner: "ml-serving"
slos:
  - name: "answers"
    objective: 99.9
    description: "One request of a thousand may fail."
    sli:
      events:
        error_query: sum(rate(gateway_requests_total{code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(gateway_requests_total[{{.window}}]))
    alerting:
      name: GatewayAnswers
      page_alert:
        labels:
          severity: page
"#;

#[test]
fn sloth_in_its_plain_form() {
    let (slo, custom) = one(SLOTH);
    assert_eq!(&*slo.id, "answers");
    assert_eq!(&*slo.title, "answers 99.9 %");
    assert!((slo.budget() - 0.001).abs() < 1e-15);
    let (namespace, service) = slo.service.unwrap();
    assert_eq!((&*namespace, &*service), ("", "gateway"));
    assert!(custom.rates, "its figures are per second");
    let Counts::Bad { bad, valid } = custom.counts else {
        panic!("{:?}", custom.counts);
    };
    assert!(bad.contains("[{{.window}}]") && valid.starts_with("sum(rate("));
}

#[test]
fn sloth_as_a_resource_and_a_ratio_of_its_own() {
    let (slo, custom) = one("apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata:
  name: wifi
  namespace: monitoring
spec:
  service: home
  slos:
    - name: satisfaction
      objective: 95
      sli:
        raw:
          errorRatioQuery: 1 - avg(avg_over_time(satisfied[{{.window}}]))
");
    let (namespace, service) = slo.service.unwrap();
    assert_eq!((&*namespace, &*service), ("monitoring", "home"));
    assert!((slo.target - 0.95).abs() < 1e-12);
    assert!(matches!(custom.counts, Counts::Ratio(_)));
}

#[test]
fn pyrra_counts_errors_or_fast_answers_in_its_own_window() {
    let (slo, custom) = one(r#"apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: lists
  namespace: platform
spec:
  target: "99"
  window: 2w
  indicator:
    ratio:
      errors:
        metric: api_requests_total{verb="LIST",code=~"5.."}
      total:
        metric: api_requests_total{verb="LIST"}
      grouping: [zone]
"#);
    assert_eq!(slo.period, Period::of(14));
    assert_eq!(custom.grouping, ["zone"]);
    assert!(!custom.rates);
    assert_eq!(
        custom.counts,
        Counts::Bad {
            bad: r#"sum by (zone) (increase(api_requests_total{verb="LIST",code=~"5.."}[{{.window}}]))"#.to_owned(),
            valid: r#"sum by (zone) (increase(api_requests_total{verb="LIST"}[{{.window}}]))"#.to_owned(),
        }
    );
    let (slo, custom) = one(r#"apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: fast
  labels:
    serving.kserve.io/inferenceservice: fraud-scorer
  namespace: ml-fraud
spec:
  target: "95"
  window: 28d
  indicator:
    latency:
      success:
        metric: request_seconds_bucket{le="0.25"}
      total:
        metric: request_seconds_count
"#);
    assert_eq!(&*slo.service.unwrap().1, "fraud-scorer");
    assert!(matches!(custom.counts, Counts::Good { .. }));
}

#[test]
fn openslo_with_its_indicator_inside_or_beside() {
    let text = r"apiVersion: openslo/v1
kind: Service
metadata:
  name: web
spec:
  description: the shop
---
apiVersion: openslo/v1
kind: SLI
metadata:
  name: answers
spec:
  ratioMetric:
    counter: true
    good:
      metricSource:
        type: Prometheus
        spec:
          query: sum(http_requests{code=~'2xx|4xx'})
    total:
      metricSource:
        type: Prometheus
        spec:
          query: sum(http_requests)
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: web-availability
  displayName: the shop answers
spec:
  service: web
  indicatorRef: answers
  timeWindow:
    - duration: 4w
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.995
";
    let (slo, custom) = one(text);
    assert_eq!(slo.period, Some(Period::DAYS_28));
    assert_eq!(&*slo.title, "the shop answers (99.5 %)");
    assert_eq!(
        custom.counts,
        Counts::Good {
            good: "sum(increase(http_requests{code=~'2xx|4xx'}[{{.window}}]))".to_owned(),
            valid: "sum(increase(http_requests[{{.window}}]))".to_owned(),
        }
    );
    let wrong = text.replace("Occurrences", "Timeslices");
    let told = mistake(&wrong);
    assert!(
        told.starts_with("37:20: `Timeslices` is not counted here"),
        "{told}"
    );
    let told = mistake(&text.replace("isRolling: true", "isRolling: false"));
    assert!(
        told.starts_with("36:18: a window of the calendar"),
        "{told}"
    );
    let told = mistake(&text.replace("Ref: answers", "Ref: answer"));
    assert!(
        told.contains("there is no SLI `answer` in this file"),
        "{told}"
    );
}

#[test]
fn mistakes_have_their_place_and_take_nothing_else_with_them() {
    let two = format!(
        "{SLOTH}  - name: impossible\n    objective: 100\n    sli:\n      events:\n        error_query: a[{{{{.window}}}}]\n        total_query: b[{{{{.window}}}}]\n"
    );
    let found = read(&two);
    assert_eq!(found.slos.len(), 1, "the other one is read");
    assert!(
        mistake(&two).starts_with("19:16: an objective of 100 %"),
        "{}",
        mistake(&two)
    );

    let told = mistake(&SLOTH.replace("[{{.window}}]))\n    alerting", "[5m]))\n    alerting"));
    assert!(
        told.starts_with("12:22: the query has no place for the window; write [{{.window}}]"),
        "{told}"
    );

    let told = mistake(&SLOTH.replace("objective: 99.9", "objective: many"));
    assert!(told.starts_with("7:16: "), "{told}");

    let told = mistake(&SLOTH.replace("    objective: 99.9\n", ""));
    assert!(told.contains("objective"), "{told}");

    let told = mistake("version: prometheus/v2\nservice: a\nslos: []\n");
    assert!(
        told.starts_with("1:10: `prometheus/v2` is not known here; write prometheus/v1"),
        "{told}"
    );

    let told = mistake("a: [1, 2\nb: }\n");
    assert!(told.contains(": "), "{told}");
    assert!(mistake("").starts_with("1:1: no objective stands in it"));
    assert!(mistake("kind: Pod\napiVersion: v1\n").contains("`v1` is not known here"));
}

#[test]
fn hostile_text_does_not_reach_a_screen() {
    let (slo, _) = one(&SLOTH.replace("\"answers\"", "\"a\\u001b[31m\\u202e\""));
    assert!(!slo.id.contains(['\u{1b}', '\u{202e}']), "{:?}", slo.id);
    for bytes in [
        "\u{feff}",
        "&a [*a, *a]",
        "--- \n---\n",
        "? {a: b}\n: c",
        "\t",
    ] {
        // whatever comes is a mistake and no panic
        assert!(!read(bytes).mistakes.is_empty(), "{bytes:?}");
    }
}
