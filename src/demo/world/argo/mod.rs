//! A small model of the Argo Workflows controller: from a Workflow and news of its pods to the next state of
//! `status`. Pure. Called by the world for every workflow that may have something to do.
//!
//! What is modelled: DAG, steps, fan-out, retry with back-off, suspend gates, exit handlers, memoization, templates
//! by reference, conditions, deadlines, shutdown, parallelism, compressed nodes. Node ids, names, types, messages
//! and edges are those of the real one (source: argo-workflows v3.7, workflow/controller).

mod container;
mod dag;
mod depends;
mod finish;
mod fold;
mod memo;
mod nodes;
mod retry;
mod steps;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::demo::store::Object;
use crate::domain::Phase;

pub(super) use memo::Memo;
use template::Frame;
pub(super) use template::seconds;

/// Prefix of Argo's labels and annotations.
pub(super) const ARGO: &str = "workflows.argoproj.io/";

/// How deep templates may call templates (as in the real one).
const DEEPEST: usize = 100;
/// Nodes of one run at most: what a person submits must not fill the memory.
const MOST_NODES: usize = 8_000;

/// Values by name: `inputs.parameters.x`, `tasks.a.outputs.result`, `workflow.name`, `item`.
pub(super) type Values = BTreeMap<String, String>;

/// What is known of a pod since the last time.
#[derive(Debug, Clone)]
pub(super) enum News {
    /// Its present state.
    Pod(Value),
    /// It is gone.
    Gone,
}

/// What surrounds a workflow.
pub(super) struct Surroundings<'a> {
    /// Simulated present.
    pub(super) now: Timestamp,
    /// News of its pods, by node id.
    pub(super) news: BTreeMap<String, News>,
    /// Templates by reference: cluster scope, name.
    pub(super) template: &'a dyn Fn(bool, &str) -> Option<Value>,
    /// The pod of a name, where there is one.
    pub(super) pod: &'a dyn Fn(&str) -> Option<Arc<Object>>,
    /// The `ConfigMap` of a name: memoized outputs are kept in some.
    pub(super) config: &'a dyn Fn(&str) -> Option<Value>,
    /// Back-off and gate durations are divided by this.
    pub(super) speed: f64,
}

/// What is to be done besides storing the workflow.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Pods to create.
    pub(super) create: Vec<Value>,
    /// Pods to delete, by name.
    pub(super) delete: Vec<String>,
    /// Entries of memoization caches to write.
    pub(super) remember: Vec<Memo>,
    /// When to look again at the latest.
    pub(super) wake: Option<Timestamp>,
}

/// One look at one workflow.
pub(super) struct Operation<'a> {
    around: Surroundings<'a>,
    name: String,
    uid: String,
    object: Value,
    spec: Value,
    nodes: Map<String, Value>,
    globals: Values,
    orders: Orders,
    /// Nodes whose pods are made in this look.
    made: BTreeSet<String>,
    /// Suspended: nothing new starts, and nothing ends.
    frozen: bool,
    /// It cannot be carried out at all.
    invalid: Option<(Phase, String)>,
    /// Out of time or shut down: what would start fails, and why.
    refusal: String,
    shutdown: String,
    active: usize,
    depth: usize,
}

/// Brings a workflow forward; `None` when there is nothing to do for it, now or ever.
pub(super) fn operate(workflow: Value, around: Surroundings<'_>) -> Option<(Value, Orders)> {
    let phase = Phase::from_argo(text(&workflow, "/status/phase"));
    let label = &workflow["metadata"]["labels"][format!("{ARGO}completed")];
    // who sets that label by hand takes the workflow away from its controller
    if phase.is_final() || label == "true" {
        return None;
    }
    let mut operation = Operation::new(workflow, around);
    operation.run();
    Some(operation.end())
}

impl<'a> Operation<'a> {
    fn new(mut object: Value, around: Surroundings<'a>) -> Self {
        if !object["status"].is_object() {
            object["status"] = json!({});
        }
        let nodes = fold::unfold(&mut object["status"]);
        let (spec, invalid) = template::wanted(&mut object, around.template);
        Self {
            name: text(&object, "/metadata/name").to_owned(),
            uid: text(&object, "/metadata/uid").to_owned(),
            shutdown: text(&object, "/spec/shutdown").to_owned(),
            frozen: object["spec"]["suspend"] == true,
            invalid,
            refusal: String::new(),
            active: 0,
            depth: 0,
            globals: Values::new(),
            orders: Orders::default(),
            made: BTreeSet::new(),
            around,
            object,
            spec,
            nodes,
        }
    }

    fn run(&mut self) {
        self.begin();
        if let Some((phase, why)) = self.invalid.take() {
            self.close(phase, &why);
            return;
        }
        self.read_pods();
        self.check_deadline();
        self.check_shutdown();
        if self.frozen {
            return;
        }
        self.active = self.count_active();
        let frame = Frame::local(&self.name, &self.spec);
        let entry = json!({"template": self.spec["entrypoint"]});
        let arguments = self.spec["arguments"].clone();
        let root = self.name.clone();
        self.execute(&frame, &entry, &root, "", &arguments);
        let phase = self.phase_of(&root);
        if phase.is_final() && self.exit_done(&frame, phase) {
            self.finish(phase);
        }
    }

    /// Sets what the controller sets when it first sees a workflow.
    fn begin(&mut self) {
        if text(&self.object, "/status/phase").is_empty() {
            self.object["status"]["startedAt"] = stamp(self.around.now);
            self.object["status"]["finishedAt"] = Value::Null;
            self.object["status"]["artifactGCStatus"] = json!({"notSpecified": true});
            self.object["status"]["artifactRepositoryRef"] = json!({"default": true, "artifactRepository": {
                "archiveLogs": true, "s3": {"bucket": "ml-artifacts", "endpoint": "minio.argo:9000", "insecure": true,
                    "keyFormat": "{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}"}}});
            let key = format!("{ARGO}pod-name-format");
            self.object["metadata"]["annotations"][key] = json!("v2");
        }
        self.object["status"]["phase"] = json!("Running");
        let mut globals = Values::new();
        globals.insert("workflow.name".to_owned(), self.name.clone());
        globals.insert("workflow.uid".to_owned(), self.uid.clone());
        globals.insert(
            "workflow.namespace".to_owned(),
            text(&self.object, "/metadata/namespace").to_owned(),
        );
        for parameter in template::list(&self.spec["arguments"], "parameters") {
            let key = format!("workflow.parameters.{}", text(parameter, "/name"));
            globals.insert(key, template::plain(&parameter["value"]));
        }
        self.globals = globals;
    }

    fn check_deadline(&mut self) {
        let Some(seconds) = self.spec["activeDeadlineSeconds"].as_i64() else {
            return;
        };
        let Ok(start) = text(&self.object, "/status/startedAt").parse::<Timestamp>() else {
            return;
        };
        let allowed = self.scaled(seconds);
        let end = start.checked_add(allowed).unwrap_or(start);
        if self.around.now < end {
            self.wake_at(end);
            return;
        }
        "Step exceeded its deadline".clone_into(&mut self.refusal);
        self.stop_active("Step exceeded its deadline", "Step exceeded its deadline");
    }

    fn check_shutdown(&mut self) {
        if self.shutdown.is_empty() {
            return;
        }
        self.refusal = format!("workflow shutdown with strategy: {}", self.shutdown);
        let why = format!("workflow shutdown with strategy:  {}", self.shutdown);
        let of_gates = format!("Stopped with strategy '{}'", self.shutdown);
        self.stop_active(&why, &of_gates);
    }

    /// Fails everything that is at work, steps and gates with their messages; pods are deleted. What belongs to the
    /// exit handler is spared, unless the run is terminated.
    fn stop_active(&mut self, of_steps: &str, of_gates: &str) {
        let active: Vec<(String, bool)> = self
            .nodes
            .values()
            .filter(|n| matches!(text(n, "/type"), "Pod" | "Suspend"))
            .filter(|n| !Phase::from_argo(text(n, "/phase")).is_final())
            .filter(|n| self.shutdown == "Terminate" || !text(n, "/name").contains(".onExit"))
            .map(|n| (text(n, "/name").to_owned(), text(n, "/type") == "Pod"))
            .collect();
        for (name, pod) in active {
            if pod {
                self.orders.delete.push(self.pod_name(&name));
            }
            self.mark(&name, Phase::Failed, if pod { of_steps } else { of_gates });
        }
    }

    fn wake_at(&mut self, at: Timestamp) {
        let sooner = self.orders.wake.is_none_or(|w| at < w);
        if sooner {
            self.orders.wake = Some(at);
        }
    }

    /// A duration of the spec on the platform's clock.
    fn scaled(&self, seconds: i64) -> jiff::SignedDuration {
        #[allow(clippy::cast_precision_loss)]
        let real = seconds as f64 / self.around.speed;
        jiff::SignedDuration::try_from_secs_f64(real)
            .unwrap_or(jiff::SignedDuration::from_secs(seconds))
    }

    /// Brings one node forward: whatever a template or a task says.
    fn execute(
        &mut self,
        frame: &Frame,
        holder: &Value,
        name: &str,
        boundary: &str,
        arguments: &Value,
    ) {
        if self.phase_of(name).is_final() {
            return;
        }
        let Some((template, frame)) = frame.resolve(holder, self.around.template) else {
            let what = template::label(holder);
            self.refuse(
                frame,
                holder,
                (name, boundary),
                &format!("template {what} not found"),
            );
            return;
        };
        if self.depth >= DEEPEST || self.nodes.len() >= MOST_NODES {
            self.refuse(
                &frame,
                holder,
                (name, boundary),
                "Maximum recursion depth exceeded",
            );
            return;
        }
        self.depth += 1;
        let frame = frame.enter(&template, arguments, &self.globals);
        if !self.remembered(&frame, &template, holder, name, boundary) {
            if template["retryStrategy"].is_object() {
                self.retry(&frame, &template, holder, name, boundary);
            } else {
                self.work(&frame, &template, holder, name, boundary);
            }
        }
        self.depth -= 1;
    }

    /// A node that cannot be carried out.
    fn refuse(&mut self, frame: &Frame, holder: &Value, (name, boundary): (&str, &str), why: &str) {
        if !self.has(name) {
            self.start(&frame.holder(holder), name, "Skipped", boundary);
        }
        self.mark(name, Phase::Error, why);
    }

    /// One attempt at a template.
    fn work(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        let kinds = ["dag", "steps", "suspend"];
        let kind = kinds.into_iter().find(|k| !template[*k].is_null());
        let holder = frame.holder(holder);
        match kind {
            Some("dag") => self.dag(frame, template, &holder, name, boundary),
            Some("steps") => self.steps(frame, template, &holder, name, boundary),
            Some(_) => self.gate(template, &holder, name, boundary),
            None => self.pod(frame, template, &holder, name, boundary),
        }
    }

    fn gate(&mut self, template: &Value, holder: &Value, name: &str, boundary: &str) {
        if !self.has(name) {
            self.start(holder, name, "Suspend", boundary);
            let wanted: Vec<Value> = template::list(&template["outputs"], "parameters")
                .map(|p| json!({"name": p["name"], "valueFrom": p["valueFrom"]}))
                .collect();
            if !wanted.is_empty() {
                self.set(name, "outputs", json!({"parameters": wanted}));
            }
            self.set(name, "phase", json!("Running"));
            if !self.refusal.is_empty() {
                let why = self.refusal.clone();
                self.mark(name, Phase::Failed, &why);
                return;
            }
        }
        let Some(seconds) = template::seconds(&template["suspend"]["duration"]) else {
            return;
        };
        let end = self.started(name).checked_add(self.scaled(seconds));
        match end {
            Ok(end) if end > self.around.now => self.wake_at(end),
            _ => self.mark(name, Phase::Succeeded, ""),
        }
    }
}

#[cfg(test)]
mod tests;
