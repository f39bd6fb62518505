//! Roles: what a piece of text means, not what colour it has. Pure.

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// Where the eye should go first.
    Strong,
    /// Old, irrelevant, or a label beside a value.
    Dim,
    /// Costs users now.
    Bad,
    /// Will cost users, or waits for a person.
    Warn,
    /// As it should be.
    Good,
    /// At work.
    Busy,
    /// Chosen: keys, the current screen, the sort column.
    Chosen,
    /// The selected row.
    Selected,
    /// Lines between parts of the screen.
    Rule,
}

/// A colour, as far down as 16 colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Cyan.
    Cyan,
    /// Grey.
    Grey,
}

/// How a role is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Paint {
    /// Colour of the letters; `None` is the terminal's own.
    pub colour: Option<Colour>,
    /// Heavier letters.
    pub bold: bool,
    /// Fainter letters.
    pub dim: bool,
    /// Letters and ground swapped.
    pub reverse: bool,
}

impl Role {
    /// The paint of the built-in theme. Without colours, weight alone tells roles apart; the words say the rest.
    #[must_use]
    pub fn paint(self, colours: bool) -> Paint {
        let plain = Paint::default();
        let bold = Paint {
            bold: true,
            ..plain
        };
        let paint = match self {
            Self::Text => plain,
            Self::Strong => bold,
            Self::Dim | Self::Rule => Paint {
                colour: Some(Colour::Grey),
                dim: !colours,
                ..plain
            },
            Self::Bad => Paint {
                colour: Some(Colour::Red),
                ..bold
            },
            Self::Warn => Paint {
                colour: Some(Colour::Yellow),
                ..plain
            },
            Self::Good => Paint {
                colour: Some(Colour::Green),
                ..plain
            },
            Self::Busy => Paint {
                colour: Some(Colour::Blue),
                ..plain
            },
            Self::Chosen => Paint {
                colour: Some(Colour::Cyan),
                ..bold
            },
            Self::Selected => Paint {
                reverse: true,
                ..plain
            },
        };
        if colours {
            paint
        } else {
            Paint {
                colour: None,
                ..paint
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_no_role_has_one_and_trouble_is_still_heavier_than_text() {
        for role in [
            Role::Text,
            Role::Bad,
            Role::Warn,
            Role::Good,
            Role::Busy,
            Role::Chosen,
            Role::Dim,
        ] {
            assert_eq!(role.paint(false).colour, None);
        }
        assert_ne!(Role::Bad.paint(false), Role::Text.paint(false));
    }
}
