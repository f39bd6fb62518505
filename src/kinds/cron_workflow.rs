//! Argo cron workflows. Pure. Fields: `pkg/apis/workflow/v1alpha1/cron_workflow_types.go` of Argo Workflows 3.7.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lenient::{Flag, Int, List, Obj, When};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, CronRow};

/// The feed `cron-workflows`.
#[derive(Debug, Clone, Copy)]
pub struct CronWorkflows;

/// What is read of a cron workflow.
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
    schedule: Clean,
    schedules: List<Clean>,
    timezone: Clean,
    suspend: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    active: List<IgnoredAny>,
    last_scheduled_time: When,
    conditions: List<Obj<Condition>>,
    succeeded: Int,
    failed: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: Clean,
    status: Clean,
    message: Clean,
}

impl Kind for CronWorkflows {
    type Slim = Slim;
    type Row = CronRow;
    const SPEC: KindSpec = KindSpec {
        feed: "cron-workflows",
        group: "argoproj.io",
        version: "v1alpha1",
        plural: "cronworkflows",
        kind: "CronWorkflow",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> CronRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        CronRow {
            key: slim.metadata.slim.key(cluster),
            schedule: schedule(&spec),
            timezone: spec.timezone,
            suspended: spec.suspend.0,
            active: u32::try_from(status.active.len()).unwrap_or(u32::MAX),
            last: status.last_scheduled_time.0,
            trouble: trouble(&status.conditions),
            succeeded: status.succeeded.count(),
            failed: status.failed.count(),
            created: slim.metadata.created.0,
        }
    }
}

fn schedule(spec: &Spec) -> Clean {
    let written: Vec<&str> = spec
        .schedules
        .iter()
        .map(Clean::as_str)
        .filter(|s| !s.is_empty())
        .collect();
    if written.is_empty() {
        spec.schedule.clone()
    } else {
        Clean::new(&written.join("; "))
    }
}

fn trouble(conditions: &List<Obj<Condition>>) -> Clean {
    conditions
        .iter()
        .filter_map(Obj::get)
        .find(|c| &*c.r#type == "SubmissionError" && &*c.status != "False")
        .map(|c| c.message.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> CronRow {
        CronWorkflows::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_cron_workflow_tells_when_it_fires_and_why_it_could_not() {
        let row = row(serde_json::json!({
            "metadata": {"name": "nightly", "namespace": "ml"},
            "spec": {"schedules": ["0 2 * * *", "0 14 * * *"], "timezone": "Europe/Berlin", "suspend": true},
            "status": {"active": [{}, {}], "lastScheduledTime": "2026-11-20T02:00:00Z", "succeeded": 12, "failed": "3",
                "conditions": [{"type": "SubmissionError", "status": "True", "message": "quota"}]}
        }));
        assert_eq!(&*row.schedule, "0 2 * * *; 0 14 * * *");
        assert_eq!((row.active, row.succeeded, row.failed), (2, 12, 3));
        assert!(row.suspended && row.last.is_some());
        assert_eq!(&*row.trouble, "quota");
    }

    #[test]
    fn the_single_schedule_of_older_objects_is_read() {
        let row = row(serde_json::json!({
            "metadata": {"name": "nightly"}, "spec": {"schedule": "@daily"}, "status": null
        }));
        assert_eq!(&*row.schedule, "@daily");
    }
}
