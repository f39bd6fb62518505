//! What midwatch costs one API server: requests and bytes of bodies in a sliding minute. Pure but for its lock; the
//! clock is given.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::domain::ClusterLoad;

const WINDOW: Duration = Duration::from_secs(60);

/// Most requests in the sliding minute; it can be changed while requests are sent. 0 for no cap.
#[derive(Debug, Clone, Default)]
pub struct Cap(Arc<AtomicU32>);

impl Cap {
    /// From now on.
    pub fn set(&self, requests: u32) {
        self.0.store(requests, Ordering::Relaxed);
    }

    fn get(&self) -> Option<usize> {
        let requests = self.0.load(Ordering::Relaxed);
        (requests > 0).then(|| usize::try_from(requests).unwrap_or(usize::MAX))
    }
}

/// Counts. Cheap to touch; one per cluster.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    inner: Mutex<Inner>,
    /// Told when something is counted while nobody was told yet.
    pub(crate) touched: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// One slot a second, oldest first.
    slots: VecDeque<Slot>,
    requests: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Slot {
    at: Instant,
    requests: u32,
    bytes: u64,
}

impl Meter {
    /// A request is about to be sent: counted when the cap leaves room for it. Else the answer is when to ask again.
    pub(crate) fn admit(&self, now: Instant, cap: &Cap) -> Option<Instant> {
        if let Some(most) = cap.get() {
            let inner = super::locked(&self.inner);
            let recent = |slot: &&Slot| now.saturating_duration_since(slot.at) < WINDOW;
            let slots = || inner.slots.iter().filter(recent);
            let sent: usize = slots().map(|s| s.requests as usize).sum();
            if sent >= most {
                let first = slots().find(|s| s.requests > 0);
                return Some(first.map_or(now, |s| s.at) + WINDOW);
            }
        }
        self.count(now, 1, 0);
        None
    }

    /// A request was sent on a way that the cap has nothing to say about: to another server, through an open tunnel.
    pub(crate) fn sent(&self, now: Instant) {
        self.count(now, 1, 0);
    }

    /// Bytes of a body arrived (after decompression).
    pub(crate) fn bytes(&self, now: Instant, bytes: u64) {
        self.count(now, 0, bytes);
    }

    fn count(&self, now: Instant, requests: u32, bytes: u64) {
        {
            let mut inner = super::locked(&self.inner);
            inner.requests += u64::from(requests);
            inner.bytes += bytes;
            match inner.slots.back_mut() {
                Some(slot) if now.saturating_duration_since(slot.at) < Duration::from_secs(1) => {
                    slot.requests += requests;
                    slot.bytes += bytes;
                }
                _ => inner.slots.push_back(Slot {
                    at: now,
                    requests,
                    bytes,
                }),
            }
        }
        self.touched.notify_one();
    }

    /// The figures now, and when they will change by themselves because the minute slides on.
    pub(crate) fn load(&self, now: Instant) -> (ClusterLoad, Option<Instant>) {
        let mut inner = super::locked(&self.inner);
        while inner
            .slots
            .front()
            .is_some_and(|s| now.saturating_duration_since(s.at) >= WINDOW)
        {
            inner.slots.pop_front();
        }
        let load = ClusterLoad {
            requests: inner.slots.iter().map(|s| s.requests).sum(),
            bytes: inner.slots.iter().map(|s| s.bytes).sum(),
            requests_total: inner.requests,
            bytes_total: inner.bytes,
        };
        (load, inner.slots.front().map(|s| s.at + WINDOW))
    }
}

/// Figures that look the same in the header: requests, and megabytes with one digit.
pub(crate) fn look(load: ClusterLoad) -> (u32, u64) {
    (load.requests, load.bytes.div_ceil(100_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_slides_and_totals_stay() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let meter = Meter::default();
        let cap = Cap::default();
        assert_eq!(meter.admit(at(0), &cap), None);
        meter.bytes(at(0), 1_000_000);
        assert_eq!(meter.admit(at(30), &cap), None);
        let (load, next) = meter.load(at(31));
        assert_eq!((load.requests, load.bytes), (2, 1_000_000));
        assert_eq!(next, Some(at(60)));
        let (load, next) = meter.load(at(60));
        assert_eq!((load.requests, load.bytes), (1, 0));
        assert_eq!((load.requests_total, load.bytes_total), (2, 1_000_000));
        assert_eq!(next, Some(at(90)));
        assert_eq!(meter.load(at(90)).1, None);
    }

    #[test]
    fn a_cap_is_never_passed_in_any_minute() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let (meter, cap) = (Meter::default(), Cap::default());
        cap.set(3);
        let mut sent = Vec::new();
        for s in 0..300 {
            while meter.admit(at(s), &cap).is_none() {
                sent.push(s);
            }
            assert!(meter.load(at(s)).0.requests <= 3);
        }
        assert_eq!(
            sent,
            [
                0, 0, 0, 60, 60, 60, 120, 120, 120, 180, 180, 180, 240, 240, 240
            ]
        );
        assert_eq!(meter.admit(at(250), &cap), Some(at(300)));
        cap.set(0);
        assert_eq!(meter.admit(at(250), &cap), None);
    }

    #[test]
    fn slots_are_bounded_by_the_seconds_of_the_window() {
        let start = Instant::now();
        let meter = Meter::default();
        for n in 0..100_000 {
            meter.bytes(start + Duration::from_micros(n), 10);
        }
        assert_eq!(super::super::locked(&meter.inner).slots.len(), 1);
    }
}
