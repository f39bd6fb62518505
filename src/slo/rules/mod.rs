//! Objectives as rules of Prometheus: what is recorded, which alerts stand on it, and tests for promtool. Pure;
//! `midwatch rules` calls it.
//!
//! Ratios are recorded for each window from counters; the budget of the period from the sums of five minutes, so that
//! busy hours weigh more than quiet ones. A service without traffic has no ratio: nothing fires and nothing is calm.

mod proof;
mod sli;
mod yaml;

use std::collections::BTreeMap;

use super::bucket::percent;
use super::objective::{Objectives, Runtime, Sli, Slo, defaults};
use super::promql::{duration, number, quoted};
use super::source::{SOURCES, Source};
use super::window::{PairSpec, possible};

/// Whose metrics the rules are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metrics {
    /// Knative 1.21 and later.
    Knative,
    /// Knative up to 1.18.
    KnativeOld,
    /// Istio, as the server's side reports it.
    Istio,
    /// `KServe`'s own model server.
    Kserve,
    /// vLLM, with the HTTP counters of its server.
    Vllm,
    /// Triton.
    Triton,
}

impl Metrics {
    /// Ids of its sources.
    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Knative => &["knative-errors", "knative-time", "knative-pods"],
            Self::KnativeOld => &["knative-118-errors", "knative-118-time", "knative-118-pods"],
            Self::Istio => &["istio-errors", "istio-time"],
            Self::Kserve => &["kserve-time"],
            Self::Vllm => &["http-errors", "vllm-first-token", "vllm-next-token"],
            Self::Triton => &["triton-errors"],
        }
    }
}

/// What rules are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Objectives, windows, period.
    pub objectives: Objectives,
    /// Whose metrics, the preferred ones first; none for the objectives of documents alone.
    pub metrics: Vec<Metrics>,
    /// Services (namespace and name) that alerts are for; none for all.
    pub services: Vec<(String, String)>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The rule file.
    pub rules: String,
    /// The test file of promtool.
    pub tests: String,
    /// What a person has to know of them, one sentence each.
    pub notes: Vec<String>,
}

/// Name of the rule file, which the test file names.
pub const RULES: &str = "midwatch.rules.yml";
/// Name of the test file.
pub const TESTS: &str = "midwatch.rules_test.yml";

/// One rule.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    /// `record` or `alert`, and its name.
    name: (&'static str, String),
    expr: String,
    /// Seconds to hold.
    hold: u32,
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
}

/// Rules that are evaluated together.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

/// An objective that rules are written for, with what it is measured by.
struct Ruled<'a> {
    slo: &'a Slo,
    pairs: Vec<PairSpec>,
    period: u32,
    expr: sli::Expr<'a>,
}

/// Writes them.
#[must_use]
pub fn write(wanted: &Wanted) -> Written {
    let mut notes = Vec::new();
    let slos = objectives(wanted);
    let mut groups = Vec::new();
    let mut proofs = Vec::new();
    for slo in &slos {
        let sources = sources(wanted, slo);
        if let Sli::ColdStarts { per_hour } = slo.sli {
            groups.extend(cold_starts(slo, &sources, per_hour));
            continue;
        }
        let Some(expr) = sli::Expr::of(slo, sources, &mut notes) else {
            notes.push(format!(
                "{}: none of these metrics measures it; no rule is written",
                slo.id
            ));
            continue;
        };
        let period = slo.period.unwrap_or(wanted.objectives.period);
        let all = wanted.objectives.windows.pairs(period);
        let ruled = Ruled {
            slo,
            pairs: possible(&all, slo.budget()),
            period: period.seconds(),
            expr,
        };
        groups.push(recordings(&ruled));
        groups.push(alerts(&ruled, &wanted.services));
        proofs.extend(proof::of(&ruled, &wanted.services));
    }
    Written {
        rules: yaml::rules(&groups),
        tests: yaml::tests(&proofs),
        notes,
    }
}

/// The defaults of the runtimes that the metrics are of, and those of documents.
fn objectives(wanted: &Wanted) -> Vec<Slo> {
    let mut all: Vec<Slo> = Vec::new();
    let tokens = |m: &&Metrics| **m == Metrics::Vllm;
    if wanted.metrics.iter().any(|m| !tokens(&m)) {
        all.extend(defaults(Runtime::Predictive));
    }
    if wanted.metrics.iter().any(|m| tokens(&m)) {
        all.extend(defaults(Runtime::Generative));
    }
    all.extend(wanted.objectives.custom.iter().cloned());
    // names of groups have to differ
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|slo| seen.insert(group(slo)));
    all
}

/// Sources that tell an objective, in the order that the metrics were named in.
fn sources(wanted: &Wanted, slo: &Slo) -> Vec<&'static Source> {
    let Some(tells) = sli::tells(slo) else {
        return Vec::new();
    };
    let ids = wanted.metrics.iter().flat_map(|m| m.sources());
    ids.filter_map(|id| SOURCES.iter().find(|s| s.id == *id && s.tells == tells))
        .collect()
}

fn ratio_name(window: u32) -> String {
    format!("midwatch:sli_error:ratio_rate{}", duration(window))
}

const BAD: &str = "midwatch:sli_bad:rate5m";
const VALID: &str = "midwatch:sli_valid:rate5m";
const LEFT: &str = "midwatch:slo_error_budget:left_ratio";
const FIVE: u32 = 300;

/// Labels that tell objectives apart; of one with a service of its own, also that.
fn labels(slo: &Slo) -> BTreeMap<&'static str, String> {
    let mut labels = BTreeMap::from([("midwatch_slo", slo.id.to_string())]);
    if let Some((namespace, service)) = &slo.service {
        labels.insert("service", service.to_string());
        if !namespace.is_empty() {
            labels.insert("namespace", namespace.to_string());
        }
    }
    labels
}

fn record(name: String, expr: String, labels: BTreeMap<&'static str, String>) -> Rule {
    Rule {
        name: ("record", name),
        expr,
        hold: 0,
        labels,
        annotations: BTreeMap::new(),
    }
}

fn recordings(ruled: &Ruled<'_>) -> Group {
    let slo = ruled.slo;
    let mut windows: Vec<u32> = ruled.pairs.iter().flat_map(|p| [p.long, p.short]).collect();
    windows.sort_unstable();
    windows.dedup();
    let mut rules: Vec<Rule> = windows
        .iter()
        .map(|w| record(ratio_name(*w), ruled.expr.ratio(*w), labels(slo)))
        .collect();
    let selector = selector(&labels(slo));
    let period = duration(ruled.period);
    let budget = number(slo.budget());
    let spent = if let Some((bad, valid)) = ruled.expr.counts(FIVE) {
        rules.push(record(BAD.to_owned(), bad, labels(slo)));
        rules.push(record(VALID.to_owned(), valid, labels(slo)));
        format!(
            "sum_over_time({BAD}{selector}[{period}]) / (sum_over_time({VALID}{selector}[{period}]) > 0)"
        )
    } else {
        // without counts every five minutes weigh the same
        format!("avg_over_time({}{selector}[{period}])", ratio_name(FIVE))
    };
    let left = format!("1 - ({spent}) / {budget}");
    rules.push(record(LEFT.to_owned(), left, labels(slo)));
    Group {
        name: format!("midwatch-sli-{}", group(slo)),
        rules,
    }
}

/// A name that tells the groups of objectives apart.
fn group(slo: &Slo) -> String {
    match &slo.service {
        None => slo.id.to_string(),
        Some((namespace, service)) if namespace.is_empty() => format!("{service}-{}", slo.id),
        Some((namespace, service)) => format!("{namespace}-{service}-{}", slo.id),
    }
}

fn selector(labels: &BTreeMap<&'static str, String>) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={}", quoted(value)))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}

fn alerts(ruled: &Ruled<'_>, services: &[(String, String)]) -> Group {
    let mut rules = Vec::new();
    for labels in targets(ruled.slo, services) {
        rules.extend(ruled.pairs.iter().map(|pair| alert(ruled, pair, &labels)));
        rules.push(spent(ruled, &labels));
    }
    Group {
        name: format!("midwatch-alerts-{}", group(ruled.slo)),
        rules,
    }
}

/// What the alerts of an objective select: everything, or each service that was named.
fn targets(slo: &Slo, services: &[(String, String)]) -> Vec<BTreeMap<&'static str, String>> {
    let all = labels(slo);
    if slo.service.is_some() || services.is_empty() {
        return vec![all];
    }
    let of = |(namespace, service): &(String, String)| {
        let mut labels = all.clone();
        labels.insert("namespace", namespace.clone());
        labels.insert("service", service.clone());
        labels
    };
    services.iter().map(of).collect()
}

const BURN: &str = "MidwatchBudgetBurn";
const SPENT: &str = "MidwatchBudgetSpent";

fn severity(pages: bool) -> String {
    if pages { "page" } else { "ticket" }.to_owned()
}

fn alert(ruled: &Ruled<'_>, pair: &PairSpec, select: &BTreeMap<&'static str, String>) -> Rule {
    let slo = ruled.slo;
    let limit = number(pair.factor * slo.budget());
    let selector = selector(select);
    let expr = format!(
        "{}{selector} > {limit}\nand\n{}{selector} > {limit}",
        ratio_name(pair.long),
        ratio_name(pair.short)
    );
    let mut labels = BTreeMap::from([
        ("severity", severity(pair.pages)),
        ("long", duration(pair.long)),
        ("short", duration(pair.short)),
    ]);
    // two rules of one name have to differ in their labels
    labels.extend(select.clone());
    let summary = format!(
        "{}/{} misses {}: more than {} bad over {} and {}, {} times what its budget allows",
        "{{ $labels.namespace }}",
        "{{ $labels.service }}",
        plain(&slo.title),
        percent(pair.factor * slo.budget()),
        duration(pair.long),
        duration(pair.short),
        number((pair.factor * 1000.0).round() / 1000.0)
    );
    Rule {
        name: ("alert", BURN.to_owned()),
        expr,
        hold: pair.hold,
        labels,
        annotations: BTreeMap::from([("summary", summary)]),
    }
}

fn spent(ruled: &Ruled<'_>, select: &BTreeMap<&'static str, String>) -> Rule {
    let summary = format!(
        "{}/{} has spent its budget of {} for {}",
        "{{ $labels.namespace }}",
        "{{ $labels.service }}",
        duration(ruled.period),
        plain(&ruled.slo.title)
    );
    let mut labels = BTreeMap::from([("severity", severity(false))]);
    labels.extend(select.clone());
    Rule {
        name: ("alert", SPENT.to_owned()),
        expr: format!("{LEFT}{} <= 0", selector(select)),
        hold: 0,
        labels,
        annotations: BTreeMap::from([("summary", summary)]),
    }
}

/// A title that no template of Prometheus reads anything into.
fn plain(title: &str) -> String {
    title.replace(['{', '}'], "")
}

/// A plain limit on starts from zero.
fn cold_starts(slo: &Slo, sources: &[&'static Source], per_hour: f64) -> Option<Group> {
    let expr = sli::starts(sources)?;
    let summary = format!(
        "{}/{} started from zero {} times or more in an hour",
        "{{ $labels.namespace }}",
        "{{ $labels.service }}",
        number(per_hour)
    );
    Some(Group {
        name: format!("midwatch-alerts-{}", slo.id),
        rules: vec![Rule {
            name: ("alert", "MidwatchColdStarts".to_owned()),
            expr: format!("{expr} >= {}", number(per_hour)),
            hold: 0,
            labels: BTreeMap::from([
                ("severity", severity(false)),
                ("midwatch_slo", slo.id.to_string()),
            ]),
            annotations: BTreeMap::from([("summary", summary)]),
        }],
    })
}
