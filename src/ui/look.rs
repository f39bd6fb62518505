//! How the terminal can show things. Pure; `term` finds it out, `ui` obeys it.

/// Colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Colours {
    /// None (`NO_COLOR`, `TERM=dumb`, vt220).
    None,
    /// The 16 of ANSI.
    #[default]
    Ansi,
    /// 256.
    Palette,
    /// 24 bit.
    True,
}

/// What the view may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Colours.
    pub colours: Colours,
    /// ASCII marks and bars only.
    pub ascii: bool,
}
