//! How long to wait before the next try. Pure: randomness is given.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::options::Options;
use crate::fault::FaultKind;

/// The first wait after a refusal, as a part of the longest: 5 s of 5 minutes.
const FIRST_DENIAL: u32 = 60;

/// Waits that double from `min` to `max`; each is shortened by up to half, so that many clients do not come back at
/// the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    tries: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, tries: 0 }
    }

    /// Waits after a refusal: soon at first, since a role may just be missing from a server that has started.
    pub(crate) fn denials(options: &Options) -> Self {
        Self::new(options.retry_denied / FIRST_DENIAL, options.retry_denied)
    }

    /// The next wait. `unit` is a random number from 0 to 1.
    pub(crate) fn next(&mut self, unit: f64) -> Duration {
        let full = self
            .min
            .saturating_mul(1_u32.checked_shl(self.tries).unwrap_or(u32::MAX))
            .min(self.max);
        self.tries = (self.tries + 1).min(31);
        full.mul_f64(0.5 + unit.clamp(0.0, 1.0) / 2.0)
    }

    /// Starts again from the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// Failures in a row so far.
    pub(crate) fn tries(&self) -> u32 {
        self.tries
    }
}

/// How long to wait after a failure of a source that is asked and not watched: by what can be done about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    outage: Backoff,
    denial: Backoff,
}

impl Waits {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            outage: Backoff::new(options.retry_min, options.retry_max),
            denial: Backoff::denials(options),
        }
    }

    /// The next wait after a failure.
    pub(crate) fn next(&mut self, kind: FaultKind) -> Duration {
        match kind {
            FaultKind::Denied | FaultKind::Gone | FaultKind::Config => self.denial.next(unit()),
            _ => self.outage.next(unit()),
        }
    }

    /// It answered.
    pub(crate) fn reset(&mut self) {
        self.outage.reset();
        self.denial.reset();
    }
}

/// A random number from 0 to 1, good enough to spread clients.
pub(crate) fn unit() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 40;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(1_u32 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut b = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        let waits: Vec<u64> = (0..7).map(|_| b.next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100 {
            b.next(1.0);
        }
        assert_eq!(b.next(1.0), Duration::from_secs(30));
        b.reset();
        assert_eq!(b.next(0.0), Duration::from_millis(500));
    }

    #[test]
    fn random_numbers_stay_between_nought_and_one() {
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&unit()));
        }
    }
}
