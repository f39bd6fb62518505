//! The comparison of a canary, read from a real Prometheus: its figures are those that a query by hand gives, and a
//! canary that nobody asks is not judged.

use std::time::Duration;

use jiff::Timestamp;
use midwatch::domain::{Arm, CanaryRow, Counted, SourceState, Verdict};
use midwatch::feed::kube::{Options, targets};
use midwatch::store::{Scope, Want};
use serde_json::{Value, json};

use super::metrics::set;
use super::serving::given::{Service, model};
use super::support::console::Console;
use super::support::{rig, tls};

const CANARY: &str = r#"pod=~"fraud-scorer-predictor-00002-.*""#;
const STABLE: &str = r#"pod=~"fraud-scorer-predictor-00001-.*""#;

/// The traffic of the canary as it is at the start of the rig.
struct Calmed;

impl Drop for Calmed {
    fn drop(&mut self) {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(slowness(0.045));
        })
        .join()
        .unwrap();
    }
}

async fn slowness(median: f64) {
    set(json!({"service": "ml-fraud/fraud-scorer", "revision": "00002", "median": median})).await;
}

fn console(namespace: &str, name: &str) -> Console {
    let kubeconfig = std::path::PathBuf::from(rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"));
    let console = Console::start(&kubeconfig, &[], Options::default(), 64);
    let places = midwatch::feed::kube::Places {
        flag: Some(kubeconfig),
        ..Default::default()
    };
    let target = targets(&places, &[]).unwrap().remove(0);
    let want = Want {
        cluster: target.id,
        feed: "canary",
        scope: Scope::Object {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
    };
    console.feeds.want([want].into());
    console
}

fn row(console: &Console, name: &str) -> Option<CanaryRow> {
    let rows = console.world.table::<CanaryRow>()?;
    let found = rows.iter().find(|r| &*r.key.name == name);
    found.map(|r| (**r).clone())
}

/// One figure by a query that a person would write, as of a time.
async fn figure(query: &str, at: Timestamp) -> f64 {
    tls();
    let url = format!("{}/api/v1/query", rig("MIDWATCH_RIG_PROMETHEUS"));
    let at = at.to_string();
    let asked = reqwest::Url::parse_with_params(&url, [("query", query), ("time", &at)]).unwrap();
    let answer: Value = reqwest::get(asked).await.unwrap().json().await.unwrap();
    let value = answer.pointer("/data/result/0/value/1");
    let value = value.unwrap_or_else(|| panic!("{query}: {answer}"));
    value.as_str().unwrap().parse().unwrap()
}

/// A scrape may lie between the two questions.
fn assert_near(what: &str, ours: f64, by_hand: f64) {
    println!("{what}: {ours:.5}, by hand {by_hand:.5}");
    let far = (ours - by_hand).abs();
    assert!(
        far <= by_hand.abs() * 0.06,
        "{what}: {ours}, by hand {by_hand}"
    );
}

fn ratio(counted: Option<Counted>) -> f64 {
    counted.and_then(Counted::ratio).unwrap()
}

async fn compare(side: &str, arm: &Arm, pods: &str, row: &CanaryRow) {
    let (window, at) = (format!("[{}s]", row.window), row.measured);
    let count = "kn_serving_invocation_duration_seconds_count";
    let bucket = "kn_serving_invocation_duration_seconds_bucket";
    let all = format!("sum(increase({count}{{{pods}}}{window}))");
    let failed = format!(
        "sum(increase({count}{{{pods},http_response_status_code=~\"5..\"}}{window})) / {all}"
    );
    assert_near(
        &format!("errors of {side}"),
        ratio(arm.errors),
        figure(&failed, at).await,
    );
    let fast = format!("sum(increase({bucket}{{{pods},le=\"0.25\"}}{window}))");
    let slow = format!("1 - {fast} / sum(increase({bucket}{{{pods},le=\"+Inf\"}}{window}))");
    let (ours, by_hand) = (ratio(arm.slow), figure(&slow, at).await);
    // of the stable side hardly any is slow: there a difference of a thousandth is none
    if by_hand > 0.01 {
        assert_near(&format!("slow of {side}"), ours, by_hand);
    } else {
        assert!((ours - by_hand).abs() < 0.001, "{ours} {by_hand}");
    }
    let p95 =
        format!("histogram_quantile(0.95, sum by (le) (increase({bucket}{{{pods}}}{window})))");
    let ours = arm.quantiles.iter().find(|q| (q.q - 0.95).abs() < 1e-9);
    assert_near(
        &format!("p95 of {side}"),
        ours.unwrap().seconds,
        figure(&p95, at).await,
    );
    let rate = format!("{all} / {}", row.window);
    assert_near(
        &format!("requests a second of {side}"),
        arm.volume.unwrap(),
        figure(&rate, at).await,
    );
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_canary_that_fails_and_gets_slow_is_worse_by_the_figures_that_a_query_by_hand_gives() {
    let _calmed = Calmed;
    slowness(0.4).await;
    let mut console = console("ml-fraud", "fraud-scorer");
    let judged = |c: &Console| {
        let row = row(c, "fraud-scorer")?;
        let slow = row.canary.slow.and_then(Counted::ratio);
        (row.verdict == Verdict::Worse && slow.is_some_and(|s| s > 0.03)).then_some(row)
    };
    // a canary that has just got ready is not judged before three minutes have passed
    for _ in 0..12 {
        if judged(&console).is_some() {
            break;
        }
        console.for_a_while(Duration::from_secs(20)).await;
    }
    console.until("a verdict", |c| judged(c).is_some()).await;
    let row = judged(&console).unwrap();
    let because: Vec<&str> = row.reasons.iter().map(|r| &**r).collect();
    println!("over {} s: {because:#?}", row.window);
    assert!(because[0].starts_with("errors "), "{because:?}");
    assert!(
        because.iter().any(|r| r.contains("slower than 250 ms")),
        "{because:?}"
    );
    assert_eq!(&*row.canary.revision, "fraud-scorer-predictor-00002");
    assert_eq!(&*row.stable.revision, "fraud-scorer-predictor-00001");
    compare("the canary", &row.canary, CANARY, &row).await;
    compare("stable", &row.stable, STABLE, &row).await;
    console
        .until("live", |c| {
            let source = c.source("canary", "ml-fraud/fraud-scorer");
            source.is_some_and(|s| s.state == SourceState::Live && s.endpoint.contains("found by"))
        })
        .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_canary_that_nobody_asks_is_not_judged() {
    let service = Service::knative("quiet");
    service.edit(&json!({"canaryTrafficPercent": 10, "model": {"storageUri": model(2)}}));
    service.rolls_out("2/2/1/- 2:10 1:90(prev)");
    let mut console = console(crate::act::NS, &service.name);
    console
        .until("a row", |c| row(c, &service.name).is_some())
        .await;
    let row = row(&console, &service.name).unwrap();
    assert_eq!(row.verdict, Verdict::NotEnoughData, "{row:#?}");
    assert!(row.reasons[0].starts_with("warming up"), "{row:#?}");
    for arm in [&row.canary, &row.stable] {
        // not known is not nothing
        assert_eq!((arm.errors, arm.slow, arm.volume), (None, None, None));
        assert!(arm.quantiles.is_empty(), "{arm:?}");
    }
}
