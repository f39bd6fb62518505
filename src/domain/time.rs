//! Times as people read them: relative in lists, absolute with their zone in details. Pure: `now` is always given.

use std::fmt;

use jiff::Timestamp;

/// A length of time in whole seconds, shown with its two largest units: `42 s`, `17:40`, `3 h 10 m`, `2 d 4 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub i64);

impl Span {
    /// From `from` to `to`; never negative.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self((to.as_second() - from.as_second()).max(0))
    }

    /// With the largest unit only: `42 s`, `17 m`, `3 h`, `2 d`. For lists.
    #[must_use]
    pub fn short(self) -> String {
        let s = self.0;
        match s {
            ..60 => format!("{s} s"),
            60..3_600 => format!("{} m", s / 60),
            3_600..172_800 => format!("{} h", s / 3_600),
            _ => format!("{} d", s / 86_400),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0;
        let text = match s {
            ..60 => format!("{s} s"),
            60..3_600 => format!("{}:{:02}", s / 60, s % 60),
            3_600..86_400 => format!("{} h {:02} m", s / 3_600, s % 3_600 / 60),
            _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
        };
        f.pad(&text)
    }
}

/// How long ago `then` was; `-` when it is not known.
#[must_use]
pub fn age(then: Option<Timestamp>, now: Timestamp) -> String {
    then.map_or_else(|| "-".to_owned(), |t| Span::between(t, now).short())
}

/// How long something took, or has been taking; `-` when it has not started.
#[must_use]
pub fn took(
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    now: Timestamp,
) -> Option<Span> {
    started.map(|s| Span::between(s, finished.unwrap_or(now)))
}

/// Absolute time of day with its zone, `22:04:13Z`; the date in front when it is another day than `now`.
#[must_use]
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.strftime("%H:%M:%SZ").to_string();
    if at.strftime("%F").to_string() == now.strftime("%F").to_string() {
        text
    } else {
        format!("{} {text}", at.strftime("%F"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_in_its_two_largest_units() {
        let read: Vec<String> = [0, 59, 60, 1060, 3600, 11_400, 90_000]
            .iter()
            .map(|s| Span(*s).to_string())
            .collect();
        assert_eq!(
            read,
            [
                "0 s", "59 s", "1:00", "17:40", "1 h 00 m", "3 h 10 m", "1 d 1 h"
            ]
        );
    }

    #[test]
    fn an_age_reads_in_its_largest_unit_and_never_below_zero() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |s: i64| age(Some(Timestamp::from_second(1_000_000 - s).unwrap()), now);
        assert_eq!(
            [ago(-5), ago(5), ago(61), ago(7_300), ago(180_000)],
            ["0 s", "5 s", "1 m", "2 h", "2 d"]
        );
        assert_eq!(age(None, now), "-");
    }
}
