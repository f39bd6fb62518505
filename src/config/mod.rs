//! Where things are kept on this machine, and the log file. I/O; called by the command line.

mod log;
mod paths;
mod redact;
mod rolling;

pub use log::{Level, LogGuard, start_log};
pub use paths::{PathError, state_folder};
pub use redact::redact;
