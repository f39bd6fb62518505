//! The data plane against a scripted server: what an operator sees when lists, watches and credentials go wrong.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

#[path = "feed/answers.rs"]
mod answers;
#[path = "feed/clusters.rs"]
mod clusters;
#[path = "feed/conf.rs"]
mod conf;
#[path = "feed/login.rs"]
mod login;
#[path = "feed/logs.rs"]
mod logs;
#[path = "feed/outage.rs"]
mod outage;
#[path = "feed/refusal.rs"]
mod refusal;
#[path = "feed/rows.rs"]
mod rows;
#[path = "feed/server.rs"]
mod server;
#[path = "feed/strange.rs"]
mod strange;
#[path = "feed/versions.rs"]
mod versions;
#[path = "feed/wants.rs"]
mod wants;
