//! `service.resume`: a stopped service starts again, from its spec. Pure.

use serde_json::{Value, json};

use super::ALL_SERVICES;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Mode, STOP, Service, guards, told};
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Resume;

const SPEC: ActionSpec = ActionSpec {
    name: "service.resume",
    title: "Start a stopped service again",
    targets: ALL_SERVICES,
    parameters: &[],
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", serving::GROUP, "inferenceservices"),
        Right::to("patch", serving::GROUP, "llminferenceservices"),
    ],
    inverse: "service.stop: ends it again",
    verify: "The service is Ready",
};

impl Action for Resume {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        if !service.stopped() {
            return Err(Refused::new("The service is not stopped"));
        }
        plan.does = format!("Starts {} from what its spec names", plan.target.words()).into();
        told::model_of(&mut plan, service.object, "It serves");
        if service.mode == Mode::Knative {
            all_to_the_spec(&mut plan, &service);
        }
        plan.fact(
            "wait",
            "Requests are answered once its first pod has loaded the model",
        );
        plan.patch(
            json!({"metadata": {"annotations": {STOP: Value::Null}}}),
            "The controller makes everything for the service again",
        );
        plan.inverse = Some(Inverse {
            action: "service.stop",
            text: "ends it again",
        });
        let ready = json!({"type": "Ready", "status": "True"});
        plan.done_when(
            SPEC.verify,
            vec![
                Check::absent(&format!(
                    "/metadata/annotations/{}",
                    STOP.replace('/', "~1")
                )),
                Check::has("/status/conditions", ready),
            ],
        );
        plan.verify.patience = serving::LOADING;
        Ok(plan)
    }
}

/// Nothing is rolled out any more, so that a percent does not count.
fn all_to_the_spec(plan: &mut Plan, service: &Service<'_>) {
    for part in service.parts() {
        match part.percent() {
            Some(0) => plan.block(&format!(
                "canaryTrafficPercent of the {} is 0: the model that the spec names was rolled back before the stop, and resumed it gets all traffic, since no other revision is left. Write the earlier model into the spec first: service.restore-spec with uri=",
                part.name
            )),
            Some(percent) if percent < 100 => plan.warn(&format!(
                "canaryTrafficPercent of the {} is {percent}, and does not count: the model that the spec names was the canary, and gets all traffic, since no other revision is left. service.restore-spec with uri= brings the earlier one first",
                part.name
            )),
            _ => told::traffic(plan, &part, "the new revision 100 %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{plan, refusal, service, trap};
    use super::*;

    #[test]
    fn what_was_rolled_back_does_not_come_back_with_all_traffic() {
        let mut stopped = service(Some(0), ["", "", "", ""], &[]);
        stopped["metadata"]["annotations"] = json!({STOP: "true"});
        stopped["status"] = json!({"deploymentMode": "Serverless", "conditions": [{"type": "Ready", "status": "False"}]});
        let blocked = plan("service.resume", &stopped, &[]).unwrap();
        assert!(blocked.is_blocked());
        trap(&blocked, "service.restore-spec with uri=");
        stopped["spec"]["predictor"]["canaryTrafficPercent"] = json!(10);
        let warned = plan("service.resume", &stopped, &[]).unwrap();
        assert!(!warned.is_blocked());
        trap(&warned, "does not count");
        stopped["spec"]["predictor"]
            .as_object_mut()
            .unwrap()
            .remove("canaryTrafficPercent");
        let plain = plan("service.resume", &stopped, &[]).unwrap();
        assert!(plain.traps.is_empty(), "{:?}", plain.traps);
        assert!(
            plain.steps[0].body["metadata"]["annotations"]
                .as_object()
                .unwrap()[STOP]
                .is_null()
        );
        let up = service(None, ["a", "a", "a", ""], &[("a", 100)]);
        assert!(plain.verify.holds(Some(&up)) && !plain.verify.holds(Some(&stopped)));
        assert!(refusal("service.resume", &up, &[]).contains("not stopped"));
    }
}
