//! How fast the budgets of some services burned in a time that is over: a curve for each objective. Pure: its questions
//! are handed out, and the answers taken in.
//!
//! Each point counts over five minutes, or from one point to the next where these are further apart, so that nothing
//! that happened falls between two points.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Figures of custom objectives, by the id of the question.
    figures: BTreeMap<String, BTreeMap<i64, f64>>,
}

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

    /// A custom objective of one of these services, with one figure.
    fn one<'a>(&self, slo: &'a Slo) -> Option<(&'a Custom, &Service)> {
        let (Sli::Custom(custom), Some((namespace, name))) = (&slo.sli, &slo.service) else {
            return None;
        };
        let mine = |(place, own): &&Service| {
            own == name.as_str() && (namespace.is_empty() || place == namespace.as_str())
        };
        let service = self.services.iter().find(mine)?;
        custom.grouping.is_empty().then_some((custom, service))
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
            let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
            let points = answer.series.iter().flat_map(|series| &series.points);
            for (at, value) in points.filter(|(_, value)| value.is_finite()) {
                *sums.entry(second(*at)).or_default() += value;
            }
            self.figures.insert(id.to_owned(), sums);
        }
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
            let burn = |time: &i64| {
                (
                    *time,
                    self.figure(at, custom, *time).map(|bad| bad / slo.budget()),
                )
            };
            curves.push(Curve {
                service,
                title: slo.title.clone(),
                points: times.iter().map(burn).collect(),
            });
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

    /// The share of bad events of a custom objective.
    fn figure(&self, at: usize, custom: &Custom, time: i64) -> Option<f64> {
        let part = |part| self.figures.get(&custom_id(at, part))?.get(&time).copied();
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
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        pairs.iter().map(own).collect()
    }

    fn past() -> Past {
        let services = BTreeSet::from([("ml".to_owned(), "fraud".to_owned())]);
        let span = Span {
            seconds: 600,
            step: 300,
        };
        Past::new(&Objectives::default(), services, span)
    }

    #[test]
    fn a_budget_that_burned_is_told_point_by_point_and_what_is_not_known_is_not_nothing() {
        let mut past = past();
        let names = past.due();
        assert_eq!(names.len(), 1);
        let there = Answer {
            series: vec![Series {
                labels: labels(&[("__name__", "revision_request_count")]),
                points: vec![(900.0, 1.0)],
            }],
            ..Answer::default()
        };
        past.answered(&names[0].id, &there);
        let trend = past.due();
        assert_eq!(trend.len(), 1, "{trend:?}");
        assert_eq!(trend[0].span.map(|s| s.step), Some(300));
        let of = |service: &str, code: &str, points: &[(f64, f64)]| Series {
            labels: labels(&[
                ("namespace_name", "ml"),
                ("configuration_name", service),
                ("response_code_class", code),
            ]),
            points: points.to_vec(),
        };
        let series = vec![
            of("fraud-predictor", "2xx", &[(900.0, 999.0), (1500.0, 100.0)]),
            of("fraud-predictor", "5xx", &[(900.0, 1.0)]),
            of("other-predictor", "5xx", &[(900.0, 1.0)]),
        ];
        past.answered(
            &trend[0].id,
            &Answer {
                series,
                ..Answer::default()
            },
        );
        assert!(past.due().is_empty(), "all was asked");
        let curves = past.curves(1_510);
        assert_eq!(curves.len(), 1, "{curves:?}");
        let points: Vec<_> = curves[0].points.iter().map(|(at, _)| *at).collect();
        assert_eq!(points, [900, 1200, 1500]);
        let burn = curves[0].points[0].1.unwrap();
        assert!((burn - 1.0).abs() < 1e-9, "{burn}");
        assert_eq!(curves[0].points[1].1, None);
        assert_eq!(curves[0].points[2].1, Some(0.0));
        assert_eq!(curves[0].most().map(|(at, _)| at), Some(900));
    }
}
