//! How chords are written: `q`, `C-c`, `A-x`, `S-tab`, `space`, `enter`, `F5`, `minus`. Pure.
//!
//! The same words are shown in help and read from keymap files, so writing and reading are each other's inverse.

use std::fmt;
use std::str::FromStr;

use super::{Chord, Code, Mods};

/// Keys that are written as a word. Characters that a reader could not see or would take for the dash between
/// modifiers are among them.
const WORDS: [(&str, Code); 16] = [
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("left", Code::Left),
    ("right", Code::Right),
    ("up", Code::Up),
    ("down", Code::Down),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

/// Why a text is not a chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// Nothing is left after the modifiers.
    #[error("`{0}` names no key")]
    NoKey(String),
    /// A modifier other than `C-`, `A-`, `S-`, or one of them twice.
    #[error("`{0}` is not a modifier here: write C- (control), A- (alt) or S- (shift), each once")]
    Modifier(String),
    /// The word is no key.
    #[error(
        "`{0}` is not a key: write a character, a word such as enter, space, minus, pageup, or F1 to F24"
    )]
    Key(String),
    /// Shift with a character: the shifted character is written instead.
    #[error("`{0}`: write the shifted character itself, such as `G` for shift and g")]
    Shift(String),
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shift = self.mods.shift || self.code == Code::BackTab;
        for (held, mark) in [(self.mods.ctrl, "C-"), (self.mods.alt, "A-"), (shift, "S-")] {
            if held {
                f.write_str(mark)?;
            }
        }
        let code = match self.code {
            Code::BackTab => Code::Tab,
            code => code,
        };
        if let Some((word, _)) = WORDS.iter().find(|(_, c)| *c == code) {
            return f.write_str(word);
        }
        match code {
            Code::F(n) => write!(f, "F{n}"),
            // A control or blank character must not reach a screen or a file as itself.
            Code::Char(c) if c.is_control() || c.is_whitespace() => {
                write!(f, "U+{:04X}", u32::from(c))
            }
            Code::Char(c) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut mods = Mods::default();
        let mut rest = text;
        while let Some((mark, tail)) = rest.split_once('-') {
            let held = match mark {
                "C" => &mut mods.ctrl,
                "A" => &mut mods.alt,
                "S" => &mut mods.shift,
                _ => return Err(ChordError::Modifier(mark.to_owned())),
            };
            if std::mem::replace(held, true) {
                return Err(ChordError::Modifier(mark.to_owned()));
            }
            rest = tail;
        }
        if rest.is_empty() {
            return Err(ChordError::NoKey(text.to_owned()));
        }
        let code = code(rest).ok_or_else(|| ChordError::Key(rest.to_owned()))?;
        if mods.shift && matches!(code, Code::Char(_)) {
            return Err(ChordError::Shift(text.to_owned()));
        }
        Ok(Self::new(code, mods))
    }
}

fn code(word: &str) -> Option<Code> {
    if let Some((_, code)) = WORDS.iter().find(|(w, _)| *w == word) {
        return Some(*code);
    }
    let mut chars = word.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(Code::Char(c));
    }
    if let Some(number) = word.strip_prefix('F') {
        let number: u8 = number.parse().ok().filter(|n| (1..=24).contains(n))?;
        return Some(Code::F(number));
    }
    let point = u32::from_str_radix(word.strip_prefix("U+")?, 16).ok()?;
    char::from_u32(point).map(Code::Char)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_code() -> impl Strategy<Value = Code> {
        prop_oneof![
            any::<char>().prop_map(Code::Char),
            (1..=24_u8).prop_map(Code::F),
            Just(Code::BackTab),
            proptest::sample::select(WORDS.as_slice()).prop_map(|(_, code)| code),
        ]
    }

    proptest! {
        #[test]
        fn every_chord_is_read_back_as_it_was_written(
            code in any_code(),
            (ctrl, alt, shift) in any::<(bool, bool, bool)>(),
        ) {
            let chord = Chord::new(code, Mods { ctrl, alt, shift });
            let text = chord.to_string();
            prop_assert!(!text.contains(char::is_whitespace) && !text.contains(char::is_control));
            prop_assert_eq!(text.parse::<Chord>(), Ok(chord));
        }

        #[test]
        fn no_text_makes_reading_panic(text in ".{0,12}") {
            let _ = text.parse::<Chord>();
        }
    }

    #[test]
    fn keys_read_as_hands_expect() {
        let written =
            |code, ctrl, alt, shift| Chord::new(code, Mods { ctrl, alt, shift }).to_string();
        assert_eq!(Chord::ctrl('c').to_string(), "C-c");
        assert_eq!(written(Code::Char('x'), false, true, false), "A-x");
        assert_eq!(written(Code::Tab, false, false, true), "S-tab");
        assert_eq!(written(Code::F(5), true, true, true), "C-A-S-F5");
        assert_eq!(Chord::char('-').to_string(), "minus");
        assert_eq!(Chord::char(' ').to_string(), "space");
        assert_eq!(Chord::char('G').to_string(), "G");
    }

    #[test]
    fn a_mistake_says_what_to_write_instead() {
        let fault = |text: &str| text.parse::<Chord>().unwrap_err();
        assert_eq!(fault("C-"), ChordError::NoKey("C-".into()));
        assert_eq!(fault(""), ChordError::NoKey(String::new()));
        assert_eq!(fault("X-a"), ChordError::Modifier("X".into()));
        assert_eq!(fault("C-C-a"), ChordError::Modifier("C".into()));
        assert_eq!(fault("F25"), ChordError::Key("F25".into()));
        assert_eq!(fault("entr"), ChordError::Key("entr".into()));
        assert_eq!(fault("S-g"), ChordError::Shift("S-g".into()));
    }
}
