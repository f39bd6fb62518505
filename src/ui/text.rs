//! Text measured in cells. Pure.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Look;

/// The text as the terminal can show it: where it cannot do more than ASCII, our own signs have a plain form and
/// letters from outside become `?`.
pub fn plain(text: &str, look: Look) -> Cow<'_, str> {
    if !look.ascii || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let letter = |grapheme: &str| match grapheme {
        "…" => "~".to_owned(),
        "·" | "│" => "|".to_owned(),
        "–" | "—" | "▄" | "─" | "╌" | "━" => "-".to_owned(),
        "▁" => "_".to_owned(),
        "▂" => ".".to_owned(),
        "▃" => ":".to_owned(),
        "▅" => "=".to_owned(),
        "▆" | "✓" => "+".to_owned(),
        "▇" => "*".to_owned(),
        "█" => "#".to_owned(),
        "→" | "≥" => ">".to_owned(),
        "✗" | "×" => "x".to_owned(),
        ascii if ascii.is_ascii() => ascii.to_owned(),
        other => "?".repeat(other.width()),
    };
    Cow::Owned(text.graphemes(true).map(letter).collect())
}

/// Cuts a text to so many cells, with an ellipsis where something was cut; also tells the cells used.
pub fn fit(text: &str, width: u16, ascii: bool) -> (Cow<'_, str>, u16) {
    let full = text.width();
    if full <= usize::from(width) {
        return (Cow::Borrowed(text), u16::try_from(full).unwrap_or(width));
    }
    let mark = if ascii { "~" } else { "…" };
    let room = usize::from(width).saturating_sub(1);
    let mut used = 0;
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        let cells = grapheme.width();
        if used + cells > room {
            break;
        }
        used += cells;
        kept.push_str(grapheme);
    }
    if width > 0 {
        kept.push_str(mark);
        used += 1;
    }
    (Cow::Owned(kept), u16::try_from(used).unwrap_or(width))
}

/// Breaks a text into lines of so many cells, at spaces where it can.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let cells = word.trim_end().width();
        if used > 0 && used + cells > width {
            lines.push(String::new());
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let cells = grapheme.width();
            if used + cells > width {
                if grapheme == " " {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            if let Some(last) = lines.last_mut() {
                last.push_str(grapheme);
            }
            used += cells;
        }
    }
    lines
}

/// A bar that fills `ratio` of so many cells.
pub fn bar(ratio: f64, width: u16, ascii: bool) -> String {
    let (full, empty) = if ascii { ("#", ".") } else { ("█", "░") };
    let width = usize::from(width);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let mut cells = (ratio.clamp(0.0, 1.0) * width as f64).round() as usize;
    // something done is never shown as nothing, something left never as all
    if ratio > 0.0 && cells == 0 {
        cells = 1;
    }
    if ratio < 1.0 && cells == width {
        cells = width.saturating_sub(1);
    }
    let cells = cells.min(width);
    format!("{}{}", full.repeat(cells), empty.repeat(width - cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_is_too_long_says_that_it_was_cut() {
        assert_eq!(fit("train-nightly", 8, false), ("train-n…".into(), 8));
        assert_eq!(fit("train", 8, false), ("train".into(), 5));
        assert_eq!(fit("漢字漢字", 4, true), ("漢~".into(), 3));
        assert_eq!(fit("abc", 0, false).0, "");
    }

    #[test]
    fn a_bar_is_full_only_when_all_is_done_and_empty_only_when_nothing_is() {
        assert_eq!(
            [
                bar(0.0, 4, true),
                bar(0.01, 4, true),
                bar(0.99, 4, true),
                bar(1.0, 4, true)
            ],
            ["....", "#...", "###.", "####"]
        );
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_letter_is_lost(text in "[a-z漢 ]{0,200}", width in 2u16..40) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|l| l.trim_end().width() <= usize::from(width)));
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn a_fitted_text_fits(text in ".{0,60}", width in 0u16..50) {
            let (fitted, used) = fit(&text, width, false);
            prop_assert!(fitted.width() <= usize::from(width));
            prop_assert_eq!(fitted.width(), usize::from(used));
        }
    }
}
