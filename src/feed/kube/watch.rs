//! One source: lists, watches, resumes, and tells how it is. Does I/O.
//!
//! `kube::runtime::watcher` lists by pages and resumes watches. On top of it: rows instead of objects, the newest
//! state per key while the channel is full, waits with jitter, and the truth about how fresh the rows are. When the
//! server was not reachable the list is read anew, since what comes back may be another server or an older backup.

mod events;
mod failure;

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use futures::StreamExt;
use futures::future::poll_fn;
use futures::stream::BoxStream;
use jiff::Timestamp;
use kube::Api;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::mpsc;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::backoff::Backoff;
use super::namespaces;
use super::pending::Pending;
use super::pulse::{Pulse, TOO_MANY_SHORT};
use super::report::Report;
use super::slim::{CLUSTER, Slim};
use super::source::Source;
use super::trouble::Trouble;
use crate::domain::{Key, SourceState};
use crate::fault::FaultKind;
use crate::kinds::Kind;
use crate::store::{Batch, News};

/// Most events taken from the stream before rows are sent.
const CHUNK: usize = 4_096;

/// Runs a source until nobody listens any more.
pub(crate) async fn run<K: Kind>(source: Source) {
    let cluster = source.id.cluster.clone();
    let work = async move {
        loop {
            match Feeder::<K>::new(source.clone()).run().await {
                Ended::Closed => return,
                Ended::Forbidden(trouble) => {
                    if namespaces::run::<K>(&source, trouble).await.is_none() {
                        return;
                    }
                }
            }
        }
    };
    CLUSTER.scope(cluster, work).await;
}

/// Runs a source that has no other way when it is denied.
pub(crate) async fn feed<K: Kind>(source: Source) {
    let cluster = source.id.cluster.clone();
    CLUSTER.scope(cluster, Feeder::<K>::new(source).run()).await;
}

enum Ended {
    /// Nobody listens.
    Closed,
    /// The whole cluster is denied; namespaces may not be.
    Forbidden(Trouble),
}

type Stream<K> = BoxStream<'static, watcher::Result<Event<Slim<K>>>>;

struct Feeder<K: Kind> {
    source: Source,
    pulse: Arc<Pulse>,
    stream: Stream<K>,
    events: Vec<Event<Slim<K>>>,
    pending: Pending<K::Row>,
    /// Last row of each key: identical ones are not sent again.
    last: HashMap<Key, Arc<K::Row>>,
    /// The same for the list that is being read.
    listing: Option<HashMap<Key, Arc<K::Row>>>,
    bad: HashMap<Key, String>,
    report: Report,
    backoff: Backoff,
    /// Waits between tries while refusals are in doubt, and after they are believed.
    doubt: Backoff,
    denials: Backoff,
    /// Since when the server refuses, without another answer in between.
    refused: Option<Instant>,
    retry_at: Option<Instant>,
    sent_at: Option<Instant>,
    was_live: bool,
}

enum Woke<'a> {
    Kicked,
    Room(mpsc::Permit<'a, News>),
    Closed,
    Time,
    Back,
    Pulse,
    Got(Option<watcher::Error>),
}

impl<K: Kind> Feeder<K> {
    fn new(source: Source) -> Self {
        let pulse = Arc::new(Pulse::default());
        let options = source.link.options.clone();
        let now = Timestamp::now();
        super::locked(&source.owned).insert(source.id.clone());
        Self {
            stream: Self::open(&source, &pulse),
            report: Report::new(
                source.id.clone(),
                source.endpoint(&K::SPEC),
                options.alive,
                now,
            ),
            backoff: Backoff::new(options.retry_min, options.retry_max),
            doubt: Backoff::new(options.retry_min, options.retry_api),
            denials: Backoff::denials(&options),
            refused: None,
            source,
            pulse,
            events: Vec::new(),
            pending: Pending::default(),
            last: HashMap::new(),
            listing: None,
            bad: HashMap::new(),
            retry_at: None,
            sent_at: None,
            was_live: false,
        }
    }

    fn open(source: &Source, pulse: &Arc<Pulse>) -> Stream<K> {
        let client = source.link.reader(pulse.clone());
        let api: Api<Slim<K>> = match source.namespace(&K::SPEC) {
            Some(namespace) => Api::namespaced_with(client, namespace, &()),
            None => Api::all_with(client, &()),
        };
        watcher(api, source.config(&K::SPEC)).boxed()
    }

    /// Reads the list anew, keeping the rows until it is complete.
    fn reopen(&mut self) {
        self.stream = Self::open(&self.source, &self.pulse);
        self.events.clear();
    }

    async fn run(mut self) -> Ended {
        let tx = self.source.tx.clone();
        let mut back = self.source.link.back.subscribe();
        loop {
            let now = Instant::now();
            self.tick(now);
            let room = self.wants_room(now);
            let waiting = self.retry_at.is_some();
            let time = self.next_time(now);
            let woke = tokio::select! {
                biased;
                kicked = self.source.kick.changed() => kicked.map_or(Woke::Closed, |()| Woke::Kicked),
                permit = tx.reserve(), if room => permit.map_or(Woke::Closed, Woke::Room),
                () = tx.closed() => Woke::Closed,
                () = sleep_until(time), if time.is_some() => Woke::Time,
                Ok(()) = back.changed(), if waiting => Woke::Back,
                () = self.pulse.changed.notified() => Woke::Pulse,
                error = gather(&mut self.stream, &mut self.events), if !waiting => Woke::Got(error),
            };
            match woke {
                Woke::Closed => return Ended::Closed,
                Woke::Kicked => self.kicked(),
                Woke::Room(permit) => self.send(permit),
                Woke::Back => self.retry_at = None,
                Woke::Time => {}
                Woke::Pulse => self.observe(),
                Woke::Got(error) => {
                    self.take_events();
                    if let Some(trouble) = error.and_then(|e| self.failed(&e)) {
                        return Ended::Forbidden(trouble);
                    }
                }
            }
        }
    }

    fn kicked(&mut self) {
        self.backoff.reset();
        self.denials.reset();
        self.pulse.forgive();
        self.retry_at = None;
        self.report.set_retry(None);
        self.reopen();
    }

    /// What time alone changes.
    fn tick(&mut self, now: Instant) {
        if self.retry_at.is_some_and(|t| t <= now) {
            self.retry_at = None;
        }
        if self.report.state() == SourceState::Live && self.gap_at().is_some_and(|t| t <= now) {
            let gap = self.source.link.options.gap;
            let what = format!(
                "{} gives no changes: no watch is open",
                self.source.link.target.server
            );
            let trouble = Trouble::new(FaultKind::Unreachable, what);
            tracing::debug!(source = self.source.name(), ?gap, "no watch is open");
            self.say(SourceState::Stale, &trouble);
        }
    }

    /// When a live source whose watch has ended counts as stale.
    fn gap_at(&self) -> Option<Instant> {
        let closed = self.pulse.signs().closed?;
        Some(closed + self.source.link.options.gap)
    }

    fn batch_at(&self, now: Instant) -> Option<Instant> {
        if self.pending.is_empty() {
            return None;
        }
        match self.sent_at {
            Some(sent) if !self.pending.is_urgent() => Some(sent + self.source.link.options.batch),
            _ => Some(now),
        }
    }

    fn wants_room(&self, now: Instant) -> bool {
        self.batch_at(now).is_some_and(|t| t <= now) || self.report_is_due(now)
    }

    /// That all is well is told after the rows that make it so.
    fn report_is_due(&self, now: Instant) -> bool {
        let first = self.report.state() == SourceState::Live && !self.pending.is_empty();
        !first && self.report.is_due(now)
    }

    fn next_time(&self, now: Instant) -> Option<Instant> {
        let gap = self
            .gap_at()
            .filter(|_| self.report.state() == SourceState::Live);
        let batch = self.batch_at(now).filter(|t| *t > now);
        [batch, self.retry_at, gap].into_iter().flatten().min()
    }

    fn send(&mut self, permit: mpsc::Permit<'_, News>) {
        let now = Instant::now();
        if self.batch_at(now).is_some_and(|t| t <= now) {
            self.sent_at = Some(now);
            permit.send(News::Rows(Box::new(Batch {
                source: self.source.id.clone(),
                changes: self.pending.take(),
            })));
        } else if self.report_is_due(now) {
            let row = self.report.take(now);
            if let Some(family) = &self.source.family {
                family.tell(&row.id, row.state, row.rows);
            }
            permit.send(News::Source(Box::new(row)));
        }
    }

    /// Reads the signs of life.
    fn observe(&mut self) {
        let signs = self.pulse.signs();
        let now = Timestamp::now();
        self.report.set_seen(signs.seen);
        if signs.short >= TOO_MANY_SHORT {
            let what = format!("{} ends each watch at once", self.source.link.target.server);
            let trouble = Trouble::new(FaultKind::Busy, what)
                .hint("Is a proxy between midwatch and the API server that cannot stream?");
            self.say(SourceState::Stale, &trouble);
        } else if self.listing.is_none() && self.retry_at.is_none() && signs.open.is_some() {
            self.was_live = true;
            self.accepted();
            self.report.set_well(SourceState::Live, now);
            self.say_bad(now);
        }
    }

    fn say(&mut self, state: SourceState, trouble: &Trouble) {
        let now = Timestamp::now();
        self.report.set_state(state, now);
        self.report
            .set_fault(trouble.fault(&self.source.name(), now));
    }
}

async fn sleep_until(time: Option<Instant>) {
    if let Some(time) = time {
        tokio::time::sleep_until(time.into()).await;
    }
}

/// Takes what is there: a page of a list, or the events that have arrived. Ends with an error at once, so that the
/// stream is not polled again before its time. Nothing is lost when it is dropped.
async fn gather<K: Kind>(
    stream: &mut Stream<K>,
    into: &mut Vec<Event<Slim<K>>>,
) -> Option<watcher::Error> {
    poll_fn(|cx| {
        while into.len() < CHUNK {
            match stream.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(event))) => into.push(event),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(error)),
                Poll::Ready(None) => return Poll::Ready(Some(watcher::Error::NoResourceVersion)),
                Poll::Pending if into.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(None)
    })
    // the library logs whole bodies it cannot read; they may hold secrets
    .with_subscriber(NoSubscriber::default())
    .await
}
