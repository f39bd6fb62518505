//! Values and lengths of time in words. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::domain::Clean;
use crate::runbook::Expression;

/// Most values of one expression that are told.
const MOST: usize = 6;

/// Longest value that is told, in letters.
const LONGEST: usize = 60;

/// The values that an expression spoke of: `canary.verdict = "worse"`.
pub(super) fn values(expression: &Expression, facts: &Value) -> Clean {
    let names = expression.names();
    let mut told: Vec<String> = Vec::new();
    for (_, path) in expression.paths() {
        let root = path.split('.').next().unwrap_or_default();
        if names.iter().all(|name| name != root) {
            continue;
        }
        let found = path.split('.').try_fold(facts, |at, part| at.get(part));
        let words = format!("{path} = {}", shown(found.unwrap_or(&Value::Null)));
        if !told.contains(&words) {
            told.push(words);
        }
    }
    told.truncate(MOST);
    Clean::new(&told.join(", "))
}

/// One value, short.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "?".to_owned(),
        Value::Number(n) => match n.as_f64().filter(|_| !n.is_i64() && !n.is_u64()) {
            Some(figure) => format!("{figure:.3}"),
            None => n.to_string(),
        },
        Value::Array(all) => return format!("{} values", all.len()),
        Value::Object(fields) => match fields.get("value") {
            Some(value) => return shown(value),
            None => return format!("{} fields", fields.len()),
        },
        other => other.to_string(),
    };
    if text.chars().count() > LONGEST {
        let cut: String = text.chars().take(LONGEST).collect();
        format!("{cut}…")
    } else {
        text
    }
}

/// `5 min`, `2 h`, `40 s`.
pub(super) fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds, seconds % 3600, seconds % 60) {
        (3600.., 0, _) => format!("{} h", seconds / 3600),
        (60.., _, 0) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
