//! Access reviews: what the one who asks may do, and who they are. Pure.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Ask, body_json, json as answer_json};
use crate::demo::catalog::text;
use crate::demo::person::Deed;
use crate::demo::refusal::Refusal;

/// Answers when the request is a review.
pub(super) fn answer(ask: &Ask) -> Result<Option<Response>, Refusal> {
    let t = &ask.target;
    let review = matches!(
        (t.group.as_str(), t.version.as_str(), t.plural.as_str()),
        (
            "authorization.k8s.io",
            "v1",
            "selfsubjectaccessreviews" | "selfsubjectrulesreviews"
        ) | ("authentication.k8s.io", "v1", "selfsubjectreviews")
    );
    if !review {
        return Ok(None);
    }
    if t.verb != "create" || !t.name.is_empty() {
        return Err(Refusal::no_method());
    }
    let mut body = body_json(ask)?;
    if !body.is_object() {
        return Err(Refusal::bad_request(
            "the object provided is unrecognized: it is not an object",
        ));
    }
    body["status"] = match t.plural.as_str() {
        "selfsubjectaccessreviews" => access(ask, &body["spec"]),
        "selfsubjectrulesreviews" => rules(ask, &body["spec"]),
        _ => json!({"userInfo": {"username": ask.person.name, "groups": ask.person.groups}}),
    };
    if !body["metadata"].is_object() {
        body["metadata"] = json!({});
    }
    Ok(Some(answer_json(StatusCode::CREATED, &body)))
}

fn access(ask: &Ask, spec: &Value) -> Value {
    let of = |key: &str| text(spec, &format!("/resourceAttributes/{key}"));
    let deed = if spec.get("resourceAttributes").is_some() {
        Deed {
            verb: of("verb"),
            group: of("group"),
            resource: of("resource"),
            sub: of("subresource"),
            namespace: of("namespace"),
            name: of("name"),
            path: "",
        }
    } else {
        Deed {
            verb: text(spec, "/nonResourceAttributes/verb"),
            path: text(spec, "/nonResourceAttributes/path"),
            ..Deed::default()
        }
    };
    if ask.person.may(&deed) {
        json!({"allowed": true, "reason": "allowed by the rules of the platform"})
    } else {
        json!({"allowed": false})
    }
}

fn rules(ask: &Ask, spec: &Value) -> Value {
    let mut rules = ask.person.rules_in(text(spec, "/namespace"));
    rules.push(
        json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}),
    );
    let paths = json!([{"verbs": ["get"], "nonResourceURLs":
        ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}]);
    json!({"resourceRules": rules, "nonResourceRules": paths, "incomplete": false})
}
