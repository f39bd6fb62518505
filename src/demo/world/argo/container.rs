//! Nodes that are pods: making the pod, and reading what became of it. Pure.
//!
//! Source: argo-workflows v3.7, workflow/controller/workflowpod.go and operator.go (`assessNodeStatus`,
//! `inferFailedReason`).

use serde_json::{Map, Value, json};

use super::nodes::fnv;
use super::template::{Frame, fill_all, list};
use super::{ARGO, News, Operation};
use crate::demo::catalog::text;
use crate::demo::world::fate;
use crate::domain::Phase;

const EXECUTOR: &str = "quay.io/argoproj/argoexec:v3.7.18";
/// What the part of a pod's name before its hash is cut to.
const LONGEST_PREFIX: usize = 242;

impl Operation<'_> {
    /// Name of the pod of a node (format v2).
    pub(super) fn pod_name(&self, node: &str) -> String {
        let found = self.node(node);
        let template = found.map_or("", |n| match text(n, "/templateRef/template") {
            "" => text(n, "/templateName"),
            name => name,
        });
        self.pod_name_of(template, node)
    }

    fn pod_name_of(&self, template: &str, node: &str) -> String {
        if node == self.name {
            return node.to_owned();
        }
        let mut prefix = self.name.clone();
        if !template.is_empty() {
            prefix = format!("{prefix}-{template}");
        }
        let prefix: String = prefix.chars().take(LONGEST_PREFIX).collect();
        format!("{prefix}-{}", fnv(node))
    }

    pub(super) fn pod(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        if self.has(name) {
            self.make_lost_pod(frame, template, name);
            return;
        }
        if !self.refusal.is_empty() && !name.contains(".onExit") {
            self.start(holder, name, "Pod", boundary);
            let why = self.refusal.clone();
            self.mark(name, Phase::Failed, &why);
            return;
        }
        let limits = [&self.spec["parallelism"], &template["parallelism"]];
        let limit = limits.iter().filter_map(|l| l.as_u64()).min();
        if limit.is_some_and(|l| self.active as u64 >= l) {
            return;
        }
        let of = match text(holder, "/templateRef/template") {
            "" => text(holder, "/template"),
            name => name,
        };
        let there = (self.around.pod)(&self.pod_name_of(of, name));
        if there.as_ref().is_some_and(|pod| pod.deleting) {
            // the pod of an earlier attempt is still going; the new one has its name
            let soon = self
                .around
                .now
                .checked_add(jiff::SignedDuration::from_secs(1));
            self.wake_at(soon.unwrap_or(self.around.now));
            return;
        }
        self.active += 1;
        self.start(holder, name, "Pod", boundary);
        let inputs = frame.inputs(template);
        if inputs.as_object().is_some_and(|i| !i.is_empty()) {
            self.set(name, "inputs", inputs);
        }
        self.set(name, "progress", json!("0/1"));
        match there {
            // names of pods are fixed: one that is there is taken for the step's own
            Some(pod) => self.read_pod(name, &pod.value()),
            None => self.make_pod(frame, template, name),
        }
    }

    fn make_pod(&mut self, frame: &Frame, template: &Value, name: &str) {
        let pod = self.build(frame, template, name);
        self.made.insert(name.to_owned());
        self.orders.create.push(pod);
    }

    /// A step whose pod went before it began gets another.
    fn make_lost_pod(&mut self, frame: &Frame, template: &Value, name: &str) {
        let begun = self.phase_of(name) != Phase::Pending || !self.refusal.is_empty();
        if begun || self.made.contains(name) || (self.around.pod)(&self.pod_name(name)).is_some() {
            return;
        }
        self.set(name, "message", Value::Null);
        self.make_pod(frame, template, name);
    }

    fn build(&self, frame: &Frame, template: &Value, name: &str) -> Value {
        let template = fill_all(template, &frame.values);
        let mut annotations = self.spec["podMetadata"]["annotations"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let mut labels = self.spec["podMetadata"]["labels"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        annotations.extend(
            template["metadata"]["annotations"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
        );
        labels.extend(
            template["metadata"]["labels"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
        );
        for (key, value) in [("node-id", self.id(name)), ("node-name", name.to_owned())] {
            annotations.insert(format!("{ARGO}{key}"), json!(value));
        }
        annotations.insert(
            "kubectl.kubernetes.io/default-container".to_owned(),
            json!("main"),
        );
        labels.insert(format!("{ARGO}workflow"), json!(self.name));
        labels.insert(format!("{ARGO}completed"), json!("false"));
        let mut spec = self.pod_spec(&template);
        for key in [
            "nodeSelector",
            "tolerations",
            "affinity",
            "priorityClassName",
        ] {
            let value = if template[key].is_null() {
                &self.spec[key]
            } else {
                &template[key]
            };
            if !value.is_null() {
                spec.insert(key.to_owned(), value.clone());
            }
        }
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": self.pod_name(name), "namespace": self.object["metadata"]["namespace"],
            "annotations": annotations, "labels": labels, "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow", "name": self.name, "uid": self.uid, "controller": true, "blockOwnerDeletion": true}]},
            "spec": spec})
    }

    fn pod_spec(&self, template: &Value) -> Map<String, Value> {
        let mut main = match &template["script"] {
            Value::Null => template["container"].clone(),
            script => script.clone(),
        };
        if !main.is_object() {
            main = json!({"image": "busybox"});
        }
        main["name"] = json!("main");
        let mounts = json!([{"name": "var-run-argo", "mountPath": "/var/run/argo"}]);
        let helper = |name: &str, command: &str| {
            json!({"name": name, "image": EXECUTOR, "command": ["argoexec", command], "volumeMounts": mounts,
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}})
        };
        let account = match text(&self.spec, "/serviceAccountName") {
            "" => "default",
            name => name,
        };
        let spec = json!({"restartPolicy": "Never", "serviceAccountName": account,
            "initContainers": [helper("init", "init")], "containers": [helper("wait", "wait"), main],
            "volumes": [{"name": "var-run-argo", "emptyDir": {}}]});
        spec.as_object().cloned().unwrap_or_default()
    }

    /// Takes in what became of the pods.
    pub(super) fn read_pods(&mut self) {
        for (id, news) in std::mem::take(&mut self.around.news) {
            let Some(node) = self.nodes.get(&id) else {
                continue;
            };
            let name = text(node, "/name").to_owned();
            if text(node, "/type") != "Pod" || self.phase_of(&name).is_final() {
                continue;
            }
            match news {
                News::Gone if self.phase_of(&name) == Phase::Pending => {}
                News::Gone => self.mark(&name, Phase::Error, "pod deleted"),
                News::Pod(pod) => self.read_pod(&name, &pod),
            }
        }
    }

    fn read_pod(&mut self, name: &str, pod: &Value) {
        let host = text(pod, "/spec/nodeName");
        if !host.is_empty() {
            self.set(name, "hostNodeName", json!(host));
        }
        if let Some(progress) = pod["metadata"]["annotations"][format!("{ARGO}progress")].as_str() {
            self.set(name, "progress", json!(progress));
        }
        match text(pod, "/status/phase") {
            "Pending" => {
                let why = pending(pod);
                self.mark(name, Phase::Pending, &why);
            }
            "Running" => self.mark(name, Phase::Running, ""),
            "Succeeded" => {
                self.set(name, "progress", json!("1/1"));
                self.results(name, pod);
                self.mark(name, Phase::Succeeded, "");
            }
            "Failed" => {
                let (phase, why) = failed(pod);
                self.results(name, pod);
                self.mark(name, phase, &why);
            }
            _ => {}
        }
    }

    /// Exit code, outputs and spent resources.
    fn results(&mut self, name: &str, pod: &Value) {
        let mut outputs = fate::outputs(pod, &self.template_of(name));
        if let Some(code) = main_state(pod)["exitCode"].as_i64() {
            outputs["exitCode"] = json!(code.to_string());
        }
        if text(pod, "/status/phase") == "Succeeded" {
            self.remember(name, &outputs);
        }
        if outputs.as_object().is_some_and(|o| !o.is_empty()) {
            self.set(name, "outputs", outputs);
        }
        let spent = self.around.now.as_second() - self.started(name).as_second();
        let mut resources = json!({"cpu": spent.max(1), "memory": spent.max(1) * 10});
        for (key, value) in fate::devices(pod) {
            resources[key] = json!(spent.max(1) * i64::try_from(value).unwrap_or(1));
        }
        self.set(name, "resourcesDuration", resources);
    }

    pub(super) fn template_of(&self, name: &str) -> Value {
        let node = self.node(name);
        let (reference, local) = node.map_or(("", ""), |n| {
            (text(n, "/templateRef/name"), text(n, "/templateName"))
        });
        if reference.is_empty() {
            let found = list(&self.spec, "templates").find(|t| t["name"] == local);
            return found.cloned().unwrap_or_default();
        }
        let cluster = node.is_some_and(|n| n["templateRef"]["clusterScope"] == true);
        let wanted = node.map_or("", |n| text(n, "/templateRef/template"));
        let found = (self.around.template)(cluster, reference).unwrap_or_default();
        let mut all = list(&found["spec"], "templates");
        all.find(|t| t["name"] == wanted)
            .cloned()
            .unwrap_or_default()
    }
}

fn main_state(pod: &Value) -> Value {
    let mut all = list(&pod["status"], "containerStatuses");
    let main = all.find(|c| c["name"] == "main");
    main.map(|c| c["state"]["terminated"].clone())
        .unwrap_or_default()
}

/// What a pending pod waits for.
fn pending(pod: &Value) -> String {
    let conditions = list(&pod["status"], "conditions");
    for condition in conditions {
        if condition["reason"] == "Unschedulable" {
            return format!("Unschedulable: {}", text(condition, "/message"));
        }
    }
    let lists = ["initContainerStatuses", "containerStatuses"];
    for status in lists.iter().flat_map(|l| list(&pod["status"], l)) {
        let waiting = &status["state"]["waiting"];
        let reason = text(waiting, "/reason");
        if !reason.is_empty() {
            return match text(waiting, "/message") {
                "" => reason.to_owned(),
                message => format!("{reason}: {message}"),
            };
        }
    }
    String::new()
}

fn failed(pod: &Value) -> (Phase, String) {
    let said = text(pod, "/status/message");
    if !said.is_empty() {
        return (Phase::Failed, said.to_owned());
    }
    let order = |c: &&Value| match text(c, "/name") {
        "main" => 1,
        "wait" => 2,
        _ => 0,
    };
    let lists = ["initContainerStatuses", "containerStatuses"];
    let mut all: Vec<&Value> = lists.iter().flat_map(|l| list(&pod["status"], l)).collect();
    all.sort_by_key(order);
    for status in all {
        let ended = &status["state"]["terminated"];
        let code = ended["exitCode"].as_i64().unwrap_or_default();
        if code == 0 {
            continue;
        }
        let name = text(status, "/name");
        let mut why = format!("{name}: {} (exit code {code})", text(ended, "/reason"));
        if !text(ended, "/message").is_empty() {
            why = format!("{why}: {}", text(ended, "/message"));
        }
        let phase = if name == "main" {
            Phase::Failed
        } else {
            Phase::Error
        };
        return (phase, why);
    }
    (
        Phase::Failed,
        format!(
            "pod failed for unknown reason {}",
            text(pod, "/metadata/name")
        ),
    )
}
