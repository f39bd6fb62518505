//! The status of configurations, routes and Knative Services. Pure but for the store.

use serde_json::{Value, json};

use super::super::super::list;
use super::super::{World, knative_kind, owner, status};
use super::{CONTROLLER, Revisions, filled, label};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::demo::store::Name;

impl World {
    pub(super) fn tell_configuration(&mut self, name: &Name, revisions: &Revisions) {
        let now = stamp(self.wall());
        self.change(knative_kind("configurations"), name, CONTROLLER, |c| {
            let before = c["status"]["conditions"].clone();
            let (state, reason, message) = status::of_newest(revisions.newest.clone(), &revisions.created);
            c["status"] = json!({"observedGeneration": c["metadata"]["generation"],
                "latestCreatedRevisionName": revisions.created,
                "conditions": status::conditions(&before, &[("Ready", state, &reason, &message)], &now)});
            if !revisions.ready.is_empty() {
                c["status"]["latestReadyRevisionName"] = json!(revisions.ready);
            }
        });
    }

    /// The route: traffic with names filled in, or as it was where a revision is missing. Gives its conditions.
    pub(super) fn tell_route(
        &mut self,
        ksvc: &Value,
        revisions: &Revisions,
    ) -> (&'static str, String, String) {
        let meta = &ksvc["metadata"];
        let name = Name::of(ksvc);
        let home = &name.namespace;
        let missing = list(&ksvc["spec"], "traffic")
            .map(|t| text(t, "/revisionName").to_owned())
            .find(|r| {
                !r.is_empty()
                    && self
                        .site
                        .store()
                        .get(knative_kind("revisions"), home, r)
                        .is_none()
            });
        let told = match missing {
            Some(gone) => (
                "False",
                "RevisionMissing".to_owned(),
                format!("Revision {gone:?} referenced in traffic not found."),
            ),
            None if revisions.ready.is_empty() => (
                "Unknown",
                "RevisionMissing".to_owned(),
                format!(
                    "Configuration {:?} is waiting for a Revision to become ready.",
                    name.name
                ),
            ),
            None => ("True", String::new(), String::new()),
        };
        let mut labels = meta["labels"].clone();
        labels[label("service")] = meta["name"].clone();
        self.ensure(
            knative_kind("routes"),
            &json!({"metadata": {"name": name.name, "namespace": home, "labels": labels, "ownerReferences": owner(ksvc)},
                "spec": {"traffic": ksvc["spec"]["traffic"]}}),
        );
        let now = stamp(self.wall());
        let rows = filled(&ksvc["spec"]["traffic"], &revisions.ready);
        self.change(knative_kind("routes"), &name, CONTROLLER, |r| {
            let before = r["status"].clone();
            let row = |kind| (kind, told.0, told.1.as_str(), told.2.as_str());
            let conditions = [row("AllTrafficAssigned"), row("IngressReady"), row("Ready")];
            r["status"] = json!({"observedGeneration": r["metadata"]["generation"],
                "conditions": status::conditions(&before["conditions"], &conditions, &now),
                "traffic": if told.0 == "True" { rows } else { before["traffic"].clone() },
                "url": format!("http://{}.{home}.example.com", name.name),
                "address": {"url": format!("http://{}.{home}.svc.cluster.local", name.name)}});
            if r["status"]["traffic"].is_null() {
                r["status"].as_object_mut().map(|s| s.remove("traffic"));
            }
        });
        told
    }

    pub(super) fn tell_knative_service(
        &mut self,
        name: &Name,
        revisions: &Revisions,
        route: &(&'static str, String, String),
    ) {
        let found = self
            .site
            .store()
            .get(knative_kind("routes"), &name.namespace, &name.name);
        let route_now = found.map(|o| o.value()).unwrap_or_default();
        let now = stamp(self.wall());
        self.change(knative_kind("services"), name, CONTROLLER, |k| {
            let before = k["status"]["conditions"].clone();
            let configuration = status::of_newest(revisions.newest.clone(), &revisions.created);
            let whole = status::worse(&configuration, route);
            let row =
                |kind, c: &(&'static str, String, String)| (kind, c.0, c.1.clone(), c.2.clone());
            let rows = [
                row("ConfigurationsReady", &configuration),
                row("Ready", &whole),
                row("RoutesReady", route),
            ];
            let rows: Vec<_> = rows
                .iter()
                .map(|(k, s, r, m)| (*k, *s, r.as_str(), m.as_str()))
                .collect();
            k["status"] = json!({"observedGeneration": k["metadata"]["generation"],
                "latestCreatedRevisionName": revisions.created,
                "conditions": status::conditions(&before, &rows, &now),
                "url": route_now["status"]["url"], "address": route_now["status"]["address"]});
            if !revisions.ready.is_empty() {
                k["status"]["latestReadyRevisionName"] = json!(revisions.ready);
            }
            if route_now["status"]["traffic"].is_array() {
                k["status"]["traffic"] = route_now["status"]["traffic"].clone();
            }
        });
    }
}
