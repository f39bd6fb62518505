//! `cache.put`: entries are put back into a memoization cache of Argo Workflows. Pure.

use serde_json::{Map, Value, json};

use super::CACHES;
use super::cache_drop::{at, entries, is_cache};
use crate::domain::Clean;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Put;

const SPEC: ActionSpec = ActionSpec {
    name: "cache.put",
    title: "Put entries back into a memoization cache",
    targets: CACHES,
    parameters: &[ParameterSpec {
        name: "entries",
        kind: ParameterKind::Text,
        default: "",
        help: "What they held, as cache.drop kept it: a JSON object of texts by key.",
    }],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", "", "configmaps")],
    inverse: "cache.drop with the same keys",
    verify: "The entries are in the cache",
};

impl Action for Put {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn example(&self, _given: &Given<'_>) -> Vec<(String, String)> {
        let entry = json!({"example": json!({"nodeID": "example", "outputs": {}}).to_string()});
        vec![("entries".to_owned(), entry.to_string())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        is_cache(given.object)?;
        let new = read(given.params.text("entries"))?;
        let mut plan = Plan::new(given, &SPEC, "");
        let names: Vec<&str> = new.keys().map(String::as_str).collect();
        let names = names.join(",");
        plan.does = Clean::new(&format!(
            "Puts {names} into the cache {}: steps with that key take it and do not run",
            plan.target.words()
        ));
        let there = new.keys().find(|k| entries(given.object).contains_key(*k));
        if let Some(key) = there {
            let why = format!("The cache has an entry {} already", Clean::new(key));
            return Err(Refused::new(&why)
                .instead("A run made it anew meanwhile; cache.drop takes that one out first"));
        }
        let checks = new
            .iter()
            .map(|(k, v)| Check::value(&at(k), v.clone()))
            .collect();
        plan.patch(
            json!({"data": new}),
            "The controller finds the entries, and does not run the steps",
        );
        plan.undone_by(
            Inverse {
                action: "cache.drop",
                text: "takes the entries out again",
            },
            vec![("keys", names)],
        );
        plan.done_when(SPEC.verify, checks);
        Ok(plan)
    }
}

/// Entries as the controller would read them.
fn read(text: &str) -> Result<Map<String, Value>, Refused> {
    let wrong = |what: &str| {
        Refused::new(what).instead("Give what cache.drop kept: the journal has it as its undo")
    };
    let Ok(Value::Object(all)) = serde_json::from_str::<Value>(text) else {
        return Err(wrong("entries is no JSON object"));
    };
    let key = |k: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !k.is_empty() && !k.starts_with('-') && k.chars().all(letter)
    };
    if all.is_empty() || !all.keys().all(|k| key(k)) {
        return Err(wrong("A key has letters, digits and hyphens alone"));
    }
    let sound = |v: &Value| {
        let entry: Option<Value> = v.as_str().and_then(|text| serde_json::from_str(text).ok());
        entry.is_some_and(|e| e.get("nodeID").is_some_and(Value::is_string))
    };
    if !all.values().all(sound) {
        return Err(wrong("An entry is the text of a JSON object with a nodeID"));
    }
    Ok(all)
}
