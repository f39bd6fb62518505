//! Between the reader of a log and the channel: lines and the state of the source wait here. Does I/O on the channel.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::ask;
use super::outbox::{Outbox, Parcel};
use crate::domain::{LogEnd, LogLine, LogScope, SourceState};
use crate::fault::Fault;
use crate::feed::kube::locked;
use crate::feed::kube::report::Report;
use crate::feed::kube::source::Source;
use crate::store::{LogBatch, News};

/// What waits to be told about one log.
pub(super) struct Desk {
    scope: LogScope,
    batch: Duration,
    inner: Mutex<Inner>,
    /// Something waits that did not before.
    changed: Notify,
    /// Lines were taken.
    room: Notify,
}

struct Inner {
    outbox: Outbox,
    report: Report,
    lines: usize,
    sent: Option<Instant>,
}

/// When something is to be sent.
enum Due {
    Now,
    At(Instant),
    Nothing,
}

impl Desk {
    pub(super) fn new(source: &Source, scope: &LogScope) -> Self {
        let options = &source.link.options;
        let server = &source.link.target.server;
        let endpoint = format!("{server}{}/{}/log", ask::path(scope), scope.pod);
        let now = Timestamp::now();
        Self {
            scope: scope.clone(),
            batch: options.batch,
            inner: Mutex::new(Inner {
                outbox: Outbox::default(),
                report: Report::new(source.id.clone(), endpoint, options.alive, now),
                lines: 0,
                sent: None,
            }),
            changed: Notify::new(),
            room: Notify::new(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        locked(&self.inner)
    }

    /// New lines, oldest first.
    pub(super) fn push(&self, lines: Vec<LogLine>) {
        self.change(|inner| {
            inner.lines += lines.len();
            let rows = inner.lines;
            inner.report.set_rows(rows);
            inner.report.set_seen(Some(Timestamp::now()));
            for line in lines {
                inner.outbox.push(line);
            }
        });
    }

    /// What was told before is to be forgotten.
    pub(super) fn restart(&self) {
        self.change(|inner| {
            inner.lines = 0;
            inner.outbox.restart();
        });
    }

    pub(super) fn end(&self, end: LogEnd) {
        self.change(|inner| inner.outbox.end(end));
    }

    /// The log is being read.
    pub(super) fn well(&self) {
        self.change(|inner| {
            let now = Timestamp::now();
            inner.report.set_seen(Some(now));
            inner.report.set_well(SourceState::Live, now);
        });
    }

    pub(super) fn ill(&self, state: SourceState, fault: Fault) {
        self.change(|inner| {
            inner.report.set_state(state, Timestamp::now());
            inner.report.set_fault(fault);
            inner.report.set_retry(None);
        });
    }

    pub(super) fn retry_in(&self, wait: Duration) {
        let at = Timestamp::now().checked_add(wait).ok();
        self.change(|inner| inner.report.set_retry(at));
    }

    /// Waits until reading on pushes no lines out.
    pub(super) async fn has_room(&self) {
        while self.lock().outbox.is_crowded() {
            self.room.notified().await;
        }
    }

    /// Tells all that comes, until nobody listens.
    pub(super) async fn tell(&self, source: &Source) {
        let tx = &source.tx;
        loop {
            match self.due() {
                Due::Now => {
                    let Ok(permit) = tx.reserve().await else {
                        return;
                    };
                    if let Some(news) = self.take(source) {
                        permit.send(news);
                        self.room.notify_one();
                    }
                }
                Due::At(at) => tokio::select! {
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = self.changed.notified() => {}
                },
                Due::Nothing => tokio::select! {
                    () = tx.closed() => return,
                    () = self.changed.notified() => {}
                },
            }
        }
    }

    fn due(&self) -> Due {
        let inner = self.lock();
        let now = Instant::now();
        if inner.report.is_due(now) || inner.is_batch_due(self.batch, now) {
            return Due::Now;
        }
        match inner.sent {
            Some(sent) if !inner.outbox.is_empty() => Due::At(sent + self.batch),
            _ => Due::Nothing,
        }
    }

    /// The next message; lines come before what is said of their source.
    fn take(&self, source: &Source) -> Option<News> {
        let mut inner = self.lock();
        let now = Instant::now();
        if inner.is_batch_due(self.batch, now) {
            inner.sent = Some(now);
            let parcel = inner.outbox.take();
            return Some(self.batch(source, parcel));
        }
        let due = inner.report.is_due(now);
        due.then(|| News::Source(Box::new(inner.report.take(now))))
    }

    fn batch(&self, source: &Source, parcel: Parcel) -> News {
        News::Log(Box::new(LogBatch {
            source: source.id.clone(),
            scope: self.scope.clone(),
            restart: parcel.restart,
            lines: parcel.lines,
            lost: parcel.lost,
            end: parcel.end,
        }))
    }
}

impl Inner {
    fn is_batch_due(&self, batch: Duration, now: Instant) -> bool {
        let rested = self
            .sent
            .is_none_or(|s| now.saturating_duration_since(s) >= batch);
        !self.outbox.is_empty() && (rested || self.outbox.is_urgent())
    }
}
