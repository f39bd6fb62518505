//! The Argo CD controller: what Git holds, what differs from it, and who puts it back. Pure but for the store.
//!
//! Git holds the manifests of the scenes that an Application names; it never changes. Played are comparison, refresh,
//! self-heal and syncs that somebody asks for in `operation`.
//!
//! Source: argo-cd v3.5, `controller/appcontroller.go`, `controller/state.go`, `util/argo/resource_tracking.go`.

mod difference;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::Moment;
use super::simulation::{Due, World};
use super::{events, kind, list};
use crate::demo::catalog::{self, ALL, Id, text};
use crate::demo::site::stamp;
use crate::demo::store::{Name, Object};
use difference::{Ignored, apply, differs};

/// Its name in events and in the managed fields of Applications.
const CONTROLLER: &str = "argocd-application-controller";
/// Its name in the managed fields of what it applies.
const APPLIER: &str = "argocd-controller";
/// Says what an Application of the scenes holds: kind, namespace and name, one after another.
const HOLDS: &str = "rig.midwatch.dev/holds";
const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const REFRESH: &str = "argocd.argoproj.io/refresh";

/// From a change to its comparison, in simulated milliseconds.
const NOTICE: i64 = 1_000;
/// From a difference to its end by self-heal; doubled with every repetition.
const HEAL: i64 = 8_000;
/// Doublings at most.
const MOST_DOUBLINGS: u32 = 5;
/// After so long without one they are forgotten.
const FORGOTTEN: i64 = 600_000;

/// What Git holds.
#[derive(Debug, Default)]
pub(super) struct Git {
    /// Application and manifest, by kind and name.
    held: BTreeMap<(Id, Name), (Name, Value)>,
    /// How often each Application has healed itself of late, and when it did so last.
    healed: BTreeMap<Name, (u32, Moment)>,
}

fn applications() -> Id {
    kind("argoproj.io", "v1alpha1", "applications")
}

/// Takes the Applications out of the manifests, puts what they hold into Git and their marks on it.
pub(super) fn prepare(world: &mut World, manifests: &mut Vec<Value>) -> Vec<Value> {
    let (mut apps, rest): (Vec<Value>, Vec<Value>) = std::mem::take(manifests)
        .into_iter()
        .partition(|m| m["kind"] == "Application");
    *manifests = rest;
    for app in &mut apps {
        let name = Name::of(app);
        let held = app["metadata"]["annotations"].as_object_mut();
        let held = held.and_then(|a| a.remove(HOLDS)).unwrap_or_default();
        for place in held.as_str().unwrap_or_default().split(' ') {
            let mut all = manifests.iter_mut();
            if let Some(manifest) = all.find(|m| place == place_of(m)) {
                keep(world, &name, manifest);
            }
        }
    }
    apps
}

fn place_of(manifest: &Value) -> String {
    let of = |key: &str| text(manifest, key);
    [of("/kind"), of("/metadata/namespace"), of("/metadata/name")].join("/")
}

fn keep(world: &mut World, app: &Name, manifest: &mut Value) {
    let Some(id) = catalog::find_kind(text(manifest, "/apiVersion"), text(manifest, "/kind"))
    else {
        return;
    };
    let name = Name::of(manifest);
    let tracking = format!(
        "{}:{}/{}:{}/{}",
        app.name, ALL[id].group, ALL[id].kind, name.namespace, name.name
    );
    manifest["metadata"]["annotations"][TRACKING] = json!(tracking);
    let held = (app.clone(), manifest.clone());
    manifest["metadata"]["annotations"][APPLIED] = json!(format!("{manifest}\n"));
    world.git.held.insert((id, name), held);
}

/// Who wrote a manifest of the scenes.
pub(super) fn writer_of(manifest: &Value) -> &'static str {
    if manifest["metadata"]["annotations"][TRACKING].is_string() {
        APPLIER
    } else {
        "kubectl-client-side-apply"
    }
}

/// Stores an Application as it stands after its last sync.
pub(super) fn found(world: &mut World, mut app: Value) {
    let name = Name::of(&app);
    let since = world.long_ago(&name.name);
    app["metadata"]["creationTimestamp"] = stamp(since);
    let deployed = stamp(since);
    let revision = revision(world, &name);
    app["status"] = json!({
        "health": {"status": "Healthy", "lastTransitionTime": deployed},
        "history": [{"id": 0, "revision": revision, "source": app["spec"]["source"], "deployStartedAt": deployed,
            "deployedAt": deployed, "initiatedBy": {"username": "admin"}}],
        "operationState": operation_state(&json!({"initiatedBy": {"username": "admin"}, "sync": {"revision": revision}}),
            &revision, &deployed),
        "reconciledAt": deployed, "sourceType": "Directory", "controllerNamespace": "argocd"});
    world.create(applications(), app, "argocd-server");
    world.compare(&name);
}

/// The commit that Git is at, always the same for an Application.
fn revision(world: &World, app: &Name) -> String {
    let mut chance = world.chance_of(&format!("git {}", app.name));
    let hex = format!(
        "{:016x}{:016x}{:016x}",
        chance.next(),
        chance.next(),
        chance.next()
    );
    hex.chars().take(40).collect()
}

fn operation_state(operation: &Value, revision: &str, at: &Value) -> Value {
    json!({"operation": operation, "phase": "Succeeded", "message": "successfully synced (all tasks run)",
        "startedAt": at, "finishedAt": at, "syncResult": {"revision": revision}})
}

/// Whether differences are put back without being asked.
fn heals(app: &Value) -> bool {
    let automated = &app["spec"]["syncPolicy"]["automated"];
    automated["selfHeal"] == true && automated["enabled"] != false
}

/// Whether an inference service is ready.
fn serves(service: &Value) -> bool {
    list(&service["status"], "conditions").any(|c| c["type"] == "Ready" && c["status"] == "True")
}

impl World {
    /// Something that Git may hold has changed.
    pub(super) fn see_held(&mut self, id: Id, name: &Name) {
        let held = self.git.held.get(&(id, name.clone()));
        if let Some(app) = held.map(|h| h.0.clone()) {
            self.later(NOTICE, Due::Compare(app));
        }
    }

    /// An Application has changed: by hand, or by the controller itself, which then finds nothing to do.
    pub(super) fn see_application(&mut self, object: &Object) {
        self.later(NOTICE, Due::Compare(object.name.clone()));
    }

    /// Compares what an Application holds with the cluster, and does what somebody asked it for.
    pub(super) fn compare(&mut self, name: &Name) {
        let Some(app) = self.application(name) else {
            return;
        };
        if app["metadata"]["annotations"][REFRESH].is_string() {
            self.change(applications(), name, CONTROLLER, |a| {
                let annotations = a["metadata"]["annotations"].as_object_mut();
                annotations.map(|a| a.remove(REFRESH));
            });
        }
        if app["operation"].is_object() {
            self.sync(name, &app, &app["operation"]);
            return;
        }
        let resources = self.resources(name, &app);
        let different = resources.iter().any(|r| r["status"] != "Synced");
        self.tell(name, &app, &json!(resources), different);
        if different && heals(&app) {
            let wait = HEAL << self.healed_of_late(name).min(MOST_DOUBLINGS);
            self.later(wait, Due::Heal(name.clone()));
        }
    }

    /// Writes the result of a comparison into the Application.
    fn tell(&mut self, name: &Name, app: &Value, resources: &Value, different: bool) {
        let was = text(app, "/status/sync/status");
        let status = if different { "OutOfSync" } else { "Synced" };
        let sync = json!({"status": status, "revision": revision(self, name),
            "comparedTo": {"source": app["spec"]["source"], "destination": app["spec"]["destination"]}});
        let now = stamp(self.wall());
        self.change(applications(), name, CONTROLLER, |a| {
            let state = &mut a["status"];
            if state["sync"] != sync || state["resources"] != *resources {
                state["sync"] = sync;
                state["resources"] = resources.clone();
                state["reconciledAt"] = now;
            }
        });
        if !was.is_empty() && was != status {
            let why = format!("Updated sync status: {was} -> {status}");
            events::write(self, app, ("Normal", "ResourceUpdated", CONTROLLER), &why);
        }
    }

    /// Puts back what differs, if it still does and nobody has switched that off meanwhile.
    pub(super) fn heal(&mut self, name: &Name) {
        let Some(app) = self.application(name).filter(heals) else {
            return;
        };
        let resources = self.resources(name, &app);
        let different: Vec<Value> = resources
            .into_iter()
            .filter(|r| r["status"] != "Synced")
            .map(|r| json!({"group": r["group"], "kind": r["kind"], "namespace": r["namespace"], "name": r["name"]}))
            .collect();
        if different.is_empty() {
            return;
        }
        let count = self.healed_of_late(name) + 1;
        self.git.healed.insert(name.clone(), (count, self.now));
        let operation = json!({"initiatedBy": {"automated": true}, "retry": {"limit": 5},
            "sync": {"revision": revision(self, name), "resources": different}});
        self.sync(name, &app, &operation);
    }

    fn healed_of_late(&self, name: &Name) -> u32 {
        match self.git.healed.get(name) {
            Some((count, last)) if self.now - last < FORGOTTEN => *count,
            _ => 0,
        }
    }

    /// Applies what Git holds, and says so.
    fn sync(&mut self, name: &Name, app: &Value, operation: &Value) {
        self.apply_held(name, app, operation);
        let now = stamp(self.wall());
        let state = operation_state(operation, &revision(self, name), &now);
        self.change(applications(), name, CONTROLLER, |a| {
            a.as_object_mut().map(|a| a.remove("operation"));
            a["status"]["operationState"] = state;
        });
        let who = match text(operation, "/initiatedBy/username") {
            "" => "automated sync",
            name => name,
        };
        let why = format!(
            "Sync operation to {} succeeded ({who})",
            revision(self, name)
        );
        events::write(
            self,
            app,
            ("Normal", "OperationCompleted", CONTROLLER),
            &why,
        );
        self.later(NOTICE, Due::Compare(name.clone()));
    }

    fn apply_held(&mut self, name: &Name, app: &Value, operation: &Value) {
        let respect = list(&app["spec"]["syncPolicy"], "syncOptions")
            .chain(list(&operation["sync"], "syncOptions"))
            .any(|o| o == "RespectIgnoreDifferences=true");
        let wanted: Vec<&Value> = list(&operation["sync"], "resources").collect();
        let meant = |id: Id, n: &Name| {
            let is = |r: &&Value| r["kind"] == ALL[id].kind && r["name"] == n.name.as_str();
            wanted.is_empty() || wanted.iter().any(is)
        };
        let held: Vec<(Id, Name, Value)> = self.held_by(name).collect();
        for (id, place, manifest) in held.into_iter().filter(|(id, n, _)| meant(*id, n)) {
            let ignored = Ignored::of(app, ALL[id], respect);
            let written = self.change(id, &place, APPLIER, |live| {
                apply(live, &manifest, &ignored);
            });
            if written.is_none() {
                let mut new = manifest.clone();
                new["metadata"]["annotations"][APPLIED] = json!(format!("{manifest}\n"));
                self.create(id, new, APPLIER);
            }
        }
    }

    fn application(&self, name: &Name) -> Option<Value> {
        let store = self.site.store();
        let found = store.get(applications(), &name.namespace, &name.name)?;
        let app = found.value();
        let skipped = &app["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"];
        (skipped != "true").then_some(app)
    }

    fn held_by(&self, app: &Name) -> impl Iterator<Item = (Id, Name, Value)> {
        let own = self.git.held.iter().filter(move |(_, (of, _))| of == app);
        own.map(|((id, name), (_, manifest))| (*id, name.clone(), manifest.clone()))
    }

    /// `status.resources`: what the Application holds, and whether the cluster has it so.
    fn resources(&self, name: &Name, app: &Value) -> Vec<Value> {
        let of = |(id, place, manifest): (Id, Name, Value)| {
            let r = ALL[id];
            let live = self.site.store().get(id, &place.namespace, &place.name);
            let live = live.map(|o| o.value());
            let ignored = Ignored::of(app, r, true);
            let same = live
                .as_ref()
                .is_some_and(|l| !differs(l, &manifest, &ignored));
            let mut resource = json!({"group": r.group, "version": r.version, "kind": r.kind,
                "namespace": place.namespace, "name": place.name,
                "status": if same { "Synced" } else { "OutOfSync" }});
            if live.is_none() {
                resource["health"] = json!({"status": "Missing"});
            } else if r.kind == "InferenceService" {
                let good = live.as_ref().is_some_and(serves);
                resource["health"] =
                    json!({"status": if good { "Healthy" } else { "Progressing" }});
            } else if r.kind == "CronWorkflow" {
                resource["health"] = json!({"status": "Healthy"});
            }
            resource
        };
        self.held_by(name).map(of).collect()
    }
}
