//! The filters of searches: comparisons joined by AND. Pure.

use std::cmp::Ordering;

use serde_json::Value;

/// One comparison.
#[derive(Debug)]
struct Clause {
    key: String,
    operator: String,
    value: String,
}

/// A filter.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<Clause>);

/// Words and quoted texts of a filter; a text keeps a quote in front.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut left = text.chars().peekable();
    while let Some(c) = left.peek().copied() {
        let mut word = String::new();
        if c.is_whitespace() {
            left.next();
            continue;
        } else if c == '\'' || c == '"' {
            left.next();
            word.push('\'');
            loop {
                match left.next() {
                    Some(end) if end == c => break,
                    Some(other) => word.push(other),
                    None => return Err(format!("Invalid clause(s) in filter string: {text:?}")),
                }
            }
        } else if "=!<>".contains(c) {
            while let Some(mark) = left.next_if(|c| "=!<>".contains(*c)) {
                word.push(mark);
            }
        } else {
            while let Some(other) = left.next_if(|c| !c.is_whitespace() && !"=!<>'\"".contains(*c))
            {
                // a key of a tag may be quoted by backticks
                if other != '`' {
                    word.push(other);
                }
            }
        }
        out.push(word);
    }
    Ok(out)
}

impl Filter {
    /// Reads a filter that may name these keys, besides tags.
    pub(super) fn read(text: &str, keys: &[&str]) -> Result<Self, String> {
        let words = words(text)?;
        let mut clauses = Vec::new();
        for part in words.split(|w| w.eq_ignore_ascii_case("and")) {
            if words.is_empty() {
                break;
            }
            let [key, operator, value] = part else {
                return Err(format!("Invalid clause(s) in filter string: {text:?}"));
            };
            let key = key.strip_prefix("attributes.").unwrap_or(key);
            if !keys.contains(&key) && !key.starts_with("tags.") && !key.starts_with("tag.") {
                return Err(format!(
                    "Invalid attribute key '{key}' specified. Valid keys are '{keys:?}'"
                ));
            }
            let operator = operator.to_ascii_uppercase();
            if !["=", "!=", "LIKE", "ILIKE", ">", "<", ">=", "<="].contains(&operator.as_str()) {
                return Err(format!("Invalid comparator in filter string: {operator:?}"));
            }
            clauses.push(Clause {
                key: key.to_owned(),
                operator,
                value: value.strip_prefix('\'').unwrap_or(value).to_owned(),
            });
        }
        Ok(Self(clauses))
    }

    pub(super) fn fits(&self, object: &Value) -> bool {
        self.0.iter().all(|c| c.fits(object))
    }
}

impl Clause {
    fn fits(&self, object: &Value) -> bool {
        let tag = self.key.split_once('.').map(|(_, tag)| tag);
        let have = match (tag, self.key.as_str()) {
            (Some(tag), _) => {
                let all = object["tags"].as_array();
                let mut all = all.into_iter().flatten();
                all.find(|t| t["key"] == tag)
                    .and_then(|t| t["value"].as_str())
            }
            (None, "version_number") => object["version"].as_str(),
            (None, "source_path") => object["source"].as_str(),
            (None, key) => object[key].as_str(),
        };
        let Some(have) = have else {
            return false;
        };
        match self.operator.as_str() {
            "=" => have == self.value,
            "!=" => have != self.value,
            "LIKE" => like(have, &self.value),
            "ILIKE" => like(&have.to_lowercase(), &self.value.to_lowercase()),
            operator => {
                let (a, b) = (have.parse::<f64>(), self.value.parse::<f64>());
                let order = match (a, b) {
                    (Ok(a), Ok(b)) => a.partial_cmp(&b),
                    _ => None,
                };
                match operator {
                    ">" => order == Some(Ordering::Greater),
                    "<" => order == Some(Ordering::Less),
                    ">=" => order.is_some_and(Ordering::is_ge),
                    _ => order.is_some_and(Ordering::is_le),
                }
            }
        }
    }
}

/// `%` stands for any text.
fn like(have: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(mut left) = parts.next().and_then(|first| have.strip_prefix(first)) else {
        return false;
    };
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else {
        return left.is_empty();
    };
    for part in middle {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_choose_what_they_say_and_others_are_refused() {
        let version = json!({"name": "fraud-scorer", "version": "12", "tags": [{"key": "gate.bias", "value": "failed"}]});
        let keys = ["name", "version_number"];
        let fits = |text: &str| Filter::read(text, &keys).unwrap().fits(&version);
        for yes in [
            "",
            "name = 'fraud-scorer'",
            "name='fraud-scorer' AND version_number > 9",
            "name LIKE 'fraud%'",
            "name ILIKE '%SCORER'",
            "tags.`gate.bias` = \"failed\"",
            "name != 'x'",
        ] {
            assert!(fits(yes), "{yes}");
        }
        for no in [
            "name = 'fraud'",
            "version_number > 12",
            "name LIKE 'a%'",
            "tags.team = 'x'",
            "name LIKE 'fraud'",
        ] {
            assert!(!fits(no), "{no}");
        }
        for wrong in [
            "name",
            "name = 'a' OR name = 'b'",
            "status = 'READY'",
            "name ~ 'a'",
            "name = 'a",
        ] {
            assert!(Filter::read(wrong, &keys).is_err(), "{wrong}");
        }
    }
}
