//! Plans on workloads, quotas and notebooks, for the tests of each action.

use serde_json::Value;

use super::action;
use crate::plan::{Beside, Cluster, Given, NOTHING_BESIDE, Params, Plan, Refused, Sight};

/// A plan with nothing seen beside the target.
pub fn plan(name: &str, object: &Value, params: &[(&str, &str)]) -> Result<Plan, Refused> {
    with(name, object, params, &NOTHING_BESIDE)
}

/// A plan with one other object seen, at its path.
pub fn seen(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    (path, other): (&str, &Value),
) -> Result<Plan, Refused> {
    let sight = Sight::Found(Box::new(other.clone()));
    with(
        name,
        object,
        params,
        &Beside::new([(path.to_owned(), sight)]),
    )
}

fn with(
    name: &str,
    object: &Value,
    params: &[(&str, &str)],
    beside: &Beside,
) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    let given = Given {
        object,
        params: &params,
        now: "2026-11-21T03:00:00Z".parse().unwrap(),
        cluster: &Cluster::default(),
        namespace: "ml",
        suffix: "xxxxx",
        beside,
    };
    // what an action looks at it has asked for
    let asked = action.reads(&given);
    assert!(
        *beside == NOTHING_BESIDE
            || asked
                .iter()
                .any(|read| *beside.at(&read.path) != Sight::Unasked)
    );
    action.plan(&given)
}

/// Why there is no plan, and what works instead.
pub fn refusal(name: &str, object: &Value, params: &[(&str, &str)]) -> String {
    let refused = plan(name, object, params).unwrap_err();
    format!("{}. {}", refused.why, refused.instead)
}

/// The plan tells of this.
#[track_caller]
pub fn trap(plan: &Plan, text: &str) {
    let told = plan.traps.iter().any(|t| t.text.contains(text));
    assert!(told, "{text}: {:?}", plan.traps);
}
