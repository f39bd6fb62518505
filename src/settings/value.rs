//! Values as a person writes them. Pure.

use std::fmt;

use toml::de::DeValue;

use super::key::Kind;

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// What it is, for saying that it should be something else.
    #[must_use]
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Switch(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
        }
    }

    /// Reads what stands in an environment variable or after a flag.
    #[must_use]
    pub fn read(kind: Kind, text: &str) -> Self {
        let as_text = || Self::Text(text.to_owned());
        match kind {
            Kind::Text => as_text(),
            Kind::List => {
                let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
                Self::List(parts.map(str::to_owned).collect())
            }
            Kind::Switch => match text.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Self::Switch(true),
                "0" | "false" | "no" | "off" => Self::Switch(false),
                _ => as_text(),
            },
            Kind::Number => text.parse().map_or_else(|_| as_text(), Self::Number),
        }
    }

    /// From a file; `Err` holds the place of a part that does not belong.
    pub(super) fn of(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::String(text) => Some(Self::Text(text.to_string())),
            DeValue::Boolean(on) => Some(Self::Switch(*on)),
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
                .ok()
                .map(Self::Number),
            DeValue::Array(parts) => {
                let text = |part: &DeValue<'_>| match part {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                };
                let parts: Option<Vec<String>> = parts.iter().map(|p| text(p.get_ref())).collect();
                parts.map(Self::List)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// As it is written in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(text) => write!(f, "{}", toml::Value::String(text.clone())),
            Self::List(parts) => {
                let all: Vec<String> = parts
                    .iter()
                    .map(|p| toml::Value::String(p.clone()).to_string())
                    .collect();
                write!(f, "[{}]", all.join(", "))
            }
        }
    }
}
