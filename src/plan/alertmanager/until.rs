//! How long a silence lasts, as people write it. Pure; the clock is given.

use jiff::{SignedDuration, Timestamp};

/// The end: `90m`, `2h`, `1d12h` from now, or a time of RFC 3339.
pub(in crate::plan) fn end(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return (at > now).then_some(at);
    }
    let seconds = seconds(text).filter(|s| *s > 0)?;
    // whole seconds: people read it
    let now = Timestamp::from_second(now.as_second()).ok()?;
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

fn seconds(text: &str) -> Option<i64> {
    let (mut all, mut number) = (0_i64, String::new());
    if text.is_empty() {
        return None;
    }
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let factor = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        let count: i64 = number.parse().ok()?;
        all = all.checked_add(count.checked_mul(factor)?)?;
        number.clear();
    }
    number.is_empty().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_times_are_ends() {
        let now: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        let of = |text| end(text, now).map(|t| t.to_string());
        assert_eq!(of("2h").as_deref(), Some("2026-11-21T05:00:00Z"));
        assert_eq!(of("1d12h").as_deref(), Some("2026-11-22T15:00:00Z"));
        assert_eq!(
            of("2026-11-21T04:30:00Z").as_deref(),
            Some("2026-11-21T04:30:00Z")
        );
        for wrong in [
            "",
            "2",
            "h",
            "soon",
            "0h",
            "2026-11-21T02:00:00Z",
            "99999999999999w",
            "-2h",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
