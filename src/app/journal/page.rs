//! One action in full. Pure.

use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::ActionRow;
use super::row::role;
use crate::app::column::Fact;
use crate::app::command::{Place, Verb};
use crate::app::screen::{Ctx, Screen, Turn};
use crate::app::text::{Doc, Line, Pane, doc, reading};
use crate::domain::{ClusterId, Key, Subject};
use crate::plan::story;
use crate::store::Want;
use crate::theme::Role;

/// Cells of the labels.
const LABEL: usize = 14;

/// An action, told line by line.
#[derive(Debug)]
pub struct ActionPage {
    key: Key,
    row: Option<Arc<ActionRow>>,
    /// The text, and where the person is in it.
    pub pane: Pane,
}

impl ActionPage {
    /// Opens it.
    #[must_use]
    pub fn new(row: &ActionRow) -> Self {
        let mut page = Self {
            key: row.key.clone(),
            row: None,
            pane: Pane::wrapped(),
        };
        page.take(Arc::new(row.clone()));
        page
    }

    /// The action as it is known now.
    #[must_use]
    pub fn row(&self) -> Option<&Arc<ActionRow>> {
        self.row.as_ref()
    }

    fn take(&mut self, row: Arc<ActionRow>) {
        if self.row.as_ref() != Some(&row) {
            self.pane.show(told(&row), false);
            self.row = Some(row);
        }
    }
}

/// The story as a text: labels in one column, what is told beside them.
fn told(row: &ActionRow) -> Doc {
    let lines = story(&row.entry);
    let mut seen = (String::new(), 0);
    let lines = lines.into_iter().map(|told| {
        // lines that go on are counted, so that each is about one thing in texts of two moments
        if told.label.is_empty() {
            seen.1 += 1;
        } else {
            seen = (told.label.to_owned(), 0);
        }
        let gap = " ".repeat(LABEL.saturating_sub(told.label.width()));
        let mut line = Line::new(doc::id(&seen))
            .put(told.label, Role::Dim)
            .put(&gap, Role::Text)
            .put(&told.text, role(told.tone));
        line.hang = LABEL;
        line
    });
    Doc {
        lines: lines.collect(),
    }
}

impl Screen for ActionPage {
    fn id(&self) -> &'static str {
        "action"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        let action = self.row.as_ref().map(|row| row.entry.intent.action.clone());
        action.unwrap_or_default()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Journal, Place::Text, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        Vec::new()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let file = format!("{}.txt", self.key.name.replace(' ', "-"));
        reading::act(&mut self.pane, verb, ctx.page, &file).unwrap_or(Turn::Unknown)
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Undo => self
                .row
                .as_ref()
                .is_some_and(|r| r.entry.intent.undo.is_some()),
            Verb::Describe | Verb::Yaml | Verb::Events | Verb::Copy => self
                .row
                .as_ref()
                .is_some_and(|r| r.here && !r.target().feed.is_empty()),
            Verb::Open
            | Verb::Toggle
            | Verb::ExpandAll
            | Verb::CollapseAll
            | Verb::Editor
            | Verb::Logs => false,
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let table = ctx.world.table::<ActionRow>();
        if let Some(row) = table.and_then(|t| t.get(&self.key)) {
            self.take(row.clone());
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        reading::answered(&mut self.pane, kept);
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        let row = self.row.as_ref().filter(|row| row.here)?;
        Some(row.target()).filter(|s| !s.feed.is_empty())
    }

    fn evidence(&self, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let Some(row) = &self.row else {
            return Vec::new();
        };
        let lines = story(&row.entry).into_iter();
        let said = lines.filter(|l| !l.label.is_empty());
        said.map(|l| Fact::with(l.label, l.text, role(l.tone)))
            .collect()
    }

    fn clear(&mut self) -> bool {
        self.pane.clear()
    }
}
