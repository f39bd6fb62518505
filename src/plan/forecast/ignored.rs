//! `ignoreDifferences` of an application: fields that it does not compare. Pure.
//!
//! Source: `argo-cd: util/argo/normalizers/diff_normalizer.go`, `util/argo/managedfields`.

use serde_json::Value;

use super::globs::globs;
use crate::plan::form::Target;
use crate::plan::json;

/// The name under which midwatch writes.
const MIDWATCH: &str = "midwatch";

/// Whether a field is left out of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ignored {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// A rule written in jq may leave it out; such rules are not evaluated here.
    Perhaps,
}

/// Whether an application leaves a field of the target out.
pub(super) fn ignored(app: &Value, kind: &str, target: &Target, pointer: &str) -> Ignored {
    let mut answer = Ignored::No;
    let rules = json::list(app, &["spec", "ignoreDifferences"]).iter();
    for rule in rules.filter(|r| is_meant(r, kind, target)) {
        let managers = &mut json::texts(rule, &["managedFieldsManagers"]);
        let covers = &mut json::texts(rule, &["jsonPointers"]);
        if managers.any(|m| m == MIDWATCH) || covers.any(|p| within(pointer, p)) {
            return Ignored::Yes;
        }
        for path in json::texts(rule, &["jqPathExpressions"]) {
            match plain(path) {
                (prefix, true) if within(pointer, &prefix) => return Ignored::Yes,
                (prefix, false) if within(pointer, &prefix) || within(&prefix, pointer) => {
                    answer = Ignored::Perhaps;
                }
                _ => {}
            }
        }
    }
    answer
}

fn is_meant(rule: &Value, kind: &str, target: &Target) -> bool {
    let text = |key| json::text(rule, &[key]);
    globs(text("group"), &target.group)
        && globs(text("kind"), kind)
        && (text("name").is_empty() || text("name") == target.name)
        && (text("namespace").is_empty() || text("namespace") == target.namespace)
}

/// The field itself, or what lies below it.
fn within(pointer: &str, above: &str) -> bool {
    pointer
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pointer that a path in jq begins with, and whether that is all of it: `.spec.suspend`,
/// `.metadata.annotations["a/b"]`.
fn plain(path: &str) -> (String, bool) {
    let mut rest = path.trim();
    let mut pointer = String::new();
    loop {
        let (key, after) = if let Some(quoted) = rest
            .strip_prefix("[\"")
            .or_else(|| rest.strip_prefix(".[\""))
            .or_else(|| rest.strip_prefix(".\""))
        {
            let Some((key, after)) = quoted.split_once('"') else {
                return (pointer, false);
            };
            (key, after.strip_prefix(']').unwrap_or(after))
        } else if let Some(field) = rest.strip_prefix('.') {
            let end = field.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            field
                .split_at_checked(end.unwrap_or(field.len()))
                .unwrap_or((field, ""))
        } else {
            return (pointer, rest.is_empty());
        };
        if key.is_empty() || key.contains('\\') {
            return (pointer, false);
        }
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        rest = after.strip_prefix('?').unwrap_or(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_jq_is_read_as_far_as_it_is_a_plain_one() {
        for (path, expected) in [
            (".spec.suspend", ("/spec/suspend", true)),
            (".spec.suspend?", ("/spec/suspend", true)),
            (
                ".metadata.annotations[\"a/b\"]",
                ("/metadata/annotations/a~1b", true),
            ),
            (".spec.templates[].x", ("/spec/templates", false)),
            (".spec | select(.x)", ("/spec", false)),
            ("..", ("", false)),
        ] {
            assert_eq!(plain(path), (expected.0.to_owned(), expected.1), "{path}");
        }
    }
}
