//! How the container of a log is: asked when its stream ends or stays silent. Pure but for the one question.

use std::sync::Arc;

use serde::Deserialize;

use crate::domain::{Clean, LogScope};
use crate::feed::kube::link::Link;
use crate::feed::kube::trouble::Trouble;

/// How a container is, as far as its log is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// It prints, or may.
    Running,
    /// It has not started yet, and why.
    Waiting(Clean),
    /// It ended and will be started again, and what the platform waits for.
    Restarting(Clean),
    /// It ended for good.
    Ended,
    /// The pod has no such container.
    Absent,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    spec: Spec,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    restart_policy: String,
    containers: Vec<Container>,
    init_containers: Vec<Container>,
    ephemeral_containers: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    name: String,
    restart_policy: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    phase: String,
    reason: Clean,
    container_statuses: Vec<ContainerStatus>,
    init_container_statuses: Vec<ContainerStatus>,
    ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    state: State,
    last_state: State,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct State {
    waiting: Option<Reason>,
    running: Option<Reason>,
    terminated: Option<Reason>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reason {
    reason: Clean,
    exit_code: i64,
}

/// Asks for the pod of a log.
pub(super) async fn look(link: &Arc<Link>, scope: &LogScope) -> Result<Look, Trouble> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", scope.namespace, scope.pod);
    let pod: Pod = link.get(&path, "get pods").await?;
    Ok(pod.look(&scope.container))
}

impl Pod {
    fn look(&self, container: &str) -> Look {
        let (spec, status) = (&self.spec, &self.status);
        let named = |c: &&Container| c.name == container;
        let init = spec.init_containers.iter().find(named);
        let own = spec.containers.iter().find(named);
        let brief = spec
            .ephemeral_containers
            .iter()
            .any(|c| c.name == container);
        if init.is_none() && own.is_none() && !brief {
            return Look::Absent;
        }
        let over = matches!(status.phase.as_str(), "Succeeded" | "Failed");
        let mut all = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .chain(&status.ephemeral_container_statuses);
        let Some(found) = all.find(|s| s.name == container) else {
            return if over {
                Look::Ended
            } else {
                Look::Waiting(first(&[&status.reason, &Clean::new(&status.phase)]))
            };
        };
        if found.state.running.is_some() {
            return Look::Running;
        }
        if over {
            return Look::Ended;
        }
        let waiting = found.state.waiting.as_ref().map(|w| &w.reason);
        let why = |ended: &Reason| first(&[waiting.unwrap_or(&ended.reason), &ended.reason]);
        match (&found.state.terminated, &found.last_state.terminated) {
            (Some(ended), _) if self.restarts(init, ended) => Look::Restarting(why(ended)),
            (Some(_), _) => Look::Ended,
            (None, Some(ended)) => Look::Restarting(why(ended)),
            (None, None) => Look::Waiting(first(&[
                waiting.unwrap_or(&status.reason),
                &Clean::new("ContainerCreating"),
            ])),
        }
    }

    /// Whether the kubelet starts a container again that ended like this.
    fn restarts(&self, init: Option<&Container>, ended: &Reason) -> bool {
        let policy = self.spec.restart_policy.as_str();
        match init {
            Some(sidecar) if sidecar.restart_policy == "Always" => true,
            Some(_) => policy != "Never" && ended.exit_code != 0,
            None => policy == "Always" || (policy == "OnFailure" && ended.exit_code != 0),
        }
    }
}

/// The first text that says something.
fn first(texts: &[&Clean]) -> Clean {
    let found = texts.iter().find(|t| !t.is_empty());
    found.map_or_else(Clean::default, |t| (*t).clone())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn look(policy: &str, phase: &str, status: &Value) -> Look {
        let pod: Pod = serde_json::from_value(json!({
            "spec": {"restartPolicy": policy, "containers": [{"name": "main"}]},
            "status": {"phase": phase, "containerStatuses": status},
        }))
        .unwrap();
        pod.look("main")
    }

    #[test]
    fn a_container_is_as_its_state_and_the_restart_policy_say() {
        let at = |state: Value| json!([{"name": "main", "state": state}]);
        let ended = |code: i64| at(json!({"terminated": {"exitCode": code, "reason": "Error"}}));
        let waits = |reason: &str| at(json!({"waiting": {"reason": reason}}));
        assert_eq!(
            look("Never", "Running", &at(json!({"running": {}}))),
            Look::Running
        );
        assert_eq!(
            look("Never", "Pending", &waits("ErrImagePull")),
            Look::Waiting(Clean::new("ErrImagePull"))
        );
        assert_eq!(
            look("Never", "Pending", &json!([])),
            Look::Waiting(Clean::new("Pending"))
        );
        assert_eq!(look("Never", "Running", &ended(1)), Look::Ended);
        assert_eq!(look("OnFailure", "Running", &ended(0)), Look::Ended);
        assert_eq!(
            look("OnFailure", "Running", &ended(1)),
            Look::Restarting(Clean::new("Error"))
        );
        let loops = json!([{"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1}}}]);
        assert_eq!(
            look("Always", "Running", &loops),
            Look::Restarting(Clean::new("CrashLoopBackOff"))
        );
        assert_eq!(look("Always", "Failed", &ended(1)), Look::Ended);
        let other: Pod = serde_json::from_value(json!({"spec": {"containers": []}})).unwrap();
        assert_eq!(other.look("main"), Look::Absent);
    }
}
