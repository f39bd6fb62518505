//! What is asked of Prometheus about GPUs, and the rows that are made of it. Pure: the feed of GPUs sends it.
//!
//! A handful of queries for any number of nodes: figures of boards, figures of slices, when they were scraped, the last
//! hour, since when what is idle is idle, and when errors came. A GPU that is no longer told of stays, with the time of
//! its last figures, until it is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::{Busy, BusyBy, Clean, ClusterId, GpuBy, GpuRow, Key, LastXid};
use crate::fault::Fault;
use crate::kinds::dcgm::{
    Dcgm, HELD, OF_GPU, OF_SLICE, Place, WHAT, WHERE, WHICH, node_of, number, place_of, told,
};
use crate::slo::{Answer, Asks, Desk, Known, Order, Query, Sample, Series, Span};

/// Figures of boards.
const BOARDS: &str = "boards";
/// Figures of slices.
const SLICES: &str = "slices";
/// When they were scraped.
const SCRAPED: &str = "scraped";
/// Errors over time.
const XIDS: &str = "xids";
/// The last hour, and since when there is nothing done: by both metrics.
const HOURS: [(&str, BusyBy); 2] = [
    ("hour/engine", BusyBy::Engine),
    ("hour/kernels", BusyBy::Kernels),
];
const IDLES: [(&str, BusyBy); 2] = [
    ("idle/engine", BusyBy::Engine),
    ("idle/kernels", BusyBy::Kernels),
];

/// Seconds between two questions.
const NOW: u32 = 30;
const SOON: u32 = 60;
const HOUR: u32 = 120;
const IDLE: u32 = 600;
/// Errors and idleness are looked back for so many seconds.
const BACK: u32 = 43_200;
/// Seconds between two points of errors, and of idleness.
const XID_STEP: u32 = 60;
const IDLE_STEP: u32 = 600;
/// Less than this is nothing done.
const NOTHING: f64 = 0.02;
/// Most GPUs of which it is asked when their error came.
const MOST_ERRED: usize = 50;
/// A GPU that is not told of any more is forgotten after so many seconds.
const FORGOTTEN: i64 = 3_600;

/// Asks about GPUs.
#[derive(Debug)]
pub(crate) struct Gpus {
    cluster: ClusterId,
    desk: Desk<Answer>,
    /// The metric that tells when a node was scraped, once one was found.
    scraped_by: Option<&'static str>,
    /// GPUs as they were made last, and when they were told of.
    kept: BTreeMap<Key, (GpuRow, Timestamp)>,
}

impl Gpus {
    /// Of a cluster.
    #[must_use]
    pub fn new(cluster: ClusterId) -> Self {
        Self {
            cluster,
            desk: Desk::default(),
            scraped_by: None,
            kept: BTreeMap::new(),
        }
    }

    /// Everything is asked again; what is known stays until it is answered.
    pub(crate) fn anew(&mut self) {
        self.desk.anew();
    }

    /// Which of the metrics that every board has is there.
    fn find(&mut self) {
        let told = self.desk.last(BOARDS).into_iter();
        let samples: Vec<&str> = told
            .flat_map(|t| t.read.samples.iter().map(name_of))
            .collect();
        let all = ["DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_POWER_USAGE"];
        let found = all.into_iter().find(|metric| samples.contains(metric));
        self.scraped_by = self.scraped_by.or(found);
    }

    fn orders(&self) -> BTreeMap<String, Order> {
        let mut orders = BTreeMap::from([
            order(BOARDS, boards(), None, NOW),
            order(SLICES, slices(), None, NOW),
        ]);
        let Some(told) = self.desk.last(SLICES) else {
            return orders;
        };
        let any = |metric: &str| told.read.samples.iter().any(|s| name_of(s) == metric);
        let boards = self.desk.last(BOARDS);
        if let Some(metric) = self.scraped_by {
            let by = WHERE.join(", ");
            let promql = format!("max by ({by}) (timestamp({metric}))");
            orders.extend([order(SCRAPED, promql, None, NOW)]);
        }
        let erred = boards.map(|t| erred(&t.read)).unwrap_or_default();
        if !erred.is_empty() {
            orders.extend([order(XIDS, xids(&erred), Some((BACK, XID_STEP)), SOON)]);
        }
        for ((hour, by), (idle, _)) in HOURS.into_iter().zip(IDLES) {
            if any(by.metric()) {
                orders.extend([
                    order(hour, last_hour(by), None, HOUR),
                    order(idle, idles(by), Some((BACK, IDLE_STEP)), IDLE),
                ]);
            }
        }
        orders
    }

    /// The rows as the last answers tell them.
    fn made(&self, now: Timestamp) -> Vec<GpuRow> {
        let mut dcgm = Dcgm::default();
        for id in [BOARDS, SLICES] {
            let known = self.desk.known(id, now);
            for sample in known.told().into_iter().flat_map(|t| &t.read.samples) {
                dcgm.take(&self.cluster, name_of(sample), &sample.labels, sample.value);
            }
        }
        let scraped = self.scraped(now);
        let newest = match self.desk.known(SLICES, now) {
            Known::Fresh(told) | Known::Older(told, _) => Some(told.at),
            Known::Nothing(_) => None,
        };
        dcgm.rows(GpuBy::Prometheus, |node| {
            // a node that is missing was not scraped; only where nothing tells that, the answer's time stands for it
            let assumed = newest.filter(|_| self.scraped_by.is_none());
            scraped.get(node).copied().or(assumed)
        })
    }

    fn scraped(&self, now: Timestamp) -> BTreeMap<String, Timestamp> {
        let known = self.desk.known(SCRAPED, now);
        let samples = known.told().into_iter().flat_map(|t| &t.read.samples);
        samples
            .filter_map(|s| Some((node_of(&s.labels).to_string(), at(s.value)?)))
            .collect()
    }

    fn hours(&self, now: Timestamp) -> BTreeMap<Place, Busy> {
        let mut all = BTreeMap::new();
        // the engine's figure is believed before the other one
        for (id, by) in HOURS.into_iter().rev() {
            let known = self.desk.known(id, now);
            for sample in known.told().into_iter().flat_map(|t| &t.read.samples) {
                let place = place_of(&sample.labels);
                let (Some(ratio), true) = (ratio(by, sample.value), counts(by, &place)) else {
                    continue;
                };
                all.insert(place, Busy { ratio, by });
            }
        }
        all
    }

    fn idle(&self, now: Timestamp) -> BTreeMap<Place, Timestamp> {
        let mut all = BTreeMap::new();
        for (id, by) in IDLES.into_iter().rev() {
            let known = self.desk.known(id, now);
            let Some(told) = known.told() else { continue };
            for series in &told.read.series {
                let place = place_of(&series.labels);
                if counts(by, &place)
                    && let Some(since) = since(series, told.at)
                {
                    all.insert(place, since);
                }
            }
        }
        all
    }

    fn errors(&self, now: Timestamp) -> BTreeMap<(Clean, Clean), LastXid> {
        let known = self.desk.known(XIDS, now);
        let series = known.told().into_iter().flat_map(|t| &t.read.series);
        series
            .filter_map(|s| {
                let (node, index, _) = place_of(&s.labels);
                Some(((node, index), last_xid(s)?))
            })
            .collect()
    }

    fn settle(&mut self, now: Timestamp) {
        let (hours, idle, errors) = (self.hours(now), self.idle(now), self.errors(now));
        for mut row in self.made(now) {
            for slice in &mut row.slices {
                let place = (row.node.clone(), row.index.clone(), slice.instance);
                slice.hour = hours.get(&place).copied();
                let works = slice.busy.is_some_and(|b| b.ratio >= NOTHING);
                slice.idle_since = idle.get(&place).copied().filter(|_| !works);
            }
            if let Some(last) = row.xid.as_mut()
                && let Some(seen) = errors.get(&(row.node.clone(), row.index.clone()))
                && seen.code == last.code
            {
                *last = *seen;
            }
            if row.measured.is_none() {
                row.measured = self.kept.get(&row.key).and_then(|(old, _)| old.measured);
            }
            self.kept.insert(row.key.clone(), (row, now));
        }
        self.kept.retain(|_, (_, told)| is_recent(*told, now));
    }
}

impl Asks for Gpus {
    type Row = GpuRow;

    fn due(&mut self, now: Timestamp) -> Vec<Query> {
        let orders = self.orders();
        self.desk.want(orders);
        self.desk.due(now)
    }

    fn answered(&mut self, id: &str, answer: Result<Answer, Fault>, now: Timestamp) {
        let well = answer.is_ok();
        self.desk.answered(id, answer, now, |answer| answer);
        if well {
            self.find();
            self.settle(now);
        }
    }

    fn rows(&self, _cluster: &ClusterId, now: Timestamp) -> Vec<GpuRow> {
        let kept = self.kept.values();
        kept.filter(|(_, told)| is_recent(*told, now))
            .map(|(row, _)| row.clone())
            .collect()
    }
}

fn order(id: &str, promql: String, span: Option<(u32, u32)>, every: u32) -> (String, Order) {
    let span = span.map(|(seconds, step)| Span { seconds, step });
    let order = Order {
        promql,
        span,
        every,
    };
    (id.to_owned(), order)
}

fn is_recent(told: Timestamp, now: Timestamp) -> bool {
    now.as_second() - told.as_second() < FORGOTTEN
}

/// What tells slices apart.
fn by_slice() -> String {
    [WHERE, WHICH, HELD].concat().join(", ")
}

fn any_of(metrics: &[&str]) -> String {
    format!("{{__name__=~\"{}\"}}", metrics.join("|"))
}

fn boards() -> String {
    let by = [WHERE, WHICH, WHAT].concat().join(", ");
    format!("max by (__name__, {by}) ({})", any_of(OF_GPU))
}

fn slices() -> String {
    format!("max by (__name__, {}) ({})", by_slice(), any_of(OF_SLICE))
}

/// GPUs that have seen an error, by their ids; each is a part of a pattern, so odd ones are left out.
fn erred(boards: &Answer) -> BTreeSet<&str> {
    let of = |s: &'_ Sample| name_of(s) == "DCGM_FI_DEV_XID_ERRORS" && s.value > 0.0;
    let plain = |id: &&str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !id.is_empty() && id.len() <= 64 && id.bytes().all(plain)
    };
    let erred = boards.samples.iter().filter(|s| of(s));
    erred
        .filter_map(|s| s.labels.get("UUID").map(String::as_str))
        .filter(plain)
        .take(MOST_ERRED)
        .collect()
}

fn xids(erred: &BTreeSet<&str>) -> String {
    let by = [WHERE, WHICH].concat().join(", ");
    let ids: Vec<&str> = erred.iter().copied().collect();
    format!(
        "max by ({by}) (DCGM_FI_DEV_XID_ERRORS{{UUID=~\"{}\"}})",
        ids.join("|")
    )
}

/// Where a slice is, whoever held it: an hour may see several pods.
fn by_place() -> String {
    let place = [WHERE, WHICH].concat().join(", ");
    format!("{place}, GPU_I_ID, GPU_I_PROFILE")
}

fn last_hour(by: BusyBy) -> String {
    format!(
        "max by ({}) (avg_over_time({}[1h]))",
        by_place(),
        by.metric()
    )
}

fn idles(by: BusyBy) -> String {
    let limit = match by {
        BusyBy::Engine => NOTHING,
        BusyBy::Kernels => NOTHING * 100.0,
    };
    format!(
        "max by ({}) (max_over_time({}[10m])) < {limit}",
        by_place(),
        by.metric()
    )
}

fn name_of(sample: &Sample) -> &str {
    sample.labels.get("__name__").map_or("", String::as_str)
}

fn ratio(by: BusyBy, value: f64) -> Option<f64> {
    let value = told(value)?;
    Some(match by {
        BusyBy::Engine => value.min(1.0),
        BusyBy::Kernels => (value / 100.0).min(1.0),
    })
}

/// A metric says something of this place: one of them is of whole GPUs only.
fn counts(by: BusyBy, place: &Place) -> bool {
    by == BusyBy::Engine || place.2.is_none()
}

fn at(seconds: f64) -> Option<Timestamp> {
    told(seconds).and_then(|s| Timestamp::from_second(i64::from(number(s))).ok())
}

/// Since when a series has points without a gap up to the end; none when it has ended.
fn since(series: &Series, end: Timestamp) -> Option<Timestamp> {
    let step = f64::from(IDLE_STEP);
    let mut points = series.points.iter().rev().map(|(at, _)| *at);
    let mut first = points.next()?;
    #[allow(clippy::cast_precision_loss)] // seconds since 1970
    let end = end.as_second() as f64;
    if end - first > 2.0 * step {
        return None;
    }
    for earlier in points {
        if first - earlier > 1.5 * step {
            break;
        }
        first = earlier;
    }
    // a point tells of the step before it
    at(first - step)
}

/// The last error of a series, and when it came. An error that stands from the first point on came before that.
fn last_xid(series: &Series) -> Option<LastXid> {
    let (mut first, last) = *series.points.last()?;
    let code = number(told(last)?);
    let mut came = false;
    for (at, value) in series.points.iter().rev().skip(1) {
        if number(*value) != code {
            came = true;
            break;
        }
        first = *at;
    }
    let when = at(first);
    Some(LastXid {
        code,
        at: when.filter(|_| came),
        before: when.filter(|_| !came),
    })
}

#[cfg(test)]
#[path = "gpus_tests.rs"]
mod tests;
