//! What the end or the failure of a stream means: the state, and what comes next. Does I/O to look at the pod.

use std::time::Duration;

use jiff::Timestamp;
use kube::core::Status;

use super::pod::{Look, look};
use super::reader::{Next, Reader};
use crate::domain::{LogEnd, SourceState};
use crate::fault::FaultKind;
use crate::feed::kube::backoff::unit;
use crate::feed::kube::trouble::{Asked, Trouble, of_status};

/// Streams in a row that end at once, though the container runs, before that is told.
const SHORT: u32 = 3;
/// Words of a refusal that say that there is no log, and none will come. Source: kubelet, `kubelet_pods.go`,
/// `kuberuntime_container.go`, `kuberuntime_logs.go`; API server, `registry/core/pod/strategy.go`.
const NONE: [&str; 6] = [
    "previous terminated container",
    "unable to retrieve container logs",
    "failed to try resolving symlinks",
    "is not valid for pod",
    "is terminated",
    "not found in pod",
];

impl Reader {
    /// The stream came to its end in good order: because the container ended, or because a server on the way did.
    pub(super) async fn ended(&mut self, got: bool) -> Next {
        if self.lost {
            self.flush();
            return self.gone(&Trouble::new(
                FaultKind::Gone,
                "The node no longer has this log",
            ));
        }
        // nothing at all is also what comes while the pod has no node
        if self.told.any() && (self.scope.previous || !self.follows()) {
            return self.complete();
        }
        self.empty = if got { 0 } else { self.empty + 1 };
        match look(self.link(), &self.scope).await {
            Ok(Look::Running) if self.follows() => self.again(),
            Ok(Look::Ended | Look::Absent | Look::Running) => self.complete(),
            Ok(Look::Waiting(why)) => self.waits(&why),
            Ok(Look::Restarting(why)) => {
                self.flush();
                self.waits(&why)
            }
            Err(trouble) if trouble.kind == FaultKind::Gone => self.gone(&self.no_pod()),
            // the pod may not be read: a log that ends again without a new line is at its end
            Err(trouble) if trouble.kind == FaultKind::Denied && self.empty > 0 => self.complete(),
            Err(trouble) if trouble.kind == FaultKind::Denied => {
                Next::After(self.link().options.retry_min)
            }
            Err(trouble) => self.failed(&trouble),
        }
    }

    /// The container runs, so the stream was broken off; or the news of its end is on the way.
    fn again(&mut self) -> Next {
        if self.empty == 0 {
            return Next::Again;
        }
        if self.empty >= SHORT {
            let what = format!("{} ends the log at once", self.link().target.server);
            let hint = "Is a proxy between midwatch and the API server that cannot stream?";
            self.say(
                SourceState::Stale,
                &Trouble::new(FaultKind::Busy, what).hint(hint),
            );
        }
        Next::After(self.backoff.next(unit()))
    }

    /// The connection broke.
    pub(super) fn broke(&mut self, trouble: &Trouble) -> Next {
        let first = self.backoff.tries() == 0;
        let next = self.failed(trouble);
        if first { Next::Again } else { next }
    }

    /// Nothing came for a long time.
    pub(super) fn silent(&mut self) -> Next {
        if self.follows() {
            return Next::Again;
        }
        let link = self.link();
        let what = format!(
            "{} sent nothing for {:?}",
            link.target.server, link.options.silence
        );
        self.failed(&Trouble::new(FaultKind::Timeout, what))
    }

    /// There was no answer, or none that says anything about this log.
    pub(super) fn failed(&mut self, trouble: &Trouble) -> Next {
        if trouble.kind == FaultKind::Gone {
            return self.gone(trouble);
        }
        let wait = if matches!(trouble.kind, FaultKind::Denied | FaultKind::Config) {
            self.say(SourceState::Denied, trouble);
            self.denials.next(unit())
        } else {
            self.say(self.without_server(), trouble);
            self.backoff.next(unit())
        };
        Next::After(wait.max(trouble.wait.unwrap_or(Duration::ZERO)))
    }

    /// The server refuses.
    pub(super) fn refused(&mut self, status: &Status) -> Next {
        let link = self.link().clone();
        let redact = link.redact();
        let asked = Asked {
            server: &link.target.server,
            what: "get pods/log",
            redact: &redact,
        };
        let mut trouble = of_status(status, asked);
        trouble.wait = self.pulse.take_wait().or(trouble.wait);
        let said = redact.clean(&status.message);
        match status.code {
            400 if said.contains("is waiting to start") => {
                let why = said.rsplit_once(": ").map_or(&*said, |(_, why)| why);
                self.waits(why)
            }
            400 | 500 if NONE.iter().any(|words| said.contains(words)) => self.gone(&Trouble::new(
                FaultKind::Gone,
                format!("There is no log: {said}"),
            )),
            403 => {
                let place = &self.scope.namespace;
                trouble.hint = format!("Ask for a role with get on pods/log in {place}.");
                self.failed(&trouble)
            }
            404 if said.contains("nodes ") => self.gone(&Trouble::new(
                FaultKind::Gone,
                format!("The node of the pod is gone: {said}"),
            )),
            404 => self.gone(&self.no_pod()),
            _ => self.failed(&trouble),
        }
    }

    fn no_pod(&self) -> Trouble {
        let what = format!("Pod {} is gone, and its log with it", self.scope.pod);
        Trouble::new(FaultKind::Gone, what)
            .hint("A pipeline engine may keep it as the artifact main-logs of the step.")
    }

    /// The container has not started, or waits to be started again.
    fn waits(&mut self, why: &str) -> Next {
        let what = format!(
            "Container {} of {} waits to start: {why}",
            self.scope.container, self.scope.pod
        );
        let state = if self.told.any() {
            SourceState::Stale
        } else {
            SourceState::Connecting
        };
        let hint = "Its log is read as soon as it starts.";
        self.say(state, &Trouble::new(FaultKind::Busy, what).hint(hint));
        Next::After(self.starts.next(unit()))
    }

    fn complete(&mut self) -> Next {
        self.flush();
        self.desk.end(LogEnd::Complete);
        self.desk.well();
        Next::Complete
    }

    fn gone(&mut self, trouble: &Trouble) -> Next {
        self.flush();
        self.desk.end(LogEnd::Gone);
        let state = if self.told.any() {
            SourceState::Stale
        } else {
            SourceState::Absent
        };
        self.say(state, trouble);
        Next::Gone
    }

    fn without_server(&self) -> SourceState {
        if self.told.any() {
            SourceState::Stale
        } else {
            SourceState::Down
        }
    }

    fn say(&self, state: SourceState, trouble: &Trouble) {
        tracing::debug!(source = self.source.name(), what = trouble.what, "log");
        let fault = trouble.fault(&self.source.name(), Timestamp::now());
        self.desk.ill(state, fault);
    }
}
