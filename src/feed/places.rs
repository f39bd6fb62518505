//! The feed `queue-places`: which place workloads have in their queues, as Kueue's visibility API tells. Does I/O.
//!
//! It cannot be watched. Only queues in which something waits are asked. Nobody else knows the order: it depends on cohort,
//! priority and fair sharing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::{Clean, PlaceRow};
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Link, Source, Trouble};
use crate::feed::poll::{Got, Reads, poll};
use crate::kinds::KindSpec;
use crate::kinds::lenient::{Int, List, Obj};
use crate::kinds::queue_place::{MOST, Summary};

/// The feed of places.
pub(crate) const SPEC: KindSpec = crate::feed::asked("queue-places");

const GROUP: &str = "visibility.kueue.x-k8s.io";
const KUEUE: &str = "kueue.x-k8s.io";
/// How often it is asked while somebody looks.
const EVERY: Duration = Duration::from_secs(30);
/// Most queues asked.
const QUEUES: usize = 64;

/// Tells places until nobody listens any more.
pub(crate) async fn run(source: Source) {
    let asks = Places {
        link: source.link.clone(),
        versions: None,
    };
    poll(source, asks, "looking for Kueue's visibility API").await;
}

struct Places {
    link: Arc<Link>,
    /// Versions of the visibility API and of Kueue's own.
    versions: Option<(String, String)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Group {
    preferred_version: Obj<Version>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    version: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Queues {
    items: List<Obj<Queue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Queue {
    metadata: Obj<Named>,
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    pending_workloads: Int,
}

/// Queues in which something waits, by names that can stand in a path.
fn waiting(queues: Queues) -> Vec<Clean> {
    let all = queues.items.0.into_iter().filter_map(|o| o.0);
    let waits = all.filter(|q| {
        let told = q.status.get();
        // a queue that tells nothing may have some
        told.is_none_or(|s| s.pending_workloads.maybe_count() != Some(0))
    });
    let names = waits.map(|q| q.metadata.or_empty().name);
    names.filter(|name| is_plain(name)).take(QUEUES).collect()
}

fn is_plain(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    !text.is_empty() && text.bytes().all(plain)
}

impl Places {
    async fn version(&self, group: &str) -> Result<String, Trouble> {
        let path = format!("/apis/{group}");
        let found: Group = self
            .link
            .get(&path, "read which queues tell places")
            .await?;
        let version = found.preferred_version.or_empty().version;
        if is_plain(&version) {
            return Ok(version.to_string());
        }
        let what = format!("{group} names no version");
        Err(Trouble::new(FaultKind::Malformed, what))
    }

    async fn versions(&mut self) -> Result<(String, String), Trouble> {
        if let Some(known) = &self.versions {
            return Ok(known.clone());
        }
        let found = (self.version(GROUP).await?, self.version(KUEUE).await?);
        self.versions = Some(found.clone());
        Ok(found)
    }

    async fn queues(&mut self) -> Result<(String, Vec<Clean>), Trouble> {
        let (own, kueue) = self.versions().await?;
        let path = format!("/apis/{KUEUE}/{kueue}/clusterqueues?limit=500");
        let all: Queues = self.link.get(&path, "list clusterqueues").await?;
        Ok((own, waiting(all)))
    }

    /// What is wrong, for a person.
    fn fault(&self, trouble: &Trouble) -> Fault {
        let mut trouble = trouble.clone();
        if trouble.kind == FaultKind::Gone {
            "Kueue's visibility API is not served".clone_into(&mut trouble.what);
            "Without it nobody but Kueue knows the place of a workload in its queue; its chart serves it unless it is switched off"
                .clone_into(&mut trouble.hint);
        }
        trouble.fault(self.link.target.id.as_str(), Timestamp::now())
    }
}

impl Reads for Places {
    type Row = PlaceRow;

    fn every(&self) -> Duration {
        EVERY
    }

    async fn read(&mut self) -> Result<Got<PlaceRow>, Fault> {
        let (version, queues) = match self.queues().await {
            Ok(found) => found,
            Err(trouble) => return Err(self.fault(&trouble)),
        };
        let (mut rows, mut missing, mut answered) = (Vec::new(), None, queues.is_empty());
        for queue in queues {
            let path = format!(
                "/apis/{GROUP}/{version}/clusterqueues/{queue}/pendingworkloads?limit={MOST}"
            );
            let what = "get clusterqueues/pendingworkloads";
            match self.link.get::<Summary>(&path, what).await {
                Ok(summary) => {
                    answered = true;
                    rows.extend(summary.rows(&self.link.target.id, &queue));
                }
                Err(trouble) => missing = Some(self.fault(&trouble)),
            }
        }
        match missing {
            Some(fault) if !answered => Err(fault),
            missing => Ok(Got { rows, missing }),
        }
    }

    fn endpoint(&self) -> Option<String> {
        let (version, _) = self.versions.as_ref()?;
        Some(format!("{GROUP}/{version}, through the API server"))
    }

    async fn anew(&mut self) {
        self.versions = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queues_in_which_something_waits_are_asked() {
        let told = serde_json::json!({"items": [
            {"metadata": {"name": "research"}, "status": {"pendingWorkloads": 2}},
            {"metadata": {"name": "idle"}, "status": {"pendingWorkloads": 0}},
            {"metadata": {"name": "silent"}},
            {"metadata": {"name": "../pods"}, "status": {"pendingWorkloads": 9}}]});
        let queues = serde_json::from_value(told).unwrap();
        let names: Vec<String> = waiting(queues).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["research", "silent"]);
    }
}
