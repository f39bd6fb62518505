//! What a person can set, as values, and the file it is written in. Pure leaf; `config` reads the files, `cli` prints
//! them.
//!
//! The table of keys ([`KEYS`]) is the only place that knows what can be set: parsing, printing, the environment and
//! the example file are made from it.

mod example;
mod file;
mod gate;
mod glob;
mod key;
mod layer;
mod table;
mod value;

use std::collections::BTreeMap;

pub use example::example;
pub use file::parse;
pub use gate::{GateRule, Limit};
pub use glob::matches;
pub use key::{Key, Kind};
pub use layer::{Effective, Layer, Origin, Set, effective, environment};
pub use table::KEYS;
pub use value::Value;

/// Everything that can be set, with its effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Contexts to show when the command line names none; empty for the current one.
    pub contexts: Vec<String>,
    /// Namespaces to show where the whole cluster is denied and the command line names none.
    pub namespaces: Vec<String>,
    /// Patterns of contexts in which every change asks for the name to be typed.
    pub protected: Vec<String>,
    /// Patterns of contexts in which nothing can be changed.
    pub read_only: Vec<String>,
    /// Screen to begin with: its id, or `last`.
    pub start: String,
    /// Name of the keymap.
    pub keymap: String,
    /// Name of the theme.
    pub theme: String,
    /// Most colours to use.
    pub colours: Depth,
    /// Marks and bars in ASCII; `None` for what the terminal can show.
    pub ascii: Option<bool>,
    /// The mouse does something.
    pub mouse: bool,
    /// How much midwatch may cost.
    pub refresh: Refresh,
    /// How logs begin.
    pub logs: Logs,
    /// How new findings are told.
    pub notify: Notify,
    /// How actions are guarded.
    pub act: Act,
    /// What is kept of actions, and who else is told.
    pub audit: Audit,
    /// Which objectives services have.
    pub slo: Slo,
    /// Clicks and the wheel are taken; the terminal then selects text only with Shift.
    /// Columns of a screen, by its id, in the order to show them.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Saved filters, by name.
    pub filters: BTreeMap<String, String>,
    /// Gates of model versions, by name; each was read as a [`GateRule`].
    pub gates: BTreeMap<String, String>,
    /// Services beside Kubernetes, by name.
    pub sources: BTreeMap<String, Endpoint>,
}

/// Colours asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// As many as the terminal has.
    #[default]
    Auto,
    /// None.
    None,
    /// The 16 of ANSI.
    Ansi,
    /// 256.
    Palette,
    /// 24 bit.
    True,
}

/// What midwatch may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// Most requests a minute to each API server; 0 for no cap.
    pub requests_per_minute: u32,
    /// Most frames a second.
    pub frames_per_second: u32,
    /// Most frames a second for data alone; `None` for 4, and 2 over SSH.
    pub data_frames_per_second: Option<u32>,
}

/// How logs begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logs {
    /// Most lines kept.
    pub lines: usize,
    /// Only lines of the last so many seconds.
    pub since: Option<u32>,
    /// Long lines are broken.
    pub wrap: bool,
    /// Each line begins with its time.
    pub timestamps: bool,
}

/// How new findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// The bell of the terminal rings, once for each.
    pub bell: bool,
    /// The desktop is told as well.
    pub desktop: Desktop,
}

/// How a terminal is asked to tell the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Desktop {
    /// Not at all.
    #[default]
    None,
    /// OSC 9: iTerm2, kitty, `WezTerm`, Windows Terminal, ghostty.
    Osc9,
    /// OSC 777: urxvt, foot, VTE with a patch, `WezTerm`, ghostty.
    Osc777,
}

impl Desktop {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Osc9, Self::Osc777];

    /// The name in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            bell: true,
            desktop: Desktop::None,
        }
    }
}

/// How actions are guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// How long an unlocked context stays so.
    pub unlock_minutes: u32,
}

/// What is kept of actions, and who else is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// A journal file of this many MiB is followed by a new one.
    pub rotate_mb: u32,
    /// A Kubernetes Event is made on the object.
    pub events: bool,
    /// Where a copy of each action is posted.
    pub webhook: Option<String>,
    /// Header sent with it: `Name: env:VARIABLE`.
    pub webhook_header: Option<String>,
}

/// Which objectives services have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// Days that an error budget lasts.
    pub days: u32,
    /// Which pairs of windows alert.
    pub windows: BurnWindows,
    /// YAML documents with objectives.
    pub files: Vec<String>,
}

/// Pairs of windows that alert on burning budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BurnWindows {
    /// Those that the Site Reliability Workbook recommends.
    #[default]
    Workbook,
    /// Those of sloth.
    Sloth,
    /// Those of pyrra.
    Pyrra,
}

impl BurnWindows {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Workbook, Self::Sloth, Self::Pyrra];

    /// The name in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Workbook => "workbook",
            Self::Sloth => "sloth",
            Self::Pyrra => "pyrra",
        }
    }
}

impl Default for Slo {
    fn default() -> Self {
        Self {
            days: 30,
            windows: BurnWindows::default(),
            files: Vec::new(),
        }
    }
}

/// A service beside Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// Where it answers; empty when it is to be looked for.
    pub url: String,
    /// Pattern of the contexts it is for; all when none is given.
    pub context: Option<String>,
    /// The Service it is behind: `NAMESPACE/NAME:PORT`.
    pub service: Option<String>,
    /// Host header to send.
    pub host: Option<String>,
    /// User whose password the token is.
    pub user: Option<String>,
    /// File that holds its token.
    pub token_file: Option<String>,
    /// Environment variable that holds its token.
    pub token_env: Option<String>,
    /// Command that prints its token, with its arguments.
    pub token_command: Vec<String>,
    /// File with the certificates of those it is trusted by.
    pub ca: Option<String>,
}

/// What may be changed in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// What the cluster allows.
    Free,
    /// Only after its name was typed.
    Ask,
    /// Nothing.
    ReadOnly,
}

impl Settings {
    /// What may be changed in a context, by the patterns.
    #[must_use]
    pub fn safety(&self, context: &str) -> Safety {
        let one_of = |patterns: &[String]| patterns.iter().any(|p| matches(p, context));
        if one_of(&self.read_only) {
            Safety::ReadOnly
        } else if one_of(&self.protected) {
            Safety::Ask
        } else {
            Safety::Free
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contexts: Vec::new(),
            namespaces: Vec::new(),
            protected: Vec::new(),
            read_only: Vec::new(),
            start: "home".to_owned(),
            keymap: "default".to_owned(),
            theme: "ansi".to_owned(),
            colours: Depth::Auto,
            ascii: None,
            mouse: false,
            refresh: Refresh::default(),
            logs: Logs::default(),
            notify: Notify::default(),
            act: Act::default(),
            audit: Audit::default(),
            slo: Slo::default(),
            columns: BTreeMap::new(),
            filters: BTreeMap::new(),
            gates: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            requests_per_minute: 0,
            frames_per_second: 60,
            data_frames_per_second: None,
        }
    }
}

impl Default for Act {
    fn default() -> Self {
        Self { unlock_minutes: 5 }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            lines: 100_000,
            since: None,
            wrap: false,
            timestamps: false,
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            rotate_mb: 16,
            events: false,
            webhook: None,
            webhook_header: None,
        }
    }
}
