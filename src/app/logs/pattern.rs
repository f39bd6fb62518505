//! A regular expression as a person types it: any case unless it has a capital, bounded in size, its mistake with
//! the place where it stands. Pure.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_syntax::Error;

/// Most bytes of a compiled expression and of what it keeps while it searches: a pattern can be as hostile as a log.
const SIZE: usize = 512 * 1024;

/// A pattern in force.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which bytes of it.
    pub range: Range<usize>,
    /// What is wrong with them, a few words.
    pub what: String,
}

impl Pattern {
    /// Reads a pattern; `None` for an empty one.
    pub fn read(text: &str) -> Result<Option<Self>, Mistake> {
        if text.is_empty() {
            return Ok(None);
        }
        let built = RegexBuilder::new(text)
            .case_insensitive(!has_capital(text))
            .size_limit(SIZE)
            .dfa_size_limit(SIZE)
            .build();
        match built {
            Ok(regex) => Ok(Some(Self {
                text: text.to_owned(),
                regex,
            })),
            Err(error) => Err(mistake(text, &error)),
        }
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Is in the text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where it is in the text, first to last; what matches nothing at all is left out.
    pub fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.regex.find_iter(text).map(|m| m.range());
        found.filter(|range| !range.is_empty())
    }
}

/// A capital that is not the letter of a class such as `\S`.
fn has_capital(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let letter = !escaped && c.is_uppercase();
        escaped = !escaped && c == '\\';
        letter
    })
}

fn mistake(text: &str, error: &regex::Error) -> Mistake {
    if let regex::Error::CompiledTooBig(_) = error {
        return Mistake {
            range: 0..text.len(),
            what: "too big: use fewer or smaller repetitions".to_owned(),
        };
    }
    let (span, what) = match regex_syntax::parse(text) {
        Err(Error::Parse(e)) => (Some(*e.span()), e.kind().to_string()),
        Err(Error::Translate(e)) => (Some(*e.span()), e.kind().to_string()),
        _ => (None, "not a regular expression".to_owned()),
    };
    let range = span.map_or(0..text.len(), |s| s.start.offset..s.end.offset);
    let inside = range.start <= range.end && text.get(range.clone()).is_some();
    Mistake {
        range: if inside { range } else { 0..text.len() },
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Pattern {
        Pattern::read(text).unwrap().unwrap()
    }

    #[test]
    fn case_counts_only_with_a_capital() {
        assert!(read("error").is_in("ERROR") && read(r"e\Sror").is_in("ERROR"));
        assert!(read("Error").is_in("Error") && !read("Error").is_in("error"));
    }

    #[test]
    fn a_mistake_says_what_and_where() {
        let mistake = Pattern::read("foo(bar").unwrap_err();
        assert_eq!((mistake.range, &*mistake.what), (3..4, "unclosed group"));
        assert_eq!(Pattern::read("a{5,2}").unwrap_err().range, 1..6);
    }

    #[test]
    fn a_pattern_that_would_eat_the_machine_is_refused() {
        let mistake = Pattern::read(r"(\w{100}){100}").unwrap_err();
        assert!(mistake.what.starts_with("too big"), "{mistake:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_a_mistake_inside_it(pattern in ".{0,40}", text in ".{0,60}") {
            match Pattern::read(&pattern) {
                Ok(read) => {
                    let places: Vec<_> = read.iter().flat_map(|p| p.places(&text)).collect();
                    prop_assert!(places.iter().all(|p| text.get(p.clone()).is_some()));
                }
                Err(mistake) => prop_assert!(pattern.get(mistake.range).is_some()),
            }
        }
    }
}
