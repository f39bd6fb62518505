//! `template.submit`: a new run of a workflow template. Pure.

use serde_json::{Value, json};

use super::{ARGUMENTS, TEMPLATES};
use crate::domain::Clean;
use crate::plan::argo::{guards, labels, override_parameters, told};
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Submit;

const SPEC: ActionSpec = ActionSpec {
    name: "template.submit",
    title: "Start a run of a template",
    targets: TEMPLATES,
    parameters: &[ARGUMENTS],
    risk: Risk::Reversible,
    rights: &[Right::to("create", "argoproj.io", "workflows")],
    inverse: "the new run can be stopped (run.stop) or deleted (run.delete)",
    verify: "The controller has taken the new run up: its phase is no longer empty",
};

impl Action for Submit {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        guards::stands(given.object)?;
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Starts a run of template {}", plan.target.words()).into();
        arguments(&mut plan, given)?;
        let name = plan.target.name.clone();
        let run = run_of(given, &name, plan.target.namespace.is_empty());
        let namespace = if plan.target.namespace.is_empty() {
            given.namespace.to_owned()
        } else {
            plan.target.namespace.clone()
        };
        plan.create(
            (&namespace, "argoproj.io/v1alpha1", "workflows"),
            run,
            "A new run that refers to the template",
        );
        plan.fact(
            "undo",
            "The new run can be stopped (run.stop) or deleted (run.delete)",
        );
        plan.done_when(
            "The controller has taken the new run up: its phase is no longer empty",
            vec![Check::is(
                "/status/phase",
                &["Pending", "Running", "Succeeded"],
            )],
        );
        Ok(plan)
    }
}

/// The workflow that is made (`NewWorkflowFromWorkflowTemplate`), for the same controller as the template.
fn run_of(given: &Given<'_>, name: &str, cluster: bool) -> Value {
    let (label, reference) = if cluster {
        (
            labels::CLUSTER_TEMPLATE,
            json!({"name": name, "clusterScope": true}),
        )
    } else {
        (labels::TEMPLATE, json!({"name": name}))
    };
    let mut run = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": format!("{name}-"), "labels": {label: name}},
        "spec": {"workflowTemplateRef": reference},
    });
    let instance = json::label(given.object, labels::INSTANCE);
    if !instance.is_empty() {
        let path = ["metadata", "labels", labels::INSTANCE];
        json::set(&mut run, &path, instance.into());
    }
    override_parameters(&mut run, given.params.pairs("parameters"));
    run
}

/// Checks what was given against what the template takes.
fn arguments(plan: &mut Plan, given: &Given<'_>) -> Result<(), Refused> {
    let known = json::list(given.object, &["spec", "arguments", "parameters"]);
    let named = |name: &str| known.iter().find(|p| json::text(p, &["name"]) == name);
    for (name, value) in given.params.pairs("parameters") {
        let Some(parameter) = named(name) else {
            let names: Vec<&str> = known.iter().map(|p| json::text(p, &["name"])).collect();
            let refused = Refused::new(&format!(
                "The template has no parameter {}",
                Clean::new(name)
            ));
            return Err(if names.is_empty() {
                refused.instead("It takes none")
            } else {
                refused.instead(&format!("It takes: {}", names.join(", ")))
            });
        };
        let allowed: Vec<String> = json::list(parameter, &["enum"])
            .iter()
            .filter_map(json::any_text)
            .collect();
        if !allowed.is_empty() && !allowed.iter().any(|a| a == value) {
            return Err(Refused::new(&format!(
                "{} cannot be {}",
                Clean::new(name),
                Clean::new(value)
            ))
            .instead(&format!("It is one of: {}", allowed.join(", "))));
        }
    }
    for parameter in known {
        let name = json::text(parameter, &["name"]);
        let given = given.params.pairs("parameters").any(|(n, _)| n == name);
        let has = |key: &str| parameter.get(key).is_some_and(|v| !v.is_null());
        if !given && !has("value") && !has("default") && !has("valueFrom") {
            plan.block(&format!(
                "Parameter {} has no value: give it with --param parameters={}=VALUE",
                Clean::new(name),
                Clean::new(name)
            ));
        }
    }
    say(plan, given, known);
    Ok(())
}

/// What the run is started with: what was given, and what the template has of its own.
fn say(plan: &mut Plan, given: &Given<'_>, known: &[Value]) {
    let all = || given.params.pairs("parameters");
    if all().next().is_some() {
        plan.fact("with", &told(all()));
    }
    let own: Vec<(&str, String)> = known
        .iter()
        .filter_map(|parameter| {
            let name = json::text(parameter, &["name"]);
            let of = |key: &str| parameter.get(key).and_then(json::any_text);
            let value = of("value").or_else(|| of("default"))?;
            (!all().any(|(given, _)| given == name)).then_some((name, value))
        })
        .collect();
    if !own.is_empty() {
        let own = told(own.iter().map(|(name, value)| (*name, value.as_str())));
        plan.fact("default", &format!("The template's own: {own}"));
    }
}
