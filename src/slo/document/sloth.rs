//! Objectives of sloth: `version: prometheus/v1`, and the resource `PrometheusServiceLevel`. Pure.
//!
//! Its alerting and its plugins are not read: alerts are written by `midwatch rules`.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Documents, Named, at, name, parse, query, slo, target};
use crate::fault::{Mistake, quoted};
use crate::slo::objective::{Counts, Custom, Slo};

#[derive(Deserialize)]
struct Plain {
    service: Spanned<String>,
    slos: Vec<Spanned<Objective>>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    metadata: Metadata,
    spec: Plain,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
// as sloth names it
#[allow(clippy::struct_field_names)]
struct Objective {
    name: Spanned<String>,
    objective: Spanned<f64>,
    sli: Option<Spanned<Sli>>,
}

#[derive(Deserialize)]
struct Sli {
    events: Option<Events>,
    raw: Option<Raw>,
    plugin: Option<serde::de::IgnoredAny>,
}

// the resource writes them in camel case, the plain form with underscores, and both take either
#[derive(Deserialize)]
struct Events {
    #[serde(alias = "errorQuery")]
    error_query: Spanned<String>,
    #[serde(alias = "totalQuery")]
    total_query: Spanned<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(alias = "errorRatioQuery")]
    error_ratio_query: Spanned<String>,
}

pub(super) fn plain(part: &str, found: &mut Documents) {
    match parse::<Plain>(part) {
        Ok(plain) => all("", &plain, found),
        Err(mistake) => found.mistakes.push(mistake),
    }
}

pub(super) fn resource(part: &str, found: &mut Documents) {
    match parse::<Resource>(part) {
        Ok(resource) => all(&resource.metadata.namespace, &resource.spec, found),
        Err(mistake) => found.mistakes.push(mistake),
    }
}

fn all(namespace: &str, plain: &Plain, found: &mut Documents) {
    for objective in &plain.slos {
        match one(namespace, &plain.service, objective) {
            Ok(slo) => found.slos.push(slo),
            Err(mistake) => found.mistakes.push(mistake),
        }
    }
}

fn one(
    namespace: &str,
    service: &Spanned<String>,
    objective: &Spanned<Objective>,
) -> Result<Slo, Mistake> {
    let Objective {
        name: id,
        objective: percent,
        sli,
    } = &objective.value;
    let named = Named {
        namespace,
        service: name(service)?,
        id: name(id)?,
        title: "",
    };
    let target = target(percent.value, &percent.referenced)?;
    let counts = match sli {
        Some(sli) => counts(sli)?,
        None => {
            return Err(at(
                &id.referenced,
                format!("{} has no indicator", quoted(&id.value)),
                EVENTS,
            ));
        }
    };
    let rates = !is_count(&counts);
    let custom = Custom {
        counts,
        grouping: Vec::new(),
        rates,
    };
    Ok(slo(&named, target, None, custom))
}

const EVENTS: &str = "write sli.events.error_query and sli.events.total_query";

fn counts(sli: &Spanned<Sli>) -> Result<Counts, Mistake> {
    match &sli.value {
        Sli {
            events: Some(events),
            ..
        } => Ok(Counts::Bad {
            bad: query(&events.error_query)?,
            valid: query(&events.total_query)?,
        }),
        Sli { raw: Some(raw), .. } => Ok(Counts::Ratio(query(&raw.error_ratio_query)?)),
        Sli {
            plugin: Some(_), ..
        } => Err(at(
            &sli.referenced,
            "a plugin cannot be run here",
            "write the queries that it makes, as events",
        )),
        _ => Err(at(&sli.referenced, "the indicator is empty", EVENTS)),
    }
}

/// The figures are counts in the window already, not rates per second.
fn is_count(counts: &Counts) -> bool {
    match counts {
        Counts::Bad { valid, .. } | Counts::Good { valid, .. } => {
            !valid.contains("rate(") && !valid.contains("rate (")
        }
        Counts::Ratio(_) => true,
    }
}
