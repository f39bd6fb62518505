//! One record as a line, and back. Pure.
//!
//! A line is JSON; its last field is the hash, which is SHA-256 over the line without that field. So every byte of it
//! counts, and any tool can check it.

use serde::Deserialize;

use super::super::digest::sha256;
use crate::plan::Record;

/// Version of the form.
pub(super) const VERSION: u32 = 1;
/// Longest line, in bytes.
pub(super) const LONGEST: usize = 8 << 20;
/// What stands before and behind the hash.
const BEFORE: &str = ",\"hash\":\"";
const BEHIND: &str = "\"}";
/// Letters of a hash.
const LETTERS: usize = 64;

/// The line of a record, with its hash, which is put into the record too. Ends with a line end.
pub(super) fn encode(record: &mut Record) -> Result<String, serde_json::Error> {
    record.hash.clear();
    let text = serde_json::to_string(record)?;
    let open = format!("{BEFORE}{BEHIND}");
    let body = text.strip_suffix(&open).unwrap_or(&text);
    record.hash = sha256(format!("{body}}}").as_bytes());
    Ok(format!("{body}{BEFORE}{}{BEHIND}\n", record.hash))
}

/// What a line is.
#[derive(Debug)]
pub(super) enum Line {
    /// As it was written.
    Whole(Box<Link>),
    /// Not what was written.
    Bad(Bad),
}

/// A record as the chain sees it.
#[derive(Debug)]
pub(super) struct Link {
    /// Its number.
    pub seq: u64,
    /// Which action.
    pub id: String,
    /// Hash of the one before.
    pub prev: String,
    /// Its hash.
    pub hash: String,
    /// The record; none when a later version wrote something that this one does not know.
    pub record: Option<Record>,
}

/// A line that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bad {
    /// The number it claims.
    pub seq: Option<u64>,
    /// The action it claims; may be empty.
    pub id: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// What the chain needs of a line, of any version.
#[derive(Deserialize)]
struct Claim {
    seq: u64,
    id: String,
    prev: String,
}

/// Reads a line, without its line end.
pub(super) fn decode(line: &[u8]) -> Line {
    let claim = serde_json::from_slice::<Claim>(line).ok();
    let bad = |why| {
        Line::Bad(Bad {
            seq: claimed(line, "\"seq\":").and_then(|n| n.parse().ok()),
            id: claimed(line, "\"id\":\"").unwrap_or_default().to_owned(),
            why,
        })
    };
    let Some((body, hash)) = split(line) else {
        return bad("it is no record");
    };
    let mut hashed = body.to_vec();
    hashed.push(b'}');
    if sha256(&hashed) != hash {
        return bad("its hash is not that of its text");
    }
    let Some(claim) = claim else {
        return bad("it is no record");
    };
    Line::Whole(Box::new(Link {
        seq: claim.seq,
        id: claim.id,
        prev: claim.prev,
        hash: hash.to_owned(),
        record: serde_json::from_slice(line).ok(),
    }))
}

/// What is hashed but for the last brace, and the hash.
fn split(line: &[u8]) -> Option<(&[u8], &str)> {
    let rest = line.strip_suffix(BEHIND.as_bytes())?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(LETTERS)?)?;
    let body = rest.strip_suffix(BEFORE.as_bytes())?;
    Some((body, std::str::from_utf8(hash).ok()?))
}

/// What stands behind a field's name in a line that may be no JSON any more.
fn claimed<'l>(line: &'l [u8], field: &str) -> Option<&'l str> {
    let start = line.get(..300).unwrap_or(line);
    let at = start
        .windows(field.len())
        .position(|w| w == field.as_bytes())?;
    let rest = start.get(at + field.len()..)?;
    let end = rest
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || *b == b'-'))?;
    std::str::from_utf8(rest.get(..end)?).ok()
}
