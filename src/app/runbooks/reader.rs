//! One run of a runbook on the screen: its steps with where they stand, the prose of one of them, and what a person can say
//! now. Pure.

use std::sync::Arc;

use super::facts::wants_of;
use super::seat::CourseRow;
use crate::app::command::{Place, Verb};
use crate::app::deed::TaskId;
use crate::app::screen::{Ctx, Screen, Turn};
use crate::domain::{ClusterId, Subject};
use crate::runbook::course::{Kind, State};
use crate::store::Want;

/// What a person can say, in the order of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// Yes: it goes on.
    Yes,
    /// No: it ends, or the step is passed over.
    No,
    /// One of the choices.
    Choice(String),
    /// A text is to be typed.
    Text,
    /// The plan of the action is to be shown.
    Plan,
    /// The same is to be tried again.
    Again,
    /// The target is to be taken over from someone who is on it; why is to be typed.
    TakeOver,
}

/// The screen.
#[derive(Debug)]
pub struct ReaderScreen {
    task: TaskId,
    row: Option<Arc<CourseRow>>,
    /// The step whose prose is shown, when a person chose one; else the one that it is at.
    chosen: Option<usize>,
    /// Which of [`Self::says`] is chosen.
    pub option: usize,
    /// First visible line of the prose; the painter keeps it inside what there is.
    pub scroll: usize,
    /// What is typed as an answer.
    typed: String,
    /// An answer that was typed and waits to be taken.
    pub(super) answered: Option<String>,
    /// What the options were last of: another question begins at its first.
    asked: (usize, usize),
}

impl ReaderScreen {
    /// Shows a run of this console.
    #[must_use]
    pub fn new(task: TaskId) -> Self {
        Self {
            task,
            row: None,
            chosen: None,
            option: 0,
            scroll: 0,
            typed: String::new(),
            answered: None,
            asked: (0, 0),
        }
    }

    /// Which run.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The run as last seen.
    #[must_use]
    pub fn row(&self) -> Option<&Arc<CourseRow>> {
        self.row.as_ref()
    }

    /// The step whose prose is shown.
    #[must_use]
    pub fn index(&self) -> usize {
        let Some(row) = &self.row else { return 0 };
        let last = row.course.stands.len().saturating_sub(1);
        self.chosen.unwrap_or(row.course.at()).min(last)
    }

    /// What a person can say now. What ends or loses nothing stands first, so that a key that repeats does no harm.
    #[must_use]
    pub fn says(&self) -> Vec<Say> {
        let Some(row) = &self.row else {
            return Vec::new();
        };
        match row.course.state() {
            State::Ready(why) if why.is_empty() => vec![Say::Plan],
            State::Ready(_) => vec![Say::Plan, Say::TakeOver],
            State::Halted(..) => vec![Say::Again, Say::TakeOver],
            State::Person(question) => match &question.kind {
                Kind::GoOn | Kind::Applies => vec![Say::No, Say::Yes],
                Kind::Note => vec![Say::Yes, Say::Text, Say::No],
                Kind::Choice(all) if all.is_empty() => vec![Say::Text],
                Kind::Choice(all) => all.iter().cloned().map(Say::Choice).collect(),
            },
            _ => Vec::new(),
        }
    }

    /// What is chosen of it.
    #[must_use]
    pub fn said(&self) -> Option<Say> {
        self.says().into_iter().nth(self.option)
    }

    fn select(&mut self, step: isize) {
        let Some(row) = &self.row else { return };
        let last = row.course.stands.len().saturating_sub(1);
        let to = self.index().saturating_add_signed(step).min(last);
        self.chosen = (to != row.course.at()).then_some(to);
        self.scroll = 0;
    }

    /// Answers stand below the step that is shown: the arrows choose among them.
    fn asks(&self) -> bool {
        self.chosen.is_none() && self.says().len() > 1
    }

    /// Turns to another answer, around the ends.
    pub(super) fn turn(&mut self, step: isize) {
        let count = self.says().len().max(1).cast_signed();
        let to = self.option.cast_signed().saturating_add(step);
        self.option = to.rem_euclid(count).cast_unsigned();
    }
}

impl Screen for ReaderScreen {
    fn id(&self) -> &'static str {
        "runbook"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        let row = self.row.as_ref();
        row.map_or_else(String::new, |row| row.course.book.id.clone())
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Runbook, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let row = self.row.as_ref();
        row.map(|row| wants_of(&row.course, &row.about))
            .unwrap_or_default()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = ctx.page / 2;
        match verb {
            Verb::Down if self.asks() => self.turn(1),
            Verb::Up if self.asks() => self.turn(-1),
            Verb::Down => self.select(1),
            Verb::Up => self.select(-1),
            Verb::First => self.select(isize::MIN),
            Verb::Last => self.select(isize::MAX),
            Verb::PageDown => self.scroll = self.scroll.saturating_add(page),
            Verb::PageUp => self.scroll = self.scroll.saturating_sub(page),
            Verb::BookNext => self.turn(1),
            Verb::BookPrev => self.turn(-1),
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        let Some(row) = &self.row else { return false };
        let says = self.says();
        match verb {
            Verb::BookGo => !says.is_empty(),
            Verb::BookYes => says.contains(&Say::Yes),
            Verb::BookNo => says.contains(&Say::No),
            Verb::BookNext | Verb::BookPrev => says.len() > 1,
            Verb::BookPass => matches!(row.course.state(), State::Until { .. } | State::Ready(_)),
            Verb::BookEnd => row.course.ended().is_none(),
            Verb::Logs | Verb::Copy | Verb::BookBegin => false,
            _ => true,
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let table = ctx.world.table::<CourseRow>();
        let row = table.and_then(|t| t.get(&CourseRow::place(self.task)));
        if let Some(row) = row {
            let before = self.row.replace(row.clone());
            let moved = before.is_some_and(|b| b.course.at() != row.course.at());
            if moved {
                // what is shown follows the run
                self.chosen = None;
                self.scroll = 0;
            }
        }
        let asked = (self.index(), self.says().len());
        if asked != self.asked {
            self.asked = asked;
            self.option = 0;
        }
    }

    fn typed(&mut self, text: &str) {
        text.clone_into(&mut self.typed);
    }

    fn answered(&mut self, kept: bool) {
        let text = std::mem::take(&mut self.typed);
        if kept && !text.trim().is_empty() {
            self.answered = Some(text);
        }
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        self.row.as_ref().map(|row| row.about.clone())
    }
}
