//! From text to terms, with the place of what is wrong. Pure.

use std::ops::Range;

use super::columns::{head, place, sized, unknown};
use super::near::nearest;
use super::quantity::amount;
use super::{Column, FilterMistake, Grammar, Measure, Place, Sign, Size, Term, Text, What};

/// Saved filters may name others, this deep.
const NESTED: usize = 4;

/// Reads all terms of a text: those that are right, and what is wrong with the first that is not.
pub(super) fn terms(
    text: &str,
    grammar: &Grammar<'_>,
    depth: usize,
) -> (Vec<Term>, Option<FilterMistake>) {
    let mut reader = Reader {
        text,
        at: 0,
        grammar,
        depth,
    };
    let (mut terms, mut wrong) = (Vec::new(), None);
    loop {
        match reader.term() {
            Ok(Some(term)) => terms.push(term),
            Ok(None) => return (terms, wrong),
            Err(mistake) => {
                wrong.get_or_insert(mistake);
                reader.pass_over();
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    grammar: &'a Grammar<'a>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes over a sign when it is there.
    fn take(&mut self, sign: &str) -> bool {
        let there = self.rest().starts_with(sign);
        if there {
            self.at += sign.len();
        }
        there
    }

    /// Goes to the end of a term that is wrong.
    fn pass_over(&mut self) {
        while let Some(c) = self.peek().filter(|c| !c.is_whitespace()) {
            if c == '"' {
                let _ = self.text();
            } else {
                self.at += c.len_utf8();
            }
        }
    }

    fn mistake<T>(&self, at: Range<usize>, what: impl Into<String>) -> Result<T, FilterMistake> {
        // where something is missing, the place before it is shown
        let at = if at.is_empty() {
            let before = self.text.get(..at.start).unwrap_or_default();
            let last = before.chars().next_back().map_or(0, char::len_utf8);
            let next = self.text.get(at.start..).and_then(|t| t.chars().next());
            match last {
                0 => at.start..at.start + next.map_or(0, char::len_utf8),
                _ => at.start - last..at.start,
            }
        } else {
            at
        };
        Err(FilterMistake {
            at,
            what: what.into(),
        })
    }

    fn term(&mut self) -> Result<Option<Term>, FilterMistake> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let start = self.at;
        let not = first == '!';
        if not {
            self.at += 1;
        }
        let what = match self.peek() {
            None => return self.mistake(start..self.at, "what not? write a word after !"),
            Some(c) if c.is_whitespace() || c == '!' => {
                return self.mistake(start..self.at, "what not? write a word after !");
            }
            Some('@') => self.saved()?,
            Some('"') => What::Words(None, self.texts(None, "")?),
            Some(_) => self.plain()?,
        };
        Ok(Some(Term { not, what }))
    }

    /// A word, or a column and what stands in it.
    fn plain(&mut self) -> Result<What, FilterMistake> {
        let Some(head) = head(self.word()) else {
            return Ok(What::Words(None, self.texts(None, "")?));
        };
        let start = self.at;
        let named = start..start + head.len();
        self.at = named.end + 1;
        if matches!(&*head.to_ascii_lowercase(), "label" | "labels") {
            return self.label();
        }
        let Some(place) = place(head, self.grammar.fields) else {
            return self.mistake(named, unknown(head, self.grammar.fields));
        };
        match place {
            Place::Column(column) if column.measure.is_some() => {
                Ok(What::Sizes(column, self.sizes(column)?))
            }
            place => Ok(What::Words(Some(place), self.texts(Some(place), head)?)),
        }
    }

    /// What stands up to the next space.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Texts with a bar between them; `head` is the place as it was written.
    fn texts(&mut self, place: Option<Place>, head: &str) -> Result<Vec<Text>, FilterMistake> {
        let mut texts = Vec::new();
        loop {
            let start = self.at;
            let whole = place.is_some() && self.take("=");
            if let Some(place) = place.filter(|_| matches!(self.peek(), Some('>' | '<'))) {
                let what = format!("{} has no size: {}", place.id(), sized(self.grammar.fields));
                return self.mistake(start..self.at + self.word().len(), what);
            }
            let (text, quoted) = self.text();
            if text.is_empty() && !(quoted && place.is_some()) {
                let after = self.text.get(..start).unwrap_or_default();
                let what = missing(after, place.map(|_| head));
                return self.mistake(start..self.at, what);
            }
            texts.push(Text::new(text, quoted, whole));
            if !self.take("|") {
                return Ok(texts);
            }
        }
    }

    /// One text, in quotes or up to a space or a bar; and whether it was in quotes.
    fn text(&mut self) -> (String, bool) {
        if !self.take("\"") {
            let rest = self.rest();
            let end = rest
                .find(|c: char| c.is_whitespace() || c == '|')
                .unwrap_or(rest.len());
            self.at += end;
            return (rest.get(..end).unwrap_or_default().to_owned(), false);
        }
        let mut text = String::new();
        // quotes that are still open end with the text: they are being typed
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match (c, self.peek()) {
                ('"', _) => break,
                ('\\', Some(escaped @ ('"' | '\\'))) => {
                    self.at += 1;
                    text.push(escaped);
                }
                _ => text.push(c),
            }
        }
        (text, true)
    }

    fn sizes(&mut self, column: Column) -> Result<Vec<Size>, FilterMistake> {
        let mut sizes = Vec::new();
        loop {
            sizes.push(self.size(column)?);
            if !self.take("|") {
                return Ok(sizes);
            }
        }
    }

    fn size(&mut self, column: Column) -> Result<Size, FilterMistake> {
        let measure = column.measure.unwrap_or(Measure::Count);
        let start = self.at;
        let signs = [
            (">=", Sign::AtLeast),
            ("<=", Sign::AtMost),
            (">", Sign::More),
            ("<", Sign::Less),
            ("=", Sign::Equal),
        ];
        let sign = signs.into_iter().find(|(sign, _)| self.take(sign));
        let from = self.at;
        let (written, _) = self.text();
        if written.is_empty() {
            let example = match measure {
                Measure::Seconds => format!("{0}:>2h or {0}:<10m", column.id),
                Measure::Count => format!("{0}:>3 or {0}:0", column.id),
            };
            return self.mistake(start..from, format!("a size is missing: write {example}"));
        }
        let amount = match amount(&written, measure) {
            Ok(amount) => amount,
            Err(what) => return self.mistake(from..self.at, what),
        };
        let sign = match (sign, measure) {
            (Some((_, sign)), _) => sign,
            (None, Measure::Count) => Sign::Equal,
            (None, Measure::Seconds) => {
                let what = format!(
                    "more or less? write {0}:>{written} or {0}:<{written}",
                    column.id
                );
                return self.mistake(from..self.at, what);
            }
        };
        Ok(Size {
            sign,
            amount,
            written,
        })
    }

    fn label(&mut self) -> Result<What, FilterMistake> {
        let start = self.at;
        let word = self.word();
        let end = word.find(['=', '|']).unwrap_or(word.len());
        let key = word.get(..end).unwrap_or_default();
        self.at += end;
        if key.is_empty() {
            return self.mistake(
                start..start,
                "which label? write label:key or label:key=value",
            );
        }
        if self.peek() == Some('|') {
            let at = self.at..self.at + 1;
            return self.mistake(at, format!("| stands between values: label:{key}=a|b"));
        }
        if !self.take("=") {
            return Ok(What::Label(key.to_owned(), Vec::new()));
        }
        let mut values = Vec::new();
        loop {
            let from = self.at;
            let (text, quoted) = self.text();
            if text.is_empty() && !quoted {
                let what = format!(
                    "a value is missing: any value is label:{key}, none is label:{key}=\"\""
                );
                return self.mistake(from..self.at, what);
            }
            values.push(Text::new(text, quoted, true));
            if !self.take("|") {
                return Ok(What::Label(key.to_owned(), values));
            }
        }
    }

    fn saved(&mut self) -> Result<What, FilterMistake> {
        let start = self.at;
        self.at += 1;
        let (name, _) = if self.peek() == Some('"') {
            self.text()
        } else {
            let word = self.word().to_owned();
            self.at += word.len();
            (word, false)
        };
        let at = start..self.at;
        let saved = self.grammar.saved;
        let Some(text) = saved.get(&name) else {
            return self.mistake(at, unsaved(&name, saved.keys()));
        };
        if self.depth >= NESTED {
            return self.mistake(
                at,
                format!("@{name}: saved filters name each other too deep"),
            );
        }
        match terms(text, self.grammar, self.depth + 1) {
            (terms, None) => Ok(What::Saved(name, terms)),
            (_, Some(wrong)) => self.mistake(
                at,
                format!("the saved filter {name} ({text}): {}", wrong.what),
            ),
        }
    }
}

fn missing(before: &str, head: Option<&str>) -> String {
    match head {
        _ if before.ends_with('|') => "a word is missing after |".to_owned(),
        Some(head) => format!("a value is missing after {head}:"),
        None => "a word is missing".to_owned(),
    }
}

fn unsaved<'a>(name: &str, saved: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = saved.map(String::as_str).collect();
    match nearest(name, names.iter().copied()) {
        _ if names.is_empty() => {
            "no filter is saved: write one in [filters] of the settings".to_owned()
        }
        Some(near) => format!("no saved filter {name}: did you mean @{near}?"),
        None => format!("no saved filter {name}: there are {}", names.join(", ")),
    }
}
