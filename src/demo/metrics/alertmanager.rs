//! The Alertmanager of the platform: what Prometheus sends it, and who is silenced. Pure.
//!
//! Source: alertmanager 0.28, `api/v2/api.go`; what was observed on 0.25.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value as Json, json};

use super::answer::{Question, Reply};
use super::rules::{self, Alert, stamp};
use super::series::Series;

/// One matcher of a silence or of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Matcher {
    name: String,
    value: String,
    regex: bool,
    equal: bool,
}

impl Matcher {
    fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let have = labels.get(&self.name).map_or("", String::as_str);
        let found = if self.regex {
            Regex::new(&format!("^(?:{})$", self.value)).is_ok_and(|r| r.is_match(have))
        } else {
            have == self.value
        };
        found == self.equal
    }

    fn read(nth: usize, given: &Json) -> Result<Self, Reply> {
        let word = |key: &str| given[key].as_str().unwrap_or_default().to_owned();
        for field in ["isRegex", "name", "value"] {
            if given[field].is_null() {
                return Err(required(&format!("matchers.{nth}.{field}")));
            }
        }
        let regex = given["isRegex"].as_bool().unwrap_or_default();
        let value = word("value");
        if regex && Regex::new(&value).is_err() {
            return Err(bad(&format!(
                "silence invalid: invalid label matcher {nth}: invalid regular expression {value:?}"
            )));
        }
        Ok(Self {
            name: word("name"),
            value: word("value"),
            regex,
            equal: given["isEqual"].as_bool().unwrap_or(true),
        })
    }

    fn told(&self) -> Json {
        json!({"name": self.name, "value": self.value, "isRegex": self.regex, "isEqual": self.equal})
    }

    /// `alertname="X"`, `severity=~"page|crit"`.
    fn of_filter(text: &str) -> Option<Self> {
        let at = text.find(['=', '!'])?;
        let (name, rest) = text.split_at_checked(at)?;
        let operators = [
            ("=~", true, true),
            ("!~", true, false),
            ("!=", false, false),
            ("=", false, true),
        ];
        let (operator, regex, equal) = operators.iter().find(|(o, ..)| rest.starts_with(o))?;
        let value = rest.strip_prefix(operator)?.trim().trim_matches('"');
        Some(Self {
            name: name.trim().to_owned(),
            value: value.to_owned(),
            regex: *regex,
            equal: *equal,
        })
    }
}

fn refused(status: u16, code: u16, message: &str) -> Reply {
    Reply::Json(status, json!({"code": code, "message": message}))
}

fn required(field: &str) -> Reply {
    refused(422, 602, &format!("{field} in body is required"))
}

fn bad(why: &str) -> Reply {
    Reply::Json(400, json!(why))
}

/// A silence.
#[derive(Debug, Clone)]
struct Silence {
    id: String,
    matchers: Vec<Matcher>,
    from: f64,
    to: f64,
    by: String,
    comment: String,
    updated: f64,
}

impl Silence {
    fn state(&self, now: f64) -> &'static str {
        if now >= self.to {
            "expired"
        } else if now < self.from {
            "pending"
        } else {
            "active"
        }
    }

    fn holds(&self, labels: &BTreeMap<String, String>, now: f64) -> bool {
        self.state(now) == "active" && self.matchers.iter().all(|m| m.fits(labels))
    }

    fn told(&self, now: f64) -> Json {
        json!({"id": self.id, "status": {"state": self.state(now)}, "updatedAt": stamp(self.updated),
            "matchers": self.matchers.iter().map(Matcher::told).collect::<Vec<Json>>(),
            "startsAt": stamp(self.from), "endsAt": stamp(self.to), "createdBy": self.by, "comment": self.comment})
    }
}

/// All silences there have been.
#[derive(Debug, Default)]
pub(in crate::demo) struct Silences(Vec<Silence>);

/// What is asked, besides the question: method, body, the time, and an id for what is new.
pub(in crate::demo) struct Post<'a> {
    pub(in crate::demo) method: &'a str,
    pub(in crate::demo) body: &'a [u8],
    pub(in crate::demo) now: f64,
    pub(in crate::demo) id: String,
    /// Every filter of the query: all of them have to fit.
    pub(in crate::demo) filters: Vec<&'a str>,
}

/// Answers as Alertmanager does.
pub(super) fn answer(
    silences: &mut Silences,
    series: impl FnOnce() -> Vec<Series>,
    q: &Question<'_>,
    post: &Post<'_>,
) -> Reply {
    let path = q.path.trim_end_matches('/');
    match (post.method, path) {
        ("get", "/-/healthy" | "/-/ready") => Reply::Plain(200, "OK".to_owned()),
        ("get", "/api/v2/status") => Reply::Json(200, status(post.now)),
        ("get", "/api/v2/alerts") => alerts(silences, &series(), q, post),
        ("get", "/api/v2/silences") => {
            let all: Vec<Json> = silences.0.iter().map(|s| s.told(post.now)).collect();
            Reply::Json(200, json!(all))
        }
        ("create", "/api/v2/silences") => create(silences, post),
        (method, "/api/v2/silences") => not_allowed(method, "[GET,POST]"),
        (method, path) => match path.strip_prefix("/api/v2/silence/") {
            Some(id) => one(silences, id, method, post.now),
            None => refused(404, 404, &format!("path {path} was not found")),
        },
    }
}

/// The method is the verb of the API server's proxy.
fn not_allowed(method: &str, known: &str) -> Reply {
    let method = match method {
        "update" => "PUT",
        "create" => "POST",
        "delete" => "DELETE",
        _ => "PATCH",
    };
    let message = format!("method {method} is not allowed, but {known} are");
    refused(405, 405, &message)
}

fn status(now: f64) -> Json {
    json!({"cluster": {"name": "01J", "peers": [], "status": "disabled"},
        "config": {"original": "route:\n  receiver: oncall\nreceivers:\n- name: oncall\n"},
        "uptime": stamp(now - 900_000.0),
        "versionInfo": {"version": "0.28.1", "branch": "HEAD", "revision": "midwatch-demo", "buildDate": "",
            "buildUser": "", "goVersion": "none"}})
}

fn alerts(silences: &Silences, series: &[Series], q: &Question<'_>, post: &Post<'_>) -> Reply {
    let now = post.now;
    let mut matchers = Vec::new();
    for filter in &post.filters {
        match Matcher::of_filter(filter) {
            Some(matcher) => matchers.push(matcher),
            None => return bad(&format!("bad matcher format: {filter}")),
        }
    }
    let shown = |key: &str| (q.get)(key) != "false";
    let told = |alert: &Alert| {
        let by: Vec<&str> = silences
            .0
            .iter()
            .filter(|s| s.holds(&alert.labels, now))
            .map(|s| s.id.as_str())
            .collect();
        let wanted = if by.is_empty() {
            shown("active")
        } else {
            shown("silenced")
        };
        let fits = matchers.iter().all(|m| m.fits(&alert.labels));
        let state = if by.is_empty() {
            "active"
        } else {
            "suppressed"
        };
        (wanted && fits).then(|| {
            json!({"labels": alert.labels, "annotations": rules::annotations(alert.summary, alert.runbook),
                "startsAt": stamp(alert.since), "endsAt": stamp(now + 180.0), "updatedAt": stamp(now),
                "generatorURL": "http://prometheus-operated.monitoring.svc:9090/graph", "receivers": [{"name": "oncall"}],
                "fingerprint": fingerprint(&alert.labels),
                "status": {"state": state, "silencedBy": by, "inhibitedBy": [], "mutedBy": []}})
        })
    };
    // a pending alert stays with Prometheus
    let firing = rules::all(series, now);
    let all: Vec<Json> = firing
        .iter()
        .filter(|a| a.firing)
        .filter_map(told)
        .collect();
    Reply::Json(200, json!(all))
}

/// Names and values of the labels, each with a mark behind it.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in labels
        .iter()
        .flat_map(|(k, v)| [k.bytes().chain([0xff]), v.bytes().chain([0xff])])
        .flatten()
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{hash:016x}")
}

fn create(silences: &mut Silences, post: &Post<'_>) -> Reply {
    let Ok(body) = serde_json::from_slice::<Json>(post.body) else {
        return refused(400, 400, "parsing silence body from \"\" failed");
    };
    let mut silence = match wanted(&body, post) {
        Ok(silence) => silence,
        Err(reply) => return reply,
    };
    let known = body["id"].as_str().unwrap_or_default();
    if !known.is_empty() {
        let Some(old) = silences.0.iter_mut().find(|s| s.id == known) else {
            return Reply::Json(404, json!("silence not found"));
        };
        // one that began elsewhere is another one
        let began = time(&body, "startsAt").is_some_and(|from| (from - old.from).abs() < 1.0);
        if began && old.matchers == silence.matchers && old.state(post.now) == "active" {
            known.clone_into(&mut silence.id);
            silence.from = old.from;
            *old = silence;
            return Reply::Json(200, json!({"silenceID": known}));
        }
        old.to = old.to.min(post.now);
    }
    let id = silence.id.clone();
    silences.0.push(silence);
    Reply::Json(200, json!({"silenceID": id}))
}

/// A time of a body, in Unix seconds.
fn time(body: &Json, key: &str) -> Option<f64> {
    let at: jiff::Timestamp = body[key].as_str()?.parse().ok()?;
    #[allow(clippy::cast_precision_loss)]
    let seconds = at.as_millisecond() as f64 / 1_000.0;
    Some(seconds)
}

/// What a body asks for, or why it cannot be had.
fn wanted(body: &Json, post: &Post<'_>) -> Result<Silence, Reply> {
    for field in ["comment", "createdBy", "endsAt", "matchers", "startsAt"] {
        if body[field].is_null() {
            return Err(required(field));
        }
    }
    let given = body["matchers"].as_array().cloned().unwrap_or_default();
    if given.is_empty() {
        let message = "matchers in body should have at least 1 items";
        return Err(refused(422, 612, message));
    }
    let read = |(nth, matcher)| Matcher::read(nth, matcher);
    let matchers: Vec<Matcher> = given
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<_, _>>()?;
    let nothing = BTreeMap::new();
    if matchers.iter().all(|m| m.fits(&nothing)) {
        let why = "silence invalid: at least one matcher must not match the empty string";
        return Err(bad(why));
    }
    let time = |key: &str| {
        let refused = || {
            refused(
                400,
                400,
                &format!("{key} in body must be of type date-time"),
            )
        };
        time(body, key).ok_or_else(refused)
    };
    let (from, to) = (time("startsAt")?, time("endsAt")?);
    if to <= post.now {
        return Err(bad(
            "Failed to create silence: end time can't be in the past",
        ));
    }
    if to <= from {
        return Err(bad(
            "Failed to create silence: start time must be before end time",
        ));
    }
    let word = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    Ok(Silence {
        id: post.id.clone(),
        matchers,
        from: from.max(post.now),
        to,
        by: word("createdBy"),
        comment: word("comment"),
        updated: post.now,
    })
}

fn one(silences: &mut Silences, id: &str, method: &str, now: f64) -> Reply {
    if !is_uuid(id) {
        let message = format!("silenceID in path must be of type uuid: {id:?}");
        return refused(422, 601, &message);
    }
    let Some(found) = silences.0.iter_mut().find(|s| s.id == id) else {
        return Reply::Plain(404, String::new());
    };
    match method {
        "delete" => {
            found.to = found.to.min(now);
            Reply::Plain(200, String::new())
        }
        _ => Reply::Json(200, found.told(now)),
    }
}

fn is_uuid(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex)
}

#[cfg(test)]
#[path = "alertmanager_tests.rs"]
mod tests;
