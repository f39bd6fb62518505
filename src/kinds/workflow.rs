//! Argo workflows as runs in a list. Pure.

use super::argo::fold::{Fold, Folded};
use super::argo::last_word::last_word;
use super::argo::object::{Nodes, Spec, Status, Timers, Workflow};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, Engine, NodeStorage, Phase, Progress, RunRow};

/// The feed `workflows`.
#[derive(Debug, Clone, Copy)]
pub struct Workflows;

impl Kind for Workflows {
    type Slim = Workflow<Fold>;
    type Row = RunRow;
    const SPEC: KindSpec = KindSpec {
        feed: "workflows",
        group: "argoproj.io",
        version: "v1alpha1",
        plural: "workflows",
        kind: "Workflow",
        namespaced: true,
        page: 100,
    };

    fn meta(slim: &Self::Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Self::Slim) -> RunRow {
        let (spec, mut status) = (slim.spec.or_empty(), slim.status.or_empty());
        let (nodes, storage, gap) = status.take_nodes();
        let folded = nodes.finish(&Timers::new(&spec, &status));
        run_row(
            cluster,
            &slim.metadata,
            &spec,
            &Seen {
                status: &status,
                folded,
                storage,
                gap: &gap,
            },
        )
    }
}

/// What was seen of a workflow's state.
pub(super) struct Seen<'a, N> {
    pub(super) status: &'a Status<N>,
    pub(super) folded: Folded,
    pub(super) storage: NodeStorage,
    /// Why nodes are missing, or empty.
    pub(super) gap: &'a str,
}

/// The row of a run: the same for the list and for the opened run.
pub(super) fn run_row<N: Nodes>(
    cluster: &ClusterId,
    meta: &Meta,
    spec: &Spec,
    seen: &Seen<'_, N>,
) -> RunRow {
    let status = seen.status;
    let kfp_run = meta.labels.get("pipeline/runid");
    let phase = phase(spec, status, &seen.folded);
    let mut word = last_word(phase, spec, status, &seen.folded);
    if word.is_empty() && !seen.gap.is_empty() && phase != Phase::Succeeded {
        word = Clean::new(seen.gap);
    }
    RunRow {
        key: meta.slim.key(cluster),
        uid: Clean::new(&meta.slim.uid),
        labels: meta.all.clone(),
        version: Clean::new(&meta.slim.resource_version),
        engine: if kfp_run.is_empty() {
            Engine::Argo
        } else {
            Engine::Kfp
        },
        phase,
        message: status.message.clone(),
        last_word: word,
        progress: Progress::parse(&status.progress),
        tally: seen.folded.tally,
        created: meta.created.0,
        started: status.started_at.0,
        finished: status.finished_at.0,
        origin: origin(meta, spec),
        estimate: status.estimated_duration.maybe_count().filter(|s| *s > 0),
        kfp_run,
        storage: seen.storage,
    }
}

/// The controller's word, but `Waiting` where only a person can move the run on.
fn phase<N>(spec: &Spec, status: &Status<N>, folded: &Folded) -> Phase {
    let phase = Phase::from_argo(&status.phase);
    if phase.is_active() && (spec.suspend.0 || folded.gate.is_some()) {
        Phase::Waiting
    } else {
        phase
    }
}

/// Where the run came from; the nearest cause when several labels are there.
fn origin(meta: &Meta, spec: &Spec) -> Clean {
    const LABELS: [(&str, &str); 5] = [
        (
            "workflows.argoproj.io/resubmitted-from-workflow",
            "resubmit of",
        ),
        (
            "scheduledworkflows.kubeflow.org/scheduledWorkflowName",
            "recurring run",
        ),
        ("workflows.argoproj.io/cron-workflow", "cron"),
        ("workflows.argoproj.io/workflow-template", "template"),
        (
            "workflows.argoproj.io/cluster-workflow-template",
            "cluster template",
        ),
    ];
    for (label, word) in LABELS {
        let name = meta.labels.get(label);
        if !name.is_empty() {
            return Clean::new(&format!("{word} {name}"));
        }
    }
    match spec.workflow_template_ref.get() {
        Some(of) if of.cluster_scope.0 => Clean::new(&format!("cluster template {}", of.name)),
        Some(of) => Clean::new(&format!("template {}", of.name)),
        None => Clean::default(),
    }
}

#[cfg(test)]
mod tests;
