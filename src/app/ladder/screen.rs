//! The page of a ladder: the first red rung on top, all rungs below it. Pure.

use unicode_width::UnicodeWidthStr;

use super::{Ladder, Rung, Tone, of};
use crate::app::command::{Place, Verb};
use crate::app::deed::Aim;
use crate::app::describe;
use crate::app::findings::books_for;
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen, Turn};
use crate::app::text::{Doc, Line, Pane, doc, reading};
use crate::domain::{ClusterId, PodRow, Subject};
use crate::store::{Scope, Want};
use crate::theme::Role;

/// Lists that rungs are read from, whole.
const LISTS: &[&str] = &["pods", "nodes", "gpus"];

/// Pods whose events are read.
const PODS: usize = 10;

/// Cells before what a rung was read from.
const INDENT: &str = "        ";

/// The ladder of one object.
#[derive(Debug)]
pub struct LadderScreen {
    /// The object.
    pub subject: Subject,
    /// The rungs, as far as known.
    pub ladder: Option<Ladder>,
    /// The text, and where the person is in it.
    pub pane: Pane,
    /// The runbooks that fit, in words.
    books: String,
    wants: Vec<Want>,
}

impl LadderScreen {
    /// Opens it.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let lists = LISTS.iter().map(|feed| Want {
            cluster: subject.key.cluster.clone(),
            feed,
            scope: Scope::All,
        });
        Self {
            wants: lists.collect(),
            subject,
            ladder: None,
            books: String::new(),
            pane: Pane::wrapped(),
        }
    }

    /// What the rungs are read from: the lists, the object with its events, the events of its pods.
    fn wanted(&self, ctx: &Ctx<'_>) -> Vec<Want> {
        let key = &self.subject.key;
        let list = |feed: &'static str| Want {
            cluster: key.cluster.clone(),
            feed,
            scope: Scope::All,
        };
        let mut wants: Vec<Want> = LISTS.iter().map(|feed| list(feed)).collect();
        if matches!(self.subject.feed, "services" | "llm-services") {
            wants.push(list(self.subject.feed));
            wants.push(list("burn"));
        }
        wants.extend(describe::wants(&self.subject, ctx));
        wants.extend(self.pods(ctx).into_iter().map(|pod| Want {
            cluster: key.cluster.clone(),
            feed: "events",
            scope: Scope::Events {
                namespace: pod.key.namespace.to_string(),
                kind: "Pod",
                name: pod.key.name.to_string(),
            },
        }));
        wants.sort();
        wants.dedup();
        wants
    }

    /// Pods of the object whose events may tell something.
    fn pods<'a>(&self, ctx: &Ctx<'a>) -> Vec<&'a PodRow> {
        let key = &self.subject.key;
        let all: Vec<&'a PodRow> = match self.subject.feed {
            "workflows" => {
                let world: &'a crate::store::World = ctx.world;
                let table = world.table::<PodRow>().into_iter();
                let pods = table.flat_map(crate::store::Table::iter);
                let mine = pods.filter(|pod| {
                    pod.run == key.name
                        && pod.key.namespace == key.namespace
                        && pod.key.cluster == key.cluster
                });
                mine.map(|pod| &**pod).collect()
            }
            "services" | "llm-services" => {
                let mine = crate::app::serving::pods_of(self.subject.feed, key, ctx);
                mine.into_iter().map(|pod| &**pod).collect()
            }
            _ => Vec::new(),
        };
        let at_work = |pod: &&PodRow| matches!(&*pod.phase, "Pending" | "Running" | "Unknown");
        all.into_iter().filter(at_work).take(PODS).collect()
    }
}

/// The ladder as a text.
fn told(ladder: &Ladder, books: &str) -> Doc {
    let mut lines = Vec::new();
    if !books.is_empty() {
        let line = Line::new(doc::id("runbooks")).put("Runbooks that fit: ", Role::Text);
        lines.push(line.put(books, Role::Chosen));
    }
    let heading = |text: &str| {
        let mut line = Line::new(doc::id(text)).put(text, Role::Strong);
        line.heading = true;
        line
    };
    if let Some((at, rung)) = ladder.first_red() {
        lines.push(heading("First red rung"));
        lines.extend(whole("first", at, rung));
        lines.push(Line::new(doc::id("gap")));
    }
    lines.push(heading("All rungs"));
    for (at, rung) in ladder.rungs.iter().enumerate() {
        lines.push(one("all", at + 1, rung));
    }
    Doc { lines }
}

/// A rung on one line.
fn one(part: &str, at: usize, rung: &Rung) -> Line {
    let (word, role) = match rung.tone {
        Tone::Red => ("red", Role::Bad),
        Tone::Green => ("ok", Role::Good),
        Tone::Unknown => ("?", Role::Warn),
    };
    let gap = " ".repeat(4_usize.saturating_sub(word.width()));
    let mut line = Line::new(doc::id((part, rung.asks)))
        .put(&format!("{at:>3} "), Role::Dim)
        .put(word, role)
        .put(&gap, Role::Text)
        .put(rung.asks, Role::Text)
        .put("  ", Role::Text)
        .put(&rung.says, role);
    line.hang = INDENT.len();
    line.link.clone_from(&rung.link);
    line
}

/// A rung with what it was read from, and what helps.
fn whole(part: &str, at: usize, rung: &Rung) -> Vec<Line> {
    let mut lines = vec![one(part, at, rung)];
    let mut beside = |label: &str, text: &str, role| {
        let mut line = Line::new(doc::id((part, label, lines.len())))
            .put(INDENT, Role::Text)
            .put(&format!("{label:9}"), Role::Dim)
            .put(text, role);
        line.hang = INDENT.len() + 9;
        lines.push(line);
    };
    for (at, text) in rung.evidence.iter().enumerate() {
        beside(if at == 0 { "evidence" } else { "" }, text, Role::Text);
    }
    if !rung.then.is_empty() {
        beside("helps", rung.then, Role::Text);
    }
    if let Some(link) = &rung.link {
        beside(
            "go on",
            &format!("{} {}", link.word, link.key.name),
            Role::Chosen,
        );
        if let Some(line) = lines.last_mut() {
            line.link = Some(link.clone());
        }
    }
    lines
}

impl Screen for LadderScreen {
    fn id(&self) -> &'static str {
        "ladder"
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
        let file = format!("{}-why.txt", self.subject.key.name);
        reading::act(&mut self.pane, verb, ctx.page, &file).unwrap_or(Turn::Unknown)
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Logs => matches!(self.subject.feed, "pods" | "workflows"),
            Verb::Toggle | Verb::ExpandAll | Verb::CollapseAll | Verb::Why | Verb::Editor => false,
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let now = of(&self.subject, ctx);
        self.wants = self.wanted(ctx);
        let books = books_for(&self.subject, ctx);
        if let Some(ladder) = now
            && (self.ladder.as_ref() != Some(&ladder) || self.books != books)
        {
            self.pane.show(told(&ladder, &books), false);
            (self.ladder, self.books) = (Some(ladder), books);
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        reading::answered(&mut self.pane, kept);
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.subject.clone())
    }

    fn aim(&self, _ctx: &Ctx<'_>) -> Aim {
        Aim::at(Some(self.subject.clone()))
    }

    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let key = self.subject.key.clone();
        match self.subject.feed {
            "pods" => Some(LogScreen::open(Target::Pod(key))),
            "workflows" => Some(LogScreen::open(Target::Run(key))),
            _ => None,
        }
    }

    fn clear(&mut self) -> bool {
        self.pane.clear()
    }
}
