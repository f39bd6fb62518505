//! One action from its plan to its end: asked for, decided on, carried out. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::aim::is_of_gate;
use super::decide::{self, Decision, Focus};
use super::story::Story;
use super::{AWAY, Form, Order, Shown, TaskId, undo};
use crate::app::note::Note;
use crate::app::runbooks;
use crate::app::{Effect, Effects, Model};
use crate::domain::Clean;
use crate::fault::ended as sentence;
use crate::keys::{Chord, Code};
use crate::plan::{ActionSpec, Ask, Halt, Outcome, Prepared, Progress, Safety, Verdict, action};

/// Lines that a page key scrolls.
const PAGE: isize = 10;

/// One action.
#[derive(Debug)]
pub struct Deed {
    /// What it was asked with; changed and asked anew from the box.
    pub form: Form,
    /// The task whose reports are its own.
    pub task: TaskId,
    /// Where it stands.
    pub state: State,
    /// First visible line; the painter keeps it inside what there is.
    pub scroll: usize,
    /// A person reads above the newest line, which then stays where it is.
    reading: bool,
    /// Lists of names are shown whole.
    pub unfolded: bool,
}

/// Where an action stands.
#[derive(Debug)]
pub enum State {
    /// The cluster is asked for a plan, since then.
    Asking(Timestamp),
    /// There is none.
    Halted(Halt),
    /// A person decides.
    Deciding(Box<Decision>),
    /// It is carried out.
    Running(Story),
    /// It has ended.
    Ended(Story, Box<Outcome>),
}

impl Deed {
    /// Asks for a plan, and shows that it does. Parameters that are wrong go back to the form.
    pub fn ask(model: &mut Model, mut form: Form) -> Effects {
        let params = match form.params() {
            Ok(params) => params,
            Err(mistake) => {
                form.mistake = Some(mistake);
                model.deeds.shown = Some(Shown::Form(Box::new(form)));
                return Effects::one(Effect::Draw);
            }
        };
        let point = form.point.clone();
        let ask = Ask {
            action: form.spec.name,
            cluster: point.cluster,
            resource: point.resource,
            namespace: point.namespace,
            name: point.name,
            uid: point.uid,
            params: params.held_to(&model.settings.gates),
            reason: Clean::default(),
            incident: model.deeds.incident.clone(),
            runbook: form.runbook.clone(),
        };
        let task = model.deeds.task();
        model.deeds.shown = Some(Shown::Deed(Box::new(Self {
            form,
            task,
            state: State::Asking(model.now),
            scroll: 0,
            reading: false,
            unfolded: false,
        })));
        let ask = Box::new(ask);
        Effects(vec![
            Effect::Act(Order::Prepare { task, ask }),
            Effect::Draw,
        ])
    }

    /// The action in one or two words, for a button: `Retry`.
    #[must_use]
    pub fn word(&self) -> String {
        word(self.form.spec)
    }

    /// What it is headed with: `Retry run train-x7k2p`.
    #[must_use]
    pub fn title(&self) -> String {
        title(&self.form)
    }

    /// What it is called: `run.retry of ml-fraud/train`.
    #[must_use]
    pub fn called(&self) -> String {
        let point = &self.form.point;
        let place = if point.namespace.is_empty() {
            point.name.clone()
        } else {
            format!("{}/{}", point.namespace, point.name)
        };
        format!("{} of {}", self.form.spec.name, Clean::new(&place))
    }

    /// Letters are typed into a line.
    #[must_use]
    pub fn typing(&self) -> bool {
        matches!(&self.state, State::Deciding(d) if matches!(d.focus, Focus::Reason | Focus::Name))
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let State::Deciding(decision) = &mut self.state {
            decision.paste(text);
        }
    }

    pub(super) fn scroll_by(&mut self, lines: isize) {
        self.scroll = self.scroll.saturating_add_signed(lines);
        self.reading |= lines < 0;
    }

    fn go_to_end(&mut self) {
        self.scroll = usize::MAX;
        self.reading = false;
    }

    /// Takes the plan, or why there is none.
    pub(super) fn prepared(
        &mut self,
        result: Result<Arc<Prepared>, Halt>,
        safety: Safety,
        now: Timestamp,
    ) -> bool {
        if !matches!(self.state, State::Asking(_)) {
            return false;
        }
        self.scroll = 0;
        self.state = match result {
            Ok(prepared) => State::Deciding(Box::new(Decision::new(prepared, safety, now))),
            Err(halt) => State::Halted(halt),
        };
        true
    }

    /// Takes what happens on the way.
    pub(super) fn progressed(&mut self, progress: Progress, now: Timestamp) -> bool {
        let State::Running(story) = &mut self.state else {
            return false;
        };
        story.take(progress, now);
        if !self.reading {
            self.scroll = usize::MAX;
        }
        true
    }

    /// The action that takes it back, once it has ended and when there is one.
    #[must_use]
    pub fn undo(&self) -> Option<&'static ActionSpec> {
        let State::Ended(_, outcome) = &self.state else {
            return None;
        };
        let undo = outcome.undo.as_ref()?;
        action(&undo.action).map(crate::plan::Action::spec)
    }

    /// What the action that takes it back is given.
    #[must_use]
    pub fn undo_given(&self, spec: &ActionSpec) -> Vec<(&'static str, String)> {
        match &self.state {
            State::Ended(_, outcome) => outcome.undo.as_ref().map(|u| u.given(spec)),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// It can be stopped half-way: it asks pods to go, one after the other, or waits for a controller for long, and is
    /// under way.
    #[must_use]
    pub fn stops(&self) -> bool {
        match &self.state {
            State::Running(story) => {
                let plan = &story.prepared.plan;
                (plan.evicts() || plan.rollback.is_some()) && !story.id.is_empty()
            }
            _ => false,
        }
    }

    /// Stops it, and tells that it does.
    fn stop(&mut self, now: Timestamp) -> Option<Effect> {
        let State::Running(story) = &mut self.state else {
            return None;
        };
        story.stopped(now);
        let cluster = story.prepared.ask.cluster.clone();
        let id = story.id.clone();
        Some(Effect::Act(Order::Stop { cluster, id }))
    }

    /// It can be planned again: nothing is under way.
    #[must_use]
    pub fn repeats(&self) -> bool {
        match &self.state {
            State::Asking(_) | State::Running(_) => false,
            State::Halted(_) | State::Deciding(_) => true,
            State::Ended(_, outcome) => {
                !matches!(outcome.verdict, Verdict::Done | Verdict::Accepted)
            }
        }
    }

    /// Its parameters can be changed: there are some, and nothing is under way.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.repeats() && !self.form.spec.parameters.is_empty()
    }
}

/// An action in one or two words: `Retry`, `Set value`.
fn word(spec: &ActionSpec) -> String {
    let last = spec.name.rsplit('.').next().unwrap_or_default();
    let mut letters = last.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let all: String = first.into_iter().chain(letters).collect();
    all.replace('-', " ")
}

/// What a box about an action is headed with.
#[must_use]
pub fn title(form: &Form) -> String {
    let gate = match form.spec {
        spec if is_of_gate(spec) => "a gate of ",
        spec if spec.name.starts_with("silence.") => "a silence of ",
        _ => "",
    };
    let name = Clean::new(&form.point.name);
    format!("{} {gate}{} {name}", word(form.spec), form.word)
}

/// Takes a key.
pub fn press(model: &mut Model, mut deed: Box<Deed>, chord: Chord) -> Effects {
    if let State::Deciding(decision) = &mut deed.state {
        match decide::press(model, decision, &deed.form, chord) {
            decide::Pressed::Taken => {}
            decide::Pressed::Cancel => return close(model, *deed),
            decide::Pressed::Go(order) => return go(model, deed, order),
            decide::Pressed::Other => return other(model, deed, chord),
        }
        model.deeds.shown = Some(Shown::Deed(deed));
        return Effects::one(Effect::Draw);
    }
    other(model, deed, chord)
}

/// Keys that do the same whatever the box shows.
fn other(model: &mut Model, mut deed: Box<Deed>, chord: Chord) -> Effects {
    let plain = !chord.mods.ctrl && !chord.mods.alt;
    let letter = plain && !deed.typing();
    match chord.code {
        Code::Up => deed.scroll_by(-1),
        Code::Down => deed.scroll_by(1),
        Code::PageUp => deed.scroll_by(-PAGE),
        Code::PageDown => deed.scroll_by(PAGE),
        Code::Home => deed.scroll = 0,
        Code::End => deed.go_to_end(),
        Code::Char('k') if letter => deed.scroll_by(-1),
        Code::Char('j') if letter => deed.scroll_by(1),
        Code::Char('g') if letter => deed.scroll = 0,
        Code::Char('G') if letter => deed.go_to_end(),
        Code::Char('f') if letter => deed.unfolded = !deed.unfolded,
        Code::Char('r') if letter && deed.repeats() => return Deed::ask(model, deed.form),
        Code::Char('p') if letter && deed.changes() => {
            model.deeds.shown = Some(Shown::Form(Box::new(deed.form)));
            return Effects::one(Effect::Draw);
        }
        Code::Char('x') if letter && deed.stops() => {
            let stop = deed.stop(model.now);
            model.deeds.shown = Some(Shown::Deed(deed));
            return Effects(stop.into_iter().chain([Effect::Draw]).collect());
        }
        Code::Char('u') if letter => {
            if let Some(spec) = deed.undo() {
                return undo(model, &deed, spec);
            }
        }
        // a key that repeats after it was confirmed must not take what happens out of sight
        Code::Enter if matches!(deed.state, State::Halted(_) | State::Ended(..)) => {
            let mark = deed.form.runbook.clone();
            let done = matches!(&deed.state, State::Ended(_, o) if o.verdict == Verdict::Done);
            let mut effects = close(model, *deed);
            if done {
                effects.0.extend(runbooks::after(model, &mark).0);
            }
            return effects;
        }
        _ => {}
    }
    model.deeds.shown = Some(Shown::Deed(deed));
    Effects::one(Effect::Draw)
}

/// It is confirmed: carries it out.
fn go(model: &mut Model, mut deed: Box<Deed>, go: decide::Go) -> Effects {
    deed.task = model.deeds.task();
    deed.scroll = 0;
    deed.reading = false;
    deed.state = State::Running(Story::new(go.prepared.clone(), model.now));
    let order = Order::CarryOut {
        task: deed.task,
        prepared: go.prepared,
        consent: go.consent,
    };
    model.deeds.shown = Some(Shown::Deed(deed));
    Effects(vec![Effect::Act(order), Effect::Draw])
}

/// Closes the box. What is only asked for ends; what is carried out goes on.
pub fn close(model: &mut Model, deed: Deed) -> Effects {
    match &deed.state {
        State::Asking(_) => {
            let leave = Effect::Act(Order::Leave(deed.task));
            return Effects(vec![leave, Effect::Draw]);
        }
        State::Running(_) => {
            let text = format!("{} goes on; its end is told here", deed.called());
            model.notes.tell(Note::info(text), model.now);
            model.deeds.away.push(deed);
            if model.deeds.away.len() > AWAY {
                model.deeds.away.remove(0);
            }
        }
        State::Deciding(_) => {
            let text = format!("{}: nothing was sent", deed.called());
            model.notes.tell(Note::info(text), model.now);
        }
        State::Halted(_) | State::Ended(..) => {}
    }
    Effects::one(Effect::Draw)
}

/// Takes the end of an action: shown in its box, else told.
pub fn ended(model: &mut Model, task: TaskId, outcome: Outcome) -> Effects {
    let now = model.now;
    let Some(deed) = model.deeds.deed(task) else {
        return Effects::none();
    };
    let State::Running(story) = &deed.state else {
        return Effects::none();
    };
    let mut story = story.clone();
    story.end(now);
    let text = format!(
        "{}: {}. {}",
        deed.called(),
        outcome.verdict.words(),
        sentence(&outcome.what)
    );
    let note = match outcome.verdict {
        Verdict::Done => Note::info(text),
        Verdict::Accepted => Note::warn(text),
        _ => Note::error(text),
    };
    deed.scroll = 0;
    let point = &deed.form.point;
    // what cannot be watched does not tell of the change by itself
    let asked = !point.resource.home.is_kubernetes() && !outcome.answers.is_empty();
    let reread = asked.then(|| Effect::Reread(point.cluster.clone()));
    deed.state = State::Ended(story, Box::new(outcome));
    let before = model.deeds.away.len();
    model.deeds.away.retain(|deed| deed.task != task);
    if model.deeds.away.len() < before {
        model.notes.tell(note, now);
    } else {
        model.notes.keep(note, now);
    }
    Effects(reread.into_iter().chain([Effect::Draw]).collect())
}
