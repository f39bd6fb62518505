//! Services beside Kubernetes, for acting on what lives in them. I/O.
//!
//! Where the API server passes requests on, a write goes over the line of the writer: it is bound to the cluster that was
//! met first, and knows whether the request left. Elsewhere it is sent once by the backend itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};

use crate::act::{Reply, Seen, sha256};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, Place};
use crate::feed::kube::{Options, Sent, Target, Writer};
use crate::plan::{Home, Step};

/// Between two looks at an object, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));

/// The services of one cluster. Cheap to clone.
#[derive(Clone)]
pub(super) struct Backends {
    target: Target,
    options: Options,
    /// Made when one is first asked.
    made: Arc<Mutex<BTreeMap<&'static str, Arc<Backend>>>>,
}

impl std::fmt::Debug for Backends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backends({})", self.target.id)
    }
}

impl Backends {
    pub(super) fn new(target: Target, options: Options) -> Self {
        Self {
            target,
            options,
            made: Arc::default(),
        }
    }

    fn backend(&self, home: Home) -> Result<Arc<Backend>, Fault> {
        self.named(home.name(), home.title())
    }

    fn named(&self, name: &'static str, title: &str) -> Result<Arc<Backend>, Fault> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = made.get(name) {
            return Ok(backend.clone());
        }
        let backend = Backend::open(self.target.clone(), self.options.clone(), name);
        let backend = backend.map(Arc::new).ok_or_else(|| {
            let what = format!("{title} is not known here");
            Fault::new(
                self.target.id.as_str(),
                FaultKind::Config,
                what,
                Timestamp::now(),
            )
        })?;
        made.insert(name, backend.clone());
        Ok(backend)
    }

    /// What Prometheus answers to a question about now.
    pub(super) async fn query(&self, promql: &str) -> Result<Value, Fault> {
        let backend = self.named("prometheus", "Prometheus")?;
        let form = [("query", promql)];
        let reply = backend.post_form("/api/v1/query", &form).await?;
        Ok(backend.decode(&reply).await?)
    }

    /// Where a service is now.
    pub(super) async fn place(&self, home: Home) -> Result<String, Fault> {
        Ok(self.backend(home)?.place().await?.at)
    }

    /// Reads an object, in the shape that plans know.
    pub(super) async fn read(&self, home: Home, path: &str) -> Result<Value, Fault> {
        let backend = self.backend(home)?;
        let reply = backend.get(path, &[]).await?;
        let body: Value = backend.decode(&reply).await?;
        let place = backend.place().await?;
        let object = home.shape(path, body);
        if object.is_null() {
            let what = format!("{} does not have it any more", home.title());
            let source = self.target.id.as_str();
            return Err(Fault::new(source, FaultKind::Gone, what, Timestamp::now()));
        }
        Ok(marked(object, &place))
    }

    /// Sends one request of a plan, once.
    pub(super) async fn send(&self, home: Home, step: &Step, writer: &Writer) -> Reply {
        let backend = match self.backend(home) {
            Ok(backend) => backend,
            Err(fault) => return Reply::NotSent(fault),
        };
        let place = match backend.place().await {
            Ok(place) => place,
            Err(fault) => return Reply::NotSent(fault),
        };
        let path = Home::of(&step.path).1;
        match &place.proxy {
            Some(proxy) => {
                let step = Step {
                    path: format!("{proxy}{path}"),
                    ..step.clone()
                };
                passed_on(writer.send(&step, false).await, home)
            }
            None => sent(&backend, step, path).await,
        }
    }

    /// The object now and then: at first often, then less.
    pub(super) fn follow(&self, home: Home, path: &str) -> Receiver<Seen> {
        let (tx, rx) = channel(1);
        let (all, path) = (self.clone(), path.to_owned());
        tokio::spawn(async move {
            let mut pause = PAUSES.0;
            loop {
                let seen = match all.read(home, &path).await {
                    Ok(object) => Seen::Object(Box::new(object)),
                    Err(fault) if fault.kind == FaultKind::Gone => Seen::Absent,
                    Err(fault) => Seen::Trouble(fault),
                };
                if tx.send(seen).await.is_err() {
                    return;
                }
                tokio::select! {
                    () = tx.closed() => return,
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES.1),
                }
            }
        });
        rx
    }
}

/// With where it was read, and a version of its own: what a person decides on.
fn marked(mut object: Value, place: &Place) -> Value {
    let version = object.get("spec").map(|spec| {
        sha256(spec.to_string().as_bytes())
            .chars()
            .take(16)
            .collect::<String>()
    });
    let meta = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(meta) = meta {
        meta.insert("endpoint".to_owned(), place.at.clone().into());
        if place.proxied {
            meta.insert("service".to_owned(), place.at.clone().into());
        }
        meta.insert(
            "resourceVersion".to_owned(),
            version.unwrap_or_default().into(),
        );
    }
    object
}

/// What came of a request that the API server passes on.
fn passed_on(sent: Sent, home: Home) -> Reply {
    match sent {
        // a page or a text is nobody's word that it was done
        Sent::Answered(200..300, body)
            if !(body.is_object() || body.is_null() && home.is_terse()) =>
        {
            let what = format!(
                "{} answered with something that is no data: a login page, most likely",
                home.title()
            );
            Reply::Lost(Fault::new(
                home.name(),
                FaultKind::Denied,
                what,
                Timestamp::now(),
            ))
        }
        Sent::Answered(status, body) => Reply::Answered { status, body },
        Sent::NotSent(fault) => Reply::NotSent(fault),
        Sent::Lost(fault) => Reply::Lost(fault),
    }
}

async fn sent(backend: &Backend, step: &Step, path: &str) -> Reply {
    let Ok(method) = Method::from_bytes(step.method.as_bytes()) else {
        let what = format!("{} is no method", step.method);
        return Reply::NotSent(Fault::new(
            "act",
            FaultKind::Malformed,
            what,
            Timestamp::now(),
        ));
    };
    match backend.send(method, path, Some(&step.body)).await {
        Ok(reply) => Reply::Answered {
            status: reply.status,
            body: reply.value().unwrap_or_default(),
        },
        Err(failed) => match failed.reply {
            Some(reply) => Reply::Answered {
                status: reply.status,
                // as it reads for a person: the answer itself may be a page, or not fit to be shown
                body: serde_json::json!({"message": failed.fault.what}),
            },
            None if failed.lost => Reply::Lost(failed.fault),
            None => Reply::NotSent(failed.fault),
        },
    }
}
