//! The Kubernetes API: from an HTTP request to an HTTP answer. I/O only in that it is async and reads the body;
//! all state is behind [`Site`]. Called by the server's accept loop.

mod accept;
mod create;
mod delete;
mod discovery;
mod eviction;
mod list;
mod logs;
mod openapi;
mod patch;
mod protobuf;
mod proxy;
mod read;
mod review;
mod seen;
mod strategic;
mod table;
mod target;
mod update;
mod visibility;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use serde_json::Value;

use super::catalog::{self, Id, Resource};
use super::person::{Deed, Person};
use super::refusal::Refusal;
use super::site::Site;
use accept::Form;
pub(super) use delete::{Manner, delete_object};
use target::{Query, Target};

/// The largest body accepted, as the real API server limits it.
const BODY_LIMIT: usize = 3 << 20;

/// A request, understood and allowed.
struct Ask {
    site: Arc<Site>,
    person: Arc<Person>,
    target: Target,
    query: Query,
    headers: HeaderMap,
    body: Bytes,
}

/// The kind that a request is about.
struct Subject {
    id: Id,
    resource: &'static Resource,
}

impl Ask {
    /// The name under which changes are recorded in managedFields.
    fn manager(&self) -> String {
        match self.query.get("fieldManager") {
            "" => {
                let agent = self.header(header::USER_AGENT);
                let word = agent.split(['/', ' ']).next().unwrap_or_default();
                if word.is_empty() { "unknown" } else { word }.to_owned()
            }
            given => given.to_owned(),
        }
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// Whether nothing may be stored; anything but `All` is refused.
    fn dry_run(&self) -> Result<bool, Refusal> {
        match self.query.get("dryRun") {
            "" => Ok(false),
            "All" => Ok(true),
            other => Err(Refusal::invalid_kind(
                "meta.k8s.io",
                match self.target.verb {
                    "create" => "CreateOptions",
                    "patch" => "PatchOptions",
                    "update" => "UpdateOptions",
                    _ => "DeleteOptions",
                },
                "",
                &[super::refusal::Cause::unsupported(
                    "dryRun",
                    &serde_json::json!([other]),
                    "\"All\"",
                )],
            )),
        }
    }

    fn form(&self) -> Result<Form, Refusal> {
        Form::of(self.header(header::ACCEPT))
    }
}

/// Answers one request.
pub(super) async fn answer(State(site): State<Arc<Site>>, request: Request<Body>) -> Response {
    site.served();
    match understood(site, request).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal),
    }
}

async fn understood(site: Arc<Site>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let person = site.person(parts.headers.get(header::AUTHORIZATION))?;
    let query = Query::read(parts.uri.query().unwrap_or_default());
    let target = Target::read(&parts.method, parts.uri.path(), &query);
    allowed(&person, &target)?;
    let body = Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map_err(|_| {
            let why = format!("Request entity too large: limit is {BODY_LIMIT}");
            Refusal::new(413, "RequestEntityTooLarge", why)
        })?
        .to_bytes();
    route(&Ask {
        site,
        person,
        target,
        query,
        headers: parts.headers,
        body,
    })
}

fn allowed(person: &Person, target: &Target) -> Result<(), Refusal> {
    let deed = target.deed();
    if person.may(&deed) {
        return Ok(());
    }
    Err(denied(person, &deed))
}

fn denied(person: &Person, deed: &Deed<'_>) -> Refusal {
    let user = &person.name;
    if !deed.path.is_empty() {
        let why = format!("User {user:?} cannot {} path {:?}", deed.verb, deed.path);
        return Refusal::forbidden("", "", "", &why);
    }
    let mut resource = deed.resource.to_owned();
    if !deed.sub.is_empty() {
        resource = format!("{resource}/{}", deed.sub);
    }
    let place = if deed.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {:?}", deed.namespace)
    };
    let why = format!(
        "User {user:?} cannot {} resource {resource:?} in API group {:?} {place}",
        deed.verb, deed.group
    );
    Refusal::forbidden(deed.group, deed.resource, deed.name, &why)
}

fn route(ask: &Ask) -> Result<Response, Refusal> {
    if !ask.target.path.is_empty() {
        return discovery::answer(ask);
    }
    if let Some(response) = review::answer(ask)? {
        return Ok(response);
    }
    if ask.target.is_proxied() {
        let response = proxy::answer(ask)?;
        seen::proxied(ask, &response);
        return Ok(response);
    }
    if ask.target.group == visibility::GROUP {
        return visibility::answer(ask);
    }
    let subject = subject(&ask.target)?;
    let response = verb(ask, &subject)?;
    seen::written(ask);
    Ok(response)
}

fn verb(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    match (ask.target.verb, ask.target.sub.as_str()) {
        ("list", "") => list::answer(ask, subject),
        ("watch", "") => watch::answer(ask, subject),
        ("get", "" | "status") => read::answer(ask, subject),
        ("create", "") => create::answer(ask, subject),
        ("update", "" | "status") => update::answer(ask, subject),
        ("patch", "" | "status") => patch::answer(ask, subject),
        ("delete", "") => delete::answer(ask, subject),
        ("deletecollection", "") => delete::answer_collection(ask, subject),
        ("get", "log") => logs::answer(ask, subject),
        ("create", "eviction") => eviction::answer(ask, subject),
        _ => Err(Refusal::no_method()),
    }
}

/// Finds the kind, and refuses a scope or a subresource that it does not have.
fn subject(target: &Target) -> Result<Subject, Refusal> {
    let custom = catalog::ALL
        .iter()
        .any(|r| r.custom && r.group == target.group);
    let group = catalog::ALL
        .iter()
        .any(|r| r.group == target.group && r.version == target.version);
    let absent = || match (group, custom) {
        (true, false) => Refusal::no_resource(),
        _ => Refusal::no_path(),
    };
    let id = catalog::find(&target.group, &target.version, &target.plural).ok_or_else(absent)?;
    let resource = catalog::ALL[id];
    if !resource.namespaced && !target.namespace.is_empty() && resource.plural != "namespaces" {
        return Err(absent());
    }
    let whole = target.namespace.is_empty() && resource.namespaced;
    if whole && !matches!(target.verb, "list" | "watch") {
        return Err(if resource.custom {
            Refusal::no_path()
        } else {
            Refusal::no_method()
        });
    }
    let has = match target.sub.as_str() {
        "" => true,
        "status" => resource.status,
        "log" | "eviction" => resource.plural == "pods",
        _ => false,
    };
    if has {
        return Ok(Subject { id, resource });
    }
    Err(if resource.custom {
        Refusal::not_found(resource, &target.name)
    } else {
        Refusal::no_resource()
    })
}

fn refused(refusal: &Refusal) -> Response {
    let code = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if refusal.plain {
        return respond(
            code,
            "text/plain; charset=utf-8",
            refusal.message.clone().into(),
        );
    }
    respond(code, "application/json", refusal.body().to_string().into())
}

fn json(code: StatusCode, value: &Value) -> Response {
    respond(code, "application/json", value.to_string().into())
}

fn respond(code: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-cache, private"),
    );
    response
}

/// Reads a body: JSON, or the protobuf of the kinds that typed clients send.
fn body_json(ask: &Ask) -> Result<Value, Refusal> {
    let kind = ask.header(header::CONTENT_TYPE);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let accepted = ["application/json", "application/vnd.kubernetes.protobuf"];
    match kind {
        "" | "application/json" | "*/*" => serde_json::from_slice(&ask.body).map_err(|e| {
            let why =
                "the object provided is unrecognized: couldn't get version/kind; json parse error";
            Refusal::bad_request(format!("{why}: {e}"))
        }),
        "application/vnd.kubernetes.protobuf" => {
            protobuf::decode(&ask.body).ok_or_else(|| Refusal::media_type(&accepted))
        }
        _ => Err(Refusal::media_type(&accepted)),
    }
}

#[cfg(test)]
mod tests;
