//! Types that take whatever JSON stands where they are expected. Pure; used by every kind.
//!
//! One odd field (`progress: 5`, `children: null`, a number written as text) must not lose a row, and a JSON reader
//! cannot go back once a type has refused. So these never refuse: what they cannot read is their default. `Clean`
//! (text) behaves the same way.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub(crate) fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(crate) fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// The methods of a visitor that give the default for every shape it does not know.
macro_rules! otherwise {
    ($value:expr; $($shape:ident)*) => { $(otherwise!(@ $shape $value);)* };
    (@ bool $value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ number $value:expr) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ text $value:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ null $value:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($value) }
        fn visit_none<E>(self) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ seq $value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            $crate::kinds::lenient::skip_seq(seq)?;
            Ok($value)
        }
    };
    (@ map $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            $crate::kinds::lenient::skip_map(map)?;
            Ok($value)
        }
    };
}

pub(crate) use otherwise;

/// A word that is only compared or parsed, never shown: borrowed from the input where that is possible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word<'a>(pub Cow<'a, str>);

impl Deref for Word<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for V<'a> {
            type Value = Word<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Owned(v.to_owned())))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Owned(v.to_string())))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Owned(v.to_string())))
            }
            fn visit_bool<E>(self, v: bool) -> Result<Word<'a>, E> {
                Ok(Word(Cow::Borrowed(if v { "true" } else { "false" })))
            }
            otherwise!(Word::default(); null seq map);
        }
        d.deserialize_any(V(PhantomData))
    }
}

/// A whole number, also from text (`"137"`) or a fraction; `None` when it is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Int(pub Option<i64>);

impl Int {
    /// As a count: negative and missing are 0, too large is the largest.
    #[must_use]
    pub fn count(self) -> u32 {
        let n = self.0.unwrap_or(0).max(0);
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    /// As a count, when there is one.
    #[must_use]
    pub fn maybe_count(self) -> Option<u32> {
        self.0.map(|_| self.count())
    }

    /// As an exit code.
    #[must_use]
    pub fn code(self) -> Option<i32> {
        self.0.and_then(|n| i32::try_from(n).ok())
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Int;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E>(self, v: i64) -> Result<Int, E> {
                Ok(Int(Some(v)))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Int, E> {
                Ok(Int(Some(i64::try_from(v).unwrap_or(i64::MAX))))
            }
            #[allow(clippy::cast_possible_truncation)] // a float too large for i64 saturates
            fn visit_f64<E>(self, v: f64) -> Result<Int, E> {
                Ok(Int(v.is_finite().then_some(v as i64)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Int, E> {
                Ok(Int(v.trim().parse().ok()))
            }
            otherwise!(Int(None); bool null seq map);
        }
        d.deserialize_any(V)
    }
}

/// True or false, also from text; anything else is false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Flag, E> {
                Ok(Flag(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Flag, E> {
                Ok(Flag(v.eq_ignore_ascii_case("true")))
            }
            otherwise!(Flag(false); number null seq map);
        }
        d.deserialize_any(V)
    }
}

/// A time as Kubernetes writes it (RFC 3339); null, empty and unreadable are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct When(pub Option<Timestamp>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = When;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }
            fn visit_str<E>(self, v: &str) -> Result<When, E> {
                Ok(When(v.parse().ok()))
            }
            otherwise!(When(None); bool number null seq map);
        }
        d.deserialize_any(V)
    }
}

/// A list; anything else is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(List(list))
            }
            otherwise!(List(Vec::new()); bool number text null map);
        }
        d.deserialize_any(V(PhantomData))
    }
}

/// An object of known fields; anything else is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obj<T>(pub Option<T>);

impl<T> Default for Obj<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Obj<T> {
    /// The object, when there is one.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Default> Obj<T> {
    /// The object, or an empty one.
    pub fn or_empty(self) -> T {
        self.0.unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Obj<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = Obj<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Obj<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|v| Obj(Some(v)))
            }
            otherwise!(Obj(None); bool number text null seq);
        }
        d.deserialize_any(V(PhantomData))
    }
}

/// A map whose values are kept in the order of the input; anything else is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<K, T>(pub Vec<(K, T)>);

impl<K, T> Default for Entries<K, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for Entries<K, T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<K, T>(PhantomData<(K, T)>);
        impl<'de, K: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for V<K, T> {
            type Value = Entries<K, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
            otherwise!(Entries(Vec::new()); bool number text null seq);
        }
        d.deserialize_any(V(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'a> Deserialize<'a>>(json: &str) -> T {
        serde_json::from_str(json).unwrap()
    }

    const ODD: [&str; 8] = [
        "null",
        "true",
        "5",
        "-1.5",
        "\"x\"",
        "[]",
        "[1,[2]]",
        "{\"a\":{}}",
    ];

    #[test]
    fn nothing_is_refused() {
        for json in ODD {
            let _: (Int, Flag, When) = (read(json), read(json), read(json));
            let _: (List<Int>, Obj<std::collections::BTreeMap<String, Int>>) =
                (read(json), read(json));
            let _: Entries<String, List<Flag>> = read(json);
            let _: Word<'_> = serde_json::from_str(json).unwrap();
        }
    }

    #[test]
    fn numbers_are_read_from_text_too() {
        assert_eq!(read::<Int>("\"137\"").code(), Some(137));
        assert_eq!(read::<Int>("-3").count(), 0);
        assert_eq!(read::<Int>("99999999999").count(), u32::MAX);
        assert_eq!(read::<Int>("\"many\"").maybe_count(), None);
    }

    #[test]
    fn times_are_read_or_unknown() {
        assert!(read::<When>("\"2026-11-21T03:12:44Z\"").0.is_some());
        assert_eq!(read::<When>("\"yesterday\"").0, None);
    }
}
