//! What differs between a manifest and the object in the cluster. Pure.
//!
//! Only what the manifest names counts: what others added to the object is no difference, as in the three-way
//! comparison of the real one for fields that were never applied.

use serde_json::Value;

use super::list;
use crate::demo::catalog::Resource;

/// Parts of objects that are compared and applied.
const PARTS: [&str; 3] = ["/spec", "/metadata/labels", "/metadata/annotations"];

/// Fields that an Application does not look at, as JSON pointers.
#[derive(Debug, Default)]
pub(super) struct Ignored(Vec<String>);

impl Ignored {
    /// What an Application ignores of objects of a kind; nothing unless `wanted`.
    pub(super) fn of(app: &Value, r: &Resource, wanted: bool) -> Self {
        let rules = list(&app["spec"], "ignoreDifferences")
            .filter(|rule| wanted && rule["group"] == r.group && rule["kind"] == r.kind);
        let pointers = rules.flat_map(|rule| list(rule, "jsonPointers"));
        let texts = pointers.filter_map(Value::as_str).map(str::to_owned);
        Self(texts.collect())
    }

    fn covers(&self, pointer: &str) -> bool {
        self.0.iter().any(|p| p == pointer)
    }
}

/// Whether the object is not as the manifest says.
pub(super) fn differs(live: &Value, manifest: &Value, ignored: &Ignored) -> bool {
    PARTS.into_iter().any(|part| {
        let wanted = manifest.pointer(part);
        wanted.is_some_and(|w| {
            let live = live.pointer(part).unwrap_or(&Value::Null);
            part_differs(live, w, part, ignored)
        })
    })
}

fn part_differs(live: &Value, wanted: &Value, at: &str, ignored: &Ignored) -> bool {
    if ignored.covers(at) {
        return false;
    }
    match wanted {
        Value::Object(map) => map
            .iter()
            .any(|(key, part)| part_differs(&live[key.as_str()], part, &below(at, key), ignored)),
        other => live != other,
    }
}

/// Makes the object as the manifest says, and leaves the rest of it alone.
pub(super) fn apply(live: &mut Value, manifest: &Value, ignored: &Ignored) {
    for part in PARTS {
        let Some(wanted) = manifest.pointer(part) else {
            continue;
        };
        let mut place = &mut *live;
        for key in part.split('/').skip(1) {
            if !place.is_object() {
                return;
            }
            place = &mut place[key];
        }
        apply_part(place, wanted, part, ignored);
    }
}

fn apply_part(live: &mut Value, wanted: &Value, at: &str, ignored: &Ignored) {
    if ignored.covers(at) {
        return;
    }
    match wanted {
        Value::Object(map) if live.is_object() => {
            for (key, part) in map {
                apply_part(&mut live[key.as_str()], part, &below(at, key), ignored);
            }
        }
        other => *live = other.clone(),
    }
}

fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_manifest_names_counts_and_is_put_back() {
        let git = json!({"metadata": {"labels": {"team": "x"}}, "spec": {"suspend": false, "schedules": ["0 * * * *"]}});
        let mut live = git.clone();
        live["metadata"]["labels"]["by-hand"] = json!("y");
        live["spec"]["timezone"] = json!("UTC");
        let none = Ignored::default();
        assert!(!differs(&live, &git, &none));
        live["spec"]["suspend"] = json!(true);
        live["spec"]["schedules"] = json!(["5 * * * *"]);
        assert!(differs(&live, &git, &none));
        let ignored = Ignored(vec![
            "/spec/suspend".to_owned(),
            "/spec/schedules".to_owned(),
        ]);
        assert!(!differs(&live, &git, &ignored));
        apply(&mut live, &git, &Ignored(vec!["/spec/suspend".to_owned()]));
        assert_eq!(
            live["spec"],
            json!({"suspend": true, "schedules": ["0 * * * *"], "timezone": "UTC"})
        );
        apply(&mut live, &git, &none);
        assert!(!differs(&live, &git, &none));
        assert_eq!(live["metadata"]["labels"]["by-hand"], "y");
    }
}
