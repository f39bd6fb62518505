//! A tree as text, and both decodings of one workflow.

use std::fmt::Write as _;

use midwatch::domain::{ClusterId, RunDetail, RunRow, StepKind, StepTree};
use midwatch::kinds::{Kind, Runs, Workflows};

/// The recorded workflows by name.
pub fn recorded() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/workflows");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    let name = |path: &std::path::Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    all.iter()
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

/// One recorded workflow.
pub fn record(name: &str) -> Vec<u8> {
    let found = recorded().into_iter().find(|(n, _)| n == name);
    found.unwrap_or_else(|| panic!("no record {name}")).1
}

/// As a row of the list.
pub fn row(json: &[u8]) -> RunRow {
    Workflows::row(&ClusterId::new("c"), serde_json::from_slice(json).unwrap())
}

/// Opened.
pub fn detail(json: &[u8]) -> RunDetail {
    Runs::row(&ClusterId::new("c"), serde_json::from_slice(json).unwrap())
}

/// The tree as text: `*` marks the critical path; groups tell their tally; folded nodes stand in brackets. Of more
/// than four siblings the first two and those that did not go well are drawn.
pub fn picture(tree: &StepTree) -> String {
    let mut out = String::new();
    for id in tree.walk() {
        let step = &tree.steps[id];
        let siblings = tree.parent[id].map_or(&tree.roots[..], |p| tree.children(p));
        let place = siblings.iter().position(|s| *s == id).unwrap();
        if siblings.len() > 4 && place >= 2 && step.phase.word() == "Succeeded" {
            continue;
        }
        let indent = "  ".repeat(tree.depth(id));
        let critical = if tree.critical[id] { '*' } else { ' ' };
        let _ = write!(
            out,
            "{critical} {indent}{} {}",
            step.label,
            step.phase.word()
        );
        if !matches!(step.kind, StepKind::Task) {
            let _ = write!(out, " {:?}", step.kind);
        }
        let tally = tree.tally(id);
        if matches!(step.kind, StepKind::Group | StepKind::FanOut) {
            let _ = write!(out, " {} ok of {}", tally.ok, tally.total());
        }
        let flags = [(step.cached, " cached"), (step.hook, " hook")];
        for (_, word) in flags.iter().filter(|(set, _)| *set) {
            out.push_str(word);
        }
        let mut folded: Vec<&str> = tree.folded_into(id).map(|f| &*f.label).collect();
        folded.sort_unstable();
        if !folded.is_empty() {
            let _ = write!(out, " [{}]", folded.join(" "));
        }
        out.push('\n');
    }
    out
}
