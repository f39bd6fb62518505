//! What the person has set, as it reaches the console: at the start, and whenever a file changes. Pure.

use std::sync::Arc;

use super::bindings::Bindings;
use super::note::Note;
use super::{Effect, Effects, Model};
use crate::runbook::Shelf;
use crate::settings::Settings;
use crate::store::Limits;
use crate::theme::Theme;

/// Everything that was set.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The settings in force.
    pub settings: Settings,
    /// Which keys give which command.
    pub bindings: Bindings,
    /// How it is painted; the shell hands it to the view.
    pub theme: Theme,
    /// All runbooks; none leaves those that are known.
    pub runbooks: Option<Arc<Shelf>>,
    /// What is wrong, for the messages.
    pub kept: Vec<Note>,
    /// What is shown of it at once.
    pub shown: Option<Note>,
}

/// Puts it in force.
pub fn set_up(model: &mut Model, setup: Setup) -> Effects {
    let now = model.now;
    // the newest stands first on the screen: so does the first of these
    for note in setup.kept.into_iter().rev() {
        model.notes.keep(note, now);
    }
    if let Some(note) = setup.shown {
        model.notes.tell(note, now);
    }
    model.world.limit_logs(Limits {
        lines: setup.settings.logs.lines.max(1),
        ..Limits::default()
    });
    model.settings = setup.settings;
    model.bindings = setup.bindings;
    if let Some(shelf) = setup.runbooks {
        model.runbooks.shelf = shelf;
    }
    model.pending.clear();
    Effects::one(Effect::Draw)
}
