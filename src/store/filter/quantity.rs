//! Sizes as people write them: `90s`, `1h30m`, `50%`. Pure.

use super::Measure;

/// The size in seconds, or the count; what to write instead when it is none.
pub fn amount(text: &str, measure: Measure) -> Result<i64, String> {
    match measure {
        Measure::Count => count(text).ok_or_else(|| format!("{text} is no whole number")),
        Measure::Seconds => seconds(text).ok_or_else(|| {
            if text.bytes().all(|b| b.is_ascii_digit()) {
                format!("{text} what? write {text}s, {text}m, {text}h or {text}d")
            } else {
                format!("{text} is no length of time: write 30s, 10m, 2h, 1h30m or 3d")
            }
        }),
    }
}

fn count(text: &str) -> Option<i64> {
    text.strip_suffix('%').unwrap_or(text).parse().ok()
}

fn seconds(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let unit = match rest.get(digits..digits + 1)? {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(unit)?)?;
        rest = rest.get(digits + 1..)?;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_with_their_units() {
        let read = |t| seconds(t);
        assert_eq!(
            ["90s", "10m", "2h", "1h30m", "3d", "1w"].map(read),
            [90, 600, 7_200, 5_400, 259_200, 604_800].map(Some)
        );
        for wrong in [
            "",
            "5",
            "2x",
            "h",
            "1h2",
            "-3m",
            "9999999999999999999s",
            "1漢",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_without_a_unit_is_told_which_units_there_are() {
        let told = amount("5", Measure::Seconds).unwrap_err();
        assert!(told.contains("5m") && told.contains("5h"), "{told}");
        assert_eq!(amount("50%", Measure::Count), Ok(50));
    }
}
