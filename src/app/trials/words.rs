//! What experiments and trials say, in words: objectives, budgets, accelerators, cost. Pure.

use crate::domain::{
    Clean, Direction, ExperimentRow, Figure, Objective, Observed, Span, TrialPhase, TrialRow, took,
};
use crate::theme::{Mark, Role};
use jiff::Timestamp;

/// `max accuracy`, `min loss`.
#[must_use]
pub fn objective(objective: &Objective) -> String {
    let metric = &objective.metric;
    match objective.direction {
        _ if metric.is_empty() => String::new(),
        Direction::Minimize => format!("min {metric}"),
        Direction::Maximize => format!("max {metric}"),
        Direction::Unknown => metric.to_string(),
    }
}

/// A figure as it is shown: five digits that count; what is no number as it is written.
#[must_use]
pub fn figure(metric: &Observed, objective: &Objective) -> String {
    match metric.figure(objective.strategy) {
        Some(figure) => Figure(figure).to_string(),
        None => metric.text(objective.strategy).to_string(),
    }
}

/// The objective's figure among metrics, as shown; none when it is not among them.
#[must_use]
pub fn own_figure(metrics: &[Observed], objective: &Objective) -> Option<String> {
    let own = metrics.iter().find(|m| m.name == objective.metric)?;
    Some(figure(own, objective)).filter(|t| !t.is_empty())
}

/// Whether the goal is reached: `0.95 ✓`, `0.95`, or nothing without a goal.
#[must_use]
pub fn goal(experiment: &ExperimentRow) -> Option<(String, Role)> {
    let goal = experiment.objective.goal?;
    let best = experiment.best_figure();
    Some(match best.and_then(|b| experiment.objective.reached(b)) {
        Some(true) => (format!("{goal} ✓"), Role::Good),
        _ => (goal.to_string(), Role::Dim),
    })
}

/// A trial's word and mark.
#[must_use]
pub fn phase(trial: &TrialRow) -> (Mark, &'static str) {
    if trial.deleting.is_some() {
        return (Mark::Stale, "Terminating");
    }
    match trial.phase {
        TrialPhase::Failed => (Mark::Failed, "Failed"),
        TrialPhase::MetricsUnavailable => (Mark::Failed, "No metric"),
        TrialPhase::Killed => (Mark::Failed, "Killed"),
        TrialPhase::Pending => (Mark::Pending, "Pending"),
        TrialPhase::Running => (Mark::Running, "Running"),
        TrialPhase::EarlyStopped => (Mark::Omitted, "Stopped"),
        TrialPhase::Succeeded => (Mark::Ok, "Succeeded"),
        TrialPhase::Unknown => (Mark::Unknown, "Unknown"),
    }
}

/// Accelerators as `1 mig-1g.10gb`: the vendor's domain says nothing that the name does not.
#[must_use]
pub fn devices(devices: &Clean) -> String {
    devices.replace("nvidia.com/", "")
}

/// Hours of accelerators that a trial has cost, for each kind: number of devices times hours.
#[must_use]
pub fn cost(trial: &TrialRow, now: Timestamp) -> Vec<(String, f64)> {
    let Some(Span(seconds)) = took(trial.started, trial.finished, now) else {
        return Vec::new();
    };
    let hours = f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)) / 3_600.0;
    let each = trial.devices.split(", ").filter_map(|part| {
        let (count, name) = part.split_once(' ')?;
        let count: u32 = count.parse().ok()?;
        let name = name.strip_prefix("nvidia.com/").unwrap_or(name);
        Some((name.to_owned(), f64::from(count) * hours))
    });
    each.collect()
}

/// `9.2 h of mig-1g.10gb`.
#[must_use]
pub fn cost_words(all: &[(String, f64)]) -> String {
    let each = all.iter().map(|(name, hours)| match hours {
        h if *h >= 9.95 => format!("{h:.0} h of {name}"),
        h if *h >= 0.05 => format!("{h:.1} h of {name}"),
        _ => format!("<0.1 h of {name}"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Parameters in one line: `lr=0.2 batch=64`.
#[must_use]
pub fn parameters(all: &[crate::domain::Tag]) -> String {
    let each = all.iter().map(|p| format!("{}={}", p.key, short(&p.value)));
    each.collect::<Vec<_>>().join(" ")
}

/// A value that a person can compare: a long fraction with the digits that count, everything else as it is.
#[must_use]
pub fn short(value: &Clean) -> String {
    if value.len() > 8
        && let Ok(number) = value.parse::<f64>()
        && number.is_finite()
    {
        return Figure(number).to_string();
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_fractions_are_shown_with_the_digits_that_count() {
        for (value, shown) in [
            ("0.00031415926535", "3.1416e-4"),
            ("64", "64"),
            ("adam", "adam"),
            ("a-long-word-of-a-choice", "a-long-word-of-a-choice"),
        ] {
            let text = short(&Clean::new(value));
            if shown.contains('e') && value.starts_with("0.000") {
                assert!(text.len() < value.len(), "{text}");
            } else {
                assert_eq!(text, shown);
            }
        }
    }

    #[test]
    fn hours_are_counted_for_each_kind_of_device() {
        let all = [("gpu".to_owned(), 12.4), ("mig-1g.10gb".to_owned(), 0.01)];
        assert_eq!(cost_words(&all), "12 h of gpu, <0.1 h of mig-1g.10gb");
    }
}
