//! What passes between a client and the server: each request is counted, each answer has a deadline and a size limit,
//! and each watch gives signs of life. Does I/O.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Bytes;
use jiff::Timestamp;
use kube::client::Body;
use tokio::time::Sleep;
use tower::{BoxError, Service};

use super::link::Link;
use super::pulse::Pulse;
use super::trouble::Trouble;
use crate::fault::FaultKind;

/// The service under a source's client.
#[derive(Clone)]
pub(crate) struct Tap {
    pub(crate) link: Arc<Link>,
    pub(crate) pulse: Arc<Pulse>,
}

impl Service<Request<Body>> for Tap {
    type Response = Response<Checked>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { link, pulse } = self.clone();
        Box::pin(async move {
            let watch = is_watch(&request);
            let stream = request.extensions().get::<Stream>().is_some();
            let options = &link.options;
            if watch {
                let wait = pulse.patience(options.retry_min, options.retry_max);
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
            }
            let response = link.send(request).await?;
            if let Some(wait) = retry_after(&response) {
                pulse.asked_to_wait(wait);
            }
            let watch = watch && response.status().is_success();
            if watch {
                pulse.opened(Instant::now(), Timestamp::now());
            }
            let limits = if watch {
                Limits::Watch
            } else if stream && response.status().is_success() {
                Limits::Stream
            } else {
                Limits::Page(Box::pin(tokio::time::sleep(options.page)))
            };
            Ok(response.map(|body| Checked::new(body, link.clone(), pulse, limits)))
        })
    }
}

/// Marks a request for a stream that may be silent and as long as it likes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// The answer begins after this time at the latest.
    pub(crate) patience: Duration,
}

fn is_watch(request: &Request<Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query
        .split('&')
        .any(|p| matches!(p, "watch=true" | "watch=1"))
}

/// `Retry-After` in seconds; dates are not used by API servers.
fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let text = response.headers().get(http::header::RETRY_AFTER)?;
    let seconds: u64 = text.to_str().ok()?.trim().parse().ok()?;
    // a server that asks for more is not taken at its word
    Some(Duration::from_secs(seconds.min(300)))
}

enum Limits {
    /// One answer: must be complete when the timer ends.
    Page(Pin<Box<Sleep>>),
    Watch,
    /// Its reader cuts it into pieces and watches its silence.
    Stream,
}

/// The body of an answer, counted and limited.
pub(crate) struct Checked {
    inner: Body,
    link: Arc<Link>,
    pulse: Arc<Pulse>,
    limits: Limits,
    /// Bytes so far: of the page, or of the event that is being read.
    size: u64,
    last: Instant,
    idle: Pin<Box<Sleep>>,
    done: bool,
}

impl Checked {
    fn new(inner: Body, link: Arc<Link>, pulse: Arc<Pulse>, limits: Limits) -> Self {
        let patience = match limits {
            Limits::Watch | Limits::Stream => link.options.silence,
            Limits::Page(_) => link.options.answer,
        };
        Self {
            inner,
            link,
            pulse,
            limits,
            size: 0,
            last: Instant::now(),
            idle: Box::pin(tokio::time::sleep(patience)),
            done: false,
        }
    }

    fn patience(&self) -> Duration {
        match self.limits {
            Limits::Watch | Limits::Stream => self.link.options.silence,
            Limits::Page(_) => self.link.options.answer,
        }
    }

    /// Counts a chunk; an error when it is too much.
    fn count(&mut self, chunk: &[u8]) -> Result<(), Trouble> {
        let now = Instant::now();
        self.last = now;
        self.link.meter.bytes(now, chunk.len() as u64);
        let options = &self.link.options;
        let limit = match self.limits {
            Limits::Stream => return Ok(()),
            Limits::Page(_) => {
                self.size += chunk.len() as u64;
                options.page_bytes
            }
            Limits::Watch => {
                self.pulse.byte(now, Timestamp::now(), options.alive);
                self.size = match chunk.iter().rposition(|b| *b == b'\n') {
                    Some(at) => (chunk.len() - at - 1) as u64,
                    None => self.size + chunk.len() as u64,
                };
                options.event_bytes
            }
        };
        if self.size > limit {
            let what = format!(
                "{} sent more than {} MB in one piece",
                self.link.target.server,
                limit >> 20
            );
            return Err(Trouble::new(FaultKind::Malformed, what)
                .hint("Find the object that has grown this large."));
        }
        Ok(())
    }

    /// An error when nothing came for too long, or the page takes too long.
    fn late(&mut self, cx: &mut Context<'_>) -> Option<Trouble> {
        if matches!(self.limits, Limits::Stream) {
            return None;
        }
        let server = &self.link.target.server;
        if let Limits::Page(total) = &mut self.limits
            && total.as_mut().poll(cx).is_ready()
        {
            let what = format!(
                "{server} did not complete an answer within {:?}",
                self.link.options.page
            );
            return Some(Trouble::new(FaultKind::Timeout, what).hint("Check the network's speed."));
        }
        while self.idle.as_mut().poll(cx).is_ready() {
            let until = self.last + self.patience();
            if until <= Instant::now() {
                let what = format!("{server} sent nothing for {:?}", self.patience());
                return Some(
                    Trouble::new(FaultKind::Timeout, what)
                        .hint("Check the network, a VPN or a proxy."),
                );
            }
            self.idle.as_mut().reset(until.into());
        }
        None
    }

    fn end(&mut self) {
        if !self.done {
            self.done = true;
            if matches!(self.limits, Limits::Watch) {
                self.pulse.closed(Instant::now());
            }
        }
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        self.end();
    }
}

impl HttpBody for Checked {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let error: BoxError = match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Pending => match self.late(cx) {
                Some(trouble) => trouble.into(),
                None => return Poll::Pending,
            },
            Poll::Ready(None) => {
                self.end();
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Ok(frame))) => {
                match frame.data_ref().map_or(Ok(()), |data| self.count(data)) {
                    Ok(()) => return Poll::Ready(Some(Ok(frame))),
                    Err(trouble) => trouble.into(),
                }
            }
            Poll::Ready(Some(Err(e))) => e.into(),
        };
        self.end();
        Poll::Ready(Some(Err(error)))
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }
}
