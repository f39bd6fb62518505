//! Signals, and stopping ourselves as a shell's job. I/O.

use std::io;

use rustix::process::{Signal as Raw, getpgrp, getppid, getsid, kill_current_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{Alarm, Ended};

/// A signal that does not end the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Asked to stop (SIGTSTP from outside; Ctrl-Z itself arrives as a key).
    Stop,
    /// Continued, perhaps after a stop that could not be seen coming.
    Continued,
}

/// Signals that end the program: name, number.
const ENDING: [(&str, u8); 4] = [
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGTERM", 15),
];

/// Starts listening. Signals that end the program raise the alarm, the others arrive in the channel. Needs the
/// runtime; call it before the terminal is taken over, so that none falls through.
pub fn listen_signals(alarm: &Alarm) -> io::Result<mpsc::Receiver<Signal>> {
    for (name, number) in ENDING {
        let mut heard = signal(SignalKind::from_raw(number.into()))?;
        let alarm = alarm.clone();
        tokio::spawn(async move {
            while heard.recv().await.is_some() {
                alarm.raise(Ended::Signalled(name, number));
            }
        });
    }
    let (tx, rx) = mpsc::channel(8);
    let stop = Raw::TSTP.as_raw();
    let cont = Raw::CONT.as_raw();
    for (number, message) in [(stop, Signal::Stop), (cont, Signal::Continued)] {
        let mut heard = signal(SignalKind::from_raw(number))?;
        let tx = tx.clone();
        tokio::spawn(async move {
            while heard.recv().await.is_some() && tx.send(message).await.is_ok() {}
        });
    }
    Ok(rx)
}

/// Stops this process and those it was started with, as the terminal does on Ctrl-Z; [`Signal::Continued`] tells when
/// it goes on. False, with nothing done, when no shell is there to continue it (`ssh host midwatch`).
pub fn stop_ourselves() -> io::Result<bool> {
    // Our group is orphaned when our parent is in another session, or gone: nobody would ever continue us.
    let ours = getsid(None)?;
    let watched = getpgrp() != ours
        && getppid().is_some_and(|parent| getsid(Some(parent)).is_ok_and(|theirs| theirs == ours));
    if watched {
        kill_current_process_group(Raw::STOP)?;
    }
    Ok(watched)
}
