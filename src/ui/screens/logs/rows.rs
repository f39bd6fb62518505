//! Pieces of a line become rows of cells. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, line};

/// Cells before every row: the cursor, how much the line matters, a space.
pub const GUTTER: u16 = 3;

/// Text of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub role: Role,
}

impl Piece {
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// What one row shows behind its gutter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The mark in the gutter.
    pub mark: Option<(Mark, Role)>,
    /// What stands before the text.
    pub head: Vec<Piece>,
    /// Cells of the head.
    pub head_width: u16,
    /// The text.
    pub text: Vec<Piece>,
    /// It goes on beyond the edge.
    pub more: bool,
}

impl Row {
    pub fn paint(&self, chosen: bool, area: Rect, buffer: &mut Buffer, look: Look) {
        let bar = if look.ascii { ">" } else { "▌" };
        let mut pen = Pen::new(buffer, area, look);
        pen.put(if chosen { bar } else { " " }, Role::Chosen);
        match self.mark {
            Some((mark, role)) => pen.put(mark.glyph(look.ascii), role),
            None => pen.skip(1),
        };
        pen.skip(1);
        for piece in self.head.iter().chain(&self.text) {
            pen.put(&piece.text, piece.role);
        }
        if self.more {
            let edge = Rect {
                x: area.right().saturating_sub(1),
                width: 1,
                ..line(area, 0)
            };
            Pen::new(buffer, edge, look).put(if look.ascii { "~" } else { "…" }, Role::Dim);
        }
    }
}

/// How pieces are broken.
#[derive(Debug, Clone, Copy)]
pub struct Break {
    /// Cells of a row.
    pub width: usize,
    /// Cells that are left out at the start of an unbroken line.
    pub shift: usize,
    /// Long lines go on below.
    pub wrap: bool,
    /// Most rows made.
    pub most: usize,
}

/// Breaks the pieces of one line; at least one row, and whether it goes on beyond the edge or the most.
pub fn broken(pieces: &[Piece], how: Break) -> (Vec<Vec<Piece>>, bool) {
    let mut rows: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut skip = if how.wrap { 0 } else { how.shift };
    let mut used = 0;
    for piece in pieces {
        let mut text = piece.text.as_str();
        while !text.is_empty() {
            if skip > 0 {
                let (bytes, cells) = fitting(text, skip);
                let bytes = if bytes == 0 { first(text) } else { bytes };
                skip = skip.saturating_sub(cells.max(1));
                text = text.get(bytes..).unwrap_or_default();
                continue;
            }
            let (bytes, cells) = fitting(text, how.width.saturating_sub(used));
            if bytes == 0 && used > 0 {
                if !how.wrap || rows.len() >= how.most {
                    return (rows, true);
                }
                rows.push(Vec::new());
                used = 0;
                continue;
            }
            // a sign that is wider than the whole row is left out
            let part = text.get(..bytes).filter(|part| !part.is_empty());
            if let (Some(part), Some(row)) = (part, rows.last_mut()) {
                row.push(Piece::new(part, piece.role));
            }
            used += cells;
            let bytes = if bytes == 0 { first(text) } else { bytes };
            text = text.get(bytes..).unwrap_or_default();
        }
    }
    (rows, false)
}

fn first(text: &str) -> usize {
    text.graphemes(true).next().map_or(text.len(), str::len)
}

/// Bytes of the text that fit into so many cells, and the cells that they take.
fn fitting(text: &str, room: usize) -> (usize, usize) {
    let near = text.as_bytes();
    // one more than fits: a mark behind it would belong to the last letter
    let ascii = near.iter().take(room + 1).all(u8::is_ascii);
    if ascii {
        let bytes = near.len().min(room);
        return (bytes, bytes);
    }
    let (mut bytes, mut cells) = (0, 0);
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if cells + width > room {
            break;
        }
        bytes += grapheme.len();
        cells += width;
    }
    (bytes, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(rows: &[Vec<Piece>]) -> Vec<String> {
        let row = |r: &Vec<Piece>| r.iter().map(|p| p.text.as_str()).collect();
        rows.iter().map(row).collect()
    }

    fn how(width: usize, shift: usize, wrap: bool) -> Break {
        Break {
            width,
            shift,
            wrap,
            most: 1000,
        }
    }

    #[test]
    fn a_long_line_goes_on_below_or_beyond_the_edge() {
        let pieces = [
            Piece::new("abc", Role::Dim),
            Piece::new("defgh", Role::Text),
        ];
        let (rows, more) = broken(&pieces, how(5, 0, true));
        assert_eq!(
            (text(&rows), more),
            (vec!["abcde".into(), "fgh".into()], false)
        );
        let (rows, more) = broken(&pieces, how(5, 2, false));
        assert_eq!((text(&rows), more), (vec!["cdefg".into()], true));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_row_is_too_wide(parts in prop::collection::vec("[a-z漢é👩‍🚀 ]{0,20}", 0..5), width in 2usize..20) {
            let pieces: Vec<Piece> = parts.iter().map(|p| Piece::new(p.as_str(), Role::Text)).collect();
            let (rows, more) = broken(&pieces, how(width, 0, true));
            let rows = text(&rows);
            prop_assert!(!more);
            prop_assert!(rows.iter().all(|r| r.width() <= width), "{:?}", rows);
            prop_assert_eq!(rows.concat(), parts.concat());
        }

        #[test]
        fn any_shift_and_width_end(line in ".{0,60}", width in 0usize..9, shift in 0usize..70, wrap: bool) {
            let (rows, _) = broken(&[Piece::new(line, Role::Text)], how(width, shift, wrap));
            prop_assert!(!rows.is_empty());
        }
    }
}
