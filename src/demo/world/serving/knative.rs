//! Knative mode: the Knative Service that a service becomes, and Knative's side of it. Pure but for the store.
//!
//! What it tells stands in `tell`. Source: kserve v0.20, `reconcilers/knative/ksvc_reconciler.go`; knative v1.23,
//! `pkg/reconciler/{configuration,revision,route}`.

mod tell;

use serde_json::{Value, json};

use super::super::list;
use super::template::{self, Runtime};
use super::workload::{Standing, Workload};
use super::{KNATIVE, MANAGER, World, annotation, knative_kind, load, owner, services, status};
use crate::demo::catalog::text;
use crate::demo::metrics::{self, RATE_PER_REPLICA, Share, next_edge};
use crate::demo::site::stamp;
use crate::demo::store::Name;

/// Knative's name in managed fields.
const CONTROLLER: &str = "controller";

fn label(key: &str) -> String {
    format!("{KNATIVE}/{key}")
}

/// The traffic that a service asks Knative for, from its spec and what its status says was rolled out.
fn targets(service: &Value) -> Value {
    let predictor = &service["spec"]["predictor"];
    let rolled_out = text(
        service,
        "/status/components/predictor/latestRolledoutRevision",
    );
    let percent = predictor["canaryTrafficPercent"].as_u64();
    let Some(percent) = percent.filter(|_| !rolled_out.is_empty()) else {
        return json!([{"latestRevision": true, "percent": 100}]);
    };
    let mut latest = json!({"latestRevision": true, "percent": percent});
    if annotation(service, "serving.kserve.io/enable-tag-routing") == "true" {
        latest["tag"] = json!("latest");
    }
    let mut all = vec![latest];
    if percent < 100 {
        all.push(json!({"latestRevision": false, "revisionName": rolled_out, "percent": 100 - percent, "tag": "prev"}));
    }
    json!(all)
}

/// What Knative knows of the revisions of one service.
struct Revisions {
    created: String,
    ready: String,
    /// Of the newest: condition, reason, message.
    newest: (&'static str, String, String),
    /// How the pods of the newest stand.
    standing: Option<Standing>,
}

impl World {
    pub(super) fn serve_knative(&mut self, name: &Name, service: &Value, runtime: &Runtime) {
        let ksvc = self.ensure_knative_service(name, service, runtime);
        let ksvc_name = Name::of(&ksvc);
        let configuration = self.ensure_configuration(&ksvc);
        let created = self.ensure_revision(&ksvc, &configuration);
        let revisions = self.run_revisions(name, &ksvc, &configuration, created);
        self.tell_configuration(&ksvc_name, &revisions);
        let told = self.tell_route(&ksvc, &revisions);
        self.tell_knative_service(&ksvc_name, &revisions, &told);
        let found = self.site.store().get(
            knative_kind("services"),
            &ksvc_name.namespace,
            &ksvc_name.name,
        );
        let ksvc = found.map(|o| o.value()).unwrap_or_default();
        self.remember_traffic(name, &ksvc);
        let now = self.wall();
        let pods = revisions.standing.map(|s| s.pods).unwrap_or_default();
        self.change(services(), name, MANAGER, |s| {
            status::propagate(s, &ksvc, &pods, runtime, now);
        });
    }

    fn ensure_knative_service(&mut self, name: &Name, service: &Value, runtime: &Runtime) -> Value {
        let mut annotations = template::annotations(service);
        annotations.extend(template::scaling(service));
        let labels = template::labels(service);
        let wanted = json!({"metadata": {"name": format!("{}-predictor", name.name), "namespace": name.namespace,
            "labels": labels, "ownerReferences": owner(service)},
            "spec": {"template": {"metadata": {"labels": labels, "annotations": annotations},
                    "spec": template::containers(service, runtime)},
                "traffic": targets(service)}});
        self.ensure(knative_kind("services"), &wanted)
    }

    /// Its generation counts the templates there have been.
    fn ensure_configuration(&mut self, ksvc: &Value) -> Value {
        let meta = &ksvc["metadata"];
        let mut labels = meta["labels"].clone();
        labels[label("service")] = meta["name"].clone();
        let wanted = json!({"metadata": {"name": meta["name"], "namespace": meta["namespace"], "labels": labels,
            "ownerReferences": owner(ksvc)}, "spec": {"template": ksvc["spec"]["template"]}});
        self.ensure(knative_kind("configurations"), &wanted)
    }

    /// The revision of the newest template; its name.
    fn ensure_revision(&mut self, ksvc: &Value, configuration: &Value) -> String {
        let meta = &configuration["metadata"];
        let number = meta["generation"].as_u64().unwrap_or(1);
        let name = format!("{}-{number:05}", text(configuration, "/metadata/name"));
        let home = text(configuration, "/metadata/namespace").to_owned();
        let id = knative_kind("revisions");
        if self.site.store().get(id, &home, &name).is_some() {
            return name;
        }
        let template = &configuration["spec"]["template"];
        let mut labels = template["metadata"]["labels"].clone();
        for (key, value) in [
            ("configuration", meta["name"].clone()),
            ("configurationGeneration", json!(number.to_string())),
            ("configurationUID", meta["uid"].clone()),
            ("service", ksvc["metadata"]["name"].clone()),
            ("serviceUID", ksvc["metadata"]["uid"].clone()),
            ("routingState", json!("pending")),
        ] {
            labels[label(key)] = value;
        }
        let mut annotations = template["metadata"]["annotations"].clone();
        annotations[label("routingStateModified")] = stamp(self.wall());
        let mut spec = template["spec"].clone();
        for (key, value) in [("containerConcurrency", 0), ("timeoutSeconds", 300)] {
            if spec[key].is_null() {
                spec[key] = json!(value);
            }
        }
        let revision = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Revision", "metadata": {
            "name": name, "namespace": home, "labels": labels, "annotations": annotations,
            "ownerReferences": owner(configuration)}, "spec": spec});
        self.create(id, revision, CONTROLLER);
        name
    }

    fn run_revisions(
        &mut self,
        service: &Name,
        ksvc: &Value,
        configuration: &Value,
        created: String,
    ) -> Revisions {
        let key = label("configuration");
        let configuration_name = text(configuration, "/metadata/name").to_owned();
        let all: Vec<Value> = self
            .site
            .store()
            .list(knative_kind("revisions"), &service.namespace)
            .filter(|o| !o.deleting && o.labels.get(&key) == Some(&configuration_name))
            .map(|o| o.value())
            .collect();
        let before = text(configuration, "/status/latestReadyRevisionName").to_owned();
        let mut revisions = Revisions {
            ready: before,
            newest: ("Unknown", String::new(), String::new()),
            standing: None,
            created,
        };
        for revision in all {
            let name = text(&revision, "/metadata/name").to_owned();
            let newest = name == revisions.created;
            let share = routed(ksvc, &name, &revisions);
            let (told, standing) = self.run_revision(service, &revision, share, newest);
            if newest {
                if told.0 == "True" {
                    revisions.ready.clone_from(&name);
                }
                revisions.newest = told;
                revisions.standing = Some(standing);
            }
        }
        revisions
    }

    /// Runs the pods of a revision and tells how it stands: its condition `Ready` and its pods.
    fn run_revision(
        &mut self,
        service: &Name,
        revision: &Value,
        share: Option<f64>,
        newest: bool,
    ) -> ((&'static str, String, String), Standing) {
        let name = Name::of(revision);
        let was_ready = status::is(revision, "Ready", "True");
        // a revision starts once whether or not anything is sent to it
        let starting = newest && !was_ready;
        let wanted = match share {
            _ if starting => self
                .replicas(service, revision, share.unwrap_or_default())
                .max(1),
            None => 0,
            Some(share) => self.replicas(service, revision, share),
        };
        let standing = self.run_workload(&workload(revision, wanted));
        let told = load::revision(&standing, wanted, was_ready, &name.name);
        let routing = if share.is_some() {
            "active"
        } else if newest {
            "pending"
        } else {
            "reserve"
        };
        let now = stamp(self.wall());
        self.change(knative_kind("revisions"), &name, CONTROLLER, |r| {
            let key = label("routingState");
            if r["metadata"]["labels"][&key] != routing {
                r["metadata"]["labels"][&key] = json!(routing);
                r["metadata"]["annotations"][label("routingStateModified")] = now.clone();
            }
            let before = r["status"]["conditions"].clone();
            let rows: Vec<_> = told.iter().map(|(k, s, r, m)| (*k, *s, r.as_str(), m.as_str())).collect();
            r["status"] = json!({"observedGeneration": r["metadata"]["generation"],
                "actualReplicas": standing.ready, "desiredReplicas": wanted,
                "containerStatuses": [{"name": "kserve-container", "imageDigest": r["spec"]["containers"][0]["image"]}],
                "conditions": status::conditions(&before, &rows, &now)});
        });
        let ready = told.into_iter().find(|row| row.0 == "Ready");
        let (_, state, reason, message) =
            ready.unwrap_or(("Ready", "Unknown", String::new(), String::new()));
        ((state, reason, message), standing)
    }

    /// How many replicas the autoscaler wants for a share of the traffic.
    fn replicas(&mut self, service: &Name, revision: &Value, share: f64) -> u64 {
        let number = |key: &str| {
            annotation(revision, &format!("autoscaling.knative.dev/{key}"))
                .parse::<u64>()
                .ok()
        };
        let (least, most) = (
            number("min-scale").unwrap_or(0),
            number("max-scale").unwrap_or(20),
        );
        #[allow(clippy::cast_precision_loss)]
        let each = number("target").map_or(RATE_PER_REPLICA, |t| t.max(1) as f64);
        let rate = metrics::load(&service.namespace, &service.name, self.wall()) * share;
        if let Some(edge) = next_edge(&service.namespace, &service.name, self.wall()) {
            let wait = self.clock.moment(edge) - self.now;
            self.look_at_service(services(), service, wait.max(1));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wanted = (rate / each).ceil() as u64;
        wanted.max(least).min(if most == 0 { 20 } else { most })
    }

    /// Who gets which part of the requests from now on.
    fn remember_traffic(&mut self, name: &Name, ksvc: &Value) {
        let store = self.site.store();
        let uri = |revision: &str| {
            let found = store.get(knative_kind("revisions"), &name.namespace, revision);
            found.map_or_else(String::new, |o| {
                annotation(&o.value(), template::SOURCE).to_owned()
            })
        };
        let mut shares: Vec<Share> = Vec::new();
        for row in list(&ksvc["status"], "traffic") {
            let revision = text(row, "/revisionName").to_owned();
            let percent = row["percent"].as_u64().unwrap_or_default();
            match shares.iter_mut().find(|s| s.revision == revision) {
                Some(known) => known.percent += percent,
                None => shares.push(Share {
                    uri: uri(&revision),
                    revision,
                    percent,
                }),
            }
        }
        drop(store);
        self.site
            .serving()
            .route(&name.namespace, &name.name, self.wall(), shares);
    }
}

/// The part of the traffic that a revision is given; none when no row names it.
fn routed(ksvc: &Value, revision: &str, revisions: &Revisions) -> Option<f64> {
    let wanted = filled(&ksvc["spec"]["traffic"], &revisions.ready);
    let now = &ksvc["status"]["traffic"];
    let of = |rows: &Value| -> Option<u64> {
        let own = rows
            .as_array()
            .into_iter()
            .flatten()
            .filter(|t| t["revisionName"] == revision);
        own.filter_map(|t| t["percent"].as_u64())
            .reduce(|a, b| a + b)
    };
    #[allow(clippy::cast_precision_loss)]
    of(&wanted)
        .max(of(now))
        .map(|percent| percent as f64 / 100.0)
}

/// Traffic with the name of the newest ready revision where it says so.
fn filled(traffic: &Value, ready: &str) -> Value {
    let mut rows = traffic.clone();
    for row in rows.as_array_mut().into_iter().flatten() {
        if row["latestRevision"] == true {
            row["revisionName"] = json!(ready);
        }
    }
    rows
}

fn workload(revision: &Value, replicas: u64) -> Workload {
    let name = text(revision, "/metadata/name");
    let mut labels = revision["metadata"]["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    labels.remove(&label("routingState"));
    labels.insert("app".to_owned(), json!(name));
    labels.insert(label("revision"), json!(name));
    labels.insert(label("revisionUID"), revision["metadata"]["uid"].clone());
    labels.insert(
        "service.istio.io/canonical-name".to_owned(),
        labels[&label("service")].clone(),
    );
    labels.insert(
        "service.istio.io/canonical-revision".to_owned(),
        json!(name),
    );
    let mut annotations = revision["metadata"]["annotations"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    annotations.remove(&label("routingStateModified"));
    let mut spec = revision["spec"].clone();
    if let Some(map) = spec.as_object_mut() {
        map.remove("containerConcurrency");
        map.remove("timeoutSeconds");
    }
    if let Some(containers) = spec["containers"].as_array_mut() {
        containers.push(
            json!({"name": "queue-proxy", "image": "gcr.io/knative-releases/queue:v1.23.0",
            "ports": [{"name": "http-usermetric", "containerPort": 9091}]}),
        );
    }
    spec["initContainers"] = template::fetcher(annotation(revision, template::SOURCE));
    spec["terminationGracePeriodSeconds"] = json!(300);
    Workload {
        name: Name::new(
            text(revision, "/metadata/namespace"),
            &format!("{name}-deployment"),
        ),
        labels,
        annotations,
        spec,
        own: "app",
        replicas,
        owner: owner(revision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_counts_only_against_what_was_rolled_out() {
        let service = |percent: Value, rolled_out: &str| {
            json!({"spec": {"predictor": {"canaryTrafficPercent": percent}},
                "status": {"components": {"predictor": {"latestRolledoutRevision": rolled_out}}}})
        };
        let whole = json!([{"latestRevision": true, "percent": 100}]);
        assert_eq!(targets(&service(Value::Null, "a-1")), whole);
        assert_eq!(targets(&service(json!(10), "")), whole);
        assert_eq!(targets(&service(json!(100), "a-1")), whole);
        assert_eq!(
            targets(&service(json!(0), "a-1")),
            json!([{"latestRevision": true, "percent": 0},
                {"latestRevision": false, "revisionName": "a-1", "percent": 100, "tag": "prev"}])
        );
    }
}
