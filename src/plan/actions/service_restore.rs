//! `service.restore-spec`: the earlier model into the spec, which is the roll back that lasts. Pure.
//!
//! `KServe` keeps no earlier specs. What there is: the URI of the model, which a revision keeps in an annotation; what was
//! applied last, which the service keeps where it was applied; and what an operator gives. The plan says which it took.
//!
//! Knative routes "the newest" to the newest **ready** revision. So the percent is not taken out here: until the restored
//! revision is ready, all traffic would go to the one that is being rolled back.

use serde_json::{Value, json};

use super::SERVICES;
use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, APPLIED, Mode, Part, Service, guards, model, revision, told};
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct RestoreSpec;

const SPEC: ActionSpec = ActionSpec {
    name: "service.restore-spec",
    title: "Write the earlier model of a service into its spec",
    targets: SERVICES,
    parameters: &[
        ParameterSpec {
            name: "from",
            kind: ParameterKind::Choice(&["revision", "applied"]),
            default: "revision",
            help: "revision: the model that the earlier revision has. applied: the predictor as it was applied last (kubectl apply).",
        },
        ParameterSpec {
            name: "revision",
            kind: ParameterKind::Text,
            default: "",
            help: "Which revision. Empty: the one that service.rollback goes back to.",
        },
        ParameterSpec {
            name: "uri",
            kind: ParameterKind::Text,
            default: "",
            help: "The model itself (storageUri), where neither knows it.",
        },
    ],
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", serving::GROUP, "inferenceservices"),
        Right::to("get", serving::KNATIVE, "revisions"),
    ],
    inverse: "service.restore-spec with the present model",
    verify: "A revision or Deployment of the restored spec is ready, and the earlier one has its traffic until then",
};

/// What is written, and where it comes from.
struct Restored {
    patch: Value,
    /// The model, where that is all.
    uri: Option<String>,
    from: String,
}

impl Action for RestoreSpec {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let service = Service::of(given.object);
        if service.mode != Mode::Knative || service.stopped() {
            return Vec::new();
        }
        let part = service.main();
        let names = [source(given, &part), part.rolled_out(), part.ready()];
        let known = names.iter().filter(|name| !name.is_empty());
        known
            .map(|name| revision::read(given.object, name))
            .collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        let restored = restored(given, &service)?;
        let (holder, present) = model::of(given.object).unwrap_or(("model", ""));
        if restored.uri.as_deref() == Some(present) {
            return Err(Refused::new(&format!(
                "The spec names that model already: {}",
                Clean::new(present)
            ))
            .instead("service.rollback moves the traffic; uri= names another model"));
        }
        plan.fact("source", &restored.from);
        let mut patch = restored.patch;
        let mut checks = written(&patch, holder);
        checks.extend(rolled(&mut plan, given, (&service, &mut patch)));
        plan.done_when(SPEC.verify, checks);
        plan.verify.patience = serving::LOADING;
        if let Some(uri) = &restored.uri {
            plan.fact(
                "model",
                &format!("now {}; then {}", Clean::new(present), Clean::new(uri)),
            );
        }
        plan.does = does(&plan, restored.uri.as_deref(), &patch).into();
        plan.patch(patch, "The spec says again what is to be served");
        back(&mut plan, restored.uri.as_ref().map(|_| present));
        Ok(plan)
    }
}

/// What takes it back, where only the model is written.
fn back(plan: &mut Plan, present: Option<&str>) {
    match present.filter(|uri| !uri.is_empty()) {
        Some(uri) => plan.undone_by(
            Inverse {
                action: "service.restore-spec",
                text: "writes the present model back; the percent stays as this leaves it",
            },
            vec![("uri", uri.to_owned())],
        ),
        None => plan.fact(
            "undo",
            "Cannot be taken back as a whole; what changes is in the journal, before and after",
        ),
    }
}

/// What the controller makes of it, and what shows that.
fn rolled(
    plan: &mut Plan,
    given: &Given<'_>,
    (service, patch): (&Service<'_>, &mut Value),
) -> Vec<Check> {
    if service.stopped() {
        plan.fact(
            "stopped",
            "The service is stopped: nothing starts before service.resume, and then with this spec",
        );
        // no revision is left that it could split traffic with
        let part = service.main();
        if service.mode == Mode::Knative && part.percent().is_some_and(|p| p < 100) {
            model::join(patch, part.patch(None));
        }
        return Vec::new();
    }
    match service.mode {
        Mode::Knative => knative(plan, given, (service, patch)),
        _ => told::rolls(plan, service, &service.main()),
    }
}

fn does(plan: &Plan, uri: Option<&str>, patch: &Value) -> String {
    let what = uri.map_or("the predictor as it was applied last".to_owned(), |uri| {
        Clean::new(uri).to_string()
    });
    let also = match json::at(patch, &["spec", "predictor", "canaryTrafficPercent"]) {
        Some(Value::Null) => ", and takes the percent out",
        Some(_) => ", and sends all traffic to the earlier revision",
        None => "",
    };
    format!(
        "Writes {what} into the spec of {}{also}",
        plan.target.words()
    )
}

/// Which revision the model is taken from: where the newest never got ready, the one that serves.
fn source<'a>(given: &Given<'a>, part: &Part<'a>) -> &'a str {
    match given.params.text("revision") {
        "" if part.back_to().is_empty() && part.is_loading() => part.ready(),
        "" => part.back_to(),
        named => named,
    }
}

fn restored(given: &Given<'_>, service: &Service<'_>) -> Result<Restored, Refused> {
    let named = given.params.text("uri");
    if !named.is_empty() {
        let (holder, _) = model::of(given.object)?;
        return Ok(Restored {
            patch: model::patch(holder, named),
            uri: Some(named.to_owned()),
            from: "The model as it was given with uri=".to_owned(),
        });
    }
    if given.params.text("from") == "applied" {
        return applied(given.object);
    }
    if service.mode != Mode::Knative || service.stopped() {
        let why = if service.stopped() {
            "The service is stopped"
        } else {
            "In Standard mode there are no revisions"
        };
        return Err(Refused::new(&format!(
            "{why}: nothing on the cluster keeps the earlier model"
        ))
        .instead("uri= names it; from=applied takes what was applied last"));
    }
    of_revision(given, service)
}

/// The model that a revision loads.
fn of_revision(given: &Given<'_>, service: &Service<'_>) -> Result<Restored, Refused> {
    let part = service.main();
    let name = source(given, &part);
    if name.is_empty() {
        return Err(
            Refused::new("There is no earlier revision to take the model from")
                .instead("uri= names the model; from=applied takes what was applied last"),
        );
    }
    let shown = Clean::new(name);
    let other = "uri= names the model; from=applied takes what was applied last";
    let revision = match revision::seen(given, name) {
        Sight::Found(revision) => revision,
        Sight::Absent => {
            return Err(Refused::new(&format!(
                "Revision {shown} is gone, and with it what it knew of its model"
            ))
            .instead(other));
        }
        Sight::Unseen(why) => {
            return Err(
                Refused::new(&format!("Revision {shown} could not be read: {why}")).instead(other),
            );
        }
        Sight::Unasked => {
            return Err(Refused::new(&format!("Revision {shown} was not looked at")).instead(other));
        }
    };
    let labelled = json::label(revision, "serving.kserve.io/inferenceservice");
    if !labelled.is_empty() && labelled != json::text(given.object, &["metadata", "name"]) {
        return Err(Refused::new(&format!(
            "Revision {shown} belongs to another service: {}",
            Clean::new(labelled)
        )));
    }
    let uri = revision::model(revision);
    if uri.is_empty() {
        return Err(Refused::new(&format!(
            "Revision {shown} does not tell where its model came from"
        ))
        .instead(other));
    }
    let (holder, _) = model::of(given.object)?;
    Ok(Restored {
        patch: model::patch(holder, uri),
        uri: Some(uri.to_owned()),
        from: format!(
            "The model that revision {shown} loads, as its annotation says; a revision keeps nothing else of the spec"
        ),
    })
}

/// The predictor as it was applied last, but for its percent.
fn applied(object: &Value) -> Result<Restored, Refused> {
    let text = json::text(object, &["metadata", "annotations", APPLIED]);
    let applied: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(then) = json::at(&applied, &["spec", "predictor"]).filter(|p| p.is_object()) else {
        return Err(Refused::new("The service does not keep what was applied last: it was not made with kubectl apply, or by Argo CD on the client's side")
            .instead("uri= names the model"));
    };
    let now = json::at(object, &["spec", "predictor"]).unwrap_or(&Value::Null);
    let mut patch = differing(then, now);
    json::unset(&mut patch, &["canaryTrafficPercent"]);
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Refused::new("The predictor is as it was applied last"));
    }
    Ok(Restored {
        patch: json!({"spec": {"predictor": patch}}),
        uri: None,
        from: format!(
            "What was applied last ({APPLIED}); fields that it does not name stay as they are"
        ),
    })
}

/// What of `then` is not so now, as a merge patch.
fn differing(then: &Value, now: &Value) -> Value {
    let (Some(old), Some(new)) = (then.as_object(), now.as_object()) else {
        return then.clone();
    };
    let changed = old
        .iter()
        .filter(|(key, value)| new.get(*key) != Some(value));
    let each = changed.map(|(key, value)| {
        (
            key.clone(),
            differing(value, new.get(key).unwrap_or(&Value::Null)),
        )
    });
    // what differs only in what is not named here is no difference
    Value::Object(
        each.filter(|(_, v)| v.as_object().is_none_or(|m| !m.is_empty()))
            .collect(),
    )
}

/// The spec shows the model, where one is written.
fn written(patch: &Value, holder: &str) -> Vec<Check> {
    let uri = json::at(patch, &["spec", "predictor", holder, "storageUri"]).and_then(Value::as_str);
    let pointer = format!("/spec/predictor/{holder}/storageUri");
    uri.map(|uri| Check::is(&pointer, &[uri]))
        .into_iter()
        .collect()
}

/// A new revision of the earlier model: while a canary runs, or ran, without traffic until it is promoted.
fn knative(
    plan: &mut Plan,
    given: &Given<'_>,
    (service, patch): (&Service<'_>, &mut Value),
) -> Vec<Check> {
    let part = service.main();
    let (ready, stable) = (Clean::new(part.ready()), Clean::new(part.rolled_out()));
    differs(plan, given, &part);
    let mut checks = vec![Check::changed(
        "/status/components/predictor/latestReadyRevision",
        given.object,
    )];
    if !part.has_canary() {
        plan.fact(
            "revision",
            "Knative makes a new revision, which loads the restored model",
        );
        told::traffic(
            plan,
            &part,
            &format!("{ready} 100 % until the new revision is ready, and then that one"),
        );
        if !part.back_to().is_empty() {
            plan.fact(
                "faster",
                &format!("Until the new revision is ready, {ready} goes on taking all traffic: service.rollback first moves it at once"),
            );
        }
        checks.push(Check::has(
            "/status/components/predictor/traffic",
            json!({"latestRevision": true, "percent": 100}),
        ));
        if part.percent().is_some_and(|p| p < 100) {
            checks.pop();
        }
        return checks;
    }
    revision::guard(plan, given, part.rolled_out());
    if part.percent() != Some(0) {
        model::join(patch, part.patch(Some(0)));
    }
    told::traffic(
        plan,
        &part,
        &format!("{stable} 100 %; the new revision none"),
    );
    plan.warn(&format!(
        "The percent is 0 afterwards, so the restored revision takes no traffic until service.promote, which gives it all. Not in one step: without a percent {ready} would have all traffic until the new revision is ready"
    ));
    checks.push(Check::has(
        "/status/components/predictor/traffic",
        json!({"revisionName": part.rolled_out(), "percent": 100}),
    ));
    checks
}

/// Says what else the earlier revision had that is not restored.
fn differs(plan: &mut Plan, given: &Given<'_>, part: &Part<'_>) {
    let from = source(given, part);
    let (Some(earlier), Some(newer)) = (
        revision::seen(given, from).found(),
        revision::seen(given, part.ready()).found(),
    ) else {
        return;
    };
    let found = revision::differences(earlier, newer);
    if !found.is_empty() {
        plan.warn(&format!(
            "{} differed in more than its model, and only the model is restored: {}",
            Clean::new(from),
            found.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests;
