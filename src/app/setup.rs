//! What the person has set, as it reaches the console: at the start, and whenever a file changes. Pure.

use super::bindings::Bindings;
use super::note::Note;
use super::registry::{SCREENS, entry};
use super::{Effect, Effects, Model};
use crate::fault::{meant, quoted};
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
    /// What is wrong, for the messages.
    pub kept: Vec<Note>,
    /// What is shown of it at once.
    pub shown: Option<Note>,
}

/// Puts it in force.
pub fn set_up(model: &mut Model, setup: Setup) -> Effects {
    let ids = || SCREENS.iter().map(|screen| screen.id);
    let unknown = |key: String, id: &str| {
        let hint = meant(id, ids().collect::<Vec<_>>());
        Note::warn(format!("{key}: there is no screen {}; {hint}", quoted(id)))
    };
    let settings = &setup.settings;
    let start = &*settings.start;
    let mut wrong = Vec::new();
    if start != "last" && entry(start).is_none() {
        wrong.push(unknown("start".to_owned(), start));
    }
    for id in settings.columns.keys().filter(|id| entry(id).is_none()) {
        wrong.push(unknown(format!("columns.{id}"), id));
    }
    let now = model.now;
    for note in setup.kept {
        model.notes.keep(note, now);
    }
    for note in wrong.into_iter().chain(setup.shown) {
        model.notes.tell(note, now);
    }
    model.world.limit_logs(Limits {
        lines: setup.settings.logs.lines.max(1),
        ..Limits::default()
    });
    model.settings = setup.settings;
    model.bindings = setup.bindings;
    model.pending.clear();
    Effects::one(Effect::Draw)
}
