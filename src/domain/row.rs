//! What tables hold. Pure.

use jiff::Timestamp;

use super::{
    AlertRow, BurnRow, CacheRow, CanaryRow, Clean, CronRow, DocumentRow, ExperimentRow, FindingRow,
    JobRow, Key, Labels, ModelRow, NamespaceRow, NodeRow, NotebookRow, PlaceRow, PodRow, QueueRow,
    QueuedRow, QuotaRow, RevisionRow, RunDetail, RunRow, ServiceRow, SilenceRow, SuggestionRow,
    TeamRow, TemplateRow, TrialRow, VersionRow, WorkloadRow, WrittenRow,
};

/// A row of a table. Equal rows are no change.
pub trait Row: PartialEq + Send + Sync + std::fmt::Debug + 'static {
    /// Where it lives.
    fn key(&self) -> &Key;
    /// What it is called: the name of its key, unless rows of two kinds share a table.
    fn name(&self) -> &Clean {
        &self.key().name
    }
    /// When it came to be, where that is known.
    fn created(&self) -> Option<Timestamp> {
        None
    }
    /// The object of another kind that it tells of, to be found by it.
    fn about(&self) -> Option<Key> {
        None
    }
    /// Its labels, where rows of its kind keep them.
    fn labels(&self) -> &Labels {
        Labels::NONE
    }
}

macro_rules! labelled {
    ($($row:ty),*) => { $(impl Row for $row {
        fn key(&self) -> &Key {
            &self.key
        }
        fn created(&self) -> Option<Timestamp> {
            self.created
        }
        fn labels(&self) -> &Labels {
            &self.labels
        }
    })* };
}

labelled!(RunRow, PodRow, NodeRow);

impl Row for ServiceRow {
    #[expect(
        clippy::misnamed_getters,
        reason = "rows of two kinds share the table, and may have the same key"
    )]
    fn key(&self) -> &Key {
        &self.place
    }
    fn name(&self) -> &Clean {
        &self.key.name
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

impl Row for JobRow {
    #[expect(
        clippy::misnamed_getters,
        reason = "rows of many kinds share the table, and may have the same key"
    )]
    fn key(&self) -> &Key {
        &self.place
    }
    fn name(&self) -> &Clean {
        &self.key.name
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

impl Row for CacheRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl Row for WorkloadRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn about(&self) -> Option<Key> {
        Some(Key {
            name: self.service.clone(),
            ..self.key.clone()
        })
    }
}

impl Row for RevisionRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
    fn about(&self) -> Option<Key> {
        (!self.service.is_empty()).then(|| Key {
            name: self.service.clone(),
            ..self.key.clone()
        })
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

macro_rules! rows {
    ($($row:ty),*) => { $(impl Row for $row {
        fn key(&self) -> &Key {
            &self.key
        }
        fn created(&self) -> Option<Timestamp> {
            self.created
        }
    })* };
}

rows!(NamespaceRow, CronRow, TemplateRow);
rows!(ModelRow, VersionRow);

impl Row for PlaceRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl Row for FindingRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn name(&self) -> &Clean {
        &self.what
    }
    fn created(&self) -> Option<Timestamp> {
        self.since
    }
}

impl Row for BurnRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn about(&self) -> Option<Key> {
        Some(self.service.clone())
    }
}

labelled!(ExperimentRow);
labelled!(QueueRow, QueuedRow, QuotaRow, TeamRow, NotebookRow);

impl Row for TrialRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
    fn about(&self) -> Option<Key> {
        self.owner()
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

rows!(SuggestionRow);

impl Row for DocumentRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl Row for WrittenRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl Row for CanaryRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl Row for AlertRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.since
    }
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

impl Row for SilenceRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.starts
    }
}

impl Row for RunDetail {
    fn key(&self) -> &Key {
        &self.row.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.row.created
    }
}
