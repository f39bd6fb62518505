//! The Services of a cluster, read once for all backends that are looked for in it. Does I/O.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::known::Known;
use crate::fault::FaultKind;
use crate::feed::kube::{Link, Trouble};
use crate::kinds::SlimMeta;
use crate::kinds::lenient::List;

/// How long the list is believed.
const KEPT: Duration = Duration::from_secs(300);
/// Services a page.
const PAGE: usize = 500;
/// Most pages read.
const PAGES: usize = 40;

/// Services that may be what is looked for; one per cluster.
#[derive(Debug, Default)]
pub(crate) struct Directory(tokio::sync::Mutex<Option<(Instant, Arc<Vec<Service>>)>>);

/// One Service, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) namespace: String,
    pub(crate) name: String,
    labels: BTreeMap<String, String>,
    pub(crate) ports: Vec<Port>,
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Port {
    pub(crate) name: String,
    #[serde(rename = "port")]
    pub(crate) number: u16,
    app_protocol: String,
    protocol: String,
}

impl Port {
    /// It speaks TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.number == 443
            || self.app_protocol.eq_ignore_ascii_case("https")
            || self.name == "https"
    }

    fn is_tcp(&self) -> bool {
        self.protocol.is_empty() || self.protocol == "TCP"
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: More,
    #[serde(default)]
    items: List<Slim>,
}

#[derive(Deserialize, Default)]
struct More {
    #[serde(rename = "continue", default)]
    token: String,
}

#[derive(Deserialize)]
struct Slim {
    metadata: Labelled,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
struct Labelled {
    #[serde(flatten)]
    meta: SlimMeta,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
struct Spec {
    #[serde(rename = "type", default)]
    sort: String,
    #[serde(default)]
    ports: List<Port>,
}

impl Directory {
    /// All Services there are, or those of the namespaces that may be read.
    pub(crate) async fn services(&self, link: &Arc<Link>) -> Result<Arc<Vec<Service>>, Trouble> {
        let mut held = self.0.lock().await;
        if let Some((read, services)) = &*held
            && read.elapsed() < KEPT
        {
            return Ok(services.clone());
        }
        let services = Arc::new(read(link).await?);
        *held = Some((Instant::now(), services.clone()));
        Ok(services)
    }

    /// What it said was wrong: the next question reads it anew.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

async fn read(link: &Arc<Link>) -> Result<Vec<Service>, Trouble> {
    let denied = match list(link, "/api/v1/services").await {
        Err(trouble) if trouble.kind == FaultKind::Denied => trouble,
        whole => return whole,
    };
    let own = [link.target.namespace.clone()];
    let named = match link.options.namespaces.as_slice() {
        [] => &own,
        named => named,
    };
    let mut found = Vec::new();
    for namespace in named {
        let path = format!("/api/v1/namespaces/{namespace}/services");
        found.extend(list(link, &path).await.unwrap_or_default());
    }
    if found.is_empty() {
        Err(denied)
    } else {
        Ok(found)
    }
}

async fn list(link: &Arc<Link>, path: &str) -> Result<Vec<Service>, Trouble> {
    let mut found = Vec::new();
    let mut next = String::new();
    for _ in 0..PAGES {
        let query = format!("{path}?limit={PAGE}{next}");
        let page: Page = link.get(&query, "list services").await?;
        found.extend(page.items.0.into_iter().filter_map(Service::of));
        if page.metadata.token.is_empty() {
            break;
        }
        next = format!(
            "&{}",
            super::ask::encoded(&[("continue", &page.metadata.token)])
        );
    }
    Ok(found)
}

/// One Service by its name.
pub(super) async fn one(link: &Arc<Link>, namespace: &str, name: &str) -> Result<Service, Trouble> {
    let path = format!("/api/v1/namespaces/{namespace}/services/{name}");
    let what = format!("read service {name} in namespace {namespace}");
    let slim: Slim = link.get(&path, &what).await?;
    Service::of(slim).ok_or_else(|| {
        let what =
            format!("{namespace}/{name} is of type ExternalName, which midwatch does not follow");
        Trouble::config(what, "Set the url it leads to instead.")
    })
}

impl Service {
    fn of(slim: Slim) -> Option<Self> {
        // the API server would be sent to a host that whoever made the Service has chosen
        if slim.spec.sort == "ExternalName" {
            return None;
        }
        Some(Self {
            namespace: slim.metadata.meta.namespace,
            name: slim.metadata.meta.name,
            labels: slim.metadata.labels.unwrap_or_default(),
            ports: slim.spec.ports.0.into_iter().filter(Port::is_tcp).collect(),
        })
    }

    /// It carries the label.
    pub(crate) fn has(&self, (key, value): (&str, &str)) -> bool {
        self.labels.get(key).is_some_and(|v| v == value)
    }

    /// The port that a backend most likely listens on.
    pub(crate) fn port(&self, known: &Known) -> Option<&Port> {
        let numbered = known
            .ports
            .iter()
            .find_map(|n| self.ports.iter().find(|p| p.number == *n));
        let named = || {
            let web = |p: &&Port| ["http", "web", "http-web", "https"].contains(&p.name.as_str());
            self.ports.iter().find(web)
        };
        let only = || self.ports.first().filter(|_| self.ports.len() == 1);
        numbered.or_else(named).or_else(only)
    }
}
