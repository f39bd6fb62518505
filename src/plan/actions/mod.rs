//! The actions, one file each, and the registry. Pure. A new action is a file here and a line in [`ACTIONS`].

mod cache_drop;
mod cache_put;
#[cfg(test)]
mod cache_tests;
mod cron;
mod experiment_budget;
mod experiment_delete;
mod experiment_parallelism;
#[cfg(test)]
mod experiment_tests;
mod gate_approve;
mod gate_reject;
mod gate_set_value;
mod job_delete;
mod job_resume;
mod job_suspend;
#[cfg(test)]
mod job_tests;
mod jobs;
mod model_archive;
mod model_promote;
mod model_revert_alias;
mod model_set_alias;
mod node_cordon;
mod node_drain;
mod node_mig_layout;
#[cfg(test)]
mod node_tests;
mod notebook_stop;
mod pod_delete;
#[cfg(test)]
mod queue_tests;
mod quota_set;
mod run_delete;
mod run_resubmit;
mod run_resume;
mod run_retry;
mod run_stop;
mod run_suspend;
mod run_terminate;
mod service_canary;
mod service_promote;
mod service_restart;
mod service_restore;
mod service_resume;
mod service_rollback;
mod service_scale;
mod service_stop;
#[cfg(test)]
mod service_tests;
mod service_weight;
mod silence_create;
mod silence_end;
#[cfg(test)]
mod silence_tests;
mod template_submit;
mod trial_delete;
mod workload_hold;

use jobs::{DELETE_JOBS, JOBS, PATCH_JOBS};

use super::home::Home;
use super::serving;
use super::spec::{Action, ParameterKind, ParameterSpec, Resource};
use crate::kinds::{
    CronWorkflows, Experiments, Kind, Nodes, Notebooks, Pods, Profiles, QueuedWorkloads, Quotas,
    Trials, WorkflowTemplates, Workflows,
};

/// All actions, in the order in which they are listed.
pub const ACTIONS: &[&dyn Action] = &[
    &run_retry::Retry,
    &run_resubmit::Resubmit,
    &run_stop::Stop,
    &run_terminate::Terminate,
    &run_suspend::Suspend,
    &run_resume::Resume,
    &run_delete::Delete,
    &gate_approve::Approve,
    &gate_reject::Reject,
    &gate_set_value::SetValue,
    &cron::Suspend,
    &cron::Resume,
    &template_submit::Submit,
    &cache_drop::Drop,
    &cache_put::Put,
    &pod_delete::Delete,
    &service_canary::SetCanary,
    &service_promote::Promote,
    &service_rollback::Rollback,
    &service_restore::RestoreSpec,
    &service_scale::Scale,
    &service_restart::Restart,
    &service_stop::Stop,
    &service_resume::Resume,
    &service_weight::SetWeight,
    &model_promote::Promote,
    &model_set_alias::SetAlias,
    &model_revert_alias::RevertAlias,
    &model_archive::Archive,
    &silence_create::Create,
    &silence_end::End,
    &experiment_parallelism::SetParallelism,
    &experiment_parallelism::Pause,
    &experiment_parallelism::Unpause,
    &experiment_budget::SetBudget,
    &experiment_budget::Restart,
    &experiment_delete::Delete,
    &trial_delete::Delete,
    &node_cordon::Cordon,
    &node_cordon::Uncordon,
    &node_drain::Drain,
    &node_mig_layout::MigLayout,
    &workload_hold::Hold,
    &workload_hold::Release,
    &quota_set::Set,
    &notebook_stop::Stop,
    &notebook_stop::Start,
    &job_suspend::Suspend,
    &job_resume::Resume,
    &job_delete::Delete,
];

const RUNS: &[Resource] = &[Resource::of(&Workflows::SPEC)];
const CRONS: &[Resource] = &[Resource::of(&CronWorkflows::SPEC)];
const PODS: &[Resource] = &[Resource::of(&Pods::SPEC)];
const EXPERIMENTS: &[Resource] = &[Resource::of(&Experiments::SPEC)];
const NODES: &[Resource] = &[Resource::of(&Nodes::SPEC)];
const WORKLOADS: &[Resource] = &[Resource::of(&QueuedWorkloads::SPEC)];
const QUOTAS: &[Resource] = &[Resource::of(&Quotas::SPEC), Resource::of(&Profiles::SPEC)];
const NOTEBOOKS: &[Resource] = &[Resource::of(&Notebooks::SPEC)];
const TRIALS: &[Resource] = &[Resource::of(&Trials::SPEC)];
const CACHES: &[Resource] = &[Resource {
    feed: "caches",
    group: "",
    version: "v1",
    plural: "configmaps",
    kind: "ConfigMap",
    namespaced: true,
    home: Home::Kubernetes,
}];
const TEMPLATES: &[Resource] = &[
    Resource::of(&WorkflowTemplates::SPEC),
    Resource {
        plural: "clusterworkflowtemplates",
        kind: "ClusterWorkflowTemplate",
        namespaced: false,
        ..Resource::of(&WorkflowTemplates::SPEC)
    },
];

const SERVICE: Resource = Resource {
    feed: "services",
    group: serving::GROUP,
    version: "v1beta1",
    plural: "inferenceservices",
    kind: "InferenceService",
    namespaced: true,
    home: Home::Kubernetes,
};
const LLM_SERVICE: Resource = Resource {
    feed: "llm-services",
    version: "v1alpha2",
    plural: "llminferenceservices",
    kind: "LLMInferenceService",
    ..SERVICE
};
const SERVICES: &[Resource] = &[SERVICE];
const KNATIVE_SERVICES: &[Resource] = SERVICES;
const LLM_SERVICES: &[Resource] = &[LLM_SERVICE];
const ALL_SERVICES: &[Resource] = &[SERVICE, LLM_SERVICE];

/// Which part of a service; the same for all that move traffic.
const COMPONENT: ParameterSpec = ParameterSpec {
    name: "component",
    kind: ParameterKind::Choice(&["auto", "predictor", "transformer", "explainer"]),
    default: "auto",
    help: "Each part has revisions and a percent of its own. auto: the parts with a canary.",
};

/// Which gate; the same for all that decide one.
const GATE: ParameterSpec = ParameterSpec {
    name: "node",
    kind: ParameterKind::Text,
    default: "",
    help: "The gate, by node id or name; not needed while only one waits.",
};

/// Parameters of a run that is made or run again.
const ARGUMENTS: ParameterSpec = ParameterSpec {
    name: "parameters",
    kind: ParameterKind::Pairs,
    default: "",
    help: "Arguments of the run that are set anew, as NAME=VALUE.",
};

/// The action of this name.
#[must_use]
pub fn action(name: &str) -> Option<&'static dyn Action> {
    ACTIONS.iter().copied().find(|a| a.spec().name == name)
}

/// Of these names, the one that was probably meant.
#[must_use]
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    names
        .map(|name| {
            let far = distance(wanted, name).min(1 + distance(wanted, &last(name)));
            (far, name)
        })
        .filter(|(far, name)| far * 2 < name.len().max(wanted.len()))
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// How many letters have to be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, x) in a.chars().take(100).enumerate() {
        let mut above = at;
        let mut left = at + 1;
        for (slot, y) in row.iter_mut().skip(1).zip(&b) {
            let cost = above + usize::from(x != *y);
            above = *slot;
            left = cost.min(above + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let names = || ACTIONS.iter().map(|a| a.spec().name);
        assert_eq!(nearest("run.rety", names()), Some("run.retry"));
        assert_eq!(nearest("retry", names()), Some("run.retry"));
        assert_eq!(nearest("gate.aprove", names()), Some("gate.approve"));
        assert_eq!(nearest("sell.everything", names()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn names_of_actions_and_parameters_are_their_own() {
        let mut names: Vec<&str> = ACTIONS.iter().map(|a| a.spec().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ACTIONS.len());
        for spec in ACTIONS.iter().map(|a| a.spec()) {
            assert!(!spec.targets.is_empty(), "{}", spec.name);
            for parameter in spec.parameters {
                assert_eq!(spec.parameter(parameter.name).unwrap().help, parameter.help);
            }
        }
    }
}
