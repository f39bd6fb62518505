//! The conditions of a silence: as people write them, as Alertmanager takes them, held against the labels of an alert.
//! Pure.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::domain::Clean;
use crate::plan::json;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Condition {
    name: String,
    value: String,
    regex: bool,
    equal: bool,
}

const SIGNS: [(&str, bool, bool); 4] = [
    ("=~", true, true),
    ("!~", true, false),
    ("!=", false, false),
    ("=", false, true),
];

impl Condition {
    /// A label has this value.
    pub(in crate::plan) fn is(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            regex: false,
            equal: true,
        }
    }

    /// All labels of an alert.
    pub(in crate::plan) fn all_of(labels: &Map<String, Value>) -> Vec<Self> {
        let one = |(name, value): (&String, &Value)| Some(Self::is(name, value.as_str()?));
        labels.iter().filter_map(one).collect()
    }

    /// As a silence has it.
    fn told(matcher: &Value) -> Self {
        Self {
            name: json::text(matcher, &["name"]).to_owned(),
            value: json::text(matcher, &["value"]).to_owned(),
            regex: json::flag(matcher, &["isRegex"]),
            // older servers leave it out: they know equality alone
            equal: matcher.get("isEqual").and_then(Value::as_bool) != Some(false),
        }
    }

    /// Those of a silence.
    pub(in crate::plan) fn of_silence(silence: &Value) -> Vec<Self> {
        let all = json::list(silence, &["spec", "matchers"]).iter();
        all.map(Self::told).collect()
    }

    /// As Alertmanager takes it.
    pub(in crate::plan) fn body(&self) -> Value {
        json!({"name": self.name, "value": self.value, "isRegex": self.regex, "isEqual": self.equal})
    }

    /// As people write it: `severity=~"page|ticket"`.
    pub(in crate::plan) fn written(&self) -> String {
        let sign = SIGNS
            .iter()
            .find(|s| (s.1, s.2) == (self.regex, self.equal));
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{}{}\"{value}\"", self.name, sign.map_or("=", |s| s.0))
    }

    /// The same, safe to show.
    pub(in crate::plan) fn shown(&self) -> Clean {
        Clean::new(&self.written())
    }

    /// It says which alert by name.
    pub(in crate::plan) fn names_an_alert(&self) -> bool {
        self.name == "alertname" && self.equal && !self.regex
    }

    /// Whether an alert with these labels fits; nothing fits a pattern that cannot be read.
    pub(in crate::plan) fn fits(&self, labels: &Map<String, Value>) -> bool {
        let have = labels.get(&self.name).and_then(Value::as_str).unwrap_or("");
        let found = if self.regex {
            pattern(&self.value).is_some_and(|r| r.is_match(have))
        } else {
            have == self.value
        };
        found == self.equal
    }
}

/// Alertmanager holds a pattern against the whole value.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(&format!("^(?s:{text})$")).ok()
}

/// Whether an alert with these labels is held.
pub(in crate::plan) fn holds(conditions: &[Condition], labels: &Map<String, Value>) -> bool {
    conditions.iter().all(|c| c.fits(labels))
}

/// All of them, as people write them.
pub(in crate::plan) fn written(conditions: &[Condition]) -> String {
    let all: Vec<String> = conditions.iter().map(Condition::written).collect();
    all.join(", ")
}

/// Reads conditions as people write them, with commas between; why not, where they cannot be read.
pub(in crate::plan) fn read(text: &str) -> Result<Vec<Condition>, String> {
    let mut all = Vec::new();
    let mut left = text
        .trim()
        .trim_start_matches('{')
        .trim_end_matches('}')
        .trim();
    while !left.is_empty() {
        let (condition, rest) = first(left)?;
        all.push(condition);
        let rest = rest.trim_start();
        left = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err(format!("a comma is missing before {rest}")),
        };
    }
    if all.iter().all(|c| c.fits(&Map::new())) {
        return Err(
            "they fit alerts without any labels, so they would hold every alert".to_owned(),
        );
    }
    Ok(all)
}

fn first(text: &str) -> Result<(Condition, &str), String> {
    let wrong = || format!("{text} is no condition");
    let at = text.find(['=', '!']).ok_or_else(wrong)?;
    let (name, rest) = text.split_at_checked(at).ok_or_else(wrong)?;
    let name = name.trim();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letter) {
        return Err(wrong());
    }
    let (sign, regex, equal) = SIGNS
        .iter()
        .find(|(sign, ..)| rest.starts_with(sign))
        .ok_or_else(wrong)?;
    let rest = rest.strip_prefix(sign).unwrap_or(rest).trim_start();
    let (value, rest) = value(rest)?;
    if *regex && pattern(&value).is_none() {
        return Err(format!("{value} is no regular expression"));
    }
    let condition = Condition {
        name: name.to_owned(),
        value,
        regex: *regex,
        equal: *equal,
    };
    Ok((condition, rest))
}

/// A value in quotes, or up to the next comma.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return Ok((value.trim().to_owned(), rest));
    };
    let (mut value, mut letters) = (String::new(), quoted.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, quoted.get(at + 1..).unwrap_or_default())),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    Err(format!("{text} has no end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Map<String, Value> {
        let one = |(k, v): &(&str, &str)| ((*k).to_owned(), Value::from(*v));
        pairs.iter().map(one).collect()
    }

    #[test]
    fn conditions_read_as_they_are_written() {
        let text = r#"alertname="Burn", severity=~"page|ticket", team!="x \"y\" \\", zone!~"a.*""#;
        let all = read(text).unwrap();
        assert_eq!(written(&all), text);
        assert_eq!(read("{alertname=Burn,team=risk}").unwrap().len(), 2);
        let bodies: Vec<Value> = all.iter().map(Condition::body).collect();
        assert_eq!(
            bodies[1],
            json!({"name": "severity", "value": "page|ticket", "isRegex": true, "isEqual": true})
        );
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, words) in [
            ("", "every alert"),
            ("severity!=\"page\"", "every alert"),
            ("a=~\".*\"", "every alert"),
            ("burn", "no condition"),
            ("=x", "no condition"),
            ("a=\"x", "no end"),
            ("a=\"x\" b=\"y\"", "comma"),
            ("a=~\"(\"", "no regular expression"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    #[test]
    fn a_silence_holds_what_fits_all_of_it() {
        let burn = labels(&[("alertname", "Burn"), ("severity", "page")]);
        for (text, held) in [
            (r#"alertname="Burn""#, true),
            (r#"alertname="Burn", severity="ticket""#, false),
            (r#"severity=~"pag""#, false),
            (r#"severity=~"pag.|x""#, true),
            (r#"alertname="Burn", team="""#, true),
            (r#"alertname="Burn", severity!="page""#, false),
        ] {
            assert_eq!(holds(&read(text).unwrap(), &burn), held, "{text}");
        }
    }
}
