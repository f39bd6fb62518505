//! Reading a list through the very code of its screen. Pure.

use jiff::Timestamp;
use serde_json::Map;

use super::{Asked, KINDS, ListView, head};
use crate::app::command::Verb;
use crate::app::findings;
use crate::app::items::{Item, told_with};
use crate::app::list::{Cell, ListScreen, Listing};
use crate::app::lists::{Home, Sources};
use crate::app::runbooks::fitting;
use crate::app::screen::{Ctx, Screen};
use crate::cli::exit::Failure;
use crate::cli::get::ask::wrong;
use crate::cli::get::sheet::{Line, Sheet, View, is_named, missing};
use crate::cli::session::Session;
use crate::domain::{Key, Row};
use crate::kinds::spec;
use crate::store::{Want, World};

impl View for ListView {
    fn wants(&self, session: &Session) -> Vec<Want> {
        let clusters = session.clusters();
        let own = self.list.wants_in(clusters, &self.asked.namespaces);
        if !own.is_empty() {
            return own;
        }
        // the list of sources is about those of all other lists
        let all = KINDS.iter();
        all.flat_map(|k| k.wants_in(clusters, &self.asked.namespaces))
            .collect()
    }

    /// A cluster without a registry has all its sources all the same.
    fn needs(&self, feed: &str) -> bool {
        let beside = self.list.beside.contains(&feed);
        let service = self.list.id == Sources::ID && spec(feed).is_none();
        !beside && !service
    }

    fn spares(&self, feed: &str) -> bool {
        self.list.optional.contains(&feed)
    }

    fn sheet(&self, session: &Session, now: Timestamp) -> Result<Sheet, Failure> {
        let ctx = self.eyes.ctx(session, now);
        let mut sheet = self.read(&ctx)?;
        sheet.kind = self.list.kind;
        sheet.optional = self.list.optional;
        if !self.asked.names.is_empty() {
            self.choose(&mut sheet);
        }
        Ok(sheet)
    }
}

impl ListView {
    /// What the rules find stands in no table of the session: it is looked for now.
    fn read(&self, ctx: &Ctx<'_>) -> Result<Sheet, Failure> {
        if self.list.id != Home::ID {
            return (self.list.read)(&self.asked, ctx);
        }
        let mut rows = findings::find(ctx);
        findings::Acks::new(self.beside.seen.clone()).mark(&mut rows, false);
        for row in &mut rows {
            if let Some(subject) = &row.subject {
                row.books = fitting(subject, &self.beside.shelf, ctx).into();
            }
        }
        let mut found = World::default();
        findings::take(&mut found, rows);
        let world = &found;
        (self.list.read)(&self.asked, &Ctx { world, ..*ctx })
    }

    /// What its rows may look at.
    pub(in crate::cli::get) fn ctx<'a>(&'a self, session: &'a Session, now: Timestamp) -> Ctx<'a> {
        self.eyes.ctx(session, now)
    }

    /// Leaves the rows that were named.
    fn choose(&self, sheet: &mut Sheet) {
        let named = |line: &Line| {
            let mut names = self.asked.names.iter();
            names.any(|given| is_named(&line.key, given))
        };
        for given in &self.asked.names {
            if !sheet.lines.iter().any(|l| is_named(&l.key, given)) {
                let there = sheet.lines.iter().map(|l| &l.key);
                sheet.missing.push(missing(self.list.word, given, there));
            }
        }
        sheet.lines.retain(named);
    }
}

/// Reads a list as its screen would show it.
pub(super) fn read<L: Listing>(asked: &Asked, ctx: &Ctx<'_>) -> Result<Sheet, Failure>
where
    L::Row: Item,
{
    let mut screen = ListScreen::<L>::default();
    let text = asked.filter.as_str();
    if let Some((at, what)) = screen.check(text, text.len(), ctx).mistake {
        let column = text.get(..at.start).unwrap_or_default().chars().count() + 1;
        return Err(wrong(
            format!("the filter {text:?} is wrong at column {column}: {what}"),
            "",
        ));
    }
    screen.typed(text);
    if let Some((column, turned)) = asked.sort {
        sort(&mut screen, column, turned, ctx);
    }
    screen.refresh(ctx);
    let columns = L::columns();
    let line = |row: &L::Row| {
        let cells: Vec<Cell> = columns.iter().map(|c| (c.cell)(row, ctx)).collect();
        let item = told_with::<L>(row, &cells, ctx);
        Line {
            key: Key {
                name: row.name().clone(),
                ..row.key().clone()
            },
            id: row.key().to_string(),
            cells,
            item,
        }
    };
    Ok(Sheet {
        heads: columns.iter().map(head).collect(),
        lines: screen.rows().iter().map(|row| line(row)).collect(),
        more: Map::new(),
        nothing: nothing(&screen, ctx),
        ..Sheet::default()
    })
}

/// What is said when there are no rows: that there are none, or that none passes the filter.
fn nothing<L: Listing>(screen: &ListScreen<L>, ctx: &Ctx<'_>) -> String {
    if screen.total() == 0 {
        return L::NOTHING.to_owned();
    }
    let none = format!(
        "none of {} passes the filter {}",
        screen.total(),
        screen.narrowed()
    );
    match screen.no_such_state(ctx) {
        Some(why) => format!("{none}: {why}"),
        None => none,
    }
}

/// Sorts as the keys of the screen do.
fn sort<L: Listing>(screen: &mut ListScreen<L>, column: usize, turned: bool, ctx: &Ctx<'_>) {
    for _ in 0..=L::columns().len() {
        if screen.sort().0 == Some(column) {
            break;
        }
        screen.act(Verb::SortNext, ctx);
    }
    if turned {
        screen.act(Verb::SortTurn, ctx);
    }
}
