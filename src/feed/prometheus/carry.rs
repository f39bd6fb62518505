//! The loop of one [`Asks`]: what is due is asked, a few at a time; what came back is told to it; the rows it makes are
//! told to the screens, with how far they can be believed. Does I/O.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::query::{SIGN, Server};
use crate::domain::{Row, SourceState};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, Failed, known};
use crate::feed::kube::{Source, Waits, locked};
use crate::feed::rows::Told;
use crate::slo::{Answer, Asks, Query, Slo};
use crate::store::News;

/// Most queries under way at the same time.
const AT_ONCE: usize = 4;
/// How often it is asked what is due.
const DUE: Duration = Duration::from_secs(1);
/// Rows are made at least this often: time alone makes figures old.
const ROWS: Duration = Duration::from_secs(15);
/// Rows are made at most this often while answers come in.
const COALESCE: Duration = Duration::from_millis(250);
/// What came of a query counts for this long.
const RESULT: Duration = Duration::from_secs(3600);

type Asked = BoxFuture<'static, (String, Result<Answer, Failed>)>;

/// Carries questions until nobody listens any more.
pub(crate) async fn carry<A>(source: Source, asks: A, written: watch::Receiver<Vec<Slo>>)
where
    A: Asks,
    A::Row: Row,
{
    locked(&source.owned).insert(source.id.clone());
    Carrier::new(source, asks).run(written).await;
}

struct Carrier<A: Asks>
where
    A::Row: Row,
{
    source: Source,
    server: Arc<Server>,
    asks: A,
    waiting: VecDeque<Query>,
    asked: FuturesUnordered<Asked>,
    told: Told<A::Row>,
    /// What came of each query last, and when.
    results: BTreeMap<String, (Instant, Option<Fault>)>,
    waits: Waits,
    /// Not everything was asked once yet.
    first: bool,
    /// The server did not answer, or a person doubts it: it is asked for a sign of life before anything else.
    doubted: bool,
    /// It is not asked before.
    retry_at: Option<Instant>,
    due_at: Instant,
    rows_at: Instant,
    rows_made: Option<Instant>,
}

impl<A: Asks> Carrier<A>
where
    A::Row: Row,
{
    fn new(source: Source, asks: A) -> Self {
        let now = Instant::now();
        let backend = Backend::of(source.link.clone(), &known::PROMETHEUS);
        Self {
            told: Told::new(&source, "looking for Prometheus"),
            waits: Waits::new(&source.link.options),
            server: Arc::new(Server::new(backend)),
            asks,
            waiting: VecDeque::new(),
            asked: FuturesUnordered::new(),
            results: BTreeMap::new(),
            first: true,
            doubted: false,
            retry_at: None,
            due_at: now,
            rows_at: now + ROWS,
            rows_made: None,
            source,
        }
    }

    async fn run(mut self, mut written: watch::Receiver<Vec<Slo>>) {
        let tx = self.source.tx.clone();
        let mut back = self.source.link.back.subscribe();
        loop {
            let now = Instant::now();
            self.tick(now);
            let room = self.told.is_due(now);
            let retrying = self.retry_at.is_some();
            let asking = !self.asked.is_empty();
            let time = self.next_time();
            tokio::select! {
                biased;
                kicked = self.source.kick.changed() => match kicked {
                    Ok(()) => self.kicked().await,
                    Err(_) => return,
                },
                permit = tx.reserve(), if room => match permit {
                    Ok(permit) => self.send(permit),
                    Err(_) => return,
                },
                () = tx.closed() => return,
                Some((id, answer)) = self.asked.next(), if asking => self.answered(&id, answer),
                Ok(()) = written.changed() => {
                    let slos = written.borrow_and_update().clone();
                    self.asks.written(slos);
                    self.due_at = Instant::now();
                    self.rows_at = self.due_at;
                }
                Ok(()) = back.changed(), if retrying => self.retry_at = None,
                () = tokio::time::sleep_until(time.into()) => {}
            }
        }
    }

    fn send(&mut self, permit: mpsc::Permit<'_, News>) {
        if let Some(news) = self.told.take(Instant::now()) {
            permit.send(news);
        }
    }

    async fn kicked(&mut self) {
        self.server.backend.anew().await;
        self.server = Arc::new(Server::new(Backend::of(
            self.source.link.clone(),
            &known::PROMETHEUS,
        )));
        self.waits.reset();
        self.retry_at = None;
        self.doubted = true;
    }

    /// What time alone changes.
    fn tick(&mut self, now: Instant) {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
        }
        if self.retry_at.is_none() && self.doubted {
            if self.asked.is_empty() {
                self.asked.push(Box::pin(self.server.clone().sign()));
            }
        } else if self.retry_at.is_none() {
            if self.due_at <= now {
                self.waiting.extend(self.asks.due(Timestamp::now()));
                self.due_at = now + DUE;
            }
            while self.asked.len() < AT_ONCE
                && let Some(query) = self.waiting.pop_front()
            {
                let asked = self.server.clone().ask(query, Timestamp::now());
                self.asked.push(Box::pin(asked));
            }
        }
        if self.rows_at <= now {
            self.make_rows(now);
        }
    }

    fn next_time(&self) -> Instant {
        match self.retry_at {
            Some(at) => at.min(self.rows_at),
            // it is waited for an answer
            None if self.doubted => self.rows_at,
            None => self.due_at.min(self.rows_at),
        }
    }

    fn answered(&mut self, id: &str, answer: Result<Answer, Failed>) {
        let (now, at) = (Instant::now(), Timestamp::now());
        let result = match answer {
            Ok(answer) => {
                self.waits.reset();
                self.doubted = false;
                self.told.report.set_seen(Some(at));
                self.asks.answered(id, Ok(answer), at);
                Ok(())
            }
            Err(failed) => {
                self.asks.answered(id, Err(failed.fault.clone()), at);
                Err(failed)
            }
        };
        match result {
            Err(failed) if id == SIGN || !is_of_query(&failed) => self.down(&failed.fault, now),
            result => {
                // a server that hangs would keep every other query waiting as long, one that talks rubbish talks no less to
                // the others
                self.doubted |= result.as_ref().is_err_and(is_no_answer);
                let fault = result.err().map(|failed| failed.fault);
                if id == SIGN {
                    self.alive(at);
                } else {
                    self.results.insert(id.to_owned(), (now, fault));
                    self.settle(now, at);
                }
            }
        }
        let soon = match self.rows_made {
            Some(made) if !self.asked.is_empty() || !self.waiting.is_empty() => made + COALESCE,
            _ => now,
        };
        self.rows_at = self.rows_at.min(soon);
    }

    /// It gave a sign of life. Figures that were missed meanwhile are not there yet.
    fn alive(&mut self, at: Timestamp) {
        let state = match self.told.report.state() {
            SourceState::Live => SourceState::Live,
            _ => SourceState::Partial,
        };
        self.told.well(state, at);
    }

    /// How the source stands when its server answers.
    fn settle(&mut self, now: Instant, at: Timestamp) {
        let idle = self.asked.is_empty() && self.waiting.is_empty();
        if idle && !self.doubted && self.retry_at.is_none() {
            // what an answer leads to belongs to the same round
            self.waiting.extend(self.asks.due(at));
        }
        self.results
            .retain(|_, (told, _)| now.saturating_duration_since(*told) < RESULT);
        let failing = || self.results.values().filter_map(|(_, f)| f.as_ref());
        let (all, bad) = (self.results.len(), failing().count());
        let open = !self.asked.is_empty() || !self.waiting.is_empty();
        self.first &= open;
        let Some(first) = failing().next().cloned() else {
            if let Some(fault) = self.server.part() {
                self.told.ill(SourceState::Partial, fault, at);
                return;
            }
            let state = if open && self.told.report.state() != SourceState::Live {
                SourceState::Partial
            } else {
                SourceState::Live
            };
            self.told.well(state, at);
            return;
        };
        if self.first && !failing().any(|f| f.kind == FaultKind::Timeout) {
            // how many fail is known when all were asked
            self.told.well(SourceState::Partial, at);
            return;
        }
        if bad == all {
            let state = self.told.ill_state();
            self.told.ill(state, first, at);
            return;
        }
        let what = format!("{bad} of {all} queries fail: {}", first.what);
        let fault = Fault { what, ..first };
        self.told.ill(SourceState::Partial, fault, at);
    }

    /// The server itself does not answer, refuses, or is not there: nothing else is asked until it is tried again.
    fn down(&mut self, fault: &Fault, now: Instant) {
        let at = Timestamp::now();
        for query in std::mem::take(&mut self.waiting) {
            self.asks.answered(&query.id, Err(fault.clone()), at);
        }
        let state = match fault.kind {
            FaultKind::Denied => SourceState::Denied,
            FaultKind::Gone => SourceState::Absent,
            _ => self.told.ill_state(),
        };
        self.told.ill(state, fault.clone(), at);
        self.doubted = true;
        if self.retry_at.is_none() {
            let wait = self.waits.next(fault.kind);
            self.retry_at = Some(now + wait);
            self.told.report.set_retry(at.checked_add(wait).ok());
        }
    }

    fn make_rows(&mut self, now: Instant) {
        let rows = self.asks.rows(&self.source.id.cluster, Timestamp::now());
        self.told.rows(rows);
        if let Some(endpoint) = self.server.backend.known_endpoint() {
            self.told.report.set_endpoint(endpoint);
        }
        self.rows_made = Some(now);
        self.rows_at = now + ROWS;
    }
}

/// Nothing came in time, or nothing that can be read: the server did not even refuse.
fn is_no_answer(failed: &Failed) -> bool {
    matches!(failed.fault.kind, FaultKind::Timeout | FaultKind::Malformed) && failed.reply.is_none()
}

/// The query is at fault, or the server only for this one: others may be answered.
fn is_of_query(failed: &Failed) -> bool {
    let kind = failed.fault.kind;
    matches!(kind, FaultKind::Timeout | FaultKind::Malformed)
        || failed.reply.as_ref().is_some_and(|r| r.status == 422)
}
