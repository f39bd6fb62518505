//! Suggestions of Katib: what gives experiments their sets of parameters. Pure. Fields:
//! `pkg/apis/controller/suggestions/v1beta1/suggestion_types.go` of Katib 0.18.

use serde::Deserialize;

use super::conditions::{Conditions, find, holds, safe, sentence};
use super::lenient::{Int, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, SuggestionRow};

/// The feed `suggestions`.
#[derive(Debug, Clone, Copy)]
pub struct Suggestions;

/// What is read of a suggestion.
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
    requests: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    suggestion_count: Int,
}

impl Kind for Suggestions {
    type Slim = Slim;
    type Row = SuggestionRow;
    const SPEC: KindSpec = KindSpec {
        feed: "suggestions",
        group: "kubeflow.org",
        version: "v1beta1",
        plural: "suggestions",
        kind: "Suggestion",
        namespaced: true,
        // its status has the parameters of all trials
        page: 50,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> SuggestionRow {
        let (meta, status) = (slim.metadata, slim.status.or_empty());
        let failed = holds(&status.conditions, "Failed") == Some(true);
        SuggestionRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            asked: slim.spec.or_empty().requests.maybe_count(),
            given: status.suggestion_count.maybe_count(),
            ready: holds(&status.conditions, "DeploymentReady"),
            trouble: trouble(&status.conditions, failed),
            failed,
            created: meta.created.0,
        }
    }
}

/// What is said of the condition that keeps it from its work.
fn trouble(conditions: &Conditions, failed: bool) -> Clean {
    let not_ready = || {
        find(conditions, "DeploymentReady").filter(|c| holds(conditions, &c.r#type) != Some(true))
    };
    let told = if failed {
        find(conditions, "Failed")
    } else {
        not_ready()
    };
    let Some(condition) = told else {
        return Clean::default();
    };
    let parts = [&*condition.reason, sentence(&condition.message)];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    safe(&parts.join(": "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(json: Value) -> SuggestionRow {
        Suggestions::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_suggestion_tells_whether_it_gives_what_is_asked() {
        let row = row(
            json!({"metadata": {"name": "sweep"}, "spec": {"requests": 20},
            "status": {"suggestionCount": 12, "conditions": [{"type": "DeploymentReady", "status": "False",
                "reason": "DeploymentNotReady", "message": "Deployment is not ready"}]}}),
        );
        assert_eq!(
            (row.asked, row.given, row.ready),
            (Some(20), Some(12), Some(false))
        );
        assert_eq!(&*row.trouble, "DeploymentNotReady: Deployment is not ready");
    }

    #[test]
    fn a_failure_comes_before_a_deployment_that_is_not_ready() {
        let row = row(json!({"metadata": {"name": "s"}, "status": {"conditions": [
            {"type": "DeploymentReady", "status": "False", "reason": "a"},
            {"type": "Failed", "status": "True", "reason": "SuggestionFailed", "message": "list of parameters is empty"}]}}));
        assert!(row.failed);
        assert_eq!(
            &*row.trouble,
            "SuggestionFailed: list of parameters is empty"
        );
        let bare = self::row(json!({"metadata": {"name": "s"}, "status": 3}));
        assert_eq!((bare.asked, bare.ready, bare.failed), (None, None, false));
    }
}
