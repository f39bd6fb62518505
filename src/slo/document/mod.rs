//! Objectives out of documents: sloth, pyrra and `OpenSLO`, as YAML. Pure; whoever reads the files calls it.
//!
//! A mistake takes the objective that it stands in, never the rest of the file, and is told with line and column.

mod openslo;
mod pyrra;
mod sloth;
mod written;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use super::objective::{Custom, Sli, Slo};
use super::window::Period;
use crate::domain::{Clean, Origin};
use crate::fault::{LARGEST, Mistake, quoted};

pub use written::{SPOKEN, spoken};

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Documents {
    /// The objectives.
    pub slos: Vec<Slo>,
    /// What is wrong, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// Reads all documents of a YAML file.
#[must_use]
pub fn read(text: &str) -> Documents {
    let mut found = Documents::default();
    if text.len() > LARGEST {
        let what = format!("the file is larger than {} kB", LARGEST >> 10);
        found.mistakes.push(Mistake::at(text, 0, what, ""));
        return found;
    }
    let parts = split(text);
    let indicators = openslo::indicators(&parts);
    for part in &parts {
        match head(part) {
            Ok(Some(sort)) => sort.read(part, &indicators, &mut found),
            Ok(None) => {}
            Err(mistake) => found.mistakes.push(mistake),
        }
    }
    if found.slos.is_empty() && found.mistakes.is_empty() {
        let hint = "write a sloth, pyrra or OpenSLO document";
        found
            .mistakes
            .push(Mistake::at(text, 0, "no objective stands in it", hint));
    }
    found
        .mistakes
        .sort_by_key(|mistake| (mistake.line, mistake.column));
    found
}

/// The documents of a file, each with as many empty lines before it as it has lines above it: places stay true.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (number, line) in text.lines().enumerate() {
        let ends = line.strip_prefix("---");
        if ends.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
            parts.push("\n".repeat(number + 1));
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts.retain(|part| {
        let mut lines = part.lines().map(str::trim_start);
        lines.any(|line| !line.is_empty() && !line.starts_with('#'))
    });
    parts
}

/// What a document is.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Sloth,
    SlothResource,
    Pyrra,
    OpenSlo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
}

/// What a document is; none for a kind that stands beside objectives and holds none.
fn head(part: &str) -> Result<Option<Sort>, Mistake> {
    let head: Head = parse(part)?;
    let group = |version: &Spanned<String>| version.value.split('/').next().map(str::to_owned);
    let kind = head.kind.as_ref().map(|k| k.value.as_str());
    if let Some(version) = &head.version {
        return match version.value.as_str() {
            "prometheus/v1" => Ok(Some(Sort::Sloth)),
            other => Err(unknown(&version.referenced, other, "write prometheus/v1")),
        };
    }
    let Some(version) = &head.api_version else {
        let place = head.kind.map_or(Location::UNKNOWN, |k| k.referenced);
        return Err(at(
            &place,
            "neither apiVersion nor version tells what this document is",
            "sloth: version: prometheus/v1; pyrra: apiVersion: pyrra.dev/v1alpha1; OpenSLO: apiVersion: openslo/v1",
        ));
    };
    match (group(version).as_deref(), kind) {
        (Some("sloth.slok.dev"), Some("PrometheusServiceLevel")) => Ok(Some(Sort::SlothResource)),
        (Some("pyrra.dev"), Some("ServiceLevelObjective")) => Ok(Some(Sort::Pyrra)),
        (Some("openslo"), Some("SLO")) if version.value == "openslo/v1" => Ok(Some(Sort::OpenSlo)),
        (Some("openslo"), Some("SLO")) => Err(unknown(
            &version.referenced,
            &version.value,
            "write openslo/v1",
        )),
        (Some("openslo"), Some(_)) => Ok(None),
        _ => Err(unknown(
            &version.referenced,
            &version.value,
            "PrometheusServiceLevel of sloth, ServiceLevelObjective of pyrra and SLO of OpenSLO are read",
        )),
    }
}

fn unknown(place: &Location, word: &str, hint: &str) -> Mistake {
    at(place, format!("{} is not known here", quoted(word)), hint)
}

impl Sort {
    fn read(self, part: &str, indicators: &openslo::Indicators, found: &mut Documents) {
        match self {
            Self::Sloth => sloth::plain(part, found),
            Self::SlothResource => sloth::resource(part, found),
            Self::Pyrra => pyrra::read(part, found),
            Self::OpenSlo => openslo::read(part, indicators, found),
        }
    }
}

/// Reads a document as this shape, or says where it is not.
fn parse<T: DeserializeOwned>(part: &str) -> Result<T, Mistake> {
    serde_saphyr::from_str(part).map_err(|error| {
        let place = error.location().unwrap_or(Location::UNKNOWN);
        let text = error.without_snippet().to_string();
        let line = text.lines().next().unwrap_or("it cannot be read").trim();
        // the place is told on its own
        let what = line.split(" at line ").next().unwrap_or(line);
        at(&place, Clean::new(what).as_str(), "")
    })
}

fn at(place: &Location, what: impl Into<String>, hint: &str) -> Mistake {
    let number = |n: u64| usize::try_from(n).unwrap_or(0).max(1);
    Mistake {
        line: number(place.line()),
        column: number(place.column()),
        what: what.into(),
        hint: hint.to_owned(),
    }
}

/// A target in percent, as a share.
fn target(percent: f64, place: &Location) -> Result<f64, Mistake> {
    if percent > 0.0 && percent < 100.0 {
        // 99.9 / 100 is not 0.999 to the last digit
        Ok((percent * 1e10).round() / 1e12)
    } else {
        Err(at(
            place,
            format!("an objective of {percent} %"),
            "it lies above 0 and below 100: a budget of nothing cannot be kept",
        ))
    }
}

/// A query that is asked of windows has a place for them.
fn query(query: &Spanned<String>) -> Result<String, Mistake> {
    let text = query.value.trim();
    if super::objective::windowed(text, "") == text {
        return Err(at(
            &query.referenced,
            "the query has no place for the window",
            "write [{{.window}}] where the range stands",
        ));
    }
    Ok(text.to_owned())
}

/// A period that budgets can have.
fn period(days: u32, place: &Location) -> Result<Period, Mistake> {
    Period::of(days).ok_or_else(|| {
        at(
            place,
            format!("a period of {days} days"),
            "it has from 7 to 90 days: shorter ones are over before the slow windows are",
        )
    })
}

/// The parts of an objective that every kind of document has.
struct Named<'a> {
    namespace: &'a str,
    service: &'a str,
    id: &'a str,
    title: &'a str,
}

fn slo(named: &Named<'_>, target: f64, period: Option<Period>, custom: Custom) -> Slo {
    let percent = super::promql::number(target * 100.0);
    let title = match named.title.trim() {
        "" => format!("{} {percent} %", named.id),
        some => format!("{some} ({percent} %)"),
    };
    Slo {
        id: Clean::new(named.id),
        title: Clean::new(&title),
        target,
        period,
        service: Some((Clean::new(named.namespace), Clean::new(named.service))),
        sli: Sli::Custom(custom),
        origin: Origin::BuiltIn,
    }
}

/// A name that is not empty.
fn name(given: &Spanned<String>) -> Result<&str, Mistake> {
    match given.value.trim() {
        "" => Err(at(&given.referenced, "an empty name", "")),
        some => Ok(some),
    }
}
