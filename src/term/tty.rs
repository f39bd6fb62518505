//! The terminal device: taken over, written to, and handed back exactly as it was. I/O.
//!
//! Shared by the writer thread, the panic hook and the loop. Handing back may happen on any of them, at any moment,
//! more than once; after it nothing of a frame reaches the terminal, so that no half frame is left on the shell's
//! screen.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::EnableBracketedPaste;
use crossterm::terminal::{EnterAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, queue};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{isatty, tcgetattr, tcgetwinsize};

/// Size taken when the terminal does not know its own (a serial line), as curses does.
const UNKNOWN_SIZE: (u16, u16) = (80, 24);

/// Frames are written in pieces of this size (the buffer of a Linux pty), so that handing back waits for one piece
/// at most.
const PIECE: usize = 4096;

/// How long handing back waits for a terminal that takes no output.
const PATIENCE: Duration = Duration::from_millis(500);

/// Undoes every mode a console may have set, also those that are not set now: synchronised update, colours,
/// mouse, focus reports, bracketed paste, hidden cursor, alternate screen.
const RESTORE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// Keys as they are pressed (the flag "disambiguate escape codes" of the kitty keyboard protocol), and back. Each of a
/// terminal's two screens has a stack of its own, so this stands inside of the alternate one.
const KITTY: &[u8] = b"\x1b[>1u";
const UNKITTY: &[u8] = b"\x1b[<1u";

/// Clicks and the wheel as events, in the form that has no largest column.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";

/// Modes that not every terminal has or not every person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extras {
    /// The kitty keyboard protocol.
    pub kitty: bool,
    /// The mouse, which then no longer selects text without Shift.
    pub mouse: bool,
}

/// There is no terminal to show anything on.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Standard input or output is a file, a pipe or closed.
    #[error(
        "midwatch needs a terminal, and {0} is not one. Start it in a terminal, without redirecting its input or \
         output; over ssh, give ssh the flag -t"
    )]
    NotATty(&'static str),
    /// The terminal cannot be used.
    #[error("the terminal cannot be opened: {0}")]
    Unusable(#[from] io::Error),
}

#[derive(Debug, Default)]
struct Gate {
    /// We own the screen; frames may pass.
    open: bool,
    /// A piece of a frame is being written.
    writing: bool,
    /// What is set beside the usual modes.
    extras: Extras,
}

/// The terminal.
#[derive(Debug)]
pub struct Tty {
    out: File,
    gate: Mutex<Gate>,
    quiet: Condvar,
}

impl Tty {
    /// Finds the terminal on standard input and output. Nothing is changed yet.
    pub fn find() -> Result<Arc<Self>, NoTerminal> {
        if !isatty(io::stdin()) {
            return Err(NoTerminal::NotATty("standard input"));
        }
        if !isatty(io::stdout()) {
            return Err(NoTerminal::NotATty("standard output"));
        }
        let out: OwnedFd = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Arc::new(Self {
            out: File::from(out),
            gate: Mutex::default(),
            quiet: Condvar::new(),
        }))
    }

    /// What is to be set beside the usual modes, from the next [`Tty::enter`] on.
    pub fn use_extras(&self, extras: Extras) {
        self.gate().extras = extras;
    }

    /// Takes the terminal over: raw mode, alternate screen, bracketed paste, no cursor. Also after it was stopped
    /// and continued, when the modes may have been changed under us.
    pub fn enter(&self) -> io::Result<()> {
        // Forgets what an earlier call saved, so that the modes of now are what is handed back later.
        disable_raw_mode()?;
        enable_raw_mode()?;
        let mut bytes = Vec::new();
        queue!(
            bytes,
            EnterAlternateScreen,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        let (extras, again) = {
            let gate = self.gate();
            (gate.extras, gate.open)
        };
        if extras.kitty {
            // continued without having handed back: one on the stack is enough
            bytes.extend_from_slice(if again { UNKITTY } else { b"" });
            bytes.extend_from_slice(KITTY);
        }
        if extras.mouse {
            bytes.extend_from_slice(MOUSE);
        }
        if let Err(error) = (&self.out).write_all(&bytes) {
            let _ = disable_raw_mode();
            return Err(error);
        }
        self.gate().open = true;
        Ok(())
    }

    /// Hands the terminal back as it was. Does nothing when it is not ours.
    pub fn leave(&self) {
        let mut gate = self.gate();
        if !std::mem::replace(&mut gate.open, false) {
            return;
        }
        let (gate, _) = self
            .quiet
            .wait_timeout_while(gate, PATIENCE, |gate| gate.writing)
            .unwrap_or_else(PoisonError::into_inner);
        let kitty = gate.extras.kitty;
        drop(gate);
        // A terminal that takes nothing must not keep us: it gets its modes back, and not the text.
        if self.takes_output(PATIENCE) {
            let keys = if kitty { UNKITTY } else { b"" };
            let _ = (&self.out).write_all(&[keys, RESTORE].concat());
        }
        let _ = disable_raw_mode();
    }

    /// Size in cells, columns first.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        match tcgetwinsize(&self.out) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => UNKNOWN_SIZE,
        }
    }

    /// Writes a frame; blocks for as long as the terminal does. What is left of it when the terminal is handed back
    /// is dropped.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            {
                let mut gate = self.gate();
                if !gate.open {
                    return Ok(());
                }
                gate.writing = true;
            }
            let written = (&self.out).write_all(piece);
            self.gate().writing = false;
            self.quiet.notify_all();
            written?;
        }
        Ok(())
    }

    /// Whether anything is still there: a terminal that was hung up answers with an error for ever.
    pub(super) fn check(&self) -> io::Result<()> {
        tcgetattr(&self.out)?;
        Ok(())
    }

    /// Waits until the terminal was hung up, or `within` has passed; true when it looks hung up.
    pub(super) fn hung_up(&self, within: Duration) -> bool {
        let mut fds = [PollFd::new(&self.out, PollFlags::empty())];
        matches!(poll(&mut fds, Some(&timespec(within))), Ok(n) if n > 0)
    }

    fn takes_output(&self, within: Duration) -> bool {
        let mut fds = [PollFd::new(&self.out, PollFlags::OUT)];
        matches!(poll(&mut fds, Some(&timespec(within))), Ok(n) if n > 0)
            && fds[0].revents().contains(PollFlags::OUT)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
