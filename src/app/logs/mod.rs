//! What pods print: followed, merged, searched, filtered. Pure.
//!
//! The screen says which logs it wants and reads their lines from its book in the world. It keeps lines by their
//! lasting names, never by index, so that lines may come and go everywhere; what passes the filter and what the
//! search finds is kept up to date with new lines only.

mod asking;
mod export;
mod looks;
mod moves;
mod pattern;
mod reading;
mod scan;
mod tails;
mod target;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use super::command::{Place, Verb};
use super::screen::{Checked, Ctx, Screen, Turn};
use crate::domain::{Clean, ClusterId, Key, PodRow, Subject};
use crate::store::{LineKey, LogBook, Scope, Want};

use asking::Asking;
pub use looks::Looks;
pub use moves::Shown;
pub use pattern::{Mistake, Pattern};
use scan::Scan;
pub use tails::{Containers, Reading, Standing, Tail, prefixes};
pub use target::{Found, PODS, Pick, Target};

/// Numbers of screens: lines of one are never taken for those of another.
static VIEWS: AtomicU32 = AtomicU32::new(1);

fn next_view() -> u32 {
    VIEWS.fetch_add(1, Ordering::Relaxed)
}

/// Most lines drawn by a person between others.
const MARKS: usize = 100;

/// What keys asked for and the next look at the lines does.
#[derive(Debug, Clone, Copy, Default)]
struct Due {
    /// The search changed: go to the nearest hit.
    jump: bool,
    /// Filter or search changed: look at all lines again.
    renew: bool,
    /// What the person has set was taken over.
    begun: bool,
}

/// Logs on the screen.
#[derive(Debug)]
pub struct LogScreen {
    target: Target,
    reading: Reading,
    view: u32,
    found: Found,
    /// Versions of the tables when the pods were looked for.
    looked: Option<(u64, u64, u64)>,
    tails: Vec<Tail>,
    prefixes: Vec<String>,
    /// How lines are shown.
    pub looks: Looks,
    follow: bool,
    /// No line can come any more.
    ended: bool,
    cursor: Option<LineKey>,
    /// The newest line when following stopped.
    left: Option<LineKey>,
    /// First line of the last frame; the painter keeps the cursor in sight.
    pub top: Option<LineKey>,
    /// The cursor went far: it is to stand in the middle.
    pub centre: bool,
    /// Lines in the last frame: what a page is.
    pub page: usize,
    include: Option<Pattern>,
    exclude: Option<Pattern>,
    passing: Option<Scan>,
    search: Option<Pattern>,
    hits: Scan,
    due: Due,
    seen: u64,
    asking: Option<Asking>,
    /// Lines up to this one were cleared away.
    cleared: Option<LineKey>,
    marks: Vec<(LineKey, Timestamp)>,
    opened: HashSet<LineKey>,
    said: String,
}

impl LogScreen {
    /// Opens the logs of a target.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            reading: Reading::default(),
            view: next_view(),
            found: Found::default(),
            looked: None,
            tails: Vec::new(),
            prefixes: Vec::new(),
            looks: Looks::default(),
            follow: true,
            ended: false,
            cursor: None,
            left: None,
            top: None,
            centre: false,
            page: 0,
            include: None,
            exclude: None,
            passing: None,
            search: None,
            hits: Scan::default(),
            due: Due::default(),
            seen: 0,
            asking: None,
            cleared: None,
            marks: Vec::new(),
            opened: HashSet::new(),
            said: String::new(),
        }
    }

    /// Opens the logs of a target as a screen.
    #[must_use]
    pub fn open(target: Target) -> Box<dyn Screen> {
        Box::new(Self::new(target))
    }

    /// Whose logs.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What is read of them.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Its pods, as last looked for.
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The logs that are read.
    #[must_use]
    pub fn tails(&self) -> &[Tail] {
        &self.tails
    }

    /// What stands before the lines of each of them; all empty when there is only one.
    #[must_use]
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// The lines, once one came.
    #[must_use]
    pub fn book<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a LogBook> {
        ctx.world.book(self.view)
    }

    /// New lines are kept in sight.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// All was read, and nothing will be added: there is nothing to follow.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The line that keys are about.
    #[must_use]
    pub fn cursor(&self) -> Option<LineKey> {
        self.cursor
    }

    /// What lines must have, what they must not have, what is looked for.
    #[must_use]
    pub fn patterns(&self) -> [Option<&Pattern>; 3] {
        [&self.include, &self.exclude, &self.search].map(Option::as_ref)
    }

    /// Lines drawn by a person: behind which line, and when.
    #[must_use]
    pub fn marks(&self) -> &[(LineKey, Timestamp)] {
        &self.marks
    }

    /// This line is shown whole.
    #[must_use]
    pub fn is_opened(&self, line: LineKey) -> bool {
        self.opened.contains(&line)
    }

    /// Lines were cleared away.
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        self.cleared.is_some()
    }

    /// What came of the last key, or what is wrong with what is typed; empty when there is nothing to say.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    fn mark(&mut self, ctx: &Ctx<'_>) {
        let last = self
            .book(ctx)
            .and_then(|b| b.line_at(b.end().checked_sub(1)?));
        if let Some(line) = last
            && self.marks.len() < MARKS
        {
            self.marks.push((line.key(), ctx.now));
        }
    }

    fn clear_away(&mut self, ctx: &Ctx<'_>) {
        let last = self
            .book(ctx)
            .and_then(|b| b.line_at(b.end().checked_sub(1)?));
        self.cleared = last.map(crate::store::Line::key).or(self.cleared);
        self.follow = true;
    }

    fn toggle_opened(&mut self) {
        if let Some(line) = self.cursor
            && !self.opened.remove(&line)
        {
            self.opened.insert(line);
            self.stay();
        }
    }
}

impl Screen for LogScreen {
    fn id(&self) -> &'static str {
        "logs"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        format!("Logs of {}", self.target.key().name)
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Log, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let cluster = &self.target.key().cluster;
        let mut wants = self.target.wants();
        wants.extend(self.tails.iter().map(|tail| Want {
            cluster: cluster.clone(),
            feed: "logs",
            scope: Scope::Log(tail.scope.clone()),
        }));
        wants
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        self.said.clear();
        match verb {
            Verb::Down
            | Verb::Up
            | Verb::PageDown
            | Verb::PageUp
            | Verb::First
            | Verb::Last
            | Verb::Follow
            | Verb::NextHit
            | Verb::PrevHit
            | Verb::FirstError
            | Verb::NextError => self.go(verb, ctx),
            Verb::LogSearch | Verb::LogInclude | Verb::LogExclude => return self.ask(verb),
            Verb::LogSince => self.next_since(),
            Verb::LogContainers => self.next_containers(),
            Verb::LogPrevious => self.attempt_before(),
            Verb::LogOpen => self.toggle_opened(),
            Verb::LogMark => self.mark(ctx),
            Verb::LogClear => self.clear_away(ctx),
            Verb::LogSave => return self.save(ctx),
            Verb::LogCopy => return self.copy(ctx),
            other => return self.act_on_looks(other),
        }
        self.refresh(ctx);
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::NextHit | Verb::PrevHit => self.search.is_some(),
            Verb::LogPrevious => self.has_attempt_before(),
            Verb::Follow => !self.ended,
            Verb::LogContainers => tails::names(&self.found).len() > 1,
            Verb::Logs => false,
            _ => true,
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        if !std::mem::replace(&mut self.due.begun, true) {
            let set = &ctx.settings.logs;
            self.reading.since = set.since;
            (self.looks.wrap, self.looks.times) = (set.wrap, set.timestamps);
        }
        self.look_for_pods(ctx);
        self.ended = self.nothing_comes(ctx);
        if let Some(book) = self.book(ctx) {
            self.scan(book);
            self.settle(book);
        }
    }

    fn typed(&mut self, text: &str) {
        self.take_typed(text);
    }

    fn answered(&mut self, kept: bool) {
        self.take_answer(kept);
    }

    fn check(&self, text: &str, _cursor: usize, _ctx: &Ctx<'_>) -> Checked {
        Checked {
            mistake: Pattern::read(text).err().map(|m| (m.range, m.what)),
            ..Checked::default()
        }
    }

    fn subject(&self, ctx: &Ctx<'_>) -> Option<Subject> {
        let tail = self.tail_of_cursor(ctx).or(self.tails.first())?;
        let key: Key = tail.pod();
        let row = ctx.world.table::<PodRow>().and_then(|t| t.get(&key));
        Some(Subject {
            feed: "pods",
            word: "pod",
            uid: row.map_or_else(Clean::default, |p| p.uid.clone()),
            key,
        })
    }

    fn filter(&self) -> Option<&str> {
        self.include.as_ref().map(Pattern::text)
    }

    fn clear(&mut self) -> bool {
        let opened = !self.opened.is_empty();
        // where the filter hides every line, it is what stands in the way
        let hides_all = self.passing.as_ref().is_some_and(Scan::is_empty);
        if !hides_all && self.search.take().is_some() {
            self.hits = Scan::default();
        } else if self.include.is_some() || self.exclude.is_some() {
            (self.include, self.exclude) = (None, None);
        } else if self.cleared.is_none() {
            self.opened.clear();
            return opened;
        } else {
            self.cleared = None;
        }
        self.due.renew = true;
        true
    }

    fn unfinished(&self, ctx: &Ctx<'_>) -> bool {
        self.book(ctx).is_some_and(|book| !self.is_scanned(book))
    }
}
