//! The way for people who may not list the whole cluster: one watch for each namespace they may read. Does I/O.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::task::JoinHandle;

use super::backoff::{Backoff, unit};
use super::family::Family;
use super::report::Report;
use super::source::{Part, Source, full_name};
use super::trouble::Trouble;
use super::watch::feed;
use crate::domain::{SourceId, SourceState};
use crate::fault::FaultKind;
use crate::kinds::{Kind, KindSpec};
use crate::store::{Batch, Change, News, Scope};

/// Most namespaces watched at the same time.
const WATCHED: usize = 30;
/// Most namespaces asked about.
const ASKED: usize = 60;
/// Reviews asked at the same time.
const AT_ONCE: usize = 8;

/// Watches namespaces until the whole cluster may be listed (`Some`) or nobody listens (`None`).
pub(crate) async fn run<K: Kind>(source: &Source, denied: Trouble) -> Option<()> {
    let mut fallback = Fallback::new(source.clone(), denied, K::SPEC);
    loop {
        let allowed = fallback.allowed().await;
        fallback.adjust::<K>(&allowed).await?;
        fallback.idle().await?;
        if fallback.whole_works().await {
            return fallback.end().await;
        }
    }
}

struct Fallback {
    source: Source,
    spec: KindSpec,
    denied: Trouble,
    report: Report,
    family: Arc<Family>,
    children: BTreeMap<String, Child>,
    backoff: Backoff,
    again: Instant,
}

struct Child {
    id: SourceId,
    task: JoinHandle<()>,
}

impl Drop for Child {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a whole reads, in one namespace.
fn part_of(whole: &Part, name: &str) -> Part {
    match whole {
        Part::Want(Scope::Labelled { selector, .. }) => Part::Want(Scope::Labelled {
            namespace: name.to_owned(),
            selector: selector.clone(),
        }),
        _ => Part::Namespace(name.to_owned()),
    }
}

/// The namespaces that may be read.
#[derive(Debug, Default)]
struct Allowed {
    names: Vec<String>,
    /// Some were not asked about, for there are too many.
    cut: bool,
}

impl Fallback {
    fn new(source: Source, denied: Trouble, spec: KindSpec) -> Self {
        let options = &source.link.options;
        let report = Report::new(
            source.id.clone(),
            format!(
                "{} denied; asking which namespaces may be read",
                source.endpoint(&spec)
            ),
            options.alive,
            Timestamp::now(),
        );
        Self {
            backoff: Backoff::denials(options),
            source,
            spec,
            denied,
            report,
            family: Arc::default(),
            children: BTreeMap::new(),
            again: Instant::now(),
        }
    }

    /// Asks which namespaces may be read: those the person named, the context's own, those that can be listed.
    async fn allowed(&self) -> Allowed {
        let mut asked: Vec<String> = Vec::new();
        let link = &self.source.link;
        let own = link
            .options
            .namespaces
            .iter()
            .chain([&link.target.namespace]);
        for name in own.cloned().chain(self.listed().await) {
            if is_name(&name) && !asked.contains(&name) {
                asked.push(name);
            }
        }
        let cut = asked.len() > ASKED;
        asked.truncate(ASKED);
        let mut reviews = futures::stream::iter(asked)
            .map(|name| async move { self.may_list(&name).await.then_some(name) })
            .buffered(AT_ONCE);
        let mut names = Vec::new();
        while let Some(name) = reviews.next().await {
            names.extend(name);
        }
        Allowed { names, cut }
    }

    async fn listed(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            metadata: Meta,
        }
        #[derive(Deserialize)]
        struct Meta {
            name: String,
        }
        let path = "/api/v1/namespaces?limit=500";
        let list: Result<List, _> = self.source.link.get(path, "list namespaces").await;
        list.map_or_else(
            |_| Vec::new(),
            |list| list.items.into_iter().map(|i| i.metadata.name).collect(),
        )
    }

    /// A review that itself is refused says nothing: the namespace is tried.
    async fn may_list(&self, namespace: &str) -> bool {
        #[derive(Deserialize)]
        struct Review {
            status: Verdict,
        }
        #[derive(Deserialize)]
        struct Verdict {
            allowed: bool,
        }
        let body = serde_json::json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "namespace": namespace, "verb": "list",
                "group": self.spec.group, "resource": self.spec.plural,
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let review: Result<Review, Trouble> = self
            .source
            .link
            .review(path, &body, "review your access")
            .await;
        match review {
            Ok(review) => review.status.allowed,
            Err(t) if t.is_outage() || t.kind == FaultKind::Busy => {
                self.children.contains_key(namespace)
            }
            Err(_) => true,
        }
    }

    /// Starts and stops watches so that those allowed run.
    async fn adjust<K: Kind>(&mut self, allowed: &Allowed) -> Option<()> {
        let names: Vec<String> = allowed.names.iter().take(WATCHED).cloned().collect();
        let gone: Vec<String> = self
            .children
            .keys()
            .filter(|name| !names.contains(name))
            .cloned()
            .collect();
        for name in gone {
            self.stop(&name).await?;
        }
        if self.children.is_empty() && !names.is_empty() {
            // what the whole kind showed before now comes from the namespaces
            self.tell(News::Rows(Box::new(Batch::<K::Row> {
                source: self.source.id.clone(),
                changes: vec![Change::Restart, Change::Swap],
            })))
            .await?;
        }
        for name in &names {
            if !self.children.contains_key(name) {
                self.start::<K>(name);
            }
        }
        self.say(allowed, &names);
        Some(())
    }

    fn start<K: Kind>(&mut self, name: &str) {
        let id = SourceId {
            scope: name.to_owned(),
            ..self.source.id.clone()
        };
        let source = Source {
            id: id.clone(),
            part: part_of(&self.source.part, name),
            family: Some(self.family.clone()),
            ..self.source.clone()
        };
        self.family.tell(&id, SourceState::Connecting, 0);
        let task = tokio::spawn(feed::<K>(source));
        self.children.insert(name.to_owned(), Child { id, task });
    }

    async fn stop(&mut self, name: &str) -> Option<()> {
        let Some(mut child) = self.children.remove(name) else {
            return Some(());
        };
        child.task.abort();
        // its last news must not come after the one that forgets it
        let _ = (&mut child.task).await;
        self.family.forget(&child.id);
        super::locked(&self.source.owned).remove(&child.id);
        self.tell(News::Forget(child.id.clone())).await
    }

    async fn tell(&self, news: News) -> Option<()> {
        self.source.tx.send(news).await.ok()
    }

    fn say(&mut self, allowed: &Allowed, watched: &[String]) {
        let now = Timestamp::now();
        let fault = self.denied.fault(&self.source.name(), now);
        let server = &self.source.link.target.server;
        if watched.is_empty() {
            self.report
                .set_endpoint(format!("{server}: no namespace may be read"));
            self.report.set_state(SourceState::Denied, now);
            self.report.set_fault(fault.hint(
                "Ask for a role with get, list and watch on it, or name a namespace you may read with -n.",
            ));
        } else {
            let more = if allowed.cut { " or more" } else { "" };
            let all = allowed.names.len();
            let count = match (watched.len(), all) {
                (1, 1) => "1 namespace".to_owned(),
                (n, all) if n == all => format!("{n}{more} namespaces"),
                (n, all) => format!("{n} of {all}{more} namespaces"),
            };
            self.report.set_endpoint(format!(
                "{count}: {} (the whole cluster is denied)",
                watched.join(", ")
            ));
            self.report.set_fault(fault);
            self.sum();
        }
        let wait = self.backoff.next(unit());
        self.again = Instant::now() + wait;
        self.report.set_retry(now.checked_add(wait).ok());
    }

    fn sum(&mut self) {
        let (state, rows) = self.family.sum();
        self.report.set_state(state, Timestamp::now());
        self.report
            .set_rows(usize::try_from(rows).unwrap_or(usize::MAX));
        if state == SourceState::Live {
            self.report.set_seen(Some(Timestamp::now()));
        }
    }

    /// Tells how the namespaces are until it is time to ask again.
    async fn idle(&mut self) -> Option<()> {
        let tx = self.source.tx.clone();
        let until = self.again;
        let mut back = self.source.link.back.subscribe();
        loop {
            let due = self.report.is_due(Instant::now());
            tokio::select! {
                biased;
                kicked = self.source.kick.changed() => {
                    self.backoff.reset();
                    return kicked.ok();
                }
                permit = tx.reserve(), if due => {
                    let row = self.report.take(Instant::now());
                    permit.ok()?.send(News::Source(Box::new(row)));
                }
                () = tx.closed() => return None,
                () = tokio::time::sleep_until(until.into()) => return Some(()),
                Ok(()) = back.changed(), if self.children.is_empty() => return Some(()),
                () = self.family.changed.notified() => if !self.children.is_empty() { self.sum() },
            }
        }
    }

    /// The whole cluster may be listed after all.
    async fn whole_works(&mut self) -> bool {
        let path = format!("{}?limit=1", self.source.path(&self.spec));
        let what = format!("list {}", full_name(&self.spec));
        let answer: Result<serde::de::IgnoredAny, Trouble> =
            self.source.link.get(&path, &what).await;
        match answer {
            Ok(_) => true,
            Err(trouble) => {
                if trouble.kind == FaultKind::Denied {
                    self.denied = trouble;
                }
                false
            }
        }
    }

    async fn end(mut self) -> Option<()> {
        let names: Vec<String> = self.children.keys().cloned().collect();
        for name in names {
            self.stop(&name).await?;
        }
        Some(())
    }
}

/// A name that can stand in a URL as it is.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
