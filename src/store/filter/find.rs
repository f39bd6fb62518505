//! Whether a row passes, and how well it fits. Pure.

use std::fmt;

use nucleo_matcher::{Config, Matcher, Utf32Str};
use unicode_segmentation::UnicodeSegmentation;

use super::near::nearest;
use super::{Filter, Measure, Place, Sign, Size, Subject, Term, Text, What};
use crate::domain::Labels;

/// How well a row fits the words of a filter: the least fits best. Equal where there are no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Rank(u64);

const EXACT: u64 = 0;
const PREFIX: u64 = 1;
const WITHIN: u64 = 2;
const ELSEWHERE: u64 = 3;
const APART: u64 = 4;

/// One sort of hit is worth more than any score of the next.
const CLASS: u64 = 1 << 32;

/// Letters that lie apart must be the beginnings of words, or stand together in pieces, to count as a hit: this much
/// a letter. Without it almost any long name holds almost any short word.
const WORTH: usize = 18;

/// Finds; keeps what searching needs between rows.
#[derive(Default)]
pub struct Finder {
    /// A tenth of a megabyte, made when it is needed.
    matcher: Option<Matcher>,
    letters: Vec<char>,
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finder")
    }
}

impl Finder {
    /// The score of letters that stand in this order in a text.
    fn apart(&mut self, word: &Text, text: &str, at: Option<&mut Vec<u32>>) -> Option<u16> {
        let length = word.letters.chars().count();
        if word.quoted || length < 2 || word.letters.len() > text.len() {
            return None;
        }
        let matcher = self
            .matcher
            .get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        let text = Utf32Str::new(text, &mut self.letters);
        let score = match at {
            Some(at) => word.atom.indices(text, matcher, at),
            None => word.atom.score(text, matcher),
        };
        score.filter(|s| usize::from(*s) >= WORTH * length)
    }
}

impl Filter {
    /// How well a row fits; `None` when it does not pass.
    #[must_use]
    pub fn rank(&self, row: &dyn Subject, finder: &mut Finder) -> Option<Rank> {
        let mut sum = 0_u64;
        for term in &self.terms {
            sum = sum.saturating_add(self.term(term, row, finder)?);
        }
        Some(Rank(sum))
    }

    fn term(&self, term: &Term, row: &dyn Subject, finder: &mut Finder) -> Option<u64> {
        let hit = match &term.what {
            // what is left out is left out for letters that stand together only
            What::Words(None, texts) if term.not => self.any_column(texts, row).then_some(0),
            What::Words(None, texts) => self.word(texts, row, finder),
            What::Words(Some(place), texts) => in_place(*place, texts, row),
            What::Sizes(column, sizes) => row
                .value(column.index)
                .is_some_and(|value| sizes.iter().any(|s| s.holds(value)))
                .then_some(0),
            What::Label(key, values) => carries(row.labels(), key, values).then_some(0),
            What::Saved(_, terms) => terms
                .iter()
                .map(|t| self.term(t, row, finder))
                .try_fold(0_u64, |sum, hit| Some(sum.saturating_add(hit?))),
        };
        match (hit, term.not) {
            (hit, false) => hit,
            (None, true) => Some(0),
            (Some(_), true) => None,
        }
    }

    /// A word without a column: the name first, then anything, then its letters apart in the name.
    fn word(&self, texts: &[Text], row: &dyn Subject, finder: &mut Finder) -> Option<u64> {
        let named = texts.iter().filter_map(|t| t.class(row.name())).min();
        let hit = named.or_else(|| self.any_column(texts, row).then_some(ELSEWHERE));
        hit.map(|class| class * CLASS).or_else(|| {
            let score = texts
                .iter()
                .filter_map(|t| finder.apart(t, row.name(), None))
                .max()?;
            Some(APART * CLASS + u64::from(u16::MAX - score))
        })
    }

    fn any_column(&self, texts: &[Text], row: &dyn Subject) -> bool {
        let within = |text: &str| texts.iter().any(|t| t.within(text));
        if within(row.name()) || within(row.namespace()) || within(row.cluster()) {
            return true;
        }
        let mut found = false;
        for &index in &self.columns {
            row.column(index, &mut |text| found = found || within(text));
            if found {
                return true;
            }
        }
        false
    }

    /// A word that is looked for in a column and fits nothing that is known to stand there, and what may have been
    /// meant: for a filter that lets nothing through.
    #[must_use]
    pub fn stranger<'a>(&self, id: &str, known: &[&'a str]) -> Option<(&str, Option<&'a str>)> {
        stranger(&self.terms, id, known)
    }

    /// Time alone can change which rows pass.
    #[must_use]
    pub fn ages(&self) -> bool {
        fn any(terms: &[Term]) -> bool {
            terms.iter().any(|term| match &term.what {
                What::Sizes(column, _) => column.measure == Some(Measure::Seconds),
                What::Saved(_, terms) => any(terms),
                What::Words(..) | What::Label(..) => false,
            })
        }
        any(&self.terms)
    }

    /// Which letters of a name were looked for: indices of its graphemes, in order.
    #[must_use]
    pub fn letters(&self, name: &str, finder: &mut Finder) -> Vec<usize> {
        let mut letters = Vec::new();
        for term in self.terms.iter().filter(|t| !t.not) {
            let texts = match &term.what {
                What::Words(None, texts) => texts,
                What::Words(Some(place), texts) if place.is_name() => texts,
                _ => continue,
            };
            let fuzzy = matches!(term.what, What::Words(None, _));
            for text in texts {
                letters.extend(text.found(name, fuzzy.then_some(&mut *finder)));
            }
        }
        letters.sort_unstable();
        letters.dedup();
        letters
    }
}

fn stranger<'t, 'a>(
    terms: &'t [Term],
    id: &str,
    known: &[&'a str],
) -> Option<(&'t str, Option<&'a str>)> {
    terms
        .iter()
        .filter(|t| !t.not)
        .find_map(|term| match &term.what {
            What::Words(Some(place), texts) if place.id() == id => {
                let unknown = |t: &&Text| !known.iter().any(|k| t.fits(k));
                let text = texts.iter().find(unknown)?;
                let near = |k: &&'a str| {
                    nearest(&text.letters, [k.to_lowercase().as_str()].into_iter()).is_some()
                };
                Some((text.letters.as_str(), known.iter().copied().find(near)))
            }
            What::Saved(_, terms) => stranger(terms, id, known),
            _ => None,
        })
}

fn in_place(place: Place, texts: &[Text], row: &dyn Subject) -> Option<u64> {
    let any = |text: &str| texts.iter().any(|t| t.fits(text));
    let mut found = false;
    match place {
        Place::Column(column) if !place.is_name() => {
            row.column(column.index, &mut |text| found = found || any(text));
        }
        Place::Namespace => found = any(row.namespace()),
        Place::Cluster => found = any(row.cluster()),
        Place::Column(_) | Place::Name => {
            return texts
                .iter()
                .filter(|t| t.fits(row.name()))
                .filter_map(|t| t.class(row.name()))
                .min()
                .map(|class| class * CLASS);
        }
    }
    found.then_some(0)
}

fn carries(labels: &Labels, key: &str, values: &[Text]) -> bool {
    labels
        .iter()
        .filter(|(k, _)| *k == key || k.rsplit_once('/').is_some_and(|(_, name)| name == key))
        .any(|(_, value)| values.is_empty() || values.iter().any(|t| t.letters == value))
}

impl Text {
    fn within(&self, text: &str) -> bool {
        find(text, &self.letters, self.cased).is_some()
    }

    fn fits(&self, text: &str) -> bool {
        if self.whole || self.letters.is_empty() {
            same(text, &self.letters, self.cased)
        } else {
            self.within(text)
        }
    }

    fn class(&self, name: &str) -> Option<u64> {
        let at = find(name, &self.letters, self.cased)?;
        Some(if same(name, &self.letters, self.cased) {
            EXACT
        } else if at == 0 {
            PREFIX
        } else {
            WITHIN
        })
    }

    fn found(&self, name: &str, finder: Option<&mut Finder>) -> Vec<usize> {
        let whole: Vec<(usize, &str)> = name.grapheme_indices(true).collect();
        if let Some(from) = find(name, &self.letters, self.cased) {
            let to = from + self.letters.len();
            let inside = |(_, (at, _)): &(usize, &(usize, &str))| (from..to).contains(at);
            return whole
                .iter()
                .enumerate()
                .filter(inside)
                .map(|(i, _)| i)
                .collect();
        }
        let mut at = Vec::new();
        let hit = finder.and_then(|f| f.apart(self, name, Some(&mut at)));
        if hit.is_none() {
            return Vec::new();
        }
        at.iter()
            .filter_map(|i| usize::try_from(*i).ok())
            .filter(|i| *i < whole.len())
            .collect()
    }
}

impl Size {
    fn holds(&self, value: i64) -> bool {
        match self.sign {
            Sign::More => value > self.amount,
            Sign::AtLeast => value >= self.amount,
            Sign::Less => value < self.amount,
            Sign::AtMost => value <= self.amount,
            Sign::Equal => value == self.amount,
        }
    }
}

fn same(text: &str, wanted: &str, cased: bool) -> bool {
    if cased {
        text == wanted
    } else if text.is_ascii() {
        text.eq_ignore_ascii_case(wanted)
    } else {
        text.to_lowercase() == wanted
    }
}

/// Where a text begins in another. No allocation for ASCII.
fn find(text: &str, wanted: &str, cased: bool) -> Option<usize> {
    if cased {
        return text.find(wanted);
    }
    if wanted.is_empty() {
        return Some(0);
    }
    if !wanted.is_ascii() || !text.is_ascii() {
        return text.to_lowercase().find(wanted);
    }
    text.as_bytes()
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}
