//! What follows for a model and its aliases from what is served of it. Pure.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::{AliasTruth, Served, Since, Standing, TruthRow};
use crate::domain::{Alias, ModelRow};

/// Aliases that say what is to be served, the first of them that a model has.
const LEADS: [&str; 5] = ["champion", "production", "prod", "live", "stable"];

/// Aliases that say what is not to be served any more.
const RETIRED: [&str; 4] = ["archived", "archive", "retired", "deprecated"];

/// A model with what is served of it.
pub fn row(model: &Arc<ModelRow>, mut served: Vec<Served>) -> TruthRow {
    served.sort_by(|a, b| {
        let by = |s: &Served| (s.service.clone(), Reverse(s.percent), s.revision.clone());
        by(a).cmp(&by(b))
    });
    let aliases = aliases(model, &served);
    let standing = standing(&served, &aliases);
    let since = match standing {
        Standing::Drifts => since(model, &served, &aliases),
        _ => Since::default(),
    };
    TruthRow {
        model: model.clone(),
        served: served.into(),
        aliases,
        standing,
        since,
    }
}

fn is_one(names: &[&str], alias: &Alias) -> bool {
    names.iter().any(|n| alias.name.eq_ignore_ascii_case(n))
}

fn aliases(model: &ModelRow, served: &[Served]) -> Box<[AliasTruth]> {
    let place = |alias: &Alias| {
        LEADS
            .iter()
            .position(|n| alias.name.eq_ignore_ascii_case(n))
    };
    let lead = model.aliases.iter().filter_map(place).min();
    let told = |alias: &Alias| AliasTruth {
        leads: lead.is_some() && place(alias) == lead,
        retired: is_one(&RETIRED, alias),
        by: who(served, alias),
        alias: alias.clone(),
    };
    let mut all: Vec<AliasTruth> = model.aliases.iter().map(told).collect();
    all.sort_by_key(|a| (!a.leads, a.retired));
    all.into()
}

/// Who serves the version of an alias, by their place.
fn who(served: &[Served], alias: &Alias) -> Box<[usize]> {
    let all = served.iter().enumerate();
    let mine = all.filter(|(_, s)| s.versions.contains(&alias.version));
    mine.map(|(at, _)| at).collect()
}

/// What is served is of a version that no alias points at, or only one that calls it archived; or it was loaded by an
/// alias that has moved since.
pub fn is_astray(served: &Served, aliases: &[AliasTruth]) -> bool {
    if let Some(followed) = &served.alias {
        return followed_before(served, followed, aliases);
    }
    let points = |a: &AliasTruth| !a.retired && served.versions.contains(&a.alias.version);
    !served.versions.is_empty() && !aliases.iter().any(points)
}

fn followed_before(served: &Served, followed: &str, aliases: &[AliasTruth]) -> bool {
    let alias = aliases.iter().find(|a| *a.alias.name == *followed);
    let moved = alias.and_then(|a| a.alias.moved);
    served
        .began
        .zip(moved)
        .is_some_and(|(began, moved)| began < moved)
}

fn standing(served: &[Served], aliases: &[AliasTruth]) -> Standing {
    if served.is_empty() {
        return Standing::NotServed;
    }
    let lead = aliases.iter().find(|a| a.leads);
    let follows = |s: &Served| lead.is_some_and(|l| s.alias.as_ref() == Some(&l.alias.name));
    let unsure = served.iter().any(|s| s.versions.is_empty());
    let astray = astray_services(served, aliases);
    if let Some(lead) = lead {
        let unserved = lead.by.is_empty() && !served.iter().any(follows);
        if unserved || astray {
            return Standing::Drifts;
        }
    }
    let retired = |a: &AliasTruth| {
        a.retired
            && a.by
                .iter()
                .any(|at| aliased_by_none_else(served, *at, aliases))
    };
    if aliases.iter().any(retired) {
        Standing::Retired
    } else if unsure {
        Standing::Unsure
    } else if astray {
        Standing::Unaliased
    } else {
        Standing::InStep
    }
}

fn aliased_by_none_else(served: &[Served], at: usize, aliases: &[AliasTruth]) -> bool {
    !aliases.iter().any(|a| !a.retired && a.by.contains(&at)) && served.get(at).is_some()
}

/// A service of which no revision is accounted for. One revision of several may be on its way in or out.
fn astray_services(served: &[Served], aliases: &[AliasTruth]) -> bool {
    let whole = |one: &Served| {
        let mut mine = served.iter().filter(|s| s.service == one.service);
        mine.all(|s| is_astray(s, aliases))
    };
    served.iter().any(whole)
}

/// Since when the leading alias and what is served differ: both must have come to where they are.
fn since(model: &ModelRow, served: &[Served], aliases: &[AliasTruth]) -> Since {
    let Some(lead) = aliases.iter().find(|a| a.leads) else {
        return Since::default();
    };
    let unserved = lead.by.is_empty();
    let wrong: Vec<&Served> = served
        .iter()
        .filter(|s| unserved || is_astray(s, aliases))
        .collect();
    let registered = model.version(lead.alias.version).and_then(|v| v.created);
    let from = |since: Option<Timestamp>| {
        let each = wrong.iter().map(|s| since.max(s.began));
        each.min().flatten()
    };
    match lead.alias.moved {
        Some(moved) => Since {
            exact: from(Some(moved)),
            not_before: None,
        },
        None => Since {
            exact: None,
            not_before: from(registered),
        },
    }
}
