//! Every decoder of outside input: real workflows, hostile ones, and anything that is JSON. No panic, no lost step.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::needless_pass_by_value
)]

#[path = "decode/fuzz.rs"]
mod fuzz;
#[path = "decode/hostile.rs"]
mod hostile;
#[path = "decode/picture.rs"]
mod picture;
#[path = "decode/real.rs"]
mod real;
