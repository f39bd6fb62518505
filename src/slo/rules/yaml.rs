//! Rules and their tests as YAML. Pure. Texts are written as JSON strings, which YAML reads; expressions as blocks.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use crate::slo::promql::duration;

use super::proof::{Proof, STEP};
use super::{Group, RULES, Rule};

const HEAD: &str = "# Written by midwatch rules. Change the objectives and write it again.\n";

/// A text as JSON writes it.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn map<K: Display>(out: &mut String, indent: &str, name: &str, map: &BTreeMap<K, String>) {
    if map.is_empty() {
        return;
    }
    let _ = writeln!(out, "{indent}{name}:");
    for (key, value) in map {
        // writing to a string does not fail
        let _ = writeln!(out, "{indent}  {key}: {}", text(value));
    }
}

/// The rule file.
pub(super) fn rules(groups: &[Group]) -> String {
    let mut out = format!("{HEAD}groups:\n");
    for group in groups {
        let _ = writeln!(out, "  - name: {}\n    rules:", text(&group.name));
        for rule in &group.rules {
            one(&mut out, rule);
        }
    }
    out
}

fn one(out: &mut String, rule: &Rule) {
    let (sort, name) = &rule.name;
    let _ = writeln!(out, "      - {sort}: {}\n        expr: |-", text(name));
    for line in rule.expr.lines() {
        let _ = writeln!(out, "          {line}");
    }
    if rule.hold > 0 {
        let _ = writeln!(out, "        for: {}", duration(rule.hold));
    }
    map(out, "        ", "labels", &rule.labels);
    map(out, "        ", "annotations", &rule.annotations);
}

/// The test file.
pub(super) fn tests(proofs: &[Proof]) -> String {
    let mut out = format!("{HEAD}rule_files:\n  - {RULES}\nevaluation_interval: {STEP}m\ntests:\n");
    for proof in proofs {
        let _ = writeln!(
            out,
            "  # {}\n  - interval: {STEP}m\n    input_series:",
            proof.name
        );
        for (series, values) in &proof.series {
            let _ = writeln!(
                out,
                "      - series: {}\n        values: {}",
                text(series),
                text(values)
            );
        }
        let _ = writeln!(
            out,
            "    alert_rule_test:\n      - eval_time: {}\n        alertname: {}",
            proof.at, proof.alert
        );
        match &proof.fires {
            None => out.push_str("        exp_alerts: []\n"),
            Some((labels, annotations)) => {
                out.push_str("        exp_alerts:\n          -\n");
                map(&mut out, "            ", "exp_labels", labels);
                map(&mut out, "            ", "exp_annotations", annotations);
            }
        }
    }
    out
}
