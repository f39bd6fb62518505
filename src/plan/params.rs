//! What the operator gave, checked against the specification of the action. Pure.

use std::collections::BTreeMap;

use super::spec::{ActionSpec, ParameterKind};
use crate::domain::Clean;

/// Parameters that fit an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    given: BTreeMap<&'static str, Vec<String>>,
    defaults: BTreeMap<&'static str, &'static str>,
    /// Rules of the settings that an action may be held to, by name; no operator gives them.
    rules: BTreeMap<String, String>,
}

/// A parameter that does not fit. Texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// The action has none of this name.
    #[error("{action} has no parameter {name}")]
    Unknown {
        /// The action.
        action: &'static str,
        /// What was given.
        name: Clean,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The value is not what the parameter takes.
    #[error("parameter {name} takes {takes}, not {value}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What can be given.
        takes: String,
        /// What was given.
        value: Clean,
    },
    /// Given more than once.
    #[error("parameter {0} is given more than once")]
    Twice(&'static str),
}

impl Params {
    /// Checks `given` against what the action takes.
    pub fn parse(spec: &ActionSpec, given: &[(String, String)]) -> Result<Self, ParamsError> {
        let mut params = Self {
            given: BTreeMap::new(),
            defaults: spec
                .parameters
                .iter()
                .map(|p| (p.name, p.default))
                .collect(),
            rules: BTreeMap::new(),
        };
        for (name, value) in given {
            let known = spec.parameter(name).ok_or_else(|| ParamsError::Unknown {
                action: spec.name,
                name: Clean::new(name),
                known: spec.parameters.iter().map(|p| p.name).collect(),
            })?;
            check(known.name, known.kind, value)?;
            let values = params.given.entry(known.name).or_default();
            if !values.is_empty() && known.kind != ParameterKind::Pairs {
                return Err(ParamsError::Twice(known.name));
            }
            values.push(value.clone());
        }
        Ok(params)
    }

    /// With the rules of the settings that versions of models are held to.
    #[must_use]
    pub fn held_to(self, rules: &BTreeMap<String, String>) -> Self {
        Self {
            rules: rules.clone(),
            ..self
        }
    }

    /// Rules of the settings, by name.
    #[must_use]
    pub fn rules(&self) -> &BTreeMap<String, String> {
        &self.rules
    }

    /// A text or a choice: what was given, else the default.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        let default = self.defaults.get(name).copied().unwrap_or_default();
        self.given
            .get(name)
            .and_then(|v| v.first())
            .map_or(default, String::as_str)
    }

    /// A flag: what was given, else the default.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Pairs, as given, each split at its first `=`.
    pub fn pairs(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let given = self.given.get(name).map_or(&[][..], Vec::as_slice);
        given.iter().filter_map(|pair| pair.split_once('='))
    }

    /// What was given, without the defaults.
    #[must_use]
    pub fn given(&self) -> &BTreeMap<&'static str, Vec<String>> {
        &self.given
    }
}

fn check(name: &'static str, kind: ParameterKind, value: &str) -> Result<(), ParamsError> {
    let (fits, takes) = match kind {
        ParameterKind::Text => (true, String::new()),
        ParameterKind::Flag => (
            matches!(value, "true" | "false"),
            "true or false".to_owned(),
        ),
        ParameterKind::Pairs => (
            value
                .split_once('=')
                .is_some_and(|(key, _)| !key.is_empty()),
            "NAME=VALUE".to_owned(),
        ),
        ParameterKind::Choice(words) => (words.contains(&value), words.join(" or ")),
    };
    if fits {
        return Ok(());
    }
    Err(ParamsError::Value {
        name,
        takes,
        value: Clean::new(value),
    })
}
