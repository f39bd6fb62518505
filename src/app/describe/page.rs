//! Builds a text out of headings, facts and tables. Pure.

use unicode_width::UnicodeWidthStr;

use crate::app::column::Fact;
use crate::app::text::doc::{Doc, Fold, Line, count, id};
use crate::domain::Subject;
use crate::theme::Role;

/// Columns of the labels.
const LABEL: usize = 14;

/// Widest column of a table but the last, in cells.
const WIDEST: usize = 40;

/// A cell of a table.
pub type Cell = (String, Role);

/// A text in the making.
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<Line>,
    section: String,
    from: Option<usize>,
}

impl Page {
    /// Begins a part; the one before can be folded.
    pub fn heading(&mut self, title: &str) {
        self.close();
        if !self.lines.is_empty() {
            self.lines.push(Line::new(id((title, "gap"))));
        }
        title.clone_into(&mut self.section);
        self.from = Some(self.lines.len());
        let mut line = Line::new(id(title)).put(title, Role::Strong);
        line.heading = true;
        self.lines.push(line);
    }

    fn close(&mut self) {
        let Some(start) = self.from.take() else {
            return;
        };
        let end = self.lines.len();
        // a part without anything in it is left out
        if end == start + 1 {
            self.lines.pop();
            if self.lines.last().is_some_and(Line::is_empty) {
                self.lines.pop();
            }
        } else if let Some(line) = self.lines.get_mut(start) {
            line.fold = Some(Fold {
                end,
                note: count(end - start - 1, "line"),
                closed: false,
                keeps: None,
            });
        }
    }

    fn line(&self, of: &str) -> Line {
        Line::new(id((
            &self.section,
            of,
            self.lines.len() - self.from.unwrap_or(0),
        )))
    }

    /// A label and what it says; nothing when it says nothing.
    pub fn fact(&mut self, label: &str, text: impl AsRef<str>, role: Role) {
        let text = text.as_ref();
        if text.is_empty() {
            return;
        }
        let mut line = self.labelled(label).put(text, role);
        line.hang = LABEL + 2;
        self.lines.push(line);
    }

    /// A fact that names an object.
    pub fn link(&mut self, label: &str, text: &str, to: Option<Subject>) {
        let role = if to.is_some() {
            Role::Chosen
        } else {
            Role::Text
        };
        let mut line = self.labelled(label).put(text, role);
        line.hang = LABEL + 2;
        line.link = to;
        self.lines.push(line);
    }

    fn labelled(&self, label: &str) -> Line {
        let gap = LABEL.saturating_sub(label.width()).max(1);
        let line = self.line(label).put("  ", Role::Text);
        line.put(&format!("{label}{}", " ".repeat(gap)), Role::Dim)
    }

    /// Facts as the panes show them.
    pub fn facts(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.fact(fact.label, &fact.text, fact.role);
        }
    }

    /// A line of its own.
    pub fn say(&mut self, text: &str, role: Role) {
        let mut line = self.line(text).put("  ", Role::Text).put(text, role);
        line.hang = 4;
        self.lines.push(line);
    }

    /// Rows under titles, in columns as wide as they need.
    pub fn table(&mut self, titles: &[&str], rows: &[Vec<Cell>]) {
        if rows.is_empty() {
            return;
        }
        let widths: Vec<usize> = titles
            .iter()
            .enumerate()
            .map(|(at, title)| {
                let cells = rows.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|(text, _)| text.width()).max().unwrap_or(0);
                widest.min(WIDEST).max(title.width())
            })
            .collect();
        let titles: Vec<Cell> = titles
            .iter()
            .map(|t| ((*t).to_owned(), Role::Dim))
            .collect();
        self.row(&titles, &widths);
        for row in rows {
            self.row(row, &widths);
        }
    }

    /// The same with rows that name objects.
    pub fn linked(&mut self, titles: &[&str], rows: &[Vec<Cell>], links: Vec<Subject>) {
        let first = self.lines.len() + 1;
        self.table(titles, rows);
        for (line, link) in self.lines.iter_mut().skip(first).zip(links) {
            line.link = Some(link);
        }
    }

    fn row(&mut self, cells: &[Cell], widths: &[usize]) {
        let last = cells
            .iter()
            .rposition(|(text, _)| !text.is_empty())
            .unwrap_or(0);
        let mut line = self
            .line(cells.first().map_or("", |(text, _)| text))
            .put("  ", Role::Text);
        for (at, (text, role)) in cells.iter().enumerate().take(last + 1) {
            if at + 1 == cells.len() {
                line.hang = line.text().width();
            }
            let gap = if at == last {
                0
            } else {
                widths
                    .get(at)
                    .map_or(1, |w| w.saturating_sub(text.width()) + 2)
            };
            line = line.put(&format!("{text}{}", " ".repeat(gap)), *role);
        }
        self.lines.push(line);
    }

    /// The text.
    pub fn done(mut self) -> Doc {
        self.close();
        Doc { lines: self.lines }
    }
}
