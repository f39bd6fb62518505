//! What a request asks for, read from its method, path and query. Pure.
//!
//! Source: k8s.io/apiserver `endpoints/request/requestinfo.go`.

use http::Method;

use crate::demo::person::Deed;

/// Verb and object of a request; `path` is set instead when it is about no resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) verb: &'static str,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) namespace: String,
    pub(super) plural: String,
    pub(super) name: String,
    pub(super) sub: String,
    /// What follows the subresource, with its slash: the path behind a proxy.
    pub(super) rest: String,
    pub(super) path: String,
}

/// The query, decoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decoded(&key.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        });
        Self(pairs.collect())
    }

    /// The first value of a key; empty when absent.
    pub(super) fn get(&self, key: &str) -> &str {
        let found = self.0.iter().find(|(k, _)| k == key);
        found.map_or("", |(_, v)| v)
    }

    /// Every value of a key.
    pub(super) fn all(&self, key: &str) -> Vec<&str> {
        let of = self.0.iter().filter(|(k, _)| k == key);
        of.map(|(_, v)| v.as_str()).collect()
    }

    /// Whether a key is set to true.
    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), "true" | "1")
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(b) = bytes.next() {
        let mut ahead = bytes.clone();
        match (b, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            _ => out.push(b),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: Option<u8>) -> Option<u8> {
    let value = char::from(digit?).to_digit(16)?;
    u8::try_from(value).ok()
}

impl Target {
    pub(super) fn read(method: &Method, path: &str, query: &Query) -> Self {
        let parts: Vec<String> = path
            .split('/')
            .filter(|p| !p.is_empty())
            .map(decoded)
            .collect();
        let words: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut target = match words.as_slice() {
            ["api", version, rest @ ..] if !rest.is_empty() => Self::below("", version, rest),
            ["apis", group, version, rest @ ..] if !rest.is_empty() => {
                Self::below(group, version, rest)
            }
            _ => Self {
                path: path.to_owned(),
                ..Self::default()
            },
        };
        target.verb = target.verb_for(method, query);
        target
    }

    fn below(group: &str, version: &str, rest: &[&str]) -> Self {
        let (namespace, own): (&str, &[&str]) = match rest {
            ["namespaces", name] | ["namespaces", name, "status" | "finalize"] => (name, rest),
            ["namespaces", name, own @ ..] => (name, own),
            _ => ("", rest),
        };
        let at = |i: usize| own.get(i).map_or_else(String::new, |w| (*w).to_owned());
        Self {
            verb: "",
            group: group.to_owned(),
            version: version.to_owned(),
            namespace: namespace.to_owned(),
            plural: at(0),
            name: at(1),
            sub: at(2),
            rest: own.iter().skip(3).fold(String::new(), |p, w| p + "/" + w),
            path: String::new(),
        }
    }

    fn verb_for(&self, method: &Method, query: &Query) -> &'static str {
        if !self.path.is_empty() {
            return match *method {
                Method::GET => "get",
                Method::POST => "post",
                Method::PUT => "put",
                Method::PATCH => "patch",
                Method::DELETE => "delete",
                Method::HEAD => "head",
                _ => "options",
            };
        }
        let whole = self.name.is_empty();
        match *method {
            Method::GET | Method::HEAD if self.sub.is_empty() && query.flag("watch") => "watch",
            Method::GET | Method::HEAD if whole => "list",
            Method::GET | Method::HEAD => "get",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if whole => "deletecollection",
            Method::DELETE => "delete",
            _ => "",
        }
    }

    /// Asks a service, and not the API server.
    pub(super) fn is_proxied(&self) -> bool {
        self.group.is_empty() && self.plural == "services" && self.sub == "proxy"
    }

    /// For the access check.
    pub(super) fn deed(&self) -> Deed<'_> {
        Deed {
            verb: self.verb,
            group: &self.group,
            resource: &self.plural,
            sub: &self.sub,
            namespace: &self.namespace,
            name: &self.name,
            path: &self.path,
        }
    }

    /// The namespace in which objects are kept: namespaces themselves stand in none.
    pub(super) fn home(&self) -> &str {
        if self.plural == "namespaces" && self.group.is_empty() {
            ""
        } else {
            &self.namespace
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, url: &str) -> String {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let t = Target::read(method, path, &Query::read(query));
        let words = [
            t.verb,
            &t.group,
            &t.namespace,
            &t.plural,
            &t.name,
            &t.sub,
            &t.path,
        ];
        words.join(" ").trim().to_owned()
    }

    #[test]
    fn paths_are_read_as_the_api_server_reads_them() {
        let cases = [
            (Method::GET, "/api/v1/pods", "list   pods"),
            (Method::GET, "/api/v1/namespaces", "list   namespaces"),
            (Method::GET, "/api/v1/namespaces/a", "get  a namespaces a"),
            (
                Method::DELETE,
                "/api/v1/namespaces/a/pods",
                "deletecollection  a pods",
            ),
            (
                Method::GET,
                "/api/v1/namespaces/a/pods?watch=true",
                "watch  a pods",
            ),
            (
                Method::GET,
                "/api/v1/namespaces/a/pods/b/log?container=c",
                "get  a pods b log",
            ),
            (
                Method::PATCH,
                "/apis/argoproj.io/v1alpha1/namespaces/a/workflows/b",
                "patch argoproj.io a workflows b",
            ),
            (
                Method::GET,
                "/apis/argoproj.io",
                "get      /apis/argoproj.io",
            ),
        ];
        for (method, url, expected) in cases {
            assert_eq!(read(&method, url), expected, "{method} {url}");
        }
    }

    #[test]
    fn a_query_is_decoded() {
        let q = Query::read("labelSelector=a%3Db%2Cc+in+(d)&watch=1&odd=%zz&end=%4");
        assert_eq!(q.get("labelSelector"), "a=b,c in (d)");
        assert!(q.flag("watch"));
        assert_eq!((q.get("odd"), q.get("end")), ("%zz", "%4"));
    }
}
