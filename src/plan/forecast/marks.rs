//! What stands on an object about who keeps it. Pure.
//!
//! Source: `argo-cd: util/argo/resource_tracking.go`; labels of Flux's controllers and of Helm.

use serde_json::Value;

use crate::plan::form::Target;
use crate::plan::json;

const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const HOOK: &str = "argocd.argoproj.io/hook";
const INSTANCE: &str = "app.kubernetes.io/instance";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Namespace and name.
type Place<'a> = (&'a str, &'a str);

/// What stands on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks<'a> {
    /// Kind, as the object says.
    pub kind: &'a str,
    /// Argo CD's tracking id.
    pub tracking: Option<Tracking<'a>>,
    /// Argo CD's label; charts set it as well.
    pub instance: &'a str,
    /// Argo CD makes it in a sync as a hook.
    pub is_hook: bool,
    /// Flux Kustomization.
    pub kustomization: Option<Place<'a>>,
    /// Flux `HelmRelease`.
    pub helm_release: Option<Place<'a>>,
    /// Release that is installed by Helm itself.
    pub helm: Option<Place<'a>>,
}

/// A tracking id: `app:group/kind:namespace/name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tracking<'a> {
    /// The application; its namespace is empty for the one that Argo CD runs in.
    pub app: Place<'a>,
    /// What it was put on.
    pub group: &'a str,
    /// Kind of that.
    pub kind: &'a str,
    /// Place of that.
    pub place: Place<'a>,
    /// That is the object itself. Controllers copy annotations to what they make.
    pub is_this: bool,
}

impl<'a> Marks<'a> {
    pub(super) fn of(object: &'a Value, target: &Target) -> Self {
        let annotation = |key| json::text(object, &["metadata", "annotations", key]);
        let label = |key| json::label(object, key);
        let kind = json::text(object, &["kind"]);
        let place =
            |namespace: &'a str, name: &'a str| (!name.is_empty()).then_some((namespace, name));
        Self {
            kind,
            tracking: Tracking::parse(annotation(TRACKING), kind, target),
            instance: label(INSTANCE),
            is_hook: !annotation(HOOK).is_empty(),
            kustomization: place(
                label("kustomize.toolkit.fluxcd.io/namespace"),
                label("kustomize.toolkit.fluxcd.io/name"),
            ),
            helm_release: place(
                label("helm.toolkit.fluxcd.io/namespace"),
                label("helm.toolkit.fluxcd.io/name"),
            ),
            helm: place(
                annotation("meta.helm.sh/release-namespace"),
                annotation("meta.helm.sh/release-name"),
            )
            .filter(|_| label(MANAGED_BY) == "Helm"),
        }
    }

    /// The entry of the object in `status.resources` of an application.
    pub(super) fn entry<'b>(&self, app: &'b Value, target: &Target) -> Option<&'b Value> {
        let all = json::list(app, &["status", "resources"]);
        all.iter().find(|r| {
            let text = |key| json::text(r, &[key]);
            text("group") == target.group
                && text("kind") == self.kind
                && text("name") == target.name
                && text("namespace") == target.namespace
        })
    }
}

impl<'a> Tracking<'a> {
    fn parse(id: &'a str, kind: &str, target: &Target) -> Option<Self> {
        let mut parts = id.splitn(3, ':');
        let (app, what, place) = (parts.next()?, parts.next()?, parts.next()?);
        let (group, of) = what.split_once('/')?;
        let place = place.split_once('/').filter(|(_, n)| !n.contains('/'))?;
        // no name of an application holds a `_`
        let app = app.split_once('_').unwrap_or(("", app));
        // without a namespace of its own, the id holds the application's destination
        let same_place =
            place.1 == target.name && (target.namespace.is_empty() || place.0 == target.namespace);
        Some(Self {
            app,
            group,
            kind: of,
            place,
            is_this: group == target.group && of == kind && same_place,
        })
    }
}
