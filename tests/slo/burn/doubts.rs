//! Burn rates that cannot be told, or only with a doubt: unknown is never calm.

use midwatch::domain::{Burning, Measure};
use midwatch::slo::{Asks, Burn};

use super::{OLD, doubts, failing, knative, row, rows};
use crate::server::{Server, later, now, prod, seconds};

#[test]
fn nothing_asked_is_not_calm_and_stopped_series_are_not_either() {
    let mut quiet = Server::new(&[(OLD, "")], |metric, _| match metric {
        OLD => vec![knative("2xx", 0.0)],
        _ => Vec::new(),
    });
    assert_eq!(row(&rows(&mut quiet), "errors").state, Burning::NoTraffic);
    let mut stopped = Server::new(&[(OLD, "")], |metric, window| match (metric, window) {
        (OLD, "5m" | "30m") => Vec::new(),
        (OLD, window) => vec![knative("2xx", seconds(window))],
        _ => Vec::new(),
    });
    let errors = row(&rows(&mut stopped), "errors");
    assert_eq!(errors.state, Burning::Unknown);
    assert_eq!(errors.windows[0].measure, Measure::NoData);
}

#[test]
fn what_triton_cannot_tell_is_unmeasurable_and_never_zero() {
    const GOOD: &str = "nv_inference_request_success";
    const TIME: &str = "nv_inference_request_duration_us";
    let mut server = Server::new(&[(GOOD, ""), (TIME, "")], |metric, window| {
        let of = |value| {
            (
                vec![
                    ("namespace", "ml-nlp"),
                    ("model", "embedder"),
                    ("outcome", "good"),
                ],
                value,
            )
        };
        match metric {
            GOOD | TIME => vec![of(seconds(window))],
            _ => Vec::new(),
        }
    });
    let rows = rows(&mut server);
    assert_eq!(row(&rows, "errors").state, Burning::Inside);
    let p95 = row(&rows, "p95");
    assert_eq!(
        (p95.state, p95.worst, p95.left),
        (Burning::Unknown, None, None)
    );
    assert!(
        doubts(&p95).contains("a mean, of which no share can be told"),
        "{}",
        doubts(&p95)
    );
}

#[test]
fn a_query_that_fails_makes_its_figures_unknown_and_says_why() {
    let mut server = failing(0.0);
    server.broken = vec!["5m"];
    let errors = row(&rows(&mut server), "errors");
    assert_eq!(errors.state, Burning::Unknown);
    let told = doubts(&errors);
    assert!(
        told.contains("no answer for 5m: no answer within 10 s"),
        "{told}"
    );
}

#[test]
fn figures_grow_old_and_then_unknown_when_the_server_falls_silent() {
    let mut server = failing(0.0);
    let mut burn = Burn::default();
    server.serve(&mut burn, now());
    server.broken = vec!["5m", "30m", "1h", "6h", "3d", "30d", "1h:30s"];
    server.serve(&mut burn, later(100));
    let old = row(&burn.rows(&prod(), later(110)), "errors");
    assert_eq!(old.state, Burning::Inside);
    assert!(
        doubts(&old).contains("measured 1 m ago: no answer within 10 s"),
        "{}",
        doubts(&old)
    );
    let unknown = row(&burn.rows(&prod(), later(400)), "errors");
    assert_eq!(unknown.state, Burning::Unknown, "the rows stay");
    assert_eq!(
        unknown.worst.map(|p| p.short),
        Some(21_600),
        "6 h are still true"
    );
}

#[test]
fn partial_answers_are_not_calm() {
    let mut server = failing(0.0);
    server.warning = Some("store 10.0.0.7:10901 did not answer");
    let errors = row(&rows(&mut server), "errors");
    assert_eq!(errors.state, Burning::Unknown);
    assert!(doubts(&errors).contains("may be partial: store 10.0.0.7"));
    let mut server = failing(0.04);
    server.warning = Some("store 10.0.0.7:10901 did not answer");
    assert_eq!(row(&rows(&mut server), "errors").state, Burning::Page);
}

#[test]
fn values_that_are_no_numbers_are_no_data() {
    let mut server = Server::new(&[(OLD, "")], |metric, window| match (metric, window) {
        (OLD, "1h") => vec![knative("2xx", f64::NAN), knative("5xx", f64::INFINITY)],
        (OLD, window) => vec![knative("2xx", seconds(window))],
        _ => Vec::new(),
    });
    let errors = row(&rows(&mut server), "errors");
    let hour = errors.windows.iter().find(|w| w.seconds == 3600).unwrap();
    assert_eq!(hour.measure, Measure::NoData);
    assert_eq!((errors.state, errors.volume), (Burning::Unknown, None));
}

#[test]
fn a_budget_says_how_much_of_its_period_it_covers() {
    let mut server = failing(0.0);
    server.days = 15;
    let errors = row(&rows(&mut server), "errors");
    assert_eq!(errors.covers, Some(15 * 86_400));
    assert!(
        doubts(&errors).contains("covers 15 d of 30 d"),
        "{}",
        doubts(&errors)
    );
}

#[test]
fn few_requests_are_said_to_be_few() {
    let mut server = Server::new(&[(OLD, "")], |metric, window| match metric {
        OLD => vec![knative("2xx", seconds(window) / 90.0)],
        _ => Vec::new(),
    });
    let errors = row(&rows(&mut server), "errors");
    let told = doubts(&errors);
    assert!(
        told.contains("low traffic: 40 in 1h, under 70 one failure is enough to page"),
        "{told}"
    );
}
