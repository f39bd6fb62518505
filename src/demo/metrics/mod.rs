//! What is asked of the services of the platform. Pure.
//!
//! | part | what it owns |
//! |---|---|
//! | `profile` | how much is asked of a service, and when |
//! | `routes` | which revision got which part of it, over time |

mod profile;
mod routes;

pub(super) use profile::{RATE_PER_REPLICA, load, next_edge};
pub(super) use routes::{Routes, Share};
