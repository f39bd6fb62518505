//! Objectives that stand in the cluster, with the real API server: the resources of sloth and pyrra, and a `ConfigMap`.
//! Their controllers are not there and not needed: midwatch reads what people wrote.

use serde_json::{Value, json};

use crate::act::{LONG, NS, Person, kubectl};
use crate::support::wait_for;

const SERVICE: &str = "fraud-scorer";

/// A kind whose spec may hold anything, as far as its own API is concerned.
fn register(group: &str, version: &str, kind: &str, plural: &str) {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{"name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": open}}]}});
    kubectl(&["apply", "-f", "-"], &crd.to_string()).unwrap();
    let name = format!("crd/{plural}.{group}");
    kubectl(
        &[
            "wait",
            "--for=condition=Established",
            &name,
            "--timeout=60s",
        ],
        "",
    )
    .unwrap();
}

fn pyrra(name: &str, target: &str) -> Value {
    json!({"apiVersion": "pyrra.dev/v1alpha1", "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": NS,
            "labels": {"serving.kserve.io/inferenceservice": SERVICE}},
        "spec": {"target": target, "window": "4w", "indicator": {"ratio": {
            "errors": {"metric": "nothing_total{code=\"5xx\"}"}, "total": {"metric": "nothing_total"}}}}})
}

fn sloth(name: &str) -> Value {
    json!({"apiVersion": "sloth.slok.dev/v1", "kind": "PrometheusServiceLevel",
        "metadata": {"name": name, "namespace": NS},
        "spec": {"service": SERVICE, "slos": [{"name": "from-sloth", "objective": 99.5, "sli": {"events": {
            "errorQuery": "sum(rate(nothing_total{code=\"5xx\"}[{{.window}}]))",
            "totalQuery": "sum(rate(nothing_total[{{.window}}]))"}}, "alerting": {"name": "x"}}]}})
}

/// Taken away when the test is over.
struct Written(Vec<Value>);

impl Drop for Written {
    fn drop(&mut self) {
        for object in &self.0 {
            let _ = kubectl(
                &["delete", "--ignore-not-found", "-f", "-"],
                &object.to_string(),
            );
        }
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn objectives_of_the_cluster_stand_beside_the_built_in_ones() {
    register(
        "pyrra.dev",
        "v1alpha1",
        "ServiceLevelObjective",
        "servicelevelobjectives",
    );
    register(
        "sloth.slok.dev",
        "v1",
        "PrometheusServiceLevel",
        "prometheusservicelevels",
    );
    let text = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: from-text}\nspec: {service: fraud-scorer}\n";
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "try-objectives", "namespace": NS,
        "labels": {"midwatch.dev/objectives": "true"}}, "data": {"slo.yaml": text}});
    let written = Written(vec![
        pyrra("try-available", "99"),
        pyrra("try-broken", "many"),
        sloth("try-sloth"),
        map,
    ]);
    for object in &written.0 {
        kubectl(&["apply", "-f", "-"], &object.to_string()).unwrap();
    }
    let person = Person::new("sre");
    let told = wait_for("objectives of the cluster", LONG, || {
        let done = person.midwatch(&["get", "services", SERVICE, "-n", NS, "-o", "json"]);
        let list: Value = serde_json::from_str(&done.out).ok()?;
        let service = &list["items"][0];
        let all = service["objectives"].as_array()?.clone();
        let broken = service["brokenObjectives"].as_array()?;
        let broken: Vec<String> = broken
            .iter()
            .filter_map(|b| Some(b.as_str()?.to_owned()))
            .collect();
        if broken.len() < 2 {
            return None;
        }
        let of = |name: &str| {
            let found = all.iter().find(|o| o["name"] == name)?;
            found["writtenIn"].as_str().map(str::to_owned)
        };
        Some((
            of("try-available")?,
            of("from-sloth")?,
            of("errors")?,
            broken,
        ))
    });
    let (pyrra, sloth, own, broken) = told;
    assert_eq!(pyrra, format!("pyrra {NS}/try-available"));
    assert_eq!(sloth, format!("sloth {NS}/try-sloth"));
    assert_eq!(own, "built in");
    // a broken one is told with its name and place, and hides no other
    let broken = broken.join("\n");
    let pyrra = format!("pyrra {NS}/try-broken: spec.target: `many` is no number");
    let text = format!("openslo {NS}/try-objectives: slo.yaml, line 4");
    assert!(
        broken.contains(&pyrra) && broken.contains(&text),
        "{broken}"
    );
}
