//! Runbooks on the screen: which fit what is selected, runs of them, and what a person says to them. Pure; the shell writes
//! the journal and asks Prometheus.
//!
//! | file | owns |
//! |---|---|
//! | `facts` | what is known of a target, for expressions |
//! | `caches` | where the cache is that a run took from |
//! | `aim` | what a runbook and its actions are done to |
//! | `seat` | the runs of this console: what is asked of the shell for them |
//! | `choice` | the runbooks that fit an object, and runs that were left |
//! | `reader` | one run on the screen |
//! | `prose` | Markdown as lines |
//!
//! A run goes on whichever screen is shown; only a person answers, confirms and ticks off. Its actions are shown, decided on
//! and carried out like any other.

mod aim;
mod caches;
mod choice;
mod facts;
mod prose;
mod reader;
mod seat;

use std::any::Any;
use std::sync::Arc;

pub use aim::{about_of, aim, subject_of};
pub use choice::{ChoiceScreen, Fit, Pick, fitting};
pub use facts::{facts, facts_of, is_there, uid, wants, wants_of};
pub use prose::{Para, prose};
pub use reader::{ReaderScreen, Say};
pub use seat::{CourseRow, Runbooks, bring_up};

use super::command::Verb;
use super::deed::{Acted, TaskId, safety};
use super::note::Note;
use super::screen::{Question, Screen};
use super::{Effect, Effects, Model};
use crate::domain::{ClusterId, Subject};
use crate::fault::ended as sentence;
use crate::plan::Sitting;
use crate::runbook::course::Found;
use crate::runbook::{Book, Course, Target};

/// Carries out one of the commands.
pub fn act(model: &mut Model, verb: Verb) -> Effects {
    match verb {
        Verb::Runbooks => open(model),
        Verb::BookBegin => begin_fitting(model),
        Verb::Open => choose(model),
        _ => say(model, verb),
    }
}

/// The screen of what could be chosen is shown.
#[must_use]
pub fn is_choice(model: &Model) -> bool {
    let screen = model.screen().map(<dyn Screen>::as_any);
    screen.is_some_and(<dyn Any>::is::<ChoiceScreen>)
}

fn told(model: &mut Model, text: &str) -> Effects {
    model.notes.tell(Note::warn(sentence(text)), model.now);
    Effects::one(Effect::Draw)
}

/// Shows the runbooks for what is selected.
fn open(model: &mut Model) -> Effects {
    match aimed(model) {
        Ok(about) => offer(model, about),
        Err(text) => told(model, &text),
    }
}

/// What is selected that a runbook can be for; or what to tell.
fn aimed(model: &mut Model) -> Result<Subject, String> {
    let aim = model.screen_mut().map(|(screen, ctx)| {
        // rows may have come since the last frame: what is selected must be what is there now
        screen.refresh(&ctx);
        screen.aim(&ctx)
    });
    let subjects = aim.unwrap_or_default().subjects;
    let fits = |s: &&Subject| Target::of_feed(s.feed).is_some();
    subjects
        .iter()
        .find(fits)
        .cloned()
        .ok_or_else(|| match subjects.first() {
            Some(first) => format!("there is no runbook for a {}", first.word),
            None => "nothing is selected that a runbook could be for".to_owned(),
        })
}

/// The runs about an object that go on here, and those that were left.
fn runs_about(model: &Model, about: &Subject) -> Vec<Pick> {
    let going = model.runbooks.about(about).into_iter();
    let going = going.map(|(task, course)| Pick::Going(task, course));
    let same = |s: &&Sitting| {
        let begun = &s.begun;
        let here = ClusterId::new(&begun.cluster.name) == about.key.cluster;
        here && begun.about.feed == about.feed
            && begun.about.namespace == about.key.namespace
            && begun.about.name == about.key.name
    };
    let left = model.runbooks.left.iter().filter(same);
    let left = left.map(|s| Pick::Left(Box::new(s.clone())));
    going.chain(left).collect()
}

fn offer(model: &mut Model, about: Subject) -> Effects {
    let runs = runs_about(model, &about);
    let shelf = Arc::clone(&model.runbooks.shelf);
    model.open(Box::new(ChoiceScreen::new(Some(about), shelf, runs)));
    Effects::one(Effect::Draw)
}

/// Begins the runbook that fits what is selected, and shows what its first action would do. Where several fit, or a run
/// about it is there already, a person chooses.
fn begin_fitting(model: &mut Model) -> Effects {
    let about = match aimed(model) {
        Ok(about) => about,
        Err(text) => return told(model, &text),
    };
    let fits = fitting(&about, &model.runbooks.shelf, &model.ctx());
    let one = match fits.as_slice() {
        [] => {
            let text = format!("no runbook says that it fits this {}", about.word);
            return told(model, &format!("{text}: r shows all that are for one"));
        }
        [one] => model.runbooks.shelf.get(one),
        _ => None,
    };
    let book = one.and_then(|volume| volume.book.as_ref().ok()).cloned();
    match book {
        Some(book) if runs_about(model, &about).is_empty() => {
            let effects = begin(model, &about, book);
            model.runbooks.shows_first();
            effects
        }
        _ => offer(model, about),
    }
}

/// Begins what is chosen, or goes on with it.
fn choose(model: &mut Model) -> Effects {
    let chosen = model.screen_mut().and_then(|(screen, ctx)| {
        screen.refresh(&ctx);
        let screen = screen.as_any().downcast_ref::<ChoiceScreen>()?;
        Some((screen.about.clone(), screen.chosen()?.clone()))
    });
    match chosen {
        Some((_, Pick::Going(task, _))) => read(model, task),
        Some((_, Pick::Left(sitting))) => again(model, &sitting),
        Some((Some(about), Pick::Book(book, _))) => begin(model, &about, book),
        Some((_, Pick::Broken(name))) => told(
            model,
            &format!("{name} has mistakes: midwatch runbook check tells them"),
        ),
        _ => Effects::one(Effect::Draw),
    }
}

fn begin(model: &mut Model, about: &Subject, book: Arc<Book>) -> Effects {
    let incident = model.deeds.incident.clone();
    let course = Course::begin(book, about_of(about), incident);
    let cluster = &about.key.cluster;
    let safety = safety(model, cluster);
    let task = model.runbooks.sit(course, (cluster, safety));
    read(model, task)
}

/// Goes on with a run that was left.
fn again(model: &mut Model, sitting: &Sitting) -> Effects {
    let id = &sitting.begun.runbook;
    let book = model.runbooks.shelf.get(id).map(|volume| &volume.book);
    let course = match book {
        Some(Ok(book)) => Course::again(Arc::clone(book), sitting),
        Some(Err(_)) => Err(format!(
            "{id} has mistakes: midwatch runbook check tells them"
        )),
        None => Err(format!("there is no runbook {id} any more")),
    };
    let cluster = ClusterId::new(&sitting.begun.cluster.name);
    match course {
        Ok(course) => {
            model.runbooks.left.retain(|left| left.id != sitting.id);
            let safety = safety(model, &cluster);
            let task = model.runbooks.sit(course, (&cluster, safety));
            read(model, task)
        }
        Err(why) => told(model, &why),
    }
}

/// Shows a run in the place of what it was chosen from.
fn read(model: &mut Model, task: TaskId) -> Effects {
    if is_choice(model) {
        model.close();
    }
    model.open(Box::new(ReaderScreen::new(task)));
    Effects::one(Effect::Draw)
}

/// What a person says to the run that is shown.
fn say(model: &mut Model, verb: Verb) -> Effects {
    let found = model.screen_mut().and_then(|(screen, ctx)| {
        screen.refresh(&ctx);
        let screen = screen.as_any_mut().downcast_mut::<ReaderScreen>()?;
        Some((screen.task(), screen.says(), screen.said()))
    });
    let Some((task, says, said)) = found else {
        return Effects::none();
    };
    let (now, runs) = (model.now, &mut model.runbooks);
    let said = match verb {
        Verb::BookGo => said,
        Verb::BookYes => says.into_iter().find(|s| *s == Say::Yes),
        Verb::BookNo => says.into_iter().find(|s| *s == Say::No),
        Verb::BookPass => {
            runs.tell(task, Course::cancel);
            None
        }
        Verb::BookEnd => {
            runs.tell(task, |course| course.leave("a person ended it"));
            None
        }
        _ => return Effects::none(),
    };
    match said {
        Some(Say::Plan) => return seat::plan(model, task),
        Some(Say::Text) => model.ask(Question {
            label: "answer: ",
            hint: "Enter answers, Esc leaves it open",
            text: String::new(),
        }),
        Some(Say::TakeOver) => model.ask(Question {
            label: "why it is taken over: ",
            hint: "others read it; Enter takes it over, Esc leaves it to them",
            text: String::new(),
        }),
        Some(Say::Yes) => runs.tell(task, |course| course.say(true, now)),
        Some(Say::No) => runs.tell(task, |course| course.say(false, now)),
        Some(Say::Again) => runs.tell(task, Course::retry),
        Some(Say::Choice(text)) => answer(model, task, &text),
        None => {}
    }
    Effects::one(Effect::Draw)
}

fn answer(model: &mut Model, task: TaskId, text: &str) {
    let mut wrong = None;
    model.runbooks.tell(task, |course| {
        wrong = course.answer(text).err();
    });
    if let Some(wrong) = wrong {
        model.notes.tell(Note::warn(sentence(&wrong)), model.now);
    }
}

/// Takes an answer that was typed, and goes on with every run.
pub fn go_on(model: &mut Model) -> Effects {
    let typed = model.screen_mut().and_then(|(screen, _)| {
        let screen = screen.as_any_mut().downcast_mut::<ReaderScreen>()?;
        Some((screen.task(), screen.answered.take()?))
    });
    if let Some((task, text)) = typed {
        if model.runbooks.asks(task) {
            answer(model, task, &text);
        } else {
            let take = |course: &mut Course| course.take_over(&text);
            model.runbooks.tell(task, take);
        }
    }
    bring_up(model)
}

/// The box of an action that a run asked for is closed: the next action of the run is shown, where one is ready.
pub fn after(model: &mut Model, mark: &str) -> Effects {
    let next = model.runbooks.next_after(mark).map(|(task, _)| task);
    next.map_or_else(Effects::none, |task| seat::plan(model, task))
}

/// Takes note of what the shell reports.
pub fn noted(model: &mut Model, acted: &Acted) {
    match acted {
        Acted::Ended(task, outcome) => {
            if let Some(mark) = model.deeds.mark_of(*task) {
                let made = model.deeds.made_of(*task);
                let found = Found {
                    id: outcome.id.clone(),
                    verdict: outcome.verdict,
                    what: outcome.what.clone(),
                    made,
                };
                model.runbooks.acted(&mark, found, model.now);
            }
        }
        Acted::Runbook(task, reply) => {
            let now = model.now;
            model.runbooks.replied(*task, reply.clone(), now);
        }
        Acted::Left(sittings) => left(model, sittings),
        _ => {}
    }
}

/// Runs that were left: asked about once, when they are first known.
fn left(model: &mut Model, sittings: &[Sitting]) {
    let here = |s: &&Sitting| {
        let cluster = ClusterId::new(&s.begun.cluster.name);
        model.clusters.contains(&cluster) && !model.runbooks.has(&s.id)
    };
    let left: Vec<Sitting> = sittings.iter().filter(here).cloned().collect();
    model.runbooks.left.clone_from(&left);
    if std::mem::replace(&mut model.runbooks.asked, true) || left.is_empty() {
        return;
    }
    let text = match &left[..] {
        [one] => format!(
            "the runbook {} of {} was left at step {}: Enter goes on with it",
            one.begun.runbook,
            one.begun.about.words(),
            one.step() + 1
        ),
        many => format!(
            "{} runs of runbooks were left: Enter goes on with one",
            many.len()
        ),
    };
    model.notes.tell(Note::warn(sentence(&text)), model.now);
    let runs = left.into_iter().rev();
    let runs = runs.map(|s| Pick::Left(Box::new(s))).collect();
    let shelf = Arc::clone(&model.runbooks.shelf);
    model.open(Box::new(ChoiceScreen::new(None, shelf, runs)));
}
