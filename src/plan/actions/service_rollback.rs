//! `service.rollback`: all traffic back to the revision that had it before. Knative mode. Pure.
//!
//! While a canary runs that is the revision rolled out last; on a service that is rolled out whole, the one before it, one
//! step only. The model of the spec stays what it is.

use serde_json::json;

use super::{COMPONENT, KNATIVE_SERVICES};
use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Part, Service, guards, model, revision, told};
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Rollback;

const SPEC: ActionSpec = ActionSpec {
    name: "service.rollback",
    title: "Send all traffic back to the earlier revision of a service",
    targets: KNATIVE_SERVICES,
    parameters: &[COMPONENT],
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", serving::GROUP, "inferenceservices"),
        Right::to("get", serving::KNATIVE, "revisions"),
    ],
    inverse: "service.set-canary while a canary ran, else service.promote: gives the newer revision its traffic again",
    verify: "The earlier revision has all traffic, and the routes are ready",
};

impl Action for Rollback {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let service = Service::of(given.object);
        let parts = parts(&service, given.params.text("component")).unwrap_or_default();
        let targets = parts
            .iter()
            .map(Part::back_to)
            .filter(|name| !name.is_empty());
        targets
            .map(|name| revision::read(given.object, name))
            .collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        guards::has_revisions(
            &service,
            "service.restore-spec with uri= writes the earlier model into the spec, and the Deployment replaces its pods",
        )?;
        let parts = parts(&service, given.params.text("component"))?;
        let mut patch = json!({});
        let mut checks = Vec::new();
        for part in &parts {
            possible(part)?;
            one(&mut plan, given, part);
            model::join(&mut patch, part.patch(Some(0)));
            checks.extend(part.shows(Some(0)));
        }
        let names: Vec<String> = parts
            .iter()
            .map(|p| Clean::new(p.back_to()).to_string())
            .collect();
        plan.does = format!(
            "Sends all traffic of {} back to {}",
            plan.target.words(),
            names.join(" and ")
        )
        .into();
        plan.patch(
            patch,
            "The controller gives the newest revision no traffic, and the earlier one all",
        );
        left(&mut plan, &service, &parts);
        inverse(&mut plan, &parts);
        checks.push(Check::has(
            "/status/conditions",
            json!({"type": "RoutesReady", "status": "True"}),
        ));
        plan.done_when(SPEC.verify, checks);
        plan.verify.patience = serving::MOVING;
        Ok(plan)
    }
}

/// Parts with a canary, else the predictor.
fn parts<'a>(service: &Service<'a>, named: &str) -> Result<Vec<Part<'a>>, Refused> {
    let running = |part: &Part<'a>| part.has_canary() && part.percent() != Some(0);
    let parts = guards::chosen(service, named, running)?;
    Ok(if parts.is_empty() {
        vec![service.main()]
    } else {
        parts
    })
}

/// Why a part cannot be rolled back.
fn possible(part: &Part<'_>) -> Result<(), Refused> {
    let name = part.name;
    let newest = Clean::new(part.created());
    if part.has_canary() && part.percent() == Some(0) && part.routed() == part.split(Some(0)) {
        return Err(Refused::new(&format!(
            "The {name} is rolled back already: {} has all traffic",
            Clean::new(part.rolled_out())
        ))
        .instead("service.restore-spec writes the earlier model into the spec, which lasts"));
    }
    if !part.back_to().is_empty() {
        return Ok(());
    }
    if part.rolled_out().is_empty() {
        return Err(Refused::new(&format!(
            "There is nothing to roll the {name} back to: no revision of it ever had all traffic"
        )));
    }
    if part.is_loading() && !part.has_canary() {
        return Err(Refused::new(&format!(
            "There is nothing to roll back: {newest} is not ready and takes no traffic; {} has all of it",
            Clean::new(part.rolled_out())
        ))
        .instead("service.set-canary with percent=0 keeps traffic from it also once it is ready"));
    }
    Err(Refused::new(&format!(
        "There is nothing to roll the {name} back to: {} is the only revision that ever had all traffic",
        Clean::new(part.rolled_out())
    ))
    .instead("service.restore-spec with uri= writes another model into the spec"))
}

fn one(plan: &mut Plan, given: &Given<'_>, part: &Part<'_>) {
    let target = part.back_to();
    revision::guard(plan, given, target);
    told::traffic(plan, part, &format!("{} 100 %", Clean::new(target)));
    let newer = Clean::new(part.ready());
    if part.has_canary() {
        plan.fact("stays", &format!("{newer} stays, without traffic"));
    } else {
        plan.warn(&format!(
            "The {} is rolled out whole: KServe goes back one step, to {}, and no further; {newer} stays, without traffic",
            part.name,
            Clean::new(target)
        ));
    }
    if part.is_loading() {
        plan.fact(
            "newest",
            &format!(
                "{} is not ready; once it is, it gets no traffic either",
                Clean::new(part.created())
            ),
        );
    }
}

/// What is as before afterwards, and surprises.
fn left(plan: &mut Plan, service: &Service<'_>, parts: &[Part<'_>]) {
    told::model_of(plan, service.object, "The spec goes on naming");
    plan.warn(
        "canaryTrafficPercent stays 0 in the spec: the next model gets no traffic either, and once the percent is taken out the newest revision has all of it again. What lasts: service.restore-spec",
    );
    for other in service.parts() {
        let meant = parts.iter().any(|p| p.name == other.name);
        if !meant && !other.back_to().is_empty() && other.percent() != Some(0) {
            plan.warn(&format!(
                "The {} has revisions and a percent of its own and stays as it is: component={} rolls it back",
                other.name, other.name
            ));
        }
    }
}

fn inverse(plan: &mut Plan, parts: &[Part<'_>]) {
    let before = parts
        .iter()
        .find_map(|p| p.percent().filter(|_| p.has_canary()));
    match before {
        Some(percent) => plan.undone_by(
            Inverse {
                action: "service.set-canary",
                text: "gives the canary its part of the traffic again",
            },
            vec![("percent", percent.to_string())],
        ),
        None => plan.undone_by(
            Inverse {
                action: "service.promote",
                text: "gives the newer revision all traffic again",
            },
            Vec::new(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::service_tests::{plan, plan_seeing, refusal, revision, service, trap};
    use super::*;

    const NEW: &str = "s-predictor-00002";
    const OLD: &str = "s-predictor-00001";

    fn canary() -> Value {
        service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)])
    }

    #[test]
    fn a_canary_goes_back_to_the_revision_rolled_out_last() {
        let plan = plan_seeing(
            "service.rollback",
            &canary(),
            &[],
            &[revision(OLD, "s3://m/1")],
        );
        let plan = plan.unwrap();
        assert!(!plan.is_blocked(), "{:?}", plan.traps);
        assert_eq!(
            plan.steps[0].body["spec"],
            json!({"predictor": {"canaryTrafficPercent": 0}})
        );
        assert!(plan.does.ends_with(OLD), "{}", plan.does);
        assert_eq!(
            plan.inverse_words().unwrap(),
            "service.set-canary percent=10: gives the canary its part of the traffic again"
        );
        trap(&plan, "the next model gets no traffic either");
        let mut after = service(Some(0), [NEW, NEW, OLD, ""], &[(NEW, 0), (OLD, 100)]);
        assert!(!plan.verify.holds(Some(&canary())));
        assert!(plan.verify.holds(Some(&after)));
        after["status"]["conditions"] = json!([{"type": "RoutesReady", "status": "False"}]);
        assert!(
            !plan.verify.holds(Some(&after)),
            "the route is not there yet"
        );
        let fact = plan.facts.iter().find(|f| f.topic == "traffic").unwrap();
        assert_eq!(
            fact.text.as_str(),
            format!("now {OLD} 90 %, {NEW} 10 %; then {OLD} 100 %")
        );
    }

    #[test]
    fn a_promoted_service_goes_back_one_step_and_only_if_there_is_one() {
        let promoted = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
        let back = plan_seeing(
            "service.rollback",
            &promoted,
            &[],
            &[revision(OLD, "s3://m/1")],
        )
        .unwrap();
        assert!(!back.is_blocked());
        trap(&back, "one step");
        assert!(back.does.ends_with(OLD));
        assert_eq!(back.inverse.as_ref().unwrap().action, "service.promote");
        let alone = service(None, [OLD, OLD, OLD, ""], &[(OLD, 100)]);
        assert!(refusal("service.rollback", &alone, &[]).contains("only revision"));
        let same = service(None, [OLD, OLD, OLD, OLD], &[(OLD, 100)]);
        assert!(refusal("service.rollback", &same, &[]).contains("only revision"));
        let back = service(Some(0), [NEW, NEW, OLD, OLD], &[(NEW, 0), (OLD, 100)]);
        assert!(refusal("service.rollback", &back, &[]).contains("already"));
    }

    #[test]
    fn a_target_that_is_gone_blocks_with_the_way_that_works() {
        let promoted = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
        let gone = plan_seeing("service.rollback", &promoted, &[], &[]).unwrap();
        assert!(gone.is_blocked());
        let text = trap(&gone, "RevisionMissing");
        assert!(text.contains("service.restore-spec"), "{text}");
        let mut broken = revision(OLD, "");
        broken["status"]["conditions"][0] =
            json!({"type": "Ready", "status": "False", "reason": "ExitCode1"});
        let broken = plan_seeing("service.rollback", &promoted, &[], &[broken]).unwrap();
        assert!(broken.is_blocked());
        trap(&broken, "ExitCode1");
        let mut cold = revision(OLD, "");
        cold["status"]["actualReplicas"] = json!(0);
        let cold = plan_seeing("service.rollback", &promoted, &[], &[cold]).unwrap();
        assert!(!cold.is_blocked());
        assert!(
            cold.facts
                .iter()
                .any(|f| f.topic == "replicas" && f.text.contains("no replicas now"))
        );
        // not looked at is not there or gone: it is said
        let unseen = plan("service.rollback", &promoted, &[]).unwrap();
        assert!(!unseen.is_blocked());
        trap(&unseen, "was not looked at");
    }

    #[test]
    fn a_revision_that_never_got_ready_is_no_reason_to_roll_back() {
        let loading = service(None, [NEW, OLD, OLD, ""], &[(OLD, 100)]);
        let text = refusal("service.rollback", &loading, &[]);
        assert!(
            text.contains("takes no traffic") && text.contains("percent=0"),
            "{text}"
        );
    }

    #[test]
    fn parts_are_rolled_back_each_by_its_own_state() {
        let mut both = canary();
        both["spec"]["transformer"] = json!({"canaryTrafficPercent": 20});
        both["status"]["components"]["transformer"] = json!({
            "latestCreatedRevision": "s-transformer-00002", "latestReadyRevision": "s-transformer-00002",
            "latestRolledoutRevision": "s-transformer-00001",
            "traffic": [{"revisionName": "s-transformer-00002", "percent": 20, "latestRevision": true},
                {"revisionName": "s-transformer-00001", "percent": 80, "tag": "prev"}]});
        let of = |params: &[(&str, &str)], object: &Value| {
            plan("service.rollback", object, params).unwrap().steps[0].body["spec"].clone()
        };
        assert_eq!(
            of(&[], &both),
            json!({"predictor": {"canaryTrafficPercent": 0}, "transformer": {"canaryTrafficPercent": 0}})
        );
        assert_eq!(
            of(&[("component", "transformer")], &both),
            json!({"transformer": {"canaryTrafficPercent": 0}})
        );
        // a transformer that is rolled out whole is not sent back with the predictor's canary, and that is said
        both["spec"]["transformer"] = json!({});
        let status = &mut both["status"]["components"]["transformer"];
        status["latestRolledoutRevision"] = json!("s-transformer-00002");
        status["previousRolledoutRevision"] = json!("s-transformer-00001");
        assert_eq!(
            of(&[], &both),
            json!({"predictor": {"canaryTrafficPercent": 0}})
        );
        trap(
            &plan("service.rollback", &both, &[]).unwrap(),
            "component=transformer",
        );
    }
}
