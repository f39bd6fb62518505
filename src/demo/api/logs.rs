//! Logs of a container: what the platform's programs print. Pure.

use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::{Ask, Subject, respond, update};
use crate::demo::catalog::text;
use crate::demo::refusal::Refusal;
use crate::demo::world::log;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let pod = update::current(ask, subject, &ask.site.store())?.value();
    let container = container(ask, &pod)?;
    if text(&pod, "/spec/nodeName").is_empty() {
        // nobody to ask: the real server answers with nothing
        return Ok(respond(
            StatusCode::NO_CONTENT,
            "text/plain",
            Vec::new().into(),
        ));
    }
    started(ask, &pod, &container)?;
    let now = ask.site.now();
    let since = since(ask, now);
    let mut lines: Vec<(Timestamp, String)> = log::lines(&pod, &container, now)
        .into_iter()
        .filter(|(at, _)| since.is_none_or(|s| *at >= s))
        .collect();
    if let Ok(tail) = ask.query.get("tailLines").parse::<usize>() {
        let cut = lines.len().saturating_sub(tail);
        lines.drain(..cut);
    }
    let stamps = ask.query.flag("timestamps");
    let mut text = String::new();
    for (at, line) in lines {
        if stamps {
            text.push_str(&at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string());
        }
        text.push_str(&line);
        text.push('\n');
    }
    let mut bytes = text.into_bytes();
    if let Ok(limit) = ask.query.get("limitBytes").parse() {
        bytes.truncate(limit);
    }
    Ok(respond(StatusCode::OK, "text/plain", bytes.into()))
}

fn since(ask: &Ask, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = ask.query.get("sinceSeconds").parse() {
        return now
            .checked_sub(jiff::SignedDuration::from_secs(seconds))
            .ok();
    }
    ask.query.get("sinceTime").parse().ok()
}

fn names(pod: &Value, list: &str) -> Vec<String> {
    let all = pod["spec"][list].as_array();
    let all = all.into_iter().flatten();
    all.map(|c| text(c, "/name").to_owned()).collect()
}

fn container(ask: &Ask, pod: &Value) -> Result<String, Refusal> {
    let (own, init) = (names(pod, "containers"), names(pod, "initContainers"));
    let pod_name = &ask.target.name;
    let asked = ask.query.get("container");
    if asked.is_empty() {
        return match own.as_slice() {
            [one] => Ok(one.clone()),
            many => {
                let mut why = format!(
                    "a container name must be specified for pod {pod_name}, choose one of: [{}]",
                    many.join(" ")
                );
                if !init.is_empty() {
                    why = format!("{why} or one of the init containers: [{}]", init.join(" "));
                }
                Err(Refusal::bad_request(why))
            }
        };
    }
    if own.iter().chain(&init).any(|c| c == asked) {
        return Ok(asked.to_owned());
    }
    let why = format!("container {asked} is not valid for pod {pod_name}");
    Err(Refusal::bad_request(why))
}

/// Refuses for a container that has not started, with the kubelet's words.
fn started(ask: &Ask, pod: &Value, container: &str) -> Result<(), Refusal> {
    let state = log::state_of(pod, container);
    if state.get("running").is_some() || state.get("terminated").is_some() {
        return Ok(());
    }
    let reason = match text(&state, "/waiting/reason") {
        "" => "ContainerCreating",
        reason => reason,
    };
    let what = match reason {
        "ImagePullBackOff" | "ErrImagePull" => "trying and failing to pull image".to_owned(),
        other => other.to_owned(),
    };
    let why = format!(
        "container {container:?} in pod {:?} is waiting to start: {what}",
        ask.target.name
    );
    Err(Refusal::bad_request(why))
}
