//! The console in a real pseudo-terminal: the terminal comes back as it was, whatever happens, and is never a burden.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

#[path = "terminal/acting.rs"]
mod acting;
#[path = "terminal/away.rs"]
mod away;
#[path = "terminal/degrade.rs"]
mod degrade;
#[path = "terminal/extras.rs"]
mod extras;
#[path = "terminal/home.rs"]
mod home;
#[path = "terminal/jobs.rs"]
mod jobs;
#[path = "terminal/keymaps.rs"]
mod keymaps;
#[path = "terminal/load.rs"]
mod load;
#[path = "terminal/login.rs"]
mod login;
#[path = "terminal/loss.rs"]
mod loss;
#[path = "terminal/models.rs"]
mod models;
#[path = "terminal/panics.rs"]
mod panics;
#[path = "terminal/place.rs"]
mod place;
#[path = "terminal/restore.rs"]
mod restore;
#[path = "terminal/safety.rs"]
mod safety;
#[path = "terminal/seen.rs"]
mod seen;
#[path = "terminal/settings.rs"]
mod settings;
