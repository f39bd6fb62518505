//! `LLMInferenceService` of `KServe`. Pure. Fields: `pkg/apis/serving/v1alpha2/llm_inference_service_types.go` of
//! `KServe` 0.20; what is read of it has the same names in v1alpha1, which older installations alone serve.

use serde::Deserialize;

use super::conditions::{Conditions, holds, place, safe, trouble};
use super::inference_service::{behind, is_stopped};
use super::lenient::{Flag, Int, List, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, ModelState, ServiceRow, ServingMode, Share};

/// The feed `llm-services`.
#[derive(Debug, Clone, Copy)]
pub struct LlmInferenceServices;

/// The same feed where the server knows only the version before.
#[derive(Debug, Clone, Copy)]
pub struct OlderLlmInferenceServices;

/// What is read of it.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    model: Obj<Model>,
    replicas: Int,
    scaling: Obj<Scaling>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    uri: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Scaling {
    min_replicas: Int,
    max_replicas: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    url: Clean,
    addresses: List<Obj<Address>>,
    router: Obj<Router>,
    workloads: Obj<Workloads>,
    observed_generation: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    url: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Router {
    group: Obj<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    members: List<Obj<Member>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    name: Clean,
    weight: Int,
    stopped: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workloads {
    primary: Obj<Workload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Workload {
    ready_replicas: Int,
}

const SPEC: KindSpec = KindSpec {
    feed: "llm-services",
    group: "serving.kserve.io",
    version: "v1alpha2",
    plural: "llminferenceservices",
    kind: "LLMInferenceService",
    namespaced: true,
    page: 250,
};

impl Kind for LlmInferenceServices {
    type Slim = Slim;
    type Row = ServiceRow;
    const SPEC: KindSpec = SPEC;

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> ServiceRow {
        let meta = slim.metadata;
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let stopped = is_stopped(&meta);
        let trouble = if stopped {
            Clean::default()
        } else {
            trouble(&status.conditions, &["Stopped", "GroupDegraded"])
        };
        let scaling = spec.scaling.or_empty();
        let workloads = status.workloads.get();
        let primary = workloads.and_then(|w| w.primary.get());
        let key = meta.slim.key(cluster);
        ServiceRow {
            place: ServiceRow::place_of(&key, true),
            key,
            uid: Clean::new(&meta.slim.uid),
            mode: ServingMode::Llm,
            ready: holds(&status.conditions, "Ready"),
            trouble,
            model: ModelState::default(),
            uri: place(&spec.model.or_empty().uri),
            format: Clean::default(),
            runtime: Clean::default(),
            canary: None,
            traffic: shares(status.router.get().and_then(|r| r.group.get())),
            created_revision: Clean::default(),
            ready_revision: Clean::default(),
            rolled_out: Clean::default(),
            previous: Clean::default(),
            canaries: Box::default(),
            beside: Box::default(),
            min_replicas: either(spec.replicas, scaling.min_replicas),
            max_replicas: either(spec.replicas, scaling.max_replicas),
            ready_replicas: primary.and_then(|p| p.ready_replicas.maybe_count()),
            stopped,
            frozen: false,
            behind: behind(&meta, status.observed_generation, &status.conditions),
            url: url(&status),
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

impl Kind for OlderLlmInferenceServices {
    type Slim = Slim;
    type Row = ServiceRow;
    const SPEC: KindSpec = KindSpec {
        version: "v1alpha1",
        ..SPEC
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> ServiceRow {
        LlmInferenceServices::row(cluster, slim)
    }
}

/// Replicas are written as a number or as bounds; the two exclude each other.
fn either(fixed: Int, bound: Int) -> Option<u32> {
    fixed.maybe_count().or_else(|| bound.maybe_count())
}

fn url(status: &Status) -> Clean {
    let mut others = status.addresses.iter().filter_map(Obj::get).map(|a| &a.url);
    if status.url.is_empty() {
        safe(others.find(|u| !u.is_empty()).map_or("", |u| u))
    } else {
        safe(&status.url)
    }
}

/// Parts of the traffic of a route group, by weight; a member that is stopped counts as none.
fn shares(group: Option<&Group>) -> Box<[Share]> {
    let members: Vec<&Member> = group
        .into_iter()
        .flat_map(|g| g.members.iter())
        .filter_map(Obj::get)
        .collect();
    let weight = |m: &Member| {
        if m.stopped.0 {
            0
        } else {
            u64::from(m.weight.count())
        }
    };
    let all: u64 = members.iter().map(|m| weight(m)).sum();
    let share = |m: &&Member| Share {
        revision: m.name.clone(),
        percent: u32::try_from((weight(m) * 100).checked_div(all).unwrap_or(0)).unwrap_or(100),
        tag: Clean::default(),
    };
    members.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> ServiceRow {
        LlmInferenceServices::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_group_tells_who_gets_which_part() {
        let row = row(serde_json::json!({
            "metadata": {"name": "chat-a", "namespace": "ml", "generation": 2},
            "spec": {"model": {"uri": "hf://org/chat"}, "replicas": 3},
            "status": {"observedGeneration": 2, "addresses": [{"url": "http://gw/ml/chat"}],
                "conditions": [{"type": "Ready", "status": "True"}],
                "workloads": {"primary": {"readyReplicas": 2}},
                "router": {"group": {"name": "chat", "members": [
                    {"name": "chat-a", "weight": 3}, {"name": "chat-b", "weight": 1},
                    {"name": "chat-c", "weight": 9, "stopped": true}]}}}
        }));
        let shares: Vec<_> = row
            .traffic
            .iter()
            .map(|s| (&*s.revision, s.percent))
            .collect();
        assert_eq!(shares, [("chat-a", 75), ("chat-b", 25), ("chat-c", 0)]);
        assert_eq!((row.mode, row.ready), (ServingMode::Llm, Some(true)));
        assert_eq!((row.ready_replicas, row.min_replicas), (Some(2), Some(3)));
        assert_eq!(
            (&*row.uri, &*row.url),
            ("hf://org/chat", "http://gw/ml/chat")
        );
        assert!(!row.behind);
    }

    #[test]
    fn what_keeps_it_from_being_ready_is_told() {
        let row = row(serde_json::json!({
            "metadata": {"name": "chat"},
            "spec": {"scaling": {"minReplicas": 1, "maxReplicas": 4}},
            "status": {"conditions": [
                {"type": "Ready", "status": "False", "reason": "MinimumReplicasUnavailable"},
                {"type": "MainWorkloadReady", "status": "False", "reason": "MinimumReplicasUnavailable",
                 "message": "Deployment does not have minimum availability."}]}
        }));
        assert_eq!(
            &*row.trouble,
            "MainWorkloadReady: MinimumReplicasUnavailable: Deployment does not have minimum availability."
        );
        assert_eq!((row.min_replicas, row.max_replicas), (Some(1), Some(4)));
    }

    #[test]
    fn odd_fields_lose_no_row() {
        for odd in [
            "null",
            "5",
            "\"x\"",
            "[1]",
            "{\"group\":{\"members\":[5,{\"weight\":\"x\"}]}}",
        ] {
            let json = format!(
                r#"{{"metadata":{{"name":"s"}},"spec":{odd},"status":{{"router":{odd},"conditions":{odd},"workloads":{odd}}}}}"#
            );
            let row = row(serde_json::from_str(&json).unwrap());
            assert_eq!(&*row.key.name, "s");
        }
    }
}
