//! What the API server answers when it refuses: `Status` bodies, worded as the real one words them. Pure.
//!
//! Source of the wording: k8s.io/apimachinery `api/errors` and k8s.io/apiserver `endpoints/handlers`, 1.36.

use serde_json::{Map, Value, json};

use super::catalog::Resource;

/// One reason for a 422 (or for some 403 and 409).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`, …
    pub reason: &'static str,
    /// What is wrong.
    pub message: String,
    /// Path of the field.
    pub field: String,
}

impl Cause {
    /// A value that is not allowed.
    #[must_use]
    pub fn invalid(field: &str, value: &Value, why: &str) -> Self {
        Self {
            reason: "FieldValueInvalid",
            message: format!("Invalid value: {value}: {why}"),
            field: field.to_owned(),
        }
    }

    /// A value that is missing.
    #[must_use]
    pub fn required(field: &str, why: &str) -> Self {
        let message = if why.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {why}")
        };
        Self {
            reason: "FieldValueRequired",
            message,
            field: field.to_owned(),
        }
    }

    /// A value that may not be given here.
    #[must_use]
    pub fn forbidden(field: &str, why: &str) -> Self {
        Self {
            reason: "FieldValueForbidden",
            message: format!("Forbidden: {why}"),
            field: field.to_owned(),
        }
    }

    /// A value of another type.
    #[must_use]
    pub fn mistyped(field: &str, value: &Value, wanted: &str) -> Self {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        Self {
            reason: "FieldValueTypeInvalid",
            message: format!(
                "Invalid value: {found:?}: {field} in body must be of type {wanted}: {found:?}"
            ),
            field: field.to_owned(),
        }
    }

    /// A value outside a fixed set.
    #[must_use]
    pub fn unsupported(field: &str, value: &Value, allowed: &str) -> Self {
        Self {
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {value}: supported values: {allowed}"),
            field: field.to_owned(),
        }
    }
}

/// A refusal: HTTP code and `Status` body.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// HTTP code.
    pub code: u16,
    /// `reason`; empty to leave it out.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
    /// `details`.
    pub details: Option<Map<String, Value>>,
    /// `metadata.continue`, for an expired list.
    pub resume: Option<String>,
    /// Answered as plain text instead of a Status (paths that nothing serves).
    pub plain: bool,
}

fn details(name: &str, group: &str, kind: &str) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, word) in [("name", name), ("group", group), ("kind", kind)] {
        if !word.is_empty() {
            map.insert(key.to_owned(), Value::from(word));
        }
    }
    map
}

impl Refusal {
    /// Without details.
    #[must_use]
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
            resume: None,
            plain: false,
        }
    }

    fn about(mut self, name: &str, group: &str, kind: &str) -> Self {
        self.details = Some(details(name, group, kind));
        self
    }

    /// 404 for a path that nothing serves.
    #[must_use]
    pub fn no_path() -> Self {
        Self {
            plain: true,
            ..Self::new(404, "NotFound", "404 page not found\n")
        }
    }

    /// 404 for a path below a built-in group that no kind serves.
    #[must_use]
    pub fn no_resource() -> Self {
        Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
        .about("", "", "")
    }

    /// 404 for an object.
    #[must_use]
    pub fn not_found(r: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} not found", r.qualified());
        Self::new(404, "NotFound", message).about(name, r.group, r.plural)
    }

    /// 405.
    #[must_use]
    pub fn no_method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).about("", "", "")
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 409 on create.
    #[must_use]
    pub fn exists(r: &Resource, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", r.qualified());
        Self::new(409, "AlreadyExists", message).about(name, r.group, r.plural)
    }

    /// 409 on update and delete; `kind` is the plural or, for delete preconditions, the kind.
    #[must_use]
    pub fn conflict(r: &Resource, kind: &str, name: &str, why: &str) -> Self {
        let qualified = if r.group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{}", r.group)
        };
        let message = format!("Operation cannot be fulfilled on {qualified} {name:?}: {why}");
        Self::new(409, "Conflict", message).about(name, r.group, kind)
    }

    /// 409 since the object changed in between.
    #[must_use]
    pub fn modified(r: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(r, r.plural, name, why)
    }

    /// 422 with its causes.
    #[must_use]
    pub fn invalid(r: &Resource, name: &str, causes: &[Cause]) -> Self {
        Self::invalid_kind(r.group, r.kind, name, causes)
    }

    /// 422 for a kind that is not stored (list options).
    #[must_use]
    pub fn invalid_kind(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let said: Vec<String> = causes
            .iter()
            .map(|c| format!("{}: {}", c.field, c.message))
            .collect();
        let all = match said.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let message = format!("{qualified} {name:?} is invalid: {all}");
        let mut refusal = Self::new(422, "Invalid", message).about(name, group, kind);
        let list: Vec<Value> = causes
            .iter()
            .map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field}))
            .collect();
        if let Some(map) = &mut refusal.details {
            map.insert("causes".to_owned(), Value::from(list));
        }
        refusal
    }

    /// 422 without a cause, as for a JSON patch whose test fails.
    #[must_use]
    pub fn rejected() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(422, "Invalid", message).about("", "", "")
    }

    /// 415.
    #[must_use]
    pub fn media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 406.
    #[must_use]
    pub fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/json;stream=watch";
        Self::new(406, "NotAcceptable", message).about("", "", "")
    }

    /// 410 for a version that is no longer kept.
    #[must_use]
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 504 for a version that is not there yet.
    #[must_use]
    pub fn too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let mut refusal = Self::new(504, "Timeout", message);
        let causes =
            json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
        let mut map = Map::new();
        map.insert("causes".to_owned(), causes);
        map.insert("retryAfterSeconds".to_owned(), Value::from(1));
        refusal.details = Some(map);
        refusal
    }

    /// 403; `group` and `kind` (plural) are empty for paths.
    #[must_use]
    pub fn forbidden(group: &str, kind: &str, name: &str, why: &str) -> Self {
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let message = match (kind.is_empty(), name.is_empty()) {
            (true, _) => format!("forbidden: {why}"),
            (_, true) => format!("{qualified} is forbidden: {why}"),
            _ => format!("{qualified} {name:?} is forbidden: {why}"),
        };
        Self::new(403, "Forbidden", message).about(name, group, kind)
    }

    /// The `Status` object.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut meta = Map::new();
        if let Some(token) = &self.resume {
            meta.insert("continue".to_owned(), Value::from(token.as_str()));
        }
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": meta, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            body["reason"] = Value::from(self.reason);
        }
        if let Some(details) = &self.details {
            body["details"] = Value::from(details.clone());
        }
        body
    }
}
