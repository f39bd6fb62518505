//! Label and field selectors, read as the API server reads them. Pure.

use super::object::Object;
use crate::demo::catalog::Resource;
use crate::demo::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Want {
    Is(Vec<String>),
    IsNot(Vec<String>),
    Exists,
    Absent,
    Greater(i64),
    Less(i64),
}

/// `app=x,tier in (a,b),!legacy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<(String, Want)>);

impl LabelSelector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut wants = Vec::new();
        for part in split_outside_brackets(text) {
            let part = part.trim();
            if part.is_empty() {
                if text.trim().is_empty() {
                    break;
                }
                return Err(unparsed(
                    text,
                    "found '', expected: !, identifier, or 'end of string'",
                ));
            }
            wants.push(requirement(part).ok_or_else(|| {
                unparsed(
                    text,
                    &format!("found '{part}', expected: in, notin, =, ==, !=, gt, lt"),
                )
            })?);
        }
        Ok(Self(wants))
    }

    /// No requirement at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object is chosen.
    #[must_use]
    pub fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|(key, want)| {
            let have = object.labels.get(key);
            match want {
                Want::Is(values) => have.is_some_and(|h| values.contains(h)),
                Want::IsNot(values) => have.is_none_or(|h| !values.contains(h)),
                Want::Exists => have.is_some(),
                Want::Absent => have.is_none(),
                Want::Greater(n) => number(have).is_some_and(|h| h > *n),
                Want::Less(n) => number(have).is_some_and(|h| h < *n),
            }
        })
    }
}

fn number(have: Option<&String>) -> Option<i64> {
    have?.parse().ok()
}

fn unparsed(text: &str, why: &str) -> Refusal {
    Refusal::bad_request(format!("unable to parse requirement: {why} (in {text:?})"))
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn requirement(part: &str) -> Option<(String, Want)> {
    if let Some(key) = part.strip_prefix('!') {
        return Some((word(key)?, Want::Absent));
    }
    if let Some(open) = part.strip_suffix(')') {
        let (before, list) = open.split_once('(')?;
        let (key, operator) = before.trim().rsplit_once(char::is_whitespace)?;
        let values = list.split(',').map(|v| v.trim().to_owned()).collect();
        return match operator {
            "in" => Some((word(key)?, Want::Is(values))),
            "notin" => Some((word(key)?, Want::IsNot(values))),
            _ => None,
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Some((word(key)?, Want::IsNot(vec![value.trim().to_owned()])));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some((word(key)?, Want::Is(vec![value.trim().to_owned()])));
    }
    if let Some((key, value)) = part.split_once('>') {
        return Some((word(key)?, Want::Greater(value.trim().parse().ok()?)));
    }
    if let Some((key, value)) = part.split_once('<') {
        return Some((word(key)?, Want::Less(value.trim().parse().ok()?)));
    }
    Some((word(part)?, Want::Exists))
}

fn word(key: &str) -> Option<String> {
    let key = key.trim();
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!key.is_empty() && key.chars().all(fine)).then(|| key.to_owned())
}

/// `metadata.name=x,status.phase!=Running`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Reads a selector; a field that the kind does not support is refused.
    pub fn parse(resource: &Resource, text: &str) -> Result<Self, Refusal> {
        let mut wants = Vec::new();
        for part in text.split(',').filter(|p| !p.trim().is_empty()) {
            let (field, equal, value) = if let Some((field, value)) = part.split_once("!=") {
                (field, false, value)
            } else if let Some((field, value)) =
                part.split_once("==").or_else(|| part.split_once('='))
            {
                (field, true, value)
            } else {
                let why = format!("invalid selector: '{text}'; can't understand '{part}'");
                return Err(Refusal::bad_request(why));
            };
            let meta = field == "metadata.name" || (field == "metadata.namespace");
            if !meta && !resource.field_names.contains(&field) {
                let why = if resource.custom {
                    format!("field label not supported: {field}")
                } else {
                    unsupported(resource, field)
                };
                return Err(Refusal::bad_request(why));
            }
            wants.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(wants))
    }

    /// No requirement at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object is chosen.
    #[must_use]
    pub fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|(field, equal, value)| {
            let have = match field.as_str() {
                "metadata.name" => &object.name.name,
                "metadata.namespace" => &object.name.namespace,
                other => match object.fields.iter().find(|(name, _)| *name == other) {
                    Some((_, have)) => have,
                    None => return false,
                },
            };
            (have == value) == *equal
        })
    }
}

fn unsupported(resource: &Resource, field: &str) -> String {
    match resource.plural {
        "pods" | "nodes" | "events" | "namespaces" | "services" => {
            format!("field label not supported: {field}")
        }
        _ => format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::catalog;

    fn pod(labels: &serde_json::Value, phase: &str) -> Object {
        let id = catalog::find("", "v1", "pods").unwrap();
        let value = json!({"metadata": {"name": "p", "namespace": "n", "labels": labels}, "status": {"phase": phase}});
        Object::new(catalog::ALL[id], 1, &value)
    }

    #[test]
    fn labels_are_chosen_as_kubectl_writes_them() {
        let pod = pod(
            &json!({"app": "train", "tier": "gpu", "size": "8"}),
            "Running",
        );
        let yes = [
            "",
            "app=train",
            "app==train",
            "app!=serve",
            "app in (train, serve),tier",
            "app notin (serve)",
            "!legacy",
            "size>7",
            "size<9",
        ];
        let no = ["app=serve", "!app", "app notin (train)", "legacy", "size>8"];
        for text in yes {
            assert!(LabelSelector::parse(text).unwrap().matches(&pod), "{text}");
        }
        for text in no {
            assert!(!LabelSelector::parse(text).unwrap().matches(&pod), "{text}");
        }
        for text in ["a b", "app in train", "=x", ",", "app=a,,b=c"] {
            assert!(LabelSelector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_are_chosen_and_unknown_ones_refused() {
        let pod = pod(&json!({}), "Running");
        let pods = catalog::ALL[catalog::find("", "v1", "pods").unwrap()];
        for (text, chosen) in [
            ("status.phase=Running", true),
            ("status.phase!=Running", false),
            ("metadata.name=p,metadata.namespace=n", true),
            ("spec.nodeName=", true),
        ] {
            let selector = FieldSelector::parse(pods, text).unwrap();
            assert_eq!(selector.matches(&pod), chosen, "{text}");
        }
        assert!(FieldSelector::parse(pods, "spec.color=red").is_err());
        assert!(FieldSelector::parse(pods, "nonsense").is_err());
    }
}
