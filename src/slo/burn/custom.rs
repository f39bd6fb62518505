//! Rows of objectives that a person wrote. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{BurnRow, Clean, Counted, Measure, WindowBurn};
use crate::slo::desk::Told;
use crate::slo::objective::{Counts, Custom, Sli, Slo};

use super::jobs::{self, custom_id};
use super::notes::Notes;
use super::read::Table;
use super::row::{Maker, Measured, volume};

/// Figures of a window: of the first query, and of the second.
type Figures<'a> = (Option<&'a Told<Table>>, Option<&'a Told<Table>>);

impl Maker<'_> {
    /// One row for each group that the queries tell of; one that says so when they tell of none.
    pub fn custom(&self, slo: &Slo) -> Vec<BurnRow> {
        let Sli::Custom(custom) = &slo.sli else {
            return Vec::new();
        };
        let mut groups = self.groups(slo);
        if groups.is_empty() {
            groups.insert(vec![String::new(); custom.grouping.len()]);
        }
        groups
            .iter()
            .map(|group| self.of_group(slo, custom, group))
            .collect()
    }

    fn groups(&self, slo: &Slo) -> BTreeSet<Vec<String>> {
        let mut groups = BTreeSet::new();
        for window in jobs::windows_of(self.objectives, slo) {
            for part in ["valid", "ratio"] {
                if let Some(Table::Figures(all)) = self
                    .desk
                    .last(&custom_id(slo, part, window))
                    .map(|t| &t.read)
                {
                    groups.extend(all.keys().cloned());
                }
            }
        }
        groups
    }

    fn of_group(&self, slo: &Slo, custom: &Custom, group: &[String]) -> BurnRow {
        let mut notes = Notes::default();
        let mut at = None;
        let first = match custom.counts {
            Counts::Bad { .. } => "bad",
            Counts::Good { .. } => "good",
            Counts::Ratio(_) => "ratio",
        };
        let mut windows = Vec::new();
        for seconds in jobs::windows_of(self.objectives, slo) {
            let mut part = |part: &str| {
                let known = self.desk.known(&custom_id(slo, part, seconds), self.now);
                notes.window(seconds, &known, self.now);
                let told = known.told()?;
                at = at.or(Some(told.at));
                Some(told)
            };
            let figures = match custom.counts {
                Counts::Ratio(_) => (part(first), None),
                _ => (part(first), part("valid")),
            };
            let measure = measure(custom, figures, group, f64::from(seconds));
            windows.push(WindowBurn { seconds, measure });
        }
        let ratio = matches!(custom.counts, Counts::Ratio(_));
        if ratio {
            notes.uncounted();
        }
        let measured = Measured {
            by: Clean::new("its own queries"),
            volume: if ratio { None } else { volume(&windows) },
            windows,
            covers: None,
            trend: Vec::new(),
            notes,
            at,
        };
        let service = slo.service.clone().unwrap_or_default();
        let service = (service.0.to_string(), service.1.to_string());
        let mut row = self.judged(&service, &named(slo, custom, group), measured);
        row.objective = slo.id.clone();
        row
    }
}

/// The objective under a name that tells its groups apart.
pub(super) fn named(slo: &Slo, custom: &Custom, group: &[String]) -> Slo {
    let pairs: BTreeMap<&String, &String> = custom.grouping.iter().zip(group).collect();
    if pairs.is_empty() {
        return slo.clone();
    }
    let text: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let text = text.join(",");
    Slo {
        id: Clean::new(&format!("{}{{{text}}}", slo.id)),
        title: Clean::new(&format!("{} ({text})", slo.title)),
        ..slo.clone()
    }
}

fn measure(custom: &Custom, figures: Figures<'_>, group: &[String], seconds: f64) -> Measure {
    let of = |told: Option<&Told<Table>>| match told.map(|t| &t.read) {
        Some(Table::Figures(all)) => all.get(group).copied(),
        _ => None,
    };
    let scale = if custom.rates { seconds } else { 1.0 };
    let (first, valid) = (of(figures.0), of(figures.1));
    if let Counts::Ratio(_) = custom.counts {
        return first.map_or(Measure::NoData, |ratio| {
            Measure::Exact(Counted {
                bad: ratio.clamp(0.0, 1.0),
                valid: 1.0,
            })
        });
    }
    // a query that failed is not one that found nothing
    let (Some(_), Some(valid)) = (figures.0, valid) else {
        return Measure::NoData;
    };
    if valid <= 0.0 {
        return Measure::NoTraffic;
    }
    let first = first.unwrap_or(0.0);
    let bad = match custom.counts {
        Counts::Good { .. } => valid - first,
        _ => first,
    };
    Measure::Exact(Counted {
        bad: (bad * scale).clamp(0.0, valid * scale),
        valid: valid * scale,
    })
}
