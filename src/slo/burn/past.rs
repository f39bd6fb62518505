//! How fast the budgets of some services burned in a time that is over: a curve for each objective. Pure: its questions
//! are handed out, and the answers taken in.
//!
//! Each point counts over five minutes, or from one point to the next where these are further apart, so that nothing
//! that happened falls between two points.

use std::collections::{BTreeMap, BTreeSet};

use super::custom::named as of_group;
use super::jobs::{SHORT, matcher, thresholds};
use super::judge;
use super::read::{self, Counts as Counted, Table};
use super::row::of_counts;
use crate::domain::{Clean, Measure};
use crate::slo::ask::{Answer, Query, Sample, Series, Span};
use crate::slo::objective::{
    Counts, Custom, Objectives, Runtime, Sli, Slo, Timed, defaults, windowed,
};
use crate::slo::promql::duration;
use crate::slo::query;
use crate::slo::source::{Form, SOURCES, Service, Source, Tells, names_of};

const NAMES: &str = "names";

/// Asks for the curves.
#[derive(Debug)]
pub struct Past {
    services: BTreeSet<Service>,
    span: Span,
    custom: Vec<Slo>,
    /// Questions that were handed out.
    asked: BTreeSet<String>,
    found: Option<BTreeSet<(String, String)>>,
    bounds: BTreeMap<&'static str, Table>,
    trends: BTreeMap<&'static str, Table>,
    /// Figures of custom objectives, by the id of the question, then by group.
    figures: BTreeMap<String, BTreeMap<Group, BTreeMap<i64, f64>>>,
}

/// Values of the labels that a custom objective is grouped by.
type Group = Vec<String>;

/// Most groups of one objective that have a curve.
const GROUPS: usize = 12;

/// How fast one budget burned.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Namespace and name of the service.
    pub service: (Clean, Clean),
    /// The objective in words.
    pub title: Clean,
    /// Unix seconds and burn rate, oldest first; none where nothing was asked of the service, or nothing is known.
    pub points: Vec<(i64, Option<f64>)>,
}

impl Curve {
    /// The fastest that it burned, and when; none when nothing is known.
    #[must_use]
    pub fn most(&self) -> Option<(i64, f64)> {
        let known = self
            .points
            .iter()
            .filter_map(|(at, burn)| Some((*at, (*burn)?)));
        known.fold(None, |most, point| match most {
            Some((_, burn)) if burn >= point.1 => most,
            _ => Some(point),
        })
    }
}

impl Past {
    /// Asks for these services. The span ends when the questions are asked for.
    #[must_use]
    pub fn new(objectives: &Objectives, services: BTreeSet<Service>, span: Span) -> Self {
        Self {
            services,
            span,
            custom: objectives.custom.clone(),
            asked: BTreeSet::new(),
            found: None,
            bounds: BTreeMap::new(),
            trends: BTreeMap::new(),
            figures: BTreeMap::new(),
        }
    }

    /// The services.
    pub(crate) fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.iter()
    }

    /// Asks for these objectives as well; before anything is asked.
    pub(crate) fn add(&mut self, slos: Vec<Slo>) {
        self.custom.extend(slos);
    }

    /// What is to be asked next; empty when all was.
    pub fn due(&mut self) -> Vec<Query> {
        let mut due = Vec::new();
        let Some(found) = self.found.clone() else {
            let metrics: BTreeSet<&str> = SOURCES.iter().map(|s| s.metric).collect();
            self.put(&mut due, NAMES.to_owned(), query::names(metrics));
            return due;
        };
        for source in SOURCES.iter().filter(|s| is_there(s, &found)) {
            match self.buckets(source) {
                Some(more) => {
                    let promql = query::counted(source, &more, &[], self.window());
                    self.put(&mut due, id("trend", source), promql);
                }
                None => self.put(&mut due, id("bounds", source), query::bounds(source)),
            }
        }
        let custom: Vec<(usize, &'static str, String)> = self.of_custom();
        for (at, part, promql) in custom {
            self.put(&mut due, custom_id(at, part), promql);
        }
        due
    }

    /// Everything is asked of that time: what was there when it burned may be gone by now.
    fn put(&mut self, due: &mut Vec<Query>, id: String, promql: String) {
        if self.asked.insert(id.clone()) {
            let span = Some(self.span);
            due.push(Query { id, promql, span });
        }
    }

    fn window(&self) -> u32 {
        self.span.step.max(SHORT)
    }

    /// The matcher of the buckets that the thresholds need; none while the buckets are not known.
    fn buckets(&self, source: &'static Source) -> Option<String> {
        let (Form::Buckets(_), Tells::Latency(of)) = (source.form, source.tells) else {
            return Some(String::new());
        };
        match self.bounds.get(source.id)? {
            Table::Bounds(bounds) => Some(matcher(bounds, &thresholds(of))),
            _ => None,
        }
    }

    /// The custom objectives of these services: which, which part, the question.
    fn of_custom(&self) -> Vec<(usize, &'static str, String)> {
        let window = duration(self.window());
        let mut all = Vec::new();
        for (at, slo) in self.custom.iter().enumerate() {
            let Some((custom, _)) = self.one(slo) else {
                continue;
            };
            let parts = match &custom.counts {
                Counts::Bad { bad, valid } => vec![("bad", bad), ("valid", valid)],
                Counts::Good { good, valid } => vec![("good", good), ("valid", valid)],
                Counts::Ratio(ratio) => vec![("ratio", ratio)],
            };
            all.extend(
                parts
                    .iter()
                    .map(|(part, query)| (at, *part, windowed(query, &window))),
            );
        }
        all
    }

    /// A custom objective of one of these services.
    fn one<'a>(&self, slo: &'a Slo) -> Option<(&'a Custom, &Service)> {
        let (Sli::Custom(custom), Some((namespace, name))) = (&slo.sli, &slo.service) else {
            return None;
        };
        let mine = |(place, own): &&Service| {
            own == name.as_str() && (namespace.is_empty() || place == namespace.as_str())
        };
        let service = self.services.iter().find(mine)?;
        Some((custom, service))
    }

    /// Takes an answer in.
    pub fn answered(&mut self, id: &str, answer: &Answer) {
        let of = |sort: &str| {
            let rest = id.strip_prefix(sort)?.strip_prefix('/')?;
            SOURCES.iter().find(|source| source.id == rest)
        };
        if id == NAMES {
            self.found = Some(names_of(&at_any_time(answer)));
        } else if let Some(source) = of("bounds") {
            let bounds = read::bounds(source, &at_any_time(answer));
            self.bounds.insert(source.id, bounds);
        } else if let Some(source) = of("trend") {
            self.trends.insert(source.id, read::trend(source, answer));
        } else {
            let figures = self.grouped(id, answer);
            self.figures.insert(id.to_owned(), figures);
        }
    }

    /// The figures of a custom objective, added up in each group.
    fn grouped(&self, id: &str, answer: &Answer) -> BTreeMap<Group, BTreeMap<i64, f64>> {
        let at = id.split('/').nth(1).and_then(|at| at.parse().ok());
        let slo = at.and_then(|at: usize| self.custom.get(at));
        let grouping = match slo.map(|slo| &slo.sli) {
            Some(Sli::Custom(custom)) => custom.grouping.as_slice(),
            _ => &[],
        };
        let mut groups: BTreeMap<Group, BTreeMap<i64, f64>> = BTreeMap::new();
        for series in &answer.series {
            let label = |name: &String| series.labels.get(name).cloned().unwrap_or_default();
            let sums = groups
                .entry(grouping.iter().map(label).collect())
                .or_default();
            for (at, value) in series.points.iter().filter(|(_, value)| value.is_finite()) {
                *sums.entry(second(*at)).or_default() += value;
            }
        }
        groups
    }

    /// The curves that the answers tell: of each service those of its objectives that anything is known of. `until` is
    /// the end of the span.
    #[must_use]
    pub fn curves(&self, until: i64) -> Vec<Curve> {
        let step = i64::from(self.span.step.max(1));
        let end = until.div_euclid(step) * step;
        let begin = end - i64::from(self.span.seconds);
        let points = i64::from(self.span.seconds) / step;
        let times: Vec<i64> = (0..=points).map(|n| begin + n * step).collect();
        let mut curves = Vec::new();
        for service in &self.services {
            let generative = self
                .source(service, Tells::Latency(Timed::FirstToken))
                .is_some();
            let runtime = if generative {
                Runtime::Generative
            } else {
                Runtime::Predictive
            };
            for slo in defaults(runtime) {
                curves.extend(self.measured(service, &slo, &times));
            }
        }
        for (at, slo) in self.custom.iter().enumerate() {
            let Some((custom, service)) = self.one(slo) else {
                continue;
            };
            let service = named(service);
            // it stands for the one that everybody has
            let same = |curve: &Curve| curve.service == service && curve.title == slo.title;
            curves.retain(|curve| !same(curve));
            for group in self.groups(at) {
                let burn = |time: &i64| {
                    let bad = self.figure((at, &group), custom, *time);
                    (*time, bad.map(|bad| bad / slo.budget()))
                };
                curves.push(Curve {
                    service: service.clone(),
                    title: of_group(slo, custom, &group).title,
                    points: times.iter().map(burn).collect(),
                });
            }
        }
        curves.retain(|curve| curve.most().is_some());
        curves.sort_by(|a, b| a.service.cmp(&b.service));
        curves
    }

    /// The source of a figure of a service: the preferred one that told anything.
    fn source(&self, service: &Service, tells: Tells) -> Option<&'static Source> {
        let has = |source: &&Source| match self.trends.get(source.id) {
            Some(Table::Trend(all)) => all.contains_key(service),
            _ => false,
        };
        SOURCES.iter().filter(|s| s.tells == tells).find(has)
    }

    fn measured(&self, service: &Service, slo: &Slo, times: &[i64]) -> Option<Curve> {
        let (tells, threshold) = match slo.sli {
            Sli::Errors => (Tells::Errors, None),
            Sli::Latency { of, threshold } => (Tells::Latency(of), Some(threshold)),
            _ => return None,
        };
        let Some(Table::Trend(all)) = self.trends.get(self.source(service, tells)?.id) else {
            return None;
        };
        let counted: BTreeMap<i64, &Counted> = all
            .get(service)?
            .iter()
            .map(|(at, counts)| (second(*at), counts))
            .collect();
        let burn = |at: &i64| match of_counts(counted.get(at)?, threshold) {
            // nothing was asked: nothing burned, and nothing is known
            Measure::NoTraffic => None,
            measure => judge::burn(&measure, slo.budget()),
        };
        Some(Curve {
            service: named(service),
            title: slo.title.clone(),
            points: times.iter().map(|at| (*at, burn(at))).collect(),
        })
    }

    /// The groups that the answers about a custom objective tell of.
    fn groups(&self, at: usize) -> BTreeSet<Group> {
        let parts = ["valid", "ratio"].map(|part| self.figures.get(&custom_id(at, part)));
        let all = parts.into_iter().flatten().flat_map(BTreeMap::keys);
        all.take(GROUPS).cloned().collect()
    }

    /// The share of bad events of a custom objective.
    fn figure(&self, (at, group): (usize, &Group), custom: &Custom, time: i64) -> Option<f64> {
        let part = |part| {
            let groups = self.figures.get(&custom_id(at, part))?;
            groups.get(group)?.get(&time).copied()
        };
        let share = match custom.counts {
            Counts::Ratio(_) => part("ratio")?,
            Counts::Bad { .. } => part("bad").unwrap_or(0.0) / part("valid")?,
            Counts::Good { .. } => 1.0 - part("good").unwrap_or(0.0) / part("valid")?,
        };
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }
}

/// What was there at some time of the span.
fn at_any_time(answer: &Answer) -> Answer {
    let sample = |series: &Series| {
        let (at, value) = *series.points.first()?;
        let labels = series.labels.clone();
        Some(Sample { labels, at, value })
    };
    Answer {
        samples: answer.series.iter().filter_map(sample).collect(),
        ..Answer::default()
    }
}

fn id(sort: &str, source: &Source) -> String {
    format!("{sort}/{}", source.id)
}

fn custom_id(at: usize, part: &str) -> String {
    format!("custom/{at}/{part}")
}

fn named((namespace, name): &Service) -> (Clean, Clean) {
    (Clean::new(namespace), Clean::new(name))
}

fn is_there(source: &Source, names: &BTreeSet<(String, String)>) -> bool {
    source.tells != Tells::Replicas
        && names.iter().any(|(metric, by)| {
            metric == source.metric && source.reporter().is_none_or(|wanted| wanted == by)
        })
}

#[allow(clippy::cast_possible_truncation)] // seconds of this age
fn second(at: f64) -> i64 {
    at.round() as i64
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
