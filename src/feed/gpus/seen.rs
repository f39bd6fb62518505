//! What was seen of GPUs since the console looks: when an error came, and since when nothing is done. Pure.
//!
//! An exporter tells the present only. Prometheus keeps the past; where there is none, what was seen is all there is, and
//! is told as that: an error of before the first look has no time, idleness began then or earlier.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::{GpuRow, Key, LastXid};

/// Less than this is nothing done.
const NOTHING: f64 = 0.02;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Of each GPU that was looked at, the last error.
    errors: BTreeMap<Key, Option<LastXid>>,
    /// Slices that do nothing, and since when.
    idle: BTreeMap<(Key, Option<u32>), Timestamp>,
}

impl Seen {
    /// Adds what is known of before to the figures of now, and remembers these.
    pub(super) fn join(&mut self, rows: &mut [GpuRow], now: Timestamp) {
        let mut idle = BTreeSet::new();
        for row in rows.iter_mut() {
            row.xid = self.error(row, now);
            for slice in &mut row.slices {
                let place = (row.key.clone(), slice.instance);
                if slice.busy.is_some_and(|busy| busy.ratio < NOTHING) {
                    slice.idle_since = Some(*self.idle.entry(place.clone()).or_insert(now));
                    idle.insert(place);
                }
            }
        }
        let looked: BTreeSet<&Key> = rows.iter().map(|row| &row.key).collect();
        // of an exporter that does not answer nothing is known, and nothing is forgotten
        self.idle
            .retain(|place, _| idle.contains(place) || !looked.contains(&place.0));
    }

    fn error(&mut self, row: &GpuRow, now: Timestamp) -> Option<LastXid> {
        let told = row.xid.map(|last| last.code);
        let known = self.errors.get(&row.key);
        let last = match (told, known) {
            (None, _) => None,
            (Some(code), Some(Some(before))) if before.code == code => Some(*before),
            // it was looked at before, and this error was not there
            (Some(code), Some(_)) => Some(LastXid {
                code,
                at: Some(now),
                before: None,
            }),
            (Some(code), None) => Some(LastXid {
                code,
                at: None,
                before: Some(now),
            }),
        };
        self.errors.insert(row.key.clone(), last);
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Busy, BusyBy, Clean, ClusterId, Slice};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn gpu(busy: Option<f64>, xid: Option<u32>) -> GpuRow {
        let key = Key::new(ClusterId::new("c"), "", "n/0");
        let slice = Slice {
            busy: busy.map(|ratio| Busy {
                ratio,
                by: BusyBy::Engine,
            }),
            ..Slice::default()
        };
        let last = |code| LastXid {
            code,
            at: None,
            before: None,
        };
        GpuRow {
            slices: Box::new([slice]),
            xid: xid.map(last),
            ..GpuRow::new(key, Clean::new("n"), Clean::new("0"))
        }
    }

    fn looked(seen: &mut Seen, row: GpuRow, second: i64) -> GpuRow {
        let mut rows = [row];
        seen.join(&mut rows, at(second));
        let [row] = rows;
        row
    }

    #[test]
    fn an_error_of_before_the_first_look_has_no_time_and_one_that_comes_has() {
        let mut seen = Seen::default();
        let first = looked(&mut seen, gpu(None, Some(13)), 0).xid.unwrap();
        assert_eq!((first.at, first.before), (None, Some(at(0))));
        let same = looked(&mut seen, gpu(None, Some(13)), 60).xid.unwrap();
        assert_eq!(same, first);
        let newer = looked(&mut seen, gpu(None, Some(79)), 120).xid.unwrap();
        assert_eq!((newer.code, newer.at), (79, Some(at(120))));
        let still = looked(&mut seen, gpu(None, Some(79)), 180).xid.unwrap();
        assert_eq!(still, newer);
        assert_eq!(looked(&mut seen, gpu(None, None), 240).xid, None);
    }

    #[test]
    fn idleness_is_counted_from_the_first_look_on_and_ends_with_work() {
        let mut seen = Seen::default();
        let since = |row: GpuRow| row.slices[0].idle_since;
        assert_eq!(
            since(looked(&mut seen, gpu(Some(0.0), None), 0)),
            Some(at(0))
        );
        assert_eq!(
            since(looked(&mut seen, gpu(Some(0.01), None), 60)),
            Some(at(0))
        );
        assert_eq!(since(looked(&mut seen, gpu(Some(0.4), None), 120)), None);
        assert_eq!(
            since(looked(&mut seen, gpu(Some(0.0), None), 180)),
            Some(at(180))
        );
        // what is not measured is not idle
        assert_eq!(since(looked(&mut seen, gpu(None, None), 240)), None);
        assert_eq!(
            since(looked(&mut seen, gpu(Some(0.0), None), 300)),
            Some(at(300))
        );
    }
}
