//! Steps templates: groups one after another. Pure.
//!
//! Source: argo-workflows v3.7, workflow/controller/steps.go.

use serde_json::{Value, json};

use super::Operation;
use super::template::{Frame, items, list, with_item};
use crate::demo::catalog::text;
use crate::domain::Phase;

impl Operation<'_> {
    pub(super) fn steps(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) {
        if !self.has(name) {
            self.start(holder, name, "Steps", boundary);
            let inputs = frame.inputs(template);
            if inputs.as_object().is_some_and(|i| !i.is_empty()) {
                self.set(name, "inputs", inputs);
            }
        }
        let mut values = frame.values.clone();
        let mut before: Option<String> = None;
        for (index, group) in list(template, "steps").enumerate() {
            let node = format!("{name}[{index}]");
            if !self.has(&node) {
                let group = json!({"scope": holder["scope"]});
                self.start(&group, &node, "StepGroup", &self.id(name));
                self.hang_group(before.as_deref(), &node, name);
            }
            let phase = self.group(frame, group, &node, name, &values);
            if !phase.is_final() {
                return;
            }
            if phase.is_bad() {
                let why = self
                    .node(&node)
                    .map_or("", |n| text(n, "/message"))
                    .to_owned();
                self.set_outbound(name, &self.children(&node));
                self.mark(name, phase, &why);
                return;
            }
            for step in group.as_array().into_iter().flatten() {
                let own = text(step, "/name");
                self.outputs_as(
                    &format!("steps.{own}"),
                    &format!("{node}.{own}"),
                    &mut values,
                );
            }
            before = Some(node);
        }
        if let Some(last) = before {
            self.set_outbound(name, &self.children(&last));
        }
        self.group_outputs(template, &values, name);
        self.mark(name, Phase::Succeeded, "");
    }

    /// Links a group to the ends of the one before.
    fn hang_group(&mut self, before: Option<&str>, node: &str, name: &str) {
        let Some(before) = before else {
            self.link(name, node);
            return;
        };
        let ends: Vec<String> = self
            .children(before)
            .iter()
            .flat_map(|c| self.outbound(c))
            .collect();
        for end in ends {
            self.link(&end, node);
        }
    }

    /// Brings a group forward; its steps run side by side.
    fn group(
        &mut self,
        frame: &Frame,
        group: &Value,
        node: &str,
        name: &str,
        values: &super::Values,
    ) -> Phase {
        if self.phase_of(node).is_final() {
            return self.phase_of(node);
        }
        let boundary = self.id(name);
        let mut all: Vec<String> = Vec::new();
        for step in group.as_array().into_iter().flatten() {
            let own = format!("{node}.{}", text(step, "/name"));
            let fanned = items(step, values).unwrap_or_else(|| vec![(String::new(), Value::Null)]);
            for (suffix, item) in fanned {
                let child = format!("{own}{suffix}");
                self.single(frame, step, &child, &boundary, &with_item(values, &item));
                all.push(child);
            }
        }
        for child in &all {
            if self.has(child) {
                self.link(node, child);
            }
        }
        if !all.iter().all(|c| self.phase_of(c).is_final()) {
            return Phase::Running;
        }
        let bad = all.iter().find(|c| self.phase_of(c).is_bad());
        match bad {
            Some(child) => {
                let why = format!("child '{}' failed", self.id(child));
                self.mark(node, Phase::Failed, &why);
            }
            None => self.mark(node, Phase::Succeeded, ""),
        }
        self.phase_of(node)
    }
}
