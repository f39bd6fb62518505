//! What the loop does for effects that leave it: the clipboard, and programs that take the terminal. I/O through
//! [`Screen`] only.
//!
//! While a program has the terminal nothing is read, drawn or decided; news wait in their bounded channel, where the
//! feed keeps the newest state of each row.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::{Inbox, Turns};
use crate::app::Msg;
use crate::app::note::Note;
use crate::shell::program::Shown;
use crate::shell::{End, Screen, Sources};
use crate::term::{Ended, Signal, stop_ourselves};

/// A Ctrl-C that ended the program reaches us too, perhaps a little later.
const ECHO: Duration = Duration::from_millis(300);

impl<S: Screen, F: Sources> Turns<S, F> {
    /// Puts a text on the clipboard, and tells that it was done.
    pub(super) fn copy(&mut self, text: &str, what: &str) -> io::Result<Option<End>> {
        let note = match self.screen.copy(text) {
            Ok(()) => Note::info(format!("copied {what} (if your terminal allows OSC 52)")),
            Err(why) => Note::warn(format!(
                "{what} was not copied: {why}. Show it in a pager instead"
            )),
        };
        self.apply(Msg::Noted(note))
    }

    /// Lends the terminal to a program until it ends.
    pub(super) async fn lend(
        &mut self,
        shown: Shown,
        inbox: &mut Inbox,
    ) -> io::Result<Option<End>> {
        let note = {
            let mut lent = Box::pin(self.screen.lend(&shown));
            loop {
                tokio::select! {
                    biased;
                    Some(reason) = inbox.alarms.recv() => {
                        // Ctrl-C and Ctrl-\ in the program are for the program
                        if !is_typed(&reason) {
                            return Ok(Some(End::Alarm(reason)));
                        }
                    }
                    Some(signal) = inbox.signals.recv() => {
                        // Ctrl-Z in the program stops the job, and the program with it
                        if signal == Signal::Stop {
                            let _ = stop_ourselves();
                        }
                    }
                    note = &mut lent => break note,
                }
            }
        };
        self.back = Some(Instant::now());
        if let Some(end) = self.resume()? {
            return Ok(Some(end));
        }
        match note {
            Some(note) => self.apply(Msg::Noted(note)),
            None => Ok(None),
        }
    }

    /// A signal that was meant for the program which has just ended.
    pub(super) fn is_echo(&self, reason: &Ended) -> bool {
        is_typed(reason) && self.back.is_some_and(|back| back.elapsed() < ECHO)
    }
}

fn is_typed(reason: &Ended) -> bool {
    matches!(reason, Ended::Signalled("SIGINT" | "SIGQUIT", _))
}
