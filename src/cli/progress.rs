//! What is being waited for, on standard error, when a person looks and it takes long. I/O.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use crate::domain::SourceId;

/// Nothing is said before this: most answers come sooner.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sources that are named.
const NAMED: usize = 3;

/// One line that is written over and taken away at the end.
#[derive(Debug)]
pub struct Progress {
    person: bool,
    shown: bool,
}

impl Progress {
    /// Shows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            person: io::stderr().is_terminal(),
            shown: false,
        }
    }

    /// Shows what is waited for, and tells how long to wait before it is shown again.
    pub fn show(&mut self, waited: Duration, waiting: &[SourceId]) -> Duration {
        if waited >= PATIENCE {
            self.say(&format!("{} … {} s", names(waiting), waited.as_secs()));
        }
        let into = Duration::from_nanos(u64::from(waited.subsec_nanos()));
        PATIENCE.saturating_sub(into).max(Duration::from_millis(1))
    }

    /// Shows a text.
    pub fn say(&mut self, text: &str) {
        if self.person {
            self.shown = true;
            // a line that is too long would leave parts of itself behind
            let text: String = text.chars().take(76).collect();
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn names(waiting: &[SourceId]) -> String {
    let mut text = "waiting for ".to_owned();
    for (index, id) in waiting.iter().take(NAMED).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // writing to a string cannot fail
        let _ = write!(text, "{comma}{}/{}", id.cluster, id.feed);
    }
    if let Some(more) = waiting.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;

    #[test]
    fn a_few_sources_are_named_and_the_rest_counted() {
        let id = |feed| SourceId {
            cluster: ClusterId::new("eu"),
            feed,
            scope: String::new(),
        };
        assert_eq!(
            names(&[id("api"), id("pods")]),
            "waiting for eu/api, eu/pods"
        );
        let many = [id("api"), id("pods"), id("nodes"), id("run"), id("logs")];
        assert_eq!(
            names(&many),
            "waiting for eu/api, eu/pods, eu/nodes and 2 more"
        );
    }
}
