//! Rows out of tables: the source of each figure, what was measured, what limits the trust in it. Pure.

use jiff::Timestamp;

use crate::domain::{BurnRow, Burning, Clean, ClusterId, Counted, Key, Measure, Plain, WindowBurn};
use crate::slo::desk::{Desk, Told};
use crate::slo::objective::{Objectives, Sli, Slo};
use crate::slo::source::{Form, SOURCES, Service, Source, Tells};
use crate::slo::window::possible;

use super::jobs::{self, HOUR, PRESENCE, SHORT};
use super::judge::{self, Against};
use super::notes::Notes;
use super::read::{Counts, Table};

/// What rows are made from.
pub(super) struct Maker<'a> {
    pub objectives: &'a Objectives,
    pub desk: &'a Desk<Table>,
    pub cluster: &'a ClusterId,
    pub now: Timestamp,
}

/// The figures of one objective of one service, before they are judged.
pub(super) struct Measured {
    pub by: Clean,
    pub windows: Vec<WindowBurn>,
    pub covers: Option<u32>,
    pub volume: Option<f64>,
    pub trend: Vec<Option<f64>>,
    pub notes: Notes,
    pub at: Option<Timestamp>,
}

impl Maker<'_> {
    /// The row of an objective.
    pub fn row(&self, service: &Service, slo: &Slo) -> Option<BurnRow> {
        match slo.sli {
            Sli::ColdStarts { per_hour } => self.starts(service, slo, per_hour),
            Sli::Custom(_) => None,
            Sli::Errors | Sli::Latency { .. } => Some(self.share(service, slo)),
        }
    }

    fn share(&self, service: &Service, slo: &Slo) -> BurnRow {
        let (tells, threshold) = match slo.sli {
            Sli::Latency { of, threshold } => (Tells::Latency(of), Some(threshold)),
            _ => (Tells::Errors, None),
        };
        let measured = match self.source(service, tells) {
            Some(source) => self.measured(service, slo, source, threshold),
            None => self.unmeasured(service, slo, tells),
        };
        self.judged(service, slo, measured)
    }

    /// The preferred source that has data for a service: within the last hour, else within a day.
    pub fn source(&self, service: &Service, tells: Tells) -> Option<&'static Source> {
        let has = |source: &Source, window: u32| {
            let last = self.desk.last(&jobs::window_id(source, window));
            last.is_some_and(|t| matches!(&t.read, Table::Counts(all) if all.contains_key(service)))
        };
        let of = || SOURCES.iter().filter(|s| s.tells == tells);
        of().find(|s| has(s, HOUR))
            .or_else(|| of().find(|s| self.day().any(|w| has(s, w))))
    }

    /// Windows of up to about a day: what was not seen for longer is gone.
    fn day(&self) -> impl Iterator<Item = u32> {
        let pairs = self.objectives.windows.pairs(self.objectives.period);
        let windows = pairs.into_iter().flat_map(|p| [p.long, p.short]);
        windows.filter(|w| *w <= 100_000)
    }

    fn measured(
        &self,
        service: &Service,
        slo: &Slo,
        source: &'static Source,
        threshold: Option<f64>,
    ) -> Measured {
        let mut notes = Notes::default();
        let mut at = None;
        let asleep = self.replicas(service) == Some(0.0);
        let windows: Vec<WindowBurn> = jobs::windows_of(self.objectives, slo)
            .into_iter()
            .map(|seconds| {
                let known = self.desk.known(&jobs::window_id(source, seconds), self.now);
                notes.window(seconds, &known, self.now);
                at = at.or(known.told().map(|t| t.at));
                let measure = measure(known.told(), service, threshold);
                let measure = match measure {
                    // no replica: nothing that could count, and nothing that is asked
                    Measure::NoData if asleep && known.told().is_some() => Measure::NoTraffic,
                    other => other,
                };
                WindowBurn { seconds, measure }
            })
            .collect();
        if source.form == Form::MeanOnly {
            notes.add(
                "only the sum of all durations is counted: a mean, of which no share can be told",
            );
        }
        if let Some(threshold) = threshold {
            notes.bounds(&windows, threshold);
        }
        Measured {
            by: Clean::new(&source.told()),
            covers: self.covers(service, source),
            volume: volume(&windows),
            trend: self.trend(service, slo, source, threshold),
            windows,
            notes,
            at,
        }
    }

    /// Nothing measures it: of a service that is known by another metric.
    fn unmeasured(&self, service: &Service, slo: &Slo, tells: Tells) -> Measured {
        let mut notes = Notes::default();
        let asleep = self.replicas(service) == Some(0.0);
        let why = match tells {
            Tells::Errors => {
                "no metric counts its failures: KServe's model server has none, Knative's \
                 (request-metrics-protocol in config-observability) or Istio's do"
            }
            _ => "no metric tells how long its requests take",
        };
        let measure = if asleep {
            Measure::NoTraffic
        } else {
            notes.add(why);
            Measure::Unmeasurable(Clean::new(why))
        };
        let one = |seconds| WindowBurn {
            seconds,
            measure: measure.clone(),
        };
        Measured {
            by: Clean::default(),
            windows: jobs::windows_of(self.objectives, slo)
                .into_iter()
                .map(one)
                .collect(),
            covers: None,
            volume: None,
            trend: Vec::new(),
            notes,
            at: None,
        }
    }

    /// The row out of its figures.
    pub fn judged(&self, service: &Service, slo: &Slo, measured: Measured) -> BurnRow {
        let period = slo.period.unwrap_or(self.objectives.period);
        let all = self.objectives.windows.pairs(period);
        let pairs = possible(&all, slo.budget());
        let Measured {
            windows, mut notes, ..
        } = measured;
        let against = Against {
            pairs: &pairs,
            budget: slo.budget(),
            period: period.seconds(),
            partial: notes.partial(),
        };
        let judged = judge::judge(&windows, against);
        notes.plain(&all, &pairs, slo.budget());
        notes.traffic(&windows, &pairs, slo.budget());
        notes.covers(measured.covers, period.seconds());
        let (key, service) = self.keys(service, &slo.id);
        BurnRow {
            key,
            service,
            objective: slo.id.clone(),
            title: slo.title.clone(),
            target: slo.target,
            period: period.seconds(),
            state: judged.state,
            origin: slo.origin.clone(),
            by: measured.by,
            plain: None,
            windows: windows.into(),
            worst: judged.worst,
            left: judged.left,
            gone_in: judged.gone_in,
            covers: measured.covers,
            volume: measured.volume,
            trend: measured.trend.into(),
            doubts: notes.told(),
            measured: measured.at.unwrap_or(self.now),
        }
    }

    fn keys(&self, service: &Service, objective: &str) -> (Key, Key) {
        let (namespace, name) = service;
        let of = |name: &str| Key::new(self.cluster.clone(), namespace, name);
        (of(&format!("{name}/{objective}")), of(name))
    }

    /// Starts from zero, where replicas are told at all.
    fn starts(&self, service: &Service, slo: &Slo, limit: f64) -> Option<BurnRow> {
        let has = |s: &&Source| self.gauge(&jobs::starts_id(s), service).is_some();
        let source = SOURCES
            .iter()
            .filter(|s| s.tells == Tells::Replicas)
            .find(has)?;
        let known = self.desk.known(&jobs::starts_id(source), self.now);
        let mut notes = Notes::default();
        notes.window(HOUR, &known, self.now);
        let value = known.told().and_then(|t| gauge_of(t, service));
        let mut row = self.judged(
            service,
            slo,
            Measured {
                by: Clean::new(&source.told()),
                windows: Vec::new(),
                covers: None,
                volume: None,
                trend: Vec::new(),
                notes,
                at: known.told().map(|t| t.at),
            },
        );
        row.left = None;
        row.state = match value {
            Some(starts) if starts >= limit => Burning::Ticket,
            Some(_) => Burning::Inside,
            None => Burning::Unknown,
        };
        row.plain = Some(Plain {
            limit,
            value,
            unit: Clean::new("cold starts / h"),
        });
        Some(row)
    }

    fn replicas(&self, service: &Service) -> Option<f64> {
        let of = SOURCES.iter().filter(|s| s.tells == Tells::Replicas);
        of.map(jobs::replicas_id).find_map(|id| {
            let known = self.desk.known(&id, self.now);
            gauge_of(known.told()?, service)
        })
    }

    fn gauge(&self, id: &str, service: &Service) -> Option<f64> {
        gauge_of(self.desk.last(id)?, service)
    }

    /// Seconds that there is data of, where that is less than the period.
    fn covers(&self, service: &Service, source: &Source) -> Option<u32> {
        let told = self.desk.last(&jobs::since_id(source))?;
        let Table::Since(all) = &told.read else {
            return None;
        };
        let first = all.get(service)?;
        // the first point tells of the six hours before it
        #[allow(clippy::cast_possible_truncation)]
        let seconds = told.at.as_second() - *first as i64;
        let seconds = u32::try_from(seconds.max(0)).ok()?;
        (seconds + PRESENCE < self.objectives.period.seconds()).then_some(seconds.max(SHORT))
    }

    fn trend(
        &self,
        service: &Service,
        slo: &Slo,
        source: &Source,
        threshold: Option<f64>,
    ) -> Vec<Option<f64>> {
        const POINTS: i64 = (HOUR / SHORT) as i64;
        let known = self.desk.known(&jobs::trend_id(source), self.now);
        let Some(told) = known.told() else {
            return Vec::new();
        };
        let Table::Trend(all) = &told.read else {
            return Vec::new();
        };
        let Some(points) = all.get(service) else {
            return Vec::new();
        };
        let mut trend = vec![None; usize::try_from(POINTS + 1).unwrap_or(0)];
        for (at, counts) in points {
            #[allow(clippy::cast_possible_truncation)]
            let back = (told.at.as_second() - *at as i64 + i64::from(SHORT) / 2) / i64::from(SHORT);
            let place = usize::try_from(POINTS - back).ok();
            if let Some(point) = place.and_then(|p| trend.get_mut(p)) {
                *point = match of_counts(counts, threshold) {
                    // nothing was asked: nothing to draw
                    Measure::NoTraffic => None,
                    measure => judge::burn(&measure, slo.budget()),
                };
            }
        }
        trend
    }
}

fn gauge_of(told: &Told<Table>, service: &Service) -> Option<f64> {
    match &told.read {
        Table::Gauge(all) => all.get(service).copied(),
        _ => None,
    }
}

fn measure(told: Option<&Told<Table>>, service: &Service, threshold: Option<f64>) -> Measure {
    let counts = told.and_then(|t| match &t.read {
        Table::Counts(all) => all.get(service),
        _ => None,
    });
    counts.map_or(Measure::NoData, |counts| of_counts(counts, threshold))
}

pub(super) fn of_counts(counts: &Counts, threshold: Option<f64>) -> Measure {
    match (counts, threshold) {
        (Counts::Outcome(counted), _) if counted.valid > 0.0 => Measure::Exact(*counted),
        (Counts::Times(buckets), Some(threshold)) => buckets.slower(threshold),
        (Counts::Times(_), None) => Measure::NoData,
        (Counts::Mean(sum), _) if *sum > 0.0 => {
            Measure::Unmeasurable(Clean::new("only the mean duration is told"))
        }
        (Counts::Outcome(_) | Counts::Mean(_), _) => Measure::NoTraffic,
    }
}

/// Requests per second over the last hour.
pub(super) fn volume(windows: &[WindowBurn]) -> Option<f64> {
    match judge::of(windows, HOUR) {
        Measure::Exact(Counted { valid, .. })
        | Measure::Between {
            least: Counted { valid, .. },
            ..
        } => Some(valid / f64::from(HOUR)),
        Measure::NoTraffic => Some(0.0),
        Measure::NoData | Measure::Unmeasurable(_) => None,
    }
}
