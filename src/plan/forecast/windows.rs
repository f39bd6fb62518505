//! Sync windows of an `AppProject`: whether Argo CD may sync by itself now, and from when on. Pure.
//!
//! Source: `argo-cd: pkg/apis/application/v1alpha1/types.go`, `SyncWindows.Matches` and `CanSync`. As there, a window
//! lies in the zone's offset of now, also where clocks change within it.

use std::collections::BTreeMap;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::globs::globs;
use super::schedule::{Schedule, seconds};
use crate::plan::json;

/// Most windows that are looked at.
const MOST: usize = 100;

/// Most starts and ends that are looked at to find the one that lets a sync pass.
const MOST_EDGES: usize = 500;

/// Whether Argo CD syncs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// It does.
    Open,
    /// Not before that time; none when no time is known.
    ShutUntil(Option<Timestamp>),
    /// A window cannot be read here.
    Unreadable,
}

struct Window {
    denies: bool,
    schedule: Schedule,
    length: SignedDuration,
    offset: Offset,
}

/// What the windows of the project mean for an application. `zones` are offsets of their zones from UTC in seconds.
pub(super) fn gate(
    project: &Value,
    app: &Value,
    zones: &BTreeMap<String, i32>,
    now: Timestamp,
) -> Gate {
    let all = json::list(project, &["spec", "syncWindows"]);
    let mut windows = Vec::new();
    for window in all.iter().filter(|w| matches(w, app)) {
        match read(window, zones) {
            Some(window) if windows.len() < MOST => windows.push(window),
            _ => return Gate::Unreadable,
        }
    }
    if can_sync(&windows, now) {
        return Gate::Open;
    }
    Gate::ShutUntil(opens(&windows, now))
}

/// Names of the zones that the windows of a project are given in.
#[must_use]
pub fn zones(project: &Value) -> Vec<&str> {
    let all = json::list(project, &["spec", "syncWindows"]).iter();
    let mut names: Vec<&str> = all
        .map(|w| json::text(w, &["timeZone"]))
        .filter(|name| !name.is_empty())
        .take(MOST)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn read(window: &Value, zones: &BTreeMap<String, i32>) -> Option<Window> {
    let offset = match json::text(window, &["timeZone"]) {
        "" | "UTC" => 0,
        name => *zones.get(name)?,
    };
    Some(Window {
        denies: json::text(window, &["kind"]) == "deny",
        schedule: Schedule::parse(json::text(window, &["schedule"]))?,
        length: SignedDuration::from_secs(seconds(json::text(window, &["duration"]))?),
        offset: Offset::from_seconds(offset).ok()?,
    })
}

impl Window {
    /// The start that it is open by at a time, and the next start when it is not open.
    fn start(&self, at: Timestamp) -> (bool, Option<Timestamp>) {
        let local = self.offset.to_datetime(at);
        let Ok(before) = local.checked_sub(self.length) else {
            return (false, None);
        };
        let next = self.schedule.next(before);
        let open = next.is_some_and(|n| n < local);
        let time = next.and_then(|n| self.offset.to_timestamp(n).ok());
        if open {
            return (true, time);
        }
        let next = self.schedule.next(local);
        (false, next.and_then(|n| self.offset.to_timestamp(n).ok()))
    }

    /// When it next opens or closes.
    fn edge(&self, at: Timestamp) -> Option<Timestamp> {
        match self.start(at) {
            (true, start) => start?.checked_add(self.length).ok(),
            (false, start) => start,
        }
    }
}

fn can_sync(windows: &[Window], at: Timestamp) -> bool {
    let open: Vec<bool> = windows.iter().map(|w| w.start(at).0).collect();
    let any = |denies: bool, is_open: bool| {
        let mut both = windows.iter().zip(&open);
        both.any(|(w, o)| w.denies == denies && *o == is_open)
    };
    !any(true, true) && (any(false, true) || !any(false, false))
}

/// The first time at which a sync passes.
fn opens(windows: &[Window], now: Timestamp) -> Option<Timestamp> {
    let mut at = now;
    for _ in 0..MOST_EDGES {
        let edge = windows.iter().filter_map(|w| w.edge(at)).min()?;
        // at the very start a window is not open yet
        at = edge
            .max(at)
            .checked_add(SignedDuration::from_secs(1))
            .ok()?;
        if can_sync(windows, at) {
            return Some(edge);
        }
    }
    None
}

/// Whether a window is meant for an application: by its name, its cluster or its namespace; with `andOperator` by all
/// that are given.
fn matches(window: &Value, app: &Value) -> bool {
    let spec = ["spec", "destination"];
    let destination = |key: &str| json::text(app, &[spec[0], spec[1], key]);
    let fits = |key: &str, of: &[&str]| {
        let patterns = json::list(window, &[key]);
        let hit = json::texts(window, &[key]).any(|p| of.iter().any(|t| globs(p, t)));
        (!patterns.is_empty()).then_some(hit)
    };
    let server = [destination("name"), destination("server")];
    let server: Vec<&str> = server.into_iter().filter(|s| !s.is_empty()).collect();
    let all = [
        fits("applications", &[json::text(app, &["metadata", "name"])]),
        fits("clusters", &server),
        fits("namespaces", &[destination("namespace")]),
    ];
    let mut given = all.iter().flatten().peekable();
    if json::flag(window, &["andOperator"]) {
        given.peek().is_some() && given.all(|hit| *hit)
    } else {
        given.any(|hit| *hit)
    }
}
