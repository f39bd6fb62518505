//! What was read as a table, or as names. Pure but for the output.

use unicode_width::UnicodeWidthStr;

use super::sheet::{Head, Line, Sheet, path};
use crate::app::list::Cell;
use crate::cli::exit::Failure;
use crate::cli::output::{Need, Out, Shape, Text, layout};
use crate::cli::session::Session;
use crate::theme::Role;
use crate::ui::Look;

/// What a table of changes says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is not what it was.
    Changed,
    /// It is gone.
    Removed,
}

impl Change {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// Where a column's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Change,
    Cluster,
    Cell(usize),
}

/// A table with its columns laid out.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(From, &'static str, Shape)>,
}

const CHANGE: Head = Head {
    id: "change",
    title: "CHANGE",
    least: 7,
    drop: 0,
    right: false,
    wide: false,
};

const CLUSTER: Head = Head {
    id: "cluster",
    title: "CLUSTER",
    least: 8,
    drop: 5,
    right: false,
    wide: false,
};

impl Table {
    /// Lays out the columns: all of them, or on a terminal of `width` those that fit.
    #[must_use]
    pub fn new(
        session: &Session,
        sheet: &Sheet,
        wide: bool,
        width: Option<usize>,
        changes: bool,
    ) -> Self {
        let width = width.filter(|_| !wide);
        let columns = columns(sheet, session.clusters().len() > 1, wide, changes);
        let needs: Vec<Need> = columns
            .iter()
            .map(|(from, head)| Need {
                natural: natural(*from, head, sheet, width.is_some()),
                least: head.least,
                drop: head.drop,
            })
            .collect();
        let widths = layout(&needs, width);
        let shaped = columns
            .into_iter()
            .zip(widths)
            .filter_map(|((from, head), w)| {
                let shape = Shape {
                    width: w?,
                    right: head.right,
                    cut: width.is_some(),
                };
                Some((from, head.title, shape))
            });
        Self {
            columns: shaped.collect(),
        }
    }

    fn shapes(&self) -> Vec<Shape> {
        self.columns.iter().map(|(_, _, shape)| *shape).collect()
    }

    /// The line of headings.
    pub fn headings(&self, out: &mut Out) -> Result<(), Failure> {
        let titles = self.columns.iter();
        let cells: Vec<Text> = titles.map(|(_, t, _)| Text::new(*t, Role::Dim)).collect();
        out.row(&cells, &self.shapes())
    }

    /// One row.
    pub fn line(&self, line: &Line, change: Option<Change>, out: &mut Out) -> Result<(), Failure> {
        let marks = out.width().map(|_| out.look());
        let text = |from: From| match from {
            From::Change => Text::new(change.map_or("", Change::word), Role::Dim),
            From::Cluster => Text::new(line.key.cluster.as_str(), Role::Dim),
            From::Cell(at) => line
                .cells
                .get(at)
                .map_or_else(Text::default, |c| shown(c, marks)),
        };
        let cells: Vec<Text> = self.columns.iter().map(|(from, ..)| text(*from)).collect();
        out.row(&cells, &self.shapes())
    }
}

fn columns(sheet: &Sheet, several: bool, wide: bool, changes: bool) -> Vec<(From, Head)> {
    let mut columns = Vec::new();
    if changes {
        columns.push((From::Change, CHANGE));
    }
    let own = sheet.heads.iter().any(|h| h.id == "cluster");
    let cluster = several || wide;
    if cluster && !own {
        columns.push((From::Cluster, CLUSTER));
    }
    for (at, head) in sheet.heads.iter().enumerate() {
        let sources = sheet.kind == "Source";
        let shown = head.id != "cluster" || cluster || sources;
        if shown && (wide || !head.wide) {
            columns.push((From::Cell(at), *head));
        }
    }
    columns
}

fn natural(from: From, head: &Head, sheet: &Sheet, marks: bool) -> usize {
    let look = marks.then(Look::default);
    let widest = |of: &dyn Fn(&Line) -> usize| sheet.lines.iter().map(of).max().unwrap_or(0);
    let cells = match from {
        From::Change => CHANGE.least,
        From::Cluster => widest(&|l| l.key.cluster.as_str().width()),
        From::Cell(at) => widest(&|l| l.cells.get(at).map_or(0, |c| shown(c, look).text.width())),
    };
    cells.max(head.title.width())
}

/// A cell as text; with its mark where a person looks, with the word alone in a pipe.
fn shown(cell: &Cell, marks: Option<Look>) -> Text {
    match cell {
        Cell::Text(text, role) => Text::new(&**text, *role),
        Cell::Clean(text, role) => Text::new(text.as_str(), *role),
        Cell::State(mark, word) => match marks {
            Some(look) => Text::new(format!("{} {word}", mark.glyph(look.ascii)), mark.role()),
            None => Text::new(*word, mark.role()),
        },
        Cell::Bar(progress, role) => {
            Text::new(format!("{}/{}", progress.done, progress.total), *role)
        }
    }
}

/// One name a line, to be given back.
pub fn names(session: &Session, sheet: &Sheet, out: &mut Out) -> Result<(), Failure> {
    sheet.lines.iter().try_for_each(|l| name(session, l, out))
}

/// The name of one row.
pub fn name(session: &Session, line: &Line, out: &mut Out) -> Result<(), Failure> {
    out.line(&path(&line.key, session.clusters().len()))
}
