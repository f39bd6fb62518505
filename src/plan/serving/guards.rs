//! What holds for every action on a service. Pure.

use super::part::Part;
use super::service::{Mode, Service};
use super::{FROZEN, MODE, STOP};
use crate::domain::Clean;
use crate::plan::argo::guards::stands;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::ActionSpec;

/// A plan for a service, with the traps that every change of it has. What is stopped is left to the action.
pub(in crate::plan) fn begin<'a>(
    given: &Given<'a>,
    spec: &'static ActionSpec,
) -> Result<(Plan, Service<'a>), Refused> {
    stands(given.object)?;
    let service = Service::of(given.object);
    match service.mode {
        Mode::Unknown => {
            return Err(Refused::new(
                "How the service is deployed is not known: its status says nothing yet",
            )
            .instead("Wait until its controller has written the status"));
        }
        Mode::ModelMesh => {
            return Err(Refused::new(
                "The service is in ModelMesh mode, which midwatch does not act on",
            ));
        }
        Mode::Knative | Mode::Standard | Mode::Llm => {}
    }
    let mut plan = Plan::new(given, spec, "");
    if let Some((asked, is)) = service.contradiction() {
        plan.block(&format!(
            "The annotation {MODE} asks for {}, and the service is deployed as {}: KServe's webhook refuses every change of it. The mode cannot be changed; set the annotation back, or delete the service and make it anew",
            Clean::new(asked),
            Clean::new(is)
        ));
    }
    if service.frozen() {
        frozen(&mut plan, &service);
    }
    if let Some(why) = service.under_way() {
        plan.warn(&format!(
            "The last change of it is not carried out yet: {}",
            Clean::new(&why)
        ));
    }
    Ok((plan, service))
}

fn frozen(plan: &mut Plan, service: &Service<'_>) {
    if !service.ready() {
        plan.warn(&format!(
            "{FROZEN} is set: edits are carried out only now, since the service is not Ready"
        ));
        return;
    }
    let (namespace, name) = (&plan.target.namespace, &plan.target.name);
    let way = format!("kubectl -n {namespace} annotate inferenceservice {name} {FROZEN}-");
    plan.block(&format!(
        "{FROZEN} is set and the service is Ready: the API server would take this change, and the controller would do nothing with it. Take the annotation off first ({way}); what was written meanwhile is then carried out at once, and the pods are replaced, since annotations are part of their template"
    ));
}

/// Refuses a service that is stopped.
pub(in crate::plan) fn runs(service: &Service<'_>) -> Result<(), Refused> {
    if service.stopped() {
        return Err(Refused::new(&format!(
            "The service is stopped ({STOP}): it has no revisions and no pods"
        ))
        .instead("service.resume starts it"));
    }
    Ok(())
}

/// Refuses a mode without revisions.
pub(in crate::plan) fn has_revisions(service: &Service<'_>, instead: &str) -> Result<(), Refused> {
    if service.mode == Mode::Knative {
        return Ok(());
    }
    let canaries = crate::plan::json::list(service.object, &["spec", "canary"]).len();
    let also = if canaries > 0 {
        format!(
            "; the percent of its spec.canary ({canaries}) sizes their Deployments, but splits no traffic"
        )
    } else {
        String::new()
    };
    Err(Refused::new(&format!(
        "The service is in Standard mode: canaryTrafficPercent does nothing there{also}"
    ))
    .instead(instead))
}

/// The parts that are meant: the one that was named, else those that fit.
pub(in crate::plan) fn chosen<'a>(
    service: &Service<'a>,
    named: &str,
    fits: impl Fn(&Part<'a>) -> bool,
) -> Result<Vec<Part<'a>>, Refused> {
    let parts = service.parts();
    if named == "auto" {
        return Ok(parts.into_iter().filter(fits).collect());
    }
    let found = parts.into_iter().find(|p| p.name == named);
    let found = found.ok_or_else(|| Refused::new(&format!("The service has no {named}")))?;
    Ok(vec![found])
}
