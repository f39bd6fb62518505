//! One line to one server: built from settings that were just read, with what tells which cluster it is. What it reads
//! and what it writes goes to the same place with the same credentials. Does I/O.

use std::fmt::Write as _;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use jiff::Timestamp;
use kube::client::Body;
use kube::{Client, Config};
use tower::{BoxError, ServiceExt};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::super::connect::{Login, Ready, Target, blocking, client_wrong, shown_url};
use super::super::options::Options;
use super::super::redact::Redactor;
use super::super::trouble::{Asked, Trouble, of_client, of_status};
use super::answer::{Limits, refusal, whole};
use super::single::{self, Sender};
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::Cluster;

/// Stands for the authority where none is asked for.
const INSECURE: &str = "insecure";
const SYSTEM: &str = "/api/v1/namespaces/kube-system";

pub(super) struct Line {
    pub(super) cluster: Cluster,
    pub(super) redact: Redactor,
    pub(super) login: Option<Login>,
    options: Options,
    reader: Client,
    sender: tokio::sync::Mutex<Sender>,
}

/// An answer that came whole: status and body.
pub(super) type Whole = (u16, Vec<u8>);

impl Line {
    /// Builds it and asks the server who it is.
    pub(super) async fn new(
        target: &Target,
        options: &Options,
        ready: Ready,
    ) -> Result<Self, Trouble> {
        let Ready {
            config,
            redact,
            login,
        } = ready;
        let cluster = Cluster {
            name: Clean::new(target.id.as_str()).to_string(),
            server: shown_url(&config.cluster_url),
            system_uid: String::new(),
            ca: authority(&config),
        };
        let (context, shown) = (target.id.clone(), redact.clone());
        let (reader, sender) = blocking(move || {
            let both =
                single::sender(&config).and_then(|sender| Ok((Client::try_from(config)?, sender)));
            both.map_err(|e| client_wrong(&e, &context, &shown))
        })
        .await?;
        let mut line = Self {
            cluster,
            redact,
            login,
            options: options.clone(),
            reader,
            sender: tokio::sync::Mutex::new(sender),
        };
        line.cluster.system_uid = line.system_uid().await?;
        Ok(line)
    }

    /// The uid of `kube-system`; empty for people who may not read it.
    async fn system_uid(&self) -> Result<String, Trouble> {
        let what = "get namespace kube-system";
        let request = Request::get(SYSTEM).body(Vec::new());
        let (status, body) = self.read(request, what).await?;
        match status {
            403 | 404 => Ok(String::new()),
            200..=299 => {
                let body: serde_json::Value = self.json(&body, what)?;
                let uid = body.pointer("/metadata/uid").and_then(|v| v.as_str());
                Ok(Clean::new(uid.unwrap_or_default()).to_string())
            }
            _ => Err(self.refused(status, &body, what)),
        }
    }

    /// Its credentials have to be renewed.
    pub(super) fn is_over(&self) -> bool {
        let login = self.login.as_ref();
        login.is_some_and(|login| !login.credential.is_fresh(Timestamp::now()))
    }

    /// Asks for something that changes nothing.
    pub(super) async fn read(
        &self,
        request: Result<Request<Vec<u8>>, http::Error>,
        what: &str,
    ) -> Result<Whole, Trouble> {
        let response = self.open(request, what).await?;
        let status = response.status().as_u16();
        let limits = Limits {
            bytes: self.options.page_bytes,
            pause: self.options.answer,
            whole: self.options.page,
        };
        match whole(response.into_body(), limits).await {
            Ok(bytes) => Ok((status, bytes)),
            Err(error) => Err(self.trouble(error, what)),
        }
    }

    /// The head of an answer to something that changes nothing.
    pub(super) async fn open(
        &self,
        request: Result<Request<Vec<u8>>, http::Error>,
        what: &str,
    ) -> Result<http::Response<Body>, Trouble> {
        let request = request.map_err(|e| self.trouble(e.into(), what))?;
        let asking = self
            .reader
            .send(request.map(Body::from))
            // the library logs what it is asked and answered; it may hold secrets
            .with_subscriber(NoSubscriber::default());
        let limit = self.options.answer;
        match tokio::time::timeout(limit, asking).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(of_client(&error, self.asked(what))),
            Err(_) => Err(self.silent(limit)),
        }
    }

    /// Sends something that changes something, once.
    pub(super) async fn write(
        &self,
        request: Request<Body>,
    ) -> Result<http::Response<Incoming>, BoxError> {
        let going = {
            let mut sender = self.sender.lock().await;
            tower::Service::call(sender.ready().await?, request)
        };
        going.with_subscriber(NoSubscriber::default()).await
    }

    pub(super) fn silent(&self, limit: Duration) -> Trouble {
        let what = format!("{} did not answer within {limit:?}", self.cluster.server);
        Trouble::new(FaultKind::Timeout, what).hint("Check the network, a VPN or a proxy.")
    }

    /// JSON that has to be readable.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        body: &[u8],
        what: &str,
    ) -> Result<T, Trouble> {
        serde_json::from_slice(body)
            .map_err(|e| of_client(&kube::Error::SerdeError(e), self.asked(what)))
    }

    /// Sorts a refusal.
    pub(super) fn refused(&self, status: u16, body: &[u8], what: &str) -> Trouble {
        of_status(&refusal(status, body, &self.redact), self.asked(what))
    }

    /// Sorts a failure on the way.
    pub(super) fn trouble(&self, error: BoxError, what: &str) -> Trouble {
        of_client(&kube::Error::Service(error), self.asked(what))
    }

    fn asked<'a>(&'a self, what: &'a str) -> Asked<'a> {
        Asked {
            server: &self.cluster.server,
            what,
            redact: &self.redact,
        }
    }
}

/// Whom the settings trust: the digest of its certificates, in an order of their own.
fn authority(config: &Config) -> String {
    if config.accept_invalid_certs {
        return INSECURE.to_owned();
    }
    let Some(certificates) = &config.root_cert else {
        return String::new();
    };
    let mut certificates: Vec<&Vec<u8>> = certificates.iter().collect();
    certificates.sort();
    certificates.dedup();
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for der in certificates {
        digest.update(der);
    }
    let mut text = String::new();
    for byte in digest.finish().as_ref() {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusting(certificates: &[&[u8]]) -> Config {
        let mut config = Config::new("https://h:6443".parse().unwrap());
        config.root_cert = Some(certificates.iter().map(|c| c.to_vec()).collect());
        config
    }

    #[test]
    fn an_authority_is_the_same_in_any_order_and_another_one_is_not() {
        let one = authority(&trusting(&[b"a", b"b"]));
        assert_eq!(one.len(), 64);
        assert_eq!(one, authority(&trusting(&[b"b", b"a", b"b"])));
        assert_ne!(one, authority(&trusting(&[b"a"])));
    }

    #[test]
    fn no_authority_is_told_from_that_of_the_system() {
        let mut config = Config::new("https://h:6443".parse().unwrap());
        assert_eq!(authority(&config), "");
        config.accept_invalid_certs = true;
        assert_eq!(authority(&config), "insecure");
    }
}
