//! Signs of life of one watch, as the connection sees them: the watcher of the client library keeps bookmarks,
//! reopened watches and headers to itself. Pure but for its lock; the clock is given.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

/// A watch that ends sooner is a short one: servers and proxies that end each watch at once must not make a busy
/// loop of it.
const SHORT: Duration = Duration::from_secs(1);
/// Short watches in a row before they count as trouble.
pub(crate) const TOO_MANY_SHORT: u32 = 3;

/// Shared between a source and the connection under it.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    inner: Mutex<Inner>,
    /// Told when a watch opens or ends, and now and then while bytes arrive.
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Option<Timestamp>,
    opened: Option<Instant>,
    closed: Option<Instant>,
    told: Option<Instant>,
    short: u32,
    retry_after: Option<Duration>,
}

/// What a source needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Last byte.
    pub(crate) seen: Option<Timestamp>,
    /// A watch is open since.
    pub(crate) open: Option<Instant>,
    /// No watch is open since.
    pub(crate) closed: Option<Instant>,
    /// Watches in a row that ended at once.
    pub(crate) short: u32,
}

impl Pulse {
    /// The server accepted the watch.
    pub(crate) fn opened(&self, now: Instant, at: Timestamp) {
        let mut inner = super::locked(&self.inner);
        inner.seen = Some(at);
        inner.opened = Some(now);
        inner.closed = None;
        drop(inner);
        self.changed.notify_one();
    }

    /// Bytes arrived. Tells at most every `quiet`.
    pub(crate) fn byte(&self, now: Instant, at: Timestamp, quiet: Duration) {
        let mut inner = super::locked(&self.inner);
        inner.seen = Some(at);
        let tell = inner
            .told
            .is_none_or(|t| now.saturating_duration_since(t) >= quiet);
        if tell {
            inner.told = Some(now);
            drop(inner);
            self.changed.notify_one();
        }
    }

    /// The watch ended, whoever ended it.
    pub(crate) fn closed(&self, now: Instant) {
        let mut inner = super::locked(&self.inner);
        let lived = inner
            .opened
            .take()
            .map(|o| now.saturating_duration_since(o));
        match lived {
            Some(lived) if lived < SHORT => inner.short = inner.short.saturating_add(1),
            Some(_) => inner.short = 0,
            None => {}
        }
        inner.closed = Some(now);
        drop(inner);
        self.changed.notify_one();
    }

    /// How long to wait before the next watch, after short ones.
    pub(crate) fn patience(&self, min: Duration, max: Duration) -> Duration {
        let short = super::locked(&self.inner).short;
        match short {
            // one may be a connection that broke
            0 | 1 => Duration::ZERO,
            n => min.saturating_mul(1 << (n - 2).min(16)).min(max),
        }
    }

    /// The server asked to wait.
    pub(crate) fn asked_to_wait(&self, wait: Duration) {
        super::locked(&self.inner).retry_after = Some(wait);
    }

    /// What the server asked for since the last time this was read.
    pub(crate) fn take_wait(&self) -> Option<Duration> {
        super::locked(&self.inner).retry_after.take()
    }

    /// The person asked anew: short watches are forgotten.
    pub(crate) fn forgive(&self) {
        super::locked(&self.inner).short = 0;
    }

    pub(crate) fn signs(&self) -> Signs {
        let inner = super::locked(&self.inner);
        Signs {
            seen: inner.seen,
            open: inner.opened,
            closed: inner.closed,
            short: inner.short,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_that_end_at_once_are_opened_ever_slower() {
        let pulse = Pulse::default();
        let (s, m) = (Duration::from_secs(1), Duration::from_secs(30));
        let start = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..7 {
            pulse.opened(start, Timestamp::UNIX_EPOCH);
            pulse.closed(start);
            waits.push(pulse.patience(s, m).as_secs());
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30]);
        pulse.opened(start, Timestamp::UNIX_EPOCH);
        pulse.closed(start + SHORT);
        assert_eq!(pulse.patience(s, m), Duration::ZERO);
    }
}
