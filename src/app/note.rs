//! What the console tells the person: shown for a few seconds, kept for the messages screen. Pure.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Most notes kept.
pub const KEPT: usize = 200;

/// Seconds that a note stays on the screen.
const SHOWN: i64 = 6;

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was done.
    Info,
    /// Something is not as asked for.
    Warn,
    /// Something failed.
    Error,
}

/// One thing that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// One sentence, safe to show: what happened, and what to do next.
    pub text: String,
}

impl Note {
    /// Something was done.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            level: Level::Info,
            text: text.into(),
        }
    }
    /// Something is not as asked for.
    pub fn warn(text: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            text: text.into(),
        }
    }
    /// Something failed.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            text: text.into(),
        }
    }
}

/// A note and when it was told; repeats in a row are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The note.
    pub note: Note,
    /// When it was told last.
    pub at: Timestamp,
    /// How often in a row.
    pub count: u32,
    /// It is kept, and not shown by itself.
    pub quiet: bool,
}

/// All that was told, newest last.
#[derive(Debug, Default)]
pub struct Notes {
    told: VecDeque<Told>,
    /// The newest was closed by a key.
    closed: bool,
    /// How often anything was told.
    total: u64,
    /// Where the log file is.
    log: Option<String>,
}

impl Notes {
    /// Tells something.
    pub fn tell(&mut self, note: Note, now: Timestamp) {
        self.closed = false;
        self.total += 1;
        if let Some(last) = self.told.back_mut().filter(|t| !t.quiet && t.note == note) {
            last.at = now;
            last.count += 1;
            return;
        }
        if self.told.len() == KEPT {
            self.told.pop_front();
        }
        self.told.push_back(Told {
            note,
            at: now,
            count: 1,
            quiet: false,
        });
    }

    /// Keeps something for the messages without showing it; what was told before is counted, not repeated.
    pub fn keep(&mut self, note: Note, now: Timestamp) {
        self.total += 1;
        let known = self.told.iter().position(|t| t.quiet && t.note == note);
        let before = known.and_then(|at| self.told.remove(at));
        let newer = Told {
            note,
            at: now,
            count: before.map_or(1, |told| told.count.saturating_add(1)),
            quiet: true,
        };
        if self.told.len() == KEPT {
            self.told.pop_front();
        }
        // what is on the screen stays the newest that is shown
        self.told.push_back(newer);
    }

    /// What is to be shown over the screen now.
    #[must_use]
    pub fn shown(&self, now: Timestamp) -> Option<&Told> {
        let fresh = |t: &&Told| now.as_second() - t.at.as_second() < SHOWN;
        let newest = self.told.iter().rev().find(|t| !t.quiet);
        newest.filter(fresh).filter(|_| !self.closed)
    }

    /// Takes the newest off the screen.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// How often anything was told, repeats among them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The log file is here.
    pub fn log_at(&mut self, path: String) {
        self.log = Some(path);
    }

    /// Where the log file is; `None` when none is kept.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        self.log.as_deref()
    }

    /// All that is kept, oldest first.
    #[must_use]
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_and_the_oldest_are_dropped() {
        let mut notes = Notes::default();
        let now = Timestamp::UNIX_EPOCH;
        notes.tell(Note::info("copied"), now);
        notes.tell(Note::info("copied"), now);
        assert_eq!(notes.all().map(|t| t.count).collect::<Vec<_>>(), [2]);
        for n in 0..KEPT {
            notes.tell(Note::warn(n.to_string()), now);
        }
        assert_eq!(notes.all().count(), KEPT);
        assert_eq!(notes.all().next().unwrap().note.text, "0");
    }

    #[test]
    fn what_is_only_kept_is_not_shown_and_counted_when_it_comes_again() {
        let mut notes = Notes::default();
        let now = Timestamp::UNIX_EPOCH;
        notes.tell(Note::info("copied"), now);
        notes.keep(Note::warn("down"), now);
        notes.keep(Note::warn("denied"), now);
        notes.keep(Note::warn("down"), now);
        assert_eq!(notes.shown(now).unwrap().note.text, "copied");
        let told: Vec<_> = notes.all().map(|t| (&*t.note.text, t.count)).collect();
        assert_eq!(told, [("copied", 1), ("denied", 1), ("down", 2)]);
        assert_eq!(notes.total(), 4);
    }

    #[test]
    fn a_note_is_shown_for_a_while_or_until_it_is_closed() {
        let mut notes = Notes::default();
        notes.tell(Note::error("no"), Timestamp::UNIX_EPOCH);
        let later = |s| Timestamp::from_second(s).unwrap();
        assert!(notes.shown(later(5)).is_some() && notes.shown(later(6)).is_none());
        notes.close();
        assert!(notes.shown(later(5)).is_none());
    }
}
