//! Finds where a terminal escape sequence ends, without ever looking further than a bound. Pure.
//!
//! Source: ECMA-48 and what xterm does with it; the bound and the rule for unterminated strings are ours.

/// Longest sequence that is believed to be one, in bytes.
const BOUND: usize = 4096;

/// What stands at the beginning of a text that starts with an introducer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// A sequence of this many bytes, introducer included: drop it.
    Sequence(usize),
    /// Not a sequence (unterminated, cut by a line end, or too long): show the introducer, read on behind it.
    Broken,
}

/// Measures the sequence at the start of `text`; `None` when the first character introduces none.
pub(super) fn measure(text: &str) -> Option<Escape> {
    let mut chars = text.chars();
    match chars.next()? {
        '\u{1b}' => Some(after_esc(chars.as_str())),
        '\u{9b}' => Some(control_sequence(chars.as_str(), 2)),
        '\u{9d}' | '\u{90}' | '\u{9f}' | '\u{9e}' | '\u{98}' => {
            Some(control_string(chars.as_str(), 2))
        }
        _ => None,
    }
}

fn after_esc(rest: &str) -> Escape {
    let mut chars = rest.chars();
    match chars.next() {
        Some('[') => control_sequence(chars.as_str(), 2),
        Some(']' | 'P' | '_' | '^' | 'X') => control_string(chars.as_str(), 2),
        Some(' '..='/') => intermediate(chars.as_str(), 2),
        Some('0'..='~') => Escape::Sequence(2),
        _ => Escape::Broken,
    }
}

/// `ESC [` parameters, intermediates, final.
fn control_sequence(rest: &str, introducer: usize) -> Escape {
    for (n, byte) in rest.bytes().enumerate().take(BOUND) {
        match byte {
            0x20..=0x3f => {}
            0x40..=0x7e => return Escape::Sequence(introducer + n + 1),
            _ => break,
        }
    }
    Escape::Broken
}

/// `ESC (` and its like: intermediates, then one final.
fn intermediate(rest: &str, introducer: usize) -> Escape {
    for (n, byte) in rest.bytes().enumerate().take(BOUND) {
        match byte {
            0x20..=0x2f => {}
            0x30..=0x7e => return Escape::Sequence(introducer + n + 1),
            _ => break,
        }
    }
    Escape::Broken
}

/// OSC, DCS, APC, PM, SOS: up to BEL or ST, never beyond a line end or another escape.
fn control_string(rest: &str, introducer: usize) -> Escape {
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if at > BOUND {
            break;
        }
        match c {
            '\u{7}' => return Escape::Sequence(introducer + at + 1),
            '\u{9c}' => return Escape::Sequence(introducer + at + 2),
            '\u{1b}' => {
                if chars.next().is_some_and(|(_, c)| c == '\\') {
                    return Escape::Sequence(introducer + at + 2);
                }
                break;
            }
            '\n' | '\r' | '\u{18}' | '\u{1a}' | '\u{85}' | '\u{2028}' | '\u{2029}' => break,
            _ => {}
        }
    }
    Escape::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_measured_to_their_end() {
        let sequence = |text: &str| match measure(text) {
            Some(Escape::Sequence(n)) => text.get(n..).unwrap().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(sequence("\u{1b}[31mred"), "red");
        assert_eq!(sequence("\u{9b}2Jx"), "x");
        assert_eq!(sequence("\u{1b}]0;title\u{7}x"), "x");
        assert_eq!(sequence("\u{1b}]0;title\u{1b}\\x"), "x");
        assert_eq!(sequence("\u{9d}0;title\u{9c}x"), "x");
        assert_eq!(sequence("\u{1b}(Bx"), "x");
        assert_eq!(sequence("\u{1b}cx"), "x");
    }

    #[test]
    fn an_open_string_swallows_nothing() {
        assert_eq!(measure("\u{1b}]0;title\nnext"), Some(Escape::Broken));
        assert_eq!(measure("\u{1b}Pq"), Some(Escape::Broken));
        let long = format!("\u{1b}]{}\u{7}", "x".repeat(BOUND + 1));
        assert_eq!(measure(&long), Some(Escape::Broken));
        assert_eq!(measure("\u{1b}"), Some(Escape::Broken));
        assert_eq!(measure("\u{1b}[12;"), Some(Escape::Broken));
    }
}
