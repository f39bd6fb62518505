//! Amounts of resources as Kubernetes writes them. Pure. Source: apimachinery, pkg/api/resource/quantity.go.

use std::fmt;

/// An amount in thousandths: `500m` is half of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i64);

/// Suffixes and what they stand for: a power of ten or of two.
const SUFFIXES: &[(&str, i128, u32)] = &[
    ("Ki", 2, 10),
    ("Mi", 2, 20),
    ("Gi", 2, 30),
    ("Ti", 2, 40),
    ("Pi", 2, 50),
    ("k", 10, 3),
    ("M", 10, 6),
    ("G", 10, 9),
    ("T", 10, 12),
    ("P", 10, 15),
];

/// Thousandths of so many bytes and more are told in their greatest unit.
const MEBI: i64 = 1_000 << 20;

impl Amount {
    /// So many whole ones.
    #[must_use]
    pub fn whole(count: u32) -> Self {
        Self(i64::from(count) * 1_000)
    }

    /// The amount that a text is; none when it is none. What is less than a thousandth counts as one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(digits) = text.strip_suffix('m') {
            return thousandths(digits, 1).map(|n| n / 1_000).and_then(fit);
        }
        if let Some((digits, power)) = text.split_once(['e', 'E'])
            && let Ok(power) = power.parse::<u32>()
        {
            let factor = 10_i128.checked_pow(power.min(18))?;
            return thousandths(digits, factor).and_then(fit);
        }
        let known = SUFFIXES.iter();
        let mut known = known.filter_map(|(suffix, base, power)| {
            Some((text.strip_suffix(suffix)?, base.checked_pow(*power)?))
        });
        let (digits, factor) = known.next_back().unwrap_or((text, 1));
        thousandths(digits, factor).and_then(fit)
    }

    /// So many times this.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(count)))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it when so much is taken; not less than nothing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// Nothing.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whole ones, rounded up.
    #[must_use]
    pub fn count(self) -> u32 {
        let whole = self.0.max(0).saturating_add(999) / 1_000;
        u32::try_from(whole).unwrap_or(u32::MAX)
    }
}

fn fit(n: i128) -> Option<Amount> {
    i64::try_from(n).ok().map(Amount)
}

/// Digits with a point in thousandths, `factor` times, rounded up.
fn thousandths(digits: &str, factor: i128) -> Option<i128> {
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + part.len() == 0 || part.len() > 12 || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let number: i128 = format!("{whole}{part}").parse().ok()?;
    let times = number.checked_mul(factor)?.checked_mul(1_000)?;
    let up = times.checked_add(scale - 1)? / scale;
    Some(if negative { -up } else { up })
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= MEBI && self.0 % MEBI == 0 {
            let mebi = self.0 / MEBI;
            return if mebi % 1_024 == 0 {
                write!(f, "{}Gi", mebi / 1_024)
            } else {
                write!(f, "{mebi}Mi")
            };
        }
        let (whole, part) = (self.0 / 1_000, (self.0 % 1_000).abs());
        if part == 0 {
            return write!(f, "{whole}");
        }
        let part = format!("{part:03}");
        write!(f, "{whole}.{}", part.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_the_api_server_reads_them() {
        for (text, thousandths) in [
            ("8", 8_000),
            ("500m", 500),
            ("0.5", 500),
            ("1.5k", 1_500_000),
            ("2Ki", 2_048_000),
            ("1e3", 1_000_000),
            ("0", 0),
            ("-1", -1_000),
            (" 4 ", 4_000),
        ] {
            assert_eq!(Amount::read(text), Some(Amount(thousandths)), "{text}");
        }
        for text in [
            "",
            "m",
            "ki",
            "1 2",
            "4GB",
            "x",
            "1.2.3",
            "NaN",
            "99999999999999999999999",
        ] {
            assert_eq!(Amount::read(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_short() {
        for (text, shown) in [
            ("8", "8"),
            ("500m", "0.5"),
            ("64Gi", "64Gi"),
            ("1536Mi", "1536Mi"),
            ("1000k", "1000000"),
        ] {
            assert_eq!(Amount::read(text).unwrap().to_string(), shown);
        }
        assert_eq!(Amount(1_001).count(), 2);
    }
}
