//! Which columns of a list are shown, and in which order: all that are not extra, or what the settings say. Pure.

use super::Listing;
use crate::app::note::Note;
use crate::settings::Settings;

/// The columns of a list to show, by their index; what does not exist is left out.
#[must_use]
pub fn columns<L: Listing>(settings: &Settings) -> Vec<usize> {
    let all = L::columns();
    let known = |id: &String| all.iter().position(|c| c.id == id);
    let mut chosen: Vec<usize> = Vec::new();
    for index in settings
        .columns
        .get(L::ID)
        .into_iter()
        .flatten()
        .filter_map(known)
    {
        if !chosen.contains(&index) {
            chosen.push(index);
        }
    }
    if chosen.is_empty() {
        chosen.extend((0..all.len()).filter(|i| all.get(*i).is_some_and(|c| !c.extra)));
    }
    chosen
}

/// What is wrong with the columns in the settings: columns that do not exist. `screens` are the lists with their
/// columns; the settings themselves say which lists there are.
#[must_use]
pub fn mistakes(settings: &Settings, screens: &[(&'static str, Vec<&'static str>)]) -> Vec<Note> {
    let mut notes = Vec::new();
    for (screen, ids) in &settings.columns {
        let Some((_, known)) = screens.iter().find(|(id, _)| id == screen) else {
            continue;
        };
        for id in ids.iter().filter(|id| !known.contains(&id.as_str())) {
            notes.push(Note::warn(format!(
                "settings, columns of {screen}: there is no column {id:?}, it is left out; there are {}",
                known.join(", ")
            )));
        }
    }
    notes
}
