//! Route groups of `LLMInferenceService`s: who has which part of the traffic. Pure.

use serde_json::Value;

use crate::domain::Clean;
use crate::plan::json;

/// The group that a service belongs to.
#[must_use]
pub fn group(object: &Value) -> Option<&str> {
    Some(json::text(object, &["spec", "router", "route", "group"])).filter(|g| !g.is_empty())
}

/// Name and weight of each member, as the status tells; a stopped one has none.
#[must_use]
pub fn members(object: &Value) -> Vec<(&str, i64)> {
    let all = json::list(object, &["status", "router", "group", "members"]);
    all.iter()
        .map(|member| {
            let weight = json::at(member, &["weight"]).and_then(Value::as_i64);
            let weight = weight.filter(|_| !json::flag(member, &["stopped"]));
            (
                json::text(member, &["name"]),
                weight.unwrap_or_default().max(0),
            )
        })
        .collect()
}

/// The parts in words: `a 75 %, b 25 %`.
#[must_use]
pub fn shares(members: &[(&str, i64)]) -> String {
    let total: i64 = members.iter().map(|(_, weight)| weight).sum();
    if total == 0 {
        return "none".to_owned();
    }
    let one = |(name, weight): &(&str, i64)| {
        let percent = (weight.saturating_mul(100) + total / 2) / total;
        format!("{} {percent} %", Clean::new(name))
    };
    members.iter().map(one).collect::<Vec<_>>().join(", ")
}
