//! The direction of the house and the purity of its rooms, read from the source. A breach fails here before it can
//! grow.
#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice)]

use std::fs;
use std::path::{Path, PathBuf};

/// A room, what it may use of the crate, and whether it is free of I/O.
struct Room {
    name: &'static str,
    uses: &'static [&'static str],
    pure: bool,
}

const fn pure(name: &'static str, uses: &'static [&'static str]) -> Room {
    Room {
        name,
        uses,
        pure: true,
    }
}

const fn rim(name: &'static str, uses: &'static [&'static str]) -> Room {
    Room {
        name,
        uses,
        pure: false,
    }
}

const PURE_SIDE: &[&str] = &[
    "fault", "domain", "slo", "kinds", "store", "plan", "runbook", "keys", "theme", "settings",
    "app", "ui",
];

const ROOMS: &[Room] = &[
    pure("fault", &[]),
    pure("keys", &["fault"]),
    pure("theme", &["fault"]),
    pure("settings", &["fault"]),
    pure("domain", &["fault"]),
    pure("slo", &["fault", "domain"]),
    pure("kinds", &["fault", "domain"]),
    pure("store", &["fault", "domain", "kinds"]),
    pure("plan", &["fault", "domain", "kinds", "store"]),
    pure("runbook", &["fault", "domain", "plan"]),
    pure(
        "app",
        &[
            "fault", "keys", "theme", "settings", "domain", "kinds", "store", "plan", "runbook",
        ],
    ),
    pure(
        "ui",
        &[
            "fault", "keys", "theme", "settings", "domain", "kinds", "store", "plan", "runbook",
            "app",
        ],
    ),
    rim("feed", PURE_SIDE),
    rim("act", PURE_SIDE),
    rim("term", PURE_SIDE),
    rim("config", PURE_SIDE),
    rim("demo", &["fault", "domain"]),
];

/// Rooms that see everything.
const EVERYTHING: &[&str] = &["shell", "cli", "main", "lib"];

/// What no pure room may name: I/O, clocks, the libraries of the rim.
const FORBIDDEN: &[&str] = &[
    "tokio",
    "kube::",
    "k8s_openapi",
    "reqwest",
    "hyper",
    "axum",
    "crossterm",
    "rustix",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    // traits of `std::io` on bytes in memory are no I/O
    "std::io::std",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
    "SystemTime",
    "tracing::",
    "println!",
    "eprintln!",
];

/// Files of `src`, each with its room.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside
                    .components()
                    .next()
                    .unwrap()
                    .as_os_str()
                    .to_string_lossy();
                let room = first.trim_end_matches(".rs").to_owned();
                files.push((room, path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 30, "the source was not found");
    files
}

/// The lines that are compiled into the product: no comments, nothing from the first test module on.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("")))
}

/// Rooms named by `crate::room` in a line, also inside braces after `crate::`.
fn rooms_named(line: &str) -> Vec<String> {
    let ident = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    line.match_indices("crate::")
        .flat_map(|(at, _)| {
            let rest = &line[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => group
                    .split(',')
                    .map(|part| ident(part.trim()))
                    .collect::<Vec<_>>(),
                None => vec![ident(rest)],
            }
        })
        .collect()
}

#[test]
fn every_room_uses_only_what_lies_below_it() {
    let mut breaches = Vec::new();
    for (name, path, text) in sources() {
        let Some(room) = ROOMS.iter().find(|r| r.name == name) else {
            assert!(
                EVERYTHING.contains(&name.as_str()),
                "{name} is a room that nobody knows: {}",
                path.display()
            );
            continue;
        };
        for (number, line) in product_lines(&text) {
            for used in rooms_named(line) {
                let known =
                    ROOMS.iter().any(|r| r.name == used) || EVERYTHING.contains(&used.as_str());
                if known && used != name && !room.uses.contains(&used.as_str()) {
                    breaches.push(format!("{}:{number}: {name} uses {used}", path.display()));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn pure_rooms_do_no_io_and_read_no_clock() {
    let mut breaches = Vec::new();
    for (name, path, text) in sources() {
        if !ROOMS.iter().any(|r| r.pure && r.name == name) {
            continue;
        }
        for (number, line) in product_lines(&text) {
            let mut names: Vec<&str> = FORBIDDEN
                .iter()
                .copied()
                .filter(|f| line.contains(f))
                .collect();
            if name != "ui" && line.contains("ratatui") {
                names.push("ratatui");
            }
            for forbidden in names {
                breaches.push(format!(
                    "{}:{number}: {name} names {forbidden}",
                    path.display()
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn files_stay_small_and_say_what_they_own() {
    let mut breaches = Vec::new();
    for (_, path, text) in sources() {
        let lines = text.lines().count();
        if lines > 600 {
            breaches.push(format!("{}: {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            breaches.push(format!(
                "{}: does not begin with what it owns",
                path.display()
            ));
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn the_roles_that_are_shown_are_the_ones_that_the_live_suite_runs_with() {
    let shown = fs::read_to_string("docs/rights.md").unwrap();
    for name in ["midwatch-clusterrole", "midwatch-actions-clusterrole"] {
        let path = format!("tests/rig/persons/{name}.yaml");
        let file = fs::read_to_string(&path).unwrap();
        let role = &file[file.find("apiVersion:").unwrap()..];
        assert!(
            shown.contains(&format!("(`{path}`):\n\n```yaml\n{role}```")),
            "docs/rights.md does not show {path} as it is"
        );
    }
}

#[test]
fn the_reader_of_this_test_sees_breaches() {
    assert_eq!(rooms_named("use crate::feed::kube;"), ["feed"]);
    assert_eq!(
        rooms_named("use crate::{domain, app::Model};"),
        ["domain", "app"]
    );
    assert_eq!(
        product_lines("a // crate::feed\n#[cfg(test)]\nb").count(),
        1
    );
}
