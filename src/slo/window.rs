//! Periods of budgets and the pairs of windows that alert on their burning. Pure.

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    days: u32,
}

impl Period {
    /// 30 days.
    pub const DAYS_30: Self = Self { days: 30 };
    /// 28 days: always four of each weekday.
    pub const DAYS_28: Self = Self { days: 28 };

    /// So many days, from 7 to 90: shorter ones are over before the slow windows are, and nobody keeps longer data.
    #[must_use]
    pub fn of(days: u32) -> Option<Self> {
        (7..=90).contains(&days).then_some(Self { days })
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.days * 86_400
    }

    /// Its length in days.
    #[must_use]
    pub fn days(self) -> u32 {
        self.days
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::DAYS_30
    }
}

/// Which pairs of windows, and which factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Windows {
    /// The three pairs that the Site Reliability Workbook recommends (chapter 5, table 5-8).
    #[default]
    Workbook,
    /// Those of sloth: the workbook's rule example, with a fourth pair of a day and two hours.
    Sloth,
    /// Those of pyrra: factors 14, 7, 2, 1, windows in proportion to the period, and a time to hold.
    Pyrra,
}

/// A pair of windows to alert on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairSpec {
    /// Length of the long window in seconds.
    pub long: u32,
    /// Length of the short window in seconds.
    pub short: u32,
    /// Burn rate that both have to exceed.
    pub factor: f64,
    /// It pages; else it makes a ticket.
    pub pages: bool,
    /// Seconds that it has to hold before an alert fires.
    pub hold: u32,
}

const MINUTE: u32 = 60;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

/// A share of the budget, spent in the long window.
const fn spent(share: f64, long: u32, short: u32, pages: bool) -> (f64, u32, u32, bool) {
    (share, long, short, pages)
}

const WORKBOOK: [(f64, u32, u32, bool); 3] = [
    spent(0.02, HOUR, 5 * MINUTE, true),
    spent(0.05, 6 * HOUR, 30 * MINUTE, true),
    spent(0.10, 3 * DAY, 6 * HOUR, false),
];

const SLOTH: [(f64, u32, u32, bool); 4] = [
    WORKBOOK[0],
    WORKBOOK[1],
    spent(0.10, DAY, 2 * HOUR, false),
    WORKBOOK[2],
];

/// Factor, and the windows for 28 days with the time to hold.
const PYRRA: [(f64, [u32; 3], bool); 4] = [
    (14.0, [HOUR, 5 * MINUTE, 2 * MINUTE], true),
    (7.0, [6 * HOUR, 30 * MINUTE, 15 * MINUTE], true),
    (2.0, [DAY, 2 * HOUR, HOUR], false),
    (1.0, [4 * DAY, 6 * HOUR, 3 * HOUR], false),
];

impl Windows {
    /// Its pairs for a budget of a period, the fastest first.
    #[must_use]
    pub fn pairs(self, period: Period) -> Vec<PairSpec> {
        match self {
            Self::Workbook => by_share(&WORKBOOK, period),
            Self::Sloth => by_share(&SLOTH, period),
            Self::Pyrra => pyrra(period),
        }
    }

    /// Its name in the settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Workbook => "workbook",
            Self::Sloth => "sloth",
            Self::Pyrra => "pyrra",
        }
    }
}

fn by_share(rows: &[(f64, u32, u32, bool)], period: Period) -> Vec<PairSpec> {
    let pair = |&(share, long, short, pages): &(f64, u32, u32, bool)| PairSpec {
        long,
        short,
        factor: share * f64::from(period.seconds()) / f64::from(long),
        pages,
        hold: 0,
    };
    rows.iter().map(pair).collect()
}

fn pyrra(period: Period) -> Vec<PairSpec> {
    // rounded to the minute, as pyrra does
    let scaled = |seconds: u32| (seconds * period.days() / 28 + 30) / MINUTE * MINUTE;
    let pair = |&(factor, [long, short, hold], pages): &(f64, [u32; 3], bool)| PairSpec {
        long: scaled(long),
        short: scaled(short),
        factor,
        pages,
        hold: scaled(hold),
    };
    PYRRA.iter().map(pair).collect()
}

/// The pairs that a budget can fire at all. A burn rate is at most 1 / budget, so that a pair with `factor · budget` of
/// 1 or more never fires: the pages among them are replaced by one plain comparison over an hour and five minutes,
/// which makes a ticket.
#[must_use]
pub fn possible(pairs: &[PairSpec], budget: f64) -> Vec<PairSpec> {
    let (can, cannot): (Vec<PairSpec>, Vec<PairSpec>) =
        pairs.iter().partition(|p| p.factor * budget < 1.0);
    let mut all = can;
    if cannot.iter().any(|p| p.pages) {
        let plain = PairSpec {
            long: HOUR,
            short: 5 * MINUTE,
            factor: 1.0,
            pages: false,
            hold: 0,
        };
        all.insert(0, plain);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(windows: Windows, period: Period) -> Vec<String> {
        let pairs = windows.pairs(period);
        pairs.iter().map(|p| format!("{:.3}", p.factor)).collect()
    }

    #[test]
    fn factors_are_those_that_were_published() {
        // The Site Reliability Workbook, chapter 5; sloth's google-30d.yaml and google-28d.yaml.
        assert_eq!(
            factors(Windows::Workbook, Period::DAYS_30),
            ["14.400", "6.000", "1.000"]
        );
        assert_eq!(
            factors(Windows::Sloth, Period::DAYS_30),
            ["14.400", "6.000", "3.000", "1.000"]
        );
        assert_eq!(
            factors(Windows::Sloth, Period::DAYS_28),
            ["13.440", "5.600", "2.800", "0.933"]
        );
        // pyrra, slo/rules.go
        assert_eq!(
            factors(Windows::Pyrra, Period::DAYS_30),
            ["14.000", "7.000", "2.000", "1.000"]
        );
    }

    #[test]
    fn windows_of_pyrra_grow_with_the_period() {
        let of = |period| -> Vec<(u32, u32, u32)> {
            let pairs = Windows::Pyrra.pairs(period);
            pairs
                .iter()
                .map(|p| (p.long / 60, p.short / 60, p.hold / 60))
                .collect()
        };
        assert_eq!(
            of(Period::DAYS_28),
            [(60, 5, 2), (360, 30, 15), (1440, 120, 60), (5760, 360, 180)]
        );
        assert_eq!(
            of(Period::DAYS_30),
            [(64, 5, 2), (386, 32, 16), (1543, 129, 64), (6171, 386, 193)]
        );
    }

    #[test]
    fn a_budget_of_half_the_requests_is_compared_plainly() {
        let pairs = Windows::Workbook.pairs(Period::DAYS_30);
        let half = possible(&pairs, 0.5);
        assert_eq!(half.len(), 2, "{half:?}");
        assert!(!half[0].pages && (half[0].factor - 1.0).abs() < 1e-9);
        assert_eq!(half[1].long, 3 * DAY);
        assert_eq!(possible(&pairs, 0.05), pairs, "14.4 · 5 % can be reached");
    }
}
