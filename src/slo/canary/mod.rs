//! A canary against its stable revision. Pure: asks through [`Asks`], makes one row.
//!
//! Both sides are counted over the same window: half an hour, or as long as the canary has been ready less its first
//! two minutes, in which a cold model is slow and says nothing about the next hour.

mod side;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::ask::{Answer, Asks, Query, Span};
use super::bucket::time;
use super::desk::{Desk, Order, since};
use super::objective::Timed;
use super::promql::one_of;
use super::query;
use super::source::{SOURCES, Service, Source, Tells};
use crate::domain::{Arm, CanaryRow, Clean, ClusterId, Key, Verdict};
use crate::fault::Fault;
use side::{Side, bounds, count, points};
use verdict::{Judged, Metric, judge};

/// Longest window in seconds.
const WINDOW: u32 = 1800;
/// Seconds after it got ready that are not counted.
const WARM_UP: i64 = 120;
/// Seconds between two questions.
const EVERY: u32 = 30;
const HOUR: u32 = 3600;
const STEP: u32 = 300;
const NAMES: &str = "names";

/// Which two revisions are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// Namespace of the service.
    pub namespace: Clean,
    /// The inference service.
    pub service: Clean,
    /// Revision of the canary.
    pub canary: Clean,
    /// Revision that it is measured against.
    pub stable: Clean,
    /// When the canary got ready; none when that is not known.
    pub ready: Option<Timestamp>,
}

/// What an answer was read as.
#[derive(Debug)]
enum Table {
    Names(BTreeSet<(String, String)>),
    Sides(BTreeMap<String, Side>),
}

/// Asks for a canary and its stable side.
#[derive(Debug)]
pub struct Canary {
    sides: Sides,
    desk: Desk<Table>,
    jobs: BTreeMap<String, &'static Source>,
    window: Option<u32>,
}

impl Canary {
    /// Compares these two.
    #[must_use]
    pub fn new(sides: &Sides) -> Self {
        Self {
            sides: sides.clone(),
            desk: Desk::default(),
            jobs: BTreeMap::new(),
            window: None,
        }
    }

    /// Seconds to compare; none while the canary warms up.
    fn window_at(&self, now: Timestamp) -> Option<u32> {
        let Some(ready) = self.sides.ready else {
            return Some(WINDOW);
        };
        // whole minutes: a query that changed with each second would never be answered twice
        let minutes = (since(ready, now) - WARM_UP) / 60;
        let seconds = u32::try_from(minutes.clamp(0, i64::from(WINDOW / 60))).ok()? * 60;
        (seconds >= 60).then_some(seconds)
    }

    fn plan(&mut self, now: Timestamp) {
        self.window = self.window_at(now);
        let metrics: BTreeSet<&str> = SOURCES
            .iter()
            .filter(|s| s.naming.revision.is_some())
            .map(|s| s.metric)
            .collect();
        let mut orders =
            BTreeMap::from([(NAMES.to_owned(), order(query::names(metrics), 300, None))]);
        self.jobs.clear();
        for source in self.found() {
            for (id, order) in self.orders(source) {
                self.jobs.insert(id.clone(), source);
                orders.insert(id, order);
            }
        }
        self.desk.want(orders);
    }

    /// Sources that are there and that tell revisions apart.
    fn found(&self) -> Vec<&'static Source> {
        let Some(Table::Names(names)) = self.desk.last(NAMES).map(|t| &t.read) else {
            return Vec::new();
        };
        let there = |source: &&Source| {
            source.naming.revision.is_some()
                && names.iter().any(|(metric, reporter)| {
                    metric == source.metric && source.reporter().is_none_or(|r| r == reporter)
                })
        };
        SOURCES.iter().filter(there).collect()
    }

    fn orders(&self, source: &'static Source) -> Vec<(String, Order)> {
        let Some(revision) = source.naming.revision else {
            return Vec::new();
        };
        let only = format!(
            "{revision}=~{}",
            one_of([&*self.sides.canary, &*self.sides.stable])
        );
        if source.tells == Tells::Replicas {
            let promql = query::starts(source, &only, &[revision]);
            return vec![(id("starts", source), order(promql, EVERY, None))];
        }
        let counted = |window| query::of_revisions(source, &only, revision, window);
        let mut orders = Vec::new();
        if let Some(window) = self.window {
            orders.push((id("window", source), order(counted(window), EVERY, None)));
        }
        if source.tells == Tells::Errors {
            let hour = Span {
                seconds: HOUR,
                step: STEP,
            };
            orders.push((id("trend", source), order(counted(STEP), 60, Some(hour))));
        }
        orders
    }

    fn read(&self, source: &Source, answer: &Answer) -> Table {
        let mut sides: BTreeMap<String, Side> = BTreeMap::new();
        let wanted: Service = (
            self.sides.namespace.to_string(),
            self.sides.service.to_string(),
        );
        let revision_of = |labels: &super::source::LabelSet| {
            let revision = labels.get(source.naming.revision?)?;
            ((source.naming.service)(labels)? == wanted).then(|| revision.clone())
        };
        for sample in answer.samples.iter().filter(|s| s.value.is_finite()) {
            if let Some(revision) = revision_of(&sample.labels) {
                sides.entry(revision).or_default().add(source, sample);
            }
        }
        for series in &answer.series {
            let Some(revision) = revision_of(&series.labels) else {
                continue;
            };
            let side = sides.entry(revision).or_default();
            for (at, value) in series.points.iter().filter(|(_, v)| v.is_finite()) {
                #[allow(clippy::cast_possible_truncation)]
                let point = side.trend.entry(*at as i64).or_default();
                count(point, source, &series.labels, *value);
            }
        }
        Table::Sides(sides)
    }

    /// The first source of a kind that tells of one of the two revisions, with what it tells of both.
    fn told(
        &self,
        part: &str,
        tells: Tells,
        now: Timestamp,
    ) -> Option<(&'static Source, [Side; 2], Timestamp)> {
        for source in SOURCES.iter().filter(|s| s.tells == tells) {
            let known = self.desk.known(&id(part, source), now);
            let Some(told) = known.told() else { continue };
            let Table::Sides(sides) = &told.read else {
                continue;
            };
            let of = |revision: &str| sides.get(revision).cloned();
            let pair = (of(&self.sides.canary), of(&self.sides.stable));
            if pair.0.is_some() || pair.1.is_some() {
                let both = [pair.0.unwrap_or_default(), pair.1.unwrap_or_default()];
                return Some((source, both, told.at));
            }
        }
        None
    }

    fn warning(&self, now: Timestamp) -> Option<Clean> {
        let of = |id: &String| {
            let known = self.desk.known(id, now);
            known.told()?.warnings.first().cloned()
        };
        self.jobs.keys().find_map(of)
    }

    fn fault(&self, now: Timestamp) -> Option<String> {
        use super::desk::Known;
        let ids = [NAMES.to_owned()];
        ids.iter()
            .chain(self.jobs.keys())
            .find_map(|id| match self.desk.known(id, now) {
                Known::Nothing(Some(fault)) | Known::Older(_, Some(fault)) => Some(fault.told()),
                _ => None,
            })
    }
}

fn id(part: &str, source: &Source) -> String {
    format!("{part}/{}", source.id)
}

fn order(promql: String, every: u32, span: Option<Span>) -> Order {
    Order {
        promql,
        span,
        every,
    }
}

impl Asks for Canary {
    type Row = CanaryRow;

    fn due(&mut self, now: Timestamp) -> Vec<Query> {
        self.plan(now);
        self.desk.due(now)
    }

    fn answered(&mut self, id: &str, answer: Result<Answer, Fault>, now: Timestamp) {
        let table = match (&answer, self.jobs.get(id)) {
            (Ok(answer), Some(source)) => Some(self.read(source, answer)),
            (Ok(answer), None) if id == NAMES => {
                Some(Table::Names(super::source::names_of(answer)))
            }
            (Ok(_), None) => return,
            (Err(_), _) => None,
        };
        self.desk.answered(id, answer, now, |_| {
            table.unwrap_or_else(|| Table::Sides(BTreeMap::new()))
        });
    }

    fn rows(&self, cluster: &ClusterId, now: Timestamp) -> Vec<CanaryRow> {
        let errors = self.told("window", Tells::Errors, now);
        let times = self.told("window", Tells::Latency(Timed::Request), now);
        let starts = self.told("starts", Tells::Replicas, now);
        let trend = self.told("trend", Tells::Errors, now);
        let window = self.window.unwrap_or(0);
        let arm = |place: usize, revision: &Clean| {
            let outcome = errors
                .as_ref()
                .and_then(|(_, sides, _)| sides[place].outcome);
            let side = times.as_ref().map(|(_, sides, _)| sides);
            let slow = side.and_then(|s| {
                let bounds = bounds(s);
                let p95 = bounds.iter().find(|(_, t)| (*t - 0.2).abs() < 1e-9);
                s[place].slower(p95.or(bounds.first())?.0)
            });
            let all = outcome.or(slow).map(|c| c.valid);
            Arm {
                revision: revision.clone(),
                errors: outcome,
                slow,
                quantiles: side.map(|s| s[place].quantiles()).unwrap_or_default(),
                cold_starts: starts.as_ref().and_then(|(_, s, _)| s[place].gauge),
                volume: all.filter(|_| window > 0).map(|v| v / f64::from(window)),
                trend: trend
                    .as_ref()
                    .map(|(_, s, at)| points(&s[place], *at))
                    .unwrap_or_default(),
            }
        };
        let Judged { verdict, reasons } = self.judged(&errors, &times, now);
        let measured = errors.as_ref().or(times.as_ref()).map_or(now, |t| t.2);
        vec![CanaryRow {
            key: Key::new(cluster.clone(), &self.sides.namespace, &self.sides.service),
            canary: arm(0, &self.sides.canary),
            stable: arm(1, &self.sides.stable),
            window,
            verdict,
            reasons: reasons.into(),
            measured,
        }]
    }
}

type Told = Option<(&'static Source, [Side; 2], Timestamp)>;

impl Canary {
    fn judged(&self, errors: &Told, times: &Told, now: Timestamp) -> Judged {
        let unknown = |reason: String| Judged {
            verdict: Verdict::NotEnoughData,
            reasons: vec![Clean::new(&reason)],
        };
        if self.window.is_none() {
            return unknown(format!(
                "warming up: compared from {} s after it got ready, over a minute at least",
                WARM_UP + 60
            ));
        }
        if let Some(warning) = self.warning(now) {
            return unknown(format!("the answer may be partial: {warning}"));
        }
        let mut metrics = Vec::new();
        if let Some((_, [canary, stable], _)) = errors {
            metrics.push(Metric {
                name: "errors".to_owned(),
                canary: canary.outcome.unwrap_or_default(),
                stable: stable.outcome.unwrap_or_default(),
                margin: 0.000_1,
                matters: 0.009,
                critical: true,
            });
        }
        if let Some((_, sides, _)) = times {
            metrics.extend(bounds(sides).into_iter().filter_map(|(bound, _)| {
                Some(Metric {
                    name: format!("slower than {}", time(bound)),
                    canary: sides[0].slower(bound)?,
                    stable: sides[1].slower(bound)?,
                    margin: 0.01,
                    matters: 0.05,
                    critical: false,
                })
            }));
        }
        if metrics.is_empty() {
            return unknown(match (self.fault(now), self.desk.last(NAMES)) {
                (Some(fault), _) => fault,
                (None, None) => "not measured yet".to_owned(),
                (None, Some(_)) if self.found().is_empty() => {
                    "no metric tells revisions apart: Knative's (request-metrics-protocol) or Istio's do".to_owned()
                }
                (None, Some(_)) => "neither revision has answered a request that was counted".to_owned(),
            });
        }
        judge(&metrics)
    }
}
