//! Which code points may stand in a line as they are. Pure.
//!
//! `char::is_control` covers none of the format characters (bidi, zero-width, tags), hence the tables here.

use unicode_width::UnicodeWidthChar;

/// What a code point is to a terminal line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Takes cells; may stand as it is.
    Base,
    /// Joins the character before it (combining mark, Hangul vowel).
    Mark,
    /// A variation selector.
    Selector,
    /// ZWJ or ZWNJ.
    Joiner,
    /// C0 or DEL: shown as its control picture.
    Control(char),
    /// Invisible, reordering or meaningless: shown as `‹U+XXXX›`.
    Hidden,
}

/// Sorts a character.
pub(super) fn point(c: char) -> Point {
    let code = u32::from(c);
    match code {
        0..=0x1f => Point::Control(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
        0x7f => Point::Control('\u{2421}'),
        0x20..=0x7e => Point::Base,
        0x80..=0x9f => Point::Hidden,
        0x200c | 0x200d => Point::Joiner,
        0xfe00..=0xfe0f | 0xe0100..=0xe01ef => Point::Selector,
        _ if is_hidden(code) => Point::Hidden,
        _ if c.width() == Some(0) => Point::Mark,
        _ => Point::Base,
    }
}

fn is_hidden(code: u32) -> bool {
    matches!(
        code,
        0xad | 0x34f
            | 0x61c
            | 0x115f
            | 0x1160
            | 0x17b4
            | 0x17b5
            | 0x180b..=0x180f
            | 0x200b
            | 0x200e
            | 0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfdd0..=0xfdef
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0x1_bca0..=0x1_bca3
            | 0x1_d173..=0x1_d17a
            | 0xe_0000..=0xe_0fff
    ) || code & 0xfffe == 0xfffe
}

/// A selector may follow this character.
pub(super) fn takes(base: char, selector: char) -> bool {
    let code = u32::from(base);
    match u32::from(selector) {
        0xfe0e | 0xfe0f => matches!(base, '#' | '*' | '0'..='9') || is_symbol(base),
        0xfe00..=0xfe0d => code >= 0x2200 && point(base) == Point::Base,
        _ => {
            matches!(code, 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_23af)
        }
    }
}

/// Emoji and other non-letters outside ASCII.
fn is_symbol(c: char) -> bool {
    u32::from(c) >= 0xa9 && !c.is_alphanumeric() && point(c) == Point::Base
}

/// A joiner may stand between these two.
pub(super) fn joins(before: char, after: char) -> bool {
    let side = |c: char| {
        u32::from(c) >= 0x300
            && (c.is_alphabetic() || is_symbol(c) || matches!(point(c), Point::Mark))
    };
    let selected = matches!(u32::from(before), 0xfe0f);
    (side(before) || selected) && side(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_point_that_the_rules_name_is_hidden() {
        let named = [
            0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069, 0x200b, 0x2060, 0x2064, 0xfeff,
            0xad, 0x180e, 0x115f, 0x1160, 0x3164, 0xffa0, 0x2028, 0x2029, 0x85, 0xfff9, 0xfffb,
            0xe0000, 0xe0041, 0xe007f, 0xfffe, 0x1_ffff, 0xfdd0,
        ];
        for code in named {
            let c = char::from_u32(code).unwrap();
            assert_eq!(point(c), Point::Hidden, "U+{code:04X}");
        }
    }

    #[test]
    fn letters_of_all_scripts_stand() {
        for c in "aßéжשع中日한ก😀▁✓".chars() {
            assert_eq!(point(c), Point::Base, "{c}");
        }
    }
}
