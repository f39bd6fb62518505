//! `model.promote`: a version goes one step up, or to where it is told: challenger, shadow, champion. Pure.
//!
//! Its gates are measured first. What it replaces as champion becomes `archived`; the aliases that it had on its way are
//! taken away. Each request stands on where its alias pointed when it was shown.

use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::form::{Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::mlflow::guards::{
    self, alias_name, begin, check_gates, check_version, lead, measure, number,
};
use crate::plan::mlflow::{ARCHIVED, LEADS, MODELS, Model, RIGHTS, points};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};

/// See the module.
pub(super) struct Promote;

/// The way up to what leads.
const RUNGS: &[&str] = &["challenger", "shadow"];

const SPEC: ActionSpec = ActionSpec {
    name: "model.promote",
    title: "Promote a version: gates, challenger, shadow, champion; the old one is archived",
    targets: MODELS,
    parameters: &[
        ParameterSpec {
            name: "version",
            kind: ParameterKind::Text,
            default: "",
            help: "The version; the challenger when none is given.",
        },
        ParameterSpec {
            name: "to",
            kind: ParameterKind::Text,
            default: "next",
            help: "The alias that it gets: challenger, shadow, champion, or any; next: one step up from where it is.",
        },
        ParameterSpec {
            name: "override",
            kind: ParameterKind::Text,
            default: "",
            help: "Why it is done although a gate does not pass; the audit keeps it.",
        },
    ],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "model.revert-alias: sets all aliases back to where they pointed",
    verify: "Its aliases point where they should",
};

/// Some version of the model, to find out whether anything can be done.
pub(super) fn example(given: &Given<'_>) -> Vec<(String, String)> {
    let newest = json::at(given.object, &["status", "newest"]).and_then(serde_json::Value::as_u64);
    let one = newest.map(|n| ("version".to_owned(), n.to_string()));
    one.into_iter().collect()
}

impl Action for Promote {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let Some(version) = number(meant(given)) else {
            return Vec::new();
        };
        let measure = measure(Model::of(given), version);
        vec![guards::reads(given, version), measure.read()]
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        example(given)
            .into_iter()
            .chain([("to".to_owned(), "another".to_owned())])
            .collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, model) = begin(given, &SPEC)?;
        let version = guards::named(meant(given))?;
        let to = goal(given, model, version)?;
        if model.alias(to) == Some(version) {
            let what = format!("v{version} is {} already", Clean::new(to));
            return Err(Refused::new(&what));
        }
        check_version(&mut plan, given, version)?;
        check_gates(&mut plan, given, &measure(model, version));
        let leads = LEADS.contains(&to);
        let old = model.alias(to).map(str::to_owned);
        let mut moves: Vec<(&str, Option<&str>)> = vec![(to, Some(version))];
        if let Some(old) = old.as_deref().filter(|_| leads) {
            moves.push((ARCHIVED, Some(old)));
        }
        moves.extend(left(model, version, to).map(|alias| (alias, None)));
        told(&mut plan, model, (version, to, leads));
        carry(&mut plan, model, &moves);
        Ok(plan)
    }
}

/// The version that was given, else the challenger: it is the one that waits for this.
fn meant<'a>(given: &Given<'a>) -> &'a str {
    let text = given.params.text("version");
    let challenger = || Model::of(given).alias("challenger").unwrap_or_default();
    if text.trim().is_empty() {
        challenger()
    } else {
        text
    }
}

/// The alias that it gets.
fn goal<'a>(given: &Given<'a>, model: Model<'a>, version: &str) -> Result<&'a str, Refused> {
    let to = given.params.text("to").trim();
    if to != "next" {
        alias_name(to)?;
        return Ok(to);
    }
    let has = model.aliases_of(version);
    let lead = lead(model);
    if has.contains(&lead) {
        let what = format!("v{version} is {lead} already: there is no step up from there");
        return Err(Refused::new(&what));
    }
    let at = RUNGS.iter().rposition(|rung| has.contains(rung));
    let next = at.map_or(0, |at| at + 1);
    Ok(RUNGS.get(next).copied().unwrap_or(lead))
}

/// Aliases that it had on its way up, and that it has no longer.
fn left<'a>(model: Model<'a>, version: &str, to: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let above = RUNGS.iter().position(|rung| *rung == to);
    let above = above.unwrap_or(if LEADS.contains(&to) { RUNGS.len() } else { 0 });
    let below = RUNGS.iter().take(above).copied();
    let below: Vec<&'static str> = below.collect();
    let has = model.aliases_of(version).into_iter();
    has.filter(move |alias| below.contains(alias) || *alias == ARCHIVED && !below.is_empty())
}

/// What it does, and what is worth knowing.
fn told(plan: &mut Plan, model: Model<'_>, (version, to, leads): (&str, &str, bool)) {
    let (words, shown) = (plan.target.words(), Clean::new(to));
    let old = model.alias(to).map(Clean::new);
    plan.does = Clean::new(&match &old {
        Some(old) if leads => {
            format!("Makes v{version} of {words} {shown} in place of v{old}, which is archived")
        }
        Some(old) => format!("Makes v{version} of {words} {shown} in place of v{old}"),
        None => format!("Makes v{version} of {words} {shown}"),
    });
    let has = model.aliases_of(version);
    if leads && !RUNGS.iter().any(|rung| has.contains(rung)) {
        plan.warn(&format!(
            "v{version} is neither challenger nor shadow now: it becomes {shown} at once"
        ));
    }
    if let Some(archived) = model.alias(ARCHIVED).filter(|_| leads && old.is_some()) {
        plan.fact(
            "archived",
            &format!("One version can have an alias: v{} is archived no longer, and stays in the registry", Clean::new(archived)),
        );
    }
    if let (Ok(new), Some(Ok(old))) = (version.parse::<u64>(), old.map(|o| o.parse::<u64>()))
        && leads
        && new < old
    {
        plan.warn(&format!("v{new} is older than v{old}, which it replaces"));
    }
}

/// The requests, how they are taken back, and what shows that all is done.
pub(super) fn carry(plan: &mut Plan, model: Model<'_>, moves: &[(&str, Option<&str>)]) {
    let moves = || moves.iter().filter(|(alias, to)| model.alias(alias) != *to);
    for (alias, to) in moves() {
        model.move_alias(plan, alias, *to);
    }
    let back = |alias: &str| model.alias(alias).unwrap_or("none").to_owned();
    let mut given = Vec::new();
    if let Some((first, _)) = moves().next() {
        given.push(("alias", (*first).to_owned()));
        given.push(("version", back(first)));
    }
    let also: Vec<String> = moves()
        .skip(1)
        .map(|(alias, _)| format!("{alias}={}", back(alias)))
        .collect();
    if !also.is_empty() {
        given.push(("also", also.join(",")));
    }
    plan.undone_by(
        Inverse {
            action: "model.revert-alias",
            text: "sets each alias back to where it pointed",
        },
        given,
    );
    let spec = super::action(plan.action).map_or("", |a| a.spec().verify);
    plan.done_when(
        spec,
        moves().map(|(alias, to)| points(alias, *to)).collect(),
    );
}
