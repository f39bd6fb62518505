//! Schedules of sync windows, as Argo CD reads them: five fields, names of months and days, no descriptors. Pure.
//!
//! Source: `github.com/robfig/cron/v3`, `parser.go` and `spec.go`, without a zone in the schedule itself.

use jiff::ToSpan;
use jiff::civil::DateTime;

/// How far ahead a start is looked for.
const HORIZON_DAYS: i32 = 366 * 5;

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Bits of the values that fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Written as `*` or `?`.
    any: bool,
}

impl Field {
    fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|v| self.bits >> v & 1 == 1)
    }
}

/// When something starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl Schedule {
    /// Reads the five fields; `None` when they cannot be read, or not here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            minute: field(minute, (0, 59), &[])?,
            hour: field(hour, (0, 23), &[])?,
            day: field(day, (1, 31), &[])?,
            month: field(month, (1, 12), MONTHS)?,
            weekday: field(weekday, (0, 6), DAYS)?,
        })
    }

    /// The first start after a time; `None` when there is none for years.
    pub(super) fn next(&self, after: DateTime) -> Option<DateTime> {
        let first = after.date();
        for ahead in 0..HORIZON_DAYS {
            let date = first.checked_add(ahead.days()).ok()?;
            if !self.month.has(date.month()) || !self.falls_on(date) {
                continue;
            }
            for hour in (0..24).filter(|h| self.hour.has(*h)) {
                for minute in (0..60).filter(|m| self.minute.has(*m)) {
                    let at = date.at(hour, minute, 0, 0);
                    if at > after {
                        return Some(at);
                    }
                }
            }
        }
        None
    }

    /// Days of the month and of the week both have to fit when one of them is `*`; otherwise one is enough.
    fn falls_on(&self, date: jiff::civil::Date) -> bool {
        let day = self.day.has(date.day());
        let weekday = self.weekday.has(date.weekday().to_sunday_zero_offset());
        if self.day.any || self.weekday.any {
            day && weekday
        } else {
            day || weekday
        }
    }
}

/// One field: parts divided by commas.
fn field(text: &str, bounds: (u32, u32), names: &[&str]) -> Option<Field> {
    let mut all = Field {
        bits: 0,
        any: false,
    };
    for part in text.split(',') {
        let one = part_of(part, bounds, names)?;
        all.bits |= one.bits;
        all.any |= one.any;
    }
    Some(all)
}

/// One part: `*`, `5`, `1-5`, each with `/STEP`.
fn part_of(text: &str, (min, max): (u32, u32), names: &[&str]) -> Option<Field> {
    let number = |text: &str| value(text, min, names);
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|s| *s > 0)?)),
        None => (text, None),
    };
    let star = matches!(range, "*" | "?");
    let (low, high) = if star {
        (min, max)
    } else if let Some((low, high)) = range.split_once('-') {
        (number(low)?, number(high)?)
    } else {
        let only = number(range)?;
        (only, if step.is_some() { max } else { only })
    };
    if low < min || high > max || low > high {
        return None;
    }
    let step = step.unwrap_or(1);
    let mut bits = 0;
    let mut at = low;
    while at <= high {
        bits |= 1_u64 << at;
        at = at.checked_add(step)?;
    }
    Some(Field {
        bits,
        any: star && step == 1,
    })
}

fn value(text: &str, min: u32, names: &[&str]) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = text.to_ascii_lowercase();
    let at = names.iter().position(|n| *n == text)?;
    Some(u32::try_from(at).ok()? + min)
}

/// A length of time as Go writes it, in whole seconds: `1h30m`, `90s`, `1.5h`.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at_checked(end.unwrap_or(after.len()))?;
        let factor = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    // beyond any length that means something the sum is cut
    #[expect(clippy::cast_possible_truncation, reason = "held below a century")]
    Some(total.clamp(0.0, 3.2e9) as i64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn schedules_start_when_argo_cd_starts_them() {
        for (schedule, expected) in [
            ("* * * * *", Some("2026-11-20T22:08:00")),
            ("*/20 * * * *", Some("2026-11-20T22:20:00")),
            ("0 9 * * 1-5", Some("2026-11-23T09:00:00")),
            ("0 9 * * mon", Some("2026-11-23T09:00:00")),
            ("0 0 1 jan *", Some("2027-01-01T00:00:00")),
            // one of both is enough when none is a star
            ("0 0 25 * mon", Some("2026-11-23T00:00:00")),
            // a star with a step is no star
            ("0 0 */9 * 0", Some("2026-11-22T00:00:00")),
            ("0 0 30 2 *", None),
        ] {
            let found = Schedule::parse(schedule)
                .unwrap()
                .next("2026-11-20T22:07:30".parse().unwrap());
            assert_eq!(
                found.map(|t| t.to_string()).as_deref(),
                expected,
                "{schedule}"
            );
        }
        for wrong in [
            "",
            "@daily",
            "0 0 * * 7",
            "60 * * * *",
            "5-1 * * * *",
            "TZ=UTC 0 0 * * *",
            "*/0 * * * *",
        ] {
            assert_eq!(Schedule::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_those_of_go() {
        for (text, expected) in [
            ("1h", Some(3_600)),
            ("1h30m", Some(5_400)),
            ("1.5h", Some(5_400)),
            ("90s", Some(90)),
            ("8760h", Some(31_536_000)),
            ("10", None),
            ("h", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
