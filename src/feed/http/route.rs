//! The three ways to a backend: a URL, the service proxy of the API server, a port-forward to a pod. Does I/O.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use kube::client::Body;
use reqwest::redirect::Policy;
use tower::BoxError;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::answer::{Raw, Whom, too_large};
use super::ask::Ask;
use super::find::Found;
pub(super) use super::forward::Forward;
use super::login::expanded;
use crate::fault::FaultKind;
use crate::feed::kube::{Asked, Link, Options, Stream, Trouble, of_client};
use crate::settings::Endpoint;

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    pub(super) namespace: String,
    pub(super) service: String,
    pub(super) port: u16,
    pub(super) port_name: String,
    pub(super) tls: bool,
    /// One pod behind it, and the port that this listens on, where not any of them will do.
    pub(super) pod: Option<(String, u16)>,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pod {
            Some((pod, port)) => write!(f, "{}/{pod}:{port}", self.namespace),
            None => write!(f, "{}/{}:{}", self.namespace, self.service, self.port),
        }
    }
}

/// How a backend is reached.
pub(super) enum Route {
    Direct(Direct),
    Proxy(Proxy),
    Forward(Forward),
}

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A URL, or `NAMESPACE/NAME:PORT` of a Service.
    pub at: String,
    /// The API server passes on what it is asked.
    pub proxied: bool,
    /// What stands in front of its paths on the API server, where the API server passes them on as they are.
    pub proxy: Option<String>,
}

impl Route {
    /// Where it is.
    pub(super) fn place_of(&self) -> Place {
        let proxy = match self {
            Self::Proxy(proxy) => Some(proxy.path("")),
            _ => None,
        };
        Place {
            at: self.place(),
            proxied: proxy.is_some(),
            proxy,
        }
    }

    /// Where, for messages.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Direct(direct) => direct.place.clone(),
            Self::Proxy(proxy) => proxy.at.to_string(),
            Self::Forward(forward) => forward.at.to_string(),
        }
    }

    /// Namespace and service, where the API server passes on what we say.
    pub(super) fn proxied(&self) -> Option<(&str, &str)> {
        match self {
            Self::Proxy(proxy) => Some((&proxy.at.namespace, &proxy.at.service)),
            _ => None,
        }
    }

    /// Sends a question once and reads the whole answer.
    pub(super) async fn send(&self, found: &Found, ask: &Ask, link: &Link) -> Result<Raw, Trouble> {
        // what does not pass the API server as a request is load as well, and is told with it
        let aside = !matches!(self, Self::Proxy(_));
        if aside {
            link.meter.sent(Instant::now());
        }
        let raw = match self {
            Self::Direct(direct) => direct.send(found, ask, link).await?,
            Self::Proxy(proxy) => proxy.send(found, ask).await?,
            Self::Forward(forward) => forward.send(found, ask).await?,
        };
        link.meter.bytes(Instant::now(), raw.body.len() as u64);
        Ok(raw)
    }
}

/// What every request carries.
pub(super) fn headers(found: &Found, ask: &Ask) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::ACCEPT, json);
    let agent = concat!("midwatch/", env!("CARGO_PKG_VERSION"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    if let Some(content) = ask.content {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    }
    if let Some(login) = &found.login {
        headers.insert(header::AUTHORIZATION, login.header.clone());
    }
    if let Some(host) = found.host.as_deref().and_then(|h| h.parse().ok()) {
        headers.insert(header::HOST, host);
    }
    headers
}

/// Reads a body as far as it may be large.
pub(super) async fn collect<B>(
    response: Response<B>,
    most: u64,
    whom: &Whom<'_>,
) -> Result<Raw, Trouble>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let (parts, mut body) = response.into_parts();
    let mut got = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| broken(e.into().as_ref(), whom))?;
        if let Some(data) = frame.data_ref() {
            if (got.len() + data.len()) as u64 > most {
                return Err(too_large(most, whom));
            }
            got.extend_from_slice(data);
        }
    }
    Ok(Raw {
        status: parts.status,
        headers: parts.headers,
        body: got.into(),
    })
}

/// An error of the way itself, in words.
pub(super) fn broken(error: &(dyn StdError + 'static), whom: &Whom<'_>) -> Trouble {
    let chain = || std::iter::successors(Some(error), |e| inner(*e)).take(32);
    if let Some(trouble) = chain().find_map(|e| e.downcast_ref::<Trouble>()) {
        return trouble.clone();
    }
    let all: String = chain().map(|e| e.to_string().to_lowercase()).collect();
    let last = chain().last().map(ToString::to_string).unwrap_or_default();
    let io = chain()
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .last()
        .map(io::Error::kind);
    let who = format!("{} at {}", whom.title, whom.place);
    let key = whom.key;
    let said = whom.redact.clean(&last);
    let (kind, what, hint) = if io == Some(io::ErrorKind::ConnectionRefused) {
        let hint = format!("Is it up, and is {key}.url its address?");
        (
            FaultKind::Unreachable,
            format!("{who} refuses connections"),
            hint,
        )
    } else if all.contains("certificate") || all.contains("tls") {
        let hint = format!("Set {key}.ca to the certificates that vouch for it.");
        let what = format!("No trusted connection to {who}: {said}");
        (FaultKind::Unreachable, what, hint)
    } else if all.contains("dns error") || all.contains("lookup address") {
        let hint = format!("Check {key}.url, DNS and a VPN.");
        (
            FaultKind::Unreachable,
            format!("The name of {who} cannot be resolved"),
            hint,
        )
    } else if ["incomplete", "end of file", "before message completed"]
        .iter()
        .any(|words| all.contains(words))
    {
        let what = format!("{who} broke off in the middle of an answer");
        (FaultKind::Unreachable, what, String::new())
    } else {
        let hint = "Check the network, a VPN or a proxy.".to_owned();
        (
            FaultKind::Unreachable,
            format!("Cannot reach {who}: {said}"),
            hint,
        )
    };
    Trouble::new(kind, what).hint(hint)
}

/// What an error came from; `io::Error` hides the error inside it from `source`.
fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let inside = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match inside {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}

/// A URL of the settings.
pub(super) struct Direct {
    client: reqwest::Client,
    /// Without a slash at its end.
    pub(super) place: String,
}

impl Direct {
    pub(super) async fn new(
        endpoint: &Endpoint,
        key: &str,
        options: &Options,
    ) -> Result<Self, Trouble> {
        // a redirect could take the token to somebody else
        let mut client = reqwest::Client::builder()
            .connect_timeout(options.connect)
            .redirect(Policy::none());
        if let Some(path) = &endpoint.ca {
            let pem = super::tls::pem(path, key).await?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem);
            let certificates = certificates
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| super::tls::no_certificate(path, key))?;
            client = client.tls_certs_only(certificates);
        }
        let client = client.build().map_err(|_| {
            Trouble::config(
                format!("No client can be made for {key}"),
                "Compare its url and ca.",
            )
        })?;
        let url = endpoint.url.split(['?', '#']).next().unwrap_or_default();
        Ok(Self {
            client,
            place: url.trim_end_matches('/').to_owned(),
        })
    }

    async fn send(&self, found: &Found, ask: &Ask, link: &Link) -> Result<Raw, Trouble> {
        let whom = found.whom();
        let request = self
            .client
            .request(ask.method.clone(), format!("{}{}", self.place, ask.path))
            .headers(headers(found, ask))
            .body(ask.body.clone());
        let response = request
            .send()
            .await
            .map_err(|e| broken(&e.without_url(), &whom))?;
        let response: Response<reqwest::Body> = response.into();
        collect(response, link.options.backend_bytes, &whom).await
    }
}

/// The service proxy of the API server. It drops `Authorization`.
pub(super) struct Proxy {
    link: Arc<Link>,
    pub(super) at: At,
}

impl Proxy {
    pub(super) fn new(link: Arc<Link>, at: At) -> Self {
        Self { link, at }
    }

    fn path(&self, path: &str) -> String {
        let At {
            namespace,
            service,
            port,
            tls,
            pod,
            ..
        } = &self.at;
        let scheme = if *tls { "https:" } else { "" };
        let (plural, name, port) = match pod {
            Some((pod, port)) => ("pods", pod, port),
            None => ("services", service, port),
        };
        format!("/api/v1/namespaces/{namespace}/{plural}/{scheme}{name}:{port}/proxy{path}")
    }

    async fn send(&self, found: &Found, ask: &Ask) -> Result<Raw, Trouble> {
        let whom = found.whom();
        let options = &self.link.options;
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(self.path(&ask.path))
            .extension(Stream {
                // the answer as a whole has its own, shorter limit
                patience: options.backend.saturating_mul(2),
            })
            .body(Body::from(ask.body.clone()))
            .map_err(|e| broken(&e, &whom))?;
        *request.headers_mut() = headers(found, ask);
        let sent = self.link.send(request);
        // the library logs what it cannot read, which may hold secrets
        let response = sent.with_subscriber(NoSubscriber::default()).await;
        let response = response.map_err(|e| {
            let redact = self.link.redact();
            let asked = Asked {
                server: &self.link.target.server,
                what: "reach services through the API server",
                redact: &redact,
            };
            of_client(&kube::Error::Service(e), asked)
        })?;
        collect(response, options.backend_bytes, &whom).await
    }
}

/// Reads a file that the settings name.
pub(super) async fn file(path: &str) -> io::Result<Vec<u8>> {
    tokio::fs::read(expanded(path)).await
}
