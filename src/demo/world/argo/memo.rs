//! Memoization: steps whose outputs are kept in a cache, a `ConfigMap`, and taken from there. Pure.
//!
//! Source: argo-workflows v3.7, `workflow/controller/cache/configmap_cache.go` and `operator.go` (`executeTemplate`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::template::{self, Frame};
use super::{ARGO, Operation};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::domain::Phase;

/// An entry of a cache as it is to be written.
#[derive(Debug)]
pub(in crate::demo::world) struct Memo {
    /// The `ConfigMap`.
    pub(in crate::demo::world) cache: String,
    /// Key of the entry.
    pub(in crate::demo::world) key: String,
    /// What it holds.
    pub(in crate::demo::world) entry: String,
}

/// What a cache says of a key.
enum Found {
    /// Outputs, and the whole entry.
    Hit(Value, Value),
    Nothing,
    /// The step cannot be carried out.
    Broken(String),
}

impl Operation<'_> {
    /// Takes the outputs of an earlier run from the cache, where the template says so and there are any.
    pub(super) fn remembered(
        &mut self,
        frame: &Frame,
        template: &Value,
        holder: &Value,
        name: &str,
        boundary: &str,
    ) -> bool {
        let memoize = &template["memoize"];
        if !memoize.is_object() || self.has(name) {
            return false;
        }
        let cache = text(memoize, "/cache/configMap/name").to_owned();
        let key = frame.fill(text(memoize, "/key"));
        let age = template::seconds(&memoize["maxAge"]);
        match self.look_up(&cache, &key, age) {
            Found::Nothing => false,
            Found::Broken(why) => {
                self.start(&frame.holder(holder), name, "Pod", boundary);
                self.mark(name, Phase::Error, &why);
                true
            }
            Found::Hit(outputs, mut entry) => {
                self.start(&frame.holder(holder), name, "Pod", boundary);
                if !outputs.is_null() {
                    self.set(name, "outputs", outputs);
                }
                let status = json!({"hit": true, "key": key, "cacheName": cache});
                self.set(name, "memoizationStatus", status);
                self.mark(name, Phase::Succeeded, "");
                entry["lastHitTimestamp"] = stamp(self.around.now);
                let entry = entry.to_string();
                self.orders.remember.push(Memo { cache, key, entry });
                true
            }
        }
    }

    fn look_up(&self, cache: &str, key: &str, age: Option<i64>) -> Found {
        let Some(config) = (self.around.config)(cache) else {
            return Found::Nothing;
        };
        let label = format!("{ARGO}configmap-type");
        let kind = &config["metadata"]["labels"][&label];
        if kind.is_null() {
            let why =
                format!("memoization configmap doesn't have {label} label, refusing to use it");
            return Found::Broken(why);
        }
        if kind != "Cache" {
            let why = format!(
                "memoization configmap doesn't have label {label} = Cache, refusing to use it"
            );
            return Found::Broken(why);
        }
        let held = config["data"][key].as_str().unwrap_or_default();
        if held.is_empty() {
            return Found::Nothing;
        }
        let Ok(entry) = serde_json::from_str::<Value>(held) else {
            let why = "malformed cache entry: could not unmarshal JSON; unable to parse";
            return Found::Broken(why.to_owned());
        };
        let made: Option<Timestamp> = text(&entry, "/creationTimestamp").parse().ok();
        let since = made.map(|made| self.around.now.as_second() - made.as_second());
        let old = age.is_some_and(|age| since.is_none_or(|since| since > age));
        if old || text(&entry, "/nodeID").is_empty() {
            return Found::Nothing;
        }
        Found::Hit(entry["outputs"].clone(), entry)
    }

    /// Keeps what a step gave out, where its template says so.
    pub(super) fn remember(&mut self, name: &str, outputs: &Value) {
        let template = self.template_of(name);
        let memoize = &template["memoize"];
        if !memoize.is_object() {
            return;
        }
        let inputs = self.node(name).map(|n| n["inputs"].clone());
        let mut values = self.globals.clone();
        for parameter in template::list(&inputs.unwrap_or_default(), "parameters") {
            let key = format!("inputs.parameters.{}", text(parameter, "/name"));
            values.insert(key, template::plain(&parameter["value"]));
        }
        let key = template::fill(text(memoize, "/key"), &values);
        let cache = text(memoize, "/cache/configMap/name").to_owned();
        let status = json!({"hit": false, "key": key, "cacheName": cache});
        self.set(name, "memoizationStatus", status);
        let now = stamp(self.around.now);
        let entry = json!({"nodeID": self.id(name), "outputs": outputs,
            "creationTimestamp": now, "lastHitTimestamp": now});
        let entry = entry.to_string();
        self.orders.remember.push(Memo { cache, key, entry });
    }
}
