//! Checks JSON against `docs/schema/midwatch-v1.json`: the part of JSON Schema that the file uses, and nothing that it
//! does not know passes.
#![allow(dead_code)]

use serde_json::{Map, Value};

/// The schema as it is shipped.
pub fn schema() -> Value {
    let text = include_str!("../../docs/schema/midwatch-v1.json");
    serde_json::from_str(text).unwrap()
}

/// Fails with the place and the reason when a document is not as described.
#[track_caller]
pub fn assert_valid(document: &Value) {
    let schema = schema();
    if let Err(why) = check(&schema, &schema, document, "") {
        panic!("not as the schema says: {why}\n{document:#}");
    }
}

/// The same for one of its definitions.
#[track_caller]
pub fn assert_is(definition: &str, value: &Value) {
    let schema = schema();
    if let Err(why) = check(&schema, &schema["$defs"][definition], value, "") {
        panic!("no {definition}: {why}\n{value:#}");
    }
}

type Verdict = Result<(), String>;

fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Verdict {
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "title" | "description" | "$defs" | "additionalProperties" => {}
            "$ref" => check(root, target(root, rule), value, at)?,
            "type" => is_type(rule, value, at)?,
            "const" if rule == value => {}
            "enum" if rule.as_array().unwrap().contains(value) => {}
            "const" | "enum" => return Err(format!("{at}: {value} is not {rule}")),
            "minimum" => {
                let small = value.as_i64().is_some_and(|v| v < rule.as_i64().unwrap());
                refuse(small, || format!("{at}: {value} is below {rule}"))?;
            }
            "format" if rule == "date-time" => {
                let wrong = value
                    .as_str()
                    .is_some_and(|t| t.parse::<jiff::Timestamp>().is_err());
                refuse(wrong, || format!("{at}: {value} is no time"))?;
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    let absent = value.is_object() && value.get(name.as_str().unwrap()).is_none();
                    refuse(absent, || format!("{at}: {name} is missing"))?;
                }
            }
            "properties" => {
                let closed = schema["additionalProperties"] == Value::Bool(false);
                properties(root, rule.as_object().unwrap(), closed, value, at)?;
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{index}"))?;
                }
            }
            "oneOf" => one_of(root, rule.as_array().unwrap(), value, at)?,
            other => panic!("the schema says {other}, which this check does not know"),
        }
    }
    Ok(())
}

fn refuse(is: bool, why: impl FnOnce() -> String) -> Verdict {
    if is { Err(why()) } else { Ok(()) }
}

fn target<'a>(root: &'a Value, reference: &Value) -> &'a Value {
    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
    root.pointer(pointer)
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn is_type(rule: &Value, value: &Value, at: &str) -> Verdict {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    let known = match rule {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    };
    refuse(!known, || format!("{at}: {value} is no {rule}"))
}

fn properties(
    root: &Value,
    rules: &Map<String, Value>,
    closed: bool,
    value: &Value,
    at: &str,
) -> Verdict {
    for (name, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match rules.get(name) {
            Some(rule) => check(root, rule, value, &at)?,
            None => refuse(closed, || format!("{at} is not described"))?,
        }
    }
    Ok(())
}

fn one_of(root: &Value, rules: &[Value], value: &Value, at: &str) -> Verdict {
    let tried: Vec<Verdict> = rules.iter().map(|r| check(root, r, value, at)).collect();
    let fitting = tried.iter().filter(|v| v.is_ok()).count();
    let closest = || {
        // the reason that lies deepest is that of the alternative that was meant
        let reasons = tried.iter().filter_map(|v| v.as_ref().err());
        reasons.max_by_key(|r| r.matches('/').count()).cloned()
    };
    refuse(fitting != 1, || {
        format!("{at}: fits {fitting} of {}: {:?}", rules.len(), closest())
    })
}

#[test]
fn the_check_sees_what_is_wrong() {
    let good: Value = serde_json::json!({"type": "added", "row": {}});
    assert_valid(&good);
    let root = schema();
    let run = &root["$defs"]["Progress"];
    let wrong = |value: Value| check(&root, run, &value, "").unwrap_err();
    assert!(wrong(serde_json::json!({"done": 1})).contains("missing"));
    assert!(wrong(serde_json::json!({"done": -1, "total": 2})).contains("below"));
    assert!(wrong(serde_json::json!({"done": 1, "total": "2"})).contains("is no"));
    assert!(wrong(serde_json::json!({"done": 1, "total": 2, "x": 0})).contains("not described"));
}
