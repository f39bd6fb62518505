//! Actions as a table for spreadsheets (RFC 4180). Pure.

use crate::plan::{Change, Entry};

const COLUMNS: [&str; 20] = [
    "id",
    "at",
    "action",
    "verdict",
    "what",
    "context",
    "server",
    "resource",
    "namespace",
    "name",
    "uid",
    "cluster_user",
    "context_user",
    "os_user",
    "host",
    "reason",
    "incident",
    "sent",
    "millis",
    "changes",
];

/// The line of headings.
pub(super) fn head() -> String {
    format!("{}\r\n", COLUMNS.join(","))
}

/// The line of one action.
pub(super) fn line(entry: &Entry) -> String {
    let intent = &entry.intent;
    let (target, operator) = (&intent.target, &intent.operator);
    let ended = entry.ended.as_ref();
    let changes: Vec<String> = ended
        .map(|e| e.changes.iter().map(Change::words).collect())
        .unwrap_or_default();
    let cells: [String; 20] = [
        entry.id.clone(),
        entry.at.to_string(),
        intent.action.clone(),
        entry.standing().word().to_owned(),
        ended.map_or_else(String::new, |e| e.what.to_string()),
        intent.cluster.name.clone(),
        intent.cluster.server.clone(),
        target.resource.clone(),
        target.namespace.clone(),
        target.name.clone(),
        target.uid.clone(),
        operator.cluster_user.to_string(),
        operator.context_user.to_string(),
        operator.os_user.to_string(),
        operator.host.to_string(),
        intent.reason.to_string(),
        intent.incident.to_string(),
        entry.sent.to_string(),
        ended.map_or_else(String::new, |e| e.millis.to_string()),
        changes.join("; "),
    ];
    format!("{}\r\n", cells.map(|c| cell(&c)).join(","))
}

/// One cell. What a spreadsheet would take for a formula gets an apostrophe before it; controls are left out.
fn cell(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_needed_and_is_never_a_formula() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a, \"b\"\r\n"), "\"a, \"\"b\"\"\"");
        assert_eq!(cell("=cmd()"), "\"'=cmd()\"");
    }
}
