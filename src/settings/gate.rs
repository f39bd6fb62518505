//! Gates of model versions: what a metric must be. Pure.
//!
//! ```text
//! accuracy   = "accuracy >= 0.9"
//! regression = "auc >= champion - 0.005"
//! latency    = "fraud-*: p95_ms <= champion * 1.1"
//! ```

use super::key::{Key, Kind, Refusal};
use super::{Value, matches};

/// One gate.
#[derive(Debug, Clone, PartialEq)]
pub struct GateRule {
    /// Pattern of the models it is for; none for all.
    pub models: Option<String>,
    /// The metric that is measured.
    pub metric: String,
    /// More is better: the limit is the least that passes, else the most.
    pub at_least: bool,
    /// What it is measured against.
    pub limit: Limit,
}

/// What a metric is measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A number.
    Number(f64),
    /// The same metric of the champion, so many times, and so much more.
    Champion {
        /// Factor.
        times: f64,
        /// What is added.
        plus: f64,
    },
}

impl GateRule {
    /// Reads a rule; `Err` says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (models, rule) = match text.split_once(": ") {
            Some((models, rule)) => (Some(models.trim()), rule),
            None => (None, text),
        };
        let (at_least, sign) = if rule.contains(">=") {
            (true, ">=")
        } else {
            (false, "<=")
        };
        let (metric, limit) = rule
            .split_once(sign)
            .ok_or_else(|| "neither >= nor <= stands in it".to_owned())?;
        let metric = metric.trim();
        if metric.is_empty() || metric.contains(['<', '>', '=']) {
            return Err("it names no metric".to_owned());
        }
        Ok(Self {
            models: models.map(str::to_owned),
            metric: metric.to_owned(),
            at_least,
            limit: Limit::parse(limit.trim())?,
        })
    }

    /// It is for this model.
    #[must_use]
    pub fn is_for(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|p| matches(p, model))
    }
}

impl Limit {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("champion") else {
            return Ok(Self::Number(number(text)?));
        };
        let rest = rest.trim_start();
        let (times, rest) = match rest.strip_prefix('*') {
            None => (1.0, rest),
            Some(rest) => {
                // a sign that follows a blank is the next part; one inside a number (1e-3) is not
                let rest = rest.trim_start();
                let end = rest.find(' ').unwrap_or(rest.len());
                let (factor, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (number(factor)?, rest.trim_start())
            }
        };
        let plus = match rest.chars().next() {
            None => 0.0,
            Some('+') => number(rest.trim_start_matches('+').trim_start())?,
            Some('-') => -number(rest.trim_start_matches('-').trim_start())?,
            Some(_) => return Err(format!("after champion stands {rest}")),
        };
        Ok(Self::Champion { times, plus })
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|n: &f64| n.is_finite())
        .ok_or_else(|| format!("{} is no number", crate::fault::quoted(text)))
}

/// What can be set.
pub(super) const KEY: Key = Key {
    name: "gates.*",
    kind: Kind::Text,
    form: "a rule such as \"auc >= 0.9\"",
    about: "What a metric of a model version must be, by a name of yours; champion is the same metric of the champion.",
    example: "regression = \"fraud-*: auc >= champion - 0.005\"",
    take: |s, gate, v| {
        let Value::Text(text) = v else {
            return Err(Refusal::Sort);
        };
        GateRule::parse(text).map_err(|wrong| {
            let hint = "write \"[MODELS: ]METRIC >= NUMBER\", or champion, champion - 0.01, champion * 1.1";
            Refusal::value(wrong, hint)
        })?;
        s.gates.insert(gate.to_owned(), text.clone());
        Ok(())
    },
    show: |s, gate| s.gates.get(gate).map(|text| Value::Text(text.clone())),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Limit {
        GateRule::parse(text).unwrap().limit
    }

    #[test]
    fn a_rule_names_a_metric_and_what_it_must_be() {
        let rule = GateRule::parse("accuracy >= 0.9").unwrap();
        assert_eq!(
            (rule.metric.as_str(), rule.at_least, rule.limit),
            ("accuracy", true, Limit::Number(0.9))
        );
        let rule = GateRule::parse("fraud-*: p95 ms <= champion * 1.1").unwrap();
        assert_eq!((rule.metric.as_str(), rule.at_least), ("p95 ms", false));
        assert!(rule.is_for("fraud-eu") && !rule.is_for("churn"));
    }

    #[test]
    fn a_rule_may_be_measured_against_the_champion() {
        let champion = |times, plus| Limit::Champion { times, plus };
        assert_eq!(limit("auc >= champion"), champion(1.0, 0.0));
        assert_eq!(limit("auc >= champion - 0.005"), champion(1.0, -0.005));
        assert_eq!(limit("auc >= champion-0.005"), champion(1.0, -0.005));
        assert_eq!(limit("p95 <= champion * 1.1 + 1e-3"), champion(1.1, 1e-3));
    }

    #[test]
    fn what_is_no_rule_is_told() {
        for wrong in [
            "",
            "auc",
            "auc > 0.9",
            ">= 3",
            "auc >= good",
            "auc >= champions",
            "auc >= champion 3",
            "auc >= NaN",
        ] {
            assert!(GateRule::parse(wrong).is_err(), "{wrong}");
        }
        let (layer, mistakes) =
            crate::settings::parse("[gates]\nauc = 'auc > 0.9'\nok = 'f1 >= 0.8'\n");
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].what.contains("gates.auc"), "{mistakes:?}");
        let set = crate::settings::effective(&[layer]).settings;
        assert_eq!(set.gates.get("ok").map(String::as_str), Some("f1 >= 0.8"));
    }
}
