//! Reasons to end that do not come through the keyboard. I/O (a channel); raised by threads that the loop does not
//! own: the watchdog, the writer, the panic hook, the signals.

use tokio::sync::mpsc;

/// Why the program has to end, though nobody pressed quit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The terminal is gone or no longer takes what is written.
    Lost(String),
    /// A thread or task panicked; what it said. The terminal is already restored and the message printed.
    Panicked(String),
    /// A signal asked for it: its name and number.
    Signalled(&'static str, u8),
}

/// The sending side. Cheap to clone; raising never blocks, and only the first alarms count.
#[derive(Debug, Clone)]
pub struct Alarm(mpsc::Sender<Ended>);

impl Alarm {
    /// An alarm and where it is heard.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Ended>) {
        let (tx, rx) = mpsc::channel(8);
        (Self(tx), rx)
    }

    /// Raises it. When eight others wait, the program is ending anyway.
    pub fn raise(&self, reason: Ended) {
        let _ = self.0.try_send(reason);
    }

    /// Whether nobody listens any more: the loop has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_closed()
    }
}
