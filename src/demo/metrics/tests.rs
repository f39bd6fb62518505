//! What the Prometheus of the platform answers, against figures worked out by hand.

#![allow(clippy::float_cmp)]

use serde_json::{Value, json};

use super::*;

/// Friday, a whole hour; a multiple of the scrape interval.
pub(super) const NOW: f64 = 1_795_219_200.0;
const DAY: f64 = 86_400.0;

fn at(seconds: f64) -> jiff::Timestamp {
    #[allow(clippy::cast_possible_truncation)]
    jiff::Timestamp::from_second(seconds as i64).unwrap()
}

fn share(revision: &str, uri: &str, percent: u64) -> Share {
    let revision = format!("fraud-scorer-predictor-{revision}");
    Share {
        revision,
        uri: format!("s3://ml-models/{uri}"),
        percent,
    }
}

/// A stable revision for weeks, a canary with 10 % for 20 hours, rolled back so many seconds ago.
pub(super) fn routes(rolled_back: Option<f64>) -> Routes {
    let mut routes = Routes::default();
    let (stable, canary) = ("fraud-scorer/41", "fraud-scorer/42");
    let mut route = |from: f64, shares| routes.route("ml-fraud", "fraud-scorer", at(from), shares);
    route(NOW - 40.0 * DAY, vec![share("00001", stable, 100)]);
    route(
        NOW - 72_000.0,
        vec![share("00002", canary, 10), share("00001", stable, 90)],
    );
    if let Some(ago) = rolled_back {
        route(
            NOW - ago,
            vec![share("00002", canary, 0), share("00001", stable, 100)],
        );
    }
    routes.route(
        "recsys",
        "item-embed",
        at(NOW - 40.0 * DAY),
        vec![share("x", "item-embed/6", 100)],
    );
    routes
}

const GROUND: Ground<'static> = Ground {
    now: NOW,
    scale: &|_, _| Some((0.0, 8.0, 60.0)),
    pod: &|_, _| None,
    devices: &[],
    drifts: &[],
};

/// All series over these routes.
pub(super) fn world(routes: &Routes) -> Vec<series::Series> {
    series::all(routes, &GROUND)
}

fn ask(routes: &Routes, path: &str, parameters: &[(&str, &str)]) -> Reply {
    let get = |key: &str| {
        let found = parameters.iter().find(|(k, _)| *k == key);
        found.map_or(String::new(), |(_, v)| (*v).to_owned())
    };
    prometheus(routes, &GROUND, &Question { path, get: &get })
}

fn query(routes: &Routes, promql: &str) -> Vec<(Value, f64)> {
    match ask(routes, "/api/v1/query", &[("query", promql)]) {
        Reply::Json(200, body) => {
            let rows = body["data"]["result"].as_array().unwrap().clone();
            rows.into_iter()
                .map(|r| {
                    (
                        r["metric"].clone(),
                        r["value"][1].as_str().unwrap().parse().unwrap(),
                    )
                })
                .collect()
        }
        other => panic!("{promql}: {other:?}"),
    }
}

fn one(routes: &Routes, promql: &str) -> f64 {
    let all = query(routes, promql);
    assert_eq!(all.len(), 1, "{promql}: {all:?}");
    all[0].1
}

const FRAUD: &str =
    r#"destination_canonical_service="fraud-scorer-predictor",reporter="destination""#;

fn ratio(routes: &Routes, more: &str, window: &str) -> f64 {
    one(
        routes,
        &format!(
            "sum(increase(istio_requests_total{{{FRAUD},response_code=~\"5..\"{more}}}[{window}])) / sum(increase(istio_requests_total{{{FRAUD}{more}}}[{window}]))"
        ),
    )
}

#[test]
fn the_canary_fails_as_its_model_does_and_the_service_as_both_together() {
    let routes = routes(None);
    let canary = r#",destination_canonical_revision="fraud-scorer-predictor-00002""#;
    let stable = r#",destination_canonical_revision="fraud-scorer-predictor-00001""#;
    assert!((ratio(&routes, canary, "6h") - 0.21).abs() < 0.01);
    assert!((ratio(&routes, stable, "6h") - 0.000_8).abs() < 0.000_1);
    assert!((ratio(&routes, "", "6h") - 0.021_7).abs() < 0.001);
    // of 30 days the canary had 20 hours
    let month = ratio(&routes, "", "30d");
    assert!(
        (month - (0.000_8 + 0.020_9 * 20.0 / 720.0)).abs() < 0.000_1,
        "{month}"
    );
}

#[test]
fn rolling_the_canary_back_makes_the_burn_fall() {
    let before = ratio(&routes(None), "", "5m");
    let after = ratio(&routes(Some(400.0)), "", "5m");
    assert!(before > 0.014_4 && after < 0.001_2, "{before} {after}");
    let hour = ratio(&routes(Some(1_800.0)), "", "1h");
    assert!(hour < before && hour > after, "{hour}");
}

#[test]
fn quantiles_stand_between_the_bounds_of_their_bucket() {
    let routes = routes(None);
    let promql = format!(
        "histogram_quantile(0.95, sum by (le) (rate(istio_request_duration_milliseconds_bucket{{{FRAUD}}}[1h])))"
    );
    let p95 = one(&routes, &promql);
    assert!((50.0..100.0).contains(&p95), "{p95}");
    let whole = format!(
        "sum(increase(istio_request_duration_milliseconds_bucket{{{FRAUD},le=\"+Inf\"}}[1h])) / sum(increase(istio_requests_total{{{FRAUD}}}[1h]))"
    );
    assert!((one(&routes, &whole) - 1.0).abs() < 1e-4);
}

#[test]
fn starts_from_zero_are_counted_by_resets_of_a_subquery() {
    let starts = one(
        &routes(None),
        "sum by (k8s_namespace_name, kn_service_name) (resets((kn_revision_pods_count{kn_service_name=\"item-embed-predictor\"} <= bool 0)[1h:30s]))",
    );
    assert!((11.0..=12.0).contains(&starts), "{starts}");
}

#[test]
fn vectors_are_matched_filtered_and_labelled_as_in_prometheus() {
    let routes = routes(None);
    let names = query(
        &routes,
        r#"count by (__name__, reporter) ({__name__=~"istio_requests_total|nothing|up"})"#,
    );
    let told: Vec<String> = names
        .iter()
        .map(|(l, v)| format!("{} {} {v}", l["__name__"], l["reporter"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""istio_requests_total" "destination" 6"#,
            r#""istio_requests_total" "source" 6"#,
            r#""up" null 3"#
        ]
    );
    assert_eq!(one(&routes, "sum(up) * 2 - 1"), 5.0);
    assert_eq!(one(&routes, "-sum(up) ^ 2"), -9.0);
    assert_eq!(query(&routes, "up > 1").len(), 0);
    assert_eq!(query(&routes, "up == bool 1").len(), 3);
    assert_eq!(query(&routes, r#"up{job="prometheus"} or up"#).len(), 3);
    assert_eq!(query(&routes, r#"up unless up{job="prometheus"}"#).len(), 2);
    assert_eq!(query(&routes, "nothing or vector(0)").len(), 1);
    let joined = query(
        &routes,
        r#"up * on (job) group_left (via) label_replace(up, "via", "x-$1", "job", "(.*)")"#,
    );
    assert_eq!(joined[0].0["via"], "x-knative-autoscaler");
    assert_eq!(joined[0].0["__name__"], Value::Null);
    assert_eq!(
        one(&routes, r#"sum(max_over_time(up{job="prometheus"}[30d]))"#),
        1.0
    );
}

#[test]
fn what_is_wrong_or_not_understood_is_refused_and_never_guessed() {
    let routes = routes(None);
    for promql in [
        "",
        "sum(",
        "up[5m",
        "foo(up)",
        "rate(up)",
        "up[0s]",
        "{}",
        r#"{job=~".*"}"#,
        "up{job=~\"(\"}",
        "1 == 1",
        "topk(1, up)",
        "up @ 5",
        "\"a\" + 1",
        "increase(up[5m] offset)",
        "sum by job (up)",
        "up and 1",
        "up[5m][5m]",
        "predict_linear(up[1h], 5)",
    ] {
        let Reply::Json(code, body) = ask(&routes, "/api/v1/query", &[("query", promql)]) else {
            panic!("{promql}");
        };
        assert_eq!(
            (code, &body["errorType"]),
            (400, &json!("bad_data")),
            "{promql}: {body}"
        );
    }
    let many = ask(&routes, "/api/v1/query", &[("query", "up * on () up")]);
    let Reply::Json(422, body) = many else {
        panic!("{many:?}");
    };
    assert_eq!(body["errorType"], "execution");
    for (start, end, step) in [
        ("1", "0", "1"),
        ("0", "1", "0"),
        ("0", "1", ""),
        ("0", "100000", "1"),
        ("x", "1", "1"),
    ] {
        let parameters = [
            ("query", "up"),
            ("start", start),
            ("end", end),
            ("step", step),
        ];
        let Reply::Json(code, _) = ask(&routes, "/api/v1/query_range", &parameters) else {
            panic!("{start} {end} {step}");
        };
        assert_eq!(code, 400, "{start} {end} {step}");
    }
    let nothing = ask(&routes, "/api/v1/nothing", &[]);
    assert_eq!(
        nothing,
        Reply::Plain(404, "404 page not found\n".to_owned())
    );
}

#[test]
fn a_range_has_a_point_for_each_step_and_a_revision_none_before_its_birth() {
    let routes = routes(None);
    let (start, end) = ((NOW - 2.0 * DAY).to_string(), NOW.to_string());
    let promql = format!(
        "sum by (destination_canonical_revision) (increase(istio_requests_total{{{FRAUD}}}[1h]))"
    );
    let parameters = [
        ("query", promql.as_str()),
        ("start", &start),
        ("end", &end),
        ("step", "1h"),
    ];
    let Reply::Json(200, body) = ask(&routes, "/api/v1/query_range", &parameters) else {
        panic!();
    };
    let counts: Vec<usize> = body["data"]["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["values"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [49, 20]);
}

#[test]
fn an_alert_fires_once_its_rule_has_held_long_enough() {
    let state = |routes: &Routes| {
        let Reply::Json(200, body) = ask(routes, "/api/v1/alerts", &[]) else {
            panic!();
        };
        let all = body["data"]["alerts"].as_array().unwrap().clone();
        all.iter()
            .map(|a| {
                format!(
                    "{} {}",
                    a["labels"]["alertname"].as_str().unwrap(),
                    a["state"].as_str().unwrap()
                )
            })
            .collect::<Vec<String>>()
    };
    assert_eq!(
        state(&routes(None)),
        [
            "ServiceErrorsHigh firing",
            "ColdStartsOften firing",
            "Watchdog firing"
        ]
    );
    assert_eq!(
        state(&routes(Some(2_400.0))),
        ["ColdStartsOften firing", "Watchdog firing"]
    );
}

#[test]
fn a_series_that_began_between_two_scrapes_is_counted_over_longer_than_its_life() {
    let mut routes = Routes::default();
    let shares = vec![share("00001", "fraud-scorer/41", 100)];
    routes.route(
        "ml-fraud",
        "fraud-scorer",
        at(NOW - 14.0 * DAY + 7.0),
        shares,
    );
    let month = ratio(&routes, "", "30d");
    assert!((month - 0.000_8).abs() < 0.000_1, "{month}");
}
