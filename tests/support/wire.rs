//! What a program sends to its terminal, taken apart: controls and text. Anything that is not on the short list of
//! what midwatch needs is a leak.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use base64::Engine as _;

/// One piece of a terminal's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A character that is shown.
    Char(char),
    /// `ESC [` parameters, intermediate and final byte, as text.
    Csi(String),
    /// `ESC ]` up to BEL or ST.
    Osc(String),
    /// `ESC` with one more byte.
    Esc(char),
    /// A control character of its own, C0, DEL or C1.
    Control(char),
    /// DCS, APC, PM or SOS.
    Block(char, String),
    /// What is no UTF-8.
    Broken,
}

/// Takes bytes apart.
pub fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            out.push(match c {
                char::REPLACEMENT_CHARACTER => Piece::Broken,
                c if c.is_control() => Piece::Control(c),
                c => Piece::Char(c),
            });
            continue;
        }
        match rest.next() {
            Some('[') => {
                let mut body = String::new();
                for c in rest.by_ref() {
                    body.push(c);
                    if ('@'..='~').contains(&c) {
                        break;
                    }
                }
                out.push(Piece::Csi(body));
            }
            Some(kind @ (']' | 'P' | '_' | '^' | 'X')) => {
                let mut body = String::new();
                while let Some(c) = rest.next() {
                    if c == '\u{7}' {
                        break;
                    }
                    if c == '\u{1b}' && rest.peek() == Some(&'\\') {
                        rest.next();
                        break;
                    }
                    body.push(c);
                }
                out.push(if kind == ']' {
                    Piece::Osc(body)
                } else {
                    Piece::Block(kind, body)
                });
            }
            Some(c) => out.push(Piece::Esc(c)),
            None => out.push(Piece::Control('\u{1b}')),
        }
    }
    out
}

/// Characters that change what others look like, or cannot be seen: text of a cluster must not carry them here.
/// Source: the table of the sanitiser's rule set (Unicode Cf and friends).
pub fn is_treacherous(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD | 0x061C | 0x115F..=0x1160 | 0x180E | 0x200B | 0x200E..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x2069 | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
}

/// The modes and movements that midwatch uses.
fn is_known_csi(body: &str) -> bool {
    let mut parameters = body.chars();
    let Some(end) = parameters.next_back() else {
        return false;
    };
    let parameters = parameters.as_str();
    let plain = |p: &str| {
        p.chars()
            .all(|c| c.is_ascii_digit() || c == ';' || c == ':')
    };
    match end {
        // colours; movements; erasing
        'm' | 'H' | 'f' | 'A' | 'B' | 'C' | 'D' | 'G' | 'd' | 'J' | 'K' | 'X' | 'r' => {
            plain(parameters)
        }
        // alternate screen, cursor, bracketed paste, focus, mouse, synchronised update, wrap
        'h' | 'l' => parameters.strip_prefix('?').is_some_and(|modes| {
            modes.split(';').all(|mode| {
                [
                    "1049", "25", "2004", "1004", "1000", "1002", "1003", "1006", "1015", "2026",
                    "7", "12",
                ]
                .contains(&mode)
            })
        }),
        // keyboard protocol; cursor shape
        'u' => parameters.starts_with(['>', '<', '=']),
        'q' => parameters.ends_with(' '),
        _ => false,
    }
}

/// What must not have been sent; empty when all is well. `copied` allows the clipboard sequence.
pub fn leaks(bytes: &[u8], copied: bool) -> Vec<String> {
    let bad = |piece: &Piece| match piece {
        Piece::Char(c) => is_treacherous(*c),
        Piece::Csi(body) => !is_known_csi(body),
        Piece::Osc(body) => {
            let clipboard = body.strip_prefix("52;c;").is_some_and(|data| {
                data.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
            });
            !(copied && clipboard)
        }
        Piece::Esc(c) => !matches!(c, '7' | '8' | '(' | '=' | '>' | '\\'),
        Piece::Control(c) => !matches!(c, '\r' | '\n' | '\u{8}' | '\u{f}'),
        Piece::Block(..) | Piece::Broken => true,
    };
    let found = pieces(bytes);
    found
        .iter()
        .filter(|p| bad(p))
        .map(|p| format!("{p:?}"))
        .collect()
}

/// What was put on the clipboard, in order.
pub fn copies(bytes: &[u8]) -> Vec<String> {
    let found = pieces(bytes);
    let data = found.iter().filter_map(|piece| match piece {
        Piece::Osc(body) => body.strip_prefix("52;c;"),
        _ => None,
    });
    data.map(|data| {
        let text = base64::engine::general_purpose::STANDARD
            .decode(data)
            .unwrap();
        String::from_utf8(text).unwrap()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_console_needs_is_no_leak_and_what_a_payload_does_is_one() {
        let fine = "\u{1b}[?1049h\u{1b}[2;3H\u{1b}[38;5;203mred\u{1b}[0m ✗ ▌\u{1b}[?2026l";
        assert_eq!(leaks(fine.as_bytes(), false), [""; 0]);
        for bad in [
            "\u{1b}]0;title\u{7}",
            "\u{1b}]52;c;aGk=\u{7}",
            "\u{1b}]8;;http://x\u{1b}\\",
            "\u{1b}P+q544e\u{1b}\\",
            "\u{1b}[6n",
            "\u{1b}[?1000;9h",
            "\u{1b}c",
            "\u{9b}31m",
            "\u{202e}",
            "\u{e0041}",
            "\u{7}",
            "\t",
        ] {
            assert_eq!(leaks(bad.as_bytes(), false).len(), 1, "{bad:?}");
        }
        assert_eq!(leaks("\u{1b}]52;c;aGk=\u{7}".as_bytes(), true), [""; 0]);
        assert_eq!(leaks(b"\xff", false).len(), 1);
    }
}
