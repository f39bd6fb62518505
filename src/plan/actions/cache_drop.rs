//! `cache.drop`: entries of a memoization cache of Argo Workflows are taken out, so that the steps that took them run anew.
//! Pure.
//!
//! A cache is a `ConfigMap` with a label; each of its keys is what one step once gave out. A retry or a copy of a run takes a
//! wrong entry again and again, until it is too old (`maxAge`) or taken out.

use serde_json::{Map, Value, json};

use super::CACHES;
use crate::domain::{Clean, LINE_CAP};
use crate::plan::argo::{guards, labels};
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};
use crate::plan::{hide, json};

/// See the module.
pub(super) struct Drop;

const SPEC: ActionSpec = ActionSpec {
    name: "cache.drop",
    title: "Take entries out of a memoization cache",
    targets: CACHES,
    parameters: &[
        ParameterSpec {
            name: "keys",
            kind: ParameterKind::Text,
            default: "",
            help: "The keys of the entries, with commas between them; without one, those of the cache are listed.",
        },
        ParameterSpec {
            name: "found",
            kind: ParameterKind::Text,
            default: "",
            help: "How sure it is that this is the cache that is meant, where nobody named it; told before it is done.",
        },
    ],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", "", "configmaps")],
    inverse: "cache.put with what the entries held",
    verify: "The entries are not in the cache any more",
};

/// Entries that are told one by one.
const TOLD: usize = 5;

impl Action for Drop {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let first = entries(given.object).keys().next();
        let key = first.map(|key| ("keys".to_owned(), key.clone()));
        key.into_iter().collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        is_cache(given.object)?;
        let all = entries(given.object);
        let keys = wanted(given.params.text("keys"), all)?;
        let mut plan = Plan::new(given, &SPEC, "");
        let names: Vec<String> = keys
            .iter()
            .map(|(k, _)| Clean::new(k).to_string())
            .collect();
        plan.does = format!(
            "Takes {} out of the cache {}: steps that would take it run anew",
            names.join(", "),
            plan.target.words()
        )
        .into();
        let found = Clean::new(given.params.text("found"));
        if !found.trim().is_empty() {
            plan.fact("found", &found);
        }
        for (key, value) in keys.iter().take(TOLD) {
            plan.fact("entry", &told(key, value));
        }
        plan.fact(
            "then",
            "Every run that comes to such a step makes the entry anew; runs that took it already keep what they made of it",
        );
        let gone: Map<String, Value> = keys
            .iter()
            .map(|(k, _)| ((*k).clone(), Value::Null))
            .collect();
        plan.patch(
            json!({"data": gone}),
            "The controller finds no entry, and runs the step",
        );
        undone(&mut plan, &keys);
        let checks = keys.iter().map(|(key, _)| Check::absent(&at(key)));
        plan.done_when(SPEC.verify, checks.collect());
        Ok(plan)
    }
}

type Entry<'a> = (&'a String, &'a Value);

/// Pointer to an entry. Keys have letters, digits and hyphens alone.
pub(super) fn at(key: &str) -> String {
    format!("/data/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Refuses what is no cache that can be written.
pub(super) fn is_cache(object: &Value) -> Result<(), Refused> {
    guards::stands(object)?;
    if json::label(object, labels::CONFIG_MAP_TYPE) != "Cache" {
        let why = format!(
            "It is no memoization cache: it has no label {}=Cache",
            labels::CONFIG_MAP_TYPE
        );
        return Err(Refused::new(&why).instead(
            "Kubeflow Pipelines keeps its cache elsewhere: copy the run with cachingOptions.enableCache false in every task",
        ));
    }
    if json::flag(object, &["immutable"]) {
        return Err(Refused::new("The ConfigMap is immutable")
            .instead("Whoever made it that way has to make another one"));
    }
    Ok(())
}

/// The entries of a cache.
pub(super) fn entries(object: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let data = json::at(object, &["data"]).and_then(Value::as_object);
    data.unwrap_or(&NONE)
}

/// The entries that are meant.
fn wanted<'a>(keys: &str, all: &'a Map<String, Value>) -> Result<Vec<Entry<'a>>, Refused> {
    let listed = || {
        let names: Vec<&str> = all.keys().take(20).map(String::as_str).collect();
        let more = if all.len() > names.len() { ", …" } else { "" };
        if names.is_empty() {
            "The cache has no entries".to_owned()
        } else {
            format!("The cache has: {}{more}", names.join(", "))
        }
    };
    let mut found: Vec<Entry<'_>> = Vec::new();
    for key in keys.split(',').map(str::trim).filter(|k| !k.is_empty()) {
        let Some(entry) = all.get_key_value(key) else {
            let why = format!("The cache has no entry {}", Clean::new(key));
            return Err(Refused::new(&why).instead(&listed()));
        };
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    if found.is_empty() {
        return Err(Refused::new("Which entries is not said").instead(&listed()));
    }
    Ok(found)
}

/// An entry in words: who made it when, who took it last, what it gives out.
fn told(key: &str, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let Ok(entry) = serde_json::from_str::<Value>(text) else {
        return format!("{key}: it cannot be read, so every step that would take it fails");
    };
    let of = |name: &str| json::text(&entry, &[name]);
    let outputs = json::list(&entry, &["outputs", "parameters"]);
    let outputs: Vec<String> = outputs
        .iter()
        .take(TOLD)
        .map(|p| {
            let value = json::at(p, &["value"]).and_then(json::any_text);
            format!("{}={}", json::text(p, &["name"]), value.unwrap_or_default())
        })
        .collect();
    let gives = if outputs.is_empty() {
        String::new()
    } else {
        format!("; gives {}", hide::text(&outputs.join(", ")))
    };
    format!(
        "{key}: made at {} by {}, last taken at {}{gives}",
        of("creationTimestamp"),
        of("nodeID"),
        of("lastHitTimestamp")
    )
}

/// Putting them back is offered where what they held can be kept as it is.
fn undone(plan: &mut Plan, keys: &[Entry<'_>]) {
    let held: Map<String, Value> = keys
        .iter()
        .map(|(k, v)| ((*k).clone(), (*v).clone()))
        .collect();
    let held = Value::Object(held).to_string();
    let kept = held.len() < LINE_CAP && Clean::new(&hide::text(&held)).as_str() == held;
    if kept {
        plan.undone_by(
            Inverse {
                action: "cache.put",
                text: "puts the entries back as they were",
            },
            vec![("entries", held)],
        );
    } else {
        plan.risk = Risk::LosesWork;
        plan.warn(
            "What the entries hold is too long, or too secret, to be kept in the journal: it cannot be put back, only made anew by running the steps",
        );
    }
}
