//! `midwatch incident` and `midwatch report`: a home without a cluster.

use std::fs;
use std::path::Path;

use super::stage::{Done, command};

fn midwatch(home: &Path, args: &[&str]) -> Done {
    Done::of(command(home).args(args).output().unwrap())
}

#[test]
fn an_incident_is_told_from_what_was_found_and_done_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let none = midwatch(home, &["report"]).code(2);
    assert!(none.err.contains("there was no incident"), "{none:?}");
    midwatch(home, &["incident", "start", "fraud-scorer burns"]).code(0);
    let twice = midwatch(home, &["incident", "start", "another"]).code(2);
    assert!(twice.err.contains("is open since"), "{twice:?}");

    let state = home.join(".local/state/midwatch");
    let at = jiff::Timestamp::now();
    let line = serde_json::json!({"at": at, "cluster": "prod-eu", "namespace": "ml-fraud",
        "name": "burn fraud-scorer", "what": "fraud-scorer", "state": "Burning",
        "sentence": "errors at 31×", "how": "found"});
    fs::write(state.join("findings.jsonl"), format!("{line}\n")).unwrap();

    let report = midwatch(home, &["report"]).code(0);
    for part in [
        "# Incident: fraud-scorer burns",
        "- still open, for ",
        "- 1 finding, 0 actions",
        " found: Burning **fraud-scorer** (ml-fraud, prod-eu): errors at 31×",
        "## Budgets that burned",
    ] {
        assert!(report.out.contains(part), "{part}\n{}", report.out);
    }
    midwatch(home, &["incident", "end"]).code(0);
    midwatch(home, &["incident", "end"]).code(2);
    let over = midwatch(home, &["report", "fraud-scorer burns"]).code(0);
    assert!(over.out.contains("- ended "), "{}", over.out);
    let wrong = midwatch(home, &["report", "fraud-scorer burn"]).code(2);
    assert!(wrong.err.contains("fraud-scorer burns"), "{wrong:?}");
    // without an incident, by time
    let since = midwatch(home, &["report", "--since", "1h"]).code(0);
    assert!(since.out.contains("fraud-scorer"), "{}", since.out);
}
