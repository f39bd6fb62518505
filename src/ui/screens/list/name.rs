//! A name in a list: the letters that were looked for stand out, and a long one is cut in its middle, since names
//! that a controller makes differ at their end. Pure.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::theme::Role;
use crate::ui::paint::Pen;

/// Writes a name in exactly so many cells.
pub fn paint(pen: &mut Pen<'_>, name: &str, width: u16, letters: &[usize]) {
    let width = width.min(pen.room());
    let mut used = 0;
    for (piece, found) in pieces(name, usize::from(width), letters) {
        used += piece.width();
        let role = if found { Role::Match } else { Role::Strong };
        pen.put(&piece, role);
    }
    pen.skip(width.saturating_sub(u16::try_from(used).unwrap_or(width)));
}

/// The name in pieces, each with whether it was looked for; never wider than asked.
fn pieces(name: &str, width: usize, letters: &[usize]) -> Vec<(String, bool)> {
    let graphemes: Vec<&str> = name.graphemes(true).collect();
    let (head, tail) = kept(&graphemes, width);
    let mut pieces: Vec<(String, bool)> = Vec::new();
    let mut add = |text: &str, found: bool| match pieces.last_mut() {
        Some((piece, same)) if *same == found => piece.push_str(text),
        _ => pieces.push((text.to_owned(), found)),
    };
    for (index, grapheme) in graphemes.iter().enumerate() {
        if (head..tail).contains(&index) {
            if index == head && width > 0 {
                add("…", false);
            }
            continue;
        }
        add(grapheme, letters.contains(&index));
    }
    pieces
}

/// Which graphemes are left out, from and to, so that the rest and one sign fit.
fn kept(graphemes: &[&str], width: usize) -> (usize, usize) {
    let cells: Vec<usize> = graphemes.iter().map(|g| g.width()).collect();
    if cells.iter().sum::<usize>() <= width {
        return (graphemes.len(), graphemes.len());
    }
    let room = width.saturating_sub(1);
    // the random end of a generated name is five letters after a dash; more of it where there is room
    let end = if room < 9 {
        room / 2
    } else {
        (room / 3).max(6)
    };
    let (mut used, mut tail) = (0, cells.len());
    while let Some(more) = tail.checked_sub(1).and_then(|i| cells.get(i)) {
        if used + more > end {
            break;
        }
        used += more;
        tail -= 1;
    }
    let mut head = 0;
    while let Some(more) = cells.get(head) {
        if used + more > room || head >= tail {
            break;
        }
        used += more;
        head += 1;
    }
    (head, tail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(name: &str, width: usize) -> String {
        let pieces = pieces(name, width, &[]);
        pieces.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn names_that_differ_at_their_end_stay_distinct() {
        assert_eq!(cut("train-nightly-x7k2p", 18), "train-night…-x7k2p");
        assert_eq!(cut("train-nightly-x7k2p", 14), "train-n…-x7k2p");
        assert_eq!(cut("train-nightly-x7k2p", 19), "train-nightly-x7k2p");
        assert_eq!(cut("train", 3), "t…n");
        assert_eq!(cut("train", 0), "");
    }

    #[test]
    fn the_letters_looked_for_stand_out_where_they_are_in_sight() {
        let pieces = pieces("train-nightly-x7k2p", 14, &[0, 1, 10, 14]);
        let found: Vec<_> = pieces.iter().filter(|p| p.1).map(|p| &*p.0).collect();
        assert_eq!(found, ["tr", "x"]);
    }

    proptest! {
        #[test]
        fn a_cut_name_fits(name in "[a-z漢\u{301}-]{0,40}", width in 0usize..30) {
            prop_assert!(cut(&name, width).width() <= width);
        }
    }
}
