//! What the programs in pods print: made up from the pod alone, so the same pod always prints the same. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::demo::catalog::text;

/// Lines printed at most, however long a program has run.
const MOST: i64 = 2_000;
/// Seconds between two lines.
const EVERY: i64 = 4;

/// The state of a container; null when there is none yet.
pub(in crate::demo) fn state_of(pod: &Value, container: &str) -> Value {
    let lists = ["containerStatuses", "initContainerStatuses"];
    let all = lists
        .iter()
        .filter_map(|l| pod["status"][*l].as_array())
        .flatten();
    let mut found = all.filter(|c| text(c, "/name") == container);
    found.next().map_or(Value::Null, |c| c["state"].clone())
}

/// The lines that a container has printed up to now, oldest first.
pub(in crate::demo) fn lines(
    pod: &Value,
    container: &str,
    now: Timestamp,
) -> Vec<(Timestamp, String)> {
    let state = state_of(pod, container);
    let at = |pointer: &str| text(&state, pointer).parse::<Timestamp>().ok();
    let Some(start) = at("/running/startedAt").or_else(|| at("/terminated/startedAt")) else {
        return Vec::new();
    };
    let end = at("/terminated/finishedAt").unwrap_or(now);
    let level = "level=info";
    if container != "main" {
        let verb = if container == "init" { "init" } else { "wait" };
        let said = format!(
            "time={start} {level} msg=\"Starting Workflow Executor\" cmd={verb} version=v3.7.18"
        );
        return vec![(start, said)];
    }
    let mut lines = opening(pod, start);
    lines.extend(work(pod, start, end));
    lines.extend(closing(&state, end));
    lines
}

fn main_container(pod: &Value) -> Value {
    let all = pod["spec"]["containers"].as_array();
    let main = all.into_iter().flatten().find(|c| c["name"] == "main");
    main.cloned().unwrap_or_default()
}

fn opening(pod: &Value, start: Timestamp) -> Vec<(Timestamp, String)> {
    let main = main_container(pod);
    let mut words: Vec<&str> = Vec::new();
    for list in ["command", "args"] {
        let all = main[list].as_array();
        words.extend(all.into_iter().flatten().filter_map(Value::as_str));
    }
    let host = text(pod, "/spec/nodeName");
    vec![
        (
            start,
            format!("{start} INFO  {} on {host}", words.join(" ")),
        ),
        (
            start,
            format!("{start} INFO  image {}", text(&main, "/image")),
        ),
    ]
}

fn work(pod: &Value, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, String)> {
    let length = (end.as_second() - start.as_second()).max(0);
    let steps = (length / EVERY).min(MOST);
    let trains = !crate::demo::world::fate::devices(pod).is_empty();
    let seed: u64 = text(pod, "/metadata/uid").bytes().map(u64::from).sum();
    let mut chance = crate::demo::chance::Chance::new(seed);
    let line = |step: i64| {
        let at = start
            .checked_add(SignedDuration::from_secs(step * EVERY))
            .unwrap_or(end);
        let sway = chance.below(100);
        let said = if trains {
            let loss = 240_000 / (step + 60) + i64::try_from(sway).unwrap_or_default();
            format!(
                "step {} loss {}.{:03} lr 3e-4 {} it/s",
                step * 50,
                loss / 1_000,
                loss % 1_000,
                11 + sway % 4
            )
        } else {
            format!("part {step} done, {} rows", 20_000 + sway * 37)
        };
        (at, format!("{at} INFO  {said}"))
    };
    (1..=steps).map(line).collect()
}

fn closing(state: &Value, end: Timestamp) -> Vec<(Timestamp, String)> {
    let ended = &state["terminated"];
    match (ended["exitCode"].as_i64(), text(ended, "/message")) {
        (None | Some(137), _) => Vec::new(),
        (Some(0), _) => vec![(end, format!("{end} INFO  done"))],
        (Some(code), said) => vec![
            (
                end,
                format!(
                    "{end} ERROR {}",
                    if said.is_empty() { "failed" } else { said }
                ),
            ),
            (end, format!("{end} ERROR exit {code}")),
        ],
    }
}
