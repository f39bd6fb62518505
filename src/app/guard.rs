//! What may be changed in each context now: the patterns of the settings, and an unlock that ends by itself. Pure.
//!
//! An unlock is for one context and a few minutes, lives in this session only, and never goes further than one step: a
//! read-only context asks for names then, a protected one is as any other.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::deed::{Acted, Order, take};
use super::note::Note;
use super::prompt::Prompt;
use super::screen::{Checked, Question};
use super::{Effect, Effects, Model};
use crate::domain::{ClusterId, Span};
use crate::plan::{Halt, HaltKind, Outcome, Safety};
use crate::settings::{self, Settings};

/// The unlocked contexts.
#[derive(Debug, Default)]
pub struct Guard {
    /// From when to when.
    unlocked: BTreeMap<ClusterId, (Timestamp, Timestamp)>,
    /// The line that is typed is the name of a context.
    asks: bool,
}

impl Guard {
    /// The line that is typed is the name of a context to unlock.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// How long a context stays unlocked. A clock that was set back ends it.
    #[must_use]
    pub fn left(&self, cluster: &ClusterId, now: Timestamp) -> Option<Span> {
        let (from, until) = self.unlocked.get(cluster)?;
        (*from <= now && now < *until).then(|| Span::between(now, *until))
    }
}

/// What the settings say of a context.
fn set(settings: &Settings, cluster: &ClusterId) -> Safety {
    match settings.safety(cluster.as_str()) {
        settings::Safety::Free => Safety::Open,
        settings::Safety::Ask => Safety::Protected,
        settings::Safety::ReadOnly => Safety::ReadOnly,
    }
}

impl Model {
    /// How much a context asks for now before something changes in it.
    #[must_use]
    pub fn safety(&self, cluster: &ClusterId) -> Safety {
        let set = set(&self.settings, cluster);
        match self.guard.left(cluster, self.now) {
            Some(_) => set.unlocked(),
            None => set,
        }
    }

    /// How long a context stays unlocked; none while it is not.
    #[must_use]
    pub fn unlocked(&self, cluster: &ClusterId) -> Option<Span> {
        self.guard.left(cluster, self.now)
    }

    /// Contexts that are locked now.
    fn locked(&self) -> Vec<&ClusterId> {
        let locked = |id: &&ClusterId| {
            set(&self.settings, id) != Safety::Open && self.unlocked(id).is_none()
        };
        self.clusters.iter().filter(locked).collect()
    }
}

/// Asks for the name of the context to unlock.
pub fn unlock(model: &mut Model) {
    if model.locked().is_empty() {
        let text = if model.guard.unlocked.is_empty() {
            "nothing is locked here: no context is protected or read-only in the settings"
        } else {
            "nothing is locked any more; lock ends it at once"
        };
        model.notes.tell(Note::info(text), model.now);
        return;
    }
    model.guard.asks = true;
    model.prompt = Some(Prompt::new(Question {
        label: "unlock ",
        hint: "the name of the context",
        text: String::new(),
    }));
    model.check_prompt();
}

/// What is thought of the name while it is typed.
#[must_use]
pub fn check(model: &Model, text: &str) -> Checked {
    let locked = model.locked();
    let named = locked.iter().any(|id| id.as_str() == text.trim());
    let names: Vec<&str> = locked.iter().map(|id| id.as_str()).collect();
    let minutes = minutes(model);
    let what = format!("type {} to unlock it for {minutes}", names.join(" or "));
    Checked {
        mistake: (!named).then_some((0..text.len(), what)),
        ..Checked::default()
    }
}

fn minutes(model: &Model) -> String {
    match model.settings.act.unlock_minutes {
        1 => "1 minute".to_owned(),
        n => format!("{n} minutes"),
    }
}

/// The name is complete, or dropped.
pub fn answered(model: &mut Model, text: &str, kept: bool) {
    model.guard.asks = false;
    let named = model
        .locked()
        .into_iter()
        .find(|id| id.as_str() == text.trim());
    let Some(cluster) = named.cloned().filter(|_| kept) else {
        return;
    };
    let length = SignedDuration::from_mins(i64::from(model.settings.act.unlock_minutes));
    let now = model.now;
    let Ok(until) = now.checked_add(length) else {
        return;
    };
    model.guard.unlocked.insert(cluster.clone(), (now, until));
    let then = match model.safety(&cluster) {
        Safety::Open => "changes are asked for as anywhere",
        _ => "every change asks for a name to be typed",
    };
    let text = format!("{cluster} is unlocked for {}: {then}", minutes(model));
    model.notes.tell(Note::warn(text), now);
}

/// Ends every unlock at once.
pub fn lock(model: &mut Model) {
    let ended = std::mem::take(&mut model.guard.unlocked);
    let note = if ended.is_empty() {
        Note::info("nothing is unlocked")
    } else {
        let names: Vec<&str> = ended.keys().map(ClusterId::as_str).collect();
        Note::info(format!("{} locked again", are(&names)))
    };
    model.notes.tell(note, model.now);
}

fn are(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// Ends what is over, and tells it.
pub fn tick(model: &mut Model) {
    let now = model.now;
    let guard = &model.guard;
    let over: Vec<ClusterId> = guard
        .unlocked
        .keys()
        .filter(|id| guard.left(id, now).is_none())
        .cloned()
        .collect();
    if over.is_empty() {
        return;
    }
    model.guard.unlocked.retain(|id, _| !over.contains(id));
    let names: Vec<&str> = over.iter().map(ClusterId::as_str).collect();
    let text = format!("{} locked again: the time is over", are(&names));
    model.notes.tell(Note::warn(text), now);
}

/// Nothing that writes leaves for a context that is read-only now, whoever asked for it.
pub fn hold_back(model: &mut Model, effects: Effects) -> Effects {
    let mut through = Effects::none();
    for effect in effects.0 {
        let Effect::Act(Order::CarryOut { task, prepared, .. }) = &effect else {
            through.0.push(effect);
            continue;
        };
        let cluster = &prepared.ask.cluster;
        if model.safety(cluster) == Safety::ReadOnly {
            let what = format!("{cluster} is read-only here: the setting read-only says so.");
            let halt = Halt::new(HaltKind::ReadOnly, &what)
                .hint("Unlock it for a while, or use another context.");
            let ended = Acted::Ended(*task, Outcome::from(halt));
            through.0.extend(take(model, ended).0);
        } else {
            model.book.left_hand(*task);
            through.0.push(effect);
        }
    }
    through
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
