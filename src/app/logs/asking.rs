//! What is typed: a search, a filter in, a filter out. Pure.

use super::{LogScreen, Pattern};
use crate::app::command::Verb;
use crate::app::screen::{Question, Turn};
use crate::store::LineKey;

/// A pattern that is being typed.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    what: Verb,
    /// Where the person was.
    from: (Option<LineKey>, bool),
}

impl Asking {
    /// Where the person was.
    pub(super) fn from(&self) -> Option<LineKey> {
        self.from.0
    }
}

impl LogScreen {
    pub(super) fn ask(&mut self, verb: Verb) -> Turn {
        let (label, now) = match verb {
            Verb::LogInclude => ("only ", &self.include),
            Verb::LogExclude => ("without ", &self.exclude),
            _ => ("/", &self.search),
        };
        let text = now
            .as_ref()
            .map_or_else(String::new, |p| p.text().to_owned());
        self.asking = Some(Asking {
            what: verb,
            from: (self.cursor, self.follow),
        });
        Turn::Ask(Question {
            label,
            hint: "words or a regular expression; a capital makes case count",
            text,
        })
    }

    /// A mistake leaves what was in force.
    pub(super) fn take_typed(&mut self, text: &str) {
        let Some(asking) = &self.asking else { return };
        self.said.clear();
        let pattern = match Pattern::read(text) {
            Ok(pattern) => pattern,
            Err(mistake) => {
                let part = text.get(mistake.range).unwrap_or_default();
                self.said = format!("not a regular expression: {} at `{part}`", mistake.what);
                return;
            }
        };
        let slot = match asking.what {
            Verb::LogInclude => &mut self.include,
            Verb::LogExclude => &mut self.exclude,
            _ => &mut self.search,
        };
        if slot.as_ref().map(Pattern::text) == pattern.as_ref().map(Pattern::text) {
            return;
        }
        *slot = pattern;
        self.due.renew = true;
        self.due.jump = asking.what == Verb::LogSearch && self.search.is_some();
    }

    pub(super) fn take_answer(&mut self, kept: bool) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        if !kept {
            self.said.clear();
            self.due.jump = false;
            (self.cursor, self.follow) = asking.from;
        }
    }
}
