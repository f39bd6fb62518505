//! Keeps the findings up to date, and tells what is new among them. Pure; the model owns it, `update` calls it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::noted::{Noted, Notes};
use super::seen::{Acks, Kept};
use super::{FEEDS, OPTIONAL, SCREEN, find, offers, take};
use crate::app::list::ListScreen;
use crate::app::lists::Home;
use crate::app::note::Note;
use crate::app::screen::Ctx;
use crate::app::{Effect, Effects, Model};
use crate::domain::{FindingRow, Key, Need, SourceState};
use crate::settings::Desktop;

/// Milliseconds between two looks at rows that change all the time.
const PACE: i64 = 1_000;

/// Milliseconds after the start in which what is found was there before, while sources still load.
const BEGINNING: i64 = 30_000;

/// Milliseconds for which a finding that went is known: one that comes and goes rings once.
const KNOWN: i64 = 600_000;

/// What is known of findings besides their rows.
#[derive(Debug, Default)]
pub struct Watch {
    /// When the rules looked last, in milliseconds.
    pub(in crate::app) looked: Option<i64>,
    /// What a person has seen.
    pub acks: Acks,
    began: Option<i64>,
    /// The sources had loaded once: what is found from then on is new.
    loaded: bool,
    /// What was told, and when it was last found.
    known: BTreeMap<Key, i64>,
    notes: Notes,
    /// When the runbooks of all findings were tested, in milliseconds.
    offered: Option<i64>,
    /// Findings that need somebody now.
    pub(in crate::app) now: usize,
}

/// Something new that is told with a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The bell of the terminal rings.
    pub bell: bool,
    /// The desktop is told, too.
    pub desktop: Desktop,
    /// What is new, one line.
    pub text: String,
}

/// Looks anew when that was not done for a while; what is to be done then.
pub fn bring_up(model: &mut Model) -> Effects {
    let now = model.now.as_millisecond();
    let fresh = |at: i64| (0..PACE).contains(&(now - at));
    if !model.watches() || model.watch.looked.is_some_and(fresh) {
        return Effects::none();
    }
    let mut found = find(&model.ctx());
    let (loading, whole) = state(&model.ctx());
    let mut offered = model.watch.offered;
    offers::offer(model, &mut found, &mut offered);
    let (at, watch) = (model.now, &mut model.watch);
    (watch.looked, watch.offered) = (Some(now), offered);
    let look = watch.look(&mut found, (loading, whole), at);
    let mut effects = Effects::none();
    if let Some(text) = look.told {
        effects.0.extend(tell(model, text));
    }
    effects.0.extend(keep(look.kept));
    if !look.noted.is_empty() {
        effects.0.push(Effect::NoteFound(look.noted));
    }
    if take(&mut model.world, found) {
        effects.0.push(Effect::DrawData);
    }
    effects
}

/// What came of a look.
struct Look {
    kept: Kept,
    noted: Vec<Noted>,
    /// What is new, in one line.
    told: Option<String>,
}

impl Watch {
    /// It has not looked for long: what is known of objects still comes.
    pub(super) fn begins(&self, now: i64) -> bool {
        self.began.is_none_or(|began| now - began < BEGINNING)
    }

    /// Takes in what is found now: what was seen of it, what changed, what is new.
    fn look(
        &mut self,
        found: &mut [FindingRow],
        (loading, whole): (bool, bool),
        at: Timestamp,
    ) -> Look {
        let now = at.as_millisecond();
        let kept = self.acks.mark(found, whole);
        self.now = found.iter().filter(|row| row.is_now()).count();
        let began = *self.began.get_or_insert(now);
        let fresh = self.news(found, whole, now);
        let begins = !self.loaded && loading && now - began < BEGINNING;
        let begins = begins || !std::mem::replace(&mut self.loaded, !begins);
        Look {
            kept,
            noted: self.notes.take(found, (whole, begins), at),
            told: (!begins).then(|| words(&fresh)).flatten(),
        }
    }

    /// What was not known; what is gone for long is forgotten where it is known to be gone.
    fn news(&mut self, found: &[FindingRow], whole: bool, now: i64) -> Vec<FindingRow> {
        let mut fresh = Vec::new();
        for row in found {
            if row.seen.is_some() {
                // once it gets worse it is new
                self.known.remove(&row.key);
            } else if self.known.insert(row.key.clone(), now).is_none() {
                fresh.push(row.clone());
            }
        }
        if whole {
            self.known.retain(|_, at| now - *at < KNOWN);
        }
        fresh
    }
}

/// Some source still loads; every source has told all, and what is not found is not there.
fn state(ctx: &Ctx<'_>) -> (bool, bool) {
    let (mut loading, mut whole) = (false, true);
    for feed in FEEDS {
        let mut some = false;
        for source in ctx.world.feed(feed) {
            some = true;
            loading |= matches!(source.state, SourceState::Connecting | SourceState::Partial);
            let absent = source.state == SourceState::Absent && OPTIONAL.contains(feed);
            whole &= source.state.is_live() || absent;
        }
        loading |= !some;
        whole &= some;
    }
    (loading, whole && !loading)
}

/// One line about what is new and cannot wait for long.
fn words(fresh: &[FindingRow]) -> Option<String> {
    let mut loud = fresh.iter().filter(|row| row.need != Need::Slow);
    let first = loud.next()?;
    let more = match loud.count() {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    Some(format!("{}: {}{more}", first.what, first.sentence))
}

fn tell(model: &mut Model, text: String) -> Vec<Effect> {
    if model.base() != SCREEN {
        let note = Note::warn(format!("new on Home: {text}"));
        model.notes.tell(note, model.now);
    }
    let notify = model.settings.notify;
    let ring = Ring {
        bell: notify.bell,
        desktop: notify.desktop,
        text,
    };
    if ring.bell || ring.desktop != Desktop::None {
        vec![Effect::Ring(ring), Effect::Draw]
    } else {
        vec![Effect::Draw]
    }
}

fn keep(kept: Kept) -> Option<Effect> {
    (!kept.is_empty()).then_some(Effect::KeepSeen(kept))
}

/// A person says of the marked findings, or the selected one, that they are seen; once more takes it back.
pub fn acknowledge(model: &mut Model) -> Effects {
    let rows = chosen(model);
    let rows: Vec<&FindingRow> = rows.iter().collect();
    let Some(first) = rows.first() else {
        return Effects::none();
    };
    let back = rows.iter().all(|row| row.seen.is_some());
    let what = match rows.len() {
        1 => first.what.to_string(),
        n => format!("{n} findings"),
    };
    let text = if back {
        format!("{what}: not seen any more")
    } else {
        format!("{what}: seen; it is told again when it gets worse")
    };
    let kept = model.watch.acks.turn(&rows, model.now);
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
    model.notes.tell(Note::info(text), model.now);
    // the rows are marked by the look that follows at once
    model.watch.looked = None;
    let leaves = |row: &FindingRow| keys.contains(&row.key);
    if !back
        && let Some(list) = home(model)
        && list.selected().is_some_and(|row| leaves(row))
    {
        // they go to the bottom, and whoever works through the list does not
        list.pass_on(|row| row.seen.is_none() && !leaves(row));
    }
    let effects = keep(kept).into_iter().chain([Effect::Draw]);
    Effects(effects.collect())
}

fn home(model: &mut Model) -> Option<&mut ListScreen<Home>> {
    let (screen, _) = model.screen_mut()?;
    screen.as_any_mut().downcast_mut()
}

/// The marked findings, or the selected one.
fn chosen(model: &Model) -> Vec<FindingRow> {
    let list = model
        .screen()
        .and_then(|s| s.as_any().downcast_ref::<ListScreen<Home>>());
    let Some(list) = list else {
        return Vec::new();
    };
    let table = model.world.table::<FindingRow>();
    let row = |key: &Key| Some((**table?.get(key)?).clone());
    let marked: Vec<FindingRow> = list.marked().iter().filter_map(row).collect();
    if marked.is_empty() {
        let one = list.selected().and_then(|selected| row(&selected.key));
        one.into_iter().collect()
    } else {
        marked
    }
}
