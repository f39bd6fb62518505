//! JSON lines made readable: folded to time, level, message and the rest, or laid out whole. Pure.
//!
//! What a JSON string holds is text from outside once more (`\u001b` is an escape character in disguise), so every
//! part is sanitised anew.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::LogLevel;
use crate::domain::Clean;

/// A JSON line, folded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    /// When, as the program says; empty when it does not.
    pub time: Clean,
    /// How much it matters, as the program says.
    pub level: LogLevel,
    /// What happened; empty when no field is a message.
    pub message: Clean,
    /// All other fields in their order.
    pub rest: Vec<(Clean, Clean)>,
}

/// Most fields shown of one line.
const FIELDS: usize = 64;
/// Most lines that one line is laid out on.
const LINES: usize = 400;

/// Folds a line that is one JSON object; `None` for any other.
#[must_use]
pub fn fold(text: &str) -> Option<Folded> {
    let fields = fields(text)?;
    let mut folded = Folded::default();
    for (key, value) in fields {
        match key.as_str() {
            "time" | "ts" | "timestamp" | "@timestamp" | "asctime" | "eventTime" | "date"
                if folded.time.is_empty() =>
            {
                folded.time = time(&value);
            }
            "level" | "severity" | "lvl" | "levelname" | "log.level"
                if folded.level == LogLevel::Unknown
                    && LogLevel::read(&plain(&value)) != LogLevel::Unknown =>
            {
                folded.level = LogLevel::read(&plain(&value));
            }
            "message" | "msg" | "event" | "body" if folded.message.is_empty() => {
                folded.message = Clean::new(&plain(&value));
            }
            _ => folded.rest.push((Clean::new(&key), quoted(&value))),
        }
    }
    Some(folded)
}

/// The whole object, a field a line, in the order in which it was written; `None` when it is not JSON.
#[must_use]
pub fn unfold(text: &str) -> Option<Vec<Clean>> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let mut page = Page::default();
    for c in text.chars() {
        page.take(c);
    }
    page.turn();
    Some(page.lines)
}

/// Fields of an object in their order, values as they are written.
fn fields(text: &str) -> Option<Vec<(String, String)>> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                if fields.len() < FIELDS {
                    fields.push((key, value.get().to_owned()));
                }
            }
            Ok(fields)
        }
    }
    let text = text.trim();
    if !text.starts_with('{') {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = json.deserialize_map(Fields).ok()?;
    json.end().ok()?;
    Some(fields)
}

/// A string without its quotes, anything else as it is written.
fn plain(raw: &str) -> String {
    serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned())
}

/// As the value of `key=value`: quotes only where the value would fall apart without them.
fn quoted(raw: &str) -> Clean {
    let text = plain(raw);
    if raw.starts_with('"') && (text.is_empty() || text.contains([' ', '=', '"'])) {
        return Clean::new(&format!("\"{text}\""));
    }
    Clean::new(&text)
}

/// Time of day, where the value is a point in time: RFC 3339, or seconds or milliseconds since 1970.
fn time(raw: &str) -> Clean {
    let text = plain(raw);
    let shown = |at: Timestamp| Clean::new(&at.strftime("%H:%M:%S%.3f").to_string());
    if let Ok(at) = text.parse::<Timestamp>() {
        return shown(at);
    }
    let Ok(number) = text.parse::<f64>() else {
        return Clean::new(&text);
    };
    let millis = if number > 1e11 { number } else { number * 1e3 };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let at = (1e9..1e14)
        .contains(&millis)
        .then(|| Timestamp::from_millisecond(millis as i64).ok());
    at.flatten().map_or_else(|| Clean::new(&text), shown)
}

/// Lines being laid out.
#[derive(Default)]
struct Page {
    lines: Vec<Clean>,
    line: String,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Page {
    fn take(&mut self, c: char) {
        if self.in_string {
            self.line.push(c);
            // the lines of a stack trace inside a string
            let breaks = self.escaped && c == 'n';
            self.in_string = self.escaped || c != '"';
            self.escaped = !self.escaped && c == '\\';
            if breaks {
                self.turn();
            }
            return;
        }
        match c {
            '"' => {
                self.in_string = true;
                self.line.push(c);
            }
            '{' | '[' => {
                self.line.push(c);
                self.depth += 1;
                self.turn();
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.turn();
                self.line.push(c);
            }
            ',' => {
                self.line.push(c);
                self.turn();
            }
            ':' => self.line.push_str(": "),
            c if c.is_whitespace() => {}
            c => self.line.push(c),
        }
    }

    fn turn(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() || line.trim().is_empty() {
            self.line = self.margin();
            return;
        }
        match self.lines.len() {
            0..LINES => self.lines.push(Clean::new(&line)),
            LINES => self.lines.push(Clean::new("…")),
            _ => {}
        }
        self.line = self.margin();
    }

    fn margin(&self) -> String {
        " ".repeat(2 * self.depth.min(16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_json_line_reads_as_message_and_fields() {
        let folded = fold(
            r#"{"ts":"2026-11-21T03:12:44.5Z","level":"error","msg":"no answer","code":503,"url":"a b","x":{"y":1}}"#,
        )
        .unwrap();
        assert_eq!(&*folded.time, "03:12:44.500");
        assert_eq!(folded.level, LogLevel::Error);
        assert_eq!(&*folded.message, "no answer");
        let rest: Vec<String> = folded
            .rest
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(rest, ["code=503", "url=\"a b\"", "x={\"y\":1}"]);
    }

    #[test]
    fn what_is_not_one_object_is_left_as_it_is() {
        for text in ["", "{", "plain", "[1,2]", "{\"a\":1} tail", "{\"a\":1"] {
            assert_eq!(fold(text), None, "{text}");
        }
    }

    #[test]
    fn an_escape_in_disguise_does_not_come_out() {
        let folded = fold("{\"msg\":\"\\u001b[2Jboo\\u202e\",\"k\\u001b]\":\"\\u0007\"}").unwrap();
        let text = format!("{}{:?}", folded.message, folded.rest);
        assert!(
            !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{text}"
        );
    }

    #[test]
    fn the_whole_object_stands_in_the_order_it_was_written() {
        let lines = unfold(r#"{"z":1,"a":{"t":"one\ntwo"},"e":{}}"#).unwrap();
        let lines: Vec<&str> = lines.iter().map(|l| &**l).collect();
        assert_eq!(
            lines,
            [
                "{",
                "  \"z\": 1,",
                "  \"a\": {",
                "    \"t\": \"one\\n",
                "    two\"",
                "  },",
                "  \"e\": {",
                "  }",
                "}"
            ]
        );
    }

    #[test]
    fn seconds_and_milliseconds_since_1970_are_times_of_day() {
        assert_eq!(
            &*fold("{\"ts\":1763694764.25}").unwrap().time,
            "03:12:44.250"
        );
        assert_eq!(
            &*fold("{\"time\":1763694764250}").unwrap().time,
            "03:12:44.250"
        );
        assert_eq!(&*fold("{\"time\":7}").unwrap().time, "7");
    }

    proptest! {
        #[test]
        fn any_text_folds_or_not_and_stays_clean(text in "(\\{.{0,80}\\}|\\{\"[a-z]{1,5}\":(\"(\\\\u00[01][0-9a-f]|.){0,9}\"|[0-9]{1,3})\\})") {
            let parts = fold(&text).map(|f| format!("{}{}{:?}", f.time, f.message, f.rest));
            let lines = unfold(&text).unwrap_or_default();
            for part in parts.into_iter().chain(lines.iter().map(ToString::to_string)) {
                prop_assert!(!part.chars().any(char::is_control), "{:?}", part);
            }
        }
    }
}
