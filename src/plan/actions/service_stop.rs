//! `service.stop`: a service ends, and with it its revisions. Pure.
//!
//! In Knative mode the controller deletes the Knative Service with all revisions and empties the status, so that nothing is
//! left to roll back to; what starts again later is what the spec names.

use serde_json::json;

use super::ALL_SERVICES;
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Mode, STOP, Service, guards, told};
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Stop;

const SPEC: ActionSpec = ActionSpec {
    name: "service.stop",
    title: "Stop a service: its pods, revisions and routes go",
    targets: ALL_SERVICES,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: &[
        Right::to("patch", serving::GROUP, "inferenceservices"),
        Right::to("patch", serving::GROUP, "llminferenceservices"),
    ],
    inverse: "service.resume: starts what the spec names; the revisions and their traffic do not come back",
    verify: "The service says that it is stopped",
};

impl Action for Stop {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        if service.stopped() {
            return Err(
                Refused::new("The service is stopped already").instead("service.resume starts it")
            );
        }
        plan.does = format!(
            "Stops {}: it answers no requests any more",
            plan.target.words()
        )
        .into();
        plan.warn("Requests fail from now on, until it is resumed and has loaded its model");
        match service.mode {
            Mode::Knative => knative(&mut plan, &service),
            Mode::Llm => llm(&mut plan, &service),
            _ => plan.fact(
                "deletes",
                "The controller deletes its Deployment, Service, autoscaler and routes",
            ),
        }
        plan.patch(
            json!({"metadata": {"annotations": {STOP: "true"}}}),
            "The controller deletes what it made for the service",
        );
        plan.inverse = Some(Inverse {
            action: "service.resume",
            text: "starts what the spec names; the revisions and their traffic do not come back",
        });
        let shows = if service.mode == Mode::Llm {
            json!({"type": "MainWorkloadReady", "status": "False", "reason": "Stopped"})
        } else {
            json!({"type": "Stopped", "status": "True"})
        };
        plan.done_when(SPEC.verify, vec![Check::has("/status/conditions", shows)]);
        plan.verify.patience = serving::MOVING;
        Ok(plan)
    }
}

fn knative(plan: &mut Plan, service: &Service<'_>) {
    plan.fact(
        "deletes",
        "The controller deletes the Knative Service with all its revisions, and empties the status",
    );
    for part in service.parts() {
        told::traffic(plan, &part, "none");
        let back = Clean::new(part.back_to());
        if !back.is_empty() {
            plan.warn(&format!(
                "{back}, which service.rollback would go back to, is deleted with it: after that there is nothing to roll back to"
            ));
        }
        let (newest, stable) = (Clean::new(part.ready()), Clean::new(part.rolled_out()));
        if part.has_canary() {
            plan.warn(&format!(
                "The spec names the model of the canary {newest}, not that of {stable}: resumed, the service gives it all traffic, whatever the percent says. service.restore-spec first keeps the earlier one"
            ));
        }
    }
    told::model_of(plan, service.object, "Resumed, it serves");
}

fn llm(plan: &mut Plan, service: &Service<'_>) {
    plan.fact(
        "deletes",
        "The controller deletes its workload, scheduler, pool and routes",
    );
    if let Some(group) = serving::weight::group(service.object) {
        plan.warn(&format!(
            "It is one of the route group {}: it counts there with weight 0, and the others share its traffic",
            Clean::new(group)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{llm as llm_service, plan, refusal, service, trap};
    use super::*;

    const NEW: &str = "s-predictor-00002";
    const OLD: &str = "s-predictor-00001";

    #[test]
    fn a_stop_loses_work_and_names_the_rollback_target_that_goes() {
        let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
        let stop = plan("service.stop", &canary, &[]).unwrap();
        assert_eq!(stop.risk, Risk::LosesWork);
        trap(
            &stop,
            &format!("{OLD}, which service.rollback would go back to"),
        );
        trap(&stop, "whatever the percent says");
        assert_eq!(
            stop.steps[0].body["metadata"]["annotations"],
            json!({STOP: "true"})
        );
        let mut after = canary.clone();
        after["status"] = json!({"deploymentMode": "Knative", "conditions": [{"type": "Stopped", "status": "True"}]});
        assert!(stop.verify.holds(Some(&after)) && !stop.verify.holds(Some(&canary)));
        after["metadata"]["annotations"] = json!({STOP: "TRUE"});
        assert!(refusal("service.stop", &after, &[]).contains("already"));
        for action in [
            "service.rollback",
            "service.promote",
            "service.set-canary",
            "service.scale",
            "service.restart",
        ] {
            let params: &[(&str, &str)] = if action == "service.scale" {
                &[("min", "2")]
            } else {
                &[]
            };
            let text = refusal(action, &after, params);
            assert!(
                text.contains("is stopped") && text.contains("service.resume"),
                "{action}: {text}"
            );
        }
    }

    #[test]
    fn a_member_of_a_group_leaves_its_traffic_to_the_others() {
        let stop = plan("service.stop", &llm_service(), &[]).unwrap();
        trap(&stop, "route group chat");
        assert!(
            stop.target.path().ends_with("/llminferenceservices/s"),
            "{}",
            stop.target.path()
        );
        assert_eq!(stop.needs[0].resource, "llminferenceservices");
    }
}
