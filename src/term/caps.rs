//! What the terminal can show, found from the environment. Pure but for its place: the environment is handed in.

use super::Extras;
use crate::app::Pace;
use crate::settings::{Depth, Settings};
use crate::theme::Theme;
use crate::ui::{Colours, Look};

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Colours and characters that may be used.
    pub look: Look,
    /// How often frames may come.
    pub pace: Pace,
    /// Modes beside the usual ones: the keyboard's as the terminal has it, the mouse's as the person wants it.
    pub extras: Extras,
}

impl Caps {
    /// As the person has set it: more or fewer colours than the terminal says it has, but none where it has none.
    #[must_use]
    pub fn obey(self, settings: &Settings, theme: &Theme) -> Self {
        let asked = match settings.colours {
            Depth::Auto => self.look.colours,
            Depth::None => Colours::None,
            Depth::Ansi => Colours::Ansi,
            Depth::Palette => Colours::Palette,
            Depth::True => Colours::True,
        };
        let colours = if self.look.colours == Colours::None {
            Colours::None
        } else {
            asked
        };
        let ascii = settings.ascii.unwrap_or(self.look.ascii);
        Self {
            look: Look::new(theme, colours, ascii),
            pace: self.pace.capped(
                settings.refresh.frames_per_second,
                settings.refresh.data_frames_per_second,
            ),
            extras: Extras {
                mouse: settings.mouse,
                ..self.extras
            },
        }
    }
}

/// Reads the environment through `var` (a variable that is not set, or not Unicode, is `None`).
///
/// Sources: <https://no-color.org> (`NO_COLOR` not empty), `COLORTERM` as set by terminals with 24-bit colour, the
/// names in terminfo for the rest, and POSIX for the order of locale variables. No locale at all, as in most
/// containers, is taken as UTF-8, which is what their terminals speak.
#[must_use]
pub fn caps(var: impl Fn(&str) -> Option<String>) -> Caps {
    let set = |name: &str| var(name).filter(|value| !value.is_empty());
    let term = set("TERM").unwrap_or_default();
    let colours = if set("NO_COLOR").is_some() {
        Colours::None
    } else {
        colours(
            &term,
            &set("COLORTERM").unwrap_or_default(),
            set("TMUX").is_some(),
        )
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let ascii = is_plain(&term) || locale.is_some_and(|locale| !speaks_utf8(&locale));
    let remote = set("SSH_CONNECTION").is_some() || set("SSH_TTY").is_some();
    Caps {
        look: Look::new(&Theme::default(), colours, ascii),
        pace: if remote { Pace::REMOTE } else { Pace::LOCAL },
        extras: Extras {
            kitty: speaks_kitty(&term, &set),
            mouse: false,
        },
    }
}

/// Terminals with the kitty keyboard protocol, by the names that they set. Never by asking: the answer could come in
/// the middle of what is typed. A multiplexer passes its parent's variables on, but not the protocol.
fn speaks_kitty(term: &str, set: &impl Fn(&str) -> Option<String>) -> bool {
    const TERMS: [&str; 7] = [
        "xterm-kitty",
        "xterm-ghostty",
        "ghostty",
        "alacritty",
        "foot",
        "wezterm",
        "rio",
    ];
    const PROGRAMS: [&str; 5] = ["kitty", "ghostty", "WezTerm", "rio", "foot"];
    let inside = ["TMUX", "STY", "ZELLIJ"]
        .iter()
        .any(|name| set(name).is_some());
    if inside || term.starts_with("screen") || term.starts_with("tmux") || is_plain(term) {
        return false;
    }
    TERMS.iter().any(|name| term.starts_with(name))
        || set("KITTY_WINDOW_ID").is_some()
        || set("TERM_PROGRAM").is_some_and(|program| PROGRAMS.contains(&&*program))
}

/// Terminals without colour, and without characters beyond ASCII: hardware and its emulation, or nothing known.
fn is_plain(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown") || term.starts_with("vt") || term.ends_with("-m")
}

fn colours(term: &str, colorterm: &str, tmux: bool) -> Colours {
    /// Terminals that have 24-bit colour under a name of their own, also where `COLORTERM` was lost on the way.
    const TRUE: [&str; 6] = [
        "xterm-kitty",
        "xterm-ghostty",
        "alacritty",
        "wezterm",
        "foot",
        "contour",
    ];
    if is_plain(term) {
        return Colours::None;
    }
    let says_true =
        colorterm.eq_ignore_ascii_case("truecolor") || colorterm.eq_ignore_ascii_case("24bit");
    let known_true = term.ends_with("-direct") || TRUE.iter().any(|name| term.starts_with(name));
    // GNU screen passes its parent's COLORTERM on, but not its colours; tmux goes by the same TERM and does.
    let is_screen = term.starts_with("screen") && !tmux;
    if known_true || (says_true && !is_screen) {
        Colours::True
    } else if term.contains("256color") {
        Colours::Palette
    } else {
        Colours::Ansi
    }
}

fn speaks_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(vars: &[(&str, &str)]) -> Caps {
        caps(|name| {
            vars.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        })
    }

    fn colours_of(vars: &[(&str, &str)]) -> Colours {
        found(vars).look.colours
    }

    #[test]
    fn colours_go_as_deep_as_the_terminal_says() {
        assert_eq!(
            colours_of(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Colours::True
        );
        assert_eq!(colours_of(&[("TERM", "xterm-kitty")]), Colours::True);
        assert_eq!(colours_of(&[("TERM", "tmux-direct")]), Colours::True);
        assert_eq!(colours_of(&[("TERM", "tmux-256color")]), Colours::Palette);
        assert_eq!(colours_of(&[("TERM", "xterm")]), Colours::Ansi);
        assert_eq!(colours_of(&[("TERM", "linux")]), Colours::Ansi);
    }

    #[test]
    fn screen_is_not_believed_what_only_its_parent_can() {
        let screen = [("TERM", "screen-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(colours_of(&screen), Colours::Palette);
        let tmux = [screen[0], screen[1], ("TMUX", "socket,1,0")];
        assert_eq!(colours_of(&tmux), Colours::True);
    }

    #[test]
    fn no_colour_where_it_is_not_wanted_or_not_there() {
        let no = [
            ("NO_COLOR", "1"),
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
        ];
        assert_eq!(colours_of(&no), Colours::None);
        assert_eq!(
            colours_of(&[("NO_COLOR", ""), ("TERM", "xterm")]),
            Colours::Ansi
        );
        for term in ["dumb", "vt220", "vt100", "xterm-m", ""] {
            let asked = [("TERM", term), ("COLORTERM", "truecolor")];
            assert_eq!(colours_of(&asked), Colours::None, "{term}");
        }
    }

    #[test]
    fn marks_are_ascii_when_the_locale_is_not_utf8() {
        let ascii =
            |vars: &[(&str, &str)]| found(&[&[("TERM", "xterm")], vars].concat()).look.ascii;
        assert!(!ascii(&[]));
        assert!(!ascii(&[("LANG", "en_GB.UTF-8")]));
        assert!(!ascii(&[("LANG", "C.utf8")]));
        assert!(ascii(&[("LANG", "C")]));
        assert!(ascii(&[("LC_ALL", "POSIX"), ("LANG", "en_GB.UTF-8")]));
        assert!(!ascii(&[("LC_CTYPE", "en_GB.UTF-8"), ("LANG", "C")]));
        assert!(found(&[("TERM", "vt220")]).look.ascii);
    }

    #[test]
    fn what_was_set_goes_before_what_the_terminal_says_but_colours_are_not_invented() {
        let asked = Settings {
            colours: Depth::True,
            ascii: Some(true),
            ..Settings::default()
        };
        let theme = Theme::default();
        let xterm = found(&[("TERM", "xterm")]);
        let obeyed = xterm.obey(&asked, &theme).look;
        assert_eq!((obeyed.colours, obeyed.ascii), (Colours::True, true));
        assert_eq!(xterm.obey(&Settings::default(), &theme), xterm);
        let plain = found(&[("TERM", "vt220")]).obey(&asked, &theme);
        assert_eq!(plain.look.colours, Colours::None);
    }

    #[test]
    fn the_kitty_protocol_is_spoken_only_where_it_is_known_to_be_understood() {
        let kitty = |vars: &[(&str, &str)]| found(vars).extras.kitty;
        assert!(kitty(&[("TERM", "xterm-kitty")]));
        assert!(kitty(&[("TERM", "foot-extra")]));
        assert!(kitty(&[
            ("TERM", "xterm-256color"),
            ("TERM_PROGRAM", "WezTerm")
        ]));
        assert!(kitty(&[
            ("TERM", "xterm-256color"),
            ("KITTY_WINDOW_ID", "1")
        ]));
        for plain in [
            "xterm-256color",
            "screen-256color",
            "tmux-256color",
            "vt220",
            "linux",
            "",
        ] {
            assert!(!kitty(&[("TERM", plain)]), "{plain}");
        }
        let window = ("KITTY_WINDOW_ID", "1");
        assert!(!kitty(&[("TERM", "vt220"), window]));
        assert!(!kitty(&[
            ("TERM", "xterm-256color"),
            ("TMUX", "socket,1,0"),
            window
        ]));
        assert!(!kitty(&[
            ("TERM", "screen.xterm-256color"),
            ("STY", "1.x"),
            window
        ]));
    }

    #[test]
    fn data_comes_at_half_the_rate_over_ssh() {
        assert_eq!(found(&[]).pace, Pace::LOCAL);
        assert_eq!(
            found(&[("SSH_CONNECTION", "10.0.0.1 2 10.0.0.2 22")]).pace,
            Pace::REMOTE
        );
        assert_eq!(found(&[("SSH_TTY", "/dev/pts/3")]).pace, Pace::REMOTE);
    }
}
