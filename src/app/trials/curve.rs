//! The curve of the best result so far, and where the top trials lie among the parameters. Pure.

use crate::domain::{ExperimentRow, Space, TrialPhase, TrialRow};

/// Trials whose parameters are compared.
pub const TOP: usize = 9;

/// Results in the order in which trials ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Number of the trial among those that ended with a figure, and its figure.
    pub points: Vec<(f64, f64)>,
    /// The best so far at each of them.
    pub best: Vec<(f64, f64)>,
}

impl Curve {
    /// Of the trials of an experiment.
    #[must_use]
    pub fn of<'a>(experiment: &ExperimentRow, trials: impl Iterator<Item = &'a TrialRow>) -> Self {
        let told = trials.filter_map(|t| Some((t.finished.or(t.created)?, t.figure()?)));
        let mut told: Vec<_> = told.collect();
        told.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut curve = Self::default();
        let mut best: Option<f64> = None;
        for (at, (_, figure)) in told.into_iter().enumerate() {
            let x = f64::from(u32::try_from(at).unwrap_or(u32::MAX)) + 1.0;
            if best.is_none_or(|b| experiment.objective.better(figure, b)) {
                best = Some(figure);
            }
            curve.points.push((x, figure));
            curve.best.extend(best.map(|b| (x, b)));
        }
        curve
    }

    /// The least and the greatest figure to be shown: all of the best so far, the goal, and the others but for the few
    /// far off.
    #[must_use]
    pub fn range(&self, goal: Option<f64>) -> Option<(f64, f64)> {
        let mut all: Vec<f64> = self.points.iter().map(|p| p.1).collect();
        if all.is_empty() {
            return None;
        }
        all.sort_by(f64::total_cmp);
        let far = all.len() / 10;
        let near = all.get(far..all.len().saturating_sub(far))?;
        let shown = near.iter().copied().chain(self.best.iter().map(|p| p.1));
        let shown: Vec<f64> = shown.chain(goal).collect();
        let least = shown.iter().copied().reduce(f64::min)?;
        let most = shown.iter().copied().reduce(f64::max)?;
        let gap = ((most - least) * 0.05).max(least.abs().max(most.abs()) * 1e-6);
        let gap = if gap > 0.0 && gap.is_finite() {
            gap
        } else {
            1.0
        };
        let (low, high) = (least - gap, most + gap);
        (high - low).is_finite().then_some((low, high))
    }
}

/// The best trials with a figure, the best first.
#[must_use]
pub fn top<'a>(
    experiment: &ExperimentRow,
    trials: impl Iterator<Item = &'a TrialRow>,
) -> Vec<&'a TrialRow> {
    let told = trials.filter_map(|t| Some((t.figure()?, t)));
    let mut told: Vec<(f64, &TrialRow)> = told
        .filter(|(_, t)| t.phase != TrialPhase::Failed)
        .collect();
    let objective = &experiment.objective;
    told.sort_by(|a, b| {
        let by = if objective.better(1.0, 0.0) {
            b.0.total_cmp(&a.0)
        } else {
            a.0.total_cmp(&b.0)
        };
        by.then_with(|| a.1.key.cmp(&b.1.key))
    });
    told.into_iter().take(TOP).map(|(_, t)| t).collect()
}

/// One parameter as an axis, with where the top trials lie on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// What stands at its beginning.
    pub least: String,
    /// What stands at its end.
    pub most: String,
    /// The axis grows by factors.
    pub log: bool,
    /// Where each top trial lies, 0 to 1, the best first; none where its value is not on the axis.
    pub marks: Vec<Option<f64>>,
    /// The choices, where there are only so many.
    pub choices: Vec<String>,
}

/// The parameters of an experiment as axes.
#[must_use]
pub fn axes(experiment: &ExperimentRow, top: &[&TrialRow]) -> Vec<Axis> {
    experiment.space.iter().map(|s| axis(s, top)).collect()
}

fn value<'a>(trial: &'a TrialRow, name: &str) -> &'a str {
    let own = trial.parameters.iter().find(|p| &*p.key == name);
    own.map_or("", |p| &p.value)
}

fn axis(space: &Space, top: &[&TrialRow]) -> Axis {
    let values = top.iter().map(|t| value(t, &space.name));
    if !space.list.is_empty() {
        return chosen(space, values);
    }
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let (least, most) = (number(&space.min), number(&space.max));
    let log = least
        .zip(most)
        .is_some_and(|(least, most)| least > 0.0 && most / least >= 100.0);
    let place = |n: f64| {
        let (least, most) = least.zip(most)?;
        let part = if log {
            (n / least).ln() / (most / least).ln()
        } else {
            (n - least) / (most - least)
        };
        part.is_finite().then(|| part.clamp(0.0, 1.0))
    };
    Axis {
        name: space.name.to_string(),
        least: space.min.to_string(),
        most: space.max.to_string(),
        log,
        marks: values.map(|v| place(number(v)?)).collect(),
        choices: Vec::new(),
    }
}

fn chosen<'a>(space: &Space, values: impl Iterator<Item = &'a str>) -> Axis {
    let choices: Vec<String> = space.list.iter().map(ToString::to_string).collect();
    let last = f64::from(u32::try_from(choices.len()).unwrap_or(u32::MAX)) - 1.0;
    let place = |v: &str| {
        let at = choices.iter().position(|c| c == v)?;
        let at = f64::from(u32::try_from(at).unwrap_or(u32::MAX));
        Some(if last > 0.0 { at / last } else { 0.0 })
    };
    Axis {
        name: space.name.to_string(),
        least: choices.first().cloned().unwrap_or_default(),
        most: choices.last().cloned().unwrap_or_default(),
        log: false,
        marks: values.map(place).collect(),
        choices,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ClusterId;
    use crate::kinds::{Experiments, Kind, Trials};

    fn experiment(direction: &str) -> ExperimentRow {
        let object = json!({"metadata": {"name": "e", "namespace": "n"}, "spec": {
            "objective": {"type": direction, "objectiveMetricName": "m", "goal": 1},
            "parameters": [
                {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.0001", "max": "1"}},
                {"name": "n", "parameterType": "int", "feasibleSpace": {"min": "0", "max": "10"}},
                {"name": "opt", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd", "lion"]}}]}});
        Experiments::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        )
    }

    fn trial(minute: u8, value: &str, direction: &str) -> TrialRow {
        let object = json!({"metadata": {"name": format!("e-{minute}"), "namespace": "n"},
            "spec": {"objective": {"type": direction, "objectiveMetricName": "m"},
                "parameterAssignments": [{"name": "lr", "value": "0.01"}, {"name": "n", "value": "5"}, {"name": "opt", "value": "sgd"}]},
            "status": {"completionTime": format!("2026-11-21T00:{minute:02}:00Z"),
                "observation": {"metrics": [{"name": "m", "min": value, "max": value, "latest": value}]}}});
        Trials::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        )
    }

    #[test]
    fn the_best_so_far_only_ever_improves_and_what_is_no_number_is_left_out() {
        for (direction, best) in [("maximize", [3.0, 3.0, 5.0]), ("minimize", [3.0, 1.0, 1.0])] {
            let trials = [
                trial(4, "5", direction),
                trial(1, "3", direction),
                trial(2, "1", direction),
                trial(3, "unavailable", direction),
            ];
            let curve = Curve::of(&experiment(direction), trials.iter());
            let told: Vec<f64> = curve.best.iter().map(|p| p.1).collect();
            assert_eq!(told, best, "{direction}");
            let names: Vec<&str> = top(&experiment(direction), trials.iter())
                .iter()
                .map(|t| t.key.name.as_str())
                .collect();
            let wanted = if direction == "maximize" {
                "e-4"
            } else {
                "e-2"
            };
            assert_eq!(names[0], wanted);
        }
    }

    #[test]
    fn a_range_is_there_for_equal_figures_and_none_without_any() {
        let same = [trial(1, "2", "maximize"), trial(2, "2", "maximize")];
        let curve = Curve::of(&experiment("maximize"), same.iter());
        let (low, high) = curve.range(None).unwrap();
        assert!(low < 2.0 && high > 2.0);
        assert_eq!(Curve::default().range(Some(1.0)), None);
        let huge = [
            trial(1, "1e308", "maximize"),
            trial(2, "-1e308", "maximize"),
        ];
        let curve = Curve::of(&experiment("maximize"), huge.iter());
        assert_eq!(curve.range(None), None, "an endless range cannot be drawn");
    }

    #[test]
    fn top_trials_lie_on_each_axis_where_their_value_is() {
        let one = trial(1, "2", "maximize");
        let axes = axes(&experiment("maximize"), &[&one]);
        assert!(axes[0].log && !axes[1].log);
        let near = |axis: &Axis, wanted: f64| (axis.marks[0].unwrap() - wanted).abs() < 1e-9;
        assert!(near(&axes[0], 0.5) && near(&axes[1], 0.5) && near(&axes[2], 0.5));
        assert_eq!(axes[2].choices.len(), 3);
    }
}
