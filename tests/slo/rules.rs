//! The rules that are written: factors and windows as sloth and pyrra publish theirs.

use midwatch::slo::{Metrics, Objectives, Wanted, Windows, Written, read, write};

const GATEWAY: &str = r#"version: prometheus/v1
service: gateway
slos:
  - name: answers
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(gateway_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(gateway_requests_total[{{.window}}]))
"#;

fn of(windows: Windows, metrics: &[Metrics]) -> Written {
    write(&Wanted {
        objectives: Objectives {
            windows,
            custom: read(GATEWAY).slos,
            ..Objectives::default()
        },
        metrics: metrics.to_vec(),
        services: Vec::new(),
    })
}

#[test]
fn limits_and_windows_are_those_that_sloth_publishes() {
    // sloth, examples/_gen/getting-started.yml: 99.9 %, 30 days
    let rules = of(Windows::Sloth, &[]).rules;
    let selector = r#"{midwatch_slo="answers", service="gateway"}"#;
    for (long, short, limit, severity) in [
        ("1h", "5m", "0.0144", "page"),
        ("6h", "30m", "0.006", "page"),
        ("1d", "2h", "0.003", "ticket"),
        ("3d", "6h", "0.001", "ticket"),
    ] {
        let expr = format!(
            "midwatch:sli_error:ratio_rate{long}{selector} > {limit}\n          and\n          \
             midwatch:sli_error:ratio_rate{short}{selector} > {limit}\n        labels:\n          \
             long: \"{long}\"\n          midwatch_slo: \"answers\"\n          service: \"gateway\"\n          severity: \"{severity}\""
        );
        assert!(rules.contains(&expr), "{expr}\n{rules}");
    }
    assert!(!rules.contains("for:"), "sloth's alerts do not wait");
    assert!(
        rules.contains("sum(rate(gateway_requests_total{code=~\"5..\"}[5m]))"),
        "{rules}"
    );
    assert!(rules.contains("[30d]"), "{rules}");
}

#[test]
fn limits_windows_and_times_to_hold_are_those_of_pyrra() {
    // pyrra, slo/rules.go: 14, 7, 2, 1 times the budget; 30 days make 64 minutes of an hour
    let rules = of(Windows::Pyrra, &[]).rules;
    for (long, limit, hold) in [
        ("64m", "0.014", "2m"),
        ("386m", "0.007", "16m"),
        ("1543m", "0.002", "64m"),
        ("6171m", "0.001", "193m"),
    ] {
        assert!(
            rules.contains(&format!(
                "ratio_rate{long}{{midwatch_slo=\"answers\", service=\"gateway\"}} > {limit}\n"
            )),
            "{rules}"
        );
        assert!(rules.contains(&format!("for: {hold}\n")), "{rules}");
    }
}

#[test]
fn a_threshold_without_a_bucket_is_said_and_counted_at_the_next_one() {
    let written = of(Windows::Workbook, &[Metrics::Knative, Metrics::Istio]);
    let notes = written.notes.join("\n");
    assert!(
        notes.contains("p95: Knative has no bucket at 200 ms: counted at 250 ms"),
        "{notes}"
    );
    assert!(
        written.rules.contains(r#"le=~"0\\.25""#),
        "{}",
        written.rules
    );
    assert!(
        written.rules.contains(r#"le=~"250(\\.0)?""#),
        "{}",
        written.rules
    );
}

#[test]
fn what_no_metric_measures_gets_no_rule_and_is_said() {
    let written = of(Windows::Workbook, &[Metrics::Kserve]);
    let notes = written.notes.join("\n");
    assert!(
        notes.contains("errors: none of these metrics measures it; no rule is written"),
        "{notes}"
    );
    assert!(!written.rules.contains("midwatch_slo: \"errors\""));
}

#[test]
fn alerts_are_for_the_services_that_were_named() {
    let written = write(&Wanted {
        metrics: vec![Metrics::Istio],
        services: vec![
            ("ml".to_owned(), "a".to_owned()),
            ("ml".to_owned(), "b\"} or up{x=\"".to_owned()),
        ],
        ..Wanted::default()
    });
    assert!(
        written
            .rules
            .contains(r#"{midwatch_slo="errors", namespace="ml", service="a"} > 0.0144"#)
    );
    // a name cannot leave its quotes
    assert!(
        written
            .rules
            .contains(r#"service="b\"} or up{x=\""} > 0.0144"#),
        "{}",
        written.rules
    );
}
