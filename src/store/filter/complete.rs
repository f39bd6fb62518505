//! Which piece of a filter is being typed, for completion. Pure.

use super::columns::{ALWAYS, CUSTOMARY, head, place};
use super::{Grammar, Place};

/// The piece of a filter at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins, in bytes.
    pub from: usize,
    /// What of it is typed, without an opening quote.
    pub typed: String,
    /// What could stand there.
    pub sought: Sought,
}

/// What could stand in a place of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// The name of a column.
    Field,
    /// What stands in a column, by its index.
    Column(usize),
    /// A name, when there is no such column.
    Name,
    /// A namespace, when there is no such column.
    Namespace,
    /// A cluster, when there is no such column.
    Cluster,
    /// The key of a label.
    LabelKey,
    /// The value of a label with this key.
    LabelValue(String),
    /// The name of a saved filter.
    Saved,
    /// Something that cannot be guessed: a size, a phrase, a column that is not known.
    Nothing,
}

impl Piece {
    /// Finds the piece of a text that ends at the cursor.
    #[must_use]
    pub fn at(text: &str, cursor: usize, grammar: &Grammar<'_>) -> Self {
        let before = text.get(..cursor).unwrap_or(text);
        let start = start_of_term(before);
        let term = before.get(start..).unwrap_or_default();
        let bare = term.strip_prefix('!').unwrap_or(term);
        let start = before.len() - bare.len();
        if let Some(name) = bare.strip_prefix('@') {
            return Self::new(start + 1, name, Sought::Saved);
        }
        let Some(head) = head(bare) else {
            let sought = if bare.starts_with('"') || bare.contains('|') {
                Sought::Nothing
            } else {
                Sought::Field
            };
            return Self::new(start, bare, sought);
        };
        let value = bare.get(head.len() + 1..).unwrap_or_default();
        let from = before.len() - value.len();
        if matches!(&*head.to_ascii_lowercase(), "label" | "labels") {
            return Self::label(from, value);
        }
        let sought = match place(head, grammar.fields) {
            Some(Place::Column(c)) if c.measure.is_none() => Sought::Column(c.index),
            Some(Place::Name) => Sought::Name,
            Some(Place::Namespace) => Sought::Namespace,
            Some(Place::Cluster) => Sought::Cluster,
            Some(Place::Column(_)) | None => Sought::Nothing,
        };
        Self::last_value(from, value, sought)
    }

    fn new(from: usize, typed: &str, sought: Sought) -> Self {
        let typed = typed.strip_prefix('"').unwrap_or(typed).to_owned();
        Self {
            from,
            typed,
            sought,
        }
    }

    fn label(from: usize, value: &str) -> Self {
        match value.split_once('=') {
            Some((key, rest)) => {
                let sought = Sought::LabelValue(key.to_owned());
                Self::last_value(from + key.len() + 1, rest, sought)
            }
            None => Self::new(from, value, Sought::LabelKey),
        }
    }

    /// Of several values, the last is being typed.
    fn last_value(from: usize, value: &str, sought: Sought) -> Self {
        let last = value.rsplit('|').next().unwrap_or_default();
        let from = from + value.len() - last.len();
        let text = last.strip_prefix('=').unwrap_or(last);
        Self::new(from + last.len() - text.len(), text, sought)
    }
}

/// Where the term at the end of a text begins: after the last space that is not in quotes.
fn start_of_term(text: &str) -> usize {
    let (mut start, mut open, mut escaped) = (0, false, false);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if open {
            open = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
        } else if c.is_whitespace() {
            start = at + c.len_utf8();
        } else if c == '"' {
            // within a word a quote is a letter
            open = before.is_whitespace() || matches!(before, ':' | '|' | '=' | '!' | '@');
        }
        before = c;
    }
    start
}

/// Names of columns that can be written.
pub(crate) fn fields(grammar: &Grammar<'_>) -> Vec<&'static str> {
    let ids = grammar.fields.iter().map(|f| f.id);
    let missing = ALWAYS
        .into_iter()
        .filter(|id| !grammar.fields.iter().any(|f| f.id == *id));
    let known: Vec<&str> = ids.chain(missing).collect();
    let customary = CUSTOMARY.into_iter().filter(|(_, id)| known.contains(id));
    let customary: Vec<&str> = customary.map(|(name, _)| name).collect();
    known
        .into_iter()
        .chain(["label"])
        .chain(customary)
        .collect()
}

impl Grammar<'_> {
    /// What can stand before a colon.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        fields(self)
    }
}

/// A text as it is written in a filter: in quotes where it would be taken apart.
#[must_use]
pub fn quoted(text: &str) -> String {
    let breaks = |c: char| c.is_whitespace() || c == '|';
    let opens = text.starts_with(['"', '=', '<', '>', '!', '@']);
    if text.is_empty() || opens || text.contains(breaks) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}
