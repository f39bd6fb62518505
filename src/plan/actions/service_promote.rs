//! `service.promote`: the newest revision has all traffic, and the percent goes out of the spec. Knative mode. Pure.

use serde_json::json;

use super::{COMPONENT, KNATIVE_SERVICES};
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Part, guards, model, told};
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Promote;

const SPEC: ActionSpec = ActionSpec {
    name: "service.promote",
    title: "Give the newest revision of a service all traffic",
    targets: KNATIVE_SERVICES,
    parameters: &[COMPONENT],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", serving::GROUP, "inferenceservices")],
    inverse: "service.rollback: sends all traffic back, one step, while the earlier revision is there",
    verify: "The newest revision has all traffic, and the service is Ready",
};

impl Action for Promote {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        guards::has_revisions(
            &service,
            "Write the canary's model into spec.predictor, and take the canary out; service.restore-spec with uri= does the first",
        )?;
        let parts = guards::chosen(&service, given.params.text("component"), |p| {
            p.percent().is_some()
        })?;
        if parts.iter().all(|p| p.percent().is_none()) {
            return Err(whole(&service.main(), &told::trouble(&service)));
        }
        let trouble = told::trouble(&service);
        let mut patch = json!({});
        for part in &parts {
            one(&mut plan, part, &trouble);
            model::join(&mut patch, part.patch(None));
        }
        let names: Vec<String> = parts
            .iter()
            .map(|p| Clean::new(p.ready()).to_string())
            .collect();
        plan.does = format!(
            "Gives {} all traffic of {}",
            names.join(" and "),
            plan.target.words()
        )
        .into();
        told::model_of(&mut plan, service.object, "The spec names");
        plan.patch(
            patch,
            "Without a percent, the newest ready revision has all traffic",
        );
        plan.inverse = Some(Inverse {
            action: "service.rollback",
            text: "sends all traffic back, one step, while the earlier revision is there",
        });
        plan.done_when(SPEC.verify, shown(&parts));
        plan.verify.patience = serving::MOVING;
        Ok(plan)
    }
}

/// All traffic is where it should be.
fn shown(parts: &[Part<'_>]) -> Vec<Check> {
    let mut checks = Vec::new();
    for part in parts {
        checks.extend(part.shows(None));
        let pointer = format!("/status/components/{}/latestRolledoutRevision", part.name);
        checks.push(Check::is(&pointer, &[part.ready()]));
    }
    let ready = json!({"type": "Ready", "status": "True"});
    checks.push(Check::has("/status/conditions", ready));
    checks
}

/// No percent to take out.
fn whole(part: &Part<'_>, trouble: &str) -> Refused {
    let (newest, ready) = (Clean::new(part.created()), Clean::new(part.ready()));
    if part.is_loading() {
        return Refused::new(&format!(
            "There is no percent to take out: {newest} is not ready{trouble}, and gets all traffic as soon as it is; until then {ready} has it"
        ));
    }
    Refused::new(&format!(
        "The service is rolled out whole: {ready} has all traffic, and the spec has no percent"
    ))
}

fn one(plan: &mut Plan, part: &Part<'_>, trouble: &str) {
    let (newest, ready) = (Clean::new(part.created()), Clean::new(part.ready()));
    if part.is_loading() {
        plan.block(&format!(
            "{newest} is not ready{trouble}: promoted now, it would get all traffic as soon as it is, unseen, and {ready} has it until then. Wait until it is ready, or service.rollback"
        ));
    }
    told::traffic(plan, part, &format!("{ready} 100 %"));
    if !part.has_canary() {
        plan.fact(
            "percent",
            "No traffic moves: only the percent goes out of the spec",
        );
        return;
    }
    if part.percent() == Some(0) {
        plan.warn(&format!(
            "{ready} takes no traffic now: it was rolled back, or never had any, so nothing shows how it fares. It gets all at once"
        ));
    }
    plan.fact(
        "stays",
        &format!(
            "{} stays for a roll back, without traffic, as long as Knative keeps it (48 h and the newest 20 by default)",
            Clean::new(part.rolled_out())
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{plan, refusal, service, trap};
    use super::*;

    const NEW: &str = "s-predictor-00002";
    const OLD: &str = "s-predictor-00001";

    #[test]
    fn the_percent_goes_out_and_the_newest_has_all() {
        let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
        let up = plan("service.promote", &canary, &[]).unwrap();
        assert!(!up.is_blocked());
        assert!(
            up.steps[0].body["spec"]["predictor"].as_object().unwrap()["canaryTrafficPercent"]
                .is_null()
        );
        let after = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
        assert!(!up.verify.holds(Some(&canary)) && up.verify.holds(Some(&after)));
        assert_eq!(up.inverse.as_ref().unwrap().action, "service.rollback");
        assert!(refusal("service.promote", &after, &[]).contains("rolled out whole"));
    }

    #[test]
    fn what_is_not_ready_is_not_promoted_and_what_was_rolled_back_is_told() {
        let mut loading = service(Some(10), [NEW, OLD, OLD, ""], &[(OLD, 100)]);
        loading["status"]["modelStatus"] = json!({"lastFailureInfo": {"reason": "ModelLoadFailed", "message": "no such\u{1b}[2J key"}});
        let blocked = plan("service.promote", &loading, &[]).unwrap();
        assert!(blocked.is_blocked());
        let text = trap(&blocked, "ModelLoadFailed");
        assert!(!text.contains('\u{1b}'), "{text}");
        let pinned = service(Some(0), [NEW, NEW, OLD, ""], &[(NEW, 0), (OLD, 100)]);
        let up = plan("service.promote", &pinned, &[]).unwrap();
        assert!(!up.is_blocked());
        trap(&up, "was rolled back");
    }
}
