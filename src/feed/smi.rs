//! The feed `smi`: what `nvidia-smi` tells of the GPUs of one node, asked in a pod of that node that has the driver. Does
//! I/O. Runs only while a person asks for it: it starts a program in the cluster, which changes nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::domain::{Clean, SmiRow};
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Asked, Link, Part, Pulse, Source, Trouble, of_client};
use crate::feed::poll::{Got, Reads, poll};
use crate::kinds::KindSpec;
use crate::kinds::lenient::List;
use crate::kinds::smi;
use crate::store::Scope;

/// The feed of one node's driver.
pub(crate) const SPEC: KindSpec = crate::feed::asked("smi");

/// How often it is asked while somebody looks.
const EVERY: Duration = Duration::from_secs(60);
/// How long an answer may take: of a node with a lost GPU, long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer: 16 GPUs with all their programs take some hundred KB.
const MOST: u64 = 8 << 20;
/// Most of what it says when it fails.
const SAID: u64 = 4 << 10;
const COMMAND: [&str; 3] = ["nvidia-smi", "-q", "-x"];

/// Pods that have the driver's programs, the likeliest first: label `app`, and the container.
const PODS: [(&str, &str); 3] = [
    ("nvidia-driver-daemonset", "nvidia-driver-ctr"),
    ("nvidia-device-plugin-daemonset", "nvidia-device-plugin"),
    ("nvidia-dcgm-exporter", "nvidia-dcgm-exporter"),
];

/// Tells what one node's driver says until nobody listens any more.
pub(crate) async fn run(source: Source) {
    let Part::Want(Scope::Object { name, .. }) = source.part.clone() else {
        tracing::warn!(source = source.name(), "this is no node");
        return;
    };
    let asks = Driver {
        link: source.link.clone(),
        node: name,
        place: None,
    };
    poll(source, asks, "looking for a pod with the driver").await;
}

struct Driver {
    link: Arc<Link>,
    node: String,
    /// Where it was asked last.
    place: Option<Place>,
}

/// A container that has the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    namespace: String,
    pod: String,
    container: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    items: List<Slim>,
}

#[derive(Deserialize)]
struct Slim {
    metadata: Meta,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Meta {
    namespace: String,
    name: String,
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Spec {
    containers: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    phase: String,
}

/// The likeliest container of these pods.
fn best(pods: Vec<Slim>) -> Option<Place> {
    let ranked = pods.into_iter().filter_map(|pod| {
        let app = pod.metadata.labels.get("app")?;
        let rank = PODS.iter().position(|(label, _)| label == app)?;
        let (_, usual) = PODS.get(rank)?;
        let named = pod.spec.containers.iter().find(|c| c.name == *usual);
        let container = named.or(pod.spec.containers.first())?.name.clone();
        let place = Place {
            namespace: pod.metadata.namespace,
            pod: pod.metadata.name,
            container,
        };
        (pod.status.phase == "Running").then_some((rank, place))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, place)| place)
}

impl Driver {
    async fn look(&self) -> Result<Place, Trouble> {
        let apps: Vec<&str> = PODS.iter().map(|(app, _)| *app).collect();
        let path = format!(
            "/api/v1/pods?fieldSelector=spec.nodeName%3D{}&labelSelector=app%20in%20({})",
            self.node,
            apps.join("%2C")
        );
        let found: Found = self.link.get(&path, "list pods").await?;
        best(found.items.0).ok_or_else(|| {
            let what = format!("No pod with the NVIDIA driver runs on {}", self.node);
            let hint = format!("One with the label app is looked for: {}.", apps.join(", "));
            Trouble::new(FaultKind::Gone, what).hint(hint)
        })
    }

    async fn ask(&mut self) -> Result<SmiRow, Trouble> {
        let place = self.look().await?;
        self.place = Some(place.clone());
        let asked = tokio::time::timeout(PATIENCE, self.told(&place)).await;
        let text = asked.unwrap_or_else(|_| {
            let what = format!(
                "nvidia-smi on {} did not answer within {PATIENCE:?}",
                self.node
            );
            let hint = "A GPU may be lost: look at dmesg of the node for NVRM and Xid.";
            Err(Trouble::new(FaultKind::Timeout, what).hint(hint))
        })?;
        let asked = smi::Asked {
            cluster: &self.link.target.id,
            node: &self.node,
            pod: &format!("{}/{}", place.namespace, place.pod),
            at: Timestamp::now(),
        };
        smi::read(&text, asked).map_err(|why| {
            let what = format!(
                "nvidia-smi on {} answered what cannot be read: {why}",
                self.node
            );
            Trouble::new(FaultKind::Malformed, what)
        })
    }

    /// What it prints.
    async fn told(&self, place: &Place) -> Result<String, Trouble> {
        let client = self.link.reader(Arc::new(Pulse::default()));
        let pods: Api<Pod> = Api::namespaced(client, &place.namespace);
        let params = AttachParams::default()
            .container(&place.container)
            .stdin(false)
            .stdout(true)
            .stderr(true);
        let started = pods.exec(&place.pod, COMMAND, &params);
        let mut started = started
            .with_subscriber(NoSubscriber::default())
            .await
            .map_err(|e| self.refused(&e, place))?;
        let (out, err, status) = (started.stdout(), started.stderr(), started.take_status());
        let (out, err) = tokio::join!(whole(out, MOST), whole(err, SAID));
        let status = match status {
            Some(status) => status.await,
            None => None,
        };
        let failed = status
            .as_ref()
            .is_some_and(|s| s.status.as_deref() != Some("Success"));
        if !failed && !out.is_empty() {
            return Ok(out);
        }
        let said = [err, out].into_iter().find(|text| !text.trim().is_empty());
        let said = said.or(status.and_then(|s| s.message)).unwrap_or_default();
        let line = said.lines().next().unwrap_or_default();
        let what = format!("nvidia-smi on {} failed: {}", self.node, Clean::new(line));
        let hint = format!("It was asked in {}/{}.", place.namespace, place.pod);
        Err(Trouble::new(FaultKind::Unreachable, what).hint(hint))
    }

    fn refused(&self, error: &kube::Error, place: &Place) -> Trouble {
        let redact = self.link.redact();
        let what = format!(
            "run nvidia-smi in pod {} in namespace {}",
            place.pod, place.namespace
        );
        let asked = Asked {
            server: &self.link.target.server,
            what: &what,
            redact: &redact,
        };
        let mut trouble = of_client(error, asked);
        if trouble.kind == FaultKind::Denied {
            trouble.hint = format!(
                "Ask for get and create on pods/exec in namespace {}.",
                place.namespace
            );
        }
        trouble
    }
}

/// All of a stream, as far as it may be large.
async fn whole(stream: Option<impl AsyncRead + Unpin>, most: u64) -> String {
    let Some(stream) = stream else {
        return String::new();
    };
    let mut bytes = Vec::new();
    // what came before it broke off says whether it is worth something
    let _ = stream.take(most).read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Reads for Driver {
    type Row = SmiRow;

    fn every(&self) -> Duration {
        EVERY
    }

    async fn read(&mut self) -> Result<Got<SmiRow>, Fault> {
        let told = self.ask().await;
        let source = format!("{}/smi", self.link.target.id);
        let row = told.map_err(|trouble| trouble.fault(&source, Timestamp::now()))?;
        Ok(Got {
            rows: vec![row],
            missing: None,
        })
    }

    fn endpoint(&self) -> Option<String> {
        let place = self.place.as_ref()?;
        Some(format!("nvidia-smi in {}/{}", place.namespace, place.pod))
    }

    async fn anew(&mut self) {
        self.place = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(app: &str, phase: &str, containers: &[&str]) -> Slim {
        let named = |name: &&str| Named {
            name: (*name).to_owned(),
        };
        Slim {
            metadata: Meta {
                namespace: "gpu-operator".to_owned(),
                name: format!("{app}-x"),
                labels: [("app".to_owned(), app.to_owned())].into(),
            },
            spec: Spec {
                containers: containers.iter().map(named).collect(),
            },
            status: Status {
                phase: phase.to_owned(),
            },
        }
    }

    #[test]
    fn the_pod_of_the_driver_is_asked_before_those_that_only_use_it() {
        let place = best(vec![
            pod("nvidia-dcgm-exporter", "Running", &["nvidia-dcgm-exporter"]),
            pod(
                "nvidia-driver-daemonset",
                "Running",
                &["nvidia-fs-ctr", "nvidia-driver-ctr"],
            ),
        ]);
        let place = place.unwrap();
        assert_eq!(place.container, "nvidia-driver-ctr");
        // where the host has the driver there is no pod of it
        let place = best(vec![
            pod("nvidia-driver-daemonset", "Pending", &["nvidia-driver-ctr"]),
            pod(
                "nvidia-device-plugin-daemonset",
                "Running",
                &["plugin", "sidecar"],
            ),
            pod("other", "Running", &["main"]),
        ]);
        assert_eq!(place.unwrap().container, "plugin");
        assert_eq!(best(vec![pod("other", "Running", &["main"])]), None);
    }
}
