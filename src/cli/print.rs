//! Answers on standard output that are written at once. I/O.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::exit::Failure;

/// Writes an answer. Nobody reading it any more is no failure.
pub(super) fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// JSON that a terminal can be shown: whatever is no letter or digit beyond ASCII is escaped, which changes nothing for
/// a reader of JSON, and takes every control, bidirectional and invisible character from a terminal.
pub(super) fn json_text(value: &impl Serialize) -> String {
    safe(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// The same in one line.
pub(super) fn json_line(value: &impl Serialize) -> String {
    safe(&serde_json::to_string(value).unwrap_or_default())
}

fn safe(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if (c.is_ascii() && c != '\u{7f}') || c.is_alphanumeric() {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // writing to a string does not fail
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_is_printed_and_nothing_is_lost() {
        let hostile = "a\u{1b}[2J\u{9b}2J\u{202e}b\u{e0041}\u{2028}\u{7f}é ✓ 😀";
        let text = json_text(&hostile);
        assert!(
            text.trim_end()
                .chars()
                .all(|c| c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric()),
            "{text:?}"
        );
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
