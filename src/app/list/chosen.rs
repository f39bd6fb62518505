//! Which columns of a list are shown, and in which order: all that are not extra, or what the settings say. Pure.

use super::Listing;
use crate::settings::Settings;

/// The columns of a list to show, by their index; what does not exist is left out. The name is always among them:
/// without it nobody knows what a row is.
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
    let name = all.iter().position(|c| c.id == "name");
    if let Some(name) = name.filter(|i| !chosen.contains(i)) {
        chosen.insert(name.min(chosen.len()), name);
    }
    chosen
}
