//! Logs on the screen: what keys do, what is shown, and what it costs.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;

#[path = "logs/desk.rs"]
mod desk;
#[path = "logs/figures.rs"]
mod figures;
#[path = "logs/keys.rs"]
mod keys;
#[path = "logs/pictures.rs"]
mod pictures;
#[path = "logs/pods.rs"]
mod pods;
