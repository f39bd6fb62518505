//! Figures of serving in words: burn rates, shares, latencies, counts. Pure; lists and the opened service say the same.

use crate::domain::{Burning, Counted, Measure, Quantile, Span, Verdict, WindowBurn};
use crate::theme::{Mark, Role};

/// How fast a budget burns, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Measured.
    Exact(f64),
    /// The least that it can be: no bucket ends at the threshold.
    AtLeast(f64),
}

impl Rate {
    /// Over one window; none where nothing was asked, or nothing is known.
    #[must_use]
    pub fn of(window: &WindowBurn, target: f64) -> Option<Self> {
        let budget = 1.0 - target;
        let burn = |counted: Counted| {
            let ratio = counted.ratio()?;
            (budget > 0.0).then(|| ratio / budget)
        };
        match &window.measure {
            Measure::Exact(counted) => burn(*counted).map(Self::Exact),
            Measure::Between { least, .. } => burn(*least).map(Self::AtLeast),
            Measure::NoTraffic | Measure::NoData | Measure::Unmeasurable(_) => None,
        }
    }

    /// The figure.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Exact(rate) | Self::AtLeast(rate) => rate,
        }
    }

    /// `31×`, `0.2×`, `≥31×`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Exact(rate) => times(rate),
            Self::AtLeast(rate) => format!("≥{}", times(rate)),
        }
    }
}

/// A factor; something small is never shown as nothing.
#[must_use]
pub fn times(rate: f64) -> String {
    match rate {
        r if !r.is_finite() => "-".to_owned(),
        r if r >= 9.95 => format!("{r:.0}×"),
        r if r >= 0.05 => format!("{r:.1}×"),
        r if r > 0.0 => "<0.1×".to_owned(),
        _ => "0×".to_owned(),
    }
}

/// A factor that fires an alert, as it is set: `14.4×`, `6×`.
#[must_use]
pub fn factor(factor: f64) -> String {
    let text = format!("{factor:.1}");
    format!("{}×", text.strip_suffix(".0").unwrap_or(&text))
}

/// A share of 1 in per cent, with two digits that count: `4.1 %`, `0.08 %`, `12 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let p = share * 100.0;
    match p.abs() {
        _ if !p.is_finite() => "-".to_owned(),
        a if a >= 9.95 || a == 0.0 => format!("{p:.0} %"),
        a if a >= 0.995 => format!("{p:.1} %"),
        a if a >= 0.005 => format!("{p:.2} %"),
        _ => "<0.01 %".to_owned(),
    }
}

/// Budget that is left: never more than there is, so it is rounded down.
#[must_use]
pub fn left(share: f64) -> String {
    let p = share * 100.0;
    if p > 0.0 && p < 1.0 {
        return "<1 %".to_owned();
    }
    format!("{:.0} %", p.floor())
}

/// The same in five cells: what is overspent by more than all of it is told in budgets, `-3.3×`.
#[must_use]
pub fn left_short(share: f64) -> String {
    match share {
        s if s > -0.995 => left(s),
        s if s > -9.95 => format!("{s:.1}×"),
        s if s > -999.5 => format!("{s:.0}×"),
        _ => "<-1k×".to_owned(),
    }
}

/// Requests a second.
#[must_use]
pub fn volume(rate: f64) -> String {
    match rate {
        r if !r.is_finite() => "-".to_owned(),
        r if r >= 9.95 => format!("{r:.0}"),
        r if r >= 0.05 => format!("{r:.1}"),
        r if r > 0.0 => "<0.1".to_owned(),
        _ => "0".to_owned(),
    }
}

/// A whole number with its thousands apart: `5,210`.
#[must_use]
pub fn number(count: f64) -> String {
    let digits = format!("{:.0}", count.max(0.0));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `4.1 % (214 of 5,210)`.
#[must_use]
pub fn counted(counted: Counted) -> String {
    match counted.ratio() {
        Some(ratio) => format!(
            "{} ({} of {})",
            percent(ratio),
            number(counted.bad),
            number(counted.valid)
        ),
        None => "no requests".to_owned(),
    }
}

/// Seconds of a latency: `118 ms`, `1.2 s`.
#[must_use]
pub fn latency(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "-".to_owned(),
        s if s >= 9.95 => format!("{s:.0} s"),
        s if s >= 0.9995 => format!("{s:.1} s"),
        s if s >= 0.000_95 => format!("{:.0} ms", s * 1_000.0),
        s if s > 0.0 => "<1 ms".to_owned(),
        _ => "0 ms".to_owned(),
    }
}

/// A quantile with the bounds of its bucket, which are what is really known: `118 ms (100 to 250 ms)`.
#[must_use]
pub fn quantile(of: &Quantile) -> String {
    if of.below.is_finite() {
        let bounds = format!("{} to {}", latency(of.above), latency(of.below));
        format!("{} ({bounds})", latency(of.seconds))
    } else {
        // the last bucket has no end: all that is known is where it begins
        format!("over {}", latency(of.above))
    }
}

/// A length of a window: `1 h`, `5 m`, `3 d`.
#[must_use]
pub fn window(seconds: u32) -> String {
    Span(i64::from(seconds)).short()
}

/// Figures in equal steps as small bars, on the scale of the greatest of them; a blank where nothing is known.
#[must_use]
pub fn spark(trend: &[Option<f64>], cells: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known = |v: &Option<f64>| v.filter(|v| v.is_finite() && *v >= 0.0);
    let from = trend.len().saturating_sub(cells);
    let shown = trend.get(from..).unwrap_or_default();
    let most = shown.iter().filter_map(known).fold(0.0, f64::max);
    let bar = |v: &Option<f64>| match known(v) {
        None => ' ',
        Some(v) if most > 0.0 => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = (v / most * 7.0).round() as usize;
            BARS.get(at).copied().unwrap_or('█')
        }
        Some(_) => '▁',
    };
    shown.iter().map(bar).collect()
}

/// Mark and word of an objective.
#[must_use]
pub fn burning(state: Burning) -> (Mark, &'static str) {
    match state {
        Burning::Page => (Mark::Burning, "Burning"),
        Burning::Ticket => (Mark::Waiting, "Slow burn"),
        Burning::Unknown => (Mark::Unknown, "No data"),
        Burning::NoTraffic => (Mark::Omitted, "No traffic"),
        Burning::Inside => (Mark::Ok, "Inside"),
    }
}

/// What a comparison says, and how it is painted.
#[must_use]
pub fn verdict(verdict: Verdict) -> (&'static str, Role) {
    match verdict {
        Verdict::NotEnoughData => ("not enough data", Role::Warn),
        Verdict::NoEvidence => ("no evidence of a difference", Role::Text),
        Verdict::Worse => ("canary is WORSE", Role::Bad),
        Verdict::Better => ("canary is better", Role::Good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_is_not_nothing_and_unknown_is_not_zero() {
        assert_eq!(
            [31.2, 9.94, 0.2, 0.01, 0.0].map(times),
            ["31×", "9.9×", "0.2×", "<0.1×", "0×"]
        );
        assert_eq!(times(f64::NAN), "-");
        assert_eq!([14.4, 6.0, 13.44].map(factor), ["14.4×", "6×", "13.4×"]);
        assert_eq!(
            [0.041, 0.0008, 0.12, 0.0, 0.000_001].map(percent),
            ["4.1 %", "0.08 %", "12 %", "0 %", "<0.01 %"]
        );
        assert_eq!(
            [0.999, 0.004, 0.0, -0.4].map(left),
            ["99 %", "<1 %", "0 %", "-40 %"]
        );
        assert_eq!(
            [87.2, 4.25, 0.01, 0.0].map(volume),
            ["87", "4.2", "<0.1", "0"]
        );
        assert_eq!(
            [5_210.0, 46_900.4, 7.0].map(number),
            ["5,210", "46,900", "7"]
        );
    }

    #[test]
    fn a_quantile_says_between_what_it_lies() {
        let of = |below| Quantile {
            q: 0.95,
            seconds: 0.118,
            above: 0.1,
            below,
        };
        assert_eq!(quantile(&of(0.25)), "118 ms (100 ms to 250 ms)");
        assert_eq!(quantile(&of(f64::INFINITY)), "over 100 ms");
    }

    #[test]
    fn a_burn_that_no_bucket_measures_is_the_least_that_it_can_be() {
        let window = |measure| WindowBurn {
            seconds: 3_600,
            measure,
        };
        let some = |bad| Counted { bad, valid: 100.0 };
        let between = window(Measure::Between {
            least: some(10.0),
            most: some(20.0),
        });
        assert_eq!(Rate::of(&between, 0.9).unwrap().text(), "≥1.0×");
        let none = window(Measure::NoTraffic);
        assert_eq!(Rate::of(&none, 0.9), None);
        let all = window(Measure::Exact(some(1.0)));
        assert_eq!(Rate::of(&all, 1.0), None, "no budget, no rate");
    }

    #[test]
    fn a_spark_has_gaps_where_nothing_is_known() {
        let trend = [Some(0.0), None, Some(1.0), Some(2.0), Some(f64::NAN)];
        assert_eq!(spark(&trend, 10), "▁ ▅█ ");
        assert_eq!(spark(&trend, 2), "█ ");
        assert_eq!(spark(&[Some(0.0)], 3), "▁");
    }
}
