//! Logs of a container, as the kubelet gives them through the API server: to the end, or followed. I/O only in that
//! a followed log waits for time to pass.
//!
//! Source: k8s.io/kubernetes `registry/core/pod/strategy.go`, `pkg/kubelet/kubelet_pods.go`,
//! `pkg/apis/core/validation` (`ValidatePodLogOptions`).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures::Stream;
use http::StatusCode;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Ask, Subject, respond, update};
use crate::demo::catalog::{Id, text};
use crate::demo::refusal::{Cause, Refusal};
use crate::demo::site::Site;
use crate::demo::world::log::{Script, status_of};

/// Bytes of one chunk, about.
const CHUNK: usize = 32 * 1024;
/// Shortest and longest wait for the next line of a followed log.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let pod = update::current(ask, subject, &ask.site.store())?.value();
    check(ask)?;
    let container = container(ask, &pod)?;
    if text(&pod, "/spec/nodeName").is_empty() {
        // nobody to ask: the real server answers with nothing
        return Ok(respond(
            StatusCode::NO_CONTENT,
            "text/plain",
            Vec::new().into(),
        ));
    }
    let previous = ask.query.flag("previous");
    let state = state(ask, &pod, &container, previous)?;
    let now = ask.site.now();
    let script = Script::new(&pod, &container, &state, ask.site.clock());
    let ran = script.as_ref().is_some_and(|script| !script.is_over());
    let number = script.map_or(0, |script| first(ask, &script, now));
    let reader = Reader {
        site: ask.site.clone(),
        id: subject.id,
        namespace: ask.target.namespace.clone(),
        name: ask.target.name.clone(),
        uid: text(&pod, "/metadata/uid").to_owned(),
        container,
        previous,
        follow: ask.query.flag("follow") && !previous,
        stamps: ask.query.flag("timestamps"),
        left: ask.query.get("limitBytes").parse().unwrap_or(usize::MAX),
        number,
        ran,
        over: false,
    };
    Ok(respond(
        StatusCode::OK,
        "text/plain",
        Body::from_stream(chunks(reader)),
    ))
}

/// Refuses options as the real server does.
fn check(ask: &Ask) -> Result<(), Refusal> {
    let mut causes = Vec::new();
    let limits = [
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
        ("limitBytes", 1, "must be greater than 0"),
    ];
    for (field, least, why) in limits {
        let given = ask.query.get(field).parse::<i64>();
        if let Ok(n) = given
            && n < least
        {
            causes.push(Cause::invalid(field, &json!(n), why));
        }
    }
    let both = ask.query.has("sinceSeconds") && ask.query.has("sinceTime");
    if both {
        let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
        causes.push(Cause::forbidden("[]", why));
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid_kind(
        "",
        "PodLogOptions",
        &ask.target.name,
        &causes,
    ))
}

/// The number of the first line asked for.
fn first(ask: &Ask, script: &Script, now: Timestamp) -> u64 {
    let all = script.lines(now);
    let since = since(ask, now).map_or(all.start, |since| script.since(since, now));
    let tail = ask.query.get("tailLines").parse::<u64>().ok();
    tail.map_or(since, |tail| since.max(all.end.saturating_sub(tail)))
}

fn since(ask: &Ask, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = ask.query.get("sinceSeconds").parse() {
        return now.checked_sub(SignedDuration::from_secs(seconds)).ok();
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

/// The state of the attempt whose log is asked for; refused in the kubelet's words when there is none.
fn state(ask: &Ask, pod: &Value, container: &str, previous: bool) -> Result<Value, Refusal> {
    let status = status_of(pod, container);
    let (state, last) = (&status["state"], &status["lastState"]);
    let name = &ask.target.name;
    if previous {
        let why = format!("previous terminated container {container:?} in pod {name:?} not found");
        return Some(last.clone())
            .filter(|last| last["terminated"].is_object())
            .ok_or_else(|| Refusal::bad_request(why));
    }
    if state["running"].is_object() || state["terminated"].is_object() {
        return Ok(state.clone());
    }
    if last["terminated"].is_object() {
        return Ok(last.clone());
    }
    let what = match text(state, "/waiting/reason") {
        "" => "ContainerCreating",
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        other => other,
    };
    let why = format!("container {container:?} in pod {name:?} is waiting to start: {what}");
    Err(Refusal::bad_request(why))
}

/// A log on its way to a client.
#[allow(clippy::struct_excessive_bools)] // what was asked for, as it was asked for
struct Reader {
    site: Arc<Site>,
    id: Id,
    namespace: String,
    name: String,
    uid: String,
    container: String,
    previous: bool,
    follow: bool,
    stamps: bool,
    /// Bytes that may still be sent.
    left: usize,
    /// Number of the next line.
    number: u64,
    /// The container ran when it was last looked at.
    ran: bool,
    over: bool,
}

impl Reader {
    /// The log as the node has it now; none when the pod is gone.
    fn script(&self) -> Option<Script> {
        let object = self
            .site
            .store()
            .get(self.id, &self.namespace, &self.name)?;
        if object.uid != self.uid {
            return None;
        }
        let pod = object.value();
        let status = status_of(&pod, &self.container);
        let now = &status["state"];
        let past = self.previous || !(now["running"].is_object() || now["terminated"].is_object());
        let state = if past { &status["lastState"] } else { now };
        Script::new(&pod, &self.container, state, self.site.clock())
    }

    /// The next chunk; none when nothing more is there at present.
    fn chunk(&mut self, script: &Script) -> Option<Bytes> {
        let end = script.lines(self.site.now()).end;
        let mut bytes = Vec::new();
        while self.number < end && bytes.len() < CHUNK {
            let line = script.line(self.number);
            if self.stamps {
                let stamp = line.at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string();
                bytes.extend_from_slice(stamp.as_bytes());
            }
            bytes.extend_from_slice(&line.text);
            bytes.push(b'\n');
            self.number += 1;
        }
        if bytes.len() >= self.left {
            bytes.truncate(self.left);
            self.over = true;
        }
        self.left -= bytes.len();
        (!bytes.is_empty()).then(|| Bytes::from(bytes))
    }

    /// Waits until the next line is due.
    async fn wait(&self, script: &Script) {
        let due = script.time(self.number).duration_since(self.site.now());
        let due = Duration::try_from(due).unwrap_or_default();
        tokio::time::sleep(due.clamp(SHORTEST, LONGEST)).await;
    }
}

fn chunks(reader: Reader) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures::stream::unfold(reader, |mut reader| async move {
        loop {
            if reader.over {
                return None;
            }
            let script = reader.script()?;
            if script.is_over() && std::mem::take(&mut reader.ran) {
                reader.number = script.go_on(reader.number);
            }
            if let Some(chunk) = reader.chunk(&script) {
                return Some((Ok(chunk), reader));
            }
            if !reader.follow || script.is_over() {
                return None;
            }
            reader.wait(&script).await;
        }
    })
}
