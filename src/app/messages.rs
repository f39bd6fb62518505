//! What the console told, newest first: the screen of messages. Pure.

use super::command::{Place, Verb};
use super::note::{Note, Told};
use super::screen::{Ctx, Screen, Turn};
use crate::domain::ClusterId;
use crate::store::Want;

/// The list of messages.
#[derive(Debug, Default)]
pub struct Messages {
    told: Vec<Told>,
    index: usize,
    selected: Option<Note>,
    /// First visible row.
    pub top: usize,
}

impl Messages {
    /// Makes the screen, for the registry.
    #[must_use]
    pub fn make() -> Box<dyn Screen> {
        Box::new(Self::default())
    }

    /// All messages, newest first.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// Index of the selected one.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The selected one.
    #[must_use]
    pub fn selected(&self) -> Option<&Told> {
        self.told.get(self.index)
    }

    fn select(&mut self, index: usize) {
        self.index = index.min(self.told.len().saturating_sub(1));
        // on the newest, what comes next is wanted
        self.selected = (self.index > 0)
            .then(|| self.selected().map(|t| t.note.clone()))
            .flatten();
    }
}

impl Screen for Messages {
    fn id(&self) -> &'static str {
        "messages"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        "Messages".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::List]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        Vec::new()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = ctx.page.saturating_sub(1).max(1);
        let target = match verb {
            Verb::Down => self.index.saturating_add(1),
            Verb::Up => self.index.saturating_sub(1),
            Verb::PageDown => self.index.saturating_add(page),
            Verb::PageUp => self.index.saturating_sub(page),
            Verb::First => 0,
            Verb::Last => usize::MAX,
            _ => return Turn::Unknown,
        };
        self.select(target);
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        !matches!(
            verb,
            Verb::Open
                | Verb::Filter
                | Verb::SortNext
                | Verb::SortPrev
                | Verb::SortTurn
                | Verb::Follow
                | Verb::Mark
                | Verb::MarkRange
                | Verb::MarkAll
                | Verb::SavedFilter
        )
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let newest = ctx.notes.all().next_back();
        if self.told.len() == ctx.notes.all().count() && self.told.first() == newest {
            return;
        }
        self.told = ctx.notes.all().rev().cloned().collect();
        let kept = self
            .selected
            .as_ref()
            .and_then(|note| self.told.iter().position(|t| t.note == *note));
        self.index = kept.unwrap_or(0);
    }
}
