//! What is kept of an object that is read whole, and what is not.

use super::*;
use crate::kinds::{Pods, Workflows};

fn row<K: Kind>(json: &serde_json::Value) -> ManifestRow {
    let text = json.to_string();
    ManifestOf::<K>::row(&ClusterId::new("c"), serde_json::from_str(&text).unwrap())
}

const PLANTED: &str = "hunter2-planted";

#[test]
fn the_manifest_of_a_pod_and_of_a_run_of_one_name_are_two_rows() {
    let json = serde_json::json!({"metadata": {"name": "train", "namespace": "ml"}});
    let (pod, run) = (row::<Pods>(&json), row::<Workflows>(&json));
    assert_ne!(pod.key, run.key);
    assert_eq!((&pod.object, &*pod.object.name), (&run.object, "train"));
    assert_eq!(pod.key, ManifestRow::key_of("pods", &pod.object));
}

#[test]
fn no_planted_secret_is_kept() {
    let template =
        serde_json::json!({"container": {"env": [{"name": "HF_TOKEN", "value": PLANTED}]}})
            .to_string();
    let applied = serde_json::json!({"kind": "Pod", "spec": {"containers": [{"args": [format!("--token={PLANTED}")]}]}});
    let object = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "train", "namespace": "ml", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": applied.to_string(),
            "example.com/api-token": PLANTED, "note": "plain"}},
        "spec": {"containers": [{"name": "main",
            "command": ["sh", "-c", format!("set -e\nexport DB_PASSWORD={PLANTED}\npython train.py")],
            "args": ["--password", PLANTED, "--epochs", "3", format!("https://u:{PLANTED}@host/x")],
            "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": PLANTED}, {"name": "ARGO_TEMPLATE", "value": template},
                {"name": "EPOCHS", "value": "3"},
                {"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}}]}]},
        "status": {"message": format!("Authorization: Bearer {PLANTED}"), "outputs": {"parameters": [
            {"name": "model-token", "value": PLANTED}]}}
    });
    let row = row::<Pods>(&object);
    let text = format!("{row:?}{}", pretty(&row.tree));
    assert!(!text.contains(PLANTED), "{text}");
    assert_eq!(row.hidden, 9, "{text}");
    assert_eq!(
        row.tree.text_at(&["metadata", "annotations", "note"]),
        "plain"
    );
    let env = row.tree.at(&["spec", "containers"]).unwrap().items()[0].items_at(&["env"]);
    assert_eq!(env[0].text_at(&["value"]), "<15 bytes hidden>");
    assert_eq!(env[2].text_at(&["value"]), "3");
    assert_eq!(
        env[3].text_at(&["valueFrom", "secretKeyRef", "name"]),
        "api"
    );
}

#[test]
fn of_a_secret_only_names_and_sizes_are_kept() {
    let tree = read(
        r#"{"kind":"Secret","data":{"password":"aHVudGVyMg=="},"stringData":{"other":"hunter2"},"type":"Opaque"}"#,
        "Secret",
    )
    .unwrap();
    assert_eq!(tree.text_at(&["data", "password"]), "<7 bytes hidden>");
    assert_eq!(tree.text_at(&["stringData", "other"]), "<7 bytes hidden>");
    assert_eq!(tree.text_at(&["type"]), "Opaque");
}

#[test]
fn hostile_text_is_made_visible_in_keys_and_values_line_by_line() {
    let json = "{\"a\\u001b[2J\":\"x\\u001b]52;c;AAAA\\u0007y\",\"b\":\"one\\u202e\\ntwo\\r\\n\"}";
    let tree = read(json, "").unwrap();
    assert_eq!(tree.text_at(&["a"]), "xy");
    let Some(Tree::Lines(lines)) = tree.get("b") else {
        panic!("{tree:?}")
    };
    assert_eq!(
        lines.iter().map(Clean::as_str).collect::<Vec<_>>(),
        ["one‹U+202E›", "two", ""]
    );
}

#[test]
fn json_without_secrets_inside_a_text_stays_to_the_letter() {
    let tree = read(r#"{"a":"{ \"x\" :  1 }"}"#, "").unwrap();
    assert_eq!(tree.text_at(&["a"]), "{ \"x\" :  1 }");
}

#[test]
fn an_object_without_a_name_is_refused_and_a_deep_one_does_not_overflow() {
    assert!(serde_json::from_str::<Slim<Pods>>("{\"metadata\":{}}").is_err());
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(&deep, "").is_none());
}

#[test]
fn a_huge_object_is_cut_and_says_so() {
    let items: Vec<u32> = (0..400_000).collect();
    let tree = read(&serde_json::json!({"a": items}).to_string(), "").unwrap();
    let kept = tree.items_at(&["a"]);
    assert!(kept.len() < 300_010);
    assert!(kept.last().unwrap().word().contains("more, not shown"));
}
