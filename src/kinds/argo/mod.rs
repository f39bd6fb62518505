//! Argo Workflows: from the JSON of a workflow to a run's row and its tree of steps. Pure.
//!
//! | file | what |
//! |---|---|
//! | `object` | the workflow around its nodes: spec, status, templates with a timer |
//! | `slim`, `fold` | the list: nodes are counted as they stream by, none is kept |
//! | `node` | the opened run: a node decoded whole |
//! | `packed` | `status.compressedNodes` |
//! | `names` | node ids, pod names, labels out of node names |
//! | `message` | what the controller means by a node's message |
//! | `last_word` | the one phrase for the list |
//! | `graph`, `kfp`, `steps`, `merge`, `critical` | from nodes to the tree |
//! | `artifact` | where files are kept |
//!
//! Source of all field names and wordings: the types and the controller of Argo Workflows 3.7 and 4.1.

pub mod artifact;
pub mod critical;
pub mod fold;
pub mod graph;
mod kfp;
pub mod last_word;
mod merge;
pub mod message;
pub mod names;
pub mod node;
pub mod object;
pub mod packed;
pub mod slim;
mod steps;
