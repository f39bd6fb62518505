//! Text for the clipboard of the terminal (OSC 52), which works over ssh too. Pure; the shell hands the bytes to the
//! writer, in one piece with a frame.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most base64 that terminals take (xterm's limit on a control string, as hterm documents it).
const MOST: usize = 74_994;

/// Pieces in which GNU screen passes a string on.
const PIECE: usize = 500;

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Between {
    #[default]
    Nothing,
    Tmux,
    Screen,
}

impl Between {
    /// As the environment tells.
    pub(super) fn new(env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
        match (set("TMUX"), set("STY")) {
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::Nothing,
        }
    }

    /// A control string, wrapped so that it is passed on.
    pub(super) fn pass(self, plain: &str) -> Vec<u8> {
        match self {
            _ if plain.is_empty() => Vec::new(),
            Self::Nothing => plain.as_bytes().to_vec(),
            Self::Tmux => {
                let inner = plain.replace('\x1b', "\x1b\x1b");
                format!("\x1bPtmux;{inner}\x1b\\").into_bytes()
            }
            Self::Screen => plain
                .as_bytes()
                .chunks(PIECE)
                .flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"].concat())
                .collect(),
        }
    }
}

/// How the clipboard is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clipboard(Between);

/// A text is too long for the clipboard of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is {0} bytes long, and terminals take {most} at most", most = MOST / 4 * 3)]
pub struct TooLong(pub usize);

impl Clipboard {
    /// Finds out from the environment what is between us and the terminal.
    #[must_use]
    pub fn new(env: impl Fn(&str) -> Option<String>) -> Self {
        Self(Between::new(env))
    }

    /// What to write so that the terminal takes a text. The text must be safe to paste.
    pub fn bytes(self, text: &str) -> Result<Vec<u8>, TooLong> {
        let code = STANDARD.encode(text);
        if code.len() > MOST {
            return Err(TooLong(text.len()));
        }
        // ended by BEL: a string terminator would end the wrapping below, too
        let plain = format!("\x1b]52;c;{code}\x07");
        let mut bytes = self.0.pass(&plain);
        if self.0 == Between::Tmux {
            // the plain one for `set-clipboard on`, the wrapped one for `allow-passthrough on`; twice does no harm
            bytes.splice(0..0, plain.into_bytes());
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str) -> Clipboard {
        Clipboard::new(move |n| (n == name).then(|| "/tmp/x,1,0".to_owned()))
    }

    #[test]
    fn the_text_is_sent_as_base64_in_one_sequence() {
        let bytes = with("").bytes("train-x7k2p\nü").unwrap();
        assert_eq!(bytes, b"\x1b]52;c;dHJhaW4teDdrMnAKw7w=\x07");
    }

    #[test]
    fn tmux_and_screen_are_told_to_pass_it_on() {
        let bytes = String::from_utf8(with("TMUX").bytes("a").unwrap()).unwrap();
        assert_eq!(
            bytes,
            "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"
        );
        let long = with("STY").bytes(&"x".repeat(1000)).unwrap();
        let pieces = String::from_utf8(long).unwrap();
        assert_eq!(pieces.matches("\x1bP").count(), 3);
        assert!(pieces.ends_with("\x07\x1b\\"));
    }

    #[test]
    fn what_terminals_do_not_take_is_refused() {
        assert!(with("").bytes(&"x".repeat(56_000)).is_ok());
        assert_eq!(with("").bytes(&"x".repeat(57_000)), Err(TooLong(57_000)));
    }
}
