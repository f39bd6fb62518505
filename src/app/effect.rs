//! What the core asks the shell to do. Data only. Pure.

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// Draw soon, since a person waits for it.
    Draw,
    /// Draw at the pace of data.
    DrawData,
    /// Hand the terminal back to the shell that started us (Ctrl-Z).
    Suspend,
    /// Ask all sources again now instead of waiting for the next try.
    Reconnect,
}

/// What one message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects(pub Vec<Effect>);

impl Effects {
    /// Nothing to do.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing to do.
    #[must_use]
    pub fn one(effect: Effect) -> Self {
        Self(vec![effect])
    }

    /// Is asked for.
    #[must_use]
    pub fn has(&self, effect: &Effect) -> bool {
        self.0.contains(effect)
    }
}
