//! Keys of services beside Kubernetes: which one, and who we are there. Pure.

use super::super::key::{Key, Kind, Refusal};
use super::super::{Endpoint, Settings, Value};
use super::{name, put, text};
use crate::fault::quoted;

pub(super) const SERVICE: Key = Key {
    name: "sources.*.service",
    kind: Kind::Text,
    form: "NAMESPACE/NAME or NAMESPACE/NAME:PORT",
    about: "Or the Service it is behind: reached through the API server, or by a port-forward where a token has to pass.",
    example: "prometheus.service = \"monitoring/prometheus-operated:9090\"",
    take: |s, source, v| put(&mut entry(s, source).service, Some(service(v)?)),
    show: |s, source| text(s.sources.get(source)?.service.as_ref()?),
};

pub(super) const CONTEXT: Key = Key {
    name: "sources.*.context",
    kind: Kind::Text,
    form: "a pattern",
    about: "Contexts it is for (* any letters, ? one); for several clusters write prometheus-eu, prometheus-us …",
    example: "prometheus.context = \"prod-eu*\"",
    take: |s, source, v| put(&mut entry(s, source).context, Some(name(v)?)),
    show: |s, source| text(s.sources.get(source)?.context.as_ref()?),
};

pub(super) const USER: Key = Key {
    name: "sources.*.user",
    kind: Kind::Text,
    form: "the name of a user",
    about: "User whose password the token is (basic auth).",
    example: "prometheus.user = \"oncall\"",
    take: |s, source, v| put(&mut entry(s, source).user, Some(user(v)?)),
    show: |s, source| text(s.sources.get(source)?.user.as_ref()?),
};

pub(super) const HOST: Key = Key {
    name: "sources.*.host",
    kind: Kind::Text,
    form: "a host name",
    about: "Host header to send, where the service lets only some in.",
    example: "mlflow.host = \"mlflow.example.com\"",
    take: |s, source, v| put(&mut entry(s, source).host, Some(host(v)?)),
    show: |s, source| text(s.sources.get(source)?.host.as_ref()?),
};

fn entry<'a>(settings: &'a mut Settings, source: &str) -> &'a mut Endpoint {
    settings.sources.entry(source.to_owned()).or_default()
}

/// `NAMESPACE/NAME` with or without a port, in the letters of Kubernetes names: it becomes part of a path.
fn service(value: &Value) -> Result<String, Refusal> {
    let given = name(value)?;
    let word = |text: &str| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !text.is_empty() && text.chars().all(letter)
    };
    let right = given.split_once('/').is_some_and(|(namespace, rest)| {
        let (name, port) = rest.split_once(':').unwrap_or((rest, "1"));
        word(namespace) && word(name) && port.parse::<u16>().is_ok_and(|n| n > 0)
    });
    if right {
        Ok(given)
    } else {
        let what = format!("{} names no Service", quoted(&given));
        Err(Refusal::value(what, "write \"NAMESPACE/NAME:PORT\""))
    }
}

/// Basic auth ends the name at the first colon.
fn user(value: &Value) -> Result<String, Refusal> {
    let given = name(value)?;
    if given.contains(':') {
        let hint = "the password comes from token-file, token-env or token-command";
        return Err(Refusal::value("a user with a colon in its name", hint));
    }
    Ok(given)
}

fn host(value: &Value) -> Result<String, Refusal> {
    let given = name(value)?;
    let letter = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if given.chars().all(letter) {
        Ok(given)
    } else {
        let what = format!("{} is no host name", quoted(&given));
        Err(Refusal::value(what, "write \"HOST\" or \"HOST:PORT\""))
    }
}
