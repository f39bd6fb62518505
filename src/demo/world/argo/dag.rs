//! DAG templates. Pure.
//!
//! Source: argo-workflows v3.7, workflow/controller/dag.go.

use serde_json::{Value, json};

use super::template::{Frame, fill_all, items, list, with_item};
use super::{Operation, depends};
use crate::demo::catalog::text;
use crate::domain::Phase;

/// A task with what it waits for.
struct Task<'a> {
    spec: &'a Value,
    name: String,
    node: String,
    waits_for: Vec<String>,
}

impl Operation<'_> {
    pub(super) fn dag(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        if !self.has(name) {
            self.start(holder, name, "DAG", boundary);
            let inputs = frame.inputs(template);
            if inputs.as_object().is_some_and(|i| !i.is_empty()) {
                self.set(name, "inputs", inputs);
            }
        }
        let tasks: Vec<Task<'_>> = list(&template["dag"], "tasks")
            .map(|t| task(t, name))
            .collect();
        // a task that ends at once lets the next one start in the same look
        for _ in 0..=tasks.len() {
            let before = self.nodes.len();
            for task in &tasks {
                self.advance(frame, &tasks, task, name);
            }
            if self.nodes.len() == before {
                break;
            }
        }
        if tasks.iter().all(|t| self.phase_of(&t.node).is_final()) {
            self.end_dag(frame, template, &tasks, name);
        }
    }

    fn end_dag(&mut self, frame: &Frame, template: &Value, tasks: &[Task<'_>], name: &str) {
        let awaited = |t: &Task<'_>| tasks.iter().any(|o| o.waits_for.contains(&t.name));
        let last: Vec<&Task<'_>> = tasks.iter().filter(|t| !awaited(t)).collect();
        let bad = last
            .iter()
            .map(|t| self.branch(tasks, t))
            .find(|p| p.is_bad());
        let ends: Vec<String> = last.iter().map(|t| t.node.clone()).collect();
        self.set_outbound(name, &ends);
        if bad.is_none() {
            let values = self.task_values(frame, tasks);
            self.group_outputs(template, &values, name);
        }
        self.mark(name, bad.unwrap_or(Phase::Succeeded), "");
    }

    /// How a task and what led to it ended.
    fn branch(&self, tasks: &[Task<'_>], task: &Task<'_>) -> Phase {
        let own = self.phase_of(&task.node);
        if own != Phase::Omitted {
            return own;
        }
        let before = tasks.iter().filter(|t| task.waits_for.contains(&t.name));
        let mut phases = before.map(|t| self.branch(tasks, t));
        phases.find(|p| p.is_bad()).unwrap_or(Phase::Succeeded)
    }

    fn advance(&mut self, frame: &Frame, tasks: &[Task<'_>], task: &Task<'_>, name: &str) {
        if self.phase_of(&task.node).is_final() {
            return;
        }
        let before: Vec<&Task<'_>> = tasks
            .iter()
            .filter(|t| task.waits_for.contains(&t.name))
            .collect();
        if !before.iter().all(|t| self.phase_of(&t.node).is_final()) {
            return;
        }
        let fresh = !self.has(&task.node);
        if fresh && !self.met(task, tasks) {
            self.start(
                &frame.holder(task.spec),
                &task.node,
                "Skipped",
                &self.id(name),
            );
            self.mark(
                &task.node,
                Phase::Omitted,
                "omitted: depends condition not met",
            );
            self.hang(&before, task, name);
            return;
        }
        let mut values = frame.values.clone();
        values.extend(self.task_values(frame, tasks));
        self.task(frame, task.spec, &task.node, name, &values);
        if fresh && self.has(&task.node) {
            self.hang(&before, task, name);
        }
    }

    /// Links a new task to what it came after.
    fn hang(&mut self, before: &[&Task<'_>], task: &Task<'_>, name: &str) {
        if before.is_empty() {
            self.link(name, &task.node);
        }
        for earlier in before {
            for parent in self.outbound(&earlier.node) {
                self.link(&parent, &task.node);
            }
        }
    }

    fn met(&self, task: &Task<'_>, tasks: &[Task<'_>]) -> bool {
        let ended = |word: &str| -> bool {
            let (name, wanted) = word.split_once('.').unwrap_or((word, ""));
            let Some(other) = tasks.iter().find(|t| t.name == name) else {
                return false;
            };
            let phase = self.phase_of(&other.node);
            let children = || {
                self.children(&other.node)
                    .into_iter()
                    .map(|c| self.phase_of(&c))
            };
            match wanted {
                "" => matches!(phase, Phase::Succeeded | Phase::Skipped),
                "Errored" => phase == Phase::Error,
                "AnySucceeded" => children().any(|p| p == Phase::Succeeded),
                "AllFailed" => children().all(Phase::is_bad),
                word => Phase::from_argo(word) == phase,
            }
        };
        match task.spec["depends"].as_str() {
            Some(expression) => depends::evaluate(expression, &ended),
            None => task.waits_for.iter().all(|t| ended(t)),
        }
    }

    /// One task or step: skipped, fanned out, or carried out.
    pub(super) fn task(
        &mut self,
        frame: &Frame,
        spec: &Value,
        node: &str,
        name: &str,
        values: &super::Values,
    ) {
        let boundary = self.id(name);
        let Some(items) = items(spec, values) else {
            self.single(frame, spec, node, &boundary, values);
            return;
        };
        if !self.has(node) {
            self.start(&frame.holder(spec), node, "TaskGroup", &boundary);
        }
        for (suffix, item) in &items {
            let child = format!("{node}{suffix}");
            let values = with_item(values, item);
            self.single(frame, spec, &child, &boundary, &values);
            if self.has(&child) {
                self.link(node, &child);
            }
        }
        let phases: Vec<Phase> = items
            .iter()
            .map(|(s, _)| self.phase_of(&format!("{node}{s}")))
            .collect();
        if phases.iter().all(|p| p.is_final()) {
            let worst = phases.into_iter().find(|p| p.is_bad());
            self.mark(node, worst.unwrap_or(Phase::Succeeded), "");
        }
    }

    pub(super) fn single(
        &mut self,
        frame: &Frame,
        spec: &Value,
        node: &str,
        boundary: &str,
        values: &super::Values,
    ) {
        if self.phase_of(node).is_final() {
            return;
        }
        let condition = super::template::fill(text(spec, "/when"), values);
        if !condition.is_empty() && !self.has(node) && !depends::when(&condition) {
            self.start(&frame.holder(spec), node, "Skipped", boundary);
            self.mark(
                node,
                Phase::Skipped,
                &format!("when '{condition}' evaluated false"),
            );
            return;
        }
        let arguments = fill_all(&spec["arguments"], values);
        self.execute(frame, spec, node, boundary, &arguments);
    }

    /// Outputs of ended tasks, as later ones name them.
    fn task_values(&self, frame: &Frame, tasks: &[Task<'_>]) -> super::Values {
        let mut values = frame.values.clone();
        for task in tasks {
            self.outputs_as(&format!("tasks.{}", task.name), &task.node, &mut values);
        }
        values
    }

    /// Names the outputs of a node.
    pub(super) fn outputs_as(&self, prefix: &str, node: &str, values: &mut super::Values) {
        let Some(found) = self.node(node) else {
            return;
        };
        values.insert(format!("{prefix}.status"), text(found, "/phase").to_owned());
        values.insert(format!("{prefix}.id"), text(found, "/id").to_owned());
        let outputs = &found["outputs"];
        for parameter in list(outputs, "parameters") {
            if let Some(value) = parameter["value"].as_str() {
                let key = format!("{prefix}.outputs.parameters.{}", text(parameter, "/name"));
                values.insert(key, value.to_owned());
            }
        }
        if let Some(result) = outputs["result"].as_str() {
            values.insert(format!("{prefix}.outputs.result"), result.to_owned());
        }
    }

    /// Outputs that a DAG or steps template takes from its tasks.
    pub(super) fn group_outputs(&mut self, template: &Value, values: &super::Values, name: &str) {
        let parameters: Vec<Value> = list(&template["outputs"], "parameters")
            .map(|p| {
                let from = text(p, "/valueFrom/parameter");
                json!({"name": p["name"], "value": super::template::fill(from, values)})
            })
            .collect();
        if !parameters.is_empty() {
            self.set(name, "outputs", json!({"parameters": parameters}));
        }
    }
}

fn task<'a>(spec: &'a Value, name: &str) -> Task<'a> {
    let own = text(spec, "/name").to_owned();
    let waits_for = if let Some(expression) = spec["depends"].as_str() {
        depends::tasks(expression)
    } else {
        let all = list(spec, "dependencies").filter_map(Value::as_str);
        all.map(str::to_owned).collect()
    };
    Task {
        node: format!("{name}.{own}"),
        name: own,
        spec,
        waits_for,
    }
}
