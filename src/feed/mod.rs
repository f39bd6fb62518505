//! Where rows come from. Does I/O.
//!
//! Each backend has a room of its own; all of them speak to the loop with [`crate::store::News`] only. The shell
//! starts them and says what screens need.

pub mod http;
pub mod kube;
mod poll;
mod rows;
