//! What burns, from the metrics that there are.

use midwatch::domain::{BurnRow, Burning, Clean, Measure, Origin};
use midwatch::slo::{Asks, Burn, Counts, Custom, Objectives, Sli, Slo};

use super::server::{Point, Server, later, now, prod, seconds};

#[path = "burn/doubts.rs"]
mod doubts;

const OLD: &str = "revision_request_count";
const OLD_TIME: &str = "revision_request_latencies_bucket";

fn knative(code: &'static str, value: f64) -> Point {
    (
        vec![
            ("namespace_name", "ml-fraud"),
            ("configuration_name", "fraud-scorer-predictor"),
            ("response_code_class", code),
        ],
        value,
    )
}

fn knative_time(le: &'static str, value: f64) -> Point {
    (
        vec![
            ("namespace_name", "ml-fraud"),
            ("configuration_name", "fraud-scorer-predictor"),
            ("le", le),
        ],
        value,
    )
}

/// 87 requests a second, of which a share failed in the last hour and none before.
fn failing(share: f64) -> Server {
    Server::new(&[(OLD, "")], move |metric, window| {
        if metric != OLD {
            return Vec::new();
        }
        let all = 87.0 * seconds(window);
        let bad = 87.0 * seconds(window).min(3600.0) * share;
        vec![knative("2xx", all - bad), knative("5xx", bad)]
    })
}

fn rows(server: &mut Server) -> Vec<BurnRow> {
    let mut burn = Burn::default();
    server.serve(&mut burn, now());
    burn.rows(&prod(), now())
}

fn row(rows: &[BurnRow], objective: &str) -> BurnRow {
    let found = rows.iter().find(|r| &*r.objective == objective);
    found
        .unwrap_or_else(|| panic!("no {objective} in {rows:#?}"))
        .clone()
}

fn doubts(row: &BurnRow) -> String {
    let lines: Vec<&str> = row.doubts.iter().map(Clean::as_str).collect();
    lines.join("\n")
}

#[test]
fn a_service_that_fails_four_percent_pages_with_its_burn_rate() {
    let rows = rows(&mut failing(0.04));
    let errors = row(&rows, "errors");
    assert_eq!(errors.state, Burning::Page, "{errors:#?}");
    assert_eq!(&*errors.service.name, "fraud-scorer");
    assert_eq!(&*errors.service.namespace, "ml-fraud");
    assert_eq!(&*errors.key.name, "fraud-scorer/errors");
    assert_eq!(&*errors.by, "Knative up to 1.18, revision_request_count");
    let worst = errors.worst.unwrap();
    assert_eq!((worst.long, worst.short), (3600, 300));
    assert!((worst.long_burn - 40.0).abs() < 1e-6, "{worst:?}");
    assert!((worst.short_burn - 40.0).abs() < 1e-6, "{worst:?}");
    assert!((errors.volume.unwrap() - 87.0).abs() < 1e-6);
    // one hour of 720 burned at 40 times the rate
    assert!((errors.left.unwrap() - (1.0 - 40.0 / 720.0)).abs() < 1e-9);
    let gone = f64::from(u32::try_from(errors.gone_in.unwrap()).unwrap());
    assert!((gone - (1.0 - 40.0 / 720.0) * 2_592_000.0 / 40.0).abs() <= 1.0);
    assert_eq!(errors.trend.len(), 13);
    assert_eq!(errors.covers, None);
}

#[test]
fn no_error_series_is_no_error_only_where_requests_are_counted() {
    let mut calm = Server::new(&[(OLD, "")], |metric, window| match metric {
        OLD => vec![knative("2xx", seconds(window) * 10.0)],
        _ => Vec::new(),
    });
    let rows = rows(&mut calm);
    let errors = row(&rows, "errors");
    assert_eq!(errors.state, Burning::Inside, "{errors:#?}");
    assert_eq!(errors.left, Some(1.0));
    assert_eq!(errors.gone_in, None, "nothing burns");
}

#[test]
fn a_service_without_replicas_is_asleep_and_not_lost() {
    const PODS: &str = "autoscaler_actual_pods";
    let mut asleep = Server::new(&[(OLD, ""), (PODS, "")], |metric, window| {
        match (metric, window) {
            (OLD, "5m" | "30m" | "1h") => Vec::new(),
            (OLD, window) => vec![knative("2xx", seconds(window))],
            // one start an hour ago; nobody there now
            (PODS, "1h:30s") => vec![knative("", 1.0)],
            (PODS, _) => vec![knative("", 0.0)],
            _ => Vec::new(),
        }
    });
    let rows = rows(&mut asleep);
    assert_eq!(row(&rows, "errors").state, Burning::NoTraffic, "{rows:#?}");
    let starts = row(&rows, "cold-starts");
    assert_eq!(starts.state, Burning::Inside);
    let plain = starts.plain.unwrap();
    assert_eq!((plain.value, plain.limit), (Some(1.0), 10.0));
}

#[test]
fn eleven_cold_starts_in_an_hour_are_too_many() {
    const PODS: &str = "autoscaler_actual_pods";
    let mut busy = Server::new(&[(PODS, "")], |metric, window| match (metric, window) {
        (PODS, "1h:30s") => vec![knative("", 11.0)],
        (PODS, _) => vec![knative("", 2.0)],
        _ => Vec::new(),
    });
    let rows = rows(&mut busy);
    assert_eq!(row(&rows, "cold-starts").state, Burning::Ticket);
    // replicas, and no metric of requests: the default of Knative since 1.19
    assert_eq!(row(&rows, "errors").state, Burning::Unknown);
}

fn timed() -> Server {
    Server::new(&[(OLD, ""), (OLD_TIME, "")], |metric, window| {
        let all = if window == "now" {
            1.0
        } else {
            seconds(window) * 50.0
        };
        match metric {
            OLD => vec![knative("2xx", all)],
            OLD_TIME => vec![
                knative_time("50", all * 0.7),
                knative_time("100", all * 0.9),
                knative_time("250", all * 0.96),
                knative_time("500", all * 0.999),
                knative_time("+Inf", all),
            ],
            _ => Vec::new(),
        }
    })
}

#[test]
fn quantiles_are_shares_and_milliseconds_are_read_as_such() {
    let mut server = timed();
    let rows = rows(&mut server);
    let p50 = row(&rows, "p50");
    assert_eq!(p50.state, Burning::Inside, "{p50:#?}");
    let Measure::Exact(counted) = &p50.windows[0].measure else {
        panic!("{p50:#?}");
    };
    assert!((counted.ratio().unwrap() - 0.3).abs() < 1e-9);
    assert!(doubts(&p50).contains("cannot burn fast enough to page"));
    let p99 = row(&rows, "p99");
    assert!(matches!(p99.windows[0].measure, Measure::Exact(_)));
    assert_eq!(p99.state, Burning::Inside);
    assert!((p99.worst.unwrap().long_burn - 0.1).abs() < 1e-6);
}

#[test]
fn a_threshold_without_a_bucket_is_bounded_and_says_so() {
    let mut server = timed();
    let p95 = row(&rows(&mut server), "p95");
    let Measure::Between { least, most } = &p95.windows[0].measure else {
        panic!("{p95:#?}");
    };
    assert!((least.ratio().unwrap() - 0.04).abs() < 1e-9);
    assert!((most.ratio().unwrap() - 0.1).abs() < 1e-9);
    assert_eq!(p95.state, Burning::Inside);
    let told = doubts(&p95);
    assert!(
        told.contains("no bucket ends at 200 ms: between 4 % and 10 % are slower"),
        "{told}"
    );
    // of the buckets only those that tell something are asked for
    let asked = server.asked.iter().find(|q| q.contains("le=~")).unwrap();
    assert!(asked.contains(r#"le=~"\\+Inf|100|250|50|500""#), "{asked}");
}

#[test]
fn istio_counts_each_request_once_although_both_sides_report_it() {
    const ISTIO: &str = "istio_requests_total";
    let mut server = Server::new(
        &[(ISTIO, "source"), (ISTIO, "destination")],
        |metric, window| match metric {
            ISTIO => vec![(
                vec![
                    ("destination_service_namespace", "ml-fraud"),
                    ("destination_canonical_service", "fraud-scorer-predictor"),
                    ("response_code", "200"),
                ],
                seconds(window),
            )],
            _ => Vec::new(),
        },
    );
    let rows = rows(&mut server);
    let errors = row(&rows, "errors");
    assert!((errors.volume.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(&*errors.by, "Istio, istio_requests_total");
    assert_eq!(rows.iter().filter(|r| &*r.objective == "errors").count(), 1);
}

#[test]
fn a_language_model_is_measured_by_its_tokens() {
    const FIRST: &str = "vllm:time_to_first_token_seconds_bucket";
    const WHOLE: &str = "vllm:e2e_request_latency_seconds_bucket";
    let mut server = Server::new(&[(FIRST, ""), (WHOLE, "")], |metric, window| {
        let all = if window == "now" {
            1.0
        } else {
            seconds(window)
        };
        let one = |le, value| {
            let labels = vec![
                ("namespace", "ml-churn"),
                ("model_name", "churn-llm"),
                ("le", le),
            ];
            (labels, value)
        };
        match metric {
            FIRST => vec![one("0.5", all * 0.5), one("+Inf", all)],
            WHOLE => vec![one("0.3", 0.0), one("0.5", 0.0), one("+Inf", all)],
            _ => Vec::new(),
        }
    });
    let rows = rows(&mut server);
    let names: Vec<&str> = rows.iter().map(|r| r.objective.as_str()).collect();
    assert_eq!(names, ["errors", "itl-p95", "ttft-p95"]);
    assert_eq!(
        row(&rows, "ttft-p95").state,
        Burning::Page,
        "half late burns at 10"
    );
    assert_eq!(row(&rows, "itl-p95").state, Burning::Unknown);
}

#[test]
fn many_services_cost_as_many_queries_as_one() {
    fn queries(services: usize) -> usize {
        let mut server = Server::new(&[(OLD, ""), (OLD_TIME, "")], move |metric, window| {
            let names: Vec<&'static str> = (0..services)
                .map(|n| &*format!("model-{n}-predictor").leak())
                .collect();
            let all = if window == "now" {
                1.0
            } else {
                seconds(window)
            };
            let labels = |name| vec![("namespace_name", "ml"), ("configuration_name", name)];
            match metric {
                OLD => names
                    .iter()
                    .map(|n| {
                        (
                            [labels(*n), vec![("response_code_class", "2xx")]].concat(),
                            all,
                        )
                    })
                    .collect(),
                OLD_TIME => names
                    .iter()
                    .flat_map(|n| {
                        ["50", "250", "500", "+Inf"]
                            .map(|le| ([labels(*n), vec![("le", le)]].concat(), all))
                    })
                    .collect(),
                _ => Vec::new(),
            }
        });
        let mut burn = Burn::default();
        let first = server.serve(&mut burn, now());
        let minute: usize = (1..=600)
            .map(|second| server.serve(&mut burn, later(second)))
            .sum();
        let found = burn.rows(&prod(), later(600));
        assert_eq!(found.len(), services * 4);
        first * 1000 + minute / 10
    }
    let one = queries(1);
    assert_eq!(one, queries(50));
    assert!(one % 1000 <= 20, "{} queries a minute", one % 1000);
}

#[test]
fn an_objective_of_ones_own_stands_beside_the_defaults() {
    let slo = Slo {
        id: "gateway".into(),
        title: "gateway p99 < 200 ms".into(),
        target: 0.99,
        period: None,
        service: Some(("edge".into(), "gateway".into())),
        sli: Sli::Custom(Custom {
            counts: Counts::Bad {
                bad: "sum(rate(slow_total[{{.window}}]))".to_owned(),
                valid: "sum(rate(all_total[{{.window}}]))".to_owned(),
            },
            grouping: Vec::new(),
            rates: true,
        }),
        origin: Origin::File("slo.yaml".into()),
    };
    let objectives = Objectives {
        custom: vec![slo],
        ..Objectives::default()
    };
    let mut burn = Burn::new(&objectives);
    let mut server = Server::new(&[], |_, _| Vec::new());
    server.serve(&mut burn, now());
    let rows = burn.rows(&prod(), now());
    assert_eq!(
        row(&rows, "gateway").state,
        Burning::Unknown,
        "no data is not calm"
    );
    assert!(burn.found_none());

    let mut burn = Burn::new(&objectives);
    let mut server = Server::new(&[], |metric, _| match metric {
        "sum" => vec![(vec![], 10.0)],
        _ => Vec::new(),
    });
    server.serve(&mut burn, now());
    let gateway = row(&burn.rows(&prod(), now()), "gateway");
    assert_eq!(gateway.state, Burning::Page, "all of them: {gateway:#?}");
    assert!((gateway.volume.unwrap() - 10.0).abs() < 1e-9);
    assert_eq!(&*gateway.service.name, "gateway");
}
