//! Watches: the present state or the changes after a version, then what happens, until the client or the time ends
//! it. I/O: a stream that waits on the store.
//!
//! Source: k8s.io/apiserver `endpoints/handlers/watch.go`, `storage/cacher`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures::Stream;
use http::StatusCode;
use hyper::body::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::accept::Form;
use super::list::{Choice, version};
use super::{Ask, Subject, respond, table};
use crate::demo::catalog::{Id, Resource};
use crate::demo::refusal::{Cause, Refusal};
use crate::demo::site::Site;
use crate::demo::store::{Change, ChangeKind, Object, Store, TooOld};

/// How often a bookmark is sent when nothing else is.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// The last bookmark comes this long before the end.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    check_options(ask)?;
    let mut watcher = Watcher::new(ask, subject)?;
    watcher.start(version(ask)?);
    let stream = events(watcher);
    Ok(respond(
        StatusCode::OK,
        "application/json",
        Body::from_stream(stream),
    ))
}

fn check_options(ask: &Ask) -> Result<(), Refusal> {
    let initial = ask.query.has("sendInitialEvents");
    let word = ask.query.get("resourceVersionMatch");
    let mut causes = Vec::new();
    let field = "resourceVersionMatch";
    if initial && word != "NotOlderThan" {
        causes.push(Cause::forbidden(
            field,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    if !initial && !word.is_empty() {
        causes.push(Cause::forbidden(
            field,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ));
    }
    if !word.is_empty() && word != "NotOlderThan" {
        causes.push(Cause::unsupported(field, &json!(word), "\"NotOlderThan\""));
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid_kind(
        "meta.k8s.io",
        "ListOptions",
        "",
        &causes,
    ))
}

struct Watcher {
    site: Arc<Site>,
    id: Id,
    resource: &'static Resource,
    choice: Choice,
    form: Form,
    include: String,
    bookmarks: bool,
    initial: Option<bool>,
    /// Changes up to this version have been sent.
    seen: u64,
    ready: VecDeque<Bytes>,
    headings_sent: bool,
    over: bool,
    changed: watch::Receiver<u64>,
    deadline: Instant,
    next_bookmark: Instant,
}

impl Watcher {
    fn new(ask: &Ask, subject: &Subject) -> Result<Self, Refusal> {
        let seconds = match ask.query.get("timeoutSeconds").parse::<u64>() {
            Ok(n) if n > 0 => n,
            _ => 1_800 + ask.site.below(1_800),
        };
        let now = Instant::now();
        let deadline = now + Duration::from_secs(seconds);
        let last = deadline
            .checked_sub(BOOKMARK_BEFORE_END)
            .unwrap_or(deadline);
        let changed = ask.site.store().subscribe();
        let initial = ask.query.has("sendInitialEvents");
        Ok(Self {
            site: ask.site.clone(),
            id: subject.id,
            resource: subject.resource,
            choice: Choice::read(ask, subject)?,
            form: ask.form()?,
            include: ask.query.get("includeObject").to_owned(),
            bookmarks: ask.query.flag("allowWatchBookmarks"),
            initial: initial.then(|| ask.query.flag("sendInitialEvents")),
            seen: 0,
            ready: VecDeque::new(),
            headings_sent: false,
            over: false,
            changed,
            deadline,
            next_bookmark: last.min(now + BOOKMARK_EVERY),
        })
    }

    fn start(&mut self, from: Option<u64>) {
        let site = self.site.clone();
        let store = site.store();
        let from = from.unwrap_or_default();
        let present = self.initial.unwrap_or(from == 0);
        if present {
            let all = store.list(self.id, &self.choice.namespace);
            let chosen: Vec<Bytes> = all
                .filter(|o| self.choice.covers(o))
                .map(|o| o.json())
                .collect();
            for object in chosen {
                self.say("ADDED", &object);
            }
            self.seen = store.version();
            if self.initial == Some(true) && self.bookmarks {
                self.bookmark(true);
            }
        } else {
            self.seen = if from == 0 { store.version() } else { from };
            self.gather(&store);
        }
    }

    /// Takes what happened since the last time.
    fn gather(&mut self, store: &Store) {
        match store.since(self.id, self.seen) {
            Ok(changes) => {
                for change in changes {
                    self.tell(change);
                }
                self.seen = self.seen.max(store.version());
            }
            Err(TooOld { asked, oldest }) => {
                let why = format!("too old resource version: {asked} ({oldest})");
                let event = json!({"type": "ERROR", "object": Refusal::expired(why).body()});
                self.push(&event);
                self.over = true;
            }
        }
    }

    /// A change as seen through the selectors: what comes into view was added, what leaves it was deleted.
    fn tell(&mut self, change: &Change) {
        let now = change.kind != ChangeKind::Deleted && self.choice.covers(&change.object);
        let before = change.before.as_ref().filter(|b| self.choice.covers(b));
        match (before, now) {
            (None, true) => self.say("ADDED", &change.object.json()),
            (Some(_), true) => self.say("MODIFIED", &change.object.json()),
            (Some(_), false) if change.kind == ChangeKind::Deleted => {
                self.say("DELETED", &change.object.json());
            }
            (Some(before), false) => {
                let mut last = before.value();
                last["metadata"]["resourceVersion"] = json!(change.object.version.to_string());
                let last = Object::new(self.resource, change.object.version, &last);
                self.say("DELETED", &last.json());
            }
            (None, false) => {}
        }
    }

    fn say(&mut self, kind: &str, object: &Bytes) {
        if self.form == Form::Plain {
            let mut line = format!("{{\"type\":\"{kind}\",\"object\":").into_bytes();
            line.extend_from_slice(object);
            line.extend_from_slice(b"}\n");
            self.ready.push_back(Bytes::from(line));
            return;
        }
        // the store wrote it, so it can be read
        let value = serde_json::from_slice(object).unwrap_or_default();
        self.say_shaped(kind, &value);
    }

    fn say_shaped(&mut self, kind: &str, value: &Value) {
        let now = self.site.now();
        let mut object = table::shaped(self.resource, value, self.form, &self.include, now);
        if self.form == Form::Table {
            if self.headings_sent {
                object["columnDefinitions"] = json!([]);
            }
            self.headings_sent = true;
        }
        self.push(&json!({"type": kind, "object": object}));
    }

    fn push(&mut self, event: &Value) {
        self.ready.push_back(Bytes::from(format!("{event}\n")));
    }

    fn bookmark(&mut self, end_of_initial: bool) {
        let mut meta = Map::new();
        meta.insert("resourceVersion".to_owned(), json!(self.seen.to_string()));
        meta.insert("creationTimestamp".to_owned(), Value::Null);
        if end_of_initial {
            meta.insert(
                "annotations".to_owned(),
                json!({"k8s.io/initial-events-end": "true"}),
            );
        }
        let r = self.resource;
        let object = json!({"kind": r.kind, "apiVersion": r.api_version(), "metadata": meta});
        self.say_shaped("BOOKMARK", &object);
    }

    /// Waits for the next change, bookmark or end.
    async fn wait(&mut self) {
        let wake = if self.bookmarks {
            self.next_bookmark.min(self.deadline)
        } else {
            self.deadline
        };
        tokio::select! {
            news = self.changed.changed() => {
                if news.is_err() {
                    self.over = true;
                    return;
                }
                let site = self.site.clone();
                let store = site.store();
                self.gather(&store);
            }
            () = tokio::time::sleep_until(wake) => {
                let now = Instant::now();
                if now >= self.deadline {
                    self.over = true;
                } else {
                    self.bookmark(false);
                    let last = self.deadline.checked_sub(BOOKMARK_BEFORE_END);
                    self.next_bookmark = match last {
                        Some(last) if last > now => last.min(now + BOOKMARK_EVERY),
                        _ => self.deadline,
                    };
                }
            }
        }
    }
}

/// One chunk per event; several that are ready leave together.
fn events(watcher: Watcher) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures::stream::unfold(watcher, |mut w| async move {
        while w.ready.is_empty() && !w.over {
            w.wait().await;
        }
        match w.ready.len() {
            0 => None,
            1 => w.ready.pop_front().map(|chunk| (Ok(chunk), w)),
            _ => {
                let all: Vec<Bytes> = w.ready.drain(..).collect();
                Some((Ok(Bytes::from(all.concat())), w))
            }
        }
    })
}
