//! The accept loop: loopback TCP, TLS, HTTP/1.1 and HTTP/2. I/O. It can be taken down and brought up again on the
//! same port.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::gate::{Gate, Gated};

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Between tries to get the port back.
const RETRY: Duration = Duration::from_millis(50);

/// Whether the server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Accepts connections.
    Up,
    /// Refuses connections, and has closed all it had.
    Down,
    /// Ends.
    Ended,
}

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) router: Router,
    pub(super) acceptor: TlsAcceptor,
    pub(super) gate: Arc<Gate>,
}

/// Binds a port of the loopback address; 0 for any.
pub(super) async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Serves until the mode says `Ended`. `state` tells when a wish has been carried out.
pub(super) async fn serve(
    listener: TcpListener,
    front: Front,
    mut wish: watch::Receiver<Mode>,
    state: watch::Sender<Mode>,
) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let mode = *wish.borrow_and_update();
        match (mode, listener.take()) {
            (Mode::Up, None) => match bind(address.port()).await {
                Ok(bound) => listener = Some(bound),
                Err(error) => {
                    tracing::warn!(%error, port = address.port(), "the port is taken, trying again");
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            },
            (Mode::Up, Some(kept)) => listener = Some(kept),
            (Mode::Down | Mode::Ended, _) => connections.shutdown().await,
        }
        state.send_replace(mode);
        if mode == Mode::Ended {
            return;
        }
        tokio::select! {
            changed = wish.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()) => {
                connections.spawn(connection(accepted, front.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, front: Front) {
    // small answers must not wait for more bytes
    let _ = stream.set_nodelay(true);
    let stream = Gated::new(stream, front.gate);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, front.acceptor.accept(stream)).await
    else {
        return;
    };
    let service = TowerToHyperService::new(front.router);
    let builder = Builder::new(TokioExecutor::new());
    if let Err(error) = builder
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "a connection ended early");
    }
}
