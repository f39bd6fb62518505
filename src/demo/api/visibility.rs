//! The API of Kueue that tells places in queues: served beside the API server, stored nowhere. Pure but for the store.
//!
//! Source: kueue v0.19, `pkg/visibility/storage/pending_workloads_cq.go`, `pkg/cache/queue/cluster_queue.go`.

use std::collections::BTreeMap;

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Ask, json as answer_json};
use crate::demo::catalog::{self, Id, text};
use crate::demo::refusal::Refusal;

pub(super) const GROUP: &str = "visibility.kueue.x-k8s.io";
pub(super) const VERSION: &str = "v1beta2";
/// Most that are told where a question sets no limit.
const LIMIT: usize = 1_000;

fn kueue(plural: &str) -> Id {
    catalog::find("kueue.x-k8s.io", "v1beta2", plural).unwrap_or_default()
}

/// Answers what is asked of the group.
pub(super) fn answer(ask: &Ask) -> Result<Response, Refusal> {
    let target = &ask.target;
    let local = match target.plural.as_str() {
        "clusterqueues" => false,
        "localqueues" => true,
        _ => return Err(Refusal::no_path()),
    };
    if target.version != VERSION || target.sub != "pendingworkloads" {
        return Err(Refusal::no_path());
    }
    if target.verb != "get" {
        return Err(Refusal::no_method());
    }
    let id = kueue(&target.plural);
    let found = ask.site.store().get(id, &target.namespace, &target.name);
    if found.is_none() {
        return Err(Refusal::not_found(catalog::ALL[id], &target.name));
    }
    let mine = |p: &Place| {
        if local {
            p.local == target.name && p.namespace() == target.namespace
        } else {
            p.cluster == target.name
        }
    };
    let number = |key: &str| ask.query.get(key).parse::<usize>().ok();
    let all = places(ask).into_iter().filter(mine);
    let shown = all
        .skip(number("offset").unwrap_or(0))
        .take(number("limit").filter(|n| *n > 0).unwrap_or(LIMIT));
    let items: Vec<Value> = shown.map(|p| p.written()).collect();
    let body = json!({"kind": "PendingWorkloadsSummary", "apiVersion": format!("{GROUP}/{VERSION}"),
        "metadata": {}, "items": items});
    Ok(answer_json(StatusCode::OK, &body))
}

/// A workload that waits.
struct Place {
    workload: Value,
    local: String,
    cluster: String,
    in_local: usize,
    in_cluster: usize,
}

impl Place {
    fn namespace(&self) -> &str {
        text(&self.workload, "/metadata/namespace")
    }

    fn written(&self) -> Value {
        let meta = &self.workload["metadata"];
        json!({"metadata": {"name": meta["name"], "namespace": meta["namespace"],
                "creationTimestamp": meta["creationTimestamp"], "ownerReferences": meta["ownerReferences"]},
            "priority": self.workload["spec"]["priority"], "localQueueName": self.local,
            "positionInClusterQueue": self.in_cluster, "positionInLocalQueue": self.in_local})
    }
}

/// All that wait, in the order in which they are tried: the highest priority first, then the oldest.
fn places(ask: &Ask) -> Vec<Place> {
    let store = ask.site.store();
    let read = |plural| store.list(kueue(plural), "").map(|o| o.value());
    let locals: BTreeMap<(String, String), String> = read("localqueues")
        .map(|q| {
            let own = |at| text(&q, at).to_owned();
            let name = (own("/metadata/namespace"), own("/metadata/name"));
            (name, own("/spec/clusterQueue"))
        })
        .collect();
    let mut waiting: Vec<Value> = read("workloads").filter(waits).collect();
    waiting.sort_by_key(|w| {
        let priority = w["spec"]["priority"].as_i64().unwrap_or(0);
        (-priority, text(w, "/metadata/creationTimestamp").to_owned())
    });
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut next = |queue: (String, String)| {
        let count = counts.entry(queue).or_default();
        *count += 1;
        *count - 1
    };
    let found = waiting.into_iter().filter_map(|workload| {
        let local = text(&workload, "/spec/queueName").to_owned();
        let namespace = text(&workload, "/metadata/namespace").to_owned();
        let cluster = locals.get(&(namespace.clone(), local.clone()))?.clone();
        Some(Place {
            in_local: next((namespace, local.clone())),
            in_cluster: next((String::new(), cluster.clone())),
            workload,
            local,
            cluster,
        })
    });
    found.collect()
}

fn waits(workload: &Value) -> bool {
    let all = workload["status"]["conditions"].as_array();
    let is = |kind: &str| {
        let mut all = all.into_iter().flatten();
        all.any(|c| c["type"] == kind && c["status"] == "True")
    };
    !is("QuotaReserved") && !is("Finished") && workload["spec"]["active"] != false
}
