//! How the terminal can show things. Pure; `term` finds it out, `ui` obeys it.

use crate::theme::{Paints, Theme};

pub use crate::theme::Colours;

/// What the view may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colours.
    pub colours: Colours,
    /// ASCII marks and bars only.
    pub ascii: bool,
    /// The theme, at these colours.
    pub paints: Paints,
}

impl Look {
    /// For a terminal with these colours.
    #[must_use]
    pub fn new(theme: &Theme, colours: Colours, ascii: bool) -> Self {
        Self {
            colours,
            ascii,
            paints: theme.paints(colours),
        }
    }

    /// The same terminal in another theme.
    #[must_use]
    pub fn themed(self, theme: &Theme) -> Self {
        Self::new(theme, self.colours, self.ascii)
    }
}

impl Default for Look {
    /// Sixteen colours in the base theme.
    fn default() -> Self {
        Self::new(&Theme::default(), Colours::default(), false)
    }
}
