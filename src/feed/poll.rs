//! A source that is asked again and again, where nothing can be watched. Does I/O.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::{Row, SourceState};
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Source, Waits, locked};
use crate::feed::rows::Told;

/// What is asked.
pub(crate) trait Reads: Send + 'static {
    /// What it becomes.
    type Row: Row;

    /// How long to wait after an answer.
    fn every(&self) -> Duration;

    /// What is there now.
    fn read(&mut self) -> impl Future<Output = Result<Got<Self::Row>, Fault>> + Send;

    /// Where it is and why there, once that is known.
    fn endpoint(&self) -> Option<String>;

    /// Nobody answers: the rows are what was known before, and what follows from its age.
    fn is_blind(&self) -> bool {
        false
    }

    /// More is on its way: what was told is a part of it.
    fn is_open(&self) -> bool {
        false
    }

    /// A person asked anew: what is known of where it is may be wrong.
    fn anew(&mut self) -> impl Future<Output = ()> + Send;
}

/// Rows that were read.
pub(crate) struct Got<R> {
    pub(crate) rows: Vec<R>,
    /// A part of them could not be: the rows are not all there are.
    pub(crate) missing: Option<Fault>,
}

/// Asks until nobody listens any more.
pub(crate) async fn poll<R: Reads>(mut source: Source, mut reads: R, looking: &str) {
    locked(&source.owned).insert(source.id.clone());
    let mut told: Told<R::Row> = Told::new(&source, looking);
    let mut waits = Waits::new(&source.link.options);
    let mut back = source.link.back.subscribe();
    let mut changed = source.link.changed.subscribe();
    loop {
        if send(&source, &mut told).await.is_none() {
            return;
        }
        let wait = tokio::select! {
            wait = round(&mut reads, &mut told, &mut waits) => wait,
            () = source.tx.closed() => return,
        };
        if let Some(endpoint) = reads.endpoint() {
            told.report.set_endpoint(endpoint);
        }
        if send(&source, &mut told).await.is_none() {
            return;
        }
        let well = told.report.state() == SourceState::Live;
        tokio::select! {
            () = tokio::time::sleep_until((Instant::now() + wait).into()) => {}
            () = source.tx.closed() => return,
            Ok(()) = back.changed(), if !well => {}
            Ok(()) = changed.changed() => {}
            kicked = source.kick.changed() => {
                if kicked.is_err() {
                    return;
                }
                waits.reset();
                reads.anew().await;
            }
        }
    }
}

/// Asks once; how long to wait then.
async fn round<R: Reads>(reads: &mut R, told: &mut Told<R::Row>, waits: &mut Waits) -> Duration {
    let got = reads.read().await;
    let now = Timestamp::now();
    match got {
        Ok(got) => {
            waits.reset();
            if reads.is_open() && got.missing.is_none() {
                told.rows(got.rows);
                told.report.set_seen(Some(now));
                told.well(part_of(told.report.state()), now);
            } else {
                take(told, got, reads.is_blind(), now);
            }
            reads.every()
        }
        Err(fault) => {
            let wait = waits.next(fault.kind);
            fail(told, fault, now);
            told.report.set_retry(now.checked_add(wait).ok());
            wait
        }
    }
}

/// What was whole stays so while newer figures come in.
fn part_of(state: SourceState) -> SourceState {
    match state {
        SourceState::Live => SourceState::Live,
        _ => SourceState::Partial,
    }
}

fn take<R: Row>(told: &mut Told<R>, got: Got<R>, blind: bool, now: Timestamp) {
    told.rows(got.rows);
    if !blind {
        told.report.set_seen(Some(now));
    }
    match got.missing {
        None => told.well(SourceState::Live, now),
        Some(fault) if blind => fail(told, fault, now),
        Some(fault) => {
            told.report.set_retry(None);
            told.ill(SourceState::Partial, fault, now);
        }
    }
}

fn fail<R: Row>(told: &mut Told<R>, fault: Fault, now: Timestamp) {
    let state = match fault.kind {
        FaultKind::Denied => SourceState::Denied,
        FaultKind::Gone => SourceState::Absent,
        _ => told.ill_state(),
    };
    told.ill(state, fault, now);
}

/// Everything that is to be told. `None` when nobody listens.
async fn send<R: Row>(source: &Source, told: &mut Told<R>) -> Option<()> {
    while let Some(news) = told.take(Instant::now()) {
        source.tx.send(news).await.ok()?;
    }
    Some(())
}
