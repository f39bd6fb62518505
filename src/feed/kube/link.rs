//! One cluster: its client, renewal after a 401, one-shot requests, and who is told when it is back. Does I/O.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tower::BoxError;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::connect::Target;
use super::meter::Meter;
use super::options::Options;
use super::pulse::Pulse;
use super::redact::Redactor;
use super::tap::{Stream, Tap};
use super::trouble::{Asked, Trouble, of_client};
use crate::fault::FaultKind;
use crate::feed::http::Directory;

/// The connection to one cluster, shared by its sources.
pub(crate) struct Link {
    pub(crate) target: Target,
    pub(crate) options: Arc<Options>,
    pub(crate) meter: Meter,
    held: tokio::sync::Mutex<Held>,
    redact: Mutex<Arc<Redactor>>,
    /// Grows each time the server is back after trouble: sources that wait ask again.
    pub(crate) back: watch::Sender<u64>,
    /// Grows each time something was changed from here in a service that cannot be watched.
    pub(crate) changed: watch::Sender<u64>,
    /// A request failed: the connection itself is to be asked.
    pub(crate) doubt: Notify,
    /// Its Services, for those who look for one.
    pub(crate) directory: Directory,
}

#[derive(Default)]
struct Held {
    /// Grows with each client.
    generation: u64,
    client: Option<Client>,
    renew_at: Option<Timestamp>,
    /// When a client was last built, or tried.
    tried: Option<Instant>,
    failed: Option<Trouble>,
}

impl Link {
    pub(crate) fn new(target: Target, options: Arc<Options>) -> Self {
        Self {
            target,
            options,
            meter: Meter::default(),
            held: tokio::sync::Mutex::default(),
            redact: Mutex::default(),
            back: watch::Sender::new(0),
            changed: watch::Sender::new(0),
            doubt: Notify::new(),
            directory: Directory::default(),
        }
    }

    /// What must not be shown.
    pub(crate) fn redact(&self) -> Arc<Redactor> {
        super::locked(&self.redact).clone()
    }

    /// A client for one source; its signs of life go to `pulse`. Lasts as long as the source, whatever is renewed
    /// underneath.
    pub(crate) fn reader(self: &Arc<Self>, pulse: Arc<Pulse>) -> Client {
        let tap = Tap {
            link: self.clone(),
            pulse,
        };
        Client::new(tap, self.target.namespace.clone())
    }

    /// Sends one request, with the present credentials; on 401 once more with renewed ones.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (parts, body) = request.into_parts();
        let again = body.try_clone();
        let (generation, client) = self.client(None).await?;
        let first = Request::from_parts(parts.clone(), body);
        let response = self.once(&client, first).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let (renewed, client) = self.client(Some(generation)).await?;
        match again {
            Some(body) if renewed != generation => {
                self.once(&client, Request::from_parts(parts, body)).await
            }
            _ => Ok(response),
        }
    }

    /// Waits until the cap on requests leaves room for one more, and counts it.
    async fn admitted(&self) {
        while let Some(again) = self.meter.admit(Instant::now(), &self.options.cap) {
            tracing::debug!(server = %self.target.server, "a request waits: the cap is reached");
            tokio::time::sleep_until(again.into()).await;
        }
    }

    async fn once(
        &self,
        client: &Client,
        request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        self.admitted().await;
        let stream = request.extensions().get::<Stream>();
        let limit = stream.map_or(self.options.answer, |s| s.patience);
        let result = match tokio::time::timeout(limit, client.send(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(e)) => Err(e.into()),
            Err(_) => {
                let what = format!("{} did not answer within {limit:?}", self.target.server);
                let trouble = Trouble::new(FaultKind::Timeout, what);
                Err(trouble.hint("Check the network, a VPN or a proxy.").into())
            }
        };
        if result
            .as_ref()
            .map_or(true, |r| r.status().is_server_error())
        {
            self.doubt.notify_one();
        }
        result
    }

    /// The present client, built when there is none, when its credentials end, or when the server no longer accepts
    /// those of generation `refused`.
    async fn client(&self, refused: Option<u64>) -> Result<(u64, Client), Trouble> {
        let mut held = self.held.lock().await;
        let ended = held.renew_at.is_some_and(|at| Timestamp::now() >= at);
        let refused = refused == Some(held.generation);
        let recent = |gap: Duration| held.tried.is_some_and(|t| t.elapsed() < gap);
        if let Some(client) = &held.client {
            let gap = if ended {
                self.options.retry_min
            } else {
                self.options.renew
            };
            if (!ended && !refused) || recent(gap) {
                return Ok((held.generation, client.clone()));
            }
        } else if let Some(failed) = &held.failed
            && recent(self.options.retry_min / 2)
        {
            return Err(failed.clone());
        }
        let built = self.target.connect(&self.options).await;
        held.tried = Some(Instant::now());
        match built {
            Ok(built) => {
                *super::locked(&self.redact) = Arc::new(built.redact);
                held.generation += 1;
                held.renew_at = built.renew_at;
                held.failed = None;
                held.client = Some(built.client.clone());
                Ok((held.generation, built.client))
            }
            Err(trouble) => {
                held.client = None;
                held.failed = Some(trouble.clone());
                Err(trouble)
            }
        }
    }

    /// Asks once for JSON. `what` completes "You may not …".
    pub(crate) async fn get<T: DeserializeOwned>(
        self: &Arc<Self>,
        path: &str,
        what: &str,
    ) -> Result<T, Trouble> {
        self.ask(Request::get(path).body(Vec::new()), what).await
    }

    /// Posts JSON that changes nothing (reviews) and reads the answer.
    pub(crate) async fn review<T: DeserializeOwned>(
        self: &Arc<Self>,
        path: &str,
        body: &serde_json::Value,
        what: &str,
    ) -> Result<T, Trouble> {
        let request = Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes());
        self.ask(request, what).await
    }

    async fn ask<T: DeserializeOwned>(
        self: &Arc<Self>,
        request: Result<Request<Vec<u8>>, http::Error>,
        what: &str,
    ) -> Result<T, Trouble> {
        let pulse = Arc::new(Pulse::default());
        let client = self.reader(pulse.clone());
        let result = match request {
            // the library logs whole bodies it cannot read; they may hold secrets
            Ok(request) => {
                client
                    .request(request)
                    .with_subscriber(NoSubscriber::default())
                    .await
            }
            Err(e) => Err(kube::Error::HttpError(e)),
        };
        result.map_err(|e| {
            let redact = self.redact();
            let asked = Asked {
                server: &self.target.server,
                what,
                redact: &redact,
            };
            let mut trouble = of_client(&e, asked);
            trouble.wait = pulse.take_wait().or(trouble.wait);
            trouble
        })
    }
}
