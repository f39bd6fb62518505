//! Acting on a cluster: which one it is, that each write leaves once and what became of it is known, and following an
//! object.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

#[path = "wire/follow.rs"]
mod follow;
#[path = "wire/identity.rs"]
mod identity;
#[path = "wire/once.rs"]
mod once;
#[path = "wire/stub.rs"]
mod stub;
