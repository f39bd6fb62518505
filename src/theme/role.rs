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
    /// What a search has found.
    Hit,
    /// Letters that a filter has matched.
    Match,
    /// What is wrong in a line that is being typed.
    Mistake,
}

impl Role {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// All of them, in the order of themes.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Text,
        Self::Strong,
        Self::Dim,
        Self::Bad,
        Self::Warn,
        Self::Good,
        Self::Busy,
        Self::Chosen,
        Self::Selected,
        Self::Rule,
        Self::Hit,
        Self::Match,
        Self::Mistake,
    ];

    /// Its name in a theme file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Strong => "strong",
            Self::Dim => "dim",
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Chosen => "chosen",
            Self::Selected => "selected",
            Self::Rule => "rule",
            Self::Hit => "hit",
            Self::Match => "match",
            Self::Mistake => "mistake",
        }
    }

    /// What it stands for, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Text => "ordinary text",
            Self::Strong => "where the eye should go first",
            Self::Dim => "old, irrelevant, or a label beside a value",
            Self::Bad => "costs users now",
            Self::Warn => "will cost users, or waits for a person",
            Self::Good => "as it should be",
            Self::Busy => "at work",
            Self::Chosen => "keys, the current screen, the sort column",
            Self::Selected => "the selected row",
            Self::Rule => "lines between parts of the screen",
            Self::Hit => "what a search has found",
            Self::Match => "letters that a filter has matched",
            Self::Mistake => "what is wrong in a line that is being typed",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
