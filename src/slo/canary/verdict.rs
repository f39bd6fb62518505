//! What the figures of two sides say: worse, better, no evidence, or not enough to tell. Pure.

use crate::domain::{Clean, Counted, Verdict};
use crate::slo::bucket::percent;
use crate::slo::stats::{Compared, compare, holm, needed};

/// A difference is taken for one below this probability: 1 %, not 5, since it is looked at again and again.
const ALPHA: f64 = 0.01;
/// Failures above this share are worse, whatever the other side does.
const CRITICAL: f64 = 0.05;
/// Fewer requests than these tell nothing.
const FEWEST: f64 = 20.0;

/// One share that is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    /// `errors`, `slower than 250 ms`.
    pub name: String,
    /// Of the canary.
    pub canary: Counted,
    /// Of the stable side.
    pub stable: Counted,
    /// A smaller difference does not matter.
    pub margin: f64,
    /// The difference that has to be seen before there is said to be none.
    pub matters: f64,
    /// It has an absolute limit.
    pub critical: bool,
}

/// The verdict, and why.
#[derive(Debug, PartialEq)]
pub(super) struct Judged {
    pub verdict: Verdict,
    pub reasons: Vec<Clean>,
}

/// Judges all metrics together.
pub(super) fn judge(metrics: &[Metric]) -> Judged {
    let told: Vec<(&Metric, Compared)> = metrics
        .iter()
        .filter(|m| m.canary.valid >= FEWEST && m.stable.valid >= FEWEST)
        .filter_map(|m| Some((m, compare(m.canary, m.stable)?)))
        .collect();
    let corrected = holm(&told.iter().map(|(_, c)| c.p).collect::<Vec<f64>>());
    let mut lines: Vec<(Verdict, String)> = Vec::new();
    for ((metric, compared), p) in told.iter().zip(&corrected) {
        lines.push(one(metric, compared, *p));
    }
    for metric in metrics.iter().filter(|m| is_critical(m)) {
        let share = metric.canary.ratio().unwrap_or_default();
        let line = format!(
            "{} of the canary at {}, above {}: worse, whatever stable does",
            metric.name,
            percent(share),
            percent(CRITICAL)
        );
        lines.push((Verdict::Worse, line));
    }
    for metric in metrics {
        let untold = !told.iter().any(|(m, _)| m.name == metric.name);
        if untold && !is_critical(metric) {
            lines.push((Verdict::NotEnoughData, few(metric)));
        }
    }
    let verdict = overall(&lines);
    lines.sort_by_key(|(v, _)| *v != verdict);
    Judged {
        verdict,
        reasons: lines.iter().map(|(_, line)| Clean::new(line)).collect(),
    }
}

/// The worst that was found; that nothing was found counts only where enough was seen.
fn overall(lines: &[(Verdict, String)]) -> Verdict {
    let any = |wanted: Verdict| lines.iter().any(|(v, _)| *v == wanted);
    if any(Verdict::Worse) {
        Verdict::Worse
    } else if any(Verdict::NotEnoughData) || lines.is_empty() {
        Verdict::NotEnoughData
    } else if any(Verdict::Better) {
        Verdict::Better
    } else {
        Verdict::NoEvidence
    }
}

fn is_critical(metric: &Metric) -> bool {
    metric.critical
        && metric.canary.valid >= FEWEST
        && metric.canary.ratio().is_some_and(|r| r > CRITICAL)
}

fn one(metric: &Metric, compared: &Compared, p: f64) -> (Verdict, String) {
    let found = p < ALPHA && compared.difference.abs() >= metric.margin;
    let verdict = if found && compared.difference > 0.0 {
        Verdict::Worse
    } else if found {
        Verdict::Better
    } else if missing(metric) > 0.0 {
        Verdict::NotEnoughData
    } else {
        Verdict::NoEvidence
    };
    let share = |counted: Counted| percent(counted.ratio().unwrap_or_default());
    let (low, high) = compared.interval;
    let mut line = format!(
        "{} {} against {}, {}, {} (difference {} to {})",
        metric.name,
        share(metric.canary),
        share(metric.stable),
        test(compared),
        probability(p),
        percent(low),
        percent(high)
    );
    if verdict == Verdict::NotEnoughData {
        line = format!("{line}; {}", few(metric));
    }
    (verdict, line)
}

fn test(compared: &Compared) -> String {
    match compared.z {
        Some(z) => format!("z = {z:.1}"),
        None => "Fisher's exact test".to_owned(),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

/// Requests that the smaller side lacks before a difference that matters would be seen.
fn missing(metric: &Metric) -> f64 {
    let from = metric.stable.ratio().unwrap_or_default();
    let to = (from + metric.matters).min(1.0);
    let wanted = if to > from { needed(from, to) } else { FEWEST };
    let least = metric.canary.valid.min(metric.stable.valid);
    (wanted.max(FEWEST) - least).max(0.0).ceil()
}

fn few(metric: &Metric) -> String {
    let from = metric.stable.ratio().unwrap_or_default();
    let side = if metric.canary.valid <= metric.stable.valid {
        "the canary"
    } else {
        "stable"
    };
    format!(
        "{}: {:.0} more requests to {side} are needed to tell {} from {}",
        metric.name,
        missing(metric),
        percent((from + metric.matters).min(1.0)),
        percent(from)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn errors(canary: (f64, f64), stable: (f64, f64)) -> Metric {
        let of = |(bad, valid)| Counted { bad, valid };
        Metric {
            name: "errors".to_owned(),
            canary: of(canary),
            stable: of(stable),
            margin: 0.0001,
            matters: 0.009,
            critical: true,
        }
    }

    fn told(judged: &Judged) -> String {
        let lines: Vec<&str> = judged.reasons.iter().map(Clean::as_str).collect();
        lines.join("\n")
    }

    #[test]
    fn four_percent_of_failures_are_worse_than_one_in_a_thousand() {
        let judged = judge(&[errors((214.0, 5_210.0), (38.0, 46_900.0))]);
        assert_eq!(judged.verdict, Verdict::Worse);
        let told = told(&judged);
        assert!(
            told.contains("errors 4.1 % against 0.08 %, z = ") && told.contains("p < 0.001"),
            "{told}"
        );
    }

    #[test]
    fn without_requests_nothing_is_said_and_the_missing_ones_are_counted() {
        let judged = judge(&[errors((0.0, 12.0), (38.0, 46_900.0))]);
        assert_eq!(judged.verdict, Verdict::NotEnoughData);
        assert!(
            told(&judged).contains("more requests to the canary are needed"),
            "{judged:?}"
        );
        assert_eq!(judge(&[]).verdict, Verdict::NotEnoughData);
        // enough to run a test, not enough to say that there is no difference
        let few = judge(&[errors((0.0, 300.0), (38.0, 46_900.0))]);
        assert_eq!(few.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn many_requests_without_a_difference_are_no_evidence() {
        let judged = judge(&[errors((5.0, 5_000.0), (47.0, 47_000.0))]);
        assert_eq!(judged.verdict, Verdict::NoEvidence, "{judged:?}");
    }

    #[test]
    fn above_the_critical_limit_stable_does_not_matter() {
        let judged = judge(&[errors((3.0, 40.0), (4.0, 50.0))]);
        assert_eq!(judged.verdict, Verdict::Worse);
        assert!(told(&judged).contains("above 5 %"), "{judged:?}");
    }

    #[test]
    fn a_canary_that_mends_what_failed_is_better() {
        let judged = judge(&[errors((2.0, 20_000.0), (900.0, 30_000.0))]);
        assert_eq!(judged.verdict, Verdict::Better);
    }

    #[test]
    fn a_difference_that_does_not_matter_is_none() {
        let judged = judge(&[errors((10_600.0, 1e7), (10_000.0, 1e7))]);
        assert_eq!(judged.verdict, Verdict::NoEvidence, "{judged:?}");
    }

    proptest! {
        #[test]
        fn equal_sides_are_never_worse_or_better(bad in 0_u32..200, valid in 1_u32..100_000) {
            let side = (f64::from(bad.min(valid / 21)), f64::from(valid));
            let verdict = judge(&[errors(side, side)]).verdict;
            prop_assert!(matches!(verdict, Verdict::NotEnoughData | Verdict::NoEvidence), "{verdict:?}");
        }
    }
}
