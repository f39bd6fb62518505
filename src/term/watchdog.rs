//! Notices that the terminal is gone. I/O: a thread of its own, started once by the shell.
//!
//! A terminal that was hung up while SIGHUP is ignored (or went to the session leader only) reads as an endless end
//! of file: the input thread would spin on a full core for ever, with nobody to see it.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Alarm, Ended, Tty};

/// How often the terminal is looked at, beside the system's own word that it was hung up.
const LOOK: Duration = Duration::from_secs(1);

/// How long the loop may take to end after the alarm.
const GRACE: Duration = Duration::from_secs(3);

/// Exit code when the loop did not end in time.
const FAILURE: i32 = 1;

/// Starts watching; raises the alarm once, and ends the process when the loop does not heed it.
pub fn watch(tty: Arc<Tty>, alarm: Alarm) -> io::Result<()> {
    thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || {
            let Some(error) = wait_for_loss(&tty, &alarm) else {
                return;
            };
            tracing::warn!(%error, "the terminal is gone");
            alarm.raise(Ended::Lost(error.to_string()));
            thread::sleep(GRACE);
            if !alarm.is_over() {
                tracing::error!("the console did not end in time");
                process::exit(FAILURE);
            }
        })?;
    Ok(())
}

/// The error that says it is gone; `None` when the loop ended first.
fn wait_for_loss(tty: &Tty, alarm: &Alarm) -> Option<io::Error> {
    while !alarm.is_over() {
        let hung_up = tty.hung_up(LOOK);
        if let Err(error) = tty.check() {
            return Some(error);
        }
        if hung_up {
            // Said to be hung up, yet it answers: a system whose poll knows no terminals. Do not spin on it.
            thread::sleep(LOOK);
        }
    }
    None
}
