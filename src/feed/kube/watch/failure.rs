//! What a failure means: the state, the next try, and whether what is known can be resumed. Pure but for the clock.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::runtime::watcher;

use super::Feeder;
use crate::domain::SourceState;
use crate::fault::FaultKind;
use crate::feed::kube::backoff::unit;
use crate::feed::kube::source::full_name;
use crate::feed::kube::trouble::{Asked, Trouble, of_watch};
use crate::kinds::Kind;

/// A refusal after the source was live is believed after so many tries and `settled`: a server that starts refuses
/// until it has read its roles.
const BELIEVED: u32 = 3;

impl<K: Kind> Feeder<K> {
    /// Decides about state and next try. `Some` when namespaces are to be tried instead.
    pub(super) fn failed(&mut self, error: &watcher::Error) -> Option<Trouble> {
        let trouble = self.understood(error);
        let options = self.source.link.options.clone();
        let lived = Timestamp::now().duration_since(self.report.since());
        let live = self.report.state() == SourceState::Live;
        if live && lived.unsigned_abs() >= options.settled {
            self.backoff.reset();
        }
        let first = self.backoff.tries() == 0;
        let mut wait = self.backoff.next(unit());
        let refused = matches!(trouble.kind, FaultKind::Denied | FaultKind::Gone);
        let believed = refused && self.is_believed();
        if refused && !believed {
            wait = self.doubt.next(unit());
        } else if !refused {
            self.accepted();
        }
        let broke_off =
            matches!(error, watcher::Error::WatchFailed(_)) && trouble.kind != FaultKind::Malformed;
        match trouble.kind {
            _ if believed => {
                if is_forbidden(error) && self.source.is_whole(&K::SPEC) {
                    return Some(trouble);
                }
                self.refused(&trouble);
                wait = self.denials.next(unit());
            }
            // opened again at once; a watch that then does not open is told by `tick` or by the next failure
            _ if broke_off && first && live => wait = Duration::ZERO,
            kind => {
                self.say(self.state_without_server(), &trouble);
                if kind == FaultKind::Expired && first {
                    wait = Duration::ZERO;
                }
                let resumes = matches!(error, watcher::Error::WatchStartFailed(_));
                if !(resumes && kind == FaultKind::Busy) {
                    self.reopen();
                }
            }
        }
        self.wait(wait.max(trouble.wait.unwrap_or_default()));
        None
    }

    /// Counts a refusal; whether it is more than a moment of a server that starts.
    fn is_believed(&mut self) -> bool {
        let since = *self.refused.get_or_insert_with(Instant::now);
        let tries = self.doubt.tries() >= BELIEVED;
        !self.was_live || (tries && since.elapsed() >= self.source.link.options.settled)
    }

    /// The server gave another answer than a refusal.
    pub(super) fn accepted(&mut self) {
        self.refused = None;
        self.doubt.reset();
    }

    fn understood(&self, error: &watcher::Error) -> Trouble {
        let link = &self.source.link;
        let redact = link.redact();
        let what = format!("list and watch {}", full_name(&K::SPEC));
        let asked = Asked {
            server: &link.target.server,
            what: &what,
            redact: &redact,
        };
        let mut trouble = of_watch(error, asked);
        trouble.wait = self.pulse.take_wait().or(trouble.wait);
        tracing::debug!(source = self.source.name(), what = trouble.what, "failed");
        trouble
    }

    fn refused(&mut self, trouble: &Trouble) {
        self.reopen();
        if trouble.kind == FaultKind::Gone {
            // no kind, no objects
            self.pending.restart();
            self.pending.swap();
            self.last.clear();
            self.listing = None;
            self.say(SourceState::Absent, trouble);
        } else {
            self.say(SourceState::Denied, trouble);
        }
    }

    fn state_without_server(&self) -> SourceState {
        let some = |rows: &HashMap<_, _>| !rows.is_empty();
        if self.was_live || some(&self.last) || self.listing.as_ref().is_some_and(some) {
            SourceState::Stale
        } else {
            SourceState::Down
        }
    }

    fn wait(&mut self, wait: Duration) {
        self.retry_at = (!wait.is_zero()).then(|| Instant::now() + wait);
        let at = Timestamp::now().checked_add(wait).ok();
        self.report.set_retry(at.filter(|_| !wait.is_zero()));
    }
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => status.code == 403,
        _ => false,
    }
}
