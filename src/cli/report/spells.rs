//! Findings with their beginning and end, out of what was written down. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::findings::{How, Noted};

/// One finding, from when it was found until it was gone.
#[derive(Debug, Clone)]
pub(super) struct Spell {
    /// It was found before what is told began.
    pub(super) before: bool,
    /// When it was found first.
    pub(super) from: Timestamp,
    /// When it was gone; none while it is not known to be.
    pub(super) until: Option<Timestamp>,
    /// All that was noted of it, oldest first.
    pub(super) notes: Vec<Noted>,
}

impl Spell {
    /// As it was found last, before it went.
    pub(super) fn last(&self) -> Option<&Noted> {
        self.notes.last()
    }

    /// The rule that found it.
    pub(super) fn rule(&self) -> &str {
        let name = self.notes.first().map_or("", |noted| noted.name.as_str());
        name.split(' ').next().unwrap_or_default()
    }
}

/// The findings that were there at some time between two times, by when they were found. What several consoles noted of one
/// is one.
pub(super) fn spells(noted: &[Noted], from: Timestamp, until: Timestamp) -> Vec<Spell> {
    let mut open: BTreeMap<(&str, &str, &str), Spell> = BTreeMap::new();
    let mut all = Vec::new();
    for note in noted.iter().filter(|note| note.at <= until) {
        let key = (&*note.cluster, &*note.namespace, &*note.name);
        if note.how == How::Gone {
            if let Some(mut spell) = open.remove(&key) {
                spell.until = Some(note.at);
                all.push(spell);
            }
            continue;
        }
        let spell = open.entry(key).or_insert_with(|| Spell {
            before: note.how == How::There || note.at < from,
            from: note.at,
            until: None,
            notes: Vec::new(),
        });
        let again = matches!(note.how, How::There | How::Found) && !spell.notes.is_empty();
        if !again {
            spell.notes.push(note.clone());
        }
    }
    all.extend(open.into_values());
    all.retain(|spell| spell.until.is_none_or(|until| until >= from));
    all.sort_by_key(|spell| spell.from);
    all
}
