//! What can be done to what is selected: a menu, usable while the cluster is still being asked. Pure.

use super::aim::{Aim, resource};
use super::form::Form;
use super::{Deed, Order, Point, Shown, TaskId, guard};
use crate::app::note::Note;
use crate::app::{Effect, Effects, Model};
use crate::domain::Subject;
use crate::fault::{Fault, ended};
use crate::keys::{Chord, Code};
use crate::plan::{ActionSpec, Need, Offer, Possible};

/// Keys of the lines, in their order. `j` and `k` move, `q` closes.
const KEYS: &str = "123456789abcdefghilmnoprstuvwxyz";

/// The menu.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What it is about.
    pub aim: Aim,
    /// Its lines.
    pub items: Vec<Item>,
    /// The chosen line.
    pub index: usize,
    /// First visible line; the painter keeps the chosen one in sight.
    pub top: usize,
    /// What is still asked, by the place of the subject in `aim`.
    asked: Vec<(TaskId, usize)>,
}

/// One action on one object.
#[derive(Debug, Clone)]
pub struct Item {
    /// The key that takes it.
    pub key: char,
    /// The action.
    pub spec: &'static ActionSpec,
    /// What it is done to.
    pub subject: Subject,
    /// What the cluster says.
    pub known: Known,
}

/// What is known of an action on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The cluster is being asked.
    Asking,
    /// It told.
    Told(Possible),
    /// It could not be asked; why.
    Unasked(Fault),
}

/// Why an action is greyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Why.
    pub text: String,
    /// What to do instead; may be empty.
    pub instead: String,
    /// It cannot be tried all the same, with other parameters.
    pub shut: bool,
}

/// Opens the menu for what is selected.
pub fn open(model: &mut Model) -> Effects {
    let Some(aim) = super::aimed(model) else {
        return Effects::one(Effect::Draw);
    };
    if aim.actions().is_empty() {
        let word = aim.subjects.first().map_or("nothing", |s| s.word);
        model.notes.tell(
            Note::warn(format!("there is no action for a {word}")),
            model.now,
        );
        return Effects::one(Effect::Draw);
    }
    open_at(model, aim, 0)
}

/// Opens the menu for something, on a line.
pub fn open_at(model: &mut Model, aim: Aim, index: usize) -> Effects {
    let found = aim.actions().into_iter();
    let items = found
        .zip(KEYS.chars())
        .map(|((spec, subject), key)| Item {
            key,
            spec,
            subject: subject.clone(),
            known: Known::Asking,
        })
        .collect();
    let mut effects = Effects::one(Effect::Draw);
    let mut asked = Vec::new();
    for (place, subject) in aim.subjects.iter().enumerate() {
        let Some(point) = point(subject) else {
            continue;
        };
        let task = model.deeds.task();
        asked.push((task, place));
        effects.0.push(Effect::Act(Order::Survey {
            task,
            point: Box::new(point),
        }));
    }
    model.deeds.shown = Some(Shown::Menu(Menu {
        aim,
        items,
        index,
        top: 0,
        asked,
    }));
    effects
}

/// An object as the action plane is told it; none when nothing can be done to its kind.
fn point(subject: &Subject) -> Option<Point> {
    let mut specs = crate::plan::ACTIONS.iter().map(|a| a.spec());
    let resource = specs.find_map(|spec| resource(spec, subject))?;
    Some(Point::new(subject, resource))
}

/// Takes what the cluster says; true when it was asked for here.
pub fn surveyed(menu: &mut Menu, task: TaskId, offers: &Result<Vec<Offer>, Fault>) -> bool {
    let Some(at) = menu.asked.iter().position(|(t, _)| *t == task) else {
        return false;
    };
    let (_, place) = menu.asked.remove(at);
    let Some(subject) = menu.aim.subjects.get(place) else {
        return false;
    };
    for item in menu.items.iter_mut().filter(|i| i.subject == *subject) {
        item.known = match offers {
            Err(fault) => Known::Unasked(fault.clone()),
            Ok(offers) => {
                let mine = offers.iter().find(|o| o.action == item.spec.name);
                mine.map_or(Known::Asking, |o| Known::Told(o.possible.clone()))
            }
        };
    }
    true
}

impl Menu {
    /// The cluster is still being asked.
    #[must_use]
    pub fn asking(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Why a line is greyed; none when it is not.
    #[must_use]
    pub fn why(&self, item: &Item, model: &Model) -> Option<Why> {
        if let Some((text, instead)) = guard::barred(model, &item.subject) {
            return Some(Why {
                text,
                instead,
                shut: true,
            });
        }
        match &item.known {
            Known::Told(Possible::Denied(needs)) => Some(Why {
                text: denied(needs),
                instead: "Ask who grants rights on this cluster".to_owned(),
                shut: true,
            }),
            // which gate is meant was not known when the cluster was asked
            Known::Told(Possible::Refused(_))
                if self.aim.gate.is_some() && super::aim::is_of_gate(item.spec) =>
            {
                None
            }
            Known::Told(Possible::Refused(refused)) => Some(Why {
                text: refused.why.to_string(),
                instead: refused.instead.to_string(),
                shut: item.spec.parameters.is_empty(),
            }),
            _ => None,
        }
    }

    fn leave(&mut self) -> Vec<Effect> {
        let tasks = std::mem::take(&mut self.asked).into_iter();
        tasks
            .map(|(task, _)| Effect::Act(Order::Leave(task)))
            .collect()
    }

    /// Moves the choice, and stops at the ends.
    pub fn step(&mut self, step: isize) {
        let last = self.items.len().saturating_sub(1);
        self.index = self.index.saturating_add_signed(step).min(last);
    }
}

/// Which rights are missing.
fn denied(needs: &[Need]) -> String {
    let one = |need: &Need| {
        let place = if need.namespace.is_empty() {
            String::new()
        } else {
            format!(" in {}", crate::domain::Clean::new(&need.namespace))
        };
        format!("{} {}{place}", need.verb, need.resource)
    };
    let all: Vec<String> = needs.iter().map(one).collect();
    format!("you may not {}", all.join(", "))
}

/// Takes a key.
pub fn press(model: &mut Model, mut menu: Menu, chord: Chord) -> Effects {
    let plain = !chord.mods.ctrl && !chord.mods.alt;
    match chord.code {
        Code::Down | Code::Tab | Code::Char('j') if plain => menu.step(1),
        Code::Up | Code::BackTab | Code::Char('k') if plain => menu.step(-1),
        Code::Char('n') if chord.mods.ctrl => menu.step(1),
        Code::Char('p') if chord.mods.ctrl => menu.step(-1),
        Code::PageDown => menu.step(10),
        Code::PageUp => menu.step(-10),
        Code::Home => menu.index = 0,
        Code::End => menu.step(isize::MAX),
        Code::Enter => return choose(model, menu),
        Code::Char(c) if plain => {
            let Some(at) = menu.items.iter().position(|i| i.key == c) else {
                // letters that mean nothing here must not close what is read
                model.deeds.shown = Some(Shown::Menu(menu));
                return Effects::none();
            };
            menu.index = at;
            return choose(model, menu);
        }
        _ => {}
    }
    model.deeds.shown = Some(Shown::Menu(menu));
    Effects::one(Effect::Draw)
}

/// Closes the menu.
pub fn close(mut menu: Menu) -> Effects {
    let mut effects = Effects(menu.leave());
    effects.0.push(Effect::Draw);
    effects
}

/// Goes on with the chosen line; a greyed one stays, its reason is shown below the list.
fn choose(model: &mut Model, mut menu: Menu) -> Effects {
    let item = menu.items.get(menu.index).cloned();
    let Some(item) = item else {
        model.deeds.shown = Some(Shown::Menu(menu));
        return Effects::none();
    };
    if let Some(why) = menu.why(&item, model).filter(|why| why.shut) {
        let text = format!("{} cannot be done: {}", item.spec.name, why.text);
        model.notes.tell(Note::warn(ended(&text)), model.now);
        model.deeds.shown = Some(Shown::Menu(menu));
        return Effects::one(Effect::Draw);
    }
    let mut effects = Effects(menu.leave());
    let aim = menu.aim.clone();
    let more = begin(model, item.spec, &item.subject, Some((aim, menu.index)));
    effects.0.extend(more.0);
    effects
}

/// Begins an action on an object: its parameters when it has any, else its plan. `back` is the menu that it came from.
pub fn begin(
    model: &mut Model,
    spec: &'static ActionSpec,
    subject: &Subject,
    back: Option<(Aim, usize)>,
) -> Effects {
    let Some(resource) = resource(spec, subject) else {
        return Effects::one(Effect::Draw);
    };
    let aim = back.as_ref().map(|(aim, _)| aim.clone());
    let aim = aim.or_else(|| super::aimed(model)).unwrap_or_default();
    let point = Point::new(subject, resource);
    let given = super::form::proposed(model, spec, subject, &aim);
    let form = Form::new(spec, point, subject.word, &given).after(back);
    if spec.parameters.is_empty() {
        return Deed::ask(model, form);
    }
    model.deeds.shown = Some(Shown::Form(Box::new(form)));
    Effects::one(Effect::Draw)
}
