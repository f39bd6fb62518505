//! A scripted API server: config maps with lists by pages and watches, and a hook that a test can put before it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;

use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use super::answers::Answer;
use super::answers::{chunks, line, reply, scripted, status};

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub auth: String,
    pub body: String,
    /// How many requests of this sort (list, watch, other) came before it.
    pub nth: usize,
}

impl Seen {
    pub fn is_watch(&self) -> bool {
        self.query.contains_key("watch")
    }
    pub fn is_list(&self) -> bool {
        self.path.ends_with("configmaps") && !self.is_watch()
    }
    fn sort(&self) -> u8 {
        u8::from(self.is_list()) + 2 * u8::from(self.is_watch())
    }
}

type Hook = Box<dyn Fn(&Seen) -> Option<Answer> + Send + Sync>;

#[derive(Default)]
struct Inner {
    objects: BTreeMap<(String, String), Value>,
    version: u64,
    log: Vec<(u64, &'static str, Value)>,
    /// Versions before this are gone.
    compacted: u64,
    seen: Vec<Seen>,
    hook: Option<Arc<Hook>>,
}

#[derive(Clone)]
pub struct Server {
    pub addr: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    changed: watch::Sender<u64>,
    /// Watches end when this changes.
    kicked: watch::Sender<u64>,
    folder: Arc<tempfile::TempDir>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            addr: listener.local_addr().unwrap(),
            inner: Arc::default(),
            changed: watch::Sender::new(0),
            kicked: watch::Sender::new(0),
            folder: Arc::new(tempfile::tempdir().unwrap()),
        };
        let router = Router::new().fallback(handle).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// A kubeconfig for it, with this user.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.kubeconfig_at(self.addr, user)
    }

    /// The same through another address.
    pub fn kubeconfig_at(&self, addr: SocketAddr, user: &str) -> PathBuf {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: c\n  cluster: {{server: 'http://{addr}'}}\ncontexts:\n- name: test\n  context: {{cluster: c, user: u, namespace: team-a}}\n- name: other\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {user}\n"
        );
        self.file("kubeconfig", &text)
    }

    /// A file beside the kubeconfig.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Answers with the hook first.
    pub fn hook(&self, hook: impl Fn(&Seen) -> Option<Answer> + Send + Sync + 'static) {
        self.lock().hook = Some(Arc::new(Box::new(hook)));
    }

    pub fn unhook(&self) {
        self.lock().hook = None;
    }

    /// Creates or changes a config map.
    pub fn put(&self, namespace: &str, name: &str, value: &str) {
        self.put_json(namespace, name, json!({ "data": { "v": value } }));
    }

    /// The same with any fields.
    pub fn put_json(&self, namespace: &str, name: &str, mut object: Value) {
        let mut inner = self.lock();
        inner.version += 1;
        let version = inner.version;
        object["metadata"] = json!({
            "name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"),
            "resourceVersion": version.to_string(),
        });
        let key = (namespace.to_owned(), name.to_owned());
        let sort = if inner.objects.insert(key, object.clone()).is_some() {
            "MODIFIED"
        } else {
            "ADDED"
        };
        inner.log.push((version, sort, object));
        drop(inner);
        self.changed.send_replace(version);
    }

    pub fn delete(&self, namespace: &str, name: &str) {
        let mut inner = self.lock();
        inner.version += 1;
        let version = inner.version;
        let key = (namespace.to_owned(), name.to_owned());
        let Some(mut object) = inner.objects.remove(&key) else {
            return;
        };
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        inner.log.push((version, "DELETED", object));
        drop(inner);
        self.changed.send_replace(version);
    }

    /// Forgets the history up to now, as a compaction of etcd does.
    pub fn compact(&self) {
        let mut inner = self.lock();
        inner.compacted = inner.version;
    }

    /// Ends all watches, as a server does when their time is over.
    pub fn end_watches(&self) {
        self.kicked.send_modify(|n| *n += 1);
    }

    /// `namespace/name` to value of all there is.
    pub fn truth(&self) -> BTreeMap<String, String> {
        let inner = self.lock();
        let value = |o: &Value| o["data"]["v"].as_str().unwrap_or_default().to_owned();
        inner
            .objects
            .iter()
            .map(|((ns, name), o)| (format!("{ns}/{name}"), value(o)))
            .collect()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    pub fn lists(&self) -> usize {
        self.lock().seen.iter().filter(|s| s.is_list()).count()
    }

    pub fn watches(&self) -> usize {
        self.lock().seen.iter().filter(|s| s.is_watch()).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn note(&self, parts: &axum::http::request::Parts, body: &[u8]) -> (Seen, Option<Arc<Hook>>) {
        let query = parts.uri.query().unwrap_or_default();
        let query = query.split('&').filter_map(|p| p.split_once('='));
        let mut seen = Seen {
            path: parts.uri.path().to_owned(),
            query: query
                .map(|(k, v)| {
                    (
                        k.to_owned(),
                        v.replace("%2C", ",")
                            .replace("%3D", "=")
                            .replace("%40", "@"),
                    )
                })
                .collect(),
            auth: parts
                .headers
                .get("authorization")
                .map(|v| v.to_str().unwrap().to_owned())
                .unwrap_or_default(),
            body: String::from_utf8_lossy(body).into_owned(),
            nth: 0,
        };
        let mut inner = self.lock();
        seen.nth = inner
            .seen
            .iter()
            .filter(|s| s.sort() == seen.sort())
            .count();
        inner.seen.push(seen.clone());
        (seen, inner.hook.clone())
    }

    fn list(&self, seen: &Seen) -> Response {
        let inner = self.lock();
        let after = seen.query.get("continue").cloned().unwrap_or_default();
        if let Some((_, version)) = after.split_once('@')
            && version.parse::<u64>().unwrap() < inner.compacted
        {
            return status(410, "The provided continue parameter is too old", &[]);
        }
        let limit: usize = seen
            .query
            .get("limit")
            .map_or(usize::MAX, |l| l.parse().unwrap());
        let namespace = namespace(&seen.path);
        let from = after.split('@').next().unwrap_or_default().to_owned();
        let mut all = inner
            .objects
            .iter()
            .filter(|((ns, _), _)| namespace.is_none_or(|n| n == ns))
            .filter(|((ns, name), _)| format!("{ns}_{name}") > from)
            .filter(|((_, name), _)| {
                seen.query
                    .get("fieldSelector")
                    .is_none_or(|s| *s == format!("metadata.name={name}"))
            });
        let page: Vec<_> = all.by_ref().take(limit).collect();
        let rest = all.count();
        let next = match page.last() {
            Some(((ns, name), _)) if rest > 0 => format!("{ns}_{name}@{}", inner.version),
            _ => String::new(),
        };
        let items: Vec<&Value> = page.iter().map(|(_, o)| *o).collect();
        reply(&json!({
            "kind": "ConfigMapList", "apiVersion": "v1",
            "metadata": { "resourceVersion": inner.version.to_string(), "continue": next },
            "items": items,
        }))
    }

    fn watch(&self, seen: &Seen) -> Response {
        let from: u64 = seen
            .query
            .get("resourceVersion")
            .map_or(0, |v| v.parse().unwrap());
        let limit: u64 = seen
            .query
            .get("timeoutSeconds")
            .map_or(60, |v| v.parse().unwrap());
        if from < self.lock().compacted {
            let gone = json!({ "kind": "Status", "code": 410, "status": "Failure", "reason": "Expired", "message": "too old resource version" });
            return chunks(stream::iter([Ok(line("ERROR", &gone))]));
        }
        let server = self.clone();
        let namespace = namespace(&seen.path).map(str::to_owned);
        let (changed, mut kicked) = (self.changed.subscribe(), self.kicked.subscribe());
        let end = tokio::time::Instant::now() + Duration::from_secs(limit);
        kicked.mark_unchanged();
        chunks(stream::unfold(from, move |mut from| {
            let (server, namespace) = (server.clone(), namespace.clone());
            let (mut changed, mut kicked) = (changed.clone(), kicked.clone());
            async move {
                loop {
                    let next = server
                        .lock()
                        .log
                        .iter()
                        .find(|(v, _, _)| *v > from)
                        .cloned();
                    if let Some((version, sort, object)) = next {
                        let here = namespace
                            .as_deref()
                            .is_none_or(|n| object["metadata"]["namespace"] == n);
                        from = version;
                        if here {
                            return Some((Ok(line(sort, &object)), version));
                        }
                        continue;
                    }
                    tokio::select! {
                        _ = changed.changed() => {}
                        _ = kicked.changed() => return None,
                        () = tokio::time::sleep_until(end) => return None,
                    }
                }
            }
        }))
    }
}

fn namespace(path: &str) -> Option<&str> {
    path.split("/namespaces/")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
}

async fn handle(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let (seen, hook) = server.note(&parts, &body);
    if let Some(answer) = hook.and_then(|hook| hook(&seen)) {
        return scripted(answer);
    }
    if seen.path == "/version" {
        return reply(&json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.0" }));
    }
    if !seen.path.ends_with("/configmaps") {
        return status(404, "the server could not find the requested resource", &[]);
    }
    if seen.is_watch() {
        server.watch(&seen)
    } else {
        server.list(&seen)
    }
}
