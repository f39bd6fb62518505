//! Groups of a run that is played: steps, tasks, and what they expand to.

use serde_json::{Map, Value};

use super::{Place, Walk};

impl Walk<'_> {
    pub(super) fn items(&mut self, step: &Value) -> Option<Vec<String>> {
        let known = ["withItems", "withParam", "withSequence"];
        known.iter().find(|k| !step[**k].is_null())?;
        let count = self.chance.below(4);
        Some((0..count).map(|n| format!("({n}:v{n})")).collect())
    }

    pub(super) fn skipped(&mut self, place: &Place, step: &Value) -> bool {
        let skipped = step["when"].is_string() && self.chance.percent(40);
        if skipped {
            let id = self.node(place, step, "Skipped", "Skipped");
            self.nodes[&id]["message"] = "when 'no' evaluated false".into();
        }
        skipped
    }

    pub(super) fn steps(&mut self, place: &Place, step: &Value, template: &Value) -> String {
        let id = self.node(place, step, "Steps", "Running");
        let groups = template["steps"].as_array().cloned().unwrap_or_default();
        let mut before: Vec<String> = vec![id.clone()];
        let mut phase = "Succeeded".to_owned();
        for (number, group) in groups.iter().enumerate() {
            let inside = Place {
                name: format!("{}[{number}]", place.name),
                display: format!("[{number}]"),
                boundary: id.clone(),
                depth: place.depth,
                flag: None,
            };
            let group_id = self.node(&inside, &Value::Null, "StepGroup", "Running");
            for parent in &before {
                self.child(parent, &group_id);
            }
            let list = group.as_array().cloned().unwrap_or_default();
            phase = self.group(&inside, &list);
            self.end(&group_id, &phase, Vec::new());
            let children = self.nodes[&group_id]["children"].as_array().cloned();
            before = children
                .into_iter()
                .flatten()
                .flat_map(|c| self.outbound(c.as_str().unwrap()))
                .collect();
            if before.is_empty() {
                before = vec![group_id];
            }
            if phase != "Succeeded" {
                break;
            }
        }
        self.end(&id, &phase, before);
        phase
    }

    /// The steps of one group, all at once.
    fn group(&mut self, group: &Place, steps: &[Value]) -> String {
        let mut phases = Vec::new();
        let group_id = self.id(&group.name);
        for step in steps {
            let own = step["name"].as_str().unwrap_or("step");
            let items = self.items(step).unwrap_or_else(|| vec![String::new()]);
            for item in items {
                let name = format!("{}.{own}{item}", group.name);
                let place = group.below(&name, &format!("{own}{item}"), None);
                let mut phase = "Succeeded".to_owned();
                if !self.skipped(&place, step) {
                    phase = self.run(&place, step);
                }
                let id = self.id(&name);
                self.child(&group_id, &id);
                let forgiven = step["continueOn"].is_object() && phase != "Running";
                phases.push(if forgiven {
                    "Succeeded".to_owned()
                } else {
                    phase
                });
            }
        }
        together(&phases)
    }

    pub(super) fn dag(&mut self, place: &Place, step: &Value, template: &Value) -> String {
        let id = self.node(place, step, "DAG", "Running");
        let inside = Place {
            boundary: id.clone(),
            ..place.clone()
        };
        let tasks = template["dag"]["tasks"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut phases: Map<String, Value> = Map::new();
        let mut waits: Vec<&Value> = tasks.iter().collect();
        // until nothing more can begin
        loop {
            let ready = waits
                .iter()
                .position(|task| needs(task).iter().all(|n| phases.contains_key(n)));
            let Some(at) = ready else {
                break;
            };
            let task = waits.remove(at);
            let own = task["name"].as_str().unwrap().to_owned();
            if let Some(phase) = self.task(&inside, task, &phases) {
                phases.insert(own, phase.into());
            }
        }
        let all: Vec<String> = phases
            .values()
            .map(|p| p.as_str().unwrap().to_owned())
            .collect();
        let phase = together(&all);
        let followed: Vec<String> = tasks.iter().flat_map(needs).collect();
        let last = tasks.iter().filter_map(|t| t["name"].as_str());
        let last: Vec<String> = last
            .filter(|t| !followed.iter().any(|f| f == t))
            .map(str::to_owned)
            .collect();
        let ids: Vec<String> = last
            .iter()
            .map(|t| self.id(&format!("{}.{t}", place.name)))
            .collect();
        let outbound = ids
            .iter()
            .filter(|id| self.nodes.contains_key(*id))
            .flat_map(|id| self.outbound(id))
            .collect();
        self.end(&id, &phase, outbound);
        phase
    }

    /// One task; none when it has to wait for one that has not ended.
    fn task(&mut self, dag: &Place, task: &Value, done: &Map<String, Value>) -> Option<String> {
        let own = task["name"].as_str().unwrap();
        let place = dag.below(&format!("{}.{own}", dag.name), own, None);
        let id = self.id(&place.name);
        let needs = needs(task);
        let of = |n: &String| done[n].as_str().unwrap().to_owned();
        if needs.iter().any(|n| of(n) == "Running") {
            return None;
        }
        let bad = |n: &String| matches!(of(n).as_str(), "Failed" | "Error" | "Omitted");
        let omitted =
            needs.iter().any(bad) && !task["depends"].as_str().unwrap_or("").contains("Failed");
        let phase = if omitted {
            self.node(&place, task, "Skipped", "Omitted");
            "Omitted".to_owned()
        } else if self.skipped(&place, task) {
            "Skipped".to_owned()
        } else if let Some(items) = self.items(task) {
            self.fan_out(&place, task, &items)
        } else {
            self.run(&place, task)
        };
        if needs.is_empty() {
            self.child(&dag.boundary, &id);
        }
        for need in needs {
            let parent = self.id(&format!("{}.{need}", dag.name));
            for parent in self.outbound(&parent) {
                self.child(&parent, &id);
            }
        }
        Some(phase)
    }

    fn fan_out(&mut self, place: &Place, task: &Value, items: &[String]) -> String {
        let id = self.node(place, task, "TaskGroup", "Running");
        let mut phases = Vec::new();
        for item in items {
            let name = format!("{}{item}", place.name);
            let at = place.below(&name, &format!("{}{item}", place.display), None);
            phases.push(self.run(&at, task));
            let item = self.id(&name);
            self.child(&id, &item);
        }
        let phase = together(&phases);
        self.end(&id, &phase, Vec::new());
        phase
    }
}

/// The phase of a group.
fn together(phases: &[String]) -> String {
    let first = |wanted: &str| phases.iter().any(|p| p == wanted);
    ["Running", "Error", "Failed"]
        .into_iter()
        .find(|p| first(p))
        .unwrap_or("Succeeded")
        .to_owned()
}

/// The tasks that a task follows.
fn needs(task: &Value) -> Vec<String> {
    let list = task["dependencies"].as_array().into_iter().flatten();
    let mut names: Vec<String> = list.filter_map(|d| d.as_str()).map(str::to_owned).collect();
    let words = task["depends"].as_str().unwrap_or_default();
    for word in words.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))) {
        let name = word.split('.').next().unwrap_or_default();
        if !name.is_empty() {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}
