//! The state of a run, step, pod or job in one vocabulary. Pure.

/// Where something stands. The word is always shown; mark and colour only repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Phase {
    /// Ended badly.
    Failed,
    /// Could not be carried out (Argo tells this apart from Failed).
    Error,
    /// Waits for a person: an open gate, or suspended.
    Waiting,
    /// At work.
    Running,
    /// Accepted, not started.
    Pending,
    /// No word from the cluster, or a word we do not know.
    #[default]
    Unknown,
    /// Ended well.
    Succeeded,
    /// Not carried out, on purpose (a condition, a cache).
    Skipped,
    /// Never reached, since something before it failed.
    Omitted,
}

impl Phase {
    /// Every phase, in the order of how much it needs a person.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::Error,
        Self::Waiting,
        Self::Running,
        Self::Pending,
        Self::Unknown,
        Self::Succeeded,
        Self::Skipped,
        Self::Omitted,
    ];

    /// Argo's word (`status.phase` of a workflow or a node); the empty word is a workflow that no
    /// controller has picked up yet.
    #[must_use]
    pub fn from_argo(word: &str) -> Self {
        match word {
            "" | "Pending" => Self::Pending,
            "Running" => Self::Running,
            "Succeeded" => Self::Succeeded,
            "Skipped" => Self::Skipped,
            "Failed" => Self::Failed,
            "Error" => Self::Error,
            "Omitted" => Self::Omitted,
            _ => Self::Unknown,
        }
    }

    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Waiting => "Waiting",
            Self::Running => "Running",
            Self::Pending => "Pending",
            Self::Unknown => "Unknown",
            Self::Succeeded => "Succeeded",
            Self::Skipped => "Skipped",
            Self::Omitted => "Omitted",
        }
    }

    /// Nothing more will happen by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Error | Self::Succeeded | Self::Skipped | Self::Omitted
        )
    }

    /// Ended, and not as wished.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }

    /// Still going: pending, running or waiting.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running | Self::Waiting)
    }
}
