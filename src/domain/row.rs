//! What tables hold. Pure.

use jiff::Timestamp;

use super::{
    BurnRow, CanaryRow, CronRow, Key, Labels, NamespaceRow, NodeRow, PodRow, RevisionRow,
    RunDetail, RunRow, ServiceRow, TemplateRow,
};

/// A row of a table. Equal rows are no change.
pub trait Row: PartialEq + Send + Sync + std::fmt::Debug + 'static {
    /// Where it lives.
    fn key(&self) -> &Key;
    /// When it came to be, where that is known.
    fn created(&self) -> Option<Timestamp> {
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

labelled!(RunRow, PodRow, NodeRow, ServiceRow, RevisionRow);

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

macro_rules! measured {
    ($($row:ty),*) => { $(impl Row for $row {
        fn key(&self) -> &Key {
            &self.key
        }
    })* };
}

measured!(BurnRow, CanaryRow);

impl Row for RunDetail {
    fn key(&self) -> &Key {
        &self.row.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.row.created
    }
}
