//! What an action would do, in the order in which a person asks. Pure.

use super::{NAMED, changes, push};
use crate::app::Model;
use crate::app::column::Fact;
use crate::app::deed::decide::Decision;
use crate::domain::{Clean, Span};
use crate::plan::{Access, Forecast, Keeper, Plan, Prepared, Risk, Stays, Step};
use crate::theme::Role;

/// A body that is shown in a line has at most so many characters.
const BODY: usize = 160;

/// Facts that are told in other words.
const TOLD: &[&str] = &["undo", "kept"];

/// Facts that belong to what it does.
const FIRST: &[&str] = &[
    "in", "again", "lost", "with", "default", "traffic", "gate", "history",
];

/// A text for the command line as it reads on the screen.
#[must_use]
pub fn here(text: &str) -> String {
    text.replace("--param ", "parameter ")
}

/// Everything that is decided on.
#[must_use]
pub fn preview(decision: &Decision, unfolded: bool, model: &Model) -> Vec<Fact> {
    let plan = &decision.prepared.plan;
    let mut facts = Vec::new();
    on(&mut facts, decision, model);
    facts.push(Fact::with("does", plan.does.to_string(), Role::Strong));
    // what keeps it from being done is in sight without scrolling
    traps(&mut facts, plan, true);
    let (first, others): (Vec<_>, Vec<_>) = plan
        .facts
        .iter()
        .filter(|f| !TOLD.contains(&f.topic))
        .map(|f| Fact::new(f.topic, f.text.to_string()))
        .partition(|f| FIRST.contains(&f.label));
    facts.extend(first);
    // and what would go wrong, before the lists that may be long
    traps(&mut facts, plan, false);
    if model.deeds.works_on(&decision.prepared.ask) {
        let text = "Another action on it is under way from here (A shows it)";
        facts.push(Fact::with("note", text, Role::Warn));
    }
    does(&mut facts, plan, unfolded);
    for (label, ids) in [
        ("reset", &plan.reset),
        ("remove", &plan.remove),
        ("gate", &plan.gates),
    ] {
        nodes(&mut facts, label, ids.iter(), plan, unfolded);
    }
    let pods = plan.delete.iter().map(|pod| Clean::new(pod).to_string());
    let label = if plan.evicts() { "evicts" } else { "delete" };
    listed(&mut facts, label, "pod", pods.collect(), unfolded);
    kept(&mut facts, plan, unfolded);
    forecast(&mut facts, &plan.forecast);
    rights(&mut facts, plan);
    undo(&mut facts, plan);
    facts.push(Fact::new(
        "check",
        format!("done when: {}", plan.verify.text),
    ));
    if plan.risk != Risk::Safe {
        let role = if plan.risk == Risk::LosesWork {
            Role::Bad
        } else {
            Role::Text
        };
        facts.push(Fact::with("risk", plan.risk.words(), role));
    }
    facts.extend(others);
    version(&mut facts, decision, model);
    if !plan.changes.is_empty() {
        let heading = format!(
            "{} {}",
            count(plan.changes.len(), "change"),
            if plan.target.home.is_kubernetes() {
                "as the server says in a dry run"
            } else {
                "as worked out here"
            }
        );
        facts.push(Fact::with("changes", heading, Role::Dim));
        changes(&mut facts, "", &plan.changes, unfolded);
    }
    facts
}

/// What would go wrong: what keeps the plan from being run, or what is to be known.
fn traps(facts: &mut Vec<Fact>, plan: &Plan, blocks: bool) {
    let (label, role) = if blocks {
        ("BLOCKED", Role::Bad)
    } else {
        ("note", Role::Warn)
    };
    let all = plan.traps.iter().filter(|t| t.blocks == blocks);
    push(facts, label, all.map(|t| (here(&t.text), role)).collect());
}

/// Where, and whether that is what is shown.
fn on(facts: &mut Vec<Fact>, decision: &Decision, model: &Model) {
    let Prepared { cluster, .. } = &*decision.prepared;
    let start = |text: &str| Clean::new(&text.chars().take(8).collect::<String>());
    let mut about = match (cluster.ca.as_str(), cluster.system_uid.as_str()) {
        ("", "") => vec!["its identity may not be read".to_owned()],
        ("", uid) => vec![format!("id {}…", start(uid))],
        (ca, _) => vec![format!("CA {}…", start(ca))],
    };
    let elsewhere = decision.elsewhere(model);
    if elsewhere.is_none() && model.infos.contains_key(&decision.prepared.ask.cluster) {
        about.push("same cluster as when you opened this".to_owned());
    }
    let name = Clean::new(&cluster.name);
    facts.push(Fact::new("on", format!("{name} ({})", about.join(", "))));
    if let Some((then, now)) = elsewhere {
        let text = format!(
            "The context leads to {now} now, and what is shown was read from {then}: start midwatch anew"
        );
        facts.push(Fact::with("BLOCKED", text, Role::Bad));
    }
}

/// Which state of which object it was made from, and when.
fn version(facts: &mut Vec<Fact>, decision: &Decision, model: &Model) {
    let plan = &decision.prepared.plan;
    let version = Clean::new(&plan.target.resource_version);
    let age = Span::between(decision.at, model.now);
    let old = if age.0 < 60 {
        String::new()
    } else {
        format!("; read {age} ago, and again before anything is sent")
    };
    let text = format!(
        "{} {}, version {version}{old}",
        Clean::new(&plan.target.resource),
        plan.target.words()
    );
    facts.push(Fact::with("from", text, Role::Dim));
}

/// The requests that do it.
fn does(facts: &mut Vec<Fact>, plan: &Plan, unfolded: bool) {
    let mut label = "sends";
    let mut rest = plan.steps.as_slice();
    while let Some(first) = rest.first() {
        let same = |s: &&Step| s.method == first.method && s.why == first.why;
        let alike = rest.iter().take_while(same).count();
        let most = if unfolded { alike } else { alike.min(2) };
        for step in rest.iter().take(most) {
            facts.push(Fact::new(label, request(step)));
            label = "";
        }
        if alike > most {
            let text = format!("{} {} more", first.method, alike - most);
            facts.push(Fact::new("", text));
        }
        facts.push(Fact::with("", format!("  {}", first.why), Role::Dim));
        rest = rest.get(alike..).unwrap_or_default();
    }
}

/// A path without what all objects of a namespace share.
#[must_use]
pub fn short(path: &str) -> &str {
    let inside = path.split_once("/namespaces/");
    let rest = inside.and_then(|(_, rest)| rest.split_once('/'));
    rest.map_or(path, |(_, rest)| rest)
}

/// One request; of a small change, what it says.
#[must_use]
pub fn request(step: &Step) -> String {
    let path = Clean::new(short(&step.path));
    if step.method != "PATCH" {
        return format!("{} {path}", step.method);
    }
    let mut change = step.body.clone();
    let meta = change.get_mut("metadata").and_then(|m| m.as_object_mut());
    let bare = meta.is_some_and(|meta| {
        meta.remove("uid");
        meta.remove("resourceVersion");
        meta.is_empty()
    });
    if bare && let Some(all) = change.as_object_mut() {
        all.remove("metadata");
    }
    let text = Clean::new(&change.to_string());
    let cut: String = text.chars().take(BODY).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("PATCH {path}  {cut}{more}")
}

fn nodes<'a>(
    facts: &mut Vec<Fact>,
    label: &'static str,
    ids: impl Iterator<Item = &'a String>,
    plan: &Plan,
    unfolded: bool,
) {
    let name = |id: &String| Clean::new(plan.names.get(id).unwrap_or(id)).to_string();
    listed(facts, label, "node", ids.map(name).collect(), unfolded);
}

/// How many, and the first names or all of them.
fn listed(
    facts: &mut Vec<Fact>,
    label: &'static str,
    what: &str,
    names: Vec<String>,
    unfolded: bool,
) {
    if names.is_empty() {
        return;
    }
    let number = count(names.len(), what);
    if unfolded && names.len() > NAMED {
        let mut texts = vec![(format!("{number}:"), Role::Text)];
        texts.extend(names.into_iter().map(|name| (name, Role::Text)));
        push(facts, label, texts);
        return;
    }
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more: f shows all"),
    };
    let shown: Vec<String> = names.into_iter().take(NAMED).collect();
    facts.push(Fact::new(
        label,
        format!("{number}: {}{more}", shown.join(", ")),
    ));
}

/// What stays, by its reason.
fn kept(facts: &mut Vec<Fact>, plan: &Plan, unfolded: bool) {
    let mut reasons: Vec<&'static str> = plan.keep.iter().map(|k| k.why).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let mut label = "keep";
    for why in reasons {
        let ids = plan.keep.iter().filter(|k| k.why == why).map(|k| &k.node);
        let before = facts.len();
        nodes(facts, label, ids, plan, unfolded);
        if let Some(first) = facts.get_mut(before) {
            first.text = first.text.replacen(':', &format!(" ({why}):"), 1);
        }
        label = "";
    }
}

/// Who owns it, and whether the change stays.
fn forecast(facts: &mut Vec<Fact>, forecast: &Forecast) {
    if let Some(owner) = &forecast.owner {
        let keeper = match owner.keeper {
            Keeper::ArgoCd => "Argo CD Application",
            Keeper::FluxKustomization => "Flux Kustomization",
            Keeper::FluxHelm => "Flux HelmRelease",
            Keeper::Helm => "Helm release",
        };
        let place = if owner.namespace.is_empty() {
            owner.name.to_string()
        } else {
            format!("{}/{}", owner.namespace, owner.name)
        };
        let set = if owner.set.is_empty() {
            String::new()
        } else {
            format!(", made by ApplicationSet {}", owner.set)
        };
        facts.push(Fact::new("owner", format!("{keeper} {place}{set}")));
    }
    let role = match forecast.stays {
        Stays::Yes => Role::Text,
        Stays::UntilSync | Stays::Unknown => Role::Warn,
        Stays::No => Role::Bad,
    };
    let mut texts = Vec::new();
    if !forecast.text.is_empty() {
        texts.push((forecast.text.to_string(), role));
    } else if forecast.stays == Stays::No {
        let when = forecast
            .reverted_within
            .and_then(|s| i64::try_from(s).ok())
            .map_or_else(String::new, |s| format!(" within about {}", Span(s)));
        texts.push((format!("This change is reverted{when}"), role));
    }
    if !forecast.lasts.is_empty() {
        texts.push((format!("What lasts: {}", forecast.lasts), Role::Text));
    }
    if !forecast.unknown.is_empty() {
        texts.push((format!("Not known: {}", forecast.unknown), Role::Warn));
    }
    push(facts, "stays", texts);
}

/// Rights that are missing, or could not be asked for.
fn rights(facts: &mut Vec<Fact>, plan: &Plan) {
    let needs = plan.needs.iter().zip(&plan.rights);
    let told = needs.filter_map(|(need, access)| {
        let right = format!("{} {}", need.verb, Clean::new(&need.resource));
        match access {
            Access::Allowed => None,
            Access::Denied(why) => Some((format!("you may not {right}: {why}"), Role::Bad)),
            Access::Unknown(why) => {
                let text = format!("whether you may {right} is not known: {why}");
                Some((text, Role::Warn))
            }
        }
    });
    push(facts, "rights", told.collect());
}

fn undo(facts: &mut Vec<Fact>, plan: &Plan) {
    if let Some(text) = plan.inverse_words() {
        facts.push(Fact::new("undo", text));
        return;
    }
    facts.push(Fact::new("undo", cannot(plan)));
}

/// Why it cannot be taken back.
#[must_use]
pub fn cannot(plan: &Plan) -> String {
    let known = plan.facts.iter().find(|f| f.topic == "undo");
    known.map_or_else(|| "It cannot be undone".to_owned(), |f| f.text.to_string())
}

/// `3 pods`, `1 pod`.
fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
