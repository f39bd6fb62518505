//! What the controllers tell of services and revisions. Pure.
//!
//! Source: kserve v0.20, `pkg/apis/serving/v1beta1/inference_service_status.go`; knative v1.23,
//! `pkg/apis/serving/v1/revision_lifecycle.go`. As in the real one, `observedGeneration` of a service is that of its
//! child, not its own.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::list;
use super::load::model;
use super::template::Runtime;
use crate::demo::catalog::text;
use crate::demo::site::stamp;

/// A condition: type, status, reason, message.
pub(super) type Condition<'a> = (&'a str, &'a str, &'a str, &'a str);
/// A verdict: status, reason, message.
pub(super) type Told = (&'static str, String, String);

/// Conditions that do not decide over `Ready`.
const INFO: [&str; 5] = [
    "LatestDeploymentReady",
    "PredictorConfigurationReady",
    "PredictorRouteReady",
    "RoutesReady",
    "Stopped",
];

/// Whether a condition of an object has a status.
pub(super) fn is(object: &Value, kind: &str, state: &str) -> bool {
    list(&object["status"], "conditions").any(|c| c["type"] == kind && c["status"] == state)
}

/// Conditions as they are written; one that keeps its status keeps its time.
pub(super) fn conditions(before: &Value, wanted: &[Condition<'_>], now: &Value) -> Value {
    let of = |(kind, state, reason, message): &Condition<'_>| {
        let old = before.as_array().into_iter().flatten();
        let old = old
            .filter(|c| c["type"] == *kind && c["status"] == *state)
            .find_map(|c| c.get("lastTransitionTime"));
        let mut condition =
            json!({"type": kind, "status": state, "lastTransitionTime": old.unwrap_or(now)});
        if !reason.is_empty() {
            condition["reason"] = json!(reason);
        }
        if !message.is_empty() {
            condition["message"] = json!(message);
        }
        condition
    };
    wanted.iter().map(of).collect()
}

/// What a configuration says of its newest revision.
pub(super) fn of_newest(newest: Told, created: &str) -> Told {
    match newest {
        ("False", _, message) => (
            "False",
            "RevisionFailed".to_owned(),
            format!("Revision {created:?} failed with message: {message}."),
        ),
        ("True", ..) => ("True", String::new(), String::new()),
        other => other,
    }
}

/// The worse of two verdicts.
pub(super) fn worse(a: &Told, b: &Told) -> Told {
    let rank = |told: &Told| match told.0 {
        "False" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    if rank(b) < rank(a) {
        b.clone()
    } else {
        a.clone()
    }
}

fn told(object: &Value, kind: &str) -> Told {
    let mut all = list(&object["status"], "conditions");
    let Some(found) = all.find(|c| c["type"] == kind) else {
        return ("Unknown", String::new(), String::new());
    };
    let state = match text(found, "/status") {
        "True" => "True",
        "False" => "False",
        _ => "Unknown",
    };
    (
        state,
        text(found, "/reason").to_owned(),
        text(found, "/message").to_owned(),
    )
}

/// Takes the status of a Knative Service over into that of its inference service.
pub(super) fn propagate(
    service: &mut Value,
    ksvc: &Value,
    pods: &[Value],
    runtime: &Runtime,
    now: Timestamp,
) {
    let mut component = service["status"]["components"]["predictor"].clone();
    roll(&mut component, &ksvc["status"]);
    let whole = told(ksvc, "Ready");
    if whole.0 == "True" {
        component["url"] = ksvc["status"]["url"].clone();
        component["address"] = ksvc["status"]["address"].clone();
    }
    let same = component["latestCreatedRevision"] == component["latestReadyRevision"];
    service["status"]["components"] = json!({"predictor": component});
    service["status"]["deploymentMode"] = json!("Knative");
    service["status"]["observedGeneration"] = ksvc["status"]["observedGeneration"].clone();
    let (route, configuration) = (told(ksvc, "RoutesReady"), told(ksvc, "ConfigurationsReady"));
    let all = |kind: &'static str, (state, reason, message): &Told| {
        let said = if *state == "True" {
            (String::new(), String::new())
        } else {
            (reason.clone(), message.clone())
        };
        (kind, *state, said.0, said.1)
    };
    let across = |told: &Told, part: &str| (told.0, format!("{part} not ready"), String::new());
    let rows = [
        all(
            "LatestDeploymentReady",
            &across(&configuration, "PredictorConfigurationReady"),
        ),
        all("PredictorConfigurationReady", &configuration),
        all("PredictorReady", &whole),
        all("PredictorRouteReady", &route),
        all("RoutesReady", &across(&route, "PredictorRouteReady")),
    ];
    conclude(service, &rows, runtime, now);
    let scaled_away = list(&ksvc["status"], "conditions").all(|c| c["status"] == "True");
    model(service, pods, (same, scaled_away));
}

/// Which revision is rolled out, from the traffic that Knative routes.
fn roll(component: &mut Value, ksvc: &Value) {
    let traffic: Vec<&Value> = list(ksvc, "traffic").collect();
    let (ready, created) = (
        text(ksvc, "/latestReadyRevisionName"),
        text(ksvc, "/latestCreatedRevisionName"),
    );
    for row in traffic
        .iter()
        .filter(|t| t["latestRevision"] == true && t["revisionName"] == ready)
    {
        let percent = row["percent"].as_u64().unwrap_or_default();
        if component["latestRolledoutRevision"] != ready {
            if percent == 100 {
                let before = component["latestRolledoutRevision"].take();
                if before.is_string() {
                    component["previousRolledoutRevision"] = before;
                }
                component["latestRolledoutRevision"] = json!(ready);
            }
            continue;
        }
        // both parts on one revision: it had been promoted, and is being rolled back
        let own = traffic.iter().filter(|t| t["revisionName"] == ready);
        let sum: u64 = own.filter_map(|t| t["percent"].as_u64()).sum();
        let previous = component["previousRolledoutRevision"].clone();
        if ready == created && percent < 100 && sum == 100 && previous.is_string() {
            component["latestRolledoutRevision"] = previous;
        }
    }
    component["latestCreatedRevision"] = json!(created);
    if !ready.is_empty() {
        component["latestReadyRevision"] = json!(ready);
    }
    if ksvc["traffic"].is_array() {
        component["traffic"] = ksvc["traffic"].clone();
    }
    if let Some(map) = component.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
}

/// Writes the conditions of a service, with those that follow from the others.
pub(super) fn conclude(
    service: &mut Value,
    rows: &[(&'static str, &'static str, String, String)],
    runtime: &Runtime,
    now: Timestamp,
) {
    let state = rows.iter().find(|r| r.0 == "PredictorReady");
    let predictor: Told = state.map_or(("Unknown", String::new(), String::new()), |r| {
        (r.1, r.2.clone(), r.3.clone())
    });
    let ingress = match predictor.0 {
        "True" => ("True", String::new(), String::new()),
        _ => (
            "False",
            "Predictor ingress not created".to_owned(),
            String::new(),
        ),
    };
    // an ingress that once stood is not taken away while the predictor changes
    let ingress = if is(service, "IngressReady", "True") {
        ("True", String::new(), String::new())
    } else {
        ingress
    };
    let ready = worse(&predictor, &ingress);
    let mut all: Vec<Condition<'_>> = rows
        .iter()
        .map(|(k, s, r, m)| (*k, *s, r.as_str(), m.as_str()))
        .collect();
    all.push(("IngressReady", ingress.0, &ingress.1, &ingress.2));
    all.push(("Ready", ready.0, &ready.1, &ready.2));
    all.push(("Stopped", "False", "", ""));
    set_conditions(service, all, now);
    let (name, home) = (
        text(service, "/metadata/name").to_owned(),
        text(service, "/metadata/namespace").to_owned(),
    );
    if ingress.0 == "True" {
        service["status"]["url"] = json!(format!("http://{name}.{home}.example.com"));
        service["status"]["address"] =
            json!({"url": format!("http://{name}.{home}.svc.cluster.local")});
    }
    let key = if runtime.cluster {
        "clusterServingRuntimeName"
    } else {
        "servingRuntimeName"
    };
    service["status"][key] = json!(runtime.name);
}

fn set_conditions(service: &mut Value, mut all: Vec<Condition<'_>>, now: Timestamp) {
    all.sort_unstable();
    let before = service["status"]["conditions"].clone();
    let mut written = conditions(&before, &all, &stamp(now));
    for condition in written.as_array_mut().into_iter().flatten() {
        if INFO.iter().any(|kind| condition["type"] == *kind) {
            condition["severity"] = json!("Info");
        }
    }
    service["status"]["conditions"] = written;
}

/// The whole status of a stopped service: its mode and its conditions.
pub(super) fn stopped(service: &mut Value, standard: bool, now: Timestamp) {
    let before = service["status"]["conditions"].clone();
    let mode = if standard { "Standard" } else { "Knative" };
    let runtime = service["status"]["clusterServingRuntimeName"].take();
    service["status"] = json!({"deploymentMode": mode, "conditions": before});
    if runtime.is_string() {
        service["status"]["clusterServingRuntimeName"] = runtime;
    }
    let mut all: Vec<Condition<'_>> = vec![
        ("IngressReady", "False", "Stopped", ""),
        ("PredictorReady", "False", "Stopped", ""),
        ("Ready", "False", "Stopped", ""),
        ("Stopped", "True", "", ""),
    ];
    if !standard {
        all.push(("PredictorConfigurationReady", "False", "Stopped", ""));
        all.push(("PredictorRouteReady", "False", "Stopped", ""));
    }
    set_conditions(service, all, now);
}

/// No runtime serves such a model.
pub(super) fn unsupported(service: &mut Value, standard: bool, why: &str, now: Timestamp) {
    service["status"]["deploymentMode"] = json!(if standard { "Standard" } else { "Knative" });
    let model = &mut service["status"]["modelStatus"];
    model["transitionStatus"] = json!("InvalidSpec");
    model["states"]["targetModelState"] = json!("FailedToLoad");
    model["lastFailureInfo"] = json!({"reason": "NoSupportingRuntime", "message": why});
    if service["status"]["conditions"].is_null() {
        let unknown = |kind| (kind, "Unknown", "", "");
        set_conditions(
            service,
            ["PredictorReady", "Ready"].map(unknown).into(),
            now,
        );
    }
}

/// Takes the deployment of Standard mode over into its service.
pub(super) fn propagate_standard(
    service: &mut Value,
    deployment: &Value,
    pods: &[Value],
    runtime: &Runtime,
    now: Timestamp,
) {
    let (available, progressing) = (
        told(deployment, "Available"),
        told(deployment, "Progressing"),
    );
    let predictor = match (available.0, progressing.1.as_str()) {
        ("False", _) => available,
        (_, "NewReplicaSetAvailable") => ("True", progressing.1, progressing.2),
        _ => ("Unknown", progressing.1, progressing.2),
    };
    let (name, home) = (
        text(service, "/metadata/name"),
        text(service, "/metadata/namespace"),
    );
    let url = format!("http://{name}-predictor.{home}.example.com");
    if predictor.0 == "True" {
        service["status"]["components"] = json!({"predictor": {"url": url}});
    }
    service["status"]["deploymentMode"] = json!("Standard");
    service["status"]["observedGeneration"] = deployment["status"]["observedGeneration"].clone();
    let (reason, message) = if predictor.0 == "True" {
        (String::new(), String::new())
    } else {
        (predictor.1, predictor.2)
    };
    conclude(
        service,
        &[("PredictorReady", predictor.0, reason, message)],
        runtime,
        now,
    );
    model(service, pods, (true, true));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service's revisions after a round of Knative's status: created, ready, rolled out, previous.
    fn rolled(component: &mut Value, ksvc: &Value) -> String {
        roll(component, ksvc);
        let keys = [
            "latestCreatedRevision",
            "latestReadyRevision",
            "latestRolledoutRevision",
            "previousRolledoutRevision",
        ];
        keys.map(|k| component[k].as_str().unwrap_or("-").to_owned())
            .join("/")
    }

    fn knative(created: &str, ready: &str, rows: &[(&str, u64)]) -> Value {
        let rows: Vec<Value> = rows
            .iter()
            .enumerate()
            .map(|(i, (name, percent))| json!({"revisionName": name, "percent": percent, "latestRevision": i == 0}))
            .collect();
        json!({"latestCreatedRevisionName": created, "latestReadyRevisionName": ready, "traffic": rows})
    }

    #[test]
    fn what_is_rolled_out_follows_the_traffic_as_in_the_real_controller() {
        let mut c = json!({});
        assert_eq!(rolled(&mut c, &knative("1", "1", &[("1", 100)])), "1/1/1/-");
        assert_eq!(
            rolled(&mut c, &knative("2", "1", &[("1", 10), ("1", 90)])),
            "2/1/1/-"
        );
        assert_eq!(
            rolled(&mut c, &knative("2", "2", &[("2", 10), ("1", 90)])),
            "2/2/1/-"
        );
        assert_eq!(rolled(&mut c, &knative("2", "2", &[("2", 100)])), "2/2/2/1");
        // the percent alone, on a promoted service: the two parts meet on one revision, then the old one is back
        assert_eq!(
            rolled(&mut c, &knative("2", "2", &[("2", 10), ("2", 90)])),
            "2/2/1/1"
        );
        assert_eq!(
            rolled(&mut c, &knative("2", "2", &[("2", 10), ("1", 90)])),
            "2/2/1/1"
        );
        assert_eq!(rolled(&mut c, &knative("2", "2", &[("2", 100)])), "2/2/2/1");
        assert_eq!(
            rolled(&mut c, &knative("3", "3", &[("3", 20), ("2", 80)])),
            "3/3/2/1"
        );
        assert_eq!(
            rolled(&mut c, &knative("3", "3", &[("3", 0), ("2", 100)])),
            "3/3/2/1"
        );
    }

    #[test]
    fn a_condition_keeps_its_time_while_its_status_stays() {
        let first = conditions(&Value::Null, &[("Ready", "True", "", "")], &json!("1"));
        let second = conditions(&first, &[("Ready", "True", "x", "")], &json!("2"));
        assert_eq!(second[0]["lastTransitionTime"], "1");
        let third = conditions(&second, &[("Ready", "False", "", "")], &json!("3"));
        assert_eq!(third[0]["lastTransitionTime"], "3");
    }
}
