//! What burns of the services, and what their canaries come to.

use midwatch::domain::{
    Arm, BurnRow, Burning, CanaryRow, Clean, Counted, Key, Measure, Origin, Pair, Plain, Quantile,
    Verdict, WindowBurn,
};

use super::super::super::platform::ago;
use super::{key, revision_name};

pub fn window(seconds: u32, bad: f64, valid: f64) -> WindowBurn {
    WindowBurn {
        seconds,
        measure: Measure::Exact(Counted { bad, valid }),
    }
}

pub fn burn(of: &Key, objective: &str, title: &str, state: Burning) -> BurnRow {
    BurnRow {
        key: Key::new(
            of.cluster.clone(),
            &of.namespace,
            &format!("{}/{objective}", of.name),
        ),
        service: of.clone(),
        objective: Clean::new(objective),
        title: Clean::new(title),
        target: 0.999,
        period: 2_592_000,
        state,
        origin: Origin::BuiltIn,
        by: Clean::new("Knative, revision_app_request_count"),
        plain: None,
        windows: Box::default(),
        worst: None,
        left: None,
        gone_in: None,
        covers: None,
        volume: None,
        trend: Box::default(),
        doubts: Box::default(),
        measured: ago(20),
    }
}

pub fn pair(long_burn: f64, short_burn: f64) -> Pair {
    Pair {
        long: 3_600,
        short: 300,
        long_burn,
        short_burn,
        factor: 14.4,
        pages: true,
    }
}

/// An objective that burns so fast that it pages.
pub fn burning(of: &Key) -> BurnRow {
    BurnRow {
        windows: Box::new([
            window(300, 18.0, 474.0),
            window(3_600, 214.0, 6_903.0),
            window(21_600, 230.0, 44_000.0),
        ]),
        worst: Some(pair(31.0, 38.0)),
        left: Some(0.12),
        gone_in: Some(11_400),
        covers: Some(1_209_600),
        volume: Some(87.0),
        trend: [0.1, 0.2, 4.0, 18.0, 26.0, 26.0, 36.0, 38.0]
            .map(Some)
            .into_iter()
            .collect(),
        ..burn(of, "errors", "errors < 0.1 %", Burning::Page)
    }
}

pub fn inside(of: &Key, objective: &str, title: &str) -> BurnRow {
    BurnRow {
        windows: Box::new([window(300, 0.0, 1_200.0), window(3_600, 3.0, 14_400.0)]),
        worst: Some(pair(0.2, 0.0)),
        left: Some(0.94),
        volume: Some(4.0),
        trend: [0.1, 0.3, 0.2, 0.2, 0.1, 0.0, 0.2, 0.1]
            .map(Some)
            .into_iter()
            .collect(),
        ..burn(of, objective, title, Burning::Inside)
    }
}

pub fn cold_starts(of: &Key, value: f64) -> BurnRow {
    BurnRow {
        plain: Some(Plain {
            limit: 10.0,
            value: Some(value),
            unit: Clean::new("cold starts / h"),
        }),
        ..burn(of, "cold-starts", "cold starts < 10 / h", Burning::Inside)
    }
}

pub fn quantiles(seconds: [f64; 3]) -> Box<[Quantile]> {
    let bounds = [(0.025, 0.05), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0)];
    let of = |(q, seconds): (f64, f64)| {
        let inside = bounds.iter().find(|(_, below)| seconds <= *below);
        let (above, below) = inside.copied().unwrap_or((1.0, f64::INFINITY));
        Quantile {
            q,
            seconds,
            above,
            below,
        }
    };
    [0.5, 0.95, 0.99].into_iter().zip(seconds).map(of).collect()
}

pub fn compared() -> CanaryRow {
    let arm = |number, bad, valid, slow, times| Arm {
        revision: Clean::from(revision_name("fraud-scorer", number)),
        errors: Some(Counted { bad, valid }),
        slow: Some(Counted { bad: slow, valid }),
        quantiles: quantiles(times),
        cold_starts: Some(0.0),
        volume: Some(valid / 1_800.0),
        trend: [0.001, 0.002, 0.01, 0.04, 0.041]
            .map(Some)
            .into_iter()
            .collect(),
    };
    CanaryRow {
        key: key("ml-fraud", "fraud-scorer"),
        canary: arm(42, 214.0, 5_210.0, 900.0, [0.048, 0.412, 1.4]),
        stable: arm(41, 38.0, 46_900.0, 400.0, [0.031, 0.118, 0.24]),
        window: 1_800,
        verdict: Verdict::Worse,
        reasons: Box::new([
            Clean::new("errors 4.1 % against 0.08 %, z = 46.1, p < 0.001"),
            Clean::new("slower than 200 ms: 17 % against 0.85 %, z = 71.0, p < 0.001"),
        ]),
        measured: ago(20),
    }
}

pub fn burns() -> Vec<BurnRow> {
    let (fraud, churn) = (key("ml-fraud", "fraud-scorer"), key("ml-churn", "churn"));
    let (ranker, search) = (key("recsys", "ranker"), key("recsys", "search"));
    let mut slow = inside(&churn, "p95", "p95 < 200 ms");
    slow.target = 0.95;
    slow.windows = Box::new([WindowBurn {
        seconds: 3_600,
        measure: Measure::Between {
            least: Counted {
                bad: 12.0,
                valid: 14_400.0,
            },
            most: Counted {
                bad: 600.0,
                valid: 14_400.0,
            },
        },
    }]);
    slow.doubts = Box::new([Clean::new(
        "no bucket ends at 200 ms: between those at 100 ms and 250 ms",
    )]);
    let ticket = BurnRow {
        windows: Box::new([window(300, 4.0, 900.0), window(3_600, 40.0, 10_800.0)]),
        worst: Some(Pair {
            long: 259_200,
            short: 21_600,
            factor: 1.0,
            pages: false,
            ..pair(1.4, 1.2)
        }),
        left: Some(-0.04),
        volume: Some(0.03),
        ..burn(&search, "errors", "errors < 0.1 %", Burning::Ticket)
    };
    vec![
        burning(&fraud),
        inside(&fraud, "p95", "p95 < 200 ms"),
        cold_starts(&fraud, 3.0),
        inside(&churn, "errors", "errors < 0.1 %"),
        slow,
        ticket,
        BurnRow {
            doubts: Box::new([Clean::new("its series ended 2 h ago")]),
            ..burn(&ranker, "errors", "errors < 0.1 %", Burning::Unknown)
        },
    ]
}
