//! What a person types to narrow a list. Pure.
//!
//! Words must all be found somewhere in the row, in any order and case; `field:word` must be found in that column;
//! a leading `!` turns either around.

/// Calls back with every field of a row: its column id and its text.
pub type Haystack<'a> = &'a dyn Fn(&mut dyn FnMut(&str, &str));

/// A filter, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: Option<String>,
    word: String,
    not: bool,
}

impl Filter {
    /// Reads what was typed. `fields` are the columns of the list; a colon after anything else is part of the word.
    #[must_use]
    pub fn parse(text: &str, fields: &[&str]) -> Self {
        let terms = text
            .split_whitespace()
            .filter_map(|word| Term::parse(word, fields))
            .collect();
        Self { terms }
    }

    /// Lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes.
    #[must_use]
    pub fn passes(&self, row: Haystack<'_>) -> bool {
        self.terms.iter().all(|term| term.found(row) != term.not)
    }
}

impl Term {
    fn parse(text: &str, fields: &[&str]) -> Option<Self> {
        let (not, text) = text
            .strip_prefix('!')
            .map_or((false, text), |rest| (true, rest));
        let (field, word) = match text.split_once(':') {
            Some((head, rest)) => match expand(head, fields) {
                Some(field) => (Some(field.to_owned()), rest),
                None => (None, text),
            },
            None => (None, text),
        };
        (!word.is_empty()).then(|| Self {
            field,
            word: word.to_lowercase(),
            not,
        })
    }

    fn found(&self, row: Haystack<'_>) -> bool {
        let mut hit = false;
        row(&mut |field, text| {
            let here = self.field.as_deref().is_none_or(|wanted| wanted == field);
            hit = hit || here && contains(text, &self.word);
        });
        hit
    }
}

/// A field by its id, by a customary short name, or by an unambiguous beginning.
fn expand<'a>(head: &str, fields: &[&'a str]) -> Option<&'a str> {
    let head = match head {
        "ns" => "namespace",
        "phase" => "state",
        other => other,
    };
    if let Some(exact) = fields.iter().find(|f| **f == head) {
        return Some(exact);
    }
    let mut starting = fields
        .iter()
        .filter(|f| !head.is_empty() && f.starts_with(head));
    match (starting.next(), starting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Case-insensitive `contains`; `needle` is lower case already. No allocation for ASCII.
fn contains(text: &str, needle: &str) -> bool {
    if text.is_ascii() && needle.is_ascii() {
        let (text, needle) = (text.as_bytes(), needle.as_bytes());
        return text.len() >= needle.len()
            && text
                .windows(needle.len())
                .any(|window| window.eq_ignore_ascii_case(needle));
    }
    text.to_lowercase().contains(needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: &[&str] = &["state", "name", "namespace"];

    fn row(emit: &mut dyn FnMut(&str, &str)) {
        emit("state", "Failed");
        emit("name", "train-nightly-x7k2p");
        emit("namespace", "ml-fraud");
    }

    fn passes(text: &str) -> bool {
        Filter::parse(text, FIELDS).passes(&row)
    }

    #[test]
    fn all_words_must_be_found_in_any_column_and_case() {
        assert!(passes("") && passes("NIGHTLY fraud") && passes("failed"));
        assert!(!passes("nightly churn"));
    }

    #[test]
    fn a_field_narrows_a_word_to_its_column_and_a_bang_turns_it_around() {
        assert!(passes("ns:fraud phase:failed name:train"));
        assert!(!passes("name:fraud"));
        assert!(passes("!churn") && !passes("!ns:fraud"));
    }

    #[test]
    fn a_half_typed_field_filters_nothing_away() {
        assert!(passes("ns:") && passes("!") && passes("!phase:"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter(text in ".{0,80}") {
            let _ = Filter::parse(&text, FIELDS).passes(&row);
        }
    }
}
