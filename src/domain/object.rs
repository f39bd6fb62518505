//! Rows of the small kinds around runs: namespaces, cron workflows, workflow templates. Pure.

use jiff::Timestamp;

use super::{Clean, Key};

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceRow {
    /// Its name (no namespace in the key).
    pub key: Key,
    /// `Active` or `Terminating`.
    pub phase: Clean,
    /// Created.
    pub created: Option<Timestamp>,
}

/// A cron workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronRow {
    /// Where it lives.
    pub key: Key,
    /// Schedules as written, joined by `; ` (`spec.schedules`, or `spec.schedule` of older objects).
    pub schedule: Clean,
    /// Time zone; empty means the controller's.
    pub timezone: Clean,
    /// Suspended by a person.
    pub suspended: bool,
    /// Runs at work now.
    pub active: u32,
    /// When it last fired.
    pub last: Option<Timestamp>,
    /// Why it could not submit (condition `SubmissionError`), or empty.
    pub trouble: Clean,
    /// Runs that succeeded since creation.
    pub succeeded: u32,
    /// Runs that failed since creation.
    pub failed: u32,
    /// Created.
    pub created: Option<Timestamp>,
}

/// A workflow template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Where it lives.
    pub key: Key,
    /// Template that a run starts with.
    pub entrypoint: Clean,
    /// Templates in it.
    pub templates: u32,
    /// Names of its parameters, comma-separated.
    pub parameters: Clean,
    /// Created.
    pub created: Option<Timestamp>,
}

/// A memoization cache of Argo Workflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRow {
    /// Where it lives.
    pub key: Key,
    /// Keys of its entries.
    pub keys: Box<[Clean]>,
}
