//! Acting on what is selected: choosing an action, its parameters, the preview, the confirmation, and what comes of it.
//! Pure; the orders are carried out by the shell.
//!
//! | file | owns |
//! |---|---|
//! | `order` | what is asked of the shell, and what it reports |
//! | `aim` | what an action would be done to |
//! | `guard` | what keeps it from being chosen |
//! | `menu` | what can be done |
//! | `form` | its parameters |
//! | `one` | one action from its plan to its end |
//! | `decide` | the preview, while a person decides |
//! | `story` | what happens while it is carried out |
//! | `told` | all of it in words |
//!
//! One box is shown at a time, and every key belongs to it. What is carried out goes on when its box is closed.

mod aim;
mod decide;
mod form;
mod guard;
mod menu;
mod one;
mod order;
mod story;
pub mod told;

pub use aim::{Aim, Gate, acts_on};
pub use decide::{Decision, Focus};
pub use form::{Entry, Form, Row};
pub use guard::{FRESHEST, safety};
pub use menu::{Item, Known, Menu, Why};
pub use one::{Deed, State, title};
pub use order::{Acted, Order, Point, TaskId};
pub use story::{Line, Story};

use super::bindings::Found;
use super::command::Verb;
use super::note::Note;
use super::{Effect, Effects, Model};
use crate::domain::Clean;
use crate::keys::{Chord, Code};
use crate::plan::{About, ActionSpec, Ask, Safety, action};

/// Most actions that go on without a box; older ones are left to the journal.
const AWAY: usize = 32;

/// All actions of this console that have not ended, and the box that is shown.
#[derive(Debug, Default)]
pub struct Deeds {
    /// The box.
    pub shown: Option<Shown>,
    /// What is carried out without one, oldest first.
    away: Vec<Deed>,
    tasks: TaskId,
    /// The incident that all of them belong to; may be empty.
    pub incident: Clean,
}

/// What a box shows.
#[derive(Debug)]
pub enum Shown {
    /// What can be done.
    Menu(Menu),
    /// The parameters of one action.
    Form(Box<Form>),
    /// One action from its plan to its end.
    Deed(Box<Deed>),
}

impl Deeds {
    /// A new task.
    fn task(&mut self) -> TaskId {
        self.tasks += 1;
        self.tasks
    }

    /// A box is shown, and every key belongs to it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shown.is_some()
    }

    /// How many actions are carried out without a box.
    #[must_use]
    pub fn away(&self) -> usize {
        self.away.len()
    }

    /// Something else is carried out on the same object.
    #[must_use]
    pub fn works_on(&self, ask: &Ask) -> bool {
        let same = |point: &Point| {
            point.cluster == ask.cluster
                && point.resource == ask.resource
                && point.namespace == ask.namespace
                && point.name == ask.name
        };
        self.away.iter().any(|deed| same(&deed.form.point))
    }

    /// What the runbook that asked for an action marked it with; none for an action of no runbook.
    #[must_use]
    pub fn mark_of(&mut self, task: TaskId) -> Option<String> {
        let mark = self.deed(task).map(|deed| deed.form.runbook.clone());
        mark.filter(|mark| !mark.is_empty())
    }

    /// The object that an action makes which is carried out, or was.
    #[must_use]
    pub fn made_of(&mut self, task: TaskId) -> Option<About> {
        match &self.deed(task)?.state {
            State::Running(story) | State::Ended(story, _) => story.prepared.plan.makes(),
            _ => None,
        }
    }

    /// The action that a runbook marked is asked for, decided on, or carried out.
    #[must_use]
    pub fn is_at(&self, mark: &str) -> bool {
        let shown = match &self.shown {
            Some(Shown::Form(form)) => Some(&form.runbook),
            Some(Shown::Deed(deed)) => Some(&deed.form.runbook),
            _ => None,
        };
        let away = self.away.iter().map(|deed| &deed.form.runbook);
        shown.into_iter().chain(away).any(|m| m == mark)
    }

    fn deed(&mut self, task: TaskId) -> Option<&mut Deed> {
        let shown = match &mut self.shown {
            Some(Shown::Deed(deed)) => Some(&mut **deed),
            _ => None,
        };
        let mut all = shown.into_iter().chain(&mut self.away);
        all.find(|deed| deed.task == task)
    }
}

/// Carries out one of the commands.
pub fn act(model: &mut Model, verb: Verb) -> Effects {
    match verb {
        Verb::Do(name) => direct(model, name),
        Verb::UnderWay => reopen(model),
        _ => menu::open(model),
    }
}

/// What is selected, unless something is in the way; then that is told.
fn aimed(model: &mut Model) -> Option<Aim> {
    let aim = model.screen_mut().map(|(screen, ctx)| {
        // rows may have come since the last frame: what is selected must be what is there now
        screen.refresh(&ctx);
        screen.aim(&ctx)
    });
    let aim = aim.unwrap_or_default();
    let text = if aim.marked > 0 {
        let (rows, are) = if aim.marked == 1 {
            ("row", "is")
        } else {
            ("rows", "are")
        };
        format!(
            "an action takes one object, and {} other {rows} {are} marked: Esc takes the marks off",
            aim.marked
        )
    } else if aim.subjects.is_empty() {
        "nothing is selected that something could be done to".to_owned()
    } else {
        return Some(aim);
    };
    model.notes.tell(Note::warn(text), model.now);
    None
}

/// Begins an action by its name, on the object among those selected that it is for.
fn direct(model: &mut Model, name: &str) -> Effects {
    let Some(aim) = aimed(model) else {
        return Effects::one(Effect::Draw);
    };
    let found = aim.actions().into_iter().find(|(s, _)| s.name == name);
    let Some((spec, subject)) = found.map(|(spec, subject)| (spec, subject.clone())) else {
        return Effects::one(Effect::Draw);
    };
    if let Some((text, _)) = guard::barred(model, &subject) {
        let text = format!("{name} cannot be done: {text}");
        model.notes.tell(Note::warn(text), model.now);
        return Effects::one(Effect::Draw);
    }
    menu::begin(model, spec, &subject, None)
}

/// Why an action cannot be begun by its name now.
#[must_use]
pub fn refusal(model: &mut Model, name: &str) -> Option<String> {
    let (screen, ctx) = model.screen_mut()?;
    let aim = screen.aim(&ctx);
    let mut all = aim.actions().into_iter();
    if let Some((_, subject)) = all.find(|(spec, _)| spec.name == name) {
        let subject = subject.clone();
        return guard::barred(model, &subject).map(|(text, _)| text);
    }
    let kind = action(name).and_then(|a| a.spec().targets.first());
    Some(kind.map_or_else(String::new, |k| format!("only for a {}", k.kind)))
}

/// Shows an action that goes on without a box, the newest first.
fn reopen(model: &mut Model) -> Effects {
    match model.deeds.away.pop() {
        Some(deed) => model.deeds.shown = Some(Shown::Deed(Box::new(deed))),
        None => {
            let note = Note::info("no action is under way");
            model.notes.tell(note, model.now);
        }
    }
    Effects::one(Effect::Draw)
}

/// Takes back what was done: the same way with the action that does so.
fn undo(model: &mut Model, deed: &Deed, spec: &'static ActionSpec) -> Effects {
    let given = deed.undo_given(spec);
    let form = Form::new(spec, deed.form.point.clone(), deed.form.word, &given);
    Deed::ask(model, form)
}

/// While a box is shown every key belongs to it.
pub fn press(model: &mut Model, chord: Chord) -> Effects {
    let Some(shown) = model.deeds.shown.take() else {
        return Effects::none();
    };
    let typing = match &shown {
        Shown::Menu(_) => false,
        Shown::Form(form) => form.typing(),
        Shown::Deed(deed) => deed.typing(),
    };
    let found = model.bindings.lookup(&[chord], &[]);
    if matches!(found, Found::Command(c) if c.verb == Verb::Suspend) {
        model.deeds.shown = Some(shown);
        return Effects::one(Effect::Suspend);
    }
    let closes = closes(chord, typing) || {
        let back = matches!(found, Found::Command(c) if matches!(c.verb, Verb::Back | Verb::Quit));
        back && !(typing && types(chord))
    };
    match (shown, closes) {
        (Shown::Menu(menu), true) => menu::close(menu),
        (Shown::Menu(menu), false) => menu::press(model, menu, chord),
        (Shown::Form(form), true) => form::close(model, *form),
        (Shown::Form(form), false) => form::press(model, form, chord),
        (Shown::Deed(deed), true) => one::close(model, *deed),
        (Shown::Deed(deed), false) => one::press(model, deed, chord),
    }
}

/// The key closes a box whatever the keymap says.
fn closes(chord: Chord, typing: bool) -> bool {
    chord == Chord::plain(Code::Esc)
        || chord == Chord::ctrl('c')
        || (chord == Chord::char('q') && !typing)
}

/// The key changes a line of text.
fn types(chord: Chord) -> bool {
    let plain = !chord.mods.ctrl && !chord.mods.alt;
    matches!(chord.code, Code::Backspace) || matches!(chord.code, Code::Char(_)) && plain
}

/// Pasted text is text where some can be typed, and nothing elsewhere: it is never run as keys.
pub fn paste(model: &mut Model, text: &str) -> Effects {
    match &mut model.deeds.shown {
        Some(Shown::Form(form)) => form.paste(text),
        Some(Shown::Deed(deed)) => deed.paste(text),
        _ => return Effects::none(),
    }
    Effects::one(Effect::Draw)
}

/// The wheel scrolls what a box shows.
pub fn scroll(model: &mut Model, lines: isize) -> Effects {
    match &mut model.deeds.shown {
        Some(Shown::Menu(menu)) => menu.step(lines.signum()),
        Some(Shown::Form(form)) => form.step(lines.signum()),
        Some(Shown::Deed(deed)) => deed.scroll_by(lines),
        None => return Effects::none(),
    }
    Effects::one(Effect::Draw)
}

/// Takes what the shell reports; what belongs to a task that was left is dropped.
pub fn take(model: &mut Model, acted: Acted) -> Effects {
    let now = model.now;
    let taken = match acted {
        Acted::Surveyed(task, offers) => match &mut model.deeds.shown {
            Some(Shown::Menu(menu)) => menu::surveyed(menu, task, &offers),
            _ => false,
        },
        Acted::Prepared(task, result) => {
            let safety = match &result {
                Ok(prepared) => guard::safety(model, &prepared.ask.cluster),
                Err(_) => Safety::ReadOnly,
            };
            let deed = model.deeds.deed(task);
            deed.is_some_and(|deed| deed.prepared(result, safety, now))
        }
        Acted::Progressed(task, progress) => {
            let deed = model.deeds.deed(task);
            deed.is_some_and(|deed| deed.progressed(progress, now))
        }
        Acted::Ended(task, outcome) => return one::ended(model, task, outcome),
        Acted::Journal { .. } | Acted::Resolved(_) | Acted::Runbook(..) | Acted::Left(_) => false,
    };
    if taken {
        Effects::one(Effect::Draw)
    } else {
        Effects::none()
    }
}
