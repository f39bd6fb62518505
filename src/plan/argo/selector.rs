//! Field selectors over nodes: `id=…`, `displayName=a,phase!=Failed`. Pure.
//!
//! Source: `fields.ParseSelector` of apimachinery and `SelectorMatchesNode` of Argo.

use serde_json::Value;

use super::nodes::{field, template};
use crate::domain::Clean;
use crate::plan::json;

/// A selector: all of its terms hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: String,
    equal: bool,
    value: String,
}

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no node selector: write FIELD=VALUE or FIELD!=VALUE, separated by commas")]
pub struct SelectorError(Clean);

impl Selector {
    /// Reads a selector; an empty text selects everything.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let wrong = || SelectorError(Clean::new(text));
        let mut terms = Vec::new();
        for part in split(text) {
            if part.is_empty() {
                continue;
            }
            terms.push(term(&part).ok_or_else(wrong)?);
        }
        Ok(Self(terms))
    }

    /// Whether a node is selected. A field that a node lacks is empty.
    #[must_use]
    pub fn matches(&self, node: &Value) -> bool {
        self.0
            .iter()
            .all(|term| (value_of(node, &term.field) == term.value) == term.equal)
    }
}

/// Splits at commas that no backslash stands before.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == ',' && !escaped {
            parts.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn term(part: &str) -> Option<Term> {
    let equals = part.find('=')?;
    // `!=` begins one byte before its `=`
    let (end, equal) = match part.get(..equals)?.strip_suffix('!') {
        Some(before) => (before.len(), false),
        None => (equals, true),
    };
    let rest = part.get(equals + 1..)?;
    let rest = match rest.strip_prefix('=') {
        Some(rest) if equal => rest,
        _ => rest,
    };
    Some(Term {
        field: part.get(..end)?.to_owned(),
        equal,
        value: unescape(rest)?,
    })
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                known @ ('\\' | ',' | '=') => out.push(known),
                _ => return None,
            },
            ',' | '=' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

fn value_of(node: &Value, name: &str) -> String {
    match name {
        "displayName" | "phase" | "name" | "id" => field(node, name).to_owned(),
        "templateName" => template(node).to_owned(),
        "templateRef.name" => json::text(node, &["templateRef", "name"]).to_owned(),
        "templateRef.template" => json::text(node, &["templateRef", "template"]).to_owned(),
        _ => input(node, name).unwrap_or_default(),
    }
}

/// `inputs.parameters.NAME.value`. Of several parameters of one name the last counts.
fn input(node: &Value, name: &str) -> Option<String> {
    let wanted = name.strip_prefix("inputs.parameters.")?;
    let wanted = wanted.strip_suffix(".value")?;
    json::list(node, &["inputs", "parameters"])
        .iter()
        .rev()
        .find(|p| field(p, "name") == wanted)
        .and_then(|p| p.get("value"))
        .and_then(json::any_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terms_are_read_as_kubernetes_reads_them() {
        let node = json!({"id": "wf-1", "displayName": "a,b", "phase": "Failed", "templateName": "t",
            "inputs": {"parameters": [{"name": "lr", "value": 0.1}]}});
        let selects = |text: &str| Selector::parse(text).unwrap().matches(&node);
        assert!(selects(""));
        assert!(selects("id=wf-1"));
        assert!(selects("id==wf-1,phase!=Succeeded"));
        assert!(!selects("id=wf-1,phase!=Failed"));
        assert!(selects(r"displayName=a\,b"));
        assert!(selects("inputs.parameters.lr.value=0.1"));
        assert!(selects("unknown=") && !selects("unknown=x"));
        for wrong in ["id", r"id=a\b", "id=a=b", r"id=a\"] {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
