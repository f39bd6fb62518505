//! `service.scale`: how many replicas a service has at least and at most, and what makes it scale. Pure.

use serde_json::{Value, json};

use super::ALL_SERVICES;
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::serving::{self, AUTOSCALER, Mode, Service, guards, told};
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Scale;

const SPEC: ActionSpec = ActionSpec {
    name: "service.scale",
    title: "Set the replicas of a service",
    targets: ALL_SERVICES,
    parameters: &[
        number(
            "min",
            "Replicas at least; 0 lets Knative scale to zero. `none` takes the setting out.",
        ),
        number(
            "max",
            "Replicas at most; 0 for no limit. `none` takes the setting out.",
        ),
        number(
            "target",
            "What each replica is to carry (scaleTarget), in what scaleMetric counts. `none` takes it out.",
        ),
    ],
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", serving::GROUP, "inferenceservices"),
        Right::to("patch", serving::GROUP, "llminferenceservices"),
    ],
    inverse: "service.scale with the earlier numbers; in Knative mode that makes another revision",
    verify: "The spec has the numbers, and the service is Ready",
};

const fn number(name: &'static str, help: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        kind: ParameterKind::Text,
        default: "",
        help,
    }
}

/// One setting: parameter, field, what it was, what it is to be.
struct Set {
    parameter: &'static str,
    path: &'static [&'static str],
    was: Option<i64>,
    new: Option<i64>,
}

impl Action for Scale {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let service = Service::of(given.object);
        let path = fields(&service).first().map_or(&[][..], |(_, path)| path);
        let min = json::at(given.object, path)
            .and_then(Value::as_i64)
            .unwrap_or(1);
        vec![("min".to_owned(), min.saturating_add(1).to_string())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, service) = guards::begin(given, &SPEC)?;
        guards::runs(&service)?;
        let all = settings(given, &service)?;
        let changed: Vec<&Set> = all.iter().filter(|s| s.was != s.new).collect();
        if changed.is_empty() {
            return Err(Refused::new(
                "Nothing would change: give min, max or target, with another number than now",
            ));
        }
        bounds(&service, &all)?;
        let (patch, mut checks) = written(&changed);
        let words: Vec<String> = changed.iter().map(|s| s.words()).collect();
        plan.does = format!("Sets {} of {}", words.join(", "), plan.target.words()).into();
        plan.patch(
            patch,
            "The controller passes the numbers on to what scales the service",
        );
        surprises(&mut plan, &service, &all);
        checks.extend(rolled(&mut plan, &service));
        let patience = plan.verify.patience;
        let given = changed.iter().map(|s| {
            (
                s.parameter,
                s.was.map_or("none".to_owned(), |n| n.to_string()),
            )
        });
        plan.undone_by(
            Inverse {
                action: "service.scale",
                text: "sets the earlier numbers",
            },
            given.collect(),
        );
        plan.done_when(SPEC.verify, checks);
        plan.verify.patience = patience;
        Ok(plan)
    }
}

/// The patch, and what shows it.
fn written(changed: &[&Set]) -> (Value, Vec<Check>) {
    let mut patch = json!({});
    let mut checks = Vec::new();
    for set in changed {
        json::set(
            &mut patch,
            set.path,
            set.new.map_or(Value::Null, Value::from),
        );
        let pointer = format!("/{}", set.path.join("/"));
        checks.push(match set.new {
            Some(number) => Check::value(&pointer, number.into()),
            None => Check::absent(&pointer),
        });
    }
    (patch, checks)
}

impl Set {
    fn words(&self) -> String {
        let or = |n: Option<i64>| n.map_or("unset".to_owned(), |n| n.to_string());
        format!(
            "{} from {} to {}",
            self.path.last().unwrap_or(&""),
            or(self.was),
            or(self.new)
        )
    }
}

/// Where the numbers stand.
fn fields(service: &Service<'_>) -> Vec<(&'static str, &'static [&'static str])> {
    if service.mode != Mode::Llm {
        return vec![
            ("min", &["spec", "predictor", "minReplicas"]),
            ("max", &["spec", "predictor", "maxReplicas"]),
            ("target", &["spec", "predictor", "scaleTarget"]),
        ];
    }
    if json::at(service.object, &["spec", "scaling"]).is_some_and(Value::is_object) {
        vec![
            ("min", &["spec", "scaling", "minReplicas"]),
            ("max", &["spec", "scaling", "maxReplicas"]),
        ]
    } else {
        vec![("min", &["spec", "replicas"])]
    }
}

fn settings(given: &Given<'_>, service: &Service<'_>) -> Result<Vec<Set>, Refused> {
    let fields = fields(service);
    for parameter in SPEC.parameters {
        let known = fields.iter().any(|(name, _)| *name == parameter.name);
        if !given.params.text(parameter.name).is_empty() && !known {
            return Err(Refused::new(&format!(
                "{} cannot be set: the service has a fixed number of replicas, or scales by its own settings",
                parameter.name
            ))
            .instead("min sets the number of replicas where spec.scaling is not set"));
        }
    }
    fields
        .into_iter()
        .map(|(parameter, path)| {
            let was = json::at(given.object, path).and_then(Value::as_i64);
            let new = match given.params.text(parameter).trim() {
                "" => was,
                "none" => None,
                text => Some(count(parameter, text)?),
            };
            Ok(Set {
                parameter,
                path,
                was,
                new,
            })
        })
        .collect()
}

fn count(parameter: &str, text: &str) -> Result<i64, Refused> {
    let number: Option<i32> = text.parse().ok();
    number.filter(|n| *n >= 0).map(i64::from).ok_or_else(|| {
        Refused::new(&format!(
            "{parameter} is a whole number from 0, or none, not {}",
            Clean::new(text)
        ))
    })
}

fn value(all: &[Set], parameter: &str) -> Option<i64> {
    all.iter().find(|s| s.parameter == parameter)?.new
}

/// Refuses what the webhook would.
fn bounds(service: &Service<'_>, all: &[Set]) -> Result<(), Refused> {
    let unset = i64::from(service.mode != Mode::Llm);
    let (min, max) = (
        value(all, "min").unwrap_or(unset),
        value(all, "max").unwrap_or(0),
    );
    if max > 0 && min > max {
        return Err(Refused::new(&format!(
            "At least {min} replicas and at most {max} do not go together"
        )));
    }
    Ok(())
}

fn surprises(plan: &mut Plan, service: &Service<'_>, all: &[Set]) {
    let class = service.annotation(AUTOSCALER);
    if service.mode == Mode::Standard && value(all, "min") == Some(0) && class != "keda" {
        plan.warn("In Standard mode nothing scales to zero without KEDA: 0 counts as 1");
    }
    if service.mode == Mode::Standard && matches!(class, "external" | "none") {
        plan.warn(&format!(
            "{AUTOSCALER} is {class}: KServe makes no autoscaler, and what scales the Deployment, if anything does, is set elsewhere"
        ));
    }
    if service.mode == Mode::Standard
        && service.predictor("autoScaling").is_some()
        && value(all, "target").is_some()
    {
        plan.warn("spec.predictor.autoScaling has metrics of its own: scaleTarget may not count");
    }
    if service.mode == Mode::Knative && value(all, "min") == Some(0) {
        plan.warn("At 0 the last replica goes when no request comes; the next request waits until the model is loaded");
    }
}

/// In Knative mode the numbers are annotations of the template.
fn rolled(plan: &mut Plan, service: &Service<'_>) -> Vec<Check> {
    let ready = Check::has(
        "/status/conditions",
        json!({"type": "Ready", "status": "True"}),
    );
    if service.mode != Mode::Knative {
        plan.verify.patience = serving::LOADING;
        return vec![ready];
    }
    let part = service.main();
    let stable = Clean::new(part.rolled_out());
    if part.percent() == Some(0) && part.has_canary() {
        plan.block(&format!(
            "canaryTrafficPercent is 0: the numbers go to a new revision, which takes no traffic, and {stable}, which takes all of it, keeps its own. service.restore-spec and service.promote first"
        ));
    } else if part.has_canary() {
        plan.warn(&format!(
            "{stable}, which takes most of the traffic, keeps the replicas that it has"
        ));
    }
    told::rolls(plan, service, &part)
}

#[cfg(test)]
mod tests {
    use super::super::service_tests::{llm, plan, refusal, service, trap};
    use super::*;

    const NEW: &str = "s-predictor-00002";
    const OLD: &str = "s-predictor-00001";

    fn whole() -> Value {
        service(None, [OLD, OLD, OLD, ""], &[(OLD, 100)])
    }

    #[test]
    fn in_knative_mode_other_numbers_make_a_new_revision() {
        let scale = plan("service.scale", &whole(), &[("min", "3"), ("max", "9")]).unwrap();
        assert!(!scale.is_blocked());
        assert_eq!(
            scale.steps[0].body["spec"],
            json!({"predictor": {"minReplicas": 3, "maxReplicas": 9}})
        );
        assert!(
            scale
                .facts
                .iter()
                .any(|f| f.text.contains("makes a new revision"))
        );
        assert_eq!(scale.inverse_parameters["min"], "1");
        assert_eq!(scale.inverse_parameters["max"], "none");
        let mut after = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
        after["spec"]["predictor"]["minReplicas"] = json!(3);
        after["spec"]["predictor"]["maxReplicas"] = json!(9);
        assert!(scale.verify.holds(Some(&after)));
        let back = plan("service.scale", &after, &[("min", "1"), ("max", "none")]).unwrap();
        let patch = back.steps[0].body["spec"]["predictor"].as_object().unwrap();
        assert!(patch["maxReplicas"].is_null() && patch["minReplicas"] == 1);
    }

    #[test]
    fn with_a_canary_the_new_revision_is_the_canary_and_what_serves_keeps_its_replicas() {
        let canary = service(Some(10), [NEW, NEW, OLD, ""], &[(NEW, 10), (OLD, 90)]);
        let scale = plan("service.scale", &canary, &[("min", "4")]).unwrap();
        assert!(!scale.is_blocked());
        trap(&scale, "the new one becomes the canary with 10 %");
        trap(&scale, "keeps the replicas that it has");
        let pinned = service(Some(0), [NEW, NEW, OLD, ""], &[(NEW, 0), (OLD, 100)]);
        let scale = plan("service.scale", &pinned, &[("min", "4")]).unwrap();
        assert!(scale.is_blocked());
        trap(&scale, "which takes no traffic");
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        for (given, says) in [
            (&[("min", "-1")][..], "from 0"),
            (&[("min", "many")], "from 0"),
            (&[("min", "5"), ("max", "2")], "do not go together"),
            (&[("max", "0"), ("min", "1")], "Nothing would change"),
            (&[], "Nothing would change"),
        ] {
            let mut object = whole();
            object["spec"]["predictor"]["maxReplicas"] = json!(0);
            assert!(
                refusal("service.scale", &object, given).contains(says),
                "{given:?}"
            );
        }
    }

    #[test]
    fn standard_mode_has_its_own_surprises() {
        let mut standard = service(None, ["", "", "", ""], &[]);
        standard["status"]["deploymentMode"] = "Standard".into();
        trap(
            &plan("service.scale", &standard, &[("min", "0")]).unwrap(),
            "0 counts as 1",
        );
        standard["metadata"]["annotations"] = json!({AUTOSCALER: "external"});
        let plan_of = plan("service.scale", &standard, &[("min", "3")]).unwrap();
        trap(&plan_of, "set elsewhere");
        assert!(!plan_of.facts.iter().any(|f| f.text.contains("revision")));
    }

    #[test]
    fn a_large_model_has_replicas_or_scaling() {
        let fixed = plan("service.scale", &llm(), &[("min", "3")]).unwrap();
        assert_eq!(fixed.steps[0].body["spec"], json!({"replicas": 3}));
        assert!(refusal("service.scale", &llm(), &[("max", "3")]).contains("cannot be set"));
        let mut scaled = llm();
        scaled["spec"]["scaling"] = json!({"minReplicas": 1, "maxReplicas": 4});
        let scaled = plan("service.scale", &scaled, &[("max", "8")]).unwrap();
        assert_eq!(
            scaled.steps[0].body["spec"],
            json!({"scaling": {"maxReplicas": 8}})
        );
    }
}
