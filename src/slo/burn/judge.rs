//! What counts in windows mean: burn rates, which pair fires, how an objective stands. Pure.

use crate::domain::{Burning, Counted, Measure, Pair, WindowBurn};
use crate::slo::window::PairSpec;

/// Burn rate of a measure: 1 spends the budget exactly over its period. Of a threshold between two buckets the least
/// that it can be. Without traffic nothing burns. None where it cannot be told.
pub(super) fn burn(measure: &Measure, budget: f64) -> Option<f64> {
    let rate = |counted: &Counted| Some(counted.ratio()? / budget);
    match measure {
        Measure::Exact(counted) => rate(counted),
        Measure::Between { least, .. } => rate(least),
        Measure::NoTraffic => Some(0.0),
        Measure::NoData | Measure::Unmeasurable(_) => None,
    }
}

/// The measure of a window.
pub(super) fn of(windows: &[WindowBurn], seconds: u32) -> &Measure {
    windows
        .iter()
        .find(|w| w.seconds == seconds)
        .map_or(&Measure::NoData, |w| &w.measure)
}

/// What follows from the windows.
#[derive(Debug, PartialEq)]
pub(super) struct Judged {
    pub state: Burning,
    pub worst: Option<Pair>,
    pub left: Option<f64>,
    pub gone_in: Option<u64>,
}

/// What an objective is measured against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Against<'a> {
    pub pairs: &'a [PairSpec],
    pub budget: f64,
    pub period: u32,
    /// Some answers may be partial: what does not fire is then not known to be calm.
    pub partial: bool,
}

const HOUR: u32 = 3600;

pub(super) fn judge(windows: &[WindowBurn], against: Against<'_>) -> Judged {
    let Against { budget, period, .. } = against;
    let pairs: Vec<Pair> = against
        .pairs
        .iter()
        .filter_map(|spec| pair(windows, spec, budget))
        .collect();
    let left = left(of(windows, period), budget);
    let hour = burn(of(windows, HOUR), budget);
    Judged {
        state: state(windows, &pairs, left, against.partial),
        worst: pairs
            .iter()
            .copied()
            .filter(|p| !(silent(windows, p.long) && silent(windows, p.short)))
            .max_by(|a, b| nearness(a).total_cmp(&nearness(b))),
        left,
        gone_in: gone_in(left, hour, period),
    }
}

fn pair(windows: &[WindowBurn], spec: &PairSpec, budget: f64) -> Option<Pair> {
    Some(Pair {
        long: spec.long,
        short: spec.short,
        long_burn: burn(of(windows, spec.long), budget)?,
        short_burn: burn(of(windows, spec.short), budget)?,
        factor: spec.factor,
        pages: spec.pages,
    })
}

fn silent(windows: &[WindowBurn], seconds: u32) -> bool {
    *of(windows, seconds) == Measure::NoTraffic
}

/// How near a pair is to firing: above 1 it fires.
fn nearness(pair: &Pair) -> f64 {
    pair.long_burn.min(pair.short_burn) / pair.factor
}

/// Budget left of the period; all of it where nothing was asked.
fn left(period: &Measure, budget: f64) -> Option<f64> {
    burn(period, budget).map(|spent| 1.0 - spent)
}

/// Seconds until the budget is spent at the rate of the last hour.
fn gone_in(left: Option<f64>, hour: Option<f64>, period: u32) -> Option<u64> {
    let (left, hour) = (left?, hour?);
    if hour <= 0.0 {
        return None;
    }
    let seconds = (left.max(0.0) * f64::from(period) / hour).round();
    // below 2^53 every whole number of seconds is exact; what is above is no time that anybody waits for
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (seconds < 9e15).then_some(seconds as u64)
}

fn state(windows: &[WindowBurn], pairs: &[Pair], left: Option<f64>, partial: bool) -> Burning {
    let fires = |pages: bool| pairs.iter().any(|p| p.pages == pages && p.fires());
    let untold = |w: &WindowBurn| matches!(w.measure, Measure::NoData | Measure::Unmeasurable(_));
    if fires(true) {
        Burning::Page
    } else if fires(false) || left.is_some_and(|l| l <= 0.0) {
        Burning::Ticket
    } else if partial || windows.iter().any(untold) {
        Burning::Unknown
    } else if silent(windows, HOUR) {
        Burning::NoTraffic
    } else {
        Burning::Inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::window::{Period, Windows};

    const WINDOWS: [u32; 6] = [300, 1800, 3600, 21_600, 259_200, 2_592_000];

    fn windows(ratio: impl Fn(u32) -> Measure) -> Vec<WindowBurn> {
        let one = |seconds| WindowBurn {
            seconds,
            measure: ratio(seconds),
        };
        WINDOWS.map(one).into_iter().collect()
    }

    fn share(bad: f64) -> Measure {
        Measure::Exact(Counted {
            bad: bad * 10_000.0,
            valid: 10_000.0,
        })
    }

    fn judged(ratio: impl Fn(u32) -> Measure, budget: f64) -> Judged {
        let pairs = Windows::Workbook.pairs(Period::DAYS_30);
        let pairs = crate::slo::window::possible(&pairs, budget);
        let against = Against {
            pairs: &pairs,
            budget,
            period: 2_592_000,
            partial: false,
        };
        judge(&windows(ratio), against)
    }

    #[test]
    fn a_page_needs_both_windows_above_the_factor() {
        // 99.9 %: the workbook pages above 1.44 % over one hour and five minutes
        assert_eq!(judged(|_| share(0.0145), 0.001).state, Burning::Page);
        let over = judged(|w| share(if w == 300 { 0.0 } else { 0.0145 }), 0.001);
        assert_eq!(over.state, Burning::Page, "6 h and 30 min still fire");
        let past = judged(|w| share(if w <= 1800 { 0.0 } else { 0.0145 }), 0.001);
        assert_eq!(past.state, Burning::Ticket);
        let calm = judged(|_| share(0.0005), 0.001);
        assert_eq!(calm.state, Burning::Inside);
        assert_eq!(calm.left, Some(0.5));
        // half of 30 days, at half a burn
        assert_eq!(calm.gone_in, Some(2_592_000));
    }

    #[test]
    fn exactly_at_the_factor_nothing_fires() {
        let at = judged(|w| share(if w > 200_000 { 0.0 } else { 0.006 }), 0.001);
        assert_eq!(at.state, Burning::Inside, "{at:?}");
    }

    #[test]
    fn a_window_without_data_is_not_calm_and_does_not_hide_a_fire() {
        let gap = |w: u32| {
            if w == 300 {
                Measure::NoData
            } else {
                share(0.0)
            }
        };
        assert_eq!(judged(gap, 0.001).state, Burning::Unknown);
        let burning = |w: u32| {
            if w == 300 {
                Measure::NoData
            } else {
                share(0.02)
            }
        };
        assert_eq!(judged(burning, 0.001).state, Burning::Page);
        let no_budget = |w: u32| {
            if w > 300_000 {
                Measure::NoData
            } else {
                share(0.0)
            }
        };
        let judged = judged(no_budget, 0.001);
        assert_eq!((judged.state, judged.left), (Burning::Unknown, None));
    }

    #[test]
    fn nothing_asked_is_neither_good_nor_bad() {
        let quiet = judged(|_| Measure::NoTraffic, 0.001);
        assert_eq!(quiet.state, Burning::NoTraffic);
        assert_eq!((quiet.worst, quiet.gone_in), (None, None));
    }

    #[test]
    fn a_spent_budget_is_shown_as_such() {
        let spent = judged(|w| share(if w > 300_000 { 0.002 } else { 0.0 }), 0.001);
        assert_eq!((spent.state, spent.left), (Burning::Ticket, Some(-1.0)));
        assert_eq!(spent.gone_in, None, "the last hour burns nothing");
    }

    #[test]
    fn only_the_least_of_two_bounds_fires() {
        let between = |_| Measure::Between {
            least: Counted {
                bad: 1.0,
                valid: 100.0,
            },
            most: Counted {
                bad: 100.0,
                valid: 100.0,
            },
        };
        assert_eq!(judged(between, 0.05).state, Burning::Inside);
    }

    #[test]
    fn half_of_the_requests_slow_makes_a_ticket() {
        assert_eq!(
            judged(|w| share(if w > 3600 { 0.1 } else { 0.6 }), 0.5).state,
            Burning::Ticket
        );
        assert_eq!(judged(|_| share(0.4), 0.5).state, Burning::Inside);
    }
}
