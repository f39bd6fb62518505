//! What is said of a canary, from the metrics that tell revisions apart.

use jiff::Timestamp;
use midwatch::domain::{CanaryRow, Clean, Verdict};
use midwatch::slo::{Asks, Canary, Sides};

use super::server::{Point, Server, later, now, prod};

const OLD: &str = "revision_request_count";
const TIME: &str = "revision_request_latencies_bucket";

fn sides(ready: Option<Timestamp>) -> Sides {
    Sides {
        namespace: "ml-fraud".into(),
        service: "fraud-scorer".into(),
        canary: "fraud-scorer-predictor-00042".into(),
        stable: "fraud-scorer-predictor-00041".into(),
        ready,
    }
}

fn point(revision: &'static str, more: (&'static str, &'static str), value: f64) -> Point {
    let labels = vec![
        ("namespace_name", "ml-fraud"),
        ("configuration_name", "fraud-scorer-predictor"),
        ("revision_name", revision),
        more,
    ];
    (labels, value)
}

const CANARY: &str = "fraud-scorer-predictor-00042";
const STABLE: &str = "fraud-scorer-predictor-00041";

/// 5,210 requests to the canary, 46,900 to stable.
fn server(bad: f64) -> Server {
    Server::new(&[(OLD, ""), (TIME, "")], move |metric, _| {
        let code = |revision, class, value| point(revision, ("response_code_class", class), value);
        let le = |revision, bound, value| point(revision, ("le", bound), value);
        match metric {
            OLD => vec![
                code(CANARY, "2xx", 5_210.0 - bad),
                code(CANARY, "5xx", bad),
                code(STABLE, "2xx", 46_862.0),
                code(STABLE, "5xx", 38.0),
                code("fraud-scorer-predictor-00007", "5xx", 9e9),
            ],
            TIME => vec![
                le(CANARY, "100", 4_600.0),
                le(CANARY, "250", 5_000.0),
                le(CANARY, "+Inf", 5_210.0),
                le(STABLE, "100", 42_000.0),
                le(STABLE, "250", 45_000.0),
                le(STABLE, "+Inf", 46_900.0),
            ],
            _ => Vec::new(),
        }
    })
}

fn row(server: &mut Server, ready: Option<Timestamp>, at: Timestamp) -> CanaryRow {
    let mut canary = Canary::new(&sides(ready));
    server.serve(&mut canary, at);
    canary.rows(&prod(), at).remove(0)
}

fn told(row: &CanaryRow) -> String {
    let lines: Vec<&str> = row.reasons.iter().map(Clean::as_str).collect();
    lines.join("\n")
}

#[test]
fn a_canary_that_fails_is_worse_and_the_statistics_say_so() {
    let row = row(&mut server(214.0), None, now());
    assert_eq!(row.verdict, Verdict::Worse, "{row:#?}");
    assert!(
        told(&row).starts_with("errors 4.1 % against 0.08 %, z = "),
        "{}",
        told(&row)
    );
    assert_eq!(row.window, 1800);
    let errors = row.canary.errors.unwrap();
    assert_eq!(
        (errors.bad, errors.valid),
        (214.0, 5_210.0),
        "no other revision counts"
    );
    assert!((row.stable.volume.unwrap() - 46_900.0 / 1800.0).abs() < 1e-9);
    let p95 = row
        .canary
        .quantiles
        .iter()
        .find(|q| (q.q - 0.95).abs() < 1e-9)
        .unwrap();
    assert!(p95.above >= 0.1 && p95.seconds > 0.1, "{p95:?}");
    // no bucket ends at 200 ms: both sides are compared at 250
    let slow = row.canary.slow.unwrap();
    assert_eq!((slow.bad, slow.valid), (210.0, 5_210.0));
    assert_eq!(row.canary.trend.len(), 13);
}

#[test]
fn a_canary_that_is_as_good_is_not_worse() {
    let row = row(&mut server(5.0), None, now());
    assert_eq!(row.verdict, Verdict::NoEvidence, "{}", told(&row));
}

#[test]
fn while_it_warms_up_nothing_is_said() {
    let ready = later(-100);
    let row = row(&mut server(214.0), Some(ready), now());
    assert_eq!(row.verdict, Verdict::NotEnoughData);
    assert!(told(&row).contains("warming up"), "{}", told(&row));
    // ten minutes after it got ready, eight are compared
    let row = self::row(&mut server(214.0), Some(later(-600)), now());
    assert_eq!((row.window, row.verdict), (480, Verdict::Worse));
}

#[test]
fn partial_answers_and_no_answers_say_nothing() {
    let mut partial = server(214.0);
    partial.warning = Some("store is gone");
    let row = row(&mut partial, None, now());
    assert_eq!(row.verdict, Verdict::NotEnoughData);
    assert!(told(&row).contains("store is gone"), "{}", told(&row));
    let mut broken = server(214.0);
    broken.broken = vec!["30m"];
    let row = self::row(&mut broken, None, now());
    assert_eq!(row.verdict, Verdict::NotEnoughData);
    assert!(
        told(&row).contains("no answer within 10 s"),
        "{}",
        told(&row)
    );
    let mut none = Server::new(&[], |_, _| Vec::new());
    let row = self::row(&mut none, None, now());
    assert_eq!(row.verdict, Verdict::NotEnoughData);
    assert!(
        told(&row).contains("no metric tells revisions apart"),
        "{}",
        told(&row)
    );
}
