//! Plays a workflow as the controller would, with chance in the place of pods: from a specification to a status whose
//! nodes have the names, ids, edges and boundaries that the controller gives them.
//!
//! Source of the shapes: `workflow/controller/{steps,dag,operator,exit_handler,hooks,container_set_template}.go` of Argo
//! Workflows 3.7.18.

mod chance;
mod groups;

pub use chance::Chance;
use midwatch::kinds::argo::names::node_id;
use serde_json::{Map, Value, json};

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct Mood {
    /// Of a hundred pods, so many fail.
    pub fail: usize,
    /// Of a hundred pods and gates, so many have not ended.
    pub open: usize,
}

struct Walk<'a> {
    workflow: &'a str,
    templates: &'a [Value],
    chance: &'a mut Chance,
    mood: Mood,
    nodes: Map<String, Value>,
    clock: i64,
}

/// Where a node stands.
#[derive(Clone)]
struct Place {
    name: String,
    display: String,
    boundary: String,
    depth: usize,
    flag: Option<&'static str>,
}

/// Plays `workflow` and gives it its status, labels and version.
pub fn play(workflow: &mut Value, chance: &mut Chance, mood: Mood) {
    let name = workflow["metadata"]["name"].as_str().unwrap().to_owned();
    let spec = workflow["spec"].clone();
    let templates = spec["templates"].as_array().cloned().unwrap_or_default();
    let mut walk = Walk {
        workflow: &name,
        templates: &templates,
        chance,
        mood,
        nodes: Map::new(),
        clock: 0,
    };
    let root = Place {
        name: name.clone(),
        display: name.clone(),
        boundary: String::new(),
        depth: 0,
        flag: None,
    };
    let entry = json!({"template": spec["entrypoint"]});
    let phase = walk.run(&root, &entry);
    for hook in spec["hooks"].as_object().into_iter().flatten() {
        if hook.0 != "exit" && walk.chance.percent(60) {
            let place = root.below(&format!("{name}.hooks.{}", hook.0), &name, Some("hooked"));
            let place = Place {
                boundary: String::new(),
                ..place
            };
            walk.run(&place, hook.1);
            let id = node_id(&name, &place.name);
            walk.child(&name, &id);
        }
    }
    let exit = match (&spec["onExit"], &spec["hooks"]["exit"]) {
        (Value::String(template), _) => Some(json!({"template": template})),
        (_, hook) if hook.is_object() => Some(hook.clone()),
        _ => None,
    };
    let ended = phase != "Running";
    if let Some(exit) = exit.filter(|_| ended) {
        let place = Place {
            name: format!("{name}.onExit"),
            display: format!("{name}.onExit"),
            ..root
        };
        walk.run(&place, &exit);
    }
    let nodes = walk.nodes;
    let status = json!({
        "phase": phase,
        "startedAt": time(0),
        "message": if ended && phase != "Succeeded" { json!("child failed") } else { Value::Null },
        "finishedAt": if ended { time(9_000) } else { Value::Null },
        "conditions": [{"type": "PodRunning", "status": "False"}, {"type": "Completed", "status": "True"}],
        "nodes": nodes,
    });
    workflow["status"] = status;
    let labels = &mut workflow["metadata"]["labels"];
    labels["workflows.argoproj.io/phase"] = phase.into();
    if ended {
        labels["workflows.argoproj.io/completed"] = "true".into();
    }
    workflow["metadata"]["uid"] = "00000000-0000-4000-8000-000000000001".into();
    workflow["metadata"]["resourceVersion"] = "17".into();
}

fn time(seconds: i64) -> Value {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("2026-01-02T{hours:02}:{minutes:02}:{seconds:02}Z").into()
}

impl Place {
    fn below(&self, name: &str, display: &str, flag: Option<&'static str>) -> Self {
        Self {
            name: name.to_owned(),
            display: display.to_owned(),
            boundary: self.boundary.clone(),
            depth: self.depth + 1,
            flag,
        }
    }
}

impl Walk<'_> {
    fn id(&self, name: &str) -> String {
        node_id(self.workflow, name)
    }

    fn child(&mut self, parent: &str, child: &str) {
        let Some(node) = self.nodes.get_mut(parent) else {
            panic!("no node {parent}");
        };
        if node["children"].is_null() {
            node["children"] = json!([]);
        }
        let list = node["children"].as_array_mut().unwrap();
        if !list.iter().any(|c| c == child) {
            list.push(child.into());
        }
    }

    /// A node with what all have. `step` names the template.
    fn node(&mut self, place: &Place, step: &Value, kind: &str, phase: &str) -> String {
        self.clock += 7;
        let id = self.id(&place.name);
        let mut node = json!({"id": id, "name": place.name, "displayName": place.display, "type": kind, "phase": phase,
            "startedAt": time(self.clock), "templateScope": format!("local/{}", self.workflow)});
        if !place.boundary.is_empty() {
            node["boundaryID"] = place.boundary.as_str().into();
        }
        if step["templateRef"].is_object() {
            node["templateRef"] = step["templateRef"].clone();
        } else if step["template"].is_string() {
            node["templateName"] = step["template"].clone();
        }
        if let Some(flag) = place.flag {
            node["nodeFlag"] = json!({flag: true});
        }
        if !matches!(phase, "Running" | "Pending") {
            node["finishedAt"] = time(self.clock + 5);
        }
        if matches!(phase, "Failed" | "Error") {
            node["message"] = "it went wrong".into();
        }
        self.nodes.insert(id.clone(), node);
        id
    }

    fn end(&mut self, id: &str, phase: &str, outbound: Vec<String>) {
        let clock = self.clock + 5;
        let node = &mut self.nodes[id];
        node["phase"] = phase.into();
        if phase != "Running" {
            node["finishedAt"] = time(clock);
        }
        if !outbound.is_empty() {
            node["outboundNodes"] = outbound.into();
        }
    }

    fn template(&self, step: &Value) -> Value {
        if step["inline"].is_object() {
            return step["inline"].clone();
        }
        let name = &step["template"];
        let found = self.templates.iter().find(|t| t["name"] == *name);
        found.cloned().unwrap_or(Value::Null)
    }

    /// Runs what a step, task or hook names; its phase.
    fn run(&mut self, place: &Place, step: &Value) -> String {
        let template = self.template(step);
        let retry = &template["retryStrategy"];
        if !retry.is_object() || place.flag == Some("retried") {
            return self.once(place, step, &template);
        }
        let id = self.node(place, step, "Retry", "Running");
        let limit = match &retry["limit"] {
            Value::String(text) => text.parse().unwrap_or(2),
            other => other.as_u64().unwrap_or(2),
        };
        let mut phase = String::new();
        for attempt in 0..=limit.min(3) {
            let name = format!("{}({attempt})", place.name);
            let display = format!("{}({attempt})", place.display);
            let at = place.below(&name, &display, Some("retried"));
            phase = self.once(&at, step, &template);
            let attempt = self.id(&name);
            self.child(&id, &attempt);
            if matches!(phase.as_str(), "Succeeded" | "Running" | "Skipped") {
                break;
            }
        }
        self.end(&id, &phase, Vec::new());
        self.hooks(place, step, &id, &phase);
        phase
    }

    fn once(&mut self, place: &Place, step: &Value, template: &Value) -> String {
        let deep = place.depth > 6 || self.nodes.len() > 300;
        let phase = if template["steps"].is_array() && !deep {
            self.steps(place, step, template)
        } else if template["dag"].is_object() && !deep {
            self.dag(place, step, template)
        } else {
            self.leaf(place, step, template)
        };
        if place.flag != Some("retried") {
            let id = self.id(&place.name);
            self.hooks(place, step, &id, &phase);
        }
        phase
    }

    fn outcome(&mut self) -> &'static str {
        if self.chance.percent(self.mood.open) {
            return "Running";
        }
        if self.chance.percent(self.mood.fail) {
            return if self.chance.percent(25) {
                "Error"
            } else {
                "Failed"
            };
        }
        "Succeeded"
    }

    fn leaf(&mut self, place: &Place, step: &Value, template: &Value) -> String {
        let mut phase = self.outcome();
        let kind = ["suspend", "http", "plugin"]
            .into_iter()
            .find(|k| template.get(*k).is_some());
        let kind = kind.map_or("Pod", |k| match k {
            "suspend" => "Suspend",
            "http" => "HTTP",
            _ => "Plugin",
        });
        if kind == "Suspend" && self.mood.open > 0 && self.chance.percent(60) {
            phase = "Running";
        }
        let id = self.node(place, step, kind, phase);
        if kind == "Suspend" {
            let outputs = template["outputs"].clone();
            if outputs.is_object() {
                self.nodes[&id]["outputs"] = outputs;
            }
            let mut inputs = template["inputs"].clone();
            let list = inputs["parameters"].as_array_mut();
            for parameter in list.into_iter().flatten() {
                if parameter["value"].is_null() {
                    let default = &parameter["default"];
                    parameter["value"] = default.as_str().unwrap_or("given").into();
                }
            }
            self.nodes[&id]["inputs"] = inputs;
        }
        if template["daemon"] == true && phase == "Succeeded" {
            self.nodes[&id]["daemoned"] = true.into();
        }
        if template["memoize"].is_object() && phase == "Succeeded" {
            let hit = self.chance.percent(50);
            self.nodes[&id]["memoizationStatus"] =
                json!({"hit": hit, "key": "k", "cacheName": "c"});
        }
        let containers = template["containerSet"]["containers"].as_array().cloned();
        self.containers(place, step, &id, &containers.unwrap_or_default());
        phase.to_owned()
    }

    /// Containers of a set hang on their pod, or on those they depend on.
    fn containers(&mut self, place: &Place, step: &Value, pod: &str, containers: &[Value]) {
        let phase = self.nodes[pod]["phase"].as_str().unwrap().to_owned();
        for (at, container) in containers.iter().enumerate() {
            let own = container["name"].as_str().unwrap_or("main");
            let inside = Place {
                name: format!("{}.{own}", place.name),
                display: own.to_owned(),
                boundary: pod.to_owned(),
                depth: place.depth + 1,
                flag: None,
            };
            let last = at + 1 == containers.len();
            let phase = if last { phase.as_str() } else { "Succeeded" };
            let id = self.node(&inside, step, "Container", phase);
            let on: Vec<String> = container["dependencies"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|d| d.as_str())
                .map(|d| self.id(&format!("{}.{d}", place.name)))
                .filter(|id| self.nodes.contains_key(id))
                .collect();
            if on.is_empty() {
                self.child(pod, &id);
            }
            for parent in on {
                self.child(&parent, &id);
            }
        }
    }

    fn hooks(&mut self, place: &Place, step: &Value, id: &str, phase: &str) {
        let mut hooks: Vec<(String, Value)> = step["hooks"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if step["onExit"].is_string() {
            hooks.push(("exit".to_owned(), json!({"template": step["onExit"]})));
        }
        for (hook, what) in hooks {
            if phase == "Running" || (hook != "exit" && self.chance.percent(40)) {
                continue;
            }
            let name = if hook == "exit" {
                format!("{}.onExit", place.name)
            } else {
                format!("{}.hooks.{hook}", place.name)
            };
            let at = place.below(&name, &format!("{}.{hook}", place.display), Some("hooked"));
            self.run(&at, &what);
            let hooked = self.id(&name);
            self.child(id, &hooked);
        }
    }

    /// What comes after a node hangs on these (`getOutboundNodes`).
    fn outbound(&self, id: &str) -> Vec<String> {
        let node = &self.nodes[id];
        let children: Vec<&str> = node["children"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|c| self.nodes[*c]["nodeFlag"]["hooked"] != true)
            .collect();
        match node["type"].as_str().unwrap() {
            "Retry" => children
                .last()
                .map_or_else(|| vec![id.to_owned()], |last| self.outbound(last)),
            "TaskGroup" if !children.is_empty() => {
                children.iter().flat_map(|c| self.outbound(c)).collect()
            }
            "Pod" if !self.leaves(id).is_empty() => self.leaves(id),
            "Steps" | "DAG" => {
                let list = node["outboundNodes"].as_array();
                let ids = list.into_iter().flatten().filter_map(Value::as_str);
                ids.map(str::to_owned).collect()
            }
            _ => vec![id.to_owned()],
        }
    }

    /// The containers of a set that no other of them depends on.
    fn leaves(&self, pod: &str) -> Vec<String> {
        let inside = |id: &str| {
            let node = &self.nodes[id];
            node["type"] == "Container" && node["boundaryID"] == *pod
        };
        let followed = |id: &str| {
            let children = self.nodes[id]["children"].as_array().into_iter().flatten();
            children.filter_map(Value::as_str).any(inside)
        };
        let all = self.nodes.keys().filter(|id| inside(id));
        all.filter(|id| !followed(id)).cloned().collect()
    }
}
