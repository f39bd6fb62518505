//! Times of the action plane, as values so that tests can shorten them, and who acts through it. Data only.

use std::time::Duration;

use crate::domain::Clean;
use crate::plan::Verify;

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long what is expected is waited for, once everything was taken.
    pub wait: Duration,
    /// It is waited longer where a plan says that it takes longer.
    pub patient: bool,
    /// How long it is tried to look, after an answer that did not come.
    pub look: Duration,
    /// How long what was deleted may take to be gone, before the next request. Longer than the 30 s in which a pod has to
    /// end.
    pub gone: Duration,
    /// Before what had to wait is asked for again; longer while nothing moves.
    pub again: Duration,
    /// A write that is not seen is looked for once more after this time: it may still be on its way.
    pub settle: Duration,
    /// Which front of midwatch acts: `console` or `command`.
    pub front: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(60),
            patient: true,
            look: Duration::from_secs(15),
            gone: Duration::from_secs(60),
            again: Duration::from_secs(5),
            settle: Duration::from_secs(2),
            front: "console",
        }
    }
}

impl Options {
    /// How long a plan is waited for.
    pub(super) fn wait(&self, verify: &Verify) -> Duration {
        if self.patient && !self.wait.is_zero() {
            self.wait.max(Duration::from_secs(verify.patience))
        } else {
            self.wait
        }
    }

    /// The line of a record that says what acted: version, front, process.
    pub(super) fn by(&self) -> Clean {
        Clean::new(&format!(
            "midwatch {} {} pid {}",
            env!("CARGO_PKG_VERSION"),
            self.front,
            std::process::id()
        ))
    }
}
