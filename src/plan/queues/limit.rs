//! A limit of a quota: how it is given, written and recognised. Pure.

use serde_json::Value;

use crate::domain::{Amount, Clean};
use crate::plan::form::{Check, Expect};
use crate::plan::refused::Refused;

/// Takes a limit away.
pub const NONE: &str = "none";

/// A new limit.
pub struct Limit {
    /// As it was given; none for no limit.
    pub text: Option<String>,
}

impl Limit {
    /// The limit that a person gave for a resource.
    pub fn read(resource: &str, text: &str) -> Result<Self, Refused> {
        let text = text.trim();
        if text == NONE {
            return Ok(Self { text: None });
        }
        let whole = is_device(resource) || !resource.contains('.');
        let fits = |n: &Amount| n.0 >= 0 && (!is_device(resource) || n.0 % 1_000 == 0);
        if !Amount::read(text).as_ref().is_some_and(fits) {
            let what = if whole {
                "a whole number from 0"
            } else {
                "a quantity from 0: 8, 500m, 64Gi"
            };
            return Err(Refused::new(&format!(
                "hard is {what}, or {NONE} to take the limit away, not {:?}",
                Clean::new(text).as_str()
            )));
        }
        Ok(Self {
            text: Some(text.to_owned()),
        })
    }

    /// How much that is; none for no limit.
    pub fn amount(&self) -> Option<Amount> {
        Amount::read(self.text.as_deref()?)
    }

    /// As it is told.
    pub fn words(&self) -> Clean {
        Clean::new(self.text.as_deref().unwrap_or("no limit"))
    }

    /// As it is written into a patch.
    pub fn value(&self) -> Value {
        self.text.as_deref().map_or(Value::Null, Value::from)
    }

    /// That the limit stands at this place. The server may write the same amount another way.
    pub fn check(&self, place: &str, resource: &str) -> Check {
        let key = resource.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{place}/{key}");
        let Some(text) = &self.text else {
            return Check::absent(&pointer);
        };
        let mut values = vec![Value::from(text.as_str())];
        if let Some(amount) = self.amount() {
            values.push(amount.to_string().into());
            values.push(format!("{}m", amount.0).into());
        }
        Check {
            pointer,
            expect: Expect::OneOf(values),
        }
    }
}

/// A resource of a quota that is about accelerators, or another extended one.
pub fn is_device(resource: &str) -> bool {
    resource
        .strip_prefix("requests.")
        .is_some_and(|name| name.contains('/'))
}
