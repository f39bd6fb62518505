//! Bodies in protobuf, which typed Go clients send for built-in kinds whatever the server prefers: turned into the
//! JSON that they would have sent. Pure.
//!
//! Source: the `generated.proto` files of k8s.io/api and k8s.io/apimachinery, 1.36; the envelope is
//! `runtime.Unknown` behind the four bytes `k8s\0`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::demo::site::stamp;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    Texts,
    Int,
    Flag,
    TextMap,
    BytesMap,
    Time,
    One(Message),
    Many(Message),
}

use Type::{BytesMap, Flag, Int, Many, One, Text, TextMap, Texts, Time};

/// Fields by number.
type Message = &'static [(u64, &'static str, Type)];

const OWNER: Message = &[
    (1, "kind", Text),
    (3, "name", Text),
    (4, "uid", Text),
    (5, "apiVersion", Text),
    (6, "controller", Flag),
    (7, "blockOwnerDeletion", Flag),
];

const META: Message = &[
    (1, "name", Text),
    (2, "generateName", Text),
    (3, "namespace", Text),
    (5, "uid", Text),
    (6, "resourceVersion", Text),
    (7, "generation", Int),
    (11, "labels", TextMap),
    (12, "annotations", TextMap),
    (13, "ownerReferences", Many(OWNER)),
    (14, "finalizers", Texts),
];

const DELETE_OPTIONS: Message = &[
    (1, "gracePeriodSeconds", Int),
    (
        2,
        "preconditions",
        One(&[(1, "uid", Text), (2, "resourceVersion", Text)]),
    ),
    (4, "propagationPolicy", Text),
    (5, "dryRun", Texts),
];

const REFERENCE: Message = &[
    (1, "kind", Text),
    (2, "namespace", Text),
    (3, "name", Text),
    (4, "uid", Text),
    (5, "apiVersion", Text),
    (6, "resourceVersion", Text),
    (7, "fieldPath", Text),
];

const EVENT: Message = &[
    (1, "metadata", One(META)),
    (2, "involvedObject", One(REFERENCE)),
    (3, "reason", Text),
    (4, "message", Text),
    (
        5,
        "source",
        One(&[(1, "component", Text), (2, "host", Text)]),
    ),
    (6, "firstTimestamp", Time),
    (7, "lastTimestamp", Time),
    (8, "count", Int),
    (9, "type", Text),
    (10, "eventTime", Time),
    (12, "action", Text),
    (13, "related", One(REFERENCE)),
    (14, "reportingComponent", Text),
    (15, "reportingInstance", Text),
];

const LEASE: Message = &[
    (1, "holderIdentity", Text),
    (2, "leaseDurationSeconds", Int),
    (3, "acquireTime", Time),
    (4, "renewTime", Time),
    (5, "leaseTransitions", Int),
];

const ACCESS: Message = &[
    (
        1,
        "resourceAttributes",
        One(&[
            (1, "namespace", Text),
            (2, "verb", Text),
            (3, "group", Text),
            (4, "version", Text),
            (5, "resource", Text),
            (6, "subresource", Text),
            (7, "name", Text),
        ]),
    ),
    (
        2,
        "nonResourceAttributes",
        One(&[(1, "path", Text), (2, "verb", Text)]),
    ),
];

/// Kinds that are understood.
const KINDS: [(&str, Message); 9] = [
    ("DeleteOptions", DELETE_OPTIONS),
    (
        "Eviction",
        &[
            (1, "metadata", One(META)),
            (2, "deleteOptions", One(DELETE_OPTIONS)),
        ],
    ),
    ("Namespace", &[(1, "metadata", One(META))]),
    (
        "ConfigMap",
        &[
            (1, "metadata", One(META)),
            (2, "data", TextMap),
            (3, "binaryData", BytesMap),
            (4, "immutable", Flag),
        ],
    ),
    ("Event", EVENT),
    (
        "Lease",
        &[(1, "metadata", One(META)), (2, "spec", One(LEASE))],
    ),
    (
        "SelfSubjectAccessReview",
        &[(1, "metadata", One(META)), (2, "spec", One(ACCESS))],
    ),
    (
        "SelfSubjectRulesReview",
        &[
            (1, "metadata", One(META)),
            (2, "spec", One(&[(1, "namespace", Text)])),
        ],
    ),
    ("SelfSubjectReview", &[(1, "metadata", One(META))]),
];

/// The JSON of a body; `None` when it is broken or of a kind that is not understood.
pub(super) fn decode(body: &[u8]) -> Option<Value> {
    let envelope = body.strip_prefix(b"k8s\0")?;
    let (mut kind, mut version, mut raw) = (String::new(), String::new(), &[][..]);
    for field in fields(envelope)? {
        match field {
            (1, Wire::Bytes(meta)) => {
                for part in fields(meta)? {
                    match part {
                        (1, Wire::Bytes(b)) => version = utf8(b)?,
                        (2, Wire::Bytes(b)) => kind = utf8(b)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(b)) => raw = b,
            _ => {}
        }
    }
    let (_, message) = KINDS.iter().find(|(name, _)| *name == kind)?;
    let mut object = read(raw, message)?;
    object.insert("apiVersion".to_owned(), json!(version));
    object.insert("kind".to_owned(), json!(kind));
    Some(Value::from(object))
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn utf8(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn varint(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn fields(bytes: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut out = Vec::new();
    let mut rest = bytes.iter();
    while !rest.as_slice().is_empty() {
        let tag = varint(&mut rest)?;
        let length = match tag & 7 {
            0 => {
                let number = varint(&mut rest)?;
                out.push((tag >> 3, Wire::Number(number)));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let part = rest.as_slice().get(..length)?;
        rest = rest.as_slice().get(length..)?.iter();
        if tag & 7 == 2 {
            out.push((tag >> 3, Wire::Bytes(part)));
        }
    }
    Some(out)
}

fn read(bytes: &[u8], message: Message) -> Option<Map<String, Value>> {
    let mut map = Map::new();
    for (number, wire) in fields(bytes)? {
        let Some((_, name, kind)) = message.iter().find(|(n, _, _)| *n == number) else {
            continue;
        };
        put(&mut map, name, *kind, &wire)?;
    }
    Some(map)
}

fn put(map: &mut Map<String, Value>, name: &str, kind: Type, wire: &Wire<'_>) -> Option<()> {
    let value = match (kind, wire) {
        (Text, Wire::Bytes(b)) => json!(utf8(b)?),
        // int64 travels as its two's complement
        (Int, Wire::Number(n)) => json!(n.cast_signed()),
        (Flag, Wire::Number(n)) => json!(*n != 0),
        (Time, Wire::Bytes(b)) => time(b)?,
        (One(message), Wire::Bytes(b)) => Value::from(read(b, message)?),
        (Texts, Wire::Bytes(b)) => return push(map, name, json!(utf8(b)?)),
        (Many(message), Wire::Bytes(b)) => return push(map, name, Value::from(read(b, message)?)),
        (TextMap | BytesMap, Wire::Bytes(b)) => return entry(map, name, kind, b),
        _ => return None,
    };
    let empty =
        value.as_str().is_some_and(str::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if !empty && !value.is_null() {
        map.insert(name.to_owned(), value);
    }
    Some(())
}

fn push(map: &mut Map<String, Value>, name: &str, value: Value) -> Option<()> {
    let list = map.entry(name.to_owned()).or_insert_with(|| json!([]));
    list.as_array_mut()?.push(value);
    Some(())
}

fn entry(map: &mut Map<String, Value>, name: &str, kind: Type, bytes: &[u8]) -> Option<()> {
    let (mut key, mut value) = (String::new(), &[][..]);
    for field in fields(bytes)? {
        match field {
            (1, Wire::Bytes(b)) => key = utf8(b)?,
            (2, Wire::Bytes(b)) => value = b,
            _ => {}
        }
    }
    let value = match kind {
        BytesMap => json!(STANDARD.encode(value)),
        _ => json!(utf8(value)?),
    };
    let inner = map.entry(name.to_owned()).or_insert_with(|| json!({}));
    inner.as_object_mut()?.insert(key, value);
    Some(())
}

fn time(bytes: &[u8]) -> Option<Value> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in fields(bytes)? {
        match field {
            (1, Wire::Number(n)) => seconds = n.cast_signed(),
            (2, Wire::Number(n)) => nanos = i32::try_from(n).ok()?,
            _ => {}
        }
    }
    if seconds == 0 {
        return Some(Value::Null);
    }
    let at = jiff::Timestamp::new(seconds, nanos).ok()?;
    Some(if nanos == 0 {
        stamp(at)
    } else {
        json!(at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(body.len()).unwrap()];
        out.extend_from_slice(body);
        out
    }

    fn envelope(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [b"k8s\0".to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn a_config_map_is_read_as_its_json() {
        let meta = field(1, b"x");
        let pair = [field(1, b"k"), field(2, b"v")].concat();
        let raw = [field(1, &meta), field(2, &pair)].concat();
        let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"k": "v"}});
        assert_eq!(decode(&envelope("v1", "ConfigMap", &raw)), Some(expected));
    }

    #[test]
    fn broken_or_unknown_bodies_are_not_understood() {
        let whole = envelope("v1", "ConfigMap", &field(1, &field(1, b"x")));
        for cut in 0..whole.len() - 1 {
            // must not panic; what is cut inside the object is refused
            let _ = decode(&whole[..cut]);
        }
        assert_eq!(decode(&whole[..whole.len() - 1]), None);
        assert_eq!(decode(&envelope("v1", "Secret", b"")), None);
        assert_eq!(decode(b"{}"), None);
    }
}
