//! What can be planned, refused and shown, without a cluster: laws that hold for any run, the recorded samples, and the
//! program on the embedded platform.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "plan/command.rs"]
mod command;
#[path = "plan/dry.rs"]
mod dry;
#[path = "plan/forecast.rs"]
mod forecast;
#[path = "plan/keepers.rs"]
mod keepers;
#[path = "plan/laws.rs"]
mod laws;
#[path = "plan/samples.rs"]
mod samples;
#[path = "plan/specs.rs"]
mod specs;
#[path = "plan/walk.rs"]
mod walk;

use jiff::Timestamp;
use midwatch::plan::{Cluster, Given, Params, Plan, Refused, action};
use serde_json::Value;

/// Plans at a fixed time.
fn plan(name: &str, object: &Value, params: &[(&str, &str)]) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    action.plan(&Given {
        object,
        params: &params,
        now: now(),
        cluster: &Cluster {
            name: "eu".to_owned(),
            server: "https://eu:6443".to_owned(),
            system_uid: "c-1".to_owned(),
            ca: String::new(),
        },
        namespace: "ml",
        suffix: "x7k2p",
        beside: &midwatch::plan::NOTHING_BESIDE,
    })
}

/// The time of all plans here.
fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}
