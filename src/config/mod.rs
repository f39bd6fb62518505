//! Where things are kept on this machine, the person's files and when they change, and the log file. I/O; called by the command line.
//! Where things are kept on this machine, the log file, and the last places. I/O; called by the command line.

mod crash;
mod files;
mod found;
mod incident;
mod kept;
mod load;
mod log;
mod names;
mod objectives;
mod paths;
mod place;
mod redact;
mod reload;
mod rolling;
mod seen;

pub use crash::{Crash, CrashReport};
pub use files::{Files, read};
pub use found::{found, note_found};
pub use incident::{Incident, incidents, keep_incidents, open_incident};
pub use kept::KeptError;
pub use load::{Loaded, Trouble, check_settings, load};
pub use log::{Level, LogGuard, Recent, start_log};
pub use objectives::objectives;
pub use paths::{PathError, state_folder};
pub use place::{keep_place, last_place};
pub use redact::redact;
pub use reload::Reload;
pub use seen::{keep_seen, seen_in};
