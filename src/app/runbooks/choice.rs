//! The runbooks that fit an object, the fitting ones first; and runs of them that were left. Pure.

use std::sync::Arc;

use super::facts::{facts, wants};
use crate::app::command::{Place, Verb};
use crate::app::deed::TaskId;
use crate::app::screen::{Ctx, Screen, Turn};
use crate::domain::{Clean, ClusterId, Subject};
use crate::plan::Sitting;
use crate::runbook::course::Facts;
use crate::runbook::{Book, Course, Shelf, Target, Verdict};
use crate::store::Want;

/// Milliseconds between two looks at what fits.
const PACE: i64 = 250;

/// One line.
#[derive(Debug, Clone)]
pub enum Pick {
    /// A run of this console that goes on.
    Going(TaskId, Arc<Course>),
    /// A run that was left.
    Left(Box<Sitting>),
    /// A runbook, and whether it fits.
    Book(Arc<Book>, Fit),
    /// A file with mistakes.
    Broken(String),
}

/// Whether a runbook fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Yes,
    /// It cannot be told; why.
    Unknown(Clean),
    /// It does not; what it is for.
    No(Clean),
}

/// The screen.
#[derive(Debug)]
pub struct ChoiceScreen {
    /// The object; none for runs of any that were left.
    pub about: Option<Subject>,
    /// The lines.
    pub picks: Vec<Pick>,
    /// The chosen one.
    pub index: usize,
    /// A person moved: the choice is theirs.
    moved: bool,
    shelf: Arc<Shelf>,
    runs: Vec<Pick>,
    looked: Option<i64>,
}

impl ChoiceScreen {
    /// What fits an object, and runs about it.
    #[must_use]
    pub fn new(about: Option<Subject>, shelf: Arc<Shelf>, runs: Vec<Pick>) -> Self {
        Self {
            about,
            picks: runs.clone(),
            index: 0,
            moved: false,
            shelf,
            runs,
            looked: None,
        }
    }

    /// The chosen line.
    #[must_use]
    pub fn chosen(&self) -> Option<&Pick> {
        self.picks.get(self.index)
    }

    fn books(&self, about: &Subject, known: &Facts) -> Vec<Pick> {
        let mut books: Vec<(Arc<Book>, Fit)> = Vec::new();
        let mut broken = Vec::new();
        for volume in self.shelf.volumes() {
            match &volume.book {
                Ok(book) if Target::of_feed(about.feed) == Some(book.target) => {
                    books.push((Arc::clone(book), fit(book, known)));
                }
                Ok(_) => {}
                Err(_) => broken.push(Pick::Broken(volume.id.clone())),
            }
        }
        books.sort_by_key(|(_, fit)| match fit {
            Fit::Yes => 0,
            Fit::Unknown(_) => 1,
            Fit::No(_) => 2,
        });
        let books = books.into_iter().map(|(book, fit)| Pick::Book(book, fit));
        books.chain(broken).collect()
    }

    fn step(&mut self, step: isize) {
        let last = self.picks.len().saturating_sub(1);
        self.index = self.index.saturating_add_signed(step).min(last);
        self.moved = true;
    }
}

/// Names of the runbooks that say that they fit an object, by what is known of it now.
#[must_use]
pub fn fitting(about: &Subject, shelf: &Shelf, ctx: &Ctx<'_>) -> Vec<Clean> {
    let Some(target) = Target::of_feed(about.feed) else {
        return Vec::new();
    };
    let books = shelf.volumes().iter().filter_map(|v| v.book.as_ref().ok());
    // one that is for everything says nothing about this
    let offered = books.filter(|book| book.offer.is_some() && book.target == target);
    let offered: Vec<&Arc<Book>> = offered.collect();
    if offered.is_empty() {
        return Vec::new();
    }
    let known = facts(about, ctx);
    let fits = offered
        .into_iter()
        .filter(|book| fit(book, &known) == Fit::Yes);
    fits.map(|book| Clean::new(&book.id)).collect()
}

fn fit(book: &Book, known: &Facts) -> Fit {
    let Some(offer) = &book.offer else {
        return Fit::Yes;
    };
    match known.test(offer) {
        Verdict::Yes => Fit::Yes,
        Verdict::No => Fit::No(Clean::new(&offer.text().replace('\n', " "))),
        Verdict::Unknown(why) => Fit::Unknown(Clean::new(&why)),
    }
}

/// What is recognised of a line when the order changes.
fn id(pick: &Pick) -> String {
    match pick {
        Pick::Going(task, _) => format!("going {task}"),
        Pick::Left(sitting) => format!("left {}", sitting.id),
        Pick::Book(book, _) => format!("book {}", book.id),
        Pick::Broken(name) => format!("broken {name}"),
    }
}

impl Screen for ChoiceScreen {
    fn id(&self) -> &'static str {
        "runbooks"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        match &self.about {
            Some(about) => format!("Runbooks for {} {}", about.word, about.key.name),
            None => "Runbooks that were left".to_owned(),
        }
    }

    fn places(&self) -> &'static [Place] {
        &[Place::List, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        self.about.as_ref().map(wants).unwrap_or_default()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = isize::try_from(ctx.page / 2).unwrap_or(1).max(1);
        match verb {
            Verb::Down => self.step(1),
            Verb::Up => self.step(-1),
            Verb::PageDown => self.step(page),
            Verb::PageUp => self.step(-page),
            Verb::First => self.step(isize::MIN),
            Verb::Last => self.step(isize::MAX),
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        matches!(
            verb,
            Verb::Open
                | Verb::Down
                | Verb::Up
                | Verb::PageDown
                | Verb::PageUp
                | Verb::First
                | Verb::Last
        )
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let Some(about) = self.about.clone() else {
            return;
        };
        let now = ctx.now.as_millisecond();
        if self
            .looked
            .is_some_and(|at| (0..PACE).contains(&(now - at)))
        {
            return;
        }
        self.looked = Some(now);
        let chosen = self.chosen().filter(|_| self.moved).map(id);
        let books = self.books(&about, &facts(&about, ctx));
        self.picks = self.runs.iter().cloned().chain(books).collect();
        let again = chosen.and_then(|id_of| self.picks.iter().position(|p| id(p) == id_of));
        self.index = again.unwrap_or(if self.moved { self.index } else { 0 });
        self.index = self.index.min(self.picks.len().saturating_sub(1));
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        self.about.clone()
    }
}
