//! What tables hold. Pure.

use jiff::Timestamp;

use super::{CronRow, Key, NamespaceRow, NodeRow, PodRow, RunDetail, RunRow, TemplateRow};

/// A row of a table. Equal rows are no change.
pub trait Row: PartialEq + Send + Sync + std::fmt::Debug + 'static {
    /// Where it lives.
    fn key(&self) -> &Key;
    /// When it came to be, where that is known.
    fn created(&self) -> Option<Timestamp> {
        None
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

rows!(RunRow, PodRow, NodeRow, NamespaceRow, CronRow, TemplateRow);

impl Row for RunDetail {
    fn key(&self) -> &Key {
        &self.row.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.row.created
    }
}
