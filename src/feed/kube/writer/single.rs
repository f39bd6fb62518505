//! A request that changes something, on the wire: a new connection for each, one request on it, and no layer that
//! could send it again. Does I/O.
//!
//! The client library keeps connections and quietly sends again what a closing one did not take. For reading that is
//! right; a write has to know whether it left. So the connection is made first, and only then is the request marked as
//! one that left. HTTP/1.1 alone: a server that goes away cannot leave streams behind that nobody knows of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use kube::Config;
use kube::client::{Body, ConfigExt};
use tower::util::BoxService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use super::super::trouble::Trouble;
use crate::fault::FaultKind;

/// Sends one request and gives the head of its answer.
pub(super) type Sender = BoxService<Request<Body>, Response<Incoming>, BoxError>;

/// Goes with a request, and tells afterwards whether any of it may have left.
#[derive(Debug, Clone, Default)]
pub(super) struct Left(Arc<AtomicBool>);

impl Left {
    /// Some of it may have left.
    pub(super) fn maybe(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self, left: bool) {
        self.0.store(left, Ordering::SeqCst);
    }
}

/// What sends to the server of these settings, by its proxy if it has one.
pub(super) fn sender(config: &Config) -> Result<Sender, kube::Error> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(config.connect_timeout);
    let Some(proxy) = config.proxy_url.clone() else {
        return stack(config, config.rustls_https_connector_with_connector(plain)?);
    };
    match proxy.scheme_str() {
        Some("socks5") => {
            let socks = SocksV5::new(proxy, plain);
            stack(config, config.rustls_https_connector_with_connector(socks)?)
        }
        Some("http") => {
            let tunnel = with_login(Tunnel::new(proxy.clone(), plain), &proxy);
            stack(
                config,
                config.rustls_https_connector_with_connector(tunnel)?,
            )
        }
        Some("https") => {
            let near = config.rustls_https_connector_with_connector(plain)?;
            let tunnel = with_login(Tunnel::new(proxy.clone(), near), &proxy);
            stack(
                config,
                config.rustls_https_connector_with_connector(tunnel)?,
            )
        }
        _ => Err(kube::Error::ProxyProtocolUnsupported {
            proxy_url: Box::new(proxy),
        }),
    }
}

/// User and password of a proxy, as its URL has them.
fn with_login<C>(tunnel: Tunnel<C>, proxy: &Uri) -> Tunnel<C> {
    use base64::Engine;
    let authority = proxy.authority().map_or("", |a| a.as_str());
    let Some((login, _)) = authority.rsplit_once('@') else {
        return tunnel;
    };
    let text = base64::engine::general_purpose::STANDARD.encode(unescaped(login));
    match HeaderValue::from_str(&format!("Basic {text}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            tunnel.with_auth(value)
        }
        Err(_) => tunnel,
    }
}

/// `%40` is `@`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let two = after.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        let byte = two.and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

fn stack<C>(config: &Config, connector: C) -> Result<Sender, kube::Error>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    C::Response: Read + Write + Unpin + Send + 'static,
{
    let single = Single {
        connector,
        patience: config.connect_timeout,
    };
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(single);
    Ok(BoxService::new(service.map_err(Into::into)))
}

/// A new connection for each request.
#[derive(Clone)]
struct Single<C> {
    connector: C,
    /// The connection is there within this time.
    patience: Option<Duration>,
}

impl<C> Service<Request<Body>> for Single<C>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    C::Response: Read + Write + Unpin + Send + 'static,
{
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Incoming>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self {
            connector,
            patience,
        } = self.clone();
        Box::pin(async move {
            let server = request.uri().clone();
            let request = on_the_wire(request)?;
            let connecting = connector.oneshot(server);
            let io = match patience {
                None => connecting.await.map_err(Into::into)?,
                Some(limit) => match tokio::time::timeout(limit, connecting).await {
                    Ok(io) => io.map_err(Into::into)?,
                    Err(_) => return Err(no_connection(limit).into()),
                },
            };
            once(io, request).await
        })
    }
}

fn no_connection(limit: Duration) -> Trouble {
    let what = format!("No connection to the server within {limit:?}");
    Trouble::new(FaultKind::Timeout, what).hint("Check the network, a VPN or a proxy.")
}

/// Sends it on this connection. From here on it may have left.
async fn once<I>(io: I, request: Request<Body>) -> Result<Response<Incoming>, BoxError>
where
    I: Read + Write + Unpin + Send + 'static,
{
    let left = request.extensions().get::<Left>().cloned();
    let left = left.unwrap_or_default();
    let (mut line, connection) = http1::handshake(io).await?;
    // it ends by itself: with the answer, or when nobody waits for it any more
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection of a write ended");
        }
    });
    line.ready().await?;
    left.set(true);
    line.try_send_request(request).await.map_err(|mut error| {
        // what comes back whole was not begun
        if error.take_message().is_some() {
            left.set(false);
        }
        error.into_error().into()
    })
}

/// With the path alone as its address, and the server's name in `Host`.
fn on_the_wire(mut request: Request<Body>) -> Result<Request<Body>, BoxError> {
    let uri = request.uri().clone();
    let authority = uri.authority().ok_or("the address has no server")?;
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    request
        .headers_mut()
        .insert(header::HOST, HeaderValue::from_str(host)?);
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    *request.uri_mut() = path.parse()?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_of_a_proxy_is_read_as_urls_write_it() {
        assert_eq!(unescaped("me:p%40ss%3a%zz%4"), b"me:p@ss:%zz%4");
    }

    #[test]
    fn on_the_wire_stands_the_path_and_no_password() {
        let request = Request::patch("https://me:secret@h:6443/a/b?dryRun=All")
            .body(Body::empty())
            .unwrap();
        let request = on_the_wire(request).unwrap();
        assert_eq!(request.uri(), "/a/b?dryRun=All");
        assert_eq!(request.headers()["host"], "h:6443");
    }
}
