//! One line as it came, made into one that can be shown. Pure.

use jiff::Timestamp;

use super::cut::head;
use crate::domain::{Clean, LogLine};

/// The time in front of a line, and the text behind it.
pub(super) fn split(raw: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let (time, text) = raw.split_at(head(raw));
    let time = std::str::from_utf8(time.trim_ascii_end()).ok();
    match time.and_then(|t| t.parse::<Timestamp>().ok()) {
        Some(at) => (Some(at), text),
        None => (None, raw),
    }
}

/// Colours are dropped, whatever else is not plain text is made visible.
pub(super) fn clean(at: Option<Timestamp>, text: &[u8], cut: u64) -> LogLine {
    LogLine {
        at,
        text: Clean::from_bytes(text),
        cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> LogLine {
        let (at, text) = split(raw);
        clean(at, text, 0)
    }

    #[test]
    fn the_time_is_taken_off_to_the_nanosecond() {
        let line = read(b"2026-11-21T09:48:51.123456789Z step 5");
        assert_eq!(line.at.map(Timestamp::subsec_nanosecond), Some(123_456_789));
        assert_eq!(line.text.as_str(), "step 5");
        let short = read(b"2026-11-21T09:48:51Z ");
        assert_eq!((short.at.is_some(), short.text.as_str()), (true, ""));
        let zone = read(b"2026-11-21T10:48:51.5+01:00 x");
        let utc = zone.at.map(|t| t.to_string());
        assert_eq!(utc.as_deref(), Some("2026-11-21T09:48:51.5Z"));
    }

    #[test]
    fn what_only_looks_like_a_time_stays() {
        for text in ["2026-13-41T99:99:99Z x", "20 T", "", "failed to watch file"] {
            let line = read(text.as_bytes());
            assert_eq!((line.at, line.text.as_str()), (None, text));
        }
    }

    #[test]
    fn colours_go_and_bytes_that_are_not_text_are_seen() {
        let line =
            read(b"2026-11-21T09:48:51Z \x1b[1;31mERROR\x1b[0m lost \xff\x9b2J\x1b]0;own\x07");
        assert_eq!(line.text.as_str(), "ERROR lost \u{fffd}\u{fffd}2J");
    }
}
