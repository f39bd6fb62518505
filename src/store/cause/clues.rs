//! What a cause can be read from, and the words of where it was read. Pure.

use crate::domain::{
    Cause, CauseKind, Clean, ContainerRow, ContainerState, Evidence, NodeRow, PodRow, RunDetail,
    Step,
};
use crate::kinds::argo::message::{Said, understand};

/// The rows at hand.
pub(super) struct Clues<'a> {
    pub(super) step: &'a Step,
    pub(super) pod: Option<&'a PodRow>,
    pub(super) node: Option<&'a NodeRow>,
    pub(super) run: &'a RunDetail,
    /// What the step's message means.
    pub(super) said: Said<'a>,
}

impl<'a> Clues<'a> {
    pub(super) fn new(
        step: &'a Step,
        pod: Option<&'a PodRow>,
        node: Option<&'a NodeRow>,
        run: &'a RunDetail,
    ) -> Self {
        let message = step.message.as_str();
        let message = message.strip_prefix("driver: ").unwrap_or(message);
        Self {
            step,
            pod,
            node,
            run,
            said: understand(message),
        }
    }

    /// A cause with the evidence that is there.
    #[allow(clippy::unused_self)] // reads as a sentence where it is called
    pub(super) fn cause(
        &self,
        kind: CauseKind,
        sentence: impl Into<Clean>,
        evidence: Vec<Option<Evidence>>,
    ) -> Cause {
        Cause {
            kind,
            sentence: sentence.into(),
            evidence: evidence.into_iter().flatten().collect(),
        }
    }

    /// The first container that fits: `main` before others.
    pub(super) fn container(
        &self,
        fits: impl Fn(&ContainerRow) -> bool,
    ) -> Option<&'a ContainerRow> {
        let all = || {
            self.pod
                .into_iter()
                .flat_map(|p| p.containers.iter())
                .filter(|c| fits(c))
        };
        all().find(|c| &*c.name == "main").or_else(|| all().next())
    }

    /// Where the pod ran, by its own row, else by the step.
    fn host(&self) -> &str {
        match self.pod {
            Some(pod) if !pod.node.is_empty() => &pod.node,
            _ => &self.step.host,
        }
    }

    /// ` on gpu-17`, or nothing.
    pub(super) fn on_node(&self) -> String {
        self.with_host(" on ")
    }

    /// ` from gpu-17`, or nothing.
    pub(super) fn off_node(&self) -> String {
        self.with_host(" from ")
    }

    /// ` gpu-17`, or nothing.
    pub(super) fn node_name(&self) -> String {
        self.with_host(" ")
    }

    fn with_host(&self, word: &str) -> String {
        let host = self.host();
        if host.is_empty() {
            String::new()
        } else {
            format!("{word}{host}")
        }
    }

    /// What the controller says.
    pub(super) fn message(&self) -> Option<Evidence> {
        let from = format!(
            "workflow {} status.nodes[{}].message",
            self.run.row.key.name, self.step.id
        );
        said(&self.step.message, &from)
    }

    /// The exit code that the controller kept.
    pub(super) fn exit(&self) -> Option<Evidence> {
        let code = self.step.exit_code?;
        let from = format!(
            "workflow {} status.nodes[{}].outputs.exitCode",
            self.run.row.key.name, self.step.id
        );
        said(&format!("exit code {code}"), &from)
    }

    /// How the run is being ended.
    pub(super) fn shutdown(&self) -> Option<Evidence> {
        said(
            &self.run.shutdown,
            &format!("workflow {} spec.shutdown", self.run.row.key.name),
        )
    }

    /// The lock a step waits for.
    pub(super) fn waiting_lock(&self) -> Option<Evidence> {
        let from = format!(
            "workflow {} status.nodes[{}].synchronizationStatus.waiting",
            self.run.row.key.name, self.step.id
        );
        said(&self.step.lock, &from)
    }

    /// Reason and message of the pod as a whole.
    pub(super) fn pod_status(&self) -> Option<Evidence> {
        let pod = self.pod?;
        let fact = match (pod.reason.is_empty(), pod.message.is_empty()) {
            (false, false) => format!("{}: {}", pod.reason, pod.message.trim_end()),
            _ => format!("{}{}", pod.reason, pod.message.trim_end()),
        };
        said(&fact, &format!("pod {} status.reason", pod.key.name))
    }

    /// What the scheduler says.
    pub(super) fn scheduler(&self) -> Option<Evidence> {
        let pod = self.pod?;
        said(
            &pod.unscheduled,
            &format!("pod {} condition PodScheduled", pod.key.name),
        )
    }

    /// How a container ended.
    pub(super) fn terminated(&self, container: &ContainerRow) -> Option<Evidence> {
        let mut fact = format!("{} terminated: {}", container.name, container.reason);
        if let Some(code) = container.exit_code {
            fact = format!("{fact}, exit {code}");
        }
        self.of_container(container, &fact)
    }

    /// What a container waits for.
    pub(super) fn waiting(&self, container: &ContainerRow) -> Option<Evidence> {
        if container.state != ContainerState::Waiting {
            return None;
        }
        let fact = format!(
            "{} waits: {} {}",
            container.name, container.reason, container.message
        );
        self.of_container(container, fact.trim_end())
    }

    fn of_container(&self, container: &ContainerRow, fact: &str) -> Option<Evidence> {
        let list = if container.init {
            "initContainerStatuses"
        } else {
            "containerStatuses"
        };
        let from = format!(
            "pod {} status.{list}[{}]",
            self.pod?.key.name, container.name
        );
        said(fact, &from)
    }

    /// The memory limit of a container.
    pub(super) fn limit(&self, name: &str) -> Option<Evidence> {
        let container = self.container(|c| &*c.name == name)?;
        if container.memory_limit.is_empty() {
            return None;
        }
        let from = format!(
            "pod {} spec.containers[{name}].resources.limits.memory",
            self.pod?.key.name
        );
        said(&format!("memory limit {}", container.memory_limit), &from)
    }

    /// Whether the node is well.
    pub(super) fn node_state(&self) -> Option<Evidence> {
        let node = self.node?;
        let from = format!("node {} condition Ready", node.key.name);
        match node.ready {
            Some(true) if node.trouble.is_empty() => said("ready now, reports no pressure", &from),
            Some(true) => said(
                &node.trouble,
                &format!("node {} status.conditions", node.key.name),
            ),
            Some(false) => said(&format!("not ready: {}", node.trouble), &from),
            None => said(&format!("unknown: {}", node.trouble), &from),
        }
    }

    /// What the node reports, when that is anything.
    pub(super) fn node_trouble(&self) -> Option<Evidence> {
        let node = self.node?;
        said(
            &node.trouble,
            &format!("node {} status.conditions", node.key.name),
        )
    }
}

fn said(fact: &str, from: &str) -> Option<Evidence> {
    (!fact.is_empty()).then(|| Evidence {
        fact: Clean::new(fact),
        from: Clean::new(from),
    })
}

/// What an exit code says by convention of shells and the kernel.
pub(super) fn signal(code: i32) -> Option<&'static str> {
    Some(match code {
        125 => "the container could not be run",
        126 => "the command cannot be executed",
        127 => "the command was not found",
        130 => "SIGINT",
        132 => "SIGILL, an illegal instruction",
        134 => "SIGABRT",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL, and the kubelet does not say for memory",
        139 => "SIGSEGV, a crash",
        143 => "SIGTERM, it was asked to end",
        _ => return None,
    })
}
