//! Where an objective is written, and what documents with objectives stand in a cluster. Pure.

use std::sync::Arc;

use super::{Clean, Key};

/// Where an objective is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Origin {
    /// Nowhere: every service has it.
    #[default]
    BuiltIn,
    /// In a file that the settings name.
    File(Clean),
    /// In an object of the cluster.
    Object(Written),
}

/// An object of the cluster that objectives are written in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// Feed of its kind.
    pub feed: &'static str,
    /// What it is called: `sloth`, `pyrra`, `openslo`.
    pub word: &'static str,
    /// Where it lives, and its name.
    pub key: Key,
    /// Its uid.
    pub uid: Clean,
}

impl Written {
    /// `pyrra ml-fraud/fraud-errors`
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} {}/{}", self.word, self.key.namespace, self.key.name)
    }
}

impl Origin {
    /// In words: `built in`, the path of the file, `pyrra ml-fraud/fraud-errors`.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::BuiltIn => "built in".to_owned(),
            Self::File(path) => path.to_string(),
            Self::Object(object) => object.told(),
        }
    }
}

/// A document as it came from the cluster. It is read and never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Cluster and namespace of the object; `WORD/NAME` as the name, since kinds share the table.
    pub key: Key,
    /// The object.
    pub object: Written,
    /// Its parts: a name (empty where the object is the document) and a text. From outside: not safe to show.
    pub parts: Arc<[(String, String)]>,
}

/// What was read of a document in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRow {
    /// As of [`DocumentRow`].
    pub key: Key,
    /// The object.
    pub object: Written,
    /// How many objectives were taken from it.
    pub objectives: usize,
    /// What is wrong with it, one sentence each, with its place.
    pub mistakes: Box<[Clean]>,
}
