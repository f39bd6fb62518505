//! Which object and which cluster an action is meant for. I/O: the kubeconfig and its login.

use super::super::args::Connect;
use super::super::console::log_in;
use super::super::exit::Failure;
use super::{USAGE, ended};
use crate::domain::Clean;
use crate::feed::kube::Target;
use crate::plan::{ActionSpec, Resource};

/// The object that is meant.
pub(super) struct Object {
    pub resource: Resource,
    pub namespace: String,
    pub name: String,
}

/// The object, and its cluster, logged in.
pub(super) fn find(
    target: &str,
    spec: &ActionSpec,
    connect: &Connect,
) -> Result<(Target, Object), Failure> {
    let namespace = match &connect.namespaces[..] {
        [] => "",
        [namespace] => namespace,
        _ => {
            return Err(ended(
                USAGE,
                "an action has one target: name one namespace",
                "",
            ));
        }
    };
    let mut found = log_in(connect)?;
    let Some(cluster) = found.pop().filter(|_| found.is_empty()) else {
        return Err(ended(
            USAGE,
            "an action has one target: name one context",
            "",
        ));
    };
    let object = Object::named(target, spec, namespace, &cluster)?;
    Ok((cluster, object))
}

impl Object {
    fn named(
        target: &str,
        spec: &ActionSpec,
        namespace: &str,
        cluster: &Target,
    ) -> Result<Self, Failure> {
        let wrong = || {
            ended(
                USAGE,
                &format!("{} is no target", Clean::new(target)),
                "Write NAME, NAMESPACE/NAME or RESOURCE/NAME.",
            )
        };
        let (before, name) = target.rsplit_once('/').unwrap_or(("", target));
        let resource = spec
            .targets
            .iter()
            .find(|r| [r.plural, r.feed].contains(&before));
        let place = if resource.is_some() { "" } else { before };
        if name.is_empty() || before.contains('/') || target.starts_with('/') {
            return Err(wrong());
        }
        if !place.is_empty() && !namespace.is_empty() && place != namespace {
            let text = format!("two namespaces are named: {place} and {namespace}");
            return Err(ended(USAGE, &text, ""));
        }
        let namespace = [place, namespace, &cluster.namespace]
            .into_iter()
            .find(|n| !n.is_empty());
        Ok(Self {
            resource: *resource.or(spec.targets.first()).ok_or_else(wrong)?,
            namespace: namespace.unwrap_or("default").to_owned(),
            name: name.to_owned(),
        })
    }
}
