//! Markdown as lines for a terminal: paragraphs joined, lists, code and tables as they are written. Pure.

use crate::domain::Clean;

/// One paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Para {
    /// What it says, on one line.
    pub text: Clean,
    /// It is code, or a row of a table: not broken at words.
    pub code: bool,
}

/// The paragraphs of a text; an empty one between two of them.
#[must_use]
pub fn prose(markdown: &str) -> Vec<Para> {
    let mut all: Vec<Para> = Vec::new();
    let (mut open, mut fenced) = (String::new(), false);
    for line in markdown.lines() {
        let text = line.trim();
        if text.starts_with("```") {
            close(&mut all, &mut open);
            fenced = !fenced;
        } else if fenced || text.starts_with('|') {
            close(&mut all, &mut open);
            all.push(para(if fenced { line } else { text }, true));
        } else if text.is_empty() {
            close(&mut all, &mut open);
            if all.last().is_some_and(|p| !p.text.is_empty()) {
                all.push(para("", false));
            }
        } else {
            if is_item(text) {
                close(&mut all, &mut open);
            } else if !open.is_empty() {
                open.push(' ');
            }
            open.push_str(text);
        }
    }
    close(&mut all, &mut open);
    if all.last().is_some_and(|p| p.text.is_empty()) {
        all.pop();
    }
    all
}

fn para(text: &str, code: bool) -> Para {
    Para {
        text: Clean::new(text),
        code,
    }
}

fn close(all: &mut Vec<Para>, open: &mut String) {
    if !open.is_empty() {
        let text = std::mem::take(open);
        all.push(para(&text, false));
    }
}

/// The line begins an item of a list, or a heading.
fn is_item(line: &str) -> bool {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < line.len() && number.starts_with(". ");
    numbered || line.starts_with("- ") || line.starts_with("* ") || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_and_lists_are_not() {
        let text = "One\ntwo.\n\n- a\n  more\n- b\n\n```sh\nls  -l\n```\n| x | y |\n";
        let lines: Vec<(String, bool)> = prose(text)
            .into_iter()
            .map(|p| (p.text.to_string(), p.code))
            .collect();
        let line = |text: &str, code| (text.to_owned(), code);
        let expected = [
            line("One two.", false),
            line("", false),
            line("- a more", false),
            line("- b", false),
            line("", false),
            line("ls  -l", true),
            line("| x | y |", true),
        ];
        assert_eq!(lines, expected);
        assert_eq!(
            prose("\u{202e}x")[0].text.as_str(),
            Clean::new("\u{202e}x").as_str()
        );
    }
}
