//! What is known of the target of a runbook, as JSON: what its expressions are tested against. Pure.
//!
//! The target is the row as `midwatch get -o json` prints it; `slo` its worst objective, `canary` the comparison of its
//! revisions, `cause` why its step failed. What is not there is null.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::caches::{self, caches};
use super::subject_of;
use crate::app::items::{Item, cause_of, told};
use crate::app::jobs;
use crate::app::list::{ListScreen, Listing};
use crate::app::lists::{
    Experiments, Jobs, Models, Nodes, Pods, Runs, Services, Templates, Waiting,
};
use crate::app::run::RunScreen;
use crate::app::screen::{Ctx, Screen};
use crate::app::serving::ServiceScreen;
use crate::app::serving::standing::comparison;
use crate::domain::{
    CanaryRow, Cause, Clean, JobKind, JobRow, Key, NodeRow, PodRow, RunDetail, RunRow, ServiceRow,
    SourceRow, SourceState, StepKind, Subject, Verdict,
};
use crate::plan::About;
use crate::runbook::course::Facts;
use crate::runbook::{Course, Step, Target, What};
use crate::store::{Scope, WaitingRow, Want, cause};

/// What has to be watched, so that the facts of a target are known.
#[must_use]
pub fn wants(about: &Subject) -> Vec<Want> {
    let key = about.key.clone();
    if let Some(kind) = JobKind::of(about.feed) {
        return jobs::wants_of(kind, &key);
    }
    let cluster = [key.cluster.clone()];
    match about.feed {
        "workflows" => {
            let list = Want {
                cluster: key.cluster.clone(),
                feed: "workflows",
                scope: Scope::Namespace(key.namespace.to_string()),
            };
            let detail = RunScreen::new(key).wants(&cluster).into_iter();
            detail.chain([list]).collect()
        }
        "services" | "llm-services" => ServiceScreen::new(about.feed, key).wants(&cluster),
        "models" => ListScreen::<Models>::default().wants(&cluster),
        "experiments" => ListScreen::<Experiments>::default().wants(&cluster),
        "nodes" => ListScreen::<Nodes>::default().wants(&cluster),
        "pods" => ListScreen::<Waiting>::default().wants(&cluster),
        "templates" => ListScreen::<Templates>::default().wants(&cluster),
        _ => vec![Want {
            cluster: key.cluster.clone(),
            feed: about.feed,
            scope: Scope::Object {
                namespace: key.namespace.to_string(),
                name: key.name.to_string(),
            },
        }],
    }
}

/// The feeds that tell what a name stands for; the first one that is live will do.
fn feeds(about: &Subject, name: &str) -> &'static [&'static str] {
    match (about.feed, name) {
        ("workflows", "target") => &["run", "workflows"],
        ("workflows", _) => &["run"],
        (_, "slo") => &["burn"],
        (_, "canary") => &["canary"],
        ("services", _) => &["services"],
        ("llm-services", _) => &["llm-services"],
        ("models", _) => &["models"],
        ("experiments", _) => &["experiments"],
        ("nodes", _) => &["nodes"],
        ("templates", _) => &["templates"],
        (feed, _) => {
            let known = Target::of_feed(feed);
            let mut feeds = known.into_iter().flat_map(|target| target.feeds);
            let own = feeds.find(|own| **own == feed);
            own.map_or(&["pods"], std::slice::from_ref)
        }
    }
}

/// The facts of a target, and what cannot be believed of them now.
#[must_use]
pub fn facts(about: &Subject, ctx: &Ctx<'_>) -> Facts {
    let value = match about.feed {
        "workflows" => run(&about.key, ctx),
        "services" | "llm-services" => service(about, ctx),
        "models" => target::<Models>(&about.key, ctx),
        "experiments" => target::<Experiments>(&about.key, ctx),
        "nodes" => target::<Nodes>(&about.key, ctx),
        "pods" => pod(&about.key, ctx),
        "templates" => target::<Templates>(&about.key, ctx),
        feed => JobKind::of(feed).map_or_else(Map::new, |kind| {
            target::<Jobs>(&JobRow::place_of(kind, &about.key), ctx)
        }),
    };
    let mut lacks = BTreeMap::new();
    for name in ["target", "slo", "canary", "cause", "outputs", "cache"] {
        if let Some(found) = value.get(name)
            && let Some(why) = lack(about, name, found, ctx)
        {
            lacks.insert(name.to_owned(), why);
        }
    }
    if let Some(taken) = value.get("cache")
        && let Some(why) = caches::lack(&about.key, taken, ctx.world)
    {
        lacks.insert("caches".to_owned(), why);
    }
    Facts {
        value: Value::Object(value),
        lacks,
    }
}

/// What has to be watched for a run of a runbook: its target, and what its actions made.
#[must_use]
pub fn wants_of(course: &Course, about: &Subject) -> Vec<Want> {
    let cache =
        |step: &Step| matches!(&step.what, What::Action { name, .. } if name.starts_with("cache."));
    let cache = course.book.steps.iter().any(cache);
    let cache = cache.then(|| caches::want(&about.key));
    let made = course.made();
    let made = made.flat_map(|(_, made)| wants(&subject_of(&made, &about.key.cluster)));
    wants(about).into_iter().chain(made).chain(cache).collect()
}

/// The facts for a run of a runbook: of its target, and of what its actions made.
#[must_use]
pub fn facts_of(course: &Course, about: &Subject, ctx: &Ctx<'_>) -> Facts {
    let mut all = facts(about, ctx);
    for (name, made) in course.made() {
        let own = facts(&subject_of(&made, &about.key.cluster), ctx);
        if let Value::Object(known) = &mut all.value {
            known.insert(name.to_owned(), flat(&made, &own.value));
        }
        let lack = own.lacks.get("target").or(own.lacks.get("outputs"));
        if let Some(why) = lack {
            all.lacks.insert(name.to_owned(), why.clone());
        }
    }
    all
}

/// An object under one name: its fields, and beside them what is joined to it.
fn flat(made: &About, own: &Value) -> Value {
    let mut fields = own.as_object().cloned().unwrap_or_default();
    let target = fields.remove("target");
    fields.extend(
        target
            .as_ref()
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    );
    // they are known before it is seen
    fields.insert("namespace".to_owned(), made.namespace.as_str().into());
    fields.insert("name".to_owned(), made.name.as_str().into());
    Value::Object(fields)
}

/// Why a fact cannot be believed now, if so.
fn lack(about: &Subject, name: &str, found: &Value, ctx: &Ctx<'_>) -> Option<String> {
    let feeds = feeds(about, name);
    let object = format!("{}/{}", about.key.namespace, about.key.name);
    let mine = |s: &&SourceRow| {
        let scope = s.id.scope.as_str();
        let here = scope.is_empty() || scope == object || scope == &*about.key.namespace;
        s.id.cluster == about.key.cluster && feeds.contains(&s.id.feed) && here
    };
    let sources: Vec<&SourceRow> = ctx.world.sources().filter(mine).collect();
    if sources.iter().any(|s| s.state.is_live()) {
        // a comparison is made some seconds after it was asked for
        let comes = name == "canary" && found.is_null() && has_canary(&about.key, ctx);
        return comes.then(|| "the comparison is being made".to_owned());
    }
    let Some(source) = sources.first() else {
        return Some(format!("{} is being asked for", feeds.join(", ")));
    };
    match source.state {
        SourceState::Absent => None,
        SourceState::Connecting | SourceState::Partial => {
            Some(format!("{} is being read", source.id.feed))
        }
        state => {
            let why = source.fault.as_ref();
            let why = why.map_or_else(String::new, |f| format!(": {}", f.told()));
            Some(format!("{} is {}{why}", source.id.feed, state.word()))
        }
    }
}

fn has_canary(key: &Key, ctx: &Ctx<'_>) -> bool {
    let table = ctx.world.table::<ServiceRow>();
    table
        .and_then(|t| t.get(&ServiceRow::place_of(key, false)))
        .is_some_and(|row| row.has_canary())
}

/// The row of a list that is the target.
fn target<L: Listing>(key: &Key, ctx: &Ctx<'_>) -> Map<String, Value>
where
    L::Row: Item,
{
    let row = ctx.world.table::<L::Row>().and_then(|t| t.get(key));
    named([("target", row.map_or(Value::Null, |row| told::<L>(row, ctx)))])
}

/// A pod; and nodes that nobody is on, whose GPUs could be cut so that it fits.
fn pod(key: &Key, ctx: &Ctx<'_>) -> Map<String, Value> {
    let mut facts = target::<Pods>(key, ctx);
    let waits = ctx.world.table::<WaitingRow>().and_then(|t| t.get(key));
    let idle = waits.map(|row| row.idle_nodes.iter().map(Clean::as_str).collect::<Vec<_>>());
    facts.insert("nodes".to_owned(), idle.map_or(Value::Null, Into::into));
    facts
}

fn named<const N: usize>(values: [(&str, Value); N]) -> Map<String, Value> {
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn run(key: &Key, ctx: &Ctx<'_>) -> Map<String, Value> {
    let detail = ctx.world.table::<RunDetail>().and_then(|t| t.get(key));
    let row = ctx.world.table::<RunRow>().and_then(|t| t.get(key));
    let row = detail.map(|d| &d.row).or(row.map(|r| &**r));
    let why = detail.and_then(|detail| cause_in(detail, ctx));
    let taken = detail.map_or(Value::Null, |d| cache(d));
    named([
        ("target", row.map_or(Value::Null, |r| told::<Runs>(r, ctx))),
        ("cause", why.as_ref().map_or(Value::Null, cause_of)),
        ("outputs", detail.map_or(Value::Null, |d| outputs(d))),
        ("caches", caches(key, &taken, ctx.world)),
        ("cache", taken),
    ])
}

/// What a run took from memoization caches: how many steps did, and of the cache that most took from its name, the keys of the
/// entries and the steps.
fn cache(detail: &RunDetail) -> Value {
    let tree = &detail.tree;
    let steps = tree.walk().filter_map(|id| tree.steps.get(id));
    let mut caches: BTreeMap<&Clean, Vec<(&str, &str)>> = BTreeMap::new();
    let mut count = 0;
    for step in steps {
        if let Some(memo) = &step.memo {
            count += 1;
            let taken = caches.entry(&memo.cache).or_default();
            taken.push((&memo.key, &step.label));
        }
    }
    let Some((name, taken)) = caches.iter().max_by_key(|(_, taken)| taken.len()) else {
        return json!({"count": count});
    };
    let steps: Vec<&str> = taken.iter().map(|(_, step)| *step).collect();
    let mut keys: Vec<&str> = taken.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    json!({"count": count, "caches": caches.len(), "name": name.as_str(), "keys": keys.join(","),
        "steps": steps.join(", ")})
}

/// Values that came out of a run, by name: those of its steps, and over them those of the run as a whole.
fn outputs(detail: &RunDetail) -> Value {
    let tree = &detail.tree;
    let steps = tree.walk().filter_map(|id| tree.steps.get(id));
    let all = steps.flat_map(|step| &step.outputs).chain(&detail.outputs);
    let all = all.filter_map(|p| Some((p.name.to_string(), p.value.as_ref()?.as_str().into())));
    Value::Object(all.collect())
}

/// Why the run failed, or does not get on: of the first step that has something to explain, those that failed first.
fn cause_in(detail: &RunDetail, ctx: &Ctx<'_>) -> Option<Cause> {
    let run = &detail.row.key;
    let tree = &detail.tree;
    let groups = [StepKind::Group, StepKind::FanOut, StepKind::Retry];
    let mut steps: Vec<_> = tree
        .walk()
        .filter_map(|id| tree.steps.get(id))
        .filter(|step| !groups.contains(&step.kind))
        .collect();
    steps.sort_by_key(|step| !step.phase.is_bad());
    steps.into_iter().find_map(|step| {
        let pod = Key {
            name: step.pod.clone(),
            ..run.clone()
        };
        let pod = ctx.world.table::<PodRow>().and_then(|t| t.get(&pod));
        let host = pod.map_or(&step.host, |p| &p.node);
        let node = Key::new(run.cluster.clone(), "", host);
        let node = ctx.world.table::<NodeRow>().and_then(|t| t.get(&node));
        cause(step, pod.map(|p| &**p), node.map(|n| &**n), detail)
    })
}

fn service(about: &Subject, ctx: &Ctx<'_>) -> Map<String, Value> {
    let place = ServiceRow::place_of(&about.key, about.feed == "llm-services");
    let row = ctx.world.table::<ServiceRow>().and_then(|t| t.get(&place));
    let whole = row.map_or(Value::Null, |row| told::<Services>(row, ctx));
    // the worst stands first
    let slo = whole.pointer("/objectives/0").cloned();
    let compared = row.and_then(|row| comparison(row, ctx));
    named([
        ("slo", slo.unwrap_or_default()),
        ("canary", compared.map_or(Value::Null, |row| canary(row))),
        ("target", whole),
    ])
}

fn canary(row: &CanaryRow) -> Value {
    let verdict = match row.verdict {
        Verdict::NotEnoughData => "not-enough-data",
        Verdict::NoEvidence => "no-evidence",
        Verdict::Worse => "worse",
        Verdict::Better => "better",
    };
    let reasons: Vec<&str> = row.reasons.iter().map(Clean::as_str).collect();
    json!({
        "verdict": verdict,
        "reasons": reasons,
        "canary": row.canary.revision.as_str(),
        "stable": row.stable.revision.as_str(),
        "windowSeconds": row.window,
        "measuredAt": row.measured.to_string(),
    })
}

/// The uid of a target, as its row has it; empty while it is not known.
#[must_use]
pub fn uid(facts: &Facts) -> &str {
    facts
        .value
        .pointer("/target/uid")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Whether the target is there; none while that is not known.
#[must_use]
pub fn is_there(facts: &Facts) -> Option<bool> {
    let there = !facts.value.get("target").is_none_or(Value::is_null);
    (there || !facts.lacks.contains_key("target")).then_some(there)
}
