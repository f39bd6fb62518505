//! Text that is safe to show. Pure.
//!
//! Everything a cluster says is attacker-writable. [`Clean`] is made in one way only, by sanitising, so a value of
//! this type can go to the terminal, the clipboard or a report as it stands.

mod escape;
mod intern;
mod points;
mod sanitise;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Most bytes a [`Clean`] holds; longer text ends in `… n bytes more`.
pub const LINE_CAP: usize = sanitise::CAP;

/// Sanitised text: one line, no control, bidirectional, invisible or tag characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Clean(Arc<str>);

impl Clean {
    /// Sanitises `raw`: escape sequences are dropped, controls and invisible characters made visible, tabs
    /// expanded, line ends inside shown as `⏎`, and the length held under [`LINE_CAP`].
    #[must_use]
    pub fn new(raw: &str) -> Self {
        if raw.is_empty() {
            return Self::default();
        }
        if sanitise::is_plain(raw) {
            return Self(intern::shared(raw));
        }
        Self(intern::shared(&sanitise::sanitise(raw)))
    }

    /// Sanitises bytes that may not be UTF-8; what is not becomes U+FFFD.
    #[must_use]
    pub fn from_bytes(raw: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(raw))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Clean {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Clean {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl From<&str> for Clean {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Clean {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl From<Cow<'_, str>> for Clean {
    fn from(raw: Cow<'_, str>) -> Self {
        Self::new(&raw)
    }
}

/// Takes any scalar as its text; null, lists and maps read as empty, so that one odd field never loses a row.
impl Serialize for Clean {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Clean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CleanVisitor)
    }
}

struct CleanVisitor;

impl<'de> Visitor<'de> for CleanVisitor {
    type Value = Clean;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E>(self, v: &str) -> Result<Clean, E> {
        Ok(Clean::new(v))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Clean, E> {
        Ok(Clean::new(if v { "true" } else { "false" }))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Clean, E> {
        Ok(Clean::new(&v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Clean, E> {
        Ok(Clean::new(&v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Clean, E> {
        Ok(Clean::new(&v.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Clean, E> {
        Ok(Clean::default())
    }

    fn visit_none<E>(self) -> Result<Clean, E> {
        Ok(Clean::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Clean, D::Error> {
        Clean::deserialize(d)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Clean, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Clean::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Clean, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Clean::default())
    }
}

#[cfg(test)]
mod tests;
