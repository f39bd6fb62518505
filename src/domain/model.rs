//! Registered models, their versions, and the runs that made them, as rows. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Clean, Figure, Key, failed_gates};

/// A tag, or a parameter: a name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// Its name.
    pub key: Clean,
    /// Its value.
    pub value: Clean,
}

/// The value of a key among tags.
#[must_use]
pub fn tag<'a>(tags: &'a [Tag], key: &str) -> Option<&'a Clean> {
    tags.iter().find(|t| &*t.key == key).map(|t| &t.value)
}

/// A name that points at one version of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Its name: `champion`, `challenger` …
    pub name: Clean,
    /// Number of the version.
    pub version: u64,
    /// When it was seen to move there; the registry itself does not tell.
    pub moved: Option<Timestamp>,
}

/// What is known of every version of a model: enough to tell which one a service loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMark {
    /// Its number.
    pub number: u64,
    /// Where its files are.
    pub source: Clean,
    /// The run that made it; may be empty.
    pub run: Clean,
    /// When it was registered.
    pub created: Option<Timestamp>,
    /// Gates that its own tags say it did not pass.
    pub failed: Box<[Clean]>,
}

/// One registered model in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    /// Its name (no namespace in the key).
    pub key: Key,
    /// Its tags.
    pub tags: Box<[Tag]>,
    /// Its aliases, in the order of their names.
    pub aliases: Box<[Alias]>,
    /// Number of the newest version.
    pub newest: Option<u64>,
    /// Its versions, the newest first; none while they were not read.
    pub versions: Option<Arc<[VersionMark]>>,
    /// What people wrote about it.
    pub description: Clean,
    /// A prompt, which the registry keeps as a model.
    pub prompt: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it changed; a move of an alias is no change to the registry.
    pub updated: Option<Timestamp>,
}

impl ModelRow {
    /// The version that an alias points at.
    #[must_use]
    pub fn alias(&self, name: &str) -> Option<&Alias> {
        self.aliases.iter().find(|a| &*a.name == name)
    }

    /// What is known of a version.
    #[must_use]
    pub fn version(&self, number: u64) -> Option<&VersionMark> {
        self.versions
            .iter()
            .flat_map(|v| v.iter())
            .find(|v| v.number == number)
    }
}

/// A metric of a run, its last value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: Clean,
    /// Its value.
    pub value: Figure,
}

/// A dataset that went into a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its name.
    pub name: Clean,
    /// What tells its contents apart.
    pub digest: Clean,
    /// Where it comes from.
    pub source: Clean,
    /// What it was for: `training`, `eval`; may be empty.
    pub context: Clean,
}

/// The run that made a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRun {
    /// Its id.
    pub id: Clean,
    /// Its name.
    pub name: Clean,
    /// `FINISHED`, `FAILED`, `RUNNING` …
    pub status: Clean,
    /// Who started it.
    pub user: Clean,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Last value of each metric, by name.
    pub metrics: Box<[Metric]>,
    /// Its parameters, by name.
    pub params: Box<[Tag]>,
    /// Its tags, without those that the tracking library writes for itself.
    pub tags: Box<[Tag]>,
    /// What it was fed with.
    pub datasets: Box<[Dataset]>,
    /// The pipeline run it was a part of, as a tag says; empty when none does.
    pub pipeline: Clean,
}

impl ModelRun {
    /// The value of a metric.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<Figure> {
        self.metrics
            .iter()
            .find(|m| &*m.name == name)
            .map(|m| m.value)
    }
}

/// What is known of the run of a version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Made {
    /// Not read yet.
    #[default]
    Unread,
    /// The version names none.
    ByNoRun,
    /// Its run is gone.
    Gone,
    /// It cannot be read; why.
    Unreadable(Clean),
    /// By this one.
    By(Arc<ModelRun>),
}

impl Made {
    /// The run, when it was read.
    #[must_use]
    pub fn run(&self) -> Option<&ModelRun> {
        match self {
            Self::By(run) => Some(run),
            _ => None,
        }
    }
}

/// One version of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// `MODEL/VERSION` (no namespace in the key).
    pub key: Key,
    /// Name of its model.
    pub model: Clean,
    /// Its number.
    pub number: u64,
    /// `READY`, `PENDING_REGISTRATION`, `FAILED_REGISTRATION`.
    pub status: Clean,
    /// What the registry says of that status; may be empty.
    pub message: Clean,
    /// Its stage, which aliases have replaced; empty when it has none.
    pub stage: Clean,
    /// Where its files are.
    pub source: Clean,
    /// The run that made it; may be empty.
    pub run: Clean,
    /// Its tags.
    pub tags: Box<[Tag]>,
    /// Aliases that point at it.
    pub aliases: Box<[Clean]>,
    /// What people wrote about it.
    pub description: Clean,
    /// Who registered it.
    pub user: Clean,
    /// When it was registered.
    pub created: Option<Timestamp>,
    /// When it changed.
    pub updated: Option<Timestamp>,
    /// What is known of the run that made it.
    pub made: Made,
}

impl VersionRow {
    /// The key of a version.
    #[must_use]
    pub fn key_of(model: &Key, number: u64) -> Key {
        Key {
            cluster: model.cluster.clone(),
            namespace: Clean::default(),
            name: Clean::from(format!("{}/{number}", model.name)),
        }
    }

    /// The key of its model.
    #[must_use]
    pub fn model_key(&self) -> Key {
        Key {
            name: self.model.clone(),
            ..self.key.clone()
        }
    }

    /// What it is marked with.
    #[must_use]
    pub fn mark(&self) -> VersionMark {
        VersionMark {
            number: self.number,
            source: self.source.clone(),
            run: self.run.clone(),
            created: self.created,
            failed: failed_gates(&self.tags),
        }
    }

    /// The pipeline run that made it: as its own tag says, else as its run's.
    #[must_use]
    pub fn pipeline(&self) -> Option<&Clean> {
        let own = self.tags.iter().find(|t| names_pipeline(&t.key));
        let own = own.map(|t| &t.value);
        own.or_else(|| self.made.run().map(|r| &r.pipeline))
            .filter(|p| !p.is_empty())
    }
}

/// What came of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GateVerdict {
    /// It holds the version back.
    Failed,
    /// What it measures is not known.
    Unknown,
    /// The version passed it.
    Passed,
}

impl GateVerdict {
    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Passed => "passed",
        }
    }
}

/// A gate that a version has to pass, and whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelGate {
    /// Its name.
    pub name: Clean,
    /// What was measured; none where nothing was, or a tag tells the verdict alone.
    pub value: Option<Figure>,
    /// What it must be, in words: `auc >= 0.94 (champion v41 - 0.005)`; what a tag says.
    pub threshold: Clean,
    /// Whether it is.
    pub verdict: GateVerdict,
    /// Who set it: `settings`, `model tag`, `version tag`.
    pub from: &'static str,
}

/// Tags by which pipelines mark what they made, with `.`, `-` and blanks read as `_`.
const PIPELINES: [&str; 10] = [
    "pipeline_run",
    "pipeline_run_name",
    "pipeline_run_id",
    "argo_workflow",
    "argo_workflow_name",
    "workflow_name",
    "kfp_run_id",
    "kfp_pipeline_run_id",
    "kubeflow_run_id",
    "tekton_pipelinerun",
];

/// A tag of this name tells the pipeline run.
#[must_use]
pub fn names_pipeline(key: &str) -> bool {
    let plain = |c: char| match c {
        '.' | '-' | ' ' | '/' => '_',
        c => c.to_ascii_lowercase(),
    };
    let key: String = key.chars().take(40).map(plain).collect();
    PIPELINES.contains(&&*key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_are_known_by_the_tags_people_use() {
        for key in [
            "pipeline_run",
            "Pipeline Run",
            "argo.workflow",
            "kfp-run-id",
            "workflow_name",
        ] {
            assert!(names_pipeline(key), "{key}");
        }
        assert!(!names_pipeline("pipeline") && !names_pipeline(""));
    }
}
