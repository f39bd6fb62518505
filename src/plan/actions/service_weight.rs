//! `service.set-weight`: the part of the traffic that a member of a route group has. `LLMInferenceService`s only. Pure.

use serde_json::{Value, json};

use super::LLM_SERVICES;
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, guards, weight};
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct SetWeight;

/// Where the weight stands.
const WEIGHT: [&str; 4] = ["spec", "router", "route", "weight"];
/// The largest that the CRD takes.
const MOST: i64 = 1_000_000;

const SPEC: ActionSpec = ActionSpec {
    name: "service.set-weight",
    title: "Give a member of a route group another part of the traffic",
    targets: LLM_SERVICES,
    parameters: &[ParameterSpec {
        name: "weight",
        kind: ParameterKind::Text,
        default: "",
        help: "Its weight, in proportion to those of the other members; 0 for no traffic.",
    }],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", serving::GROUP, "llminferenceservices")],
    inverse: "service.set-weight with the earlier weight",
    verify: "The group shows the weight",
};

impl Action for SetWeight {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let present = json::at(given.object, &WEIGHT).and_then(Value::as_i64);
        vec![(
            "weight".to_owned(),
            present.unwrap_or(0).saturating_add(1).to_string(),
        )]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        let group = weight::group(given.object).ok_or_else(|| {
            Refused::new("The service is in no route group, so it has all the traffic of its route")
                .instead("spec.router.route.group puts it into one, in its manifest")
        })?;
        let new = weight_of(given.params.text("weight"))?;
        let was = json::at(given.object, &WEIGHT).and_then(Value::as_i64);
        if was == Some(new) {
            return Err(Refused::new(&format!("Its weight is {new} already")));
        }
        let mut patch = json!({});
        json::set(&mut patch, &WEIGHT, new.into());
        plan.does = format!(
            "Gives {} weight {new} in the route group {}",
            plan.target.words(),
            Clean::new(group)
        )
        .into();
        plan.patch(patch, "The controller shares the route's traffic anew");
        let name = plan.target.name.clone();
        share(&mut plan, given.object, (&name, new));
        let before = was.map_or(Vec::new(), |n| vec![("weight", n.to_string())]);
        if before.is_empty() {
            plan.fact("undo", "It had no weight of its own, which counts as 0");
        } else {
            let text = "gives it the part that it had";
            plan.undone_by(
                Inverse {
                    action: "service.set-weight",
                    text,
                },
                before,
            );
        }
        let member = json!({"name": name, "weight": new});
        plan.done_when(
            SPEC.verify,
            vec![Check::has("/status/router/group/members", member)],
        );
        plan.verify.patience = serving::MOVING;
        Ok(plan)
    }
}

fn weight_of(text: &str) -> Result<i64, Refused> {
    let weight = text.trim().parse().ok().filter(|n| (0..=MOST).contains(n));
    weight.ok_or_else(|| {
        let text = Clean::new(text);
        Refused::new(&format!(
            "weight is a whole number from 0 to {MOST}, not {text}"
        ))
    })
}

fn share(plan: &mut Plan, object: &Value, (name, new): (&str, i64)) {
    let now = weight::members(object);
    if now.is_empty() {
        plan.warn("The status does not tell who else is in the group, so its part of the traffic cannot be told");
        return;
    }
    let then: Vec<(&str, i64)> = now
        .iter()
        .map(|(member, weight)| (*member, if *member == name { new } else { *weight }))
        .collect();
    plan.fact(
        "traffic",
        &format!(
            "now {}; then {}",
            weight::shares(&now),
            weight::shares(&then)
        ),
    );
    if then.iter().all(|(_, weight)| *weight == 0) {
        plan.block(
            "No member of the group would have any weight: requests would have nowhere to go",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{llm, plan, refusal, trap};
    use super::*;

    #[test]
    fn a_weight_shows_the_parts_of_all_members() {
        let set = plan("service.set-weight", &llm(), &[("weight", "30")]).unwrap();
        assert_eq!(
            set.steps[0].body["spec"],
            json!({"router": {"route": {"weight": 30}}})
        );
        let fact = set.facts.iter().find(|f| f.topic == "traffic").unwrap();
        assert_eq!(
            fact.text.as_str(),
            "now s 10 %, t 90 %; then s 25 %, t 75 %"
        );
        assert_eq!(set.inverse_parameters["weight"], "10");
        let mut last = llm();
        last["status"]["router"]["group"]["members"][1]["stopped"] = json!(true);
        let none = plan("service.set-weight", &last, &[("weight", "0")]).unwrap();
        assert!(none.is_blocked());
        trap(&none, "nowhere to go");
        assert!(refusal("service.set-weight", &llm(), &[("weight", "10")]).contains("already"));
        assert!(refusal("service.set-weight", &llm(), &[("weight", "x")]).contains("whole number"));
    }
}
