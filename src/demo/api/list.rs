//! Lists: pages of one consistent snapshot, selectors, and in which form they are written. Pure.
//!
//! Source: k8s.io/apiserver `storage/etcd3/store.go`, `storage/continue.go`, `endpoints/handlers/get.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::accept::Form;
use super::{Ask, Subject, respond, table};
use crate::demo::refusal::{Cause, Refusal};
use crate::demo::store::{FieldSelector, LabelSelector, Name, Object, Store, in_namespace};

const TOO_OLD_PAGE: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// Which objects are meant.
pub(super) struct Choice {
    pub(super) namespace: String,
    pub(super) labels: LabelSelector,
    pub(super) fields: FieldSelector,
}

impl Choice {
    pub(super) fn read(ask: &Ask, subject: &Subject) -> Result<Self, Refusal> {
        let mut fields = ask.query.get("fieldSelector").to_owned();
        if !ask.target.name.is_empty() {
            fields = format!("metadata.name={}", ask.target.name);
        }
        Ok(Self {
            namespace: ask.target.home().to_owned(),
            labels: LabelSelector::parse(ask.query.get("labelSelector"))?,
            fields: FieldSelector::parse(subject.resource, &fields)?,
        })
    }

    pub(super) fn everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn covers(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || object.name.namespace == self.namespace)
            && self.labels.matches(object)
            && self.fields.matches(object)
    }
}

/// Where a page goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// -1 for "now, whatever has changed".
    version: i64,
    /// The last object sent.
    after: Name,
}

impl Token {
    fn write(&self) -> String {
        let start = format!("{}/{}\u{0}", self.after.namespace, self.after.name);
        let body = json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": start});
        URL_SAFE_NO_PAD.encode(body.to_string())
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        let bad = |why: &str| {
            Refusal::bad_request(format!(
                "invalid continue token: continue key is not valid: {why}"
            ))
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|e| bad(&e.to_string()))?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|e| bad(&e.to_string()))?;
        if body["v"] != "meta.k8s.io/v1" {
            let why = format!(
                "server does not recognize this encoded version {}",
                body["v"]
            );
            return Err(bad(&why));
        }
        let start = body["start"].as_str().unwrap_or_default();
        let (namespace, name) = start.split_once('/').ok_or_else(|| bad("no start"))?;
        let version = body["rv"].as_i64().filter(|v| *v != 0);
        Ok(Self {
            version: version.ok_or_else(|| bad("incorrect encoded start resourceVersion"))?,
            after: Name::new(namespace, name.trim_end_matches('\u{0}')),
        })
    }
}

struct Page {
    version: u64,
    items: Vec<Arc<Object>>,
    next: Option<String>,
    remaining: Option<usize>,
}

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let form = ask.form()?;
    let choice = Choice::read(ask, subject)?;
    check_options(ask)?;
    let page = {
        let store = ask.site.store();
        page(ask, subject, &choice, &store)?
    };
    Ok(written(ask, subject, &page, form))
}

fn check_options(ask: &Ask) -> Result<(), Refusal> {
    let version = ask.query.get("resourceVersion");
    let resume = !ask.query.get("continue").is_empty();
    let mut causes = Vec::new();
    let field = "resourceVersionMatch";
    let known = match ask.query.get(field) {
        "" => false,
        word => {
            if version.is_empty() {
                causes.push(Cause::forbidden(
                    field,
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                ));
            }
            if resume {
                causes.push(Cause::forbidden(
                    field,
                    "resourceVersionMatch is forbidden when continue is provided",
                ));
            }
            if word != "Exact" && word != "NotOlderThan" {
                causes.push(Cause::unsupported(
                    field,
                    &Value::from(word),
                    "\"Exact\", \"NotOlderThan\", \"\"",
                ));
            }
            word == "Exact"
        }
    };
    if known && version == "0" {
        causes.push(Cause::forbidden(
            field,
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ));
    }
    if ask.query.has("sendInitialEvents") {
        causes.push(Cause::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    if !causes.is_empty() {
        return Err(Refusal::invalid_kind(
            "meta.k8s.io",
            "ListOptions",
            "",
            &causes,
        ));
    }
    if resume && !version.is_empty() && version != "0" {
        return Err(Refusal::bad_request(
            "specifying resource version is not allowed when using continue",
        ));
    }
    Ok(())
}

/// Reads a version; `None` when it is not given.
pub(super) fn version(ask: &Ask) -> Result<Option<u64>, Refusal> {
    match ask.query.get("resourceVersion") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
            Refusal::bad_request(format!(
                "invalid resource version: resourceVersion: Invalid value: {text:?}: {why}"
            ))
        }),
    }
}

fn page(ask: &Ask, subject: &Subject, choice: &Choice, store: &Store) -> Result<Page, Refusal> {
    let asked = version(ask)?.unwrap_or_default();
    if asked > store.version() {
        return Err(Refusal::too_large(asked, store.version()));
    }
    let mut limit: usize = ask.query.get("limit").parse().unwrap_or_default();
    let resume = ask.query.get("continue");
    if !resume.is_empty() {
        let token = Token::read(resume)?;
        if let Ok(then) = u64::try_from(token.version) {
            let objects = store.at(subject.id, then).map_err(|_| too_old(&token))?;
            return Ok(cut(&objects, Some(&token.after), choice, limit, then));
        }
        let objects = now(subject, store);
        return Ok(cut(
            &objects,
            Some(&token.after),
            choice,
            limit,
            store.version(),
        ));
    }
    if ask.query.get("resourceVersionMatch") == "Exact" {
        let old = |_| Refusal::expired("The resourceVersion for the provided list is too old.");
        let objects = store.at(subject.id, asked).map_err(old)?;
        return Ok(cut(&objects, None, choice, limit, asked));
    }
    if ask.query.get("resourceVersion") == "0" {
        // the real server answers from its cache here, whole
        limit = 0;
    }
    Ok(cut(
        &now(subject, store),
        None,
        choice,
        limit,
        store.version(),
    ))
}

fn now(subject: &Subject, store: &Store) -> BTreeMap<Name, Arc<Object>> {
    let all = store.list(subject.id, "");
    all.map(|o| (o.name.clone(), o.clone())).collect()
}

fn too_old(token: &Token) -> Refusal {
    let anew = Token {
        version: -1,
        after: token.after.clone(),
    };
    let mut refusal = Refusal::expired(TOO_OLD_PAGE);
    refusal.resume = Some(anew.write());
    refusal
}

fn cut(
    objects: &BTreeMap<Name, Arc<Object>>,
    after: Option<&Name>,
    choice: &Choice,
    limit: usize,
    version: u64,
) -> Page {
    let all: Vec<&Arc<Object>> = in_namespace(objects, &choice.namespace)
        .filter(|o| after.is_none_or(|last| o.name > *last))
        .filter(|o| choice.covers(o))
        .collect();
    let taken = if limit == 0 {
        all.len()
    } else {
        limit.min(all.len())
    };
    let items: Vec<Arc<Object>> = all[..taken].iter().map(|o| Arc::clone(o)).collect();
    let left = all.len() - taken;
    let next = items.last().filter(|_| left > 0).map(|last| {
        Token {
            version: i64::try_from(version).unwrap_or(-1),
            after: last.name.clone(),
        }
        .write()
    });
    Page {
        version,
        items,
        next,
        remaining: (left > 0 && choice.everything()).then_some(left),
    }
}

fn metadata(page: &Page) -> Value {
    let mut meta = Map::new();
    meta.insert(
        "resourceVersion".to_owned(),
        Value::from(page.version.to_string()),
    );
    if let Some(next) = &page.next {
        meta.insert("continue".to_owned(), Value::from(next.as_str()));
    }
    if let Some(left) = page.remaining {
        meta.insert("remainingItemCount".to_owned(), Value::from(left));
    }
    Value::from(meta)
}

fn written(ask: &Ask, subject: &Subject, page: &Page, form: Form) -> Response {
    let r = subject.resource;
    let (kind, version) = match form {
        Form::Metadata => (
            "PartialObjectMetadataList".to_owned(),
            "meta.k8s.io/v1".to_owned(),
        ),
        Form::Table => {
            let rows: Vec<Value> = page
                .items
                .iter()
                .map(|o| {
                    table::row(
                        r,
                        &o.value(),
                        ask.query.get("includeObject"),
                        ask.site.now(),
                    )
                })
                .collect();
            let body = table::table(r, &metadata(page), &rows, true);
            return super::json(StatusCode::OK, &body);
        }
        Form::Plain | Form::Discovery => (format!("{}List", r.kind), r.api_version()),
    };
    let mut out = format!(
        "{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{},\"items\":[",
        metadata(page)
    )
    .into_bytes();
    for (i, object) in page.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        if form == Form::Metadata {
            let partial = table::partial(&object.value());
            out.extend_from_slice(partial.to_string().as_bytes());
        } else if r.custom {
            out.extend_from_slice(&object.json());
        } else {
            out.push(b'{');
            out.extend_from_slice(&object.tail());
        }
    }
    out.extend_from_slice(b"]}\n");
    respond(StatusCode::OK, "application/json", Body::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_way_to_the_client_and_back() {
        let token = Token {
            version: 42,
            after: Name::new("ml-fraud", "train-7"),
        };
        assert_eq!(Token::read(&token.write()).unwrap(), token);
        for bad in ["", "%%%", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ"] {
            assert!(Token::read(bad).is_err(), "{bad}");
        }
    }
}
