//! Pieces of `PromQL`: durations, quoted strings, matchers. Pure; called by what writes queries.

/// A duration as Prometheus writes it: whole units, the largest first (`1h`, `64m`, `30d`).
#[must_use]
pub fn duration(seconds: u32) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    let unit = units.iter().find(|(size, _)| seconds.is_multiple_of(*size));
    let (size, letter) = unit.copied().unwrap_or((1, 's'));
    format!("{}{letter}", seconds / size)
}

/// Seconds of a Prometheus duration such as `5m`, `1h30m`, `4w`; none when it is not one.
#[must_use]
pub fn seconds(text: &str) -> Option<u32> {
    let mut total: u32 = 0;
    let mut digits = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = match letter {
            's' => 1,
            // `ms` is no unit that a window could have
            'm' if letters.peek() != Some(&'s') => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        let count: u32 = std::mem::take(&mut digits).parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
    }
    (digits.is_empty() && total > 0).then_some(total)
}

/// A string literal: what comes from outside stays inside its quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A string literal with a regular expression that matches one of these words and nothing else.
#[must_use]
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let escaped: Vec<String> = words.into_iter().map(regex_syntax::escape).collect();
    quoted(&escaped.join("|"))
}

/// A number as Prometheus reads it back to the same value.
#[must_use]
pub fn number(value: f64) -> String {
    // 17 digits tell any two numbers apart; the noise of 1 - 0.999 is not worth them
    let rounded = format!("{value:.12}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed.is_empty() || trimmed == "-" {
        "0".to_owned()
    } else {
        trimmed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_prometheus_writes_them_and_read_back() {
        for (secs, text) in [
            (300, "5m"),
            (3600, "1h"),
            (3840, "64m"),
            (7200, "2h"),
            (259_200, "3d"),
            (2_592_000, "30d"),
            (45, "45s"),
        ] {
            assert_eq!(duration(secs), text);
            assert_eq!(seconds(text), Some(secs));
        }
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("4w"), Some(2_419_200));
        for wrong in ["", "5", "m", "5x", "5ms", "99999999999d", "0s"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_label_from_outside_cannot_leave_its_quotes() {
        assert_eq!(
            quoted("a\"} or vector(1) #\\"),
            "\"a\\\"} or vector(1) #\\\\\""
        );
        assert_eq!(one_of(["0.1", "+Inf"]), "\"0\\\\.1|\\\\+Inf\"");
    }

    #[test]
    fn numbers_are_written_without_noise() {
        assert_eq!(number(1.0 - 0.999), "0.001");
        assert_eq!(number(14.4), "14.4");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(2.0), "2");
    }
}
