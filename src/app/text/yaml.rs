//! A tree as YAML, in the order in which it was served, with folds. Pure.
//!
//! What is written reads back as the same tree, as long as nothing was hidden.

use super::doc::{Doc, Fold, Line, count, id};
use crate::domain::{Clean, Tree, hidden};
use crate::theme::Role;

/// Longer texts are folded at first, in characters.
const LONG: usize = 300;

/// What stays of them.
const KEPT: usize = 72;

/// Parts that are folded at first.
const CLOSED: [&str; 3] = [
    "/status/nodes",
    "/metadata/managedFields",
    "/status/storedTemplates",
];

/// The tree as YAML; `managers` with the record of who wrote which field.
#[must_use]
pub fn doc(tree: &Tree, managers: bool) -> Doc {
    let mut writer = Writer {
        lines: Vec::new(),
        lead: None,
        managers,
    };
    match tree {
        Tree::Map(entries) if !entries.is_empty() => writer.map(entries, 0, ""),
        Tree::List(items) if !items.is_empty() => writer.list(items, 0, ""),
        scalar => writer.value(Line::new(0), scalar, 0, ""),
    }
    Doc {
        lines: writer.lines,
    }
}

struct Writer {
    lines: Vec<Line>,
    /// What stands at the beginning of the next line instead of blanks: dashes of list items.
    lead: Option<String>,
    managers: bool,
}

impl Writer {
    fn begin(&mut self, indent: usize, path: &str) -> Line {
        let lead = self.lead.take().unwrap_or_else(|| " ".repeat(indent));
        let mut line = Line::new(id(path)).put(&lead, Role::Dim);
        line.hang = indent + 2;
        line
    }

    fn map(&mut self, entries: &[(Clean, Tree)], indent: usize, path: &str) {
        for (key, value) in entries {
            let path = format!("{path}/{key}");
            if path == "/metadata/managedFields" && !self.managers {
                continue;
            }
            let line = self
                .begin(indent, &path)
                .put(&scalar(key), Role::Chosen)
                .put(":", Role::Dim);
            self.value(line, value, indent, &path);
        }
        // every entry was left out
        if self.lead.is_some() {
            let line = self.begin(indent, path).put("{}", Role::Dim);
            self.lines.push(line);
        }
    }

    fn list(&mut self, items: &[Tree], indent: usize, path: &str) {
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}/{at}");
            let lead = self.lead.take().unwrap_or_else(|| " ".repeat(indent));
            self.lead = Some(format!("{lead}- "));
            let start = self.lines.len();
            match item {
                Tree::Map(entries) if !entries.is_empty() => self.map(entries, indent + 2, &path),
                Tree::List(items) if !items.is_empty() => self.list(items, indent + 2, &path),
                other => {
                    let line = self.begin(indent + 2, &path);
                    self.value(line, other, indent, &path);
                }
            }
            self.fold(start, "", &path);
        }
    }

    /// The rest of a line that ends with a value, and the lines below it.
    fn value(&mut self, line: Line, tree: &Tree, indent: usize, path: &str) {
        let start = self.lines.len();
        match tree {
            Tree::Map(entries) if !entries.is_empty() => {
                self.lines.push(line);
                self.map(entries, indent + 2, path);
                self.fold(start, &count(entries.len(), "entry"), path);
                return;
            }
            Tree::List(items) if !items.is_empty() => {
                self.lines.push(line);
                self.list(items, indent, path);
                self.fold(start, &count(items.len(), "item"), path);
                return;
            }
            _ => {}
        }
        let line = if line.text().ends_with(':') {
            line.put(" ", Role::Dim)
        } else {
            line
        };
        match tree {
            Tree::Lines(lines) => self.block(line, lines, indent, path),
            Tree::Map(_) => self.lines.push(line.put("{}", Role::Dim)),
            Tree::List(_) => self.lines.push(line.put("[]", Role::Dim)),
            Tree::Null => self.lines.push(line.put("null", Role::Dim)),
            Tree::Bool(b) => self.lines.push(line.put(&b.to_string(), Role::Text)),
            Tree::Number(n) => self.lines.push(line.put(n, Role::Text)),
            Tree::Hidden(bytes) => self.lines.push(line.put(&hidden(*bytes), Role::Warn)),
            Tree::Text(text) => {
                let before = line.text().len();
                let mut line = line.put(&scalar(text), Role::Text);
                line.fold = long(text, before, &line, start);
                self.lines.push(line);
            }
        }
    }

    /// Several lines: as a block where the block reads back as what it is, else in quotes.
    fn block(&mut self, line: Line, lines: &[Clean], indent: usize, path: &str) {
        let blank = |l: &Clean| !l.is_empty() && l.trim().is_empty();
        let nothing = lines.iter().all(|l| l.is_empty());
        if nothing || lines.iter().any(blank) {
            let all: Vec<&str> = lines.iter().map(Clean::as_str).collect();
            self.lines
                .push(line.put(&quoted(&all.join("\n")), Role::Text));
            return;
        }
        let open = lines.last().is_some_and(|l| l.is_empty());
        let more = open && lines.iter().rev().nth(1).is_some_and(|l| l.is_empty());
        let first = lines
            .first()
            .is_some_and(|l| l.is_empty() || l.starts_with(' '));
        let end = match (open, more) {
            (false, _) => "-",
            (true, false) => "",
            (true, true) => "+",
        };
        let start = self.lines.len();
        let sign = format!("|{}{end}", if first { "2" } else { "" });
        self.lines.push(line.put(&sign, Role::Dim));
        let shown = lines.len() - usize::from(open);
        for (at, text) in lines.iter().take(shown).enumerate() {
            let mut line = Line::new(id((path, at)));
            if !text.is_empty() {
                line = line
                    .put(&" ".repeat(indent + 2), Role::Text)
                    .put(text, Role::Text);
            }
            line.hang = indent + 4;
            self.lines.push(line);
        }
        self.fold(start, &count(shown, "line"), path);
    }

    /// What was written since a line can be put away behind it.
    fn fold(&mut self, start: usize, note: &str, path: &str) {
        let end = self.lines.len();
        let closed = CLOSED.contains(&path);
        let Some(line) = self.lines.get_mut(start) else {
            return;
        };
        if end - start < 2 || line.fold.is_some() {
            return;
        }
        let note = if note.is_empty() || note.ends_with("line") || note.ends_with("lines") {
            count(end - start - 1, "line")
        } else {
            format!("{note}, {}", count(end - start - 1, "line"))
        };
        line.fold = Some(Fold {
            end,
            note,
            closed,
            keeps: None,
        });
    }
}

/// A long text is folded behind its beginning.
fn long(text: &str, before: usize, line: &Line, start: usize) -> Option<Fold> {
    let length = text.chars().count();
    if length <= LONG {
        return None;
    }
    let keeps = line.text().get(before..)?.char_indices().nth(KEPT)?.0;
    Some(Fold {
        end: start + 1,
        note: count(length, "character"),
        closed: true,
        keeps: Some(before + keeps),
    })
}

/// One line of text, in quotes where it would read as something else.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that are no text to some reader of YAML.
const WORDS: [&str; 14] = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "=", "<<", ".inf", ".nan",
];

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let second = text.chars().nth(1);
    let opens = match first {
        '-' | '?' | ':' => second.is_some_and(|c| !c.is_whitespace()) && !text.starts_with("---"),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' => false,
        c => !c.is_whitespace(),
    };
    opens
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && !text.starts_with('\u{a0}')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && !looks_like_a_number(text)
}

/// A number, a date or a time to some reader of YAML.
fn looks_like_a_number(text: &str) -> bool {
    let bare = text.replace('_', "");
    let digits = bare.trim_start_matches(['+', '-']);
    let date = digits.split('-').next().is_some_and(|y| {
        y.len() == 4 && y.bytes().all(|b| b.is_ascii_digit()) && digits.contains('-')
    });
    let clock = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'))
        && digits.contains(':');
    let based = ["0x", "0o", "0b", "0X", "0O", "0B"]
        .iter()
        .any(|p| digits.starts_with(p));
    let inf = digits.to_ascii_lowercase().starts_with(".inf");
    bare.parse::<f64>().is_ok() || digits.parse::<f64>().is_ok() || date || clock || based || inf
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
