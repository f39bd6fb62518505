//! Templates: finding them, filling in values, expanding lists of items. Pure.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::Values;
use crate::demo::catalog::text;
use crate::domain::Phase;

/// Where templates are looked for, and the values that can be named there.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    scope: String,
    templates: Rc<Value>,
    pub(super) values: Values,
}

impl Frame {
    pub(super) fn local(workflow: &str, spec: &Value) -> Self {
        Self {
            scope: format!("local/{workflow}"),
            templates: Rc::new(spec["templates"].clone()),
            values: Values::new(),
        }
    }

    /// The template that a task or step names, and the frame that its own references are looked up in.
    pub(super) fn resolve(
        &self,
        holder: &Value,
        find: &dyn Fn(bool, &str) -> Option<Value>,
    ) -> Option<(Value, Self)> {
        if holder["inline"].is_object() {
            return Some((holder["inline"].clone(), self.clone()));
        }
        let reference = &holder["templateRef"];
        if let Some(name) = reference["name"].as_str() {
            let cluster = reference["clusterScope"] == true;
            let found = find(cluster, name)?;
            let kind = if cluster { "cluster" } else { "namespaced" };
            let frame = Self {
                scope: format!("{kind}/{name}"),
                templates: Rc::new(found["spec"]["templates"].clone()),
                values: Values::new(),
            };
            let template = frame.named(text(reference, "/template"))?;
            return Some((template, frame));
        }
        let template = self.named(text(holder, "/template"))?;
        Some((template, self.clone()))
    }

    fn named(&self, name: &str) -> Option<Value> {
        let all = self.templates.as_array()?;
        all.iter().find(|t| t["name"] == name).cloned()
    }

    /// What a node records of its template.
    pub(super) fn holder(&self, holder: &Value) -> Value {
        json!({"template": holder["template"], "templateRef": holder["templateRef"], "scope": self.scope,
            "hooked": holder["hooked"], "retried": holder["retried"]})
    }

    /// The frame inside a template: its inputs as given, or their defaults.
    pub(super) fn enter(mut self, template: &Value, arguments: &Value, globals: &Values) -> Self {
        self.values = globals.clone();
        for input in list(&template["inputs"], "parameters") {
            let name = text(input, "/name");
            let given = list(arguments, "parameters").find(|p| p["name"] == name);
            let value = given
                .map(|g| &g["value"])
                .filter(|v| !v.is_null())
                .or_else(|| given.map(|g| &g["default"]).filter(|v| !v.is_null()))
                .or_else(|| Some(&input["value"]).filter(|v| !v.is_null()))
                .unwrap_or(&input["default"]);
            if !value.is_null() {
                self.values
                    .insert(format!("inputs.parameters.{name}"), plain(value));
            }
        }
        self
    }

    /// A text with its values filled in; unknown names stay as they are.
    pub(super) fn fill(&self, text: &str) -> String {
        fill(text, &self.values)
    }

    /// Inputs as a node records them.
    pub(super) fn inputs(&self, template: &Value) -> Value {
        let parameters: Vec<Value> = list(&template["inputs"], "parameters")
            .filter(|p| p.is_object())
            .map(|p| {
                let key = format!("inputs.parameters.{}", text(p, "/name"));
                let mut input = p.clone();
                if let Some(value) = self.values.get(&key) {
                    input["value"] = json!(value);
                }
                input
            })
            .collect();
        let artifacts = &template["inputs"]["artifacts"];
        let mut inputs = Map::new();
        if !parameters.is_empty() {
            inputs.insert("parameters".to_owned(), json!(parameters));
        }
        if artifacts.is_array() {
            inputs.insert("artifacts".to_owned(), artifacts.clone());
        }
        Value::from(inputs)
    }
}

/// Fills `{{name}}`.
pub(super) fn fill(text: &str, values: &Values) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once("}}") else {
            out.push_str("{{");
            out.push_str(part);
            continue;
        };
        if let Some(value) = values.get(name.trim()) {
            out.push_str(value);
        } else {
            out.push_str("{{");
            out.push_str(name);
            out.push_str("}}");
        }
        out.push_str(rest);
    }
    out
}

/// Fills every text in a tree.
pub(super) fn fill_all(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(s) => json!(fill(s, values)),
        Value::Array(list) => list.iter().map(|v| fill_all(v, values)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (k.clone(), fill_all(v, values)))
            .collect(),
        other => other.clone(),
    }
}

/// A list below a key; empty when absent.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// A value as the text of a parameter.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// How a message names a template.
pub(super) fn label(holder: &Value) -> String {
    match text(holder, "/template") {
        "" => format!(
            "{}.{}",
            text(holder, "/templateRef/name"),
            text(holder, "/templateRef/template")
        ),
        name => name.to_owned(),
    }
}

/// `90`, `"90"`, `"1m30s"`, `"2h"` in seconds.
pub(in crate::demo::world) fn seconds(value: &Value) -> Option<i64> {
    if let Some(n) = value.as_i64() {
        return Some(n);
    }
    let text = value.as_str()?;
    if let Ok(n) = text.parse() {
        return Some(n);
    }
    let (mut total, mut number) = (0.0_f64, String::new());
    for c in text.chars() {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
            continue;
        }
        let factor = match c {
            's' => 1.0,
            'm' => 60.0,
            'h' => 3_600.0,
            'd' => 86_400.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        number.clear();
    }
    #[allow(clippy::cast_possible_truncation)]
    let whole = total.round() as i64;
    number.is_empty().then_some(whole)
}

/// The spec of a workflow over that of its template: parameters by name, all else as given.
pub(super) fn overlay(base: &mut Value, spec: &Value) {
    let given: Vec<Value> = list(&spec["arguments"], "parameters").cloned().collect();
    let mut parameters: Vec<Value> = list(&base["arguments"], "parameters").cloned().collect();
    for parameter in given {
        parameters.retain(|p| p["name"] != parameter["name"]);
        parameters.push(parameter);
    }
    for (key, value) in spec.as_object().into_iter().flatten() {
        if key != "arguments" && key != "workflowTemplateRef" {
            base[key] = value.clone();
        }
    }
    if !base["arguments"].is_object() {
        base["arguments"] = json!({});
    }
    base["arguments"]["parameters"] = json!(parameters);
}

/// The specification that is carried out: its own, over that of the template it refers to, which is kept in the status.
/// Also why it cannot be carried out, if so (source: `setExecWorkflow`).
pub(super) fn wanted(
    object: &mut Value,
    find: &dyn Fn(bool, &str) -> Option<Value>,
) -> (Value, Option<(Phase, String)>) {
    let mut spec = object["spec"].clone();
    let reference = &object["spec"]["workflowTemplateRef"];
    if let Some(name) = reference["name"].as_str() {
        let cluster = reference["clusterScope"] == true;
        let mut base = object["status"]["storedWorkflowTemplateSpec"].clone();
        if !base.is_object() {
            let Some(found) = find(cluster, name) else {
                let kind = if cluster { "cluster" } else { "" };
                let why = format!("{kind}workflowtemplates.argoproj.io \"{name}\" not found");
                return (spec, Some((Phase::Error, why)));
            };
            base = found["spec"].clone();
        }
        if !base.is_object() {
            base = json!({});
        }
        overlay(&mut base, &spec);
        for key in ["suspend", "shutdown"] {
            if spec[key].is_null() {
                base.as_object_mut().map(|b| b.remove(key));
            }
        }
        object["status"]["storedWorkflowTemplateSpec"] = base.clone();
        spec = base;
    }
    let fresh = text(object, "/status/phase").is_empty();
    let invalid = (fresh && text(&spec, "/entrypoint").is_empty()).then(|| {
        let why = "invalid spec: spec.entrypoint is required";
        (Phase::Failed, why.to_owned())
    });
    (spec, invalid)
}

/// The items of a fan-out, each with its name in brackets; `None` when there is no fan-out.
pub(super) fn items(task: &Value, values: &Values) -> Option<Vec<(String, Value)>> {
    let found: Vec<Value> = if let Some(items) = task["withItems"].as_array() {
        items.iter().map(|i| fill_all(i, values)).collect()
    } else if let Some(param) = task["withParam"].as_str() {
        serde_json::from_str(&fill(param, values)).unwrap_or_default()
    } else if task["withSequence"].is_object() {
        sequence(&task["withSequence"], values)
    } else {
        return None;
    };
    let named = found.into_iter().enumerate().map(|(i, item)| {
        let shown = match &item {
            Value::Object(map) => {
                let pairs = map.iter().map(|(k, v)| format!("{k}:{}", plain(v)));
                pairs.collect::<Vec<_>>().join(",")
            }
            other => plain(other),
        };
        (format!("({i}:{shown})"), item)
    });
    Some(named.collect())
}

fn sequence(spec: &Value, values: &Values) -> Vec<Value> {
    let number = |key: &str| fill(&plain(&spec[key]), values).parse::<i64>().ok();
    let start = number("start").unwrap_or_default();
    let end = match number("count") {
        Some(count) => start + count - 1,
        None => number("end").unwrap_or(start - 1),
    };
    // a list from outside must not fill the memory
    (start..=end.min(start + 4_999))
        .map(|n| json!(n.to_string()))
        .collect()
}

/// Values that an item adds.
pub(super) fn with_item(values: &Values, item: &Value) -> Values {
    let mut all = values.clone();
    if item.is_null() {
        return all;
    }
    all.insert("item".to_owned(), plain(item));
    for (key, value) in item.as_object().into_iter().flatten() {
        all.insert(format!("item.{key}"), plain(value));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_and_unknown_names_stay() {
        let values = Values::from([("item".to_owned(), "7".to_owned())]);
        assert_eq!(
            fill("a {{item}} {{ item }} {{other}} {{open", &values),
            "a 7 7 {{other}} {{open"
        );
    }

    #[test]
    fn durations_are_read() {
        let read = |v: Value| seconds(&v);
        assert_eq!(read(json!(90)), Some(90));
        assert_eq!(read(json!("90")), Some(90));
        assert_eq!(read(json!("1m30s")), Some(90));
        assert_eq!(read(json!("2h")), Some(7_200));
        assert_eq!(read(json!("soon")), None);
        assert_eq!(read(Value::Null), None);
    }

    #[test]
    fn a_fan_out_names_its_items() {
        let none = Values::new();
        let names = |task: Value| -> Vec<String> {
            items(&task, &none)
                .unwrap()
                .into_iter()
                .map(|i| i.0)
                .collect()
        };
        assert_eq!(names(json!({"withItems": ["a", 2]})), ["(0:a)", "(1:2)"]);
        assert_eq!(
            names(json!({"withItems": [{"x": 1, "y": "b"}]})),
            ["(0:x:1,y:b)"]
        );
        assert_eq!(
            names(json!({"withSequence": {"count": "2"}})),
            ["(0:0)", "(1:1)"]
        );
        assert_eq!(names(json!({"withParam": "[\"q\"]"})), ["(0:q)"]);
        assert!(items(&json!({"template": "x"}), &none).is_none());
    }
}
