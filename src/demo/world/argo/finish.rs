//! The end of a run, and what is written back in any case: progress, labels, conditions. Pure.

use serde_json::{Value, json};

use super::nodes::{is_step, progress_of};
use super::template::Frame;
use super::{ARGO, Operation, Orders, fold};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::domain::{Phase, Progress};

impl Operation<'_> {
    /// Runs the exit handler, where there is one; whether it has ended.
    pub(super) fn exit_done(&mut self, frame: &Frame, phase: Phase) -> bool {
        let handler = match text(&self.spec, "/onExit") {
            "" => text(&self.spec, "/hooks/exit/template"),
            name => name,
        };
        if handler.is_empty() || self.shutdown == "Terminate" {
            return true;
        }
        let name = format!("{}.onExit", self.name);
        let holder = json!({"template": handler, "hooked": true});
        self.globals
            .insert("workflow.status".to_owned(), phase.word().to_owned());
        self.execute(frame, &holder, &name, "", &Value::Null);
        self.phase_of(&name).is_final()
    }

    /// Ends the workflow as its root node ended, or as its exit handler did when only that went wrong.
    pub(super) fn finish(&mut self, phase: Phase) {
        let said = |name: &str| {
            self.node(name)
                .map_or("", |n| text(n, "/message"))
                .to_owned()
        };
        let exit = format!("{}.onExit", self.name);
        let after = self.phase_of(&exit);
        let (phase, message) = if phase.is_bad() && !self.shutdown.is_empty() {
            (phase, format!("Stopped with strategy '{}'", self.shutdown))
        } else if phase.is_bad() || !after.is_bad() {
            (phase, said(&self.name))
        } else {
            (after, said(&exit))
        };
        self.close(phase, &message);
    }

    /// Ends the workflow.
    pub(super) fn close(&mut self, phase: Phase, message: &str) {
        self.object["status"]["phase"] = json!(phase.word());
        self.object["status"]["finishedAt"] = stamp(self.around.now);
        if message.is_empty() {
            self.object["status"]
                .as_object_mut()
                .map(|s| s.remove("message"));
        } else {
            self.object["status"]["message"] = json!(message);
        }
        let strategy = text(&self.spec, "/podGC/strategy");
        let clean = strategy == "OnWorkflowCompletion"
            || (strategy == "OnWorkflowSuccess" && phase == Phase::Succeeded);
        if clean {
            let pods: Vec<String> = self
                .nodes
                .values()
                .filter(|n| text(n, "/type") == "Pod")
                .map(|n| text(n, "/name").to_owned())
                .collect();
            let names: Vec<String> = pods.iter().map(|n| self.pod_name(n)).collect();
            self.orders.delete.extend(names);
        }
    }

    /// Writes nodes, progress, labels and conditions back.
    pub(super) fn end(mut self) -> (Value, Orders) {
        let phase = text(&self.object, "/status/phase").to_owned();
        let done = Phase::from_argo(&phase).is_final();
        let labels = &mut self.object["metadata"]["labels"];
        labels[format!("{ARGO}phase")] = json!(phase);
        labels[format!("{ARGO}completed")] = json!(done.to_string());
        let running = self
            .nodes
            .values()
            .any(|n| n["type"] == "Pod" && n["phase"] == "Running");
        let word = |b: bool| if b { "True" } else { "False" };
        let mut conditions = vec![json!({"type": "PodRunning", "status": word(running)})];
        if done {
            conditions.push(json!({"type": "Completed", "status": "True"}));
        }
        let progress = self.progress();
        self.sum_progress();
        let spent = self.spent();
        let status = &mut self.object["status"];
        status["conditions"] = json!(conditions);
        status["progress"] = json!(format!("{}/{}", progress.done, progress.total));
        if done {
            status["resourcesDuration"] = spent;
        }
        let compress =
            self.object["metadata"]["annotations"]["rig.midwatch.dev/compress"] == "true";
        fold::fold(&mut self.object["status"], self.nodes, compress);
        (self.object, self.orders)
    }

    /// Steps done of steps known; pods and gates count.
    fn progress(&self) -> Progress {
        let mut sum = Progress::default();
        for node in self.nodes.values().filter(|n| is_step(n)) {
            let own = progress_of(node);
            sum.total = sum.total.saturating_add(own.total);
            sum.done = sum.done.saturating_add(own.done);
        }
        sum
    }

    fn spent(&self) -> Value {
        let mut sum: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
        for node in self.nodes.values() {
            for (key, value) in node["resourcesDuration"].as_object().into_iter().flatten() {
                *sum.entry(key).or_default() += value.as_i64().unwrap_or_default();
            }
        }
        json!(sum)
    }
}
