//! Disruption budgets: which pods one covers, and how many of them may go now. Pure.

use serde_json::Value;

use super::super::beside::Read;
use super::super::form::{Need, Plan};
use super::super::given::Given;
use super::super::json;
use super::super::wire;
use super::pods::Pod;
use crate::domain::Clean;
use crate::plan::Sight;

/// A budget.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Budget<'a>(&'a Value);

/// Asks to see all of them.
pub(in crate::plan) fn read() -> Read {
    Read {
        path: wire::path("policy", "v1", ("", "poddisruptionbudgets", "")),
        what: "the disruption budgets".to_owned(),
    }
}

/// All of them, or why they could not be seen.
pub(in crate::plan) fn seen<'a>(given: &Given<'a>) -> Result<Vec<Budget<'a>>, Clean> {
    match given.beside.at(&read().path) {
        Sight::Found(list) => {
            let items = json::list(list, &["items"]).iter();
            Ok(items.map(Budget).collect())
        }
        Sight::Absent => Ok(Vec::new()),
        Sight::Unseen(why) => Err(why.clone()),
        Sight::Unasked => Err(Clean::new("they were not looked at")),
    }
}

/// The right that looking at them needs.
pub(in crate::plan) fn need(plan: &mut Plan) {
    plan.needs.push(Need {
        verb: "list".into(),
        group: "policy".to_owned(),
        resource: "poddisruptionbudgets".to_owned(),
        namespace: String::new(),
        name: String::new(),
    });
}

impl Budget<'_> {
    /// It has a say on this pod.
    pub(in crate::plan) fn covers(self, pod: &Pod<'_>) -> bool {
        let namespace = json::text(self.0, &["metadata", "namespace"]);
        let selector = json::at(self.0, &["spec", "selector"]);
        namespace == pod.namespace() && selector.is_some_and(|s| selects(s, pod.object))
    }

    /// In words: `ml/web`.
    pub(in crate::plan) fn words(self) -> String {
        let meta = |key| json::text(self.0, &["metadata", key]);
        Clean::new(&format!("{}/{}", meta("namespace"), meta("name"))).to_string()
    }

    fn count(self, key: &str) -> i64 {
        let found = json::at(self.0, &["status", key]);
        found.and_then(Value::as_i64).unwrap_or(0)
    }

    /// How many pods may go now.
    pub(in crate::plan) fn allows(self) -> i64 {
        self.count("disruptionsAllowed")
    }

    /// Why it allows what it does: `3 healthy, 2 wanted`.
    pub(in crate::plan) fn why(self) -> String {
        format!(
            "{} healthy, {} wanted",
            self.count("currentHealthy"),
            self.count("desiredHealthy")
        )
    }

    /// However many are healthy, it never lets one go: as many are wanted as are expected.
    pub(in crate::plan) fn never(self) -> bool {
        let expected = self.count("expectedPods");
        expected > 0 && self.count("desiredHealthy") >= expected
    }
}

/// A label selector; one that is empty selects everything.
fn selects(selector: &Value, object: &Value) -> bool {
    let label = |key: &str| {
        let found = json::at(object, &["metadata", "labels", key]);
        found.and_then(Value::as_str)
    };
    let equal = json::at(selector, &["matchLabels"]).and_then(Value::as_object);
    let mut equal = equal.into_iter().flatten();
    let mut terms = json::list(selector, &["matchExpressions"]).iter();
    equal.all(|(key, value)| label(key) == value.as_str())
        && terms.all(|term| {
            let value = label(json::text(term, &["key"]));
            let named = value.is_some_and(|v| json::texts(term, &["values"]).any(|t| t == v));
            match json::text(term, &["operator"]) {
                "In" => named,
                "NotIn" => !named,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_is_read_as_the_api_server_reads_it() {
        let pod = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        let term = |operator: &str, values: Value| json!({"matchExpressions": [{"key": "tier", "operator": operator, "values": values}]});
        for (selector, is) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "x": "y"}}), false),
            (term("In", json!(["front", "back"])), true),
            (term("In", json!(["back"])), false),
            (term("NotIn", json!(["back"])), true),
            (term("Exists", Value::Null), true),
            (term("DoesNotExist", Value::Null), false),
            (term("Sounds", Value::Null), false),
        ] {
            assert_eq!(selects(&selector, &pod), is, "{selector}");
        }
    }
}
