//! Whether a version of a model passes its gates: those of the settings, of the model's tags and of its own. Pure.
//!
//! `gate.NAME` on a model is a rule for all of its versions; on a version it is a rule, or the verdict of whoever
//! measured (`passed`, `failed`). `validation_status` is read as such a verdict too.

use std::fmt::Write;

use crate::domain::{
    Clean, Figure, GateVerdict, ModelGate, ModelRow, Tag, VersionRow, gate_of, verdict_of,
};
use crate::settings::{GateRule, Limit, Settings};

/// The champion that a version is measured against.
#[derive(Debug, Clone, Copy)]
pub struct Champion<'a> {
    /// Its number.
    pub number: u64,
    /// What is known of it, once it was read.
    pub row: Option<&'a VersionRow>,
}

/// The gates of a version, failed ones first.
#[must_use]
pub fn gates(
    version: &VersionRow,
    model: Option<&ModelRow>,
    champion: Option<Champion<'_>>,
    settings: &Settings,
) -> Vec<ModelGate> {
    let mut all: Vec<ModelGate> = Vec::new();
    for (name, text) in &settings.gates {
        let rule = GateRule::parse(text).ok();
        let rule = rule.filter(|rule| rule.is_for(&version.model));
        all.extend(rule.map(|rule| by_rule(name, &rule, version, champion, "settings")));
    }
    let tags = model.into_iter().flat_map(|m| m.tags.iter());
    for (name, tag) in tags.filter_map(gate) {
        let rule = GateRule::parse(&ruled(name, &tag.value));
        let rule = rule.ok().filter(|rule| rule.is_for(&version.model));
        all.extend(rule.map(|rule| by_rule(name, &rule, version, champion, "model tag")));
    }
    for (name, tag) in version.tags.iter().filter_map(gate) {
        all.push(by_tag(name, &tag.value, version, champion));
    }
    all.sort_by_key(|gate| gate.verdict);
    all
}

/// The worst of them; none where there is no gate.
#[must_use]
pub fn worst(gates: &[ModelGate]) -> Option<GateVerdict> {
    gates.iter().map(|g| g.verdict).min()
}

/// A tag that holds a gate, with the gate's name.
fn gate(tag: &Tag) -> Option<(&str, &Tag)> {
    gate_of(tag).map(|name| (name, tag))
}

/// A rule as a tag holds it: where it names no metric, the gate's name is the metric's.
fn ruled(name: &str, text: &str) -> String {
    let text = text.trim();
    if text.starts_with(">=") || text.starts_with("<=") {
        format!("{name} {text}")
    } else {
        text.to_owned()
    }
}

fn by_tag(
    name: &str,
    text: &Clean,
    version: &VersionRow,
    champion: Option<Champion<'_>>,
) -> ModelGate {
    let from = "version tag";
    if let Ok(rule) = GateRule::parse(&ruled(name, text)) {
        return by_rule(name, &rule, version, champion, from);
    }
    let verdict = verdict_of(text);
    ModelGate {
        name: Clean::new(name),
        value: None,
        threshold: text.clone(),
        verdict,
        from,
    }
}

fn by_rule(
    name: &str,
    rule: &GateRule,
    version: &VersionRow,
    champion: Option<Champion<'_>>,
    from: &'static str,
) -> ModelGate {
    let value = version.made.run().and_then(|run| run.metric(&rule.metric));
    let (limit, why) = limit(rule, version, champion);
    let known = value.and_then(Figure::known);
    let verdict = match (known, limit) {
        (Some(value), Some(limit)) if rule.at_least => passed(value >= limit),
        (Some(value), Some(limit)) => passed(value <= limit),
        _ => GateVerdict::Unknown,
    };
    let sign = if rule.at_least { ">=" } else { "<=" };
    let told = limit.map_or_else(|| "?".to_owned(), |l| Figure(l).to_string());
    ModelGate {
        name: Clean::new(name),
        value,
        threshold: Clean::from(format!("{} {sign} {told}{why}", rule.metric)),
        verdict,
        from,
    }
}

fn passed(yes: bool) -> GateVerdict {
    if yes {
        GateVerdict::Passed
    } else {
        GateVerdict::Failed
    }
}

/// The limit as a number, and where it comes from.
fn limit(
    rule: &GateRule,
    version: &VersionRow,
    champion: Option<Champion<'_>>,
) -> (Option<f64>, String) {
    let (times, plus) = match rule.limit {
        Limit::Number(number) => return (Some(number), String::new()),
        Limit::Champion { times, plus } => (times, plus),
    };
    let Some(champion) = champion else {
        return (None, " (there is no champion)".to_owned());
    };
    if champion.number == version.number {
        // it is measured against itself until another one is
        let own = version.made.run().and_then(|run| run.metric(&rule.metric));
        return (
            own.and_then(Figure::known),
            " (it is the champion)".to_owned(),
        );
    }
    let theirs = champion.row.and_then(|row| row.made.run());
    let theirs = theirs
        .and_then(|run| run.metric(&rule.metric))
        .and_then(Figure::known);
    let Some(theirs) = theirs else {
        return (
            None,
            format!(" (not known of the champion v{})", champion.number),
        );
    };
    let mut why = format!(" (champion v{}", champion.number);
    if (times - 1.0).abs() > f64::EPSILON {
        let _ = write!(why, " * {}", Figure(times));
    }
    if plus > 0.0 {
        let _ = write!(why, " + {}", Figure(plus));
    } else if plus < 0.0 {
        let _ = write!(why, " - {}", Figure(-plus));
    }
    why.push(')');
    (Some(theirs * times + plus), why)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::ClusterId;
    use crate::kinds::mlflow;

    fn version(number: u64, metrics: &str, tags: &str) -> VersionRow {
        let body = format!(
            r#"{{"model_versions":[{{"name":"fraud","version":"{number}","run_id":"r","tags":[{tags}]}}]}}"#
        );
        let page = mlflow::versions(&ClusterId::new("c"), body.as_bytes()).unwrap();
        let run =
            format!(r#"{{"run":{{"info":{{"run_id":"r"}},"data":{{"metrics":[{metrics}]}}}}}}"#);
        let mut row = page.rows.into_iter().next().unwrap();
        row.made = crate::domain::Made::By(Arc::new(mlflow::run(run.as_bytes()).unwrap()));
        row
    }

    fn settings(rules: &[(&str, &str)]) -> Settings {
        let rules = rules
            .iter()
            .map(|(n, r)| ((*n).to_owned(), (*r).to_owned()));
        Settings {
            gates: rules.collect(),
            ..Settings::default()
        }
    }

    fn told(gates: &[ModelGate]) -> Vec<String> {
        let one = |g: &ModelGate| format!("{} {}: {}", g.name, g.verdict.word(), g.threshold);
        gates.iter().map(one).collect()
    }

    #[test]
    fn a_version_is_held_to_numbers_and_to_the_champion() {
        let champion = version(
            41,
            r#"{"key":"auc","value":0.95},{"key":"p95","value":100}"#,
            "",
        );
        let next = version(
            42,
            r#"{"key":"auc","value":0.93},{"key":"p95","value":105}"#,
            "",
        );
        let set = settings(&[
            ("accuracy", "auc >= 0.9"),
            ("latency", "p95 <= champion * 1.1"),
            ("regression", "auc >= champion - 0.005"),
            ("other", "churn-*: auc >= 0.99"),
        ]);
        let champion = Champion {
            number: 41,
            row: Some(&champion),
        };
        let found = gates(&next, None, Some(champion), &set);
        assert_eq!(
            told(&found),
            [
                "regression failed: auc >= 0.945 (champion v41 - 0.005)",
                "accuracy passed: auc >= 0.9",
                "latency passed: p95 <= 110 (champion v41 * 1.1)",
            ]
        );
        assert_eq!(worst(&found), Some(GateVerdict::Failed));
    }

    #[test]
    fn what_is_not_known_never_passes() {
        let next = version(42, r#"{"key":"auc","value":"NaN"}"#, "");
        let set = settings(&[
            ("a", "auc >= 0.1"),
            ("b", "f1 >= 0.1"),
            ("c", "auc >= champion"),
        ]);
        let found = gates(&next, None, None, &set);
        assert!(
            found.iter().all(|g| g.verdict == GateVerdict::Unknown),
            "{found:?}"
        );
        assert_eq!(found[0].value, Some(Figure(f64::NAN)));
        let unread = VersionRow {
            made: crate::domain::Made::Unread,
            ..next
        };
        let found = gates(&unread, None, None, &settings(&[("a", "auc >= 0.1")]));
        assert_eq!(worst(&found), Some(GateVerdict::Unknown));
    }

    #[test]
    fn tags_hold_rules_and_verdicts() {
        let tags = r#"{"key":"gate.bias","value":"failed (parity 0.2)"},{"key":"gate.auc","value":">= 0.9"},
            {"key":"validation_status","value":"approved"},{"key":"gate.odd","value":"maybe"}"#;
        let next = version(42, r#"{"key":"auc","value":0.93}"#, tags);
        let found = gates(&next, None, None, &Settings::default());
        assert_eq!(
            told(&found),
            [
                "bias failed: failed (parity 0.2)",
                "odd unknown: maybe",
                "auc passed: auc >= 0.9",
                "validation passed: approved",
            ]
        );
    }
}
