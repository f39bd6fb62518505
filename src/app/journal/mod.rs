//! What was done from this machine: the list of actions, one of them in full, what is under way and what is in doubt.
//! Pure; the shell reads the journal.
//!
//! | file | owns |
//! |---|---|
//! | `row` | one action as a row |
//! | `list` | the list |
//! | `page` | one action in full |

mod list;
mod page;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

pub use list::Actions;
pub use page::ActionPage;
pub use row::{ActionRow, role, state};

use super::deed::{Acted, Deed, Form, Order, Point, TaskId};
use super::list::ListScreen;
use super::note::Note;
use super::{Effect, Effects, Model};
use crate::domain::{Clean, ClusterId, SourceId};
use crate::fault::ended as sentence;
use crate::plan::{Entry, Progress, Resource, Standing, Verdict, action};
use crate::store::{Batch, Change};

/// The screen.
pub const SCREEN: &str = "journal";

/// Seconds for which a second quit means the first one.
const TWICE: i64 = 10;

/// Most notes of one kind at once; more are counted.
const TOLD: usize = 3;

/// What is known of the journal besides its rows.
#[derive(Debug, Default)]
pub struct Book {
    /// Carried out by this session and not ended; the id in the journal once it is there.
    under_way: BTreeMap<TaskId, Option<String>>,
    /// Ids of actions whose end is not known.
    doubts: BTreeSet<String>,
    /// Those of them that the person was shown.
    seen: BTreeSet<String>,
    /// Those of them that were told.
    told: BTreeSet<String>,
    mistakes: Vec<Clean>,
    /// When quit was asked for while something was under way.
    leaving: Option<Timestamp>,
}

impl Book {
    /// A task was given away to be carried out.
    pub(super) fn left_hand(&mut self, task: TaskId) {
        self.under_way.insert(task, None);
    }

    /// Actions of this session that have not ended.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Actions whose end is not known and that the person was not shown yet.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.doubts.difference(&self.seen).count()
    }

    fn is_under_way(&self, id: &str) -> bool {
        self.under_way.values().flatten().any(|mine| mine == id)
    }
}

/// Shows the journal, as it is now.
pub fn show(model: &mut Model) -> Effects {
    model.show(SCREEN);
    model.book.seen.clone_from(&model.book.doubts);
    Effects(vec![Effect::Act(Order::ReadJournal), Effect::Draw])
}

/// Ends the program; while something is carried out only when it is asked for twice.
pub fn quit(model: &mut Model) -> Effects {
    let now = model.now;
    let count = model.book.under_way();
    let asked = |at: Timestamp| (0..TWICE).contains(&(now.as_second() - at.as_second()));
    if count == 0 || model.book.leaving.is_some_and(asked) {
        return Effects::one(Effect::Quit);
    }
    model.book.leaving = Some(now);
    let actions = if count == 1 {
        "1 action is".to_owned()
    } else {
        format!("{count} actions are")
    };
    let text = format!(
        "{actions} under way; quit again to leave: the journal has it, and the next start looks what came of it"
    );
    model.notes.tell(Note::warn(text), now);
    Effects::one(Effect::Draw)
}

/// Takes note of what the action plane reports, beside the box of the action.
pub fn noted(model: &mut Model, acted: &Acted) -> Effects {
    match acted {
        Acted::Progressed(task, Progress::Journaled(id)) => {
            if let Some(known) = model.book.under_way.get_mut(task) {
                *known = Some(id.clone());
            }
            again(model)
        }
        Acted::Ended(task, _) => {
            model.book.under_way.remove(task);
            again(model)
        }
        Acted::Journal { entries, mistakes } => {
            read(model, entries, mistakes);
            Effects::one(Effect::DrawData)
        }
        Acted::Resolved(entries) => {
            for entry in entries {
                resolved(model, entry);
            }
            Effects::one(Effect::Draw)
        }
        _ => Effects::none(),
    }
}

/// Reads the journal anew where it is shown.
fn again(model: &Model) -> Effects {
    // an opened model shows the moves of its aliases
    let shown = model.screen().is_some_and(|s| s.id() == "model");
    if model.base() == SCREEN || shown {
        Effects::one(Effect::Act(Order::ReadJournal))
    } else {
        Effects::none()
    }
}

fn read(model: &mut Model, entries: &Arc<Vec<Entry>>, mistakes: &[Clean]) {
    let rows = entries.iter().map(|entry| {
        let id = ClusterId::new(&entry.intent.cluster.name);
        let here = model.clusters.contains(&id);
        let under_way = model.book.is_under_way(&entry.id);
        Change::Put(Arc::new(ActionRow::new(entry.clone(), under_way, here)))
    });
    let mut changes = vec![Change::Restart];
    changes.extend(rows);
    changes.push(Change::Swap);
    let source = SourceId {
        cluster: ClusterId::new(""),
        feed: SCREEN,
        scope: String::new(),
    };
    model
        .world
        .table_mut::<ActionRow>()
        .apply(Batch { source, changes });
    let book = &mut model.book;
    book.doubts = entries
        .iter()
        .filter(|e| is_in_doubt(e.standing()) && !book.is_under_way(&e.id))
        .map(|e| e.id.clone())
        .collect();
    if model.base() == SCREEN {
        model.book.seen.clone_from(&model.book.doubts);
    }
    tell_doubts(model, entries);
    tell_mistakes(model, mistakes);
}

/// It is not known what came of it.
fn is_in_doubt(standing: Standing) -> bool {
    standing.is_open() || standing == Standing::Ended(Verdict::Unknown)
}

/// Tells what is in doubt, once.
fn tell_doubts(model: &mut Model, entries: &[Entry]) {
    let book = &mut model.book;
    // what this session did itself was told by its own box
    let open = entries.iter().filter(|e| e.standing().is_open());
    let new: Vec<&Entry> = open
        .filter(|e| book.doubts.contains(&e.id) && !book.told.contains(&e.id))
        .collect();
    book.told.extend(new.iter().map(|e| e.id.clone()));
    let Some(first) = new.first() else { return };
    let more = match new.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let text = format!(
        "in doubt: {} of {} in {}{more}; the journal tells what is known",
        first.intent.action,
        first.target(),
        Clean::new(&first.intent.cluster.name),
    );
    model.notes.tell(Note::warn(text), model.now);
}

fn tell_mistakes(model: &mut Model, mistakes: &[Clean]) {
    if model.book.mistakes == mistakes {
        return;
    }
    model.book.mistakes = mistakes.to_vec();
    for mistake in mistakes.iter().take(TOLD) {
        let text = sentence(&format!("the journal: {mistake}"));
        model.notes.tell(Note::error(text), model.now);
    }
    if mistakes.len() > TOLD {
        let text = format!(
            "the journal: {} more; midwatch audit verify names them all",
            mistakes.len() - TOLD
        );
        model.notes.tell(Note::error(text), model.now);
    }
}

fn resolved(model: &mut Model, entry: &Entry) {
    let Standing::Ended(verdict) = entry.standing() else {
        return;
    };
    if verdict != Verdict::Unknown {
        model.book.doubts.remove(&entry.id);
    }
    let what = entry.ended.as_ref().map_or("", |e| e.what.as_str());
    let text = sentence(&format!(
        "looked what came of {} of {}: {}. {what}",
        entry.intent.action,
        entry.target(),
        verdict.words()
    ));
    let note = match verdict {
        Verdict::Done | Verdict::Accepted | Verdict::NotWritten(_) => Note::info(text),
        Verdict::Partly | Verdict::Unknown => Note::warn(text),
    };
    model.notes.tell(note, model.now);
}

/// The action that is selected or shown.
fn chosen(model: &mut Model) -> Option<Arc<ActionRow>> {
    let (screen, ctx) = model.screen_mut()?;
    // rows may have come since the last frame: what is selected must be what is there now
    screen.refresh(&ctx);
    let screen = screen.as_any();
    if let Some(page) = screen.downcast_ref::<ActionPage>() {
        return page.row().cloned();
    }
    let list = screen.downcast_ref::<ListScreen<Actions>>()?;
    list.selected().cloned()
}

/// Begins the action that takes the chosen one back; it goes through all stages as any other.
pub fn undo(model: &mut Model) -> Effects {
    let Some(row) = chosen(model) else {
        model
            .notes
            .tell(Note::warn("no action is selected"), model.now);
        return Effects::one(Effect::Draw);
    };
    match undoing(model, &row) {
        Ok(effects) => effects,
        Err(why) => {
            model.notes.tell(Note::warn(why), model.now);
            Effects::one(Effect::Draw)
        }
    }
}

fn undoing(model: &mut Model, row: &ActionRow) -> Result<Effects, String> {
    let intent = &row.entry.intent;
    let name = &intent.action;
    if row.under_way {
        return Err(format!("{name} is still under way"));
    }
    match row.entry.standing() {
        Standing::Ended(Verdict::NotWritten(_)) => {
            return Err(format!(
                "{name} wrote nothing: there is nothing to take back"
            ));
        }
        Standing::Ended(_) => {}
        _ => return Err(format!("{name} is in doubt: look at its target first")),
    }
    let undo = intent.undo.as_ref();
    let undo = undo.ok_or_else(|| format!("{name} cannot be taken back"))?;
    if !row.here {
        let cluster = Clean::new(&intent.cluster.name);
        return Err(format!(
            "{cluster} is not open here: open it to take this back"
        ));
    }
    let spec = action(&undo.action)
        .map(crate::plan::Action::spec)
        .ok_or_else(|| format!("{} is not known to this version", undo.action))?;
    let target = &intent.target;
    let is = |r: &&Resource| r.plural == target.resource && r.group == target.group;
    let resource = spec.targets.iter().find(is).copied();
    let resource =
        resource.ok_or_else(|| format!("{} is not for {}", spec.name, row.entry.target()))?;
    let subject = row.target();
    let given = undo.given(spec);
    let form = Form::new(
        spec,
        Point::new(&subject, resource),
        super::inspect::word(resource.feed),
        &given,
    );
    Ok(Deed::ask(model, form))
}
