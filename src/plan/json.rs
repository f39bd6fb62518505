//! Reading and changing objects as they were served. Fields of the wrong type read as missing, so that one odd field
//! never stops a plan. Pure.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// An empty list, to borrow from.
const NONE: &[Value] = &[];

/// The value at a path of field names.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, key| v.get(key))
}

/// The text at a path; empty when there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// Whether `true` stands at a path.
#[must_use]
pub fn flag(value: &Value, path: &[&str]) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or_default()
}

/// The list at a path; empty when there is none.
#[must_use]
pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path)
        .and_then(Value::as_array)
        .map_or(NONE, Vec::as_slice)
}

/// The texts of the list at a path.
pub fn texts<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a str> {
    list(value, path).iter().filter_map(Value::as_str)
}

/// The label of an object; empty when there is none.
#[must_use]
pub fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    text(object, &["metadata", "labels", key])
}

/// Whether an object has a label, whatever its value.
#[must_use]
pub fn has_label(object: &Value, key: &str) -> bool {
    at(object, &["metadata", "labels", key]).is_some_and(|v| !v.is_null())
}

/// The time at a path.
#[must_use]
pub fn time(value: &Value, path: &[&str]) -> Option<Timestamp> {
    text(value, path).parse().ok()
}

/// A scalar as Argo's `AnyString` reads it: text as it is, numbers and flags by their digits and words.
#[must_use]
pub fn any_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// A time as the API server writes it: whole seconds, UTC.
#[must_use]
pub fn stamp(time: Timestamp) -> Value {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// Sets a field below objects that are made when they are missing.
pub fn set(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let mut at = value;
    for key in above {
        at = object(at)
            .entry((*key).to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
    }
    object(at).insert((*last).to_owned(), new);
}

/// Removes a field; nothing happens when it is not there.
pub fn unset(value: &mut Value, path: &[&str]) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let mut at = value;
    for key in above {
        match at.get_mut(key) {
            Some(next) => at = next,
            None => return,
        }
    }
    if let Some(map) = at.as_object_mut() {
        map.remove(*last);
    }
}

/// The value as an object; what is none is replaced by an empty one.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    // an object by the line above; the empty one is for the type only
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}
