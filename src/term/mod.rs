//! The terminal: what it can show, what is typed, and frames handed to it. I/O; the shell owns it.
//!
//! Nothing here blocks the loop: keys come in through a channel, frames go out through a writer thread, and a
//! watchdog ends the program when the terminal is gone.

mod alarm;
mod bell;
mod caps;
mod clipboard;
mod ears;
mod input;
mod memory;
mod output;
mod panic;
mod signals;
mod tty;
mod watchdog;

pub use alarm::{Alarm, Ended};
pub use bell::Bell;
pub use caps::{Caps, caps};
pub use clipboard::{Clipboard, TooLong};
pub use ears::Ears;
pub use input::listen;
pub use output::Output;
pub use panic::guard_panics;
pub use signals::{Signal, listen_signals, stop_ourselves};
pub use tty::{Extras, NoTerminal, Tty};
pub use watchdog::watch;
