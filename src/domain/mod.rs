//! The words of the trade. Pure; every other room speaks in these types.
//!
//! All text in them comes from outside and is [`Clean`]: sanitised once, when it was decoded.

mod alert;
mod amount;
mod cause;
mod event;
mod experiment;
mod figure;
mod finding;
mod gate_tag;
mod gpu;
mod holder;
mod id;
mod job;
mod labels;
mod log;
mod manifest;
mod mig;
mod model;
mod node;
mod object;
mod objective;
mod phase;
mod pod;
mod queue;
mod quota;
mod row;
mod run;
mod serving;
mod slo;
mod smi;
mod source;
mod step;
mod step_tree;
mod subject;
mod text;
mod time;
mod trial;
mod written;
mod xid;

pub use alert::{
    AlertRow, AlertState, Matcher, SilenceRow, SilenceState, alert_name, namespace_of,
};
pub use amount::Amount;
pub use cause::{Cause, CauseKind, Evidence};
pub use event::EventRow;
pub use experiment::{Best, ExperimentPhase, ExperimentRow, Resume, Space, SuggestionRow, Trials};
pub use figure::Figure;
pub use finding::{FindingRow, Need};
pub use gate_tag::{failed as failed_gates, gate_of, verdict_of};
pub use gpu::{Busy, BusyBy, GpuBy, GpuRow, HeldBy, LastXid, Slice, throttled};
pub use holder::{Holder, HolderKind};
pub use id::{ClusterId, Key};
pub use job::ranks::{Failure, Rank};
pub use job::{JobCondition, JobKind, JobPhase, JobRow, OwnedBy, Role, Suspender};
pub use labels::Labels;
pub use log::{Folded, LogEnd, LogLevel, LogLine, LogScope, fold, guess, unfold};
pub use manifest::{ManifestRow, Tree, hidden};
pub use mig::{Board, Profile, compute_slices};
pub use model::{
    Alias, Dataset, GateVerdict, Made, Metric, ModelGate, ModelRow, ModelRun, Tag, VersionMark,
    VersionRow, names_pipeline, tag,
};
pub use node::{GpuCount, NodeRow};
pub use object::{CacheRow, CronRow, NamespaceRow, TemplateRow};
pub use objective::{Direction, Objective, Observed, Strategy, figure_of};
pub use phase::Phase;
pub use pod::{ContainerRow, ContainerState, PodRow};
pub use queue::{
    Halt, PlaceRow, Preempted, QueueRow, QueueShare, QueueSum, QueuedPhase, QueuedRow,
};
pub use quota::{NotebookRow, PROFILE_QUOTA, QuotaLine, QuotaRow, TeamRow};
pub use row::Row;
pub use run::{Engine, NodeStorage, Progress, RunRow, Tally};
pub use serving::{
    Beside, ModelState, RevisionRow, ServiceRow, ServingMode, Share, StandardCanary, WorkloadRow,
};
pub use slo::{
    Arm, BurnRow, Burning, CanaryRow, Counted, Measure, Pair, Plain, Quantile, Verdict, WindowBurn,
};
pub use smi::{Program, SmiGpu, SmiRow};
pub use source::{ClusterLoad, SourceId, SourceRow, SourceState};
pub use step::{Artifact, Gate, Memo, Parameter, RunDetail, Step, StepId, StepKind};
pub use step_tree::StepTree;
pub use subject::Subject;
pub use text::{Clean, LINE_CAP};
pub use time::{Span, age, clock, took};
pub use trial::{TrialPhase, TrialRow};
pub use written::{DocumentRow, Origin, Written, WrittenRow};
pub use xid::{Xid, XidWeight, keeps_device};
