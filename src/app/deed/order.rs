//! What is asked of the shell, and what it reports. Data only.

use std::sync::Arc;

use crate::domain::{Clean, ClusterId, Subject};
use crate::fault::Fault;
use crate::plan::{
    Ask, Consent, Entry, Halt, Offer, Outcome, Prepared, Progress, Resource, Sitting,
};
use crate::runbook::course::{Need, Reply};

/// Which task a report belongs to; reports of tasks that are no longer current are left aside.
pub type TaskId = u64;

/// One object that something can be done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Where.
    pub cluster: ClusterId,
    /// Its kind.
    pub resource: Resource,
    /// Namespace; empty for objects without one.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The uid that was seen; empty when not known.
    pub uid: String,
}

impl Point {
    /// A subject of the console.
    #[must_use]
    pub fn new(subject: &Subject, resource: Resource) -> Self {
        Self {
            cluster: subject.key.cluster.clone(),
            resource,
            namespace: subject.key.namespace.to_string(),
            name: subject.key.name.to_string(),
            uid: subject.uid.to_string(),
        }
    }
}

/// Something that the action plane is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Find out what can be done to an object.
    Survey {
        /// The task.
        task: TaskId,
        /// The object.
        point: Box<Point>,
    },
    /// Make a plan, and ask the cluster about it. Writes nothing.
    Prepare {
        /// The task.
        task: TaskId,
        /// What is asked for.
        ask: Box<Ask>,
    },
    /// Carry it out.
    CarryOut {
        /// The task.
        task: TaskId,
        /// What was shown.
        prepared: Arc<Prepared>,
        /// The operator's word for it.
        consent: Consent,
    },
    /// Send no more of the requests of an action; it ends with what is left.
    Stop {
        /// Where it is carried out.
        cluster: ClusterId,
        /// Its id in the journal.
        id: String,
    },
    /// Nobody waits for a task any more. One that only asks ends; one that writes goes on to its verdict.
    Leave(TaskId),
    /// Do what a run of a runbook needs.
    Runbook {
        /// The run, as this console counts them.
        task: TaskId,
        /// Its cluster.
        cluster: ClusterId,
        /// Its id in the journal; empty before its beginning is written.
        id: String,
        /// What it needs.
        need: Box<Need>,
    },
    /// Read the journal: everything that was done, newest last.
    ReadJournal,
}

/// What the action plane reports.
#[derive(Debug)]
pub enum Acted {
    /// What can be done to the object.
    Surveyed(TaskId, Result<Vec<Offer>, Fault>),
    /// The plan, or why there is none.
    Prepared(TaskId, Result<Arc<Prepared>, Halt>),
    /// Something happened on the way.
    Progressed(TaskId, Progress),
    /// It has ended.
    Ended(TaskId, Outcome),
    /// The journal as it is now.
    Journal {
        /// The actions, oldest first.
        entries: Arc<Vec<Entry>>,
        /// What is wrong with the files; empty when nothing is.
        mistakes: Vec<Clean>,
    },
    /// What came of the need of a run of a runbook.
    Runbook(TaskId, Reply),
    /// Runs of runbooks that have not ended, and that nobody is at.
    Left(Vec<Sitting>),
    /// Actions of earlier sessions were in doubt; each as it was found to be by looking now.
    Resolved(Vec<Entry>),
}
