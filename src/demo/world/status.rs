//! Pod statuses as the kubelet and the scheduler write them. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fate::{End, Fate};
use super::placing::condition;
use crate::demo::catalog::text;
use crate::demo::site::stamp;

pub(super) const EVICTED: &str =
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64372Ki. ";

fn containers(pod: &Value, list: &str) -> Vec<Value> {
    pod["spec"][list].as_array().cloned().unwrap_or_default()
}

/// One status per container, in the state that `state` gives for its name.
fn statuses(pod: &Value, list: &str, state: impl Fn(&str) -> Value) -> Value {
    let uid = text(pod, "/metadata/uid");
    let all = containers(pod, list).into_iter().map(|c| {
        let name = text(&c, "/name").to_owned();
        let state = state(&name);
        let running = state.get("running").is_some();
        let image = text(&c, "/image").to_owned();
        let mut status = json!({"name": name, "state": state, "lastState": {}, "ready": running, "started": running,
            "restartCount": 0, "image": image, "imageID": ""});
        if state.get("waiting").is_none() {
            status["containerID"] = json!(format!("containerd://{}{name}", uid.replace('-', "")));
            status["imageID"] = json!(format!("{image}@sha256:{}", uid.replace('-', "").repeat(2)));
        }
        status
    });
    all.collect()
}

fn conditions(pod: &mut Value, initialized: bool, ready: bool, now: &Value) {
    let word = |b: bool| if b { "True" } else { "False" };
    let of = |kind: &str, state: &str| json!({"type": kind, "status": state, "lastProbeTime": null, "lastTransitionTime": now});
    pod["status"]["conditions"] = json!([
        of("PodReadyToStartContainers", word(initialized)),
        of("Initialized", word(initialized)),
        of("Ready", word(ready)),
        of("ContainersReady", word(ready)),
        condition("True", "", "", now)
    ]);
}

/// On a node, images being pulled.
pub(super) fn bound(pod: &mut Value, node: &str, at: Timestamp) {
    let now = stamp(at);
    pod["spec"]["nodeName"] = json!(node);
    pod["status"]["startTime"] = now.clone();
    pod["status"]["hostIP"] = json!(super::nodes::address(node));
    let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
    let init = !containers(pod, "initContainers").is_empty();
    let reason = if init {
        "PodInitializing"
    } else {
        "ContainerCreating"
    };
    pod["status"]["initContainerStatuses"] =
        statuses(pod, "initContainers", |_| waiting("PodInitializing"));
    pod["status"]["containerStatuses"] = statuses(pod, "containers", |_| waiting(reason));
    conditions(pod, false, false, &now);
}

/// No node fits.
pub(super) fn unschedulable(pod: &mut Value, why: &str, at: Timestamp) {
    let before = &pod["status"]["conditions"][0];
    let since = match before["type"].as_str() {
        Some("PodScheduled") => before["lastTransitionTime"].clone(),
        _ => stamp(at),
    };
    pod["status"]["conditions"] = json!([condition("False", "Unschedulable", why, &since)]);
}

/// The image of the main container cannot be had.
pub(super) fn image(pod: &mut Value, at: Timestamp) {
    let now = stamp(at);
    let named = containers(pod, "containers");
    let main = named
        .iter()
        .find(|c| c["name"] == "main")
        .map_or("", |c| text(c, "/image"))
        .to_owned();
    let why = format!(
        "Back-off pulling image \"{main}\": ErrImagePull: failed to pull and unpack image \"{main}\": not found"
    );
    let started = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}});
    pod["status"]["initContainerStatuses"] = statuses(pod, "initContainers", |_| started.clone());
    pod["status"]["containerStatuses"] = statuses(pod, "containers", |name| match name {
        "main" => json!({"waiting": {"reason": "ImagePullBackOff", "message": why}}),
        _ => json!({"running": {"startedAt": now}}),
    });
    conditions(pod, true, false, &now);
}

/// All containers at work.
pub(super) fn running(pod: &mut Value, at: Timestamp) {
    let now = stamp(at);
    pod["status"]["phase"] = json!("Running");
    let uid = text(pod, "/metadata/uid")
        .bytes()
        .map(u32::from)
        .sum::<u32>();
    pod["status"]["podIP"] = json!(format!("10.244.{}.{}", uid % 20, uid % 250 + 2));
    pod["status"]["podIPs"] = json!([{"ip": pod["status"]["podIP"]}]);
    let done = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}});
    pod["status"]["initContainerStatuses"] = statuses(pod, "initContainers", |_| done.clone());
    pod["status"]["containerStatuses"] = statuses(
        pod,
        "containers",
        |_| json!({"running": {"startedAt": now}}),
    );
    conditions(pod, true, true, &now);
}

/// At work, or failing again and again to get there.
pub(super) fn started(pod: &mut Value, fate: &Fate, at: Timestamp) {
    running(pod, at);
    let (list, name) = match fate.end {
        End::NoModel => ("initContainerStatuses", "storage-initializer"),
        End::BadModel => ("containerStatuses", "kserve-container"),
        _ => return,
    };
    let now = stamp(at);
    let ended = json!({"exitCode": fate.code, "reason": fate.reason, "message": fate.message,
        "startedAt": now, "finishedAt": now});
    if fate.end == End::NoModel {
        pod["status"]["phase"] = json!("Pending");
        let waiting = json!({"waiting": {"reason": "PodInitializing"}});
        pod["status"]["containerStatuses"] = statuses(pod, "containers", |_| waiting.clone());
    }
    let all = pod["status"][list].as_array_mut().into_iter().flatten();
    for status in all.filter(|s| s["name"] == name) {
        status["state"] = json!({"waiting": {"reason": "CrashLoopBackOff",
            "message": format!("back-off 5m0s restarting failed container={name}")}});
        status["lastState"] = json!({"terminated": ended});
        status["restartCount"] = json!(6);
        status["ready"] = json!(false);
        status["started"] = json!(false);
    }
    conditions(pod, fate.end != End::NoModel, false, &now);
}

/// All containers ended, as the fate says.
pub(super) fn ended(pod: &mut Value, fate: &Fate, at: Timestamp) {
    let now = stamp(at);
    let before = pod["status"]["containerStatuses"].clone();
    let on_node = pod["status"]["startTime"].clone();
    let started = |name: &str| {
        let all = before.as_array().into_iter().flatten();
        let mut own = all.filter(|c| c["name"] == name);
        let since = own
            .next()
            .map(|c| c["state"]["running"]["startedAt"].clone());
        since
            .filter(Value::is_string)
            .unwrap_or_else(|| on_node.clone())
    };
    let good = fate.end == End::Succeed;
    pod["status"]["phase"] = json!(if good { "Succeeded" } else { "Failed" });
    match fate.end {
        End::Evicted => {
            pod["status"]["reason"] = json!("Evicted");
            pod["status"]["message"] = json!(EVICTED);
        }
        End::NodeLost => {
            pod["status"]["reason"] = json!("NodeLost");
            let node = text(pod, "/spec/nodeName").to_owned();
            pod["status"]["message"] =
                json!(format!("Node {node} which was running pod is unresponsive"));
        }
        _ => {}
    }
    // the one that does the work: `main`, or the first where none is called so
    let named = containers(pod, "containers");
    let main = named.iter().find(|c| c["name"] == "main").or(named.first());
    let main = main.map_or("main", |c| text(c, "/name"));
    pod["status"]["containerStatuses"] = statuses(pod, "containers", |name| {
        let mut ended = json!({"exitCode": 0, "reason": "Completed", "startedAt": started(name), "finishedAt": now});
        if name == main && !good {
            ended["exitCode"] = json!(if fate.end == End::Evicted {
                137
            } else {
                fate.code
            });
            ended["reason"] = json!(fate.reason);
            if !fate.message.is_empty() {
                ended["message"] = json!(fate.message);
            }
        }
        json!({"terminated": ended})
    });
    conditions(pod, true, false, &now);
}
