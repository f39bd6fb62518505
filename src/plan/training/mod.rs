//! Training jobs, as far as actions have to know them: which kind an object is, where it is suspended, who writes it.
//! Pure; called by the actions on jobs.
//!
//! | file | owns |
//! |---|---|
//! | `guards` | what holds for every action on a job |
//!
//! Sources: `training-operator: pkg/controller.v1/common/job.go`, `trainer: pkg/controller/trainjob_controller.go`,
//! `kuberay: ray-operator/controllers/ray/utils/validation.go`, `kueue: pkg/controller/jobframework/reconciler.go`.

pub mod guards;

use serde_json::Value;

use super::json;
use crate::domain::{ClusterId, JobKind, JobPhase, JobRow};
use crate::kinds::{
    BatchJobs, JaxJobs, JobSets, Kind, MpiJobs, OlderMpiJobs, PaddleJobs, PyTorchJobs, RayClusters,
    RayJobs, RayServices, TfJobs, TrainJobs, XgboostJobs,
};

/// How long a controller may take to delete the pods of a job, or to make them, in seconds.
pub const SETTLING: u64 = 120;

/// A job.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// As served.
    pub object: &'a Value,
    /// As the list shows it.
    pub row: JobRow,
}

impl<'a> Job<'a> {
    /// Reads it; none where the object is no job.
    #[must_use]
    pub fn of(object: &'a Value) -> Option<Self> {
        let row = row(kind(object)?, object)?;
        Some(Self { object, row })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        self.row.kind
    }

    /// Where its spec says that it is suspended.
    #[must_use]
    pub fn place(&self) -> &'static [&'static str] {
        match self.kind() {
            JobKind::PyTorch
            | JobKind::Tf
            | JobKind::Mpi
            | JobKind::OlderMpi
            | JobKind::Jax
            | JobKind::Xgboost
            | JobKind::Paddle => &["spec", "runPolicy", "suspend"],
            _ => &["spec", "suspend"],
        }
    }

    /// The same as a pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        format!("/{}", self.place().join("/"))
    }

    /// Kueue holds it: it is in a queue, or Kueue wrote whether it is suspended.
    #[must_use]
    pub fn in_queue(&self) -> bool {
        !self.row.queue.is_empty() || self.wrote("kueue")
    }

    /// A manager whose name has this word in it wrote last whether it is suspended.
    fn wrote(&self, word: &str) -> bool {
        let path: Vec<String> = self.place().iter().map(|p| format!("f:{p}")).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let all = json::list(self.object, &["metadata", "managedFields"]);
        all.iter().any(|entry| {
            let fields = entry.get("fieldsV1");
            json::text(entry, &["manager"]).contains(word)
                && fields.is_some_and(|f| json::at(f, &path).is_some())
        })
    }

    /// It has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.row.phase.ended()
    }
}

/// Which kind of job an object is.
fn kind(object: &Value) -> Option<JobKind> {
    let word = json::text(object, &["kind"]);
    let version = json::text(object, &["apiVersion"]);
    match word {
        "MPIJob" if version.ends_with("/v1") => Some(JobKind::OlderMpi),
        "Job" if version != "batch/v1" => None,
        word => JobKind::ALL.into_iter().find(|k| k.word() == word),
    }
}

fn row(kind: JobKind, object: &Value) -> Option<JobRow> {
    fn of<K: Kind<Row = JobRow>>(object: &Value) -> Option<JobRow> {
        let slim = serde_json::from_value(object.clone()).ok()?;
        Some(K::row(&ClusterId::new(""), slim))
    }
    match kind {
        JobKind::PyTorch => of::<PyTorchJobs>(object),
        JobKind::Tf => of::<TfJobs>(object),
        JobKind::Mpi => of::<MpiJobs>(object),
        JobKind::OlderMpi => of::<OlderMpiJobs>(object),
        JobKind::Jax => of::<JaxJobs>(object),
        JobKind::Xgboost => of::<XgboostJobs>(object),
        JobKind::Paddle => of::<PaddleJobs>(object),
        JobKind::Train => of::<TrainJobs>(object),
        JobKind::JobSet => of::<JobSets>(object),
        JobKind::RayJob => of::<RayJobs>(object),
        JobKind::RayCluster => of::<RayClusters>(object),
        JobKind::RayService => of::<RayServices>(object),
        JobKind::Batch => of::<BatchJobs>(object),
    }
}

/// The state of a job in a few words; none of what is none.
#[must_use]
pub fn words(object: &Value) -> Option<String> {
    let job = Job::of(object)?;
    let word = match job.row.phase {
        JobPhase::Unknown => "its controller tells nothing",
        JobPhase::Failed => "failed",
        JobPhase::Restarting => "restarting",
        JobPhase::Suspended => "held back",
        JobPhase::Pending => "pending",
        JobPhase::Running => "running",
        JobPhase::Stopped => "told to end",
        JobPhase::Succeeded => "succeeded",
    };
    Some(match (job.row.active(), job.row.wanted()) {
        (Some(active), Some(wanted)) if !job.ended() => format!("{word}, {active}/{wanted}"),
        _ => word.to_owned(),
    })
}
