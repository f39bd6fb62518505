//! What Argo Workflows' own code does with a workflow, on the JSON as served. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `labels` | keys of labels and annotations |
//! | `nodes` | the nodes of a workflow, read and written back in the format found |
//! | `pack` | the encoder of `status.compressedNodes` |
//! | `selector` | field selectors over nodes |
//! | `graph` | nodes as a graph, with Argo's rule for the one parent of a node |
//! | `path` | which nodes are reset and removed for one failed node |
//! | `retry` | `FormulateRetryWorkflow` |
//! | `resubmit` | `FormulateResubmitWorkflow` |
//! | `arguments` | overriding parameters, and telling them |
//! | `gates` | suspended nodes: approve, reject, set values |
//! | `guards` | whose workflow it is, and whether it still stands |
//! | `preview` | what is worth knowing before a retry or a copy |
//!
//! Source: `workflow/util/util.go` of Argo Workflows 3.7.18. The live suite asks that code itself and compares.

mod arguments;
pub mod gates;
pub mod graph;
pub mod guards;
pub mod labels;
pub mod nodes;
pub mod pack;
mod path;
pub mod preview;
pub mod resubmit;
pub mod retry;
pub mod selector;

pub(super) use arguments::{override_parameters, told};
