//! The containers whose lines stand in one book. Pure; called by the book alone.

use crate::domain::{LogEnd, LogLevel, LogScope, SourceId, guess};

/// One container, as its lines come.
#[derive(Debug, Clone)]
pub struct LogStream {
    /// The source its lines come from.
    pub source: SourceId,
    /// Which log.
    pub scope: LogScope,
    /// Why no more lines come, once none do.
    pub end: Option<LogEnd>,
    /// It is read now; false once its source was forgotten.
    present: bool,
    /// Time of its last line.
    nanos: i64,
    /// Inside a Python traceback: indented lines belong to it.
    in_trace: bool,
}

/// All of them; their numbers last as long as the book.
#[derive(Debug, Default)]
pub(super) struct Streams(Vec<LogStream>);

impl Streams {
    pub(super) fn all(&self) -> &[LogStream] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.iter().any(|s| s.present)
    }

    /// The number of a stream, and whether it is new. Beyond what can be numbered all share the last.
    pub(super) fn enter(&mut self, source: &SourceId, scope: &LogScope) -> (u16, bool) {
        let known = self.0.iter().position(|s| &s.source == source);
        let most = usize::from(u16::MAX);
        let (index, fresh) = match known {
            Some(index) => (index, self.0.get(index).is_some_and(|s| !s.present)),
            None if self.0.len() > most => (most, false),
            None => {
                self.0.push(LogStream {
                    source: source.clone(),
                    scope: scope.clone(),
                    end: None,
                    present: true,
                    nanos: i64::MIN,
                    in_trace: false,
                });
                (self.0.len() - 1, true)
            }
        };
        let number = u16::try_from(index).unwrap_or(u16::MAX);
        if let Some(stream) = self.get(number) {
            stream.present = true;
        }
        (number, fresh)
    }

    /// A source is forgotten; the number of its stream.
    pub(super) fn leave(&mut self, source: &SourceId) -> Option<u16> {
        let index = self
            .0
            .iter()
            .position(|s| s.present && &s.source == source)?;
        let number = u16::try_from(index).ok()?;
        self.get(number)?.present = false;
        Some(number)
    }

    /// Its lines come anew.
    pub(super) fn restart(&mut self, number: u16) {
        if let Some(stream) = self.get(number) {
            stream.nanos = i64::MIN;
            stream.in_trace = false;
            stream.end = None;
        }
    }

    /// What was told of its end; true when that is news.
    pub(super) fn ended(&mut self, number: u16, end: Option<LogEnd>) -> bool {
        let Some(stream) = self.get(number) else {
            return false;
        };
        let news = stream.end != end;
        stream.end = end;
        news
    }

    /// It printed a line: the time by which the line is ordered, and how much it matters.
    pub(super) fn printed(&mut self, number: u16, at: Option<i64>, text: &str) -> (i64, LogLevel) {
        let Some(stream) = self.get(number) else {
            return (at.unwrap_or(i64::MIN), guess(text));
        };
        stream.nanos = at.unwrap_or(stream.nanos);
        if stream.in_trace && (text.is_empty() || text.starts_with(' ')) {
            return (stream.nanos, LogLevel::Error);
        }
        stream.in_trace = text.starts_with("Traceback (most recent call last)");
        (stream.nanos, guess(text))
    }

    fn get(&mut self, number: u16) -> Option<&mut LogStream> {
        self.0.get_mut(usize::from(number))
    }
}
