//! Which questions there are, how often each is asked, and under which id. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::slo::ask::{Answer, Span};
use crate::slo::bucket::needed;
use crate::slo::desk::{Desk, Order};
use crate::slo::objective::{
    Counts as CustomCounts, Objectives, Runtime, Sli, Slo, Timed, defaults, windowed,
};
use crate::slo::promql::{duration, one_of};
use crate::slo::query;
use crate::slo::source::{Form, SOURCES, Service, Source, Tells};
use crate::slo::window::{Period, possible};

use super::read::{self, Table};

/// Windows that every objective has: what burns now, and how much is asked.
pub(super) const SHORT: u32 = 300;
pub(super) const HOUR: u32 = 3600;
/// Steps of a trend, over an hour.
const STEP: u32 = 300;
/// Steps in which it is told since when there is data.
pub(super) const PRESENCE: u32 = 21_600;

/// What a question is about: how its answer is read.
#[derive(Debug, Clone)]
pub(super) enum Job {
    /// Which metrics there are.
    Names,
    /// Bounds of the buckets of a source.
    Bounds(&'static Source),
    /// Counts of a source in a window.
    Window(&'static Source),
    /// A gauge.
    Gauge(&'static Source),
    /// Counts of a source over the last hour.
    Trend(&'static Source),
    /// Since when a source tells.
    Since(&'static Source),
    /// A query of the person's, with its grouping.
    Figures(Vec<String>),
}

impl Job {
    pub fn read(&self, answer: &Answer) -> Table {
        match self {
            Self::Names => read::names(answer),
            Self::Bounds(source) => read::bounds(source, answer),
            Self::Window(source) => read::counts(source, answer),
            Self::Gauge(source) => read::gauge(source, answer),
            Self::Trend(source) => read::trend(source, answer),
            Self::Since(source) => read::since(source, answer),
            Self::Figures(grouping) => read::figures(grouping, answer),
        }
    }
}

pub(super) const NAMES: &str = "names";

pub(super) fn window_id(source: &Source, window: u32) -> String {
    format!("window/{}/{}", source.id, duration(window))
}

pub(super) fn trend_id(source: &Source) -> String {
    format!("trend/{}", source.id)
}

pub(super) fn since_id(source: &Source) -> String {
    format!("since/{}", source.id)
}

pub(super) fn starts_id(source: &Source) -> String {
    format!("starts/{}", source.id)
}

pub(super) fn replicas_id(source: &Source) -> String {
    format!("replicas/{}", source.id)
}

fn bounds_id(source: &Source) -> String {
    format!("bounds/{}", source.id)
}

/// Of a custom objective: its bad (or good) figure, or its valid one. Named by where it is written: objectives of the
/// cluster come and go, and an answer must not be taken for another's.
pub(super) fn custom_id(slo: &Slo, part: &str, window: u32) -> String {
    let (namespace, service) = slo.service.clone().unwrap_or_default();
    let origin = slo.origin.told();
    format!(
        "custom/{origin}/{namespace}/{service}/{}/{part}/{}",
        slo.id,
        duration(window)
    )
}

/// Windows of an objective, the shortest first.
pub(super) fn windows_of(objectives: &Objectives, slo: &Slo) -> Vec<u32> {
    let period = slo.period.unwrap_or(objectives.period);
    windows(objectives, period, slo.budget())
}

fn windows(objectives: &Objectives, period: Period, budget: f64) -> Vec<u32> {
    let pairs = possible(&objectives.windows.pairs(period), budget);
    let mut all = BTreeSet::from([SHORT, HOUR, period.seconds()]);
    all.extend(pairs.iter().flat_map(|p| [p.long, p.short]));
    all.into_iter().collect()
}

/// Seconds between two questions for a window.
fn every(window: u32) -> u32 {
    match window {
        0..=1800 => 30,
        1801..=7200 => 60,
        7201..=604_800 => 300,
        _ => 1200,
    }
}

/// The questions as they are wanted now.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub jobs: BTreeMap<String, Job>,
    pub orders: BTreeMap<String, Order>,
}

impl Jobs {
    fn add(&mut self, id: String, job: Job, (promql, every): (String, u32), span: Option<Span>) {
        let order = Order {
            promql,
            span,
            every,
        };
        self.orders.insert(id.clone(), order);
        self.jobs.insert(id, job);
    }

    /// What is to be asked, by what is known so far: first which metrics there are, then their buckets, then counts.
    pub fn wanted(
        objectives: &Objectives,
        found: &BTreeSet<&'static str>,
        desk: &Desk<Table>,
    ) -> Self {
        let mut jobs = Self::default();
        let seldom = if found.is_empty() { 60 } else { 600 };
        let metrics: BTreeSet<&str> = SOURCES.iter().map(|s| s.metric).collect();
        jobs.add(
            NAMES.to_owned(),
            Job::Names,
            (query::names(metrics), seldom),
            None,
        );
        for source in SOURCES.iter().filter(|s| found.contains(s.id)) {
            jobs.source(objectives, source, desk);
        }
        for slo in &objectives.custom {
            jobs.custom(objectives, slo);
        }
        jobs
    }

    fn source(&mut self, objectives: &Objectives, source: &'static Source, desk: &Desk<Table>) {
        if source.tells == Tells::Replicas {
            let job = || Job::Gauge(source);
            self.add(
                starts_id(source),
                job(),
                (query::starts(source, "", &[]), 60),
                None,
            );
            self.add(
                replicas_id(source),
                job(),
                (query::replicas(source), 30),
                None,
            );
            return;
        }
        let Some(more) = self.buckets(source, desk) else {
            return;
        };
        // a budget of nothing can burn at every factor: all windows of the set
        for window in windows(objectives, objectives.period, 0.0) {
            let promql = query::counted(source, &more, &[], window);
            self.add(
                window_id(source, window),
                Job::Window(source),
                (promql, every(window)),
                None,
            );
        }
        let hour = Span {
            seconds: HOUR,
            step: STEP,
        };
        let promql = query::counted(source, &more, &[], STEP);
        self.add(
            trend_id(source),
            Job::Trend(source),
            (promql, 60),
            Some(hour),
        );
        let period = Span {
            seconds: objectives.period.seconds(),
            step: PRESENCE,
        };
        let promql = query::presence(source, PRESENCE);
        self.add(
            since_id(source),
            Job::Since(source),
            (promql, 1800),
            Some(period),
        );
    }

    /// The matcher of the buckets that the thresholds need; none while the buckets are not known. Asks for them.
    fn buckets(&mut self, source: &'static Source, desk: &Desk<Table>) -> Option<String> {
        let (Form::Buckets(_), Tells::Latency(of)) = (source.form, source.tells) else {
            return Some(String::new());
        };
        let id = bounds_id(source);
        self.add(
            id.clone(),
            Job::Bounds(source),
            (query::bounds(source), 600),
            None,
        );
        let Table::Bounds(bounds) = &desk.last(&id)?.read else {
            return None;
        };
        Some(matcher(bounds, &thresholds(of)))
    }

    fn custom(&mut self, objectives: &Objectives, slo: &Slo) {
        let Sli::Custom(custom) = &slo.sli else {
            return;
        };
        for window in windows_of(objectives, slo) {
            let text = duration(window);
            let parts: Vec<(&str, &String)> = match &custom.counts {
                CustomCounts::Bad { bad, valid } => vec![("bad", bad), ("valid", valid)],
                CustomCounts::Good { good, valid } => vec![("good", good), ("valid", valid)],
                CustomCounts::Ratio(ratio) => vec![("ratio", ratio)],
            };
            for (part, query) in parts {
                let job = Job::Figures(custom.grouping.clone());
                let promql = windowed(query, &text);
                self.add(
                    custom_id(slo, part, window),
                    job,
                    (promql, every(window)),
                    None,
                );
            }
        }
    }
}

/// Thresholds that the defaults have for what is timed.
pub(super) fn thresholds(of: Timed) -> Vec<f64> {
    let all = defaults(Runtime::Predictive)
        .into_iter()
        .chain(defaults(Runtime::Generative));
    let threshold = |slo: Slo| match slo.sli {
        Sli::Latency {
            of: timed,
            threshold,
        } if timed == of => Some(threshold),
        _ => None,
    };
    all.filter_map(threshold).collect()
}

/// Only the buckets that tell the thresholds, of whichever service has which, and the last one, which counts all.
pub(super) fn matcher(
    bounds: &BTreeMap<Service, Vec<(f64, String)>>,
    thresholds: &[f64],
) -> String {
    let mut wanted: BTreeSet<&str> = BTreeSet::from(["+Inf"]);
    let mut seen: BTreeSet<Vec<&str>> = BTreeSet::new();
    for all in bounds.values() {
        if seen.insert(all.iter().map(|(_, le)| le.as_str()).collect()) {
            wanted.extend(thresholds.iter().flat_map(|t| needed(all, *t)));
        }
    }
    format!("le=~{}", one_of(wanted))
}
