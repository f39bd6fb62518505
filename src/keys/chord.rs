//! One key with its modifiers. Pure; `term` translates the terminal's events into it.

/// The key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A printable character, shift already applied.
    Char(char),
    /// Function key, 1 to 24.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// Modifiers. Shift is kept only for keys that are not characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Mods {
    /// Control.
    pub ctrl: bool,
    /// Alt or Meta.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
}

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub code: Code,
    /// The modifiers held.
    pub mods: Mods,
}

impl Chord {
    /// A key with modifiers, in the one form in which equal presses are equal: a character carries no shift (it is
    /// already applied), and shift with Tab is [`Code::BackTab`].
    #[must_use]
    pub const fn new(code: Code, mods: Mods) -> Self {
        let (code, shift) = match code {
            Code::Char(_) | Code::BackTab => (code, false),
            Code::Tab if mods.shift => (Code::BackTab, false),
            _ => (code, mods.shift),
        };
        Self {
            code,
            mods: Mods { shift, ..mods },
        }
    }

    /// A plain character.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A key without modifiers.
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            mods: Mods {
                ctrl: false,
                alt: false,
                shift: false,
            },
        }
    }

    /// A character with control.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: Code::Char(c),
            mods: Mods {
                ctrl: true,
                alt: false,
                shift: false,
            },
        }
    }
}
