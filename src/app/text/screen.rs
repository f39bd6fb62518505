//! The screen of a text about one object: as it is written, or described. Pure.

use std::sync::Arc;

use super::pane::Pane;
use super::{Doc, reading, yaml};
use crate::app::column::Fact;
use crate::app::command::{Place, Verb};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen, Turn};
use crate::app::seen::Seen;
use crate::app::{describe, jobs};
use crate::domain::{ClusterId, JobKind, JobRow, ManifestRow, SourceRow, Subject};
use crate::store::Want;

/// What is told of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// As it is written.
    Yaml,
    /// In words.
    Describe,
}

/// A text about one object.
#[derive(Debug)]
pub struct TextScreen {
    /// What is told.
    pub sort: Sort,
    /// Of which object.
    pub subject: Subject,
    /// The text, and where the person is in it.
    pub pane: Pane,
    /// The object, as last seen.
    pub seen: Seen<ManifestRow>,
    managers: bool,
    wants: Vec<Want>,
    /// What the text was made from.
    made_of: Option<u64>,
}

impl TextScreen {
    /// Opens a text.
    #[must_use]
    pub fn new(sort: Sort, subject: Subject) -> Self {
        let mut pane = Pane::default();
        pane.wrap = sort == Sort::Describe;
        let wants = vec![describe::manifest(&subject)];
        Self {
            sort,
            subject,
            pane,
            seen: Seen::default(),
            managers: false,
            wants,
            made_of: None,
        }
    }

    /// The state of the watch on the object.
    #[must_use]
    pub fn source<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a SourceRow> {
        describe::source(&self.subject, ctx)
    }

    fn text(&self, ctx: &Ctx<'_>) -> Doc {
        match (self.sort, self.seen.row()) {
            (Sort::Describe, row) => describe::doc(&self.subject, row.map(|r| &**r), ctx),
            (Sort::Yaml, Some(row)) => yaml::doc(&row.tree, self.managers),
            (Sort::Yaml, None) => Doc::default(),
        }
    }

    /// What it is called in another program.
    fn file(&self) -> String {
        let ending = match self.sort {
            Sort::Yaml => "yaml",
            Sort::Describe => "txt",
        };
        format!("{}.{ending}", self.subject.key.name)
    }
}

impl Screen for TextScreen {
    fn id(&self) -> &'static str {
        "text"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.subject.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Text, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        self.wants.clone()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        match verb {
            Verb::NextChange => self.pane.next_change(),
            Verb::Managers => {
                self.managers = !self.managers;
                self.pane.begin_anew();
                self.made_of = None;
                self.refresh(ctx);
            }
            _ => {
                let file = self.file();
                return reading::act(&mut self.pane, verb, ctx.page, &file)
                    .unwrap_or(Turn::Unknown);
            }
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        let read = !self.pane.doc().lines.is_empty();
        match verb {
            Verb::Managers => self.sort == Sort::Yaml,
            Verb::NextChange => !self.pane.changes().is_empty(),
            Verb::Logs => matches!(self.subject.feed, "pods" | "workflows"),
            Verb::Describe => self.sort != Sort::Describe,
            Verb::Yaml => self.sort != Sort::Yaml,
            Verb::Pager | Verb::Editor | Verb::Search => read,
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let place = ManifestRow::key_of(self.subject.feed, &self.subject.key);
        let live = || {
            let source = describe::source(&self.subject, ctx);
            source.is_some_and(|s| s.state.is_live())
        };
        self.seen.look_while(&place, ctx, live);
        let made_of = match self.sort {
            Sort::Yaml => self.seen.row().map_or(0, |r| Arc::as_ptr(r).addr() as u64),
            Sort::Describe => describe::fingerprint(ctx),
        };
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
        if self.sort == Sort::Describe {
            self.wants = describe::wants(&self.subject, ctx);
        }
        if self.sort == Sort::Describe || self.seen.row().is_some() {
            self.pane.show(self.text(ctx), self.sort == Sort::Yaml);
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        reading::answered(&mut self.pane, kept);
    }

    fn logs(&self, ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let key = self.subject.key.clone();
        if let Some(kind) = JobKind::of(self.subject.feed) {
            let jobs = ctx.world.table::<JobRow>()?;
            return jobs
                .get(&JobRow::place_of(kind, &key))
                .map(|j| jobs::logs(j));
        }
        match self.subject.feed {
            "pods" => Some(LogScreen::open(Target::Pod(key))),
            "workflows" => Some(LogScreen::open(Target::Run(key))),
            _ => None,
        }
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.subject.clone())
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        describe::facts(&self.subject, ctx)
    }

    fn clear(&mut self) -> bool {
        self.pane.clear()
    }
}
