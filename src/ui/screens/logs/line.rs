//! One line of a log as rows: its mark, its time, who printed it, its text with what the search found. Pure.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::rows::{Break, GUTTER, Piece, Row, broken};
use crate::app::logs::{LogScreen, Pattern};
use crate::domain::{LogLevel, fold, unfold};
use crate::store::{Line, LogBook};
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::text::fit;

/// Roles that tell containers apart; red and yellow are kept for trouble.
const STREAMS: [Role; 4] = [Role::Chosen, Role::Busy, Role::Good, Role::Strong];

/// What is the same for all lines of a frame.
pub struct Page<'a> {
    screen: &'a LogScreen,
    book: &'a LogBook,
    now: Timestamp,
    look: Look,
    /// Cells behind the gutter.
    width: u16,
    /// Prefix and role of each stream.
    prefixes: Vec<(String, Role)>,
    prefix_width: u16,
}

impl<'a> Page<'a> {
    pub fn new(
        screen: &'a LogScreen,
        book: &'a LogBook,
        now: Timestamp,
        width: u16,
        look: Look,
    ) -> Self {
        let most = match width {
            110.. => 28,
            70.. => 16,
            _ => 8,
        };
        let streams = book.streams().iter().enumerate();
        let prefixes: Vec<(String, Role)> = streams
            .map(|(index, _)| {
                let stream = u16::try_from(index).unwrap_or(u16::MAX);
                let text = middle(screen.prefix_of(book, stream), most, look.ascii);
                (
                    text,
                    STREAMS
                        .get(index % STREAMS.len())
                        .copied()
                        .unwrap_or_default(),
                )
            })
            .collect();
        let widest = prefixes.iter().map(|(text, _)| text.width()).max();
        Self {
            screen,
            book,
            now,
            look,
            width: width.saturating_sub(GUTTER),
            prefixes,
            prefix_width: u16::try_from(widest.unwrap_or(0)).unwrap_or(most),
        }
    }

    /// The rows of the line at a place, at most so many.
    pub fn rows(&self, index: usize, most: usize) -> Vec<Row> {
        let Some(line) = self.screen.line(self.book, index) else {
            return Vec::new();
        };
        let head = self.head(line);
        let head_width: usize = head.iter().map(|p| p.text.width()).sum();
        let room = usize::from(self.width).saturating_sub(head_width).max(1);
        let opened = self.screen.is_opened(line.key());
        let how = Break {
            width: room,
            shift: self.screen.looks.shift,
            wrap: self.screen.looks.wrap || opened,
            most,
        };
        let mut rows = Vec::new();
        let whole = if opened { unfold(&line.text) } else { None };
        let parts = match whole {
            Some(lines) => lines
                .iter()
                .map(|text| self.found(vec![Piece::new(text.to_string(), role(line.level))]))
                .collect(),
            None => vec![self.found(self.text(line))],
        };
        for part in parts {
            let (texts, more) = broken(&part, how);
            rows.extend(texts.into_iter().map(|text| Row {
                text,
                more: more && !how.wrap,
                ..Row::default()
            }));
        }
        dress(&mut rows, line, head, head_width);
        rows.extend(self.marks(index, line));
        rows
    }

    /// Time and container.
    fn head(&self, line: &Line) -> Vec<Piece> {
        let mut head = Vec::new();
        if self.screen.looks.times {
            let time = line.at().map_or_else(
                || "-".to_owned(),
                |at| at.strftime("%H:%M:%S%.3f").to_string(),
            );
            head.push(Piece::new(format!("{time:<12} "), Role::Dim));
        }
        if self.prefix_width > 0 {
            let known = self.prefixes.get(usize::from(line.stream));
            let (text, role) = known.map_or(("", Role::Dim), |(t, r)| (t.as_str(), *r));
            let gap = usize::from(self.prefix_width).saturating_sub(text.width());
            head.push(Piece::new(format!("{text}{} ", " ".repeat(gap)), role));
        }
        head
    }

    fn text(&self, line: &Line) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let folded = if self.screen.looks.raw {
            None
        } else {
            fold(&line.text)
        };
        match folded {
            Some(folded) => {
                if !folded.time.is_empty() && !self.screen.looks.times {
                    pieces.push(Piece::new(format!("{} ", folded.time), Role::Dim));
                }
                if folded.level != LogLevel::Unknown {
                    let word = format!("{:<5} ", folded.level.word());
                    pieces.push(Piece::new(word, role(line.level)));
                }
                pieces.push(Piece::new(folded.message.to_string(), role(line.level)));
                for (key, value) in &folded.rest {
                    pieces.push(Piece::new(format!(" {key}={value}"), Role::Dim));
                }
            }
            None => pieces.push(Piece::new(line.text.to_string(), role(line.level))),
        }
        if line.cut > 0 {
            pieces.push(Piece::new(format!(" … {} bytes more", line.cut), Role::Dim));
        }
        pieces
    }

    /// The pieces with what is searched for in them apart.
    fn found(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        match self.screen.patterns() {
            [_, _, Some(search)] => pieces.iter().flat_map(|p| apart(p, search)).collect(),
            _ => pieces,
        }
    }

    /// Lines that a person drew between this line and the next one shown.
    fn marks(&self, index: usize, line: &Line) -> Vec<Row> {
        let marks = self.screen.marks();
        if marks.is_empty() {
            return Vec::new();
        }
        let next = self.screen.line(self.book, index + 1).map(Line::key);
        let here = marks
            .iter()
            .filter(|(key, _)| *key >= line.key() && next.is_none_or(|next| *key < next));
        let rule = if self.look.ascii { "-" } else { "─" };
        here.map(|(_, at)| {
            let time = crate::domain::clock(*at, self.now);
            let text = format!("{} {time} {}", rule.repeat(4), rule.repeat(8));
            Row {
                text: vec![Piece::new(text, Role::Rule)],
                ..Row::default()
            }
        })
        .collect()
    }
}

/// Puts the mark and the head on the first row, and a margin as wide on the others.
fn dress(rows: &mut [Row], line: &Line, head: Vec<Piece>, head_width: usize) {
    let margin = Piece::new(" ".repeat(head_width), Role::Text);
    for row in rows.iter_mut().skip(1) {
        row.head = vec![margin.clone()];
    }
    if let Some(first) = rows.first_mut() {
        first.head = head;
        first.mark = match line.level {
            LogLevel::Error => Some((Mark::Failed, Role::Bad)),
            LogLevel::Warn => Some((Mark::Burning, Role::Warn)),
            _ => None,
        };
    }
}

fn role(level: LogLevel) -> Role {
    match level {
        LogLevel::Error => Role::Bad,
        LogLevel::Warn => Role::Warn,
        LogLevel::Debug => Role::Dim,
        LogLevel::Info | LogLevel::Unknown => Role::Text,
    }
}

fn apart(piece: &Piece, search: &Pattern) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for place in search.places(&piece.text) {
        let before = piece.text.get(at..place.start).unwrap_or_default();
        let hit = piece.text.get(place.clone()).unwrap_or_default();
        pieces.push(Piece::new(before, piece.role));
        pieces.push(Piece::new(hit, Role::Hit));
        at = place.end;
    }
    let rest = piece.text.get(at..).unwrap_or_default();
    pieces.push(Piece::new(rest, piece.role));
    pieces.retain(|p| !p.text.is_empty());
    pieces
}

/// A name in so many cells, cut in its middle: names of one run differ at the end.
fn middle(text: &str, width: u16, ascii: bool) -> String {
    let full = text.width();
    if full <= usize::from(width) {
        return text.to_owned();
    }
    let (start, used) = fit(text, width / 2, ascii);
    let room = usize::from(width.saturating_sub(used));
    let mut end = String::new();
    for c in text.chars().rev() {
        let longer = format!("{c}{end}");
        if longer.width() > room {
            break;
        }
        end = longer;
    }
    format!("{start}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_keeps_its_beginning_and_its_end() {
        assert_eq!(middle("score(17:shard-17)", 12, false), "score…rd-17)");
        assert_eq!(middle("score(17:shard-17)", 12, false).width(), 12);
        assert!(middle("score(17:shard-17)", 12, false).ends_with("-17)"));
        assert_eq!(middle("train", 12, false), "train");
    }

    #[test]
    fn what_is_found_stands_apart() {
        let search = Pattern::read("lo").unwrap().unwrap();
        let pieces = apart(&Piece::new("hello lot", Role::Text), &search);
        let texts: Vec<(&str, Role)> = pieces.iter().map(|p| (&*p.text, p.role)).collect();
        assert_eq!(
            texts,
            [
                ("hel", Role::Text),
                ("lo", Role::Hit),
                (" ", Role::Text),
                ("lo", Role::Hit),
                ("t", Role::Text)
            ]
        );
    }
}
