//! Which screen is shown, for the report of a crash (the panic hook cannot ask the loop), and what a person did and saw,
//! for the score of a drill. No I/O.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

/// Keys and pages kept; nobody presses more in a drill.
const KEPT: usize = 10_000;

/// What is shown, and what was. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Scene(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    screen: &'static str,
    /// The page that was opened last, by number.
    page: u64,
    /// Titles of opened pages, each with when.
    opened: Vec<(String, Timestamp)>,
    keys: Vec<Timestamp>,
}

impl Scene {
    /// This screen from now on.
    pub fn set(&self, screen: &'static str) {
        if let Ok(mut seen) = self.0.try_lock() {
            seen.screen = screen;
        }
    }

    /// The screen that is shown; empty when the thread that sets it has died over it.
    #[must_use]
    pub fn get(&self) -> &'static str {
        self.0.try_lock().map_or("", |seen| seen.screen)
    }

    /// A key was pressed.
    pub fn pressed(&self, at: Timestamp) {
        if let Ok(mut seen) = self.0.try_lock()
            && seen.keys.len() < KEPT
        {
            seen.keys.push(at);
        }
    }

    /// This page is on top; its title is asked for once.
    pub fn on_top(&self, page: u64, at: Timestamp, title: impl FnOnce() -> String) {
        if let Ok(mut seen) = self.0.try_lock()
            && seen.page != page
        {
            seen.page = page;
            if seen.opened.len() < KEPT {
                seen.opened.push((title(), at));
            }
        }
    }

    /// How many keys were pressed until a time, or at all.
    #[must_use]
    pub fn keys_until(&self, end: Option<Timestamp>) -> usize {
        let until = |at: &&Timestamp| end.is_none_or(|end| **at <= end);
        self.0
            .try_lock()
            .map_or(0, |seen| seen.keys.iter().filter(until).count())
    }

    /// When a page was first opened whose title has this word.
    #[must_use]
    pub fn first_opened(&self, word: &str) -> Option<Timestamp> {
        let seen = self.0.try_lock().ok()?;
        let mut found = seen.opened.iter().filter(|(title, _)| title.contains(word));
        found.next().map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_pages_are_told_with_their_times() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        let scene = Scene::default();
        for second in 1..=5 {
            scene.pressed(at(second));
        }
        scene.on_top(1, at(3), || "Service fraud-scorer".to_owned());
        scene.on_top(1, at(4), || panic!("asked twice"));
        assert_eq!(scene.keys_until(Some(at(3))), 3);
        assert_eq!(scene.keys_until(None), 5);
        assert_eq!(scene.first_opened("fraud-scorer"), Some(at(3)));
        assert_eq!(scene.first_opened("ranker"), None);
    }
}
