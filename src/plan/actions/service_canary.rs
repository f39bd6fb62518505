//! `service.set-canary`: how much traffic the newest revision has; with a model, that one in the same patch. Knative mode.
//! Pure.
//!
//! A percent alone on a service that is rolled out whole is taken by `KServe` for a roll back, and is blocked.

use serde_json::json;

use super::{COMPONENT, KNATIVE_SERVICES};
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, Part, Service, guards, model, told};
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct SetCanary;

const SPEC: ActionSpec = ActionSpec {
    name: "service.set-canary",
    title: "Give the newest revision of a service a part of the traffic",
    targets: KNATIVE_SERVICES,
    parameters: &[
        ParameterSpec {
            name: "percent",
            kind: ParameterKind::Text,
            default: "10",
            help: "Percent of the traffic for the newest revision, 0 to 100.",
        },
        ParameterSpec {
            name: "uri",
            kind: ParameterKind::Text,
            default: "",
            help: "Where a new model comes from (storageUri): it becomes the canary. Empty: only the percent changes.",
        },
        COMPONENT,
    ],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", serving::GROUP, "inferenceservices")],
    inverse: "service.set-canary with the earlier percent, service.promote where there was none, service.rollback after 100 %; after a new model, service.restore-spec",
    verify: "The newest revision has its part of the traffic, as the routes tell",
};

impl Action for SetCanary {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let present = Service::of(given.object).main().percent();
        let percent = if present == Some(10) { "20" } else { "10" };
        vec![("percent".to_owned(), percent.to_owned())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        guards::has_revisions(
            &service,
            "There is no split by percent: serve the new model as a service of its own and compare, then service.restore-spec with uri= replaces the model here",
        )?;
        let percent = percent(given.params.text("percent"))?;
        match given.params.text("uri") {
            "" => share(
                &mut plan,
                &service,
                (percent, given.params.text("component")),
            )?,
            uri => renew(
                &mut plan,
                &service,
                (percent, uri, given.params.text("component")),
            )?,
        }
        Ok(plan)
    }
}

fn percent(text: &str) -> Result<i64, Refused> {
    let percent = text.trim().trim_end_matches('%').trim_end().parse().ok();
    percent.filter(|p| (0..=100).contains(p)).ok_or_else(|| {
        Refused::new(&format!(
            "percent is a whole number from 0 to 100, not {}",
            Clean::new(text)
        ))
    })
}

/// The percent alone.
fn share(
    plan: &mut Plan,
    service: &Service<'_>,
    (percent, component): (i64, &str),
) -> Result<(), Refused> {
    let moves = |part: &Part<'_>| part.has_canary() || part.is_loading();
    let mut parts = guards::chosen(service, component, moves)?;
    if parts.is_empty() {
        parts.push(service.main());
    }
    if parts.iter().all(|p| p.percent() == Some(percent)) {
        return Err(Refused::new(&format!(
            "canaryTrafficPercent is {percent} already"
        )));
    }
    let mut patch = json!({});
    let mut checks = Vec::new();
    for part in &parts {
        alone(plan, part, percent)?;
        model::join(&mut patch, part.patch(Some(percent)));
        checks.push(Check::value(
            &format!("/spec/{}/canaryTrafficPercent", part.name),
            percent.into(),
        ));
        checks.extend(part.shows(Some(percent)));
    }
    let newest: Vec<String> = parts
        .iter()
        .map(|p| Clean::new(p.created()).to_string())
        .collect();
    plan.does = format!(
        "Gives {} {percent} % of the traffic of {}",
        newest.join(" and "),
        plan.target.words()
    )
    .into();
    plan.patch(
        patch,
        "The controller splits the traffic of the Knative Service anew",
    );
    pinned(plan, percent);
    back(plan, &parts, percent);
    plan.done_when(SPEC.verify, checks);
    plan.verify.patience = serving::MOVING;
    Ok(())
}

/// What a percent alone does to a part.
fn alone(plan: &mut Plan, part: &Part<'_>, percent: i64) -> Result<(), Refused> {
    let (newest, ready) = (Clean::new(part.created()), Clean::new(part.ready()));
    let stable = Clean::new(part.rolled_out());
    if part.has_canary() {
        told::traffic(plan, part, &told::split(&part.split(Some(percent))));
        if part.is_loading() {
            plan.warn(&format!(
                "{newest} is not ready: until it is, {ready} has the {percent} %, and then {newest} has them"
            ));
        }
        return Ok(());
    }
    if part.is_loading() && !stable.is_empty() {
        told::traffic(
            plan,
            part,
            &format!("{stable} 100 %, until {newest} is ready and gets {percent} %"),
        );
        return Ok(());
    }
    if percent == 100 {
        return Err(Refused::new(&format!("{ready} has all traffic already")));
    }
    if !part.previous().is_empty() {
        told::traffic(plan, part, &told::split(&part.split(Some(percent))));
        plan.block(&format!(
            "The {} is rolled out whole, and a percent alone is taken for a roll back: {} % of the traffic would go to the earlier revision {}. Give the new model with it (uri=), or use service.rollback if that is what is meant",
            part.name,
            100 - percent,
            Clean::new(part.previous())
        ));
        return Ok(());
    }
    plan.warn(&format!(
        "No traffic moves now, since there is only one revision; the next change of the model gets {percent} %"
    ));
    Ok(())
}

/// A new model, with its percent in the same patch.
fn renew(
    plan: &mut Plan,
    service: &Service<'_>,
    (percent, uri, component): (i64, &str, &str),
) -> Result<(), Refused> {
    if !matches!(component, "auto" | "predictor") {
        return Err(Refused::new(&format!(
            "A model is the predictor's: uri does not go with component={component}"
        )));
    }
    let part = service.main();
    let (holder, present) = model::of(service.object)?;
    if present == uri {
        return Err(
            Refused::new("The spec has that model already: no new revision would be made")
                .instead("While a canary runs, percent alone changes its part of the traffic"),
        );
    }
    let mut patch = model::patch(holder, uri);
    model::join(&mut patch, part.patch(Some(percent)));
    plan.does = format!(
        "Serves {} as the canary of {}, with {percent} % of the traffic",
        Clean::new(uri),
        plan.target.words()
    )
    .into();
    plan.patch(
        patch,
        "Model and percent in one: a percent alone would send traffic to the earlier revision",
    );
    surprises(plan, &part, percent);
    plan.fact(
        "model",
        &format!("now {}; then {}", Clean::new(present), Clean::new(uri)),
    );
    pinned(plan, percent);
    plan.undone_by(
        Inverse {
            action: "service.restore-spec",
            text: "sends all traffic to the earlier revision, and writes its model into the spec",
        },
        vec![("uri", present.to_owned())],
    );
    plan.done_when(SPEC.verify, arrived(service, &part, percent));
    plan.verify.patience = serving::LOADING;
    Ok(())
}

fn surprises(plan: &mut Plan, part: &Part<'_>, percent: i64) {
    let (ready, stable) = (Clean::new(part.ready()), Clean::new(part.rolled_out()));
    if stable.is_empty() {
        plan.warn("No revision has ever had all traffic, so the percent does not count: the new one gets all of it");
        return;
    }
    let rest = 100 - percent;
    told::traffic(
        plan,
        part,
        &format!("the new revision {percent} % once it is ready, {stable} {rest} %"),
    );
    if part.has_canary() {
        plan.warn(&format!(
            "A canary runs: {ready} has {percent} % until the new revision is ready, and none after; {stable} stays what is compared with"
        ));
    }
    if percent == 100 {
        plan.warn("With 100 % the new model gets all traffic at once, as soon as it is ready");
    }
}

fn arrived(service: &Service<'_>, part: &Part<'_>, percent: i64) -> Vec<Check> {
    let at = |key: &str| format!("/status/components/{}/{key}", part.name);
    let mut checks = vec![Check::changed(&at("latestReadyRevision"), service.object)];
    let traffic = at("traffic");
    if part.rolled_out().is_empty() {
        return checks;
    }
    if percent > 0 {
        checks.push(Check::has(
            &traffic,
            json!({"latestRevision": true, "percent": percent}),
        ));
    }
    if percent < 100 {
        let row = json!({"revisionName": part.rolled_out(), "percent": 100 - percent});
        checks.push(Check::has(&traffic, row));
    }
    checks
}

fn pinned(plan: &mut Plan, percent: i64) {
    if percent == 0 {
        plan.warn("While the percent stays 0 in the spec, the next model gets no traffic either");
    }
}

fn back(plan: &mut Plan, parts: &[Part<'_>], percent: i64) {
    let before = parts.iter().find_map(Part::percent);
    let (inverse, given) = match before {
        Some(before) if percent < 100 => (
            Inverse {
                action: "service.set-canary",
                text: "gives it the part of the traffic that it had",
            },
            vec![("percent", before.to_string())],
        ),
        Some(_) => (
            Inverse {
                action: "service.rollback",
                text: "sends all traffic back to the earlier revision",
            },
            Vec::new(),
        ),
        None => (
            Inverse {
                action: "service.promote",
                text: "takes the percent out again",
            },
            Vec::new(),
        ),
    };
    plan.undone_by(inverse, given);
}

#[cfg(test)]
mod tests;
