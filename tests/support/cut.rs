//! A TCP proxy that a test can switch while connections run: pass, cut, refuse, hang, delay. TLS passes through, so it
//! stands in front of real API servers too.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does with connections, those that run and those to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Bytes pass.
    Pass,
    /// Each chunk passes after this time.
    Delay(Duration),
    /// Connections stay open and no byte passes.
    Hang,
    /// Running connections are reset and new ones refused.
    Refuse,
}

/// The proxy; ends with this value.
pub struct Proxy {
    /// Where to connect.
    pub addr: SocketAddr,
    mode: watch::Sender<Mode>,
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cuts.send_modify(|n| *n += 1);
    }
}

impl Proxy {
    /// Starts on a free port of loopback, in front of `target` (`host:port`).
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mode = watch::Sender::new(Mode::Pass);
        let cuts = watch::Sender::new(0);
        let accepted = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(
            listener,
            target.to_owned(),
            mode.clone(),
            cuts.clone(),
            accepted.clone(),
        ));
        Self {
            addr,
            mode,
            cuts,
            accepted,
            task,
        }
    }

    /// Switches.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
        if mode == Mode::Refuse {
            self.cut();
        }
    }

    /// Resets the connections that run.
    pub fn cut(&self) {
        self.cuts.send_modify(|n| *n += 1);
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

async fn serve(
    listener: TcpListener,
    target: String,
    mode: watch::Sender<Mode>,
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
) {
    let addr = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    let mut changed = mode.subscribe();
    loop {
        if *changed.borrow_and_update() == Mode::Refuse {
            // nobody listens: the kernel refuses
            listener = None;
            if changed.changed().await.is_err() {
                return;
            }
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => TcpListener::bind(addr).await.unwrap(),
        };
        tokio::select! {
            result = open.accept() => if let Ok((near, _)) = result {
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(near, target.clone(), mode.subscribe(), cuts.subscribe()));
            },
            result = changed.changed() => if result.is_err() { return },
        }
        listener = Some(open);
    }
}

async fn carry(
    near: TcpStream,
    target: String,
    mode: watch::Receiver<Mode>,
    mut cuts: watch::Receiver<u64>,
) {
    // a cut is a reset, not a polite end
    let _ = near.set_zero_linger();
    let Ok(far) = TcpStream::connect(&target).await else {
        return;
    };
    let _ = far.set_nodelay(true);
    let _ = near.set_nodelay(true);
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        _ = cuts.changed() => {}
        _ = pump(near_read, far_write, mode.clone()) => {}
        _ = pump(far_read, near_write, mode) => {}
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await;
        // while it hangs, the end of the other side is not passed on either
        loop {
            let now = *mode.borrow_and_update();
            match now {
                Mode::Hang => {
                    if mode.changed().await.is_err() {
                        return Ok(());
                    }
                }
                Mode::Delay(time) => {
                    tokio::time::sleep(time).await;
                    break;
                }
                _ => break,
            }
        }
        let count = read?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}
