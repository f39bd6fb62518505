//! Strategic merge: lists of built-in kinds are merged by key instead of replaced. Pure.
//!
//! Source: the `patchStrategy` and `patchMergeKey` tags of k8s.io/api core/v1, and
//! k8s.io/apimachinery `util/strategicpatch`.

use serde_json::{Map, Value};

use crate::demo::refusal::Refusal;

/// Lists that are merged, with their keys. Where two keys are given, the first that an item has counts.
const KEYS: [(&str, &str); 18] = [
    ("conditions", "type"),
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("addresses", "type"),
    ("ownerReferences", "uid"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("schedulingGates", "name"),
    ("volumeDevices", "devicePath"),
    ("hostIPs", "ip"),
    ("podIPs", "ip"),
    ("resourceClaimStatuses", "name"),
    ("resourceClaims", "name"),
];

/// Lists of plain values that are united.
const SETS: [&str; 2] = ["finalizers", "podCIDRs"];

fn key_of(list: &str, items: &[Value]) -> Option<&'static str> {
    if list == "ports" {
        let of_container = items.iter().any(|i| i.get("containerPort").is_some());
        return Some(if of_container {
            "containerPort"
        } else {
            "port"
        });
    }
    KEYS.iter()
        .find(|(name, _)| *name == list)
        .map(|(_, key)| *key)
}

/// Merges a patch into an object.
pub(super) fn merge(object: &mut Value, patch: &Value) -> Result<(), Refusal> {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return Ok(());
    };
    if !object.is_object() {
        *object = Value::from(Map::new());
    }
    if let Value::Object(map) = object {
        merge_maps(map, patch)?;
    }
    Ok(())
}

fn merge_maps(map: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), Refusal> {
    if patch.get("$patch").is_some_and(|d| d == "replace") {
        map.clear();
    }
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            remove_plain(map.get_mut(list), value);
            continue;
        }
        if key.starts_with('$') {
            continue;
        }
        if value.is_null() || value.get("$patch").is_some_and(|d| d == "delete") {
            map.remove(key);
            continue;
        }
        let slot = map.entry(key.clone()).or_insert(Value::Null);
        match value {
            Value::Object(_) => merge(slot, value)?,
            Value::Array(items) => merge_lists(key, slot, items)?,
            _ => *slot = value.clone(),
        }
    }
    let retain = |key: &String| key.strip_prefix("$retainKeys").is_some();
    if let Some(keys) = patch
        .iter()
        .find(|(k, _)| retain(k))
        .and_then(|(_, v)| v.as_array())
    {
        map.retain(|key, _| keys.iter().any(|k| k == key));
    }
    Ok(())
}

fn remove_plain(list: Option<&mut Value>, gone: &Value) {
    let gone = gone.as_array().map_or(&[][..], Vec::as_slice);
    if let Some(items) = list.and_then(Value::as_array_mut) {
        items.retain(|i| !gone.contains(i));
    }
}

fn merge_lists(name: &str, slot: &mut Value, items: &[Value]) -> Result<(), Refusal> {
    if SETS.contains(&name) {
        let mut have = slot.as_array().cloned().unwrap_or_default();
        have.extend(
            items
                .iter()
                .filter(|i| !have.contains(i))
                .cloned()
                .collect::<Vec<_>>(),
        );
        *slot = Value::from(have);
        return Ok(());
    }
    let Some(key) = key_of(name, items) else {
        *slot = Value::from(items.to_vec());
        return Ok(());
    };
    let mut have = slot.as_array().cloned().unwrap_or_default();
    if items.iter().any(|i| i["$patch"] == "replace") {
        have.clear();
    }
    for item in items {
        if item["$patch"] == "replace" {
            continue;
        }
        let Some(id) = item.get(key) else {
            let why = format!("map: {item} does not contain declared merge key: {key}");
            return Err(Refusal::new(
                500,
                "InternalError",
                format!("Internal error occurred: {why}"),
            ));
        };
        let place = have.iter().position(|h| h.get(key) == Some(id));
        match (place, item["$patch"] == "delete") {
            (Some(at), true) => {
                have.remove(at);
            }
            (None, true) => {}
            (Some(at), false) => merge(&mut have[at], item)?,
            (None, false) => have.push(item.clone()),
        }
    }
    *slot = Value::from(have);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_and_containers_are_merged_by_key_and_tolerations_replaced() {
        let mut pod = json!({
            "spec": {"containers": [{"name": "main", "image": "a"}, {"name": "wait", "image": "w"}],
                     "tolerations": [{"key": "x"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "True"}]}});
        let patch = json!({
            "spec": {"containers": [{"name": "main", "image": "b"}, {"name": "new", "image": "n"}],
                     "tolerations": [{"key": "y"}]},
            "status": {"conditions": [{"type": "Ready", "status": "False"}]}});
        merge(&mut pod, &patch).unwrap();
        assert_eq!(
            pod,
            json!({
            "spec": {"containers": [{"name": "main", "image": "b"}, {"name": "wait", "image": "w"}, {"name": "new", "image": "n"}],
                     "tolerations": [{"key": "y"}]},
            "status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "Other", "status": "True"}]}})
        );
    }

    #[test]
    fn directives_delete_and_replace() {
        let mut pod = json!({"spec": {"volumes": [{"name": "a"}, {"name": "b"}]},
            "metadata": {"labels": {"x": "1", "y": "2"}, "finalizers": ["f", "g"]}});
        let patch = json!({"spec": {"volumes": [{"name": "a", "$patch": "delete"}]},
            "metadata": {"labels": {"x": null}, "$deleteFromPrimitiveList/finalizers": ["f"]}});
        merge(&mut pod, &patch).unwrap();
        assert_eq!(pod["spec"]["volumes"], json!([{"name": "b"}]));
        assert_eq!(
            pod["metadata"],
            json!({"labels": {"y": "2"}, "finalizers": ["g"]})
        );
        let patch = json!({"spec": {"volumes": [{"$patch": "replace"}, {"name": "c"}]}});
        merge(&mut pod, &patch).unwrap();
        assert_eq!(pod["spec"]["volumes"], json!([{"name": "c"}]));
        assert!(merge(&mut pod, &json!({"spec": {"volumes": [{"emptyDir": {}}]}})).is_err());
    }

    #[test]
    fn taints_and_tolerations_are_replaced_whole() {
        let mut node = json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
        let taints = json!([{"key": "b", "effect": "NoExecute"}]);
        merge(&mut node, &json!({"spec": {"taints": taints}})).unwrap();
        assert_eq!(node["spec"]["taints"], taints);
    }
}
