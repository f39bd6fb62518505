//! The pods behind a Service. Does I/O.

use std::sync::Arc;

use serde::Deserialize;

use super::route::At;
use crate::feed::kube::{Link, Trouble};
use crate::kinds::lenient::List;

/// One pod behind a Service.
pub(super) struct Behind {
    pub(super) pod: String,
    /// Empty where that is not told.
    pub(super) node: String,
    /// The port that it listens on.
    pub(super) port: u16,
    pub(super) ready: bool,
}

#[derive(Deserialize)]
struct Slices {
    #[serde(default)]
    items: List<Slice>,
}

#[derive(Deserialize)]
struct Slice {
    #[serde(default)]
    endpoints: List<Endpoint>,
    #[serde(default)]
    ports: List<SlicePort>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SlicePort {
    name: Option<String>,
    port: Option<u16>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Endpoint {
    conditions: Conditions,
    target_ref: Option<Target>,
    node_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Conditions {
    ready: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Target {
    kind: String,
    name: String,
}

impl Slice {
    fn pods(self, port_name: &str) -> Vec<Behind> {
        let named = |p: &&SlicePort| p.name.as_deref().unwrap_or_default() == port_name;
        let Some(port) = self.ports.iter().find(named).and_then(|p| p.port) else {
            return Vec::new();
        };
        let endpoints = self.endpoints.0.into_iter().filter_map(|endpoint| {
            let target = endpoint.target_ref.filter(|t| t.kind == "Pod")?;
            Some(Behind {
                pod: target.name,
                node: endpoint.node_name.unwrap_or_default(),
                port,
                // not told counts as ready
                ready: endpoint.conditions.ready != Some(false),
            })
        });
        endpoints.collect()
    }
}

/// All pods behind a Service, in no order.
pub(super) async fn behind(link: &Arc<Link>, at: &At) -> Result<Vec<Behind>, Trouble> {
    let At {
        namespace,
        service,
        port_name,
        ..
    } = at;
    let path = format!(
        "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?{}",
        super::ask::encoded(&[(
            "labelSelector",
            &format!("kubernetes.io/service-name={service}")
        )])
    );
    let what = format!("list endpointslices in namespace {namespace}");
    let slices: Slices = link.get(&path, &what).await?;
    let each = slices.items.0.into_iter().map(|s| s.pods(port_name));
    Ok(each.flatten().collect())
}
