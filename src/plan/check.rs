//! What shows that an action is done: values that are looked for in its target. Pure data, a part of a plan.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What shows that it is done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verify {
    /// In words.
    pub text: Cow<'static, str>,
    /// All of these hold of the target.
    pub checks: Vec<Check>,
    /// How long that may take, in seconds, where it is longer than usual: a model is loaded, for example. 0 where it is not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub patience: u64,
}

/// One thing that holds when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// JSON pointer into the target; empty for the target itself.
    pub pointer: String,
    /// What is there.
    #[serde(flatten)]
    pub expect: Expect,
}

/// What is looked for at a pointer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Expect {
    /// One of these values.
    OneOf(Vec<Value>),
    /// Nothing there (`true`), or anything (`false`).
    Absent(bool),
    /// Something there, and not this value.
    Not(Value),
    /// A list there with an entry that has all these fields.
    Has(Value),
}

impl Check {
    /// One of these values stands there.
    pub(super) fn is(pointer: &str, values: &[&str]) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::OneOf(values.iter().map(|v| Value::from(*v)).collect()),
        }
    }

    /// This flag stands there.
    pub(super) fn flag(pointer: &str, value: bool) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::OneOf(vec![value.into()]),
        }
    }

    /// Something stands there, and not what this object has.
    pub(super) fn changed(pointer: &str, object: &Value) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::Not(object.pointer(pointer).cloned().unwrap_or_default()),
        }
    }

    /// A list stands there, with an entry that has all these fields.
    pub(super) fn has(pointer: &str, fields: Value) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::Has(fields),
        }
    }

    /// This value stands there.
    pub(super) fn value(pointer: &str, value: Value) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::OneOf(vec![value]),
        }
    }

    /// Nothing stands there.
    pub(super) fn absent(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            expect: Expect::Absent(true),
        }
    }
}

impl Expect {
    /// Whether this is what was looked for.
    #[must_use]
    pub fn holds(&self, found: Option<&Value>) -> bool {
        let found = found.filter(|v| !v.is_null());
        match self {
            Self::OneOf(values) => found.is_some_and(|v| values.contains(v)),
            Self::Absent(absent) => found.is_none() == *absent,
            Self::Not(value) => found.is_some_and(|v| v != value),
            Self::Has(fields) => {
                let entries = found.and_then(Value::as_array).into_iter().flatten();
                entries.into_iter().any(|entry| has(entry, fields))
            }
        }
    }
}

/// Whether an entry has all these fields.
fn has(entry: &Value, fields: &Value) -> bool {
    let mut fields = fields.as_object().into_iter().flatten();
    fields.all(|(key, value)| entry.get(key) == Some(value))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
