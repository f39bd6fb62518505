//! Expressions in CEL, the Common Expression Language: read once, tested against facts. Pure.
//!
//! Facts are JSON as `midwatch get -o json` prints it. What is not known there is null, and an expression that needs it is
//! neither true nor false: [`Verdict::Unknown`] says what was missing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::parser::ParseErrors;
use cel::{Context, ExecutionError, Program};
use regex::Regex;
use serde_json::Value;

use crate::fault::quoted;

/// Longest expression that is read, in bytes.
const LONGEST: usize = 2_000;

/// One expression.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    program: Arc<Program>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What is wrong with an expression, and at which byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Byte of the expression.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

/// What a test said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It cannot be told, and why not.
    Unknown(String),
}

impl Expression {
    /// Reads one.
    pub fn read(text: &str) -> Result<Self, Flaw> {
        let flaw = |at, what: &str| Flaw {
            at,
            what: what.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(flaw(0, "no expression stands here"));
        }
        if text.len() > LONGEST {
            return Err(flaw(LONGEST, "the expression is longer than 2,000 bytes"));
        }
        let program = Program::compile(text).map_err(|errors| refused(text, &errors))?;
        Ok(Self {
            text: Arc::from(text),
            program: Arc::new(program),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it speaks of, without what it binds itself.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let references = self.program.references();
        let names = references.variables().into_iter();
        let bound = bound(&self.text);
        let mut names: Vec<String> = names
            .filter(|name| !name.starts_with('@') && !bound.contains(name))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names
    }

    /// Names with fields that stand in it, as `target.steps.failed`, each with its byte. Texts in quotes are passed over.
    #[must_use]
    pub fn paths(&self) -> Vec<(usize, &str)> {
        paths(&self.text)
    }

    /// Does it hold? `facts` is an object: a value for each name.
    #[must_use]
    pub fn test(&self, facts: &Value) -> Verdict {
        match self.run(facts) {
            Ok(cel::Value::Bool(true)) => Verdict::Yes,
            Ok(cel::Value::Bool(false)) => Verdict::No,
            Ok(cel::Value::Null) => Verdict::Unknown(self.missing(facts)),
            Ok(_) => Verdict::Unknown("it is neither true nor false".to_owned()),
            Err(error) => Verdict::Unknown(self.why(&error, facts)),
        }
    }

    /// What it comes to, as text: what a parameter of an action is given. `Err` says why it cannot be told.
    pub fn words(&self, facts: &Value) -> Result<String, String> {
        match self.run(facts) {
            Ok(cel::Value::String(text)) => Ok(text.to_string()),
            Ok(cel::Value::Bool(yes)) => Ok(yes.to_string()),
            Ok(cel::Value::Int(n)) => Ok(n.to_string()),
            Ok(cel::Value::UInt(n)) => Ok(n.to_string()),
            Ok(cel::Value::Float(n)) => Ok(n.to_string()),
            Ok(cel::Value::Null) => Err(self.missing(facts)),
            Ok(_) => Err("it is no text and no number".to_owned()),
            Err(error) => Err(self.why(&error, facts)),
        }
    }

    fn run(&self, facts: &Value) -> Result<cel::Value, ExecutionError> {
        let mut context = Context::default();
        for (name, value) in facts.as_object().into_iter().flatten() {
            context.add_variable_from_value(name.as_str(), given(value));
        }
        self.program.execute(&context)
    }

    fn why(&self, error: &ExecutionError, facts: &Value) -> String {
        let missing = self.absent(facts);
        if missing.is_empty() {
            // what CEL says may quote values of the cluster, which were sanitised when they came in
            error.to_string()
        } else {
            known(&missing)
        }
    }

    fn missing(&self, facts: &Value) -> String {
        let missing = self.absent(facts);
        if missing.is_empty() {
            "it comes to nothing".to_owned()
        } else {
            known(&missing)
        }
    }

    /// Paths in it that lead to nothing.
    fn absent(&self, facts: &Value) -> Vec<&str> {
        let names = self.names();
        let mut absent: Vec<&str> = self
            .paths()
            .into_iter()
            .map(|(_, path)| path)
            .filter(|path| {
                names
                    .iter()
                    .any(|name| path.split('.').next() == Some(name))
            })
            .filter(|path| {
                let found = path
                    .split('.')
                    .try_fold(facts, |at, name| at.get(name))
                    .unwrap_or(&Value::Null);
                found.is_null()
            })
            .collect();
        absent.dedup();
        absent
    }
}

/// A fact as CEL has it. Whole numbers are signed, so that they can be reckoned with those of an expression.
fn given(fact: &Value) -> cel::Value {
    match fact {
        Value::Null => cel::Value::Null,
        Value::Bool(yes) => cel::Value::Bool(*yes),
        Value::Number(n) => n.as_i64().map_or_else(
            || cel::Value::Float(n.as_f64().unwrap_or(f64::NAN)),
            cel::Value::Int,
        ),
        Value::String(text) => text.as_str().into(),
        Value::Array(all) => all.iter().map(given).collect::<Vec<_>>().into(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), given(value)));
            fields.collect::<HashMap<String, cel::Value>>().into()
        }
    }
}

/// The names that macros bind: `t` of `list.exists(t, t > 1)`.
fn bound(text: &str) -> Vec<&str> {
    static MACRO: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,").ok()
    });
    let found = MACRO.as_ref().map(|regex| regex.captures_iter(text));
    found
        .into_iter()
        .flatten()
        .filter_map(|captures| captures.get(1))
        .map(|name| name.as_str())
        .collect()
}

fn known(missing: &[&str]) -> String {
    let are = if missing.len() == 1 { "is" } else { "are" };
    format!("{} {are} not known", missing.join(", "))
}

fn refused(text: &str, errors: &ParseErrors) -> Flaw {
    let Some(first) = errors.errors.first() else {
        return Flaw {
            at: 0,
            what: format!("{} is no expression", quoted(text)),
        };
    };
    let (line, column) = first.pos;
    Flaw {
        at: byte_of(text, line, column),
        what: first.msg.lines().next().unwrap_or_default().to_owned(),
    }
}

/// Byte of a line and a column, both from 1.
fn byte_of(text: &str, line: isize, column: isize) -> usize {
    let above = usize::try_from(line - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(above).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let letters = usize::try_from(column - 1).unwrap_or(0);
    let inside = rest
        .char_indices()
        .nth(letters)
        .map_or(rest.len(), |(at, _)| at);
    start + inside
}

fn paths(text: &str) -> Vec<(usize, &str)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut start: Option<usize> = None;
    let mut escaped = false;
    // one letter more, so that the last path ends
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if let Some(open) = quote {
            if !escaped && letter == open {
                quote = None;
            }
            escaped = !escaped && letter == '\\';
            continue;
        }
        match start {
            Some(_) if word(letter) || letter == '.' => {}
            Some(from) => {
                start = None;
                let path = text.get(from..at).unwrap_or_default();
                // a name before a parenthesis is a function or a macro: what it is called on is the path
                let path = if letter == '(' {
                    path.rsplit_once('.').map_or("", |(path, _)| path)
                } else {
                    path
                };
                let path = path.trim_end_matches('.');
                if !path.is_empty() {
                    found.push((from, path));
                }
            }
            None if letter.is_ascii_alphabetic() || letter == '_' => start = Some(at),
            None => {}
        }
        if letter == '"' || letter == '\'' {
            quote = Some(letter);
            start = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test(text: &str, facts: &Value) -> Verdict {
        Expression::read(text).unwrap().test(facts)
    }

    #[test]
    fn what_holds_holds_for_whole_and_broken_numbers() {
        let facts = json!({"target": {"percent": 10, "burn": 31.5, "name": "fraud", "traffic": [
            {"revision": "v41", "percent": 90}, {"revision": "v42", "percent": 10}]}});
        for yes in [
            "target.percent > 0",
            "target.percent > 9.5",
            "target.percent == 10.0",
            "target.burn >= 14",
            "target.burn > 14.4 && target.name == \"fraud\"",
            "target.name.startsWith('fra')",
            "target.traffic.exists(t, t.percent == 10)",
            "size(target.traffic) == 2",
            "target.traffic[1].revision == 'v42'",
            "!has(target.nothing)",
        ] {
            assert_eq!(test(yes, &facts), Verdict::Yes, "{yes}");
        }
        assert_eq!(test("target.percent == 0", &facts), Verdict::No);
    }

    #[test]
    fn what_is_not_known_is_neither_true_nor_false() {
        let facts = json!({"target": {"percent": null}, "canary": null});
        let unknown = |what: &str| Verdict::Unknown(what.to_owned());
        assert_eq!(
            test("target.percent > 0", &facts),
            unknown("target.percent is not known")
        );
        assert_eq!(
            test("canary.verdict == \"worse\"", &facts),
            unknown("canary.verdict is not known")
        );
        assert_eq!(
            test("slo.burn < 1", &facts),
            unknown("slo.burn is not known")
        );
        // what is known to be false stays false
        assert_eq!(test("1 > 2 && canary.x == 1", &facts), Verdict::No);
    }

    #[test]
    fn a_slip_is_told_with_its_place() {
        let flaw = Expression::read("target.x ==").unwrap_err();
        assert_eq!(flaw.at, 11, "{flaw:?}");
        let flaw = Expression::read("a >\n b c").unwrap_err();
        assert_eq!(flaw.at, 7, "{flaw:?}");
        assert_eq!(
            Expression::read("  ").unwrap_err().what,
            "no expression stands here"
        );
    }

    #[test]
    fn names_and_paths_are_those_of_the_facts() {
        let read = |text: &str| Expression::read(text).unwrap();
        let one = read("target.a.b > 1 && size(canary.list) > 0 && x == 'slo.no'");
        assert_eq!(one.names(), ["canary", "target", "x"]);
        let paths: Vec<&str> = one.paths().into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, ["target.a.b", "canary.list", "x"]);
        let inner = read("target.traffic.exists(t, t.percent > 0)");
        assert_eq!(inner.names(), ["target"]);
        assert_eq!(inner.paths().first(), Some(&(0, "target.traffic")));
    }

    #[test]
    fn values_become_the_words_of_parameters() {
        let facts = json!({"target": {"name": "a", "n": 3, "half": 0.5}});
        let words = |text: &str| Expression::read(text).unwrap().words(&facts);
        assert_eq!(words("target.name").as_deref(), Ok("a"));
        assert_eq!(words("target.n + 1").as_deref(), Ok("4"));
        assert_eq!(words("target.half").as_deref(), Ok("0.5"));
        assert_eq!(words("\"x-\" + target.name").as_deref(), Ok("x-a"));
        assert_eq!(
            words("target.none"),
            Err("target.none is not known".to_owned())
        );
    }
}
