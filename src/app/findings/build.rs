//! A finding while it is put together. Pure.

use jiff::Timestamp;

use crate::app::screen::Ctx;
use crate::domain::{Clean, FindingRow, Key, Need, Row, Span, Subject};
use crate::store::Table;

/// A finding while it is put together.
pub(in crate::app) struct Find(FindingRow);

impl Find {
    /// Of a rule, about something of a cluster.
    pub(in crate::app) fn new(rule: &'static str, need: Need, about: &Key) -> Self {
        let name = format!("{rule} {}", about.name);
        Self(FindingRow {
            key: Key {
                name: Clean::new(&name),
                ..about.clone()
            },
            rule,
            need,
            within: 0,
            what: about.name.clone(),
            subject: None,
            sentence: Clean::default(),
            evidence: Box::default(),
            since: None,
            grade: 0,
            example: None,
            books: Box::default(),
            seen: None,
            seen_by: Clean::default(),
        })
    }

    /// Shown under another name than the object's.
    pub(in crate::app) fn what(mut self, what: &str) -> Self {
        self.0.what = Clean::new(what);
        self
    }

    /// The object that it is about.
    pub(in crate::app) fn subject(mut self, subject: Subject) -> Self {
        self.0.subject = Some(subject);
        self
    }

    /// One of the objects that it is about.
    pub(in crate::app) fn example(mut self, subject: Subject) -> Self {
        self.0.example = Some(subject);
        self
    }

    /// How bad it is; a greater number is a change for the worse.
    pub(in crate::app) fn grade(mut self, grade: u64) -> Self {
        self.0.grade = grade;
        self
    }

    /// One sentence.
    pub(in crate::app) fn says(mut self, sentence: &str) -> Self {
        self.0.sentence = Clean::new(sentence);
        self
    }

    /// Why that is said; nothing when the text is empty.
    pub(in crate::app) fn because(mut self, label: &'static str, text: &str) -> Self {
        if !text.is_empty() {
            let mut evidence = std::mem::take(&mut self.0.evidence).into_vec();
            evidence.push((label, Clean::new(text)));
            self.0.evidence = evidence.into_boxed_slice();
        }
        self
    }

    /// Since when.
    pub(in crate::app) fn since(mut self, at: Option<Timestamp>) -> Self {
        self.0.since = at;
        self
    }

    /// The less, the dearer among those of the same need.
    pub(in crate::app) fn within(mut self, seconds: u64) -> Self {
        self.0.within = seconds;
        self
    }

    /// The finding.
    pub(in crate::app) fn done(self) -> FindingRow {
        self.0
    }
}

/// The rows of a table that may be told as the present.
pub(in crate::app) fn believed<'a, R: Row>(
    ctx: &Ctx<'a>,
) -> impl Iterator<Item = &'a std::sync::Arc<R>> + use<'a, R> {
    let world: &'a crate::store::World = ctx.world;
    let table = world.table::<R>();
    table.into_iter().flat_map(Table::iter).filter(move |row| {
        let source = table.and_then(|t| t.source_of(row.key()));
        source.is_some_and(|source| world.believed(source))
    })
}

/// Seconds since a time; 0 when it is not known.
pub(in crate::app) fn seconds(since: Option<Timestamp>, now: Timestamp) -> u64 {
    let span = since.map_or(0, |since| Span::between(since, now).0);
    u64::try_from(span).unwrap_or(0)
}

/// How often something has doubled: a grade that does not change with each one more.
pub(in crate::app) fn doublings(count: u64) -> u64 {
    u64::from(count.checked_ilog2().unwrap_or(0))
}
