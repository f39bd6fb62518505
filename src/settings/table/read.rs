//! How values of keys are read, and how they are written again. Pure; the rows of the table of keys call it.

use super::super::key::Refusal;
use super::super::{Depth, Value};
use crate::fault::{meant, quoted, showable};

/// Longest text and list taken.
const LONGEST: usize = 1000;

// what the table's rows answer
#[allow(clippy::unnecessary_wraps)]
pub(in crate::settings) fn put<T>(place: &mut T, value: T) -> Result<(), Refusal> {
    *place = value;
    Ok(())
}

pub(in crate::settings) fn switch(value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Switch(on) => Ok(*on),
        _ => Err(Refusal::Sort),
    }
}

pub(in crate::settings) fn unless_auto<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    match value {
        Value::Text(word) if word == "auto" => Ok(None),
        other => read(other).map(Some),
    }
}

pub(in crate::settings) fn number(value: &Value, least: u32, most: u32) -> Result<u32, Refusal> {
    let Value::Number(given) = value else {
        return Err(Refusal::Sort);
    };
    u32::try_from(*given)
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| Refusal::value(format!("{given} is not from {least} to {most}"), ""))
}

pub(in crate::settings) fn name(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::Text(text) => checked(text),
        _ => Err(Refusal::Sort),
    }
}

pub(in crate::settings) fn names(value: &Value) -> Result<Vec<String>, Refusal> {
    match value {
        Value::List(parts) if parts.len() > LONGEST => {
            Err(Refusal::value(format!("more than {LONGEST} entries"), ""))
        }
        Value::List(parts) => parts.iter().map(|part| checked(part)).collect(),
        _ => Err(Refusal::Sort),
    }
}

fn checked(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        Err(Refusal::value("an empty text", ""))
    } else if text.len() > LONGEST {
        Err(Refusal::value(
            format!("a text of more than {LONGEST} bytes"),
            "",
        ))
    } else if !text.chars().all(showable) {
        let what = format!("{} holds a character that cannot be shown", quoted(text));
        Err(Refusal::value(what, ""))
    } else {
        Ok(text.to_owned())
    }
}

const DEPTHS: [(&str, Depth); 5] = [
    ("auto", Depth::Auto),
    ("none", Depth::None),
    ("16", Depth::Ansi),
    ("256", Depth::Palette),
    ("true", Depth::True),
];

pub(in crate::settings) fn word(depth: Depth) -> &'static str {
    DEPTHS
        .iter()
        .find(|(_, d)| *d == depth)
        .map_or("auto", |(word, _)| word)
}

/// A word, and also a number or `true` without quotes: that is how people write them.
pub(in crate::settings) fn depth(value: &Value) -> Result<Depth, Refusal> {
    let given = match value {
        Value::Text(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        Value::Switch(true) => "true".to_owned(),
        Value::Switch(false) => "none".to_owned(),
        Value::List(_) => return Err(Refusal::Sort),
    };
    let found = DEPTHS.iter().find(|(word, _)| *word == given);
    found.map(|(_, depth)| *depth).ok_or_else(|| {
        let hint = meant(&given, DEPTHS.map(|(word, _)| word));
        Refusal::value(format!("{} is no number of colours", quoted(&given)), hint)
    })
}

pub(in crate::settings) fn since(value: &Value) -> Result<Option<u32>, Refusal> {
    let Value::Text(text) = value else {
        return Err(Refusal::Sort);
    };
    if text == "all" {
        return Ok(None);
    }
    let unit = text.chars().next_back().unwrap_or(' ');
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => 0,
    };
    let number = text.strip_suffix(unit).and_then(|n| n.parse::<u32>().ok());
    number
        .and_then(|n| n.checked_mul(seconds))
        .filter(|n| *n > 0)
        .map(Some)
        .ok_or_else(|| {
            let what = format!("{} is no time", quoted(text));
            Refusal::value(what, "write \"all\", \"30s\", \"10m\", \"2h\" or \"1d\"")
        })
}

/// Seconds in the largest unit that leaves no rest.
pub(in crate::settings) fn span(seconds: u32) -> String {
    let units = [(86400, 'd'), (3600, 'h'), (60, 'm')];
    let unit = units.iter().find(|(size, _)| seconds.is_multiple_of(*size));
    let (size, letter) = unit.copied().unwrap_or((1, 's'));
    format!("{}{letter}", seconds / size)
}

/// Only its beginning is looked at, and that nothing secret stands in it: it is shown on screens and in logs.
pub(in crate::settings) fn url(value: &Value) -> Result<String, Refusal> {
    let text = name(value)?;
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        Some(host) if host.contains('@') => Err(Refusal::value(
            "a name or password in a URL",
            "use token-file, token-env or token-command",
        )),
        Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => Ok(text),
        _ => Err(Refusal::value(
            format!("{} is no URL", quoted(&text)),
            "write \"https://HOST\" or \"http://HOST:PORT/PATH\"",
        )),
    }
}

/// Name of a header and of the variable that holds its value: a secret is not written in the file.
pub(in crate::settings) fn header(value: &Value) -> Result<String, Refusal> {
    let given = name(value)?;
    let word = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let right = given
        .split_once(": env:")
        .is_some_and(|(header, variable)| word(header, "-") && word(variable, "_"));
    if right {
        return Ok(given);
    }
    Err(Refusal::value(
        "a header is its name and the variable that holds its value",
        "write \"NAME: env:VARIABLE\"",
    ))
}

// `Option` is what the table's rows answer; some of them have nothing to tell.
#[allow(clippy::unnecessary_wraps)]
pub(in crate::settings) fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

#[allow(clippy::unnecessary_wraps)]
pub(in crate::settings) fn list(parts: &[String]) -> Option<Value> {
    Some(Value::List(parts.to_vec()))
}

#[allow(clippy::unnecessary_wraps)]
pub(in crate::settings) fn count(number: u32) -> Option<Value> {
    Some(Value::Number(number.into()))
}
