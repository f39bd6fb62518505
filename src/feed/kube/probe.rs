//! Questions about a connection, asked once: can it be reached, who are we, what is served and what may be read.
//! For `midwatch doctor`; the console itself finds out by watching. Does I/O.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Request, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use kube::client::Body;
use kube::config::AuthInfo;
use serde::Deserialize;
use serde_json::json;

use super::connect::Target;
use super::credential;
use super::link::Link;
use super::locate::{Found, Places, find};
use super::options::Options;
use super::redact::Redactor;
use super::source::full_name;
use super::trouble::Trouble;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::kinds::KindSpec;

/// What the kubeconfig holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contexts {
    /// The files that count, in their order; empty inside a pod without one.
    pub files: Vec<PathBuf>,
    /// All contexts.
    pub names: Vec<String>,
    /// The current one.
    pub current: Option<String>,
}

/// Reads which contexts there are.
pub fn contexts(places: &Places) -> Result<Contexts, Fault> {
    let found = find(places).map_err(|t| t.fault("kubeconfig", Timestamp::now()))?;
    Ok(match found {
        Found::InCluster => Contexts::default(),
        Found::Files(files, config) => Contexts {
            files,
            names: config.contexts.iter().map(|c| c.name.clone()).collect(),
            current: config.current_context.filter(|c| !c.is_empty()),
        },
    })
}

/// How a context connects, in words; nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    /// How the server is told from an impostor.
    pub tls: String,
    /// It is not: anybody could answer in its place.
    pub unsafe_tls: bool,
    /// How we log in.
    pub login: String,
    /// The proxy in between; empty for none.
    pub proxy: String,
}

/// How a server answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// `gitVersion`; empty when it may not be read.
    pub version: String,
    /// How long one answer took on an open connection.
    pub took: Duration,
    /// Seconds that its clock is ahead of ours; `None` when it does not tell the time.
    pub skew: Option<i64>,
}

/// Something that one may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed<'a> {
    /// `get`, `list`, `watch`.
    pub verb: &'static str,
    /// API group.
    pub group: &'a str,
    /// Plural.
    pub plural: &'a str,
    /// Subresource, or empty.
    pub sub: &'a str,
    /// Namespace, or empty for the whole cluster.
    pub namespace: &'a str,
}

/// One cluster to be asked.
pub struct Probe {
    link: Arc<Link>,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Probe({})", self.link.target.id)
    }
}

impl Probe {
    /// Asks nothing yet. Every question is given up after `limit`; a login command runs without a terminal.
    #[must_use]
    pub fn new(target: Target, limit: Duration) -> Self {
        let options = Options {
            connect: limit.min(Options::default().connect),
            answer: limit,
            login: limit,
            ..Options::default()
        };
        Self {
            link: Arc::new(Link::new(target, Arc::new(options))),
        }
    }

    /// How it connects.
    pub fn setup(&self) -> Result<Setup, Fault> {
        let config = self.link.target.config().map_err(|t| self.fault(&t))?;
        let plain = config.cluster_url.scheme_str() == Some("http");
        let tls = if plain {
            "none: the server is spoken to in clear text"
        } else if config.accept_invalid_certs {
            "not checked: insecure-skip-tls-verify is set"
        } else if config.root_cert.is_some() {
            "checked against the certificate authority of the kubeconfig"
        } else {
            "checked against the certificate authorities of this machine"
        };
        let proxy = config.proxy_url.as_ref().map(ToString::to_string);
        Ok(Setup {
            tls: tls.to_owned(),
            unsafe_tls: plain || config.accept_invalid_certs,
            login: login(&config.auth_info),
            proxy: proxy.map_or_else(String::new, |url| shown(&url)),
        })
    }

    /// Asks for the version, and how long that takes.
    pub async fn answer(&self) -> Result<Answer, Fault> {
        #[derive(Deserialize)]
        struct Version {
            #[serde(rename = "gitVersion", default)]
            git_version: String,
        }
        let got: Result<Version, Trouble> = self.link.get("/version", "read the version").await;
        let version = match got {
            Ok(version) => Clean::new(&version.git_version).to_string(),
            // the server is there and knows us
            Err(t) if t.kind == FaultKind::Denied && t.what.starts_with("You may not") => {
                String::new()
            }
            Err(t) => return Err(self.fault(&t)),
        };
        // now that the connection is open
        let (start, clock) = (Instant::now(), Timestamp::now());
        let again = Request::get("/version").body(Body::empty());
        let skew = match again {
            Ok(request) => match self.link.send(request).await {
                Ok(response) => skew(response.headers(), clock, start.elapsed()),
                Err(_) => None,
            },
            Err(_) => None,
        };
        Ok(Answer {
            version,
            took: start.elapsed(),
            skew,
        })
    }

    /// Who the server takes us for; `None` when it does not say.
    pub async fn person(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            user_info: User,
        }
        #[derive(Deserialize)]
        struct User {
            username: Clean,
        }
        #[derive(Deserialize)]
        struct Review {
            status: Status,
        }
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let review: Result<Review, Trouble> =
            self.link.review(path, &body, "ask who you are").await;
        let name = review.ok()?.status.user_info.username;
        (!name.is_empty()).then(|| name.to_string())
    }

    /// Whether the server serves a kind.
    pub async fn serves(&self, spec: &KindSpec) -> Result<bool, Fault> {
        let served = serves(&self.link, spec).await;
        served.map_err(|t| self.fault(&t))
    }

    /// Whether we may.
    pub async fn may(&self, deed: Deed<'_>) -> Result<bool, Fault> {
        #[derive(Deserialize)]
        struct Verdict {
            allowed: bool,
        }
        #[derive(Deserialize)]
        struct Review {
            status: Verdict,
        }
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "namespace": deed.namespace, "verb": deed.verb, "group": deed.group,
                "resource": deed.plural, "subresource": deed.sub,
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let review: Result<Review, Trouble> =
            self.link.review(path, &body, "review your access").await;
        review.map(|r| r.status.allowed).map_err(|t| self.fault(&t))
    }

    /// How many there are; `None` when the server does not count them.
    pub async fn count(&self, spec: &KindSpec, namespace: &str) -> Result<Option<u64>, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Meta {
            #[serde(default)]
            remaining_item_count: Option<u64>,
            #[serde(default, rename = "continue")]
            more: String,
        }
        #[derive(Deserialize)]
        struct List {
            metadata: Meta,
            #[serde(default)]
            items: Vec<serde::de::IgnoredAny>,
        }
        let path = format!("{}?limit=1", list_path(spec, namespace));
        let what = format!("list {}", full_name(spec));
        let list: List = self
            .link
            .get(&path, &what)
            .await
            .map_err(|t| self.fault(&t))?;
        let here = list.items.len() as u64;
        Ok(match list.metadata.remaining_item_count {
            Some(rest) => Some(here + rest),
            None if list.metadata.more.is_empty() => Some(here),
            None => None,
        })
    }

    /// Namespace of the context.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.link.target.namespace
    }

    /// The path of a list.
    #[must_use]
    pub fn path(&self, spec: &KindSpec, namespace: &str) -> String {
        list_path(spec, namespace)
    }

    /// The URL of a list.
    #[must_use]
    pub fn endpoint(&self, spec: &KindSpec, namespace: &str) -> String {
        format!("{}{}", self.link.target.server, list_path(spec, namespace))
    }

    fn fault(&self, trouble: &Trouble) -> Fault {
        trouble.fault(self.link.target.id.as_str(), Timestamp::now())
    }
}

/// Whether the server serves a kind in this version.
pub(super) async fn serves(link: &Arc<Link>, spec: &KindSpec) -> Result<bool, Trouble> {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        name: String,
    }
    let list: Result<List, Trouble> = link.get(&group_path(spec), "read what is served").await;
    match list {
        Ok(list) => Ok(list.resources.iter().any(|r| r.name == spec.plural)),
        Err(t) if t.kind == FaultKind::Gone => Ok(false),
        Err(t) => Err(t),
    }
}

fn group_path(spec: &KindSpec) -> String {
    if spec.group.is_empty() {
        format!("/api/{}", spec.version)
    } else {
        format!("/apis/{}/{}", spec.group, spec.version)
    }
}

fn list_path(spec: &KindSpec, namespace: &str) -> String {
    let group = group_path(spec);
    if namespace.is_empty() || !spec.namespaced {
        format!("{group}/{}", spec.plural)
    } else {
        format!("{group}/namespaces/{namespace}/{}", spec.plural)
    }
}

/// How we log in, in the order of what the client uses; nothing secret, no arguments.
fn login(user: &AuthInfo) -> String {
    if let Some(exec) = credential::plugin(user) {
        let name = exec.command.as_deref().unwrap_or_default();
        return format!("login command {}", shown(name));
    }
    let held = [
        (user.token.is_some(), "a token in the kubeconfig"),
        (user.token_file.is_some(), "a token file"),
        (user.username.is_some(), "a user name and a password"),
        (
            user.auth_provider.is_some(),
            "an auth provider, which Kubernetes has given up",
        ),
        (
            user.client_certificate.is_some() || user.client_certificate_data.is_some(),
            "a client certificate",
        ),
    ];
    let found: Vec<&str> = held.iter().filter(|(is, _)| *is).map(|(_, w)| *w).collect();
    if found.is_empty() {
        "nothing: we come as anonymous".to_owned()
    } else {
        found.join(", ")
    }
}

fn shown(text: &str) -> String {
    Redactor::default().clean(text)
}

/// Seconds that the server's clock is ahead: it tells whole seconds, somewhere between question and answer.
fn skew(headers: &HeaderMap, asked: Timestamp, took: Duration) -> Option<i64> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let told = rfc2822::parse(text).ok()?.timestamp();
    let answered = asked.checked_add(took).ok()?;
    if told.as_second() > answered.as_second() {
        Some(told.as_second() - answered.as_second())
    } else if told.as_second() < asked.as_second() {
        Some(told.as_second() - asked.as_second())
    } else {
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(date: &str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, date.parse().unwrap());
        let asked: Timestamp = "2026-11-21T10:00:00.9Z".parse().unwrap();
        skew(&headers, asked, Duration::from_millis(300))
    }

    #[test]
    fn a_clock_is_off_only_by_what_the_way_does_not_explain() {
        assert_eq!(told("Sat, 21 Nov 2026 10:00:00 GMT"), Some(0));
        assert_eq!(told("Sat, 21 Nov 2026 10:00:01 GMT"), Some(0));
        assert_eq!(told("Sat, 21 Nov 2026 10:01:31 GMT"), Some(90));
        assert_eq!(told("Sat, 21 Nov 2026 09:59:00 GMT"), Some(-60));
        assert_eq!(told("yesterday"), None);
    }

    #[test]
    fn a_login_is_named_without_its_secret() {
        let user = AuthInfo {
            token: Some("planted-secret".to_owned().into()),
            ..AuthInfo::default()
        };
        assert_eq!(login(&user), "a token in the kubeconfig");
        assert_eq!(login(&AuthInfo::default()), "nothing: we come as anonymous");
    }
}
