//! Which actions are meant. Pure but for the clock of the arguments.

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::unread;
use crate::act::Journal;
use crate::act::journal::Report;
use crate::cli::exit::Failure;
use crate::plan::{Entry, Folding};
use crate::settings::matches;

/// Which actions.
#[derive(Debug, Clone, Default, Args)]
pub struct Pick {
    /// Only actions that began since then: 30m, 24h, 7d, 2026-10-12 or a time such as 2026-10-12T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Timestamp>,
    /// Only on this context (* any letters, ? one)
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Only this action (run.*: all of runs)
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Only what ended so
    #[arg(long, value_name = "VERDICT", value_enum)]
    pub verdict: Option<Word>,
    /// Only actions of which it is not known what came of them
    #[arg(long)]
    pub doubt: bool,
}

/// How an action ended, or where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// The cluster showed what was expected
    Done,
    /// Taken; what is expected was not seen
    Accepted,
    /// Nothing was written
    NotWritten,
    /// Some requests were taken, then one was not
    Partly,
    /// No answer, and looking did not tell
    Unknown,
    /// Written down, nothing left
    Begun,
    /// A request left, and there is no answer
    Doubt,
    /// Answered, and nobody looked what came of it
    Unchecked,
}

impl Pick {
    /// All that are meant, oldest first, and the state of the journal.
    pub fn read(&self, journal: &Journal) -> Result<(Vec<Entry>, Report), Failure> {
        let mut folding = Folding::default();
        let report = journal.each(|record| folding.add(&record, |entry| self.began(entry)));
        let report = report.map_err(|e| unread(&e))?;
        let mut entries = folding.entries();
        entries.retain(|e| self.ended(e));
        Ok((entries, report))
    }

    /// What is known of it from the beginning.
    fn began(&self, entry: &Entry) -> bool {
        let like = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|p| matches(p, text))
        };
        self.since.is_none_or(|since| entry.at >= since)
            && like(&self.context, &entry.intent.cluster.name)
            && like(&self.action, &entry.intent.action)
    }

    fn ended(&self, entry: &Entry) -> bool {
        let standing = entry.standing();
        let word = |word: Word| {
            word.to_possible_value()
                .is_some_and(|v| v.get_name() == standing.word())
        };
        let open = standing.is_open() || standing.word() == "unknown";
        self.verdict.is_none_or(word) && (!self.doubt || open)
    }
}

pub(in crate::cli) fn since(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    let wrong = || "write 30m, 24h, 7d, 2026-10-12 or 2026-10-12T22:00:00Z".to_owned();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(day) = text.parse::<Date>() {
        let midnight = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        return Ok(midnight.timestamp());
    }
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        'w' => 7 * 86400,
        _ => return Err(wrong()),
    };
    let count = text.strip_suffix(unit).and_then(|n| n.parse::<u32>().ok());
    let span = i64::from(count.ok_or_else(wrong)?) * seconds;
    // before the beginning of time is everything
    Ok(now
        .checked_sub(SignedDuration::from_secs(span))
        .unwrap_or(Timestamp::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spans_days_and_moments() {
        let before = Timestamp::now();
        let day = since("24h").unwrap();
        let back = before.duration_since(day).as_secs();
        assert!((86_400 - back).abs() < 60, "{back}");
        assert_eq!(
            since("2026-10-12").unwrap().to_string(),
            "2026-10-12T00:00:00Z"
        );
        assert_eq!(
            since("2026-10-12T22:00:00+02:00").unwrap().to_string(),
            "2026-10-12T20:00:00Z"
        );
        for wrong in ["", "24", "h", "yesterday", "-5h", "5y"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
