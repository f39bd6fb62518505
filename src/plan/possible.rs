//! Whether an action can be done to an object with some parameters, before an operator gave any. Pure.

use serde_json::Value;

use super::argo::gates;
use super::argo::nodes::Nodes;
use super::form::Plan;
use super::given::Given;
use super::params::Params;
use super::refused::Refused;
use super::spec::Action;

/// The plan of an action with the parameters given; if it is refused for want of them, with those that it names itself,
/// or with some that the object names: each gate that waits, with a value for each that it expects.
pub fn possible(action: &dyn Action, given: &Given<'_>) -> Result<Plan, Refused> {
    let refused = match action.plan(given) {
        Ok(plan) => return Ok(plan),
        Err(refused) => refused,
    };
    if let Some(plan) = tried(action, given) {
        return Ok(plan);
    }
    if action.spec().parameter("node").is_none() {
        return Err(refused);
    }
    let Ok(nodes) = Nodes::read(given.object, "look at it") else {
        return Err(refused);
    };
    gates::open(&nodes.map)
        .into_iter()
        .find_map(|(id, gate)| {
            let params = Params::parse(action.spec(), &filled(action, id, gate)).ok()?;
            let given = Given {
                params: &params,
                ..*given
            };
            action.plan(&given).ok()
        })
        .ok_or(refused)
}

/// The plan with the action's own example.
fn tried(action: &dyn Action, given: &Given<'_>) -> Option<Plan> {
    let example = action.example(given);
    let params = Params::parse(action.spec(), &example).ok()?;
    let given = Given {
        params: &params,
        ..*given
    };
    (!example.is_empty()).then(|| action.plan(&given).ok())?
}

/// Parameters for one gate.
fn filled(action: &dyn Action, id: &str, gate: &Value) -> Vec<(String, String)> {
    let mut given = vec![("node".to_owned(), id.to_owned())];
    if action.spec().parameter("values").is_some() {
        given.extend(gates::expected(gate).into_iter().map(|name| {
            let allowed = gates::allowed(gate, name);
            let value = allowed.first().map_or("x", String::as_str);
            ("values".to_owned(), format!("{name}={value}"))
        }));
    }
    given
}
