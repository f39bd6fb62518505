//! One message in, effects out. Pure.

use jiff::Timestamp;

use super::bindings::Found;
use super::command::Verb;
use super::copy::Picked;
use super::deed;
use super::findings;
use super::guard;
use super::history::watched;
use super::inspect;
use super::journal;
use super::ladder::{self, LadderScreen};
use super::note::Note;
use super::palette;
use super::pointer::{self, Button, Meaning};
use super::prompt::Typed;
use super::registry::tabs;
use super::runbooks;
use super::screen::Turn;
use super::setup::set_up;
use super::{Effect, Effects, Model, Msg};
use crate::domain::{SourceRow, SourceState};
use crate::fault::ended;
use crate::keys::{Chord, Code};
use crate::store::News;

/// Applies one message.
#[must_use]
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Effects {
    model.now = now;
    let mut effects = taken(model, msg);
    effects.0.extend(runbooks::go_on(model).0);
    effects.0.extend(findings::bring_up(model).0);
    guard::hold_back(model, effects)
}

fn taken(model: &mut Model, msg: Msg) -> Effects {
    let now = model.now;
    match msg {
        Msg::Pressed(chord) => {
            if let Some((screen, _)) = model.screen_mut() {
                screen.touched();
            }
            watched(model, |model| pressed(model, chord))
        }
        Msg::Pasted(text) => pasted(model, &text),
        Msg::Clicked { at, button } => watched(model, |model| clicked(model, at, button)),
        Msg::Resized(width, height) => {
            model.size = (width, height);
            Effects::one(Effect::Draw)
        }
        Msg::Arrived(news) => arrived(model, news),
        Msg::Acted(acted) => {
            runbooks::noted(model, &acted);
            let mut effects = journal::noted(model, &acted);
            effects.0.extend(deed::take(model, *acted).0);
            effects
        }
        Msg::Noted(note) => {
            model.notes.tell(note, now);
            Effects::one(Effect::Draw)
        }
        Msg::SetUp(setup) => set_up(model, *setup),
        Msg::Ticked => {
            guard::tick(model);
            Effects::one(Effect::DrawData)
        }
    }
}

fn arrived(model: &mut Model, news: News) -> Effects {
    let changed = match news {
        News::Rows(batch) => batch.apply(&mut model.world),
        News::Source(row) => {
            note_fault(model, &row);
            model.world.source_changed(*row)
        }
        News::Forget(source) => {
            model.world.forget(&source);
            true
        }
        News::Log(batch) => model.world.logged(*batch),
        News::Load(cluster, load) => model.loads.insert(cluster, load) != Some(load),
        News::Cluster(info) => {
            let known = model.infos.insert(info.id.clone(), info.clone());
            known.as_ref() != Some(&info)
        }
    };
    if changed | model.settle() {
        Effects::one(Effect::DrawData)
    } else {
        Effects::none()
    }
}

/// A fault of a source is kept among the messages when it is new; while it lasts, and when it comes again, it is only
/// counted.
fn note_fault(model: &mut Model, row: &SourceRow) {
    let Some(fault) = &row.fault else { return };
    let known = model.world.sources().find(|s| s.id == row.id);
    let told = known.and_then(|s| s.fault.as_ref());
    if told.is_some_and(|t| t.kind == fault.kind && t.what == fault.what) {
        return;
    }
    let text = ended(&format!("{}: {}", fault.source, fault.told()));
    let note = match row.state {
        SourceState::Down => Note::error(text),
        _ => Note::warn(text),
    };
    model.notes.keep(note, model.now);
}

fn pasted(model: &mut Model, text: &str) -> Effects {
    if model.deeds.is_open() {
        return deed::paste(model, text);
    }
    if model.palette.is_some() {
        let done = palette::paste(model, text);
        return from_palette(model, done);
    }
    let Some(prompt) = &mut model.prompt else {
        return Effects::none();
    };
    if prompt.push(text) == Typed::Changed {
        narrow(model);
    }
    Effects::one(Effect::Draw)
}

/// While something to copy is chosen every key belongs to the menu.
fn picked(model: &mut Model, chord: Chord) -> Effects {
    let Some(mut menu) = model.menu.take() else {
        return Effects::none();
    };
    let ctx = model.ctx();
    match menu.press(chord, &ctx) {
        Picked::Nothing => model.menu = Some(menu),
        Picked::Closed => {}
        Picked::Do(effect) => return Effects(vec![effect, Effect::Draw]),
    }
    Effects::one(Effect::Draw)
}

fn pressed(model: &mut Model, chord: Chord) -> Effects {
    if model.deeds.is_open() {
        model.pending.clear();
        return deed::press(model, chord);
    }
    if model.menu.is_some() {
        return picked(model, chord);
    }
    if model.prompt.is_some() {
        return typed(model, chord);
    }
    if model.palette.is_some() {
        let done = palette::press(model, chord);
        return from_palette(model, done);
    }
    if chord == Chord::plain(Code::Esc) && !model.pending.is_empty() {
        model.pending.clear();
        return Effects::one(Effect::Draw);
    }
    model.pending.push(chord);
    let command = match model.bindings.lookup(&model.pending, model.places()) {
        Found::Command(command) => command,
        Found::Prefix => return Effects::one(Effect::Draw),
        Found::Nothing => {
            let half = model.pending.len() > 1;
            model.pending.clear();
            return if half {
                Effects::one(Effect::Draw)
            } else {
                Effects::none()
            };
        }
    };
    model.pending.clear();
    if model.help.is_some() {
        return helped(model, command.verb);
    }
    carry_out(model, command.verb)
}

fn clicked(model: &mut Model, at: (u16, u16), button: Button) -> Effects {
    model.pending.clear();
    if model.deeds.is_open() {
        return match button {
            Button::WheelUp => deed::scroll(model, -pointer::NOTCH.cast_signed()),
            Button::WheelDown => deed::scroll(model, pointer::NOTCH.cast_signed()),
            Button::Left | Button::Right => Effects::none(),
        };
    }
    match pointer::clicked(model, at, button) {
        Meaning::Nothing => Effects::none(),
        Meaning::Done => Effects::one(Effect::Draw),
        Meaning::Palette(done) => from_palette(model, done),
        Meaning::Give(verb, times) => {
            let mut effects = Effects::none();
            for _ in 0..times {
                effects = if model.help.is_some() {
                    helped(model, verb)
                } else {
                    carry_out(model, verb)
                };
            }
            effects
        }
    }
}

fn from_palette(model: &mut Model, done: palette::Pressed) -> Effects {
    match done {
        palette::Pressed::Nothing => Effects::none(),
        palette::Pressed::Changed | palette::Pressed::Closed => Effects::one(Effect::Draw),
        palette::Pressed::Run(verb) => carry_out(model, verb),
    }
}

/// While a filter is typed every key belongs to it.
fn typed(model: &mut Model, chord: Chord) -> Effects {
    let Some(prompt) = &mut model.prompt else {
        return Effects::none();
    };
    let outcome = prompt.press(chord);
    if outcome == Typed::Nothing {
        return Effects::none();
    }
    narrow(model);
    // a line that is wrong is not kept: what is wrong stays in sight
    let wrong = model
        .prompt
        .as_ref()
        .is_some_and(|p| p.checked().mistake.is_some());
    if outcome == Typed::Dropped || outcome == Typed::Kept && !wrong {
        let asks = model.guard.asks();
        model.end_prompt(outcome == Typed::Kept);
        if !asks && let Some((screen, _)) = model.screen_mut() {
            screen.answered(outcome == Typed::Kept);
        }
    }
    Effects::one(Effect::Draw)
}

fn narrow(model: &mut Model) {
    let text = model
        .prompt
        .as_ref()
        .map(|p| p.text().to_owned())
        .unwrap_or_default();
    if !model.guard.asks()
        && let Some((screen, _)) = model.screen_mut()
    {
        screen.typed(&text);
    }
    model.check_prompt();
}

/// While the help is shown, keys scroll or close it.
fn helped(model: &mut Model, verb: Verb) -> Effects {
    let top = model.help.unwrap_or(0);
    let page = model.page.max(2) - 1;
    model.help = match verb {
        Verb::Quit => return journal::quit(model),
        Verb::Suspend => return Effects::one(Effect::Suspend),
        Verb::Down => Some(top.saturating_add(1)),
        Verb::Up => Some(top.saturating_sub(1)),
        Verb::PageDown => Some(top.saturating_add(page)),
        Verb::PageUp => Some(top.saturating_sub(page)),
        Verb::First => Some(0),
        Verb::Last => Some(usize::MAX),
        _ => None,
    };
    if verb == Verb::Palette {
        palette::open(model, None);
    }
    Effects::one(Effect::Draw)
}

fn carry_out(model: &mut Model, verb: Verb) -> Effects {
    match verb {
        Verb::Quit => return journal::quit(model),
        Verb::Suspend => return Effects::one(Effect::Suspend),
        Verb::Reconnect if model.base() == journal::SCREEN => return journal::show(model),
        Verb::Reconnect => return Effects(vec![Effect::Reconnect, Effect::Draw]),
        Verb::Unlock => guard::unlock(model),
        Verb::Lock => guard::lock(model),
        Verb::Undo => return journal::undo(model),
        Verb::Show(journal::SCREEN) => return journal::show(model),
        Verb::Help => model.help = Some(0),
        Verb::Palette => palette::open(model, None),
        Verb::Show(id) => model.show(id),
        Verb::NextTab | Verb::PrevTab
            if model.screen().is_some_and(super::screen::Screen::turns) =>
        {
            return on_screen(model, verb);
        }
        Verb::NextTab => turn_tab(model, 1),
        Verb::PrevTab => turn_tab(model, -1),
        Verb::Messages => model.show("messages"),
        Verb::Back => back(model),
        Verb::Backward => model.backward(),
        Verb::Forward => model.forward(),
        Verb::Logs => logs(model),
        Verb::Why => why(model),
        Verb::Acknowledge => return findings::acknowledge(model),
        Verb::Describe | Verb::Yaml | Verb::Events | Verb::Copy => {
            return inspect::act(model, verb);
        }
        Verb::Open if runbooks::is_choice(model) => return runbooks::act(model, verb),
        Verb::Runbooks
        | Verb::BookBegin
        | Verb::BookGo
        | Verb::BookYes
        | Verb::BookNo
        | Verb::BookPass
        | Verb::BookEnd => return runbooks::act(model, verb),
        Verb::Actions | Verb::Do(_) | Verb::UnderWay => return deed::act(model, verb),
        other => return on_screen(model, other),
    }
    Effects::one(Effect::Draw)
}

fn logs(model: &mut Model) {
    let opened = model.screen_mut().and_then(|(screen, ctx)| {
        screen.refresh(&ctx);
        screen.logs(&ctx)
    });
    match opened {
        Some(screen) => model.open(screen),
        None => {
            let note = Note::warn("nothing that is selected here prints a log");
            model.notes.tell(note, model.now);
        }
    }
}

fn why(model: &mut Model) {
    let asked = model.screen_mut().and_then(|(screen, ctx)| {
        screen.refresh(&ctx);
        screen.why(&ctx)
    });
    match asked.filter(ladder::fits) {
        Some(subject) => model.open(Box::new(LadderScreen::new(subject))),
        None => {
            let text = "there is a ladder for a run, a pod or a service; none is selected here";
            model.notes.tell(Note::warn(text), model.now);
        }
    }
}

/// Undoes one thing: the filter, then what was opened.
fn back(model: &mut Model) {
    let cleared = model.screen_mut().is_some_and(|(screen, _)| screen.clear());
    if !cleared {
        model.close();
    }
}

fn turn_tab(model: &mut Model, step: isize) {
    let tabs = tabs(model.base());
    let Some(here) = tabs.iter().position(|e| e.id == model.base()) else {
        return;
    };
    let there = here
        .checked_add_signed(step)
        .map_or(tabs.len() - 1, |i| i % tabs.len());
    if let Some(entry) = tabs.get(there) {
        model.show(entry.id);
    }
}

fn on_screen(model: &mut Model, verb: Verb) -> Effects {
    let Some((screen, ctx)) = model.screen_mut() else {
        return Effects::none();
    };
    // rows may have come since the last frame: what is selected must be what is there now
    screen.refresh(&ctx);
    match screen.act(verb, &ctx) {
        Turn::Unknown => return Effects::none(),
        Turn::Taken => {}
        Turn::Open(opened) => model.open(opened),
        Turn::Ask(question) => model.ask(question),
        Turn::Do(effect) => return Effects(vec![effect, Effect::Draw]),
    }
    Effects::one(Effect::Draw)
}
