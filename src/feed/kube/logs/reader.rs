//! Reads one log: opens the stream, follows it, opens it again. Does I/O.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Response;
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use kube::core::Status;
use tokio::sync::watch;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::ask;
use super::cut::{Cutter, KEPT};
use super::desk::Desk;
use super::line::{clean, split};
use super::pod::{Look, look};
use super::told::Told;
use crate::domain::LogScope;
use crate::feed::kube::backoff::Backoff;
use crate::feed::kube::link::Link;
use crate::feed::kube::pulse::Pulse;
use crate::feed::kube::source::Source;
use crate::feed::kube::trouble::{Asked, Trouble, of_client};

/// Most bytes read of a refusal.
const REFUSAL: usize = 64 * 1024;
/// Bytes taken in before the channel gets its turn: far fewer lines than may wait.
const PIECE: usize = 16 * 1024;
/// What a kubelet writes into the log itself when it no longer has it.
const LOST: &[u8] = b"unable to retrieve container logs";

/// One log being read.
pub(super) struct Reader {
    pub(super) source: Source,
    pub(super) scope: LogScope,
    pub(super) desk: Arc<Desk>,
    pub(super) cutter: Cutter,
    pub(super) told: Told,
    pub(super) backoff: Backoff,
    /// Waits while the container has not started.
    pub(super) starts: Backoff,
    pub(super) denials: Backoff,
    pub(super) pulse: Arc<Pulse>,
    began: Instant,
    /// Streams in a row that ended with nothing new.
    pub(super) empty: u32,
    /// The kubelet says in the log that it has none.
    pub(super) lost: bool,
}

/// What comes after a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one at once.
    Again,
    /// Another one after a while.
    After(Duration),
    /// Nothing: all was read.
    Complete,
    /// Nothing, unless a person asks anew.
    Gone,
}

/// How the server answered.
enum Opened {
    Stream(Body),
    Refused(Box<Status>),
    Failed(Trouble),
    /// Silent for so long that it is better asked anew, or a person asks.
    Anew,
}

impl Reader {
    pub(super) fn new(source: Source, scope: LogScope, desk: Arc<Desk>) -> Self {
        let options = source.link.options.clone();
        Self {
            told: Told::new(scope.tail.is_some() || scope.since.is_some()),
            source,
            scope,
            desk,
            cutter: Cutter::default(),
            backoff: Backoff::new(options.retry_min, options.retry_max),
            starts: Backoff::new(options.retry_min, options.retry_api),
            denials: Backoff::denials(&options),
            pulse: Arc::default(),
            began: Instant::now(),
            empty: 0,
            lost: false,
        }
    }

    /// The log goes on as the container prints.
    pub(super) fn follows(&self) -> bool {
        ask::follows(&self.scope, &self.link().options)
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.source.link
    }

    pub(super) async fn run(mut self) {
        loop {
            let next = match self.open().await {
                Opened::Stream(body) => self.follow(body).await,
                Opened::Refused(status) => self.refused(&status),
                Opened::Failed(trouble) => self.failed(&trouble),
                Opened::Anew => Next::Again,
            };
            self.rest(next).await;
        }
    }

    /// Waits for what is to be waited for.
    async fn rest(&mut self, next: Next) {
        match next {
            Next::Again => {}
            Next::After(wait) => {
                self.desk.retry_in(wait);
                let mut back = self.link().back.subscribe();
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = asked_anew(&mut self.source.kick) => {
                        self.backoff.reset();
                        self.denials.reset();
                    }
                    Ok(()) = back.changed() => {}
                }
            }
            Next::Complete => std::future::pending().await,
            Next::Gone => asked_anew(&mut self.source.kick).await,
        }
    }

    async fn open(&mut self) -> Opened {
        let from = self.told.since();
        if from.is_some() {
            self.told.resume();
        } else if self.told.any() {
            self.told.forget();
            self.desk.restart();
        }
        self.cutter.clear();
        let options = self.link().options.clone();
        let request = ask::request(&self.scope, from, self.began.elapsed(), &options);
        let request = match request {
            Ok(request) => request,
            Err(trouble) => return Opened::Failed(trouble),
        };
        let client = self.link().reader(self.pulse.clone());
        let mut asked = pin!(
            client
                .send(request)
                .with_subscriber(NoSubscriber::default())
        );
        // a server sends nothing, not even the head of its answer, before the container prints something
        let mut doubt = pin!(async {
            tokio::time::sleep(options.gap).await;
            look(&self.source.link, &self.scope).await
        });
        let mut silent = pin!(tokio::time::sleep(options.silence));
        let mut kick = self.source.kick.clone();
        let mut doubted = false;
        loop {
            tokio::select! {
                answer = &mut asked => return opened(answer, self.link()).await,
                looked = &mut doubt, if !doubted => {
                    doubted = true;
                    match looked {
                        Err(trouble) if trouble.is_outage() => return Opened::Failed(trouble),
                        Ok(Look::Running) | Err(_) => self.desk.well(),
                        Ok(_) => {}
                    }
                }
                () = asked_anew(&mut kick) => break,
                () = &mut silent => break,
            }
        }
        self.source.kick = kick;
        Opened::Anew
    }

    async fn follow(&mut self, mut body: Body) -> Next {
        self.desk.well();
        let options = self.link().options.clone();
        let opened = Instant::now();
        let mut got = false;
        loop {
            let frame = tokio::select! {
                frame = tokio::time::timeout(options.silence, body.frame()) => frame,
                () = asked_anew(&mut self.source.kick) => return Next::Again,
            };
            if opened.elapsed() >= options.settled {
                self.backoff.reset();
            }
            match frame {
                Ok(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    for piece in data.chunks(PIECE) {
                        got |= self.take(piece);
                        if options.whole_logs {
                            self.desk.has_room().await;
                        }
                    }
                }
                Ok(Some(Err(error))) => {
                    let trouble = self.understood(&error);
                    return self.broke(&trouble);
                }
                Ok(None) => return self.ended(got).await,
                // a connection may be dead without a word: whether it is shows when it is opened anew
                Err(_) => return self.silent(),
            }
        }
    }

    /// Takes a piece of the stream; true when something in it was not told before.
    fn take(&mut self, data: &[u8]) -> bool {
        let mut lines = Vec::new();
        let Self {
            cutter, told, lost, ..
        } = self;
        cutter.feed(data, |raw, cut| {
            lines.extend(fresh(told, lost, raw, cut));
        });
        self.told_some(lines)
    }

    /// Tells the last line though it has no end: nothing more comes.
    pub(super) fn flush(&mut self) {
        let mut lines = Vec::new();
        let Self {
            cutter, told, lost, ..
        } = self;
        cutter.rest(|raw, cut| lines.extend(fresh(told, lost, raw, cut)));
        self.told_some(lines);
    }

    fn told_some(&mut self, lines: Vec<crate::domain::LogLine>) -> bool {
        let some = !lines.is_empty();
        if some {
            self.empty = 0;
            self.backoff.reset();
            self.starts.reset();
            self.denials.reset();
            self.desk.push(lines);
        }
        some
    }

    fn understood(&self, error: &kube::Error) -> Trouble {
        let mut trouble = understood(error, self.link());
        trouble.wait = self.pulse.take_wait().or(trouble.wait);
        trouble
    }
}

/// A line, when it was not told before.
fn fresh(told: &mut Told, lost: &mut bool, raw: &[u8], cut: u64) -> Option<crate::domain::LogLine> {
    let (at, text) = split(raw);
    let (kept, over) = text.split_at(text.len().min(KEPT));
    *lost |= at.is_none() && text.starts_with(LOST);
    told.is_new(at, kept)
        .then(|| clean(at, kept, cut + over.len() as u64))
}

/// Waits until a person asks all sources anew.
async fn asked_anew(kick: &mut watch::Receiver<u64>) {
    if kick.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn understood(error: &kube::Error, link: &Link) -> Trouble {
    let redact = link.redact();
    let asked = Asked {
        server: &link.target.server,
        what: "get pods/log",
        redact: &redact,
    };
    of_client(error, asked)
}

async fn opened(answer: kube::Result<Response<Body>>, link: &Link) -> Opened {
    let response = match answer {
        Ok(response) if response.status().is_success() => {
            return Opened::Stream(response.into_body());
        }
        Ok(response) => response,
        Err(error) => return Opened::Failed(understood(&error, link)),
    };
    let code = response.status().as_u16();
    let text = Limited::new(response.into_body(), REFUSAL).collect().await;
    let text = text
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let status: Option<Status> = serde_json::from_slice(&text).ok();
    let status = status.filter(|s| s.code != 0).unwrap_or_else(|| {
        // a proxy answers with a page of its own
        Status::failure(&String::from_utf8_lossy(&text), "").with_code(code)
    });
    Opened::Refused(Box::new(status))
}
