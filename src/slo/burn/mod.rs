//! How fast the error budgets of all services burn. Pure: asks through [`Asks`], reads answers, makes rows.
//!
//! One query finds which metrics there are, one for each histogram the bounds of its buckets; after that one query for
//! each metric and window counts for all services at once. Short windows are asked for every 30 seconds, long ones
//! every few minutes, the period of the budget every 20. Nothing is averaged: ratios are Σbad / Σvalid.

mod custom;
mod jobs;
mod judge;
mod notes;
mod past;
mod read;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::ask::{Answer, Asks, Query};
use super::desk::Desk;
use super::objective::{Objectives, Runtime, Slo, Timed, defaults};
use super::source::{SOURCES, Service, Tells};
use crate::domain::{BurnRow, Clean, ClusterId};
use crate::fault::Fault;
use jobs::{Job, Jobs, NAMES};
pub use past::{Curve, Past};
use read::Table;
use row::Maker;

/// Asks for what burns.
#[derive(Debug, Default)]
pub struct Burn {
    /// What is asked for: those of the cluster first, then those of the settings, which replace them.
    objectives: Objectives,
    /// Those of the settings.
    own: Vec<Slo>,
    /// Sources that were seen once: one that went away has to be missed.
    found: BTreeSet<&'static str>,
    jobs: BTreeMap<String, Job>,
    desk: Desk<Table>,
}

impl Burn {
    /// Asks for these objectives.
    #[must_use]
    pub fn new(objectives: &Objectives) -> Self {
        Self {
            objectives: objectives.clone(),
            own: objectives.custom.clone(),
            ..Self::default()
        }
    }

    /// The metrics that were found, as they are told to a person: `Istio, istio_requests_total`.
    #[must_use]
    pub fn sources(&self) -> Vec<Clean> {
        let found = SOURCES.iter().filter(|s| self.found.contains(s.id));
        found.map(|s| Clean::new(&s.told())).collect()
    }

    /// It was asked which metrics there are, and none of a model server, of Knative or of Istio is there.
    #[must_use]
    pub fn found_none(&self) -> bool {
        self.found.is_empty() && self.desk.last(NAMES).is_some()
    }

    fn plan(&mut self) {
        let Jobs { jobs, orders } = Jobs::wanted(&self.objectives, &self.found, &self.desk);
        self.jobs = jobs;
        self.desk.want(orders);
    }

    fn find(&mut self) {
        let Some(told) = self.desk.last(NAMES) else {
            return;
        };
        let Table::Names(names) = &told.read else {
            return;
        };
        for source in SOURCES {
            let reporter = source.reporter();
            let there = names.iter().any(|(metric, by)| {
                metric == source.metric && reporter.is_none_or(|wanted| wanted == by)
            });
            if there {
                self.found.insert(source.id);
            }
        }
    }

    /// Services that something was seen of.
    fn services(&self) -> BTreeSet<&Service> {
        let mut services = BTreeSet::new();
        for (id, told) in self.desk.all() {
            match &told.read {
                Table::Counts(all) if !is_long(id) => services.extend(all.keys()),
                Table::Gauge(all) => services.extend(all.keys()),
                _ => {}
            }
        }
        services
    }
}

/// A window of more than about a day: what only it has seen is gone.
fn is_long(id: &str) -> bool {
    let window = id.rsplit('/').next().unwrap_or_default();
    super::promql::seconds(window).is_none_or(|s| s > 100_000)
}

impl Asks for Burn {
    type Row = BurnRow;

    fn written(&mut self, mut slos: Vec<Slo>) {
        slos.extend(self.own.iter().cloned());
        self.objectives.custom = slos;
    }

    fn due(&mut self, now: Timestamp) -> Vec<Query> {
        self.plan();
        self.desk.due(now)
    }

    fn answered(&mut self, id: &str, answer: Result<Answer, Fault>, now: Timestamp) {
        let Some(job) = self.jobs.get(id) else {
            return;
        };
        self.desk
            .answered(id, answer, now, |answer| job.read(&answer));
        if id == NAMES {
            self.find();
        }
    }

    fn rows(&self, cluster: &ClusterId, now: Timestamp) -> Vec<BurnRow> {
        let maker = Maker {
            objectives: &self.objectives,
            desk: &self.desk,
            cluster,
            now,
        };
        let predictive = defaults(Runtime::Predictive);
        let generative = defaults(Runtime::Generative);
        let mut rows: BTreeMap<_, BurnRow> = BTreeMap::new();
        for service in self.services() {
            let tokens = maker.source(service, Tells::Latency(Timed::FirstToken));
            let slos: &[Slo] = if tokens.is_some() {
                &generative
            } else {
                &predictive
            };
            for row in slos.iter().filter_map(|slo| maker.row(service, slo)) {
                rows.insert(row.key.clone(), row);
            }
        }
        for slo in &self.objectives.custom {
            for row in maker.custom(slo) {
                rows.insert(row.key.clone(), row);
            }
        }
        rows.into_values().collect()
    }
}
