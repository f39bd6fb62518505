//! One cluster, for acting on it: what it is, single requests of which none is repeated, and following one object.
//! Does I/O. Called by `shell`, which gives it to the action plane.
//!
//! | file | owns |
//! |---|---|
//! | `line` | a line to a server, built from settings that were just read; which cluster it is |
//! | `single` | one request on a connection of its own |
//! | `answer` | reading answers within limits |
//! | `follow` | one object, watched |
//! | `person` | who runs this program |
//!
//! A writer stays with the cluster that it met first. The kubeconfig is read anew each time somebody asks which cluster
//! it is; when it then means another one, that is told, and nothing is sent any more until it is the first one again.

mod answer;
mod follow;
mod line;
mod person;
mod single;

use std::sync::{Arc, Mutex};

use http::{Request, StatusCode, header};
use hyper::body::Incoming;
use jiff::Timestamp;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use self::answer::Limits;
use self::line::{Line, Whole};
pub use self::person::os_user;
use self::single::Left;
use super::connect::{Login, Target};
use super::locked;
use super::options::Options;
use super::trouble::Trouble;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{Cluster, Operator, Step};

const REVIEW: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/// What became of a request that changes something.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// The server answered: HTTP status and body. A body that is no JSON is a text, one that cannot be read is null:
    /// the status counts.
    Answered(u16, Value),
    /// It certainly did not leave.
    NotSent(Fault),
    /// It left, or may have, and no answer came.
    Lost(Fault),
}

/// What following an object shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// As it is.
    Object(Box<Value>),
    /// It is not there.
    Absent,
    /// Cannot be seen at the moment.
    Trouble(Fault),
}

/// One cluster, for acting on it. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    options: Options,
    /// Held while a line is made; what a plugin gave last.
    making: tokio::sync::Mutex<Option<Login>>,
    line: Mutex<Option<Arc<Line>>>,
    /// The cluster that was met first.
    first: Mutex<Option<Cluster>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({})", self.inner.target.server)
    }
}

impl Writer {
    /// Connects when the first question is asked.
    #[must_use]
    pub fn new(target: Target, options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                target,
                options,
                making: tokio::sync::Mutex::default(),
                line: Mutex::default(),
                first: Mutex::default(),
            }),
        }
    }

    /// Which cluster it is now: the kubeconfig is read anew and its server asked. From here on everything goes there,
    /// unless it is another one than before: then nothing is sent at all.
    pub async fn cluster(&self) -> Result<Cluster, Fault> {
        let line = self.connect(Wanted::New).await;
        line.map(|line| line.cluster.clone())
            .map_err(|t| self.fault(&t))
    }

    /// Who acts, as the kubeconfig, the server and the operating system know. What cannot be found out is empty.
    pub async fn operator(&self) -> Operator {
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let review = self.ask(REVIEW, &body, "ask who you are").await;
        let review = review.unwrap_or_default();
        let user = review.pointer("/status/userInfo/username");
        Operator {
            context_user: Clean::new(&self.inner.target.user),
            cluster_user: Clean::new(user.and_then(Value::as_str).unwrap_or_default()),
            os_user: person::os_user(),
            host: person::host(),
        }
    }

    /// Reads an object or a list as it is served. `what` completes "You may not …".
    pub async fn read(&self, path: &str, what: &str) -> Result<Value, Fault> {
        self.json(&|| Request::get(path).body(Vec::new()), what)
            .await
    }

    /// Posts something that is not stored, and reads the answer.
    pub async fn ask(&self, path: &str, body: &Value, what: &str) -> Result<Value, Fault> {
        let body = body.to_string().into_bytes();
        let request = || {
            Request::post(path)
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone())
        };
        self.json(&request, what).await
    }

    async fn json(&self, request: &Asking<'_>, what: &str) -> Result<Value, Fault> {
        let (line, (status, body)) = self
            .asked(request, what)
            .await
            .map_err(|t| self.fault(&t))?;
        let read = match status {
            200..=299 => line.json(&body, what),
            _ => Err(line.refused(status, &body, what)),
        };
        read.map_err(|t| self.fault(&t))
    }

    /// Asks for something that changes nothing; when the credentials are not accepted, once more with new ones.
    async fn asked(&self, request: &Asking<'_>, what: &str) -> Result<(Arc<Line>, Whole), Trouble> {
        let line = self.line().await?;
        let answer = line.read(request(), what).await?;
        if answer.0 != StatusCode::UNAUTHORIZED {
            return Ok((line, answer));
        }
        let line = self.own(self.connect(Wanted::Other(&line)).await?)?;
        let answer = line.read(request(), what).await?;
        Ok((line, answer))
    }

    /// Sends one request of a plan, once. With `dry`, the server is asked to store nothing.
    pub async fn send(&self, step: &Step, dry: bool) -> Sent {
        let line = match self.line().await {
            Ok(line) => line,
            Err(trouble) => return Sent::NotSent(self.fault(&trouble)),
        };
        let what = format!("{} {}", step.verb, Clean::new(&step.path));
        let left = Left::default();
        let mut request = match request(step, dry) {
            Ok(request) => request,
            Err(error) => return Sent::NotSent(self.fault(&line.trouble(error.into(), &what))),
        };
        request.extensions_mut().insert(left.clone());
        let limit = self.inner.options.write;
        let trouble = match tokio::time::timeout(limit, line.write(request)).await {
            Ok(Ok(response)) => return self.answered(&line, response).await,
            Ok(Err(error)) => line.trouble(error, &what),
            Err(_) => line.silent(limit),
        };
        if left.maybe() {
            Sent::Lost(self.fault(&lost(&line, &trouble)))
        } else {
            Sent::NotSent(self.fault(&trouble))
        }
    }

    /// The head of the answer decides; its body is read as far as that goes.
    async fn answered(&self, line: &Arc<Line>, response: http::Response<Incoming>) -> Sent {
        let status = response.status().as_u16();
        if response.status() == StatusCode::UNAUTHORIZED {
            // it was not done; what comes next uses new credentials
            self.forget(line).await;
        }
        let options = &self.inner.options;
        let limits = Limits {
            bytes: options.page_bytes,
            pause: options.answer,
            whole: options.write,
        };
        let body = match answer::whole(response.into_body(), limits).await {
            Ok(bytes) => answer::value(&bytes, &line.redact),
            Err(error) => {
                tracing::warn!(status, %error, "the body of an answer cannot be read");
                Value::Null
            }
        };
        Sent::Answered(status, body)
    }

    /// The object at `path` as it is now and each time it changes, newest state only, by one watch. Ends when the
    /// receiver is dropped. Needs a runtime around it.
    pub fn follow<T: Send + 'static>(&self, path: &str, tell: fn(Sight) -> T) -> Receiver<T> {
        follow::start(self.clone(), path, tell)
    }

    /// The present line, made when there is none or its credentials are over. Only to the cluster that was met first.
    async fn line(&self) -> Result<Arc<Line>, Trouble> {
        let present = locked(&self.inner.line).clone();
        let line = match present {
            Some(line) if !line.is_over() => line,
            Some(over) => self.connect(Wanted::Other(&over)).await?,
            None => self.connect(Wanted::Any).await?,
        };
        self.own(line)
    }

    /// A line, unless it leads to another cluster than the first.
    fn own(&self, line: Arc<Line>) -> Result<Arc<Line>, Trouble> {
        let first = locked(&self.inner.first);
        let differs = first.as_ref().and_then(|f| f.differs(&line.cluster));
        let Some(why) = differs else {
            return Ok(line);
        };
        let name = &line.cluster.name;
        let what =
            format!("Context {name} now means another cluster than when midwatch started: {why}");
        Err(Trouble::config(
            what,
            "Nothing is sent there. Correct the kubeconfig, or start midwatch anew.",
        ))
    }

    /// Reads settings and credentials anew, makes a line of them and learns which cluster it leads to; or takes the
    /// line that somebody else has made meanwhile, where that will do.
    async fn connect(&self, wanted: Wanted<'_>) -> Result<Arc<Line>, Trouble> {
        let inner = &self.inner;
        let mut login = inner.making.lock().await;
        let present = locked(&inner.line).clone();
        match (wanted, present) {
            (Wanted::Any, Some(line)) => return Ok(line),
            (Wanted::Other(line), Some(other)) if !Arc::ptr_eq(line, &other) => return Ok(other),
            // what its plugin gave is not used again
            (Wanted::Other(_), _) => *login = None,
            (Wanted::New | Wanted::Any, _) => {}
        }
        let had = login.take();
        let again = had.is_some();
        let mut made = self.make(had).await;
        // what a plugin gave earlier may have been taken back since
        if again && made.as_ref().is_err_and(|t| t.kind == FaultKind::Denied) {
            made = self.make(None).await;
        }
        let line = match made {
            Ok(line) => Arc::new(line),
            Err(trouble) => {
                *locked(&inner.line) = None;
                return Err(trouble);
            }
        };
        login.clone_from(&line.login);
        self.meet(&line.cluster);
        *locked(&inner.line) = Some(line.clone());
        Ok(line)
    }

    async fn make(&self, had: Option<Login>) -> Result<Line, Trouble> {
        let Inner {
            target, options, ..
        } = &*self.inner;
        let ready = target.ready(options, had).await?;
        Line::new(target, options, ready).await
    }

    /// Remembers the first cluster, and learns its uid later if it was not told at first.
    fn meet(&self, cluster: &Cluster) {
        let mut first = locked(&self.inner.first);
        match &mut *first {
            None => *first = Some(cluster.clone()),
            Some(known) if known.system_uid.is_empty() && known.differs(cluster).is_none() => {
                known.system_uid.clone_from(&cluster.system_uid);
            }
            Some(_) => {}
        }
    }

    /// The server does not accept the credentials of this line any more.
    async fn forget(&self, line: &Arc<Line>) {
        let mut login = self.inner.making.lock().await;
        let mut present = locked(&self.inner.line);
        if present.as_ref().is_some_and(|p| Arc::ptr_eq(p, line)) {
            *present = None;
            *login = None;
        }
    }

    fn fault(&self, trouble: &Trouble) -> Fault {
        trouble.fault(self.inner.target.id.as_str(), Timestamp::now())
    }
}

/// Which line will do.
enum Wanted<'a> {
    /// One of settings that are read now.
    New,
    /// Any that is there.
    Any,
    /// Any but this one, whose credentials are over or refused.
    Other(&'a Arc<Line>),
}

/// Makes a request anew for each try.
type Asking<'a> = dyn Fn() -> Result<Request<Vec<u8>>, http::Error> + Send + Sync + 'a;

/// It left, and what came of it is not known.
fn lost(line: &Line, trouble: &Trouble) -> Trouble {
    let kind = trouble.kind;
    let what = format!(
        "The request left, and no answer came from {}: {}",
        line.cluster.server,
        trouble.what.trim_end_matches('.')
    );
    Trouble::new(kind, what).hint("Look whether it was done before you do it again.")
}

/// As the plan has it.
fn request(step: &Step, dry: bool) -> Result<Request<Body>, http::Error> {
    let mut uri = step.path.clone();
    let dry = dry.then_some(("dryRun", "All"));
    let pairs = step.query.iter().map(|(key, value)| (*key, *value));
    let mut sign = '?';
    for (key, value) in pairs.chain(dry) {
        uri.push(sign);
        uri.push_str(&escaped(key));
        uri.push('=');
        uri.push_str(&escaped(value));
        sign = '&';
    }
    Request::builder()
        .method(step.method)
        .uri(uri)
        .header(header::CONTENT_TYPE, step.content_type)
        .header(header::ACCEPT, "application/json")
        .body(Body::from(
            body(step, dry.is_some()).to_string().into_bytes(),
        ))
}

/// What is sent. A deletion that has a body takes its options from there alone, so a dry run has to be asked for in it:
/// in the query only, it would delete.
fn body(step: &Step, dry: bool) -> Value {
    let mut body = step.body.clone();
    if dry && step.method == "DELETE" {
        if !body.is_object() {
            body = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        }
        if let Some(options) = body.as_object_mut() {
            options.insert("dryRun".to_owned(), json!(["All"]));
        }
    }
    body
}

/// As one word of a query.
fn escaped(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // writing to a string does not fail
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
