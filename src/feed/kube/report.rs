//! What is told about a source, and when: changes of state at once, mere signs of life seldom. Pure; the clock is
//! given.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::{SourceId, SourceRow, SourceState};
use crate::fault::Fault;

/// The row of a source, and what of it was sent.
#[derive(Debug)]
pub(crate) struct Report {
    row: SourceRow,
    sent: Option<SourceRow>,
    sent_at: Option<Instant>,
    alive: Duration,
}

impl Report {
    pub(crate) fn new(id: SourceId, endpoint: String, alive: Duration, now: Timestamp) -> Self {
        let row = SourceRow {
            id,
            state: SourceState::Connecting,
            since: now,
            seen: None,
            endpoint,
            rows: 0,
            fault: None,
            retry: None,
        };
        Self {
            row,
            sent: None,
            sent_at: None,
            alive,
        }
    }

    pub(crate) fn state(&self) -> SourceState {
        self.row.state
    }

    pub(crate) fn since(&self) -> Timestamp {
        self.row.since
    }

    pub(crate) fn set_state(&mut self, state: SourceState, now: Timestamp) {
        if self.row.state != state {
            self.row.state = state;
            self.row.since = now;
        }
    }

    /// The source works: no fault, no retry.
    pub(crate) fn set_well(&mut self, state: SourceState, now: Timestamp) {
        self.set_state(state, now);
        self.row.fault = None;
        self.row.retry = None;
    }

    /// A failure; the same one again counts up.
    pub(crate) fn set_fault(&mut self, fault: Fault) {
        self.row.fault = Some(match self.row.fault.take() {
            Some(old) => old.again(fault),
            None => fault,
        });
    }

    pub(crate) fn set_retry(&mut self, retry: Option<Timestamp>) {
        self.row.retry = retry;
    }

    pub(crate) fn set_seen(&mut self, seen: Option<Timestamp>) {
        self.row.seen = seen.or(self.row.seen);
    }

    pub(crate) fn set_rows(&mut self, rows: usize) {
        self.row.rows = rows as u64;
    }

    pub(crate) fn set_endpoint(&mut self, endpoint: String) {
        self.row.endpoint = endpoint;
    }

    /// Something is to be sent now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let Some(sent) = &self.sent else { return true };
        if sent == &self.row {
            return false;
        }
        let mere_life = SourceRow {
            seen: self.row.seen,
            rows: self.row.rows,
            ..sent.clone()
        } == self.row;
        !mere_life
            || self
                .sent_at
                .is_none_or(|t| now.saturating_duration_since(t) >= self.alive)
    }

    /// The row to send.
    pub(crate) fn take(&mut self, now: Instant) -> SourceRow {
        self.sent = Some(self.row.clone());
        self.sent_at = Some(now);
        self.row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;
    use crate::fault::FaultKind;

    #[test]
    fn states_are_told_at_once_and_signs_of_life_seldom() {
        let (t, start) = (Timestamp::UNIX_EPOCH, Instant::now());
        let id = SourceId {
            cluster: ClusterId::new("c"),
            feed: "pods",
            scope: String::new(),
        };
        let mut r = Report::new(id, String::new(), Duration::from_secs(5), t);
        assert!(r.is_due(start));
        r.take(start);
        assert!(!r.is_due(start));
        r.set_seen(Some(t));
        assert!(!r.is_due(start));
        assert!(r.is_due(start + Duration::from_secs(5)));
        r.set_state(SourceState::Live, t);
        assert!(r.is_due(start));
        r.take(start);
        let fault = Fault::new("c/pods", FaultKind::Busy, "no", t);
        r.set_fault(fault.clone());
        r.set_fault(fault);
        assert_eq!(r.take(start).fault.map(|f| f.count), Some(2));
        r.set_well(SourceState::Live, t);
        assert_eq!(r.take(start).fault, None);
    }
}
