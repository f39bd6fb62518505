//! Stops and starts the reading of the terminal, for the time that another program has it. I/O.
//!
//! The event library reads in a thread of its own, which must be out of the terminal before the program starts: it
//! would take every other key away from it.

use std::io;
use std::pin::Pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::Stream;
use tokio::sync::mpsc;

/// How long the reading may take to stop.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the thread that reads is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Stop reading, and tell when it is done.
    Pause(SyncSender<()>),
    /// Read on.
    Resume,
}

/// The reading of the terminal, as the loop sees it.
#[derive(Debug)]
pub struct Ears {
    orders: mpsc::Sender<Order>,
    paused: bool,
}

impl Ears {
    pub(super) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, heard) = mpsc::channel(4);
        let ears = Self {
            orders,
            paused: false,
        };
        (ears, heard)
    }

    /// Stops reading; nothing is read any more when this returns.
    pub fn pause(&mut self) {
        let (done, stopped) = sync_channel(1);
        if !self.paused && self.orders.try_send(Order::Pause(done)).is_ok() {
            self.paused = true;
            if stopped.recv_timeout(PATIENCE).is_err() {
                tracing::warn!("the reading of the terminal did not stop in time");
            }
        }
    }

    /// Reads on, if it was stopped.
    pub fn resume(&mut self) {
        if std::mem::take(&mut self.paused) {
            let _ = self.orders.try_send(Order::Resume);
        }
    }
}

/// The events of the terminal, with the knowledge of whether the library's thread is reading.
pub(super) struct Events {
    inner: EventStream,
    mark: Arc<Mark>,
}

/// Stands for the waker that the library's thread calls when it stops reading.
struct Mark {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The thread is out of the terminal.
    idle: bool,
    waker: Option<Waker>,
}

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.idle = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        self.changed.notify_all();
    }
}

impl Events {
    pub(super) fn new() -> Self {
        let state = State {
            idle: true,
            waker: None,
        };
        Self {
            inner: EventStream::new(),
            mark: Arc::new(Mark {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// Stops the library's thread and waits until it is out of the terminal.
    pub(super) fn stop(self) {
        let Self { inner, mark } = self;
        drop(inner);
        let state = mark.state.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = mark
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !state.idle);
    }
}

impl Stream for Events {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mark = Arc::clone(&self.mark);
        let was_idle = {
            let mut state = mark.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.waker = Some(cx.waker().clone());
            std::mem::replace(&mut state.idle, false)
        };
        let waker = Waker::from(Arc::clone(&mark));
        let polled = Pin::new(&mut self.inner).poll_next(&mut Context::from_waker(&waker));
        if polled.is_ready() && was_idle {
            // no reading was started for what was there already
            mark.state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .idle = true;
        }
        polled
    }
}
