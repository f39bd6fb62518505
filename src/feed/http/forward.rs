//! A port-forward to a pod behind a Service, kept open between questions. Does I/O.
//!
//! It lands inside the pod's network: what lets us in passes, and a mesh's rules do not apply. The pod is looked up
//! again whenever a connection has to be opened anew.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderValue, Request, header};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::answer::Raw;
use super::ask::Ask;
use super::behind::behind;
use super::find::Found;
use super::route::{At, broken, collect, headers};
use crate::fault::FaultKind;
use crate::feed::kube::{Asked, Link, Pulse, Trouble, of_client};

/// Most connections kept for the next question.
const IDLE: usize = 4;
/// How long the other side is given to say why it hung up.
const WORDS: Duration = Duration::from_millis(200);

/// A Service reached by a port-forward.
pub(super) struct Forward {
    link: Arc<Link>,
    pub(super) at: At,
    tls: Option<Arc<ClientConfig>>,
    idle: Mutex<Vec<Open>>,
}

/// One open connection.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// What the API server says when the pod cannot be reached.
    said: tokio::task::JoinHandle<Option<String>>,
}

impl Forward {
    pub(super) fn new(link: Arc<Link>, at: At, tls: Option<Arc<ClientConfig>>) -> Self {
        Self {
            link,
            at,
            tls,
            idle: Mutex::default(),
        }
    }

    pub(super) async fn send(&self, found: &Found, ask: &Ask) -> Result<Raw, Trouble> {
        let whom = found.whom();
        let mut open = match self.kept().await {
            Some(open) => open,
            None => self.open(found).await?,
        };
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .body(Full::new(ask.body.clone()))
            .map_err(|e| broken(&e, &whom))?;
        *request.headers_mut() = headers(found, ask);
        // servers that look at it let the names of this machine in
        let here = HeaderValue::from_static("127.0.0.1");
        request.headers_mut().entry(header::HOST).or_insert(here);
        let response = match open.sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.hung_up(open, &error, found).await),
        };
        let raw = collect(response, self.link.options.backend_bytes, &whom).await?;
        let mut idle = crate::feed::kube::locked(&self.idle);
        if idle.len() < IDLE && !open.sender.is_closed() {
            idle.push(open);
        }
        Ok(raw)
    }

    /// A connection of before that is still open.
    async fn kept(&self) -> Option<Open> {
        loop {
            let mut open = crate::feed::kube::locked(&self.idle).pop()?;
            if open.sender.ready().await.is_ok() {
                return Some(open);
            }
        }
    }

    async fn hung_up(&self, open: Open, error: &hyper::Error, found: &Found) -> Trouble {
        let whom = found.whom();
        let said = tokio::time::timeout(WORDS, open.said).await;
        match said {
            Ok(Ok(Some(said))) => {
                let what = format!(
                    "The port-forward to {} {} broke: {}",
                    whom.title,
                    self.at,
                    whom.redact.clean(&said)
                );
                Trouble::new(FaultKind::Unreachable, what)
                    .hint("Does the pod listen on the port that its Service names?")
            }
            _ => broken(error, &whom),
        }
    }

    /// A ready pod behind the Service, and the port it listens on.
    async fn pod(&self) -> Result<(String, u16), Trouble> {
        if let Some(named) = &self.at.pod {
            return Ok(named.clone());
        }
        let behind = behind(&self.link, &self.at).await?;
        let found = behind.into_iter().find(|one| one.ready);
        found.map(|one| (one.pod, one.port)).ok_or_else(|| {
            let At {
                namespace, service, ..
            } = &self.at;
            let what = format!("No pod is ready behind the Service {namespace}/{service}");
            Trouble::new(FaultKind::Unreachable, what).hint("Look at its pods.")
        })
    }

    async fn open(&self, found: &Found) -> Result<Open, Trouble> {
        let (pod, port) = self.pod().await?;
        let client = self.link.reader(Arc::new(Pulse::default()));
        let pods: Api<Pod> = Api::namespaced(client, &self.at.namespace);
        let mut forwarder = pods
            .portforward(&pod, &[port])
            .with_subscriber(NoSubscriber::default())
            .await
            .map_err(|e| self.refused(&e, &pod))?;
        let (Some(stream), Some(error)) = (forwarder.take_stream(port), forwarder.take_error(port))
        else {
            let what = format!("The port-forward to {pod} gave no stream");
            return Err(Trouble::new(FaultKind::Malformed, what));
        };
        let sender = match &self.tls {
            None => shaken(stream, found).await?,
            Some(config) => {
                let At {
                    namespace, service, ..
                } = &self.at;
                let name = format!("{service}.{namespace}.svc");
                let name = ServerName::try_from(name).map_err(|e| broken(&e, &found.whom()))?;
                let tls = TlsConnector::from(config.clone())
                    .connect(name, stream)
                    .await;
                let tls = tls.map_err(|e| broken(&e, &found.whom()))?;
                shaken(tls, found).await?
            }
        };
        Ok(Open {
            sender,
            said: tokio::spawn(async move {
                let said = error.await;
                drop(forwarder);
                said
            }),
        })
    }

    fn refused(&self, error: &kube::Error, pod: &str) -> Trouble {
        let redact = self.link.redact();
        let namespace = &self.at.namespace;
        let what = format!("forward a port of pod {pod} in namespace {namespace}");
        let asked = Asked {
            server: &self.link.target.server,
            what: &what,
            redact: &redact,
        };
        let mut trouble = of_client(error, asked);
        if trouble.kind == FaultKind::Denied && trouble.what.starts_with("You may not") {
            trouble.hint =
                format!("Ask for get and create on pods/portforward in namespace {namespace}.");
        }
        trouble
    }
}

async fn shaken<S>(stream: S, found: &Found) -> Result<SendRequest<Full<Bytes>>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| broken(&e, &found.whom()))?;
    // ends with the sender, or when the other side hangs up
    tokio::spawn(connection);
    Ok(sender)
}
