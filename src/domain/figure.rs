//! The value of a metric: how it reads, and when two of them are the same. Pure.

use std::fmt;

/// The value of a metric. Two of them are equal when they read the same, so that NaN is no change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figure(pub f64);

impl Figure {
    /// A number that can be compared with others.
    #[must_use]
    pub fn known(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq() || self.0.is_nan() && other.0.is_nan()
    }
}

impl Eq for Figure {}

impl fmt::Display for Figure {
    /// With five digits that count; whole numbers whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        let size = v.abs();
        let text = if v.is_nan() {
            "NaN".to_owned()
        } else if size >= f64::MAX {
            // the registry sends infinity as the largest number there is
            if v > 0.0 { "infinite" } else { "-infinite" }.to_owned()
        } else if size != 0.0 && !(1e-4..1e9).contains(&size) {
            format!("{v:.3e}")
        } else {
            let whole = (0..6).take_while(|n| size >= 10_f64.powi(*n)).count();
            let text = format!("{v:.*}", 5_usize.saturating_sub(whole.max(1)));
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_short_and_say_what_is_no_number() {
        let read = |v: f64| Figure(v).to_string();
        assert_eq!(read(0.941_234_5), "0.9412");
        assert_eq!(read(12.0), "12");
        assert_eq!(read(1_234.567), "1234.6");
        assert_eq!(read(123_456.7), "123457");
        assert_eq!(read(0.000_001_5), "1.500e-6");
        assert_eq!(read(0.0), "0");
        assert_eq!(read(-0.25), "-0.25");
        assert_eq!(read(f64::NAN), "NaN");
        assert_eq!(
            (read(f64::MAX), read(-f64::INFINITY)),
            ("infinite".into(), "-infinite".into())
        );
    }

    #[test]
    fn a_figure_that_is_no_number_is_no_change() {
        assert_eq!(Figure(f64::NAN), Figure(f64::NAN));
        assert_ne!(Figure(f64::NAN), Figure(0.0));
        assert_eq!(Figure(f64::NAN).known(), None);
    }
}
