//! Metadata of objects that are written: what the server fills in, keeps and refuses. Pure.
//!
//! Source: k8s.io/apimachinery `api/validation`, `util/validation`.

use serde_json::{Map, Value};

use crate::demo::catalog::{NameRule, Resource, text};
use crate::demo::refusal::Cause;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
/// Bytes of all annotations together.
const ANNOTATIONS_LIMIT: usize = 256 << 10;

/// `metadata` as a map, made when absent.
pub fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let map = object.as_object_mut()?;
    let meta = map
        .entry("metadata")
        .or_insert_with(|| Value::from(Map::new()));
    if meta.is_null() {
        *meta = Value::from(Map::new());
    }
    meta.as_object_mut()
}

/// What is wrong with the metadata of an object.
pub fn check(r: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = text(object, "/metadata/name");
    if name.is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else {
        causes.extend(name_causes(r, name));
    }
    for (key, value) in entries(object, "labels") {
        if let Some(why) = qualified(key) {
            causes.push(Cause::invalid(
                "metadata.labels",
                &Value::from(key.as_str()),
                &why,
            ));
        }
        causes.extend(label_value(value));
    }
    let mut size = 0;
    for (key, value) in entries(object, "annotations") {
        size += key.len() + value.as_str().map_or(0, str::len);
        if let Some(why) = qualified(&key.to_lowercase()) {
            causes.push(Cause::invalid(
                "metadata.annotations",
                &Value::from(key.as_str()),
                &why,
            ));
        }
    }
    if size > ANNOTATIONS_LIMIT {
        causes.push(Cause {
            reason: "FieldValueTooLong",
            message: format!("Too long: may not be more than {ANNOTATIONS_LIMIT} bytes"),
            field: "metadata.annotations".to_owned(),
        });
    }
    causes
}

fn entries<'a>(object: &'a Value, list: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object["metadata"][list].as_object().into_iter().flatten()
}

fn name_causes(r: &Resource, name: &str) -> Vec<Cause> {
    let value = Value::from(name);
    let (limit, fine, why) = match r.names {
        NameRule::Subdomain => (253, name.split('.').all(is_label), SUBDOMAIN),
        NameRule::Label => (63, is_label(name), LABEL),
    };
    let mut causes = Vec::new();
    if name.len() > limit {
        let why = format!("must be no more than {limit} bytes");
        causes.push(Cause::invalid("metadata.name", &value, &why));
    }
    if !fine {
        causes.push(Cause::invalid("metadata.name", &value, why));
    }
    causes
}

fn is_label(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !word.is_empty() && word.chars().all(inner) && !word.starts_with('-') && !word.ends_with('-')
}

fn is_word(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    word.chars().all(inner) && edge(word.chars().next()) && edge(word.chars().last())
}

fn qualified(key: &str) -> Option<String> {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(p, n)| (Some(p), n));
    if prefix.is_some_and(|p| !p.split('.').all(is_label)) {
        return Some(format!("prefix part {SUBDOMAIN}"));
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".to_owned());
    }
    (!is_word(name)).then(|| QUALIFIED.to_owned())
}

fn label_value(value: &Value) -> Option<Cause> {
    let text = value.as_str().unwrap_or_default();
    if text.len() > 63 {
        return Some(Cause::invalid(
            "metadata.labels",
            value,
            "must be no more than 63 bytes",
        ));
    }
    let fine = value.is_string() && (text.is_empty() || is_word(text));
    (!fine).then(|| Cause::invalid("metadata.labels", value, LABEL_VALUE))
}

/// The name that generateName asks for; cut so that the suffix fits (source: `storage/names/generate.go`).
pub fn generated(base: &str, suffix: &str) -> String {
    let kept: String = base.chars().take(63 - suffix.len()).collect();
    format!("{kept}{suffix}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::catalog;

    #[test]
    fn names_and_labels_are_checked_as_the_server_checks_them() {
        let maps = catalog::ALL[catalog::find("", "v1", "configmaps").unwrap()];
        let wrong = |meta: Value| check(maps, &json!({"metadata": meta})).len();
        assert_eq!(
            wrong(json!({"name": "a.b-c1", "labels": {"x.io/y": "A_b.c", "z": ""}})),
            0
        );
        for name in ["Bad", "a_b", "-a", "a.", "a..b", "ä", &"a".repeat(254)] {
            assert_eq!(wrong(json!({"name": name})), 1, "{name}");
        }
        assert_eq!(wrong(json!({})), 1);
        assert_eq!(wrong(json!({"name": "a", "labels": {"-x": "ok"}})), 1);
        assert_eq!(wrong(json!({"name": "a", "labels": {"x": "no way"}})), 1);
        assert_eq!(
            wrong(json!({"name": "a", "annotations": {"x y": "any thing"}})),
            1
        );
    }
}
