//! The feed of GPUs: what DCGM tells, through Prometheus, or of its exporters where no Prometheus has it. Does I/O.
//!
//! | file | owns |
//! |---|---|
//! | `exporters` | the exporters of a cluster, asked themselves |
//! | `seen` | what was seen since the console looks, where nobody keeps the past |
//!
//! Prometheus is asked all along: it knows the last hour, and when errors came. Exporters are asked while it tells of no
//! GPU that was measured lately, whatever the reason.

mod exporters;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;

use self::exporters::Exporters;
use crate::domain::{GpuBy, GpuRow, Key};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, known};
use crate::feed::kube::{Link, Source};
use crate::feed::poll::{Got, Reads, poll};
use crate::feed::prometheus::{Gpus, Server};
use crate::kinds::KindSpec;
use crate::slo::Asks;

/// The feed of GPUs.
pub(crate) const SPEC: KindSpec = crate::feed::asked("gpus");

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(5);
/// And while more of what is asked at once is on its way.
const SOON: Duration = Duration::from_millis(100);
/// Most queries under way at the same time.
const AT_ONCE: usize = 4;
/// Figures of Prometheus older than so many seconds are no reason not to ask exporters.
const OLD: i64 = 180;

/// Tells what DCGM says of GPUs until nobody listens any more.
pub(crate) async fn run(source: Source) {
    let ladder = Ladder::new(source.link.clone());
    poll(source, ladder, "looking for DCGM figures").await;
}

struct Ladder {
    link: Arc<Link>,
    server: Arc<Server>,
    asks: Gpus,
    /// What came of each query last.
    results: BTreeMap<String, Option<Fault>>,
    /// What an answer leads to may still be due.
    open: bool,
    exporters: Exporters,
    /// Who tells now.
    by: GpuBy,
}

fn server(link: &Arc<Link>) -> Arc<Server> {
    Arc::new(Server::new(Backend::of(link.clone(), &known::PROMETHEUS)))
}

impl Ladder {
    fn new(link: Arc<Link>) -> Self {
        Self {
            server: server(&link),
            asks: Gpus::new(link.target.id.clone()),
            results: BTreeMap::new(),
            open: false,
            exporters: Exporters::new(link.clone()),
            by: GpuBy::Prometheus,
            link,
        }
    }

    /// Asks Prometheus all that is due.
    async fn round(&mut self) {
        let now = Timestamp::now();
        let due = self.asks.due(now);
        self.open = !due.is_empty();
        let asked = due
            .into_iter()
            .map(|query| self.server.clone().ask(query, now));
        let answers: Vec<_> = futures::stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (id, answer) in answers {
            let answer = answer.map_err(|failed| failed.fault);
            self.results
                .insert(id.clone(), answer.as_ref().err().cloned());
            self.asks.answered(&id, answer, Timestamp::now());
        }
    }

    /// What is wrong with Prometheus, and whether it answers nothing at all.
    fn trouble(&self) -> Option<(Fault, bool)> {
        let failing = || self.results.values().filter_map(Option::as_ref);
        let Some(first) = failing().next().cloned() else {
            return self.server.part().map(|fault| (fault, false));
        };
        let (bad, all) = (failing().count(), self.results.len());
        if bad == all {
            return Some((first, true));
        }
        let what = format!("{bad} of {all} queries fail: {}", first.what);
        Some((Fault { what, ..first }, false))
    }

    /// What exporters tell, with what Prometheus knew of nodes whose exporter is silent.
    async fn fallen(&mut self, kept: Vec<GpuRow>, now: Timestamp) -> Vec<GpuRow> {
        let mut rows = self.exporters.rows(now).await;
        let told: BTreeSet<Key> = rows.iter().map(|row| row.key.clone()).collect();
        rows.extend(kept.into_iter().filter(|row| !told.contains(&row.key)));
        rows
    }

    /// What is missing while exporters are asked.
    fn missing(&self) -> Option<Fault> {
        let own = self.exporters.fault();
        if self.exporters.answers() {
            return own.cloned();
        }
        match (self.trouble(), own) {
            // both are missed: a person needs to know of one that is there and ill, first of Prometheus
            (Some((fault, true)), Some(own)) if is_absent(&fault) && !is_absent(own) => {
                Some(own.clone())
            }
            (Some((fault, _)), Some(own)) if is_absent(&fault) => {
                let what = format!("{}; {}", fault.what, own.what);
                Some(Fault { what, ..fault })
            }
            (Some((fault, _)), _) => Some(fault),
            // Prometheus is well and has none of them
            (None, own) => own.filter(|own| !is_absent(own)).cloned(),
        }
    }
}

fn is_absent(fault: &Fault) -> bool {
    fault.kind == FaultKind::Gone
}

/// Of what Prometheus has told just now and not yet when it was measured, the age is on its way.
fn is_recent(row: &GpuRow, now: Timestamp) -> bool {
    row.measured
        .is_none_or(|at| now.as_second() - at.as_second() <= OLD)
}

impl Reads for Ladder {
    type Row = GpuRow;

    fn every(&self) -> Duration {
        if self.open { SOON } else { LOOK }
    }

    async fn read(&mut self) -> Result<Got<GpuRow>, Fault> {
        self.round().await;
        let now = Timestamp::now();
        let kept = self.asks.rows(&self.link.target.id, now);
        if kept.iter().any(|row| is_recent(row, now)) {
            self.by = GpuBy::Prometheus;
            let missing = self.trouble().map(|(fault, _)| fault);
            return Ok(Got {
                rows: kept,
                missing,
            });
        }
        let rows = self.fallen(kept, now).await;
        self.by = if self.exporters.answers() {
            GpuBy::Exporter
        } else {
            GpuBy::Prometheus
        };
        let missing = self.missing();
        Ok(Got { rows, missing })
    }

    fn is_blind(&self) -> bool {
        let deaf = self.trouble().is_some_and(|(_, all)| all);
        deaf && !(self.by == GpuBy::Exporter && self.exporters.answers())
    }

    fn is_open(&self) -> bool {
        self.open && self.by == GpuBy::Prometheus
    }

    fn endpoint(&self) -> Option<String> {
        if self.by == GpuBy::Prometheus {
            return self.server.backend.known_endpoint();
        }
        let why = match self.trouble() {
            Some((fault, true)) if is_absent(&fault) => "no Prometheus was found",
            Some((_, true)) => "Prometheus does not answer",
            _ => "Prometheus has no DCGM figures",
        };
        Some(format!("{}: {why}", self.exporters.endpoint()?))
    }

    async fn anew(&mut self) {
        self.server.backend.anew().await;
        self.server = server(&self.link);
        self.results.clear();
        self.asks.anew();
        self.exporters.anew();
    }
}
