//! What a terminal is sent so that it rings, and tells its desktop (OSC 9, OSC 777). Pure; the shell hands the bytes to
//! the writer, in one piece with a frame.

use super::clipboard::Between;
use crate::settings::Desktop;

/// Longest text: desktops show no more than a line or two.
const LONGEST: usize = 200;

/// How the terminal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bell(Between);

impl Bell {
    /// Finds out from the environment what is between us and the terminal.
    #[must_use]
    pub fn new(env: impl Fn(&str) -> Option<String>) -> Self {
        Self(Between::new(env))
    }

    /// What to write. The text must be safe to show.
    #[must_use]
    pub fn bytes(self, bell: bool, desktop: Desktop, text: &str) -> Vec<u8> {
        let text: String = text
            .chars()
            .filter(|c| !c.is_control())
            // OSC 777 separates its parts by it
            .map(|c| if c == ';' { ',' } else { c })
            .take(LONGEST)
            .collect();
        // OSC 9 with a number first is a progress bar to some terminals: the name keeps that from happening
        let told = match desktop {
            Desktop::None => String::new(),
            Desktop::Osc9 => format!("\x1b]9;midwatch: {text}\x07"),
            Desktop::Osc777 => format!("\x1b]777;notify;midwatch;{text}\x07"),
        };
        let mut bytes = self.0.pass(&told);
        if bell {
            bytes.push(7);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str) -> Bell {
        Bell::new(move |n| (n == name).then(|| "/tmp/x,1,0".to_owned()))
    }

    #[test]
    fn the_bell_is_one_byte_and_the_desktop_is_told_only_when_asked_for() {
        assert_eq!(with("").bytes(true, Desktop::None, "x"), b"\x07");
        assert_eq!(with("").bytes(false, Desktop::None, "x"), b"");
        assert_eq!(
            with("").bytes(true, Desktop::Osc9, "gpu-03: lost"),
            b"\x1b]9;midwatch: gpu-03: lost\x07\x07"
        );
    }

    #[test]
    fn a_name_from_a_cluster_ends_no_sequence_and_adds_no_part() {
        let bytes = with("").bytes(false, Desktop::Osc777, "a;b\u{7}\u{1b}]52;c;eA==\u{7}");
        let told = String::from_utf8(bytes).unwrap();
        assert_eq!(told, "\x1b]777;notify;midwatch;a,b]52,c,eA==\x07");
    }

    #[test]
    fn tmux_and_screen_pass_it_on() {
        let told = String::from_utf8(with("TMUX").bytes(true, Desktop::Osc9, "a")).unwrap();
        assert_eq!(told, "\x1bPtmux;\x1b\x1b]9;midwatch: a\x07\x1b\\\x07");
        let told = String::from_utf8(with("STY").bytes(false, Desktop::Osc9, "a")).unwrap();
        assert_eq!(told, "\x1bP\x1b]9;midwatch: a\x07\x1b\\");
    }
}
