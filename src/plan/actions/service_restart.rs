//! `service.restart`: the pods of a service are made anew, by an annotation of its predictor's template. Pure.

use serde_json::json;

use super::SERVICES;
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Mode, RESTARTS, guards, told};
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Restart;

const SPEC: ActionSpec = ActionSpec {
    name: "service.restart",
    title: "Make the pods of a service anew",
    targets: SERVICES,
    parameters: &[],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", serving::GROUP, "inferenceservices")],
    inverse: "needs none: the spec is what it was, but for an annotation that counts restarts",
    verify: "The pods are new, and the service is Ready",
};

impl Action for Restart {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        let path = ["spec", "predictor", "annotations", RESTARTS];
        let count = json::text(given.object, &path).parse().unwrap_or(0_u64);
        let count = count.saturating_add(1).to_string();
        plan.does = format!("Makes the predictor pods of {} anew", plan.target.words()).into();
        plan.patch(
            json!({"spec": {"predictor": {"annotations": {RESTARTS: count}}}}),
            "An annotation of the template changes, so the pods are replaced",
        );
        let part = service.main();
        if service.mode == Mode::Knative && part.percent() == Some(0) && part.has_canary() {
            plan.block("canaryTrafficPercent is 0: what this restarts takes no traffic, and what takes it stays as it is. service.restore-spec and service.promote first, or roll on with service.set-canary");
        }
        let mut checks = told::rolls(&mut plan, &service, &part);
        let patience = plan.verify.patience;
        let pointer = format!(
            "/spec/predictor/annotations/{}",
            RESTARTS.replace('/', "~1")
        );
        checks.push(Check::is(&pointer, &[&count]));
        plan.done_when(SPEC.verify, checks);
        plan.verify.patience = patience;
        plan.fact("undo", SPEC.inverse);
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{plan, service, trap};
    use super::*;

    const NEW: &str = "s-predictor-00002";
    const OLD: &str = "s-predictor-00001";

    #[test]
    fn a_restart_changes_one_annotation_of_the_template_and_counts_on() {
        let mut whole = service(None, [OLD, OLD, OLD, ""], &[(OLD, 100)]);
        let first = plan("service.restart", &whole, &[]).unwrap();
        assert_eq!(
            first.steps[0].body["spec"],
            json!({"predictor": {"annotations": {RESTARTS: "1"}}})
        );
        assert!(
            first.steps[0].body["metadata"]["annotations"].is_null(),
            "none on the service itself"
        );
        whole["spec"]["predictor"]["annotations"] = json!({RESTARTS: "1"});
        let again = plan("service.restart", &whole, &[]).unwrap();
        assert_eq!(
            again.steps[0].body["spec"]["predictor"]["annotations"][RESTARTS],
            "2"
        );
        let mut after = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
        after["spec"]["predictor"]["annotations"] = json!({RESTARTS: "2"});
        assert!(again.verify.holds(Some(&after)) && !again.verify.holds(Some(&whole)));
    }

    #[test]
    fn with_a_canary_the_restarted_revision_is_the_canary() {
        let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
        let restart = plan("service.restart", &canary, &[]).unwrap();
        let text = trap(&restart, "becomes the canary with 10 %");
        assert!(text.contains(&format!("{OLD} keeps 90 %")), "{text}");
        let pinned = service(Some(0), [NEW, NEW, OLD, ""], &[(NEW, 0), (OLD, 100)]);
        assert!(plan("service.restart", &pinned, &[]).unwrap().is_blocked());
    }

    #[test]
    fn in_standard_mode_the_deployment_shows_it() {
        let mut standard = service(None, ["", "", "", ""], &[]);
        standard["status"]["deploymentMode"] = "RawDeployment".into();
        standard["status"]["observedGeneration"] = json!(3);
        let restart = plan("service.restart", &standard, &[]).unwrap();
        let mut after = standard.clone();
        after["spec"]["predictor"]["annotations"] = json!({RESTARTS: "1"});
        assert!(
            !restart.verify.holds(Some(&after)),
            "the Deployment has not seen it"
        );
        after["status"]["observedGeneration"] = json!(4);
        assert!(restart.verify.holds(Some(&after)));
    }
}
