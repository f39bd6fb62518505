//! What the fold of the list reads of a node: borrowed from the input, gone after the node. Pure.

use crate::kinds::lenient::{Int, Obj, Word};

/// What the fold reads of a node.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SlimNode<'a> {
    /// Full name.
    #[serde(borrow)]
    pub name: Word<'a>,
    /// Short name.
    #[serde(borrow)]
    pub display_name: Word<'a>,
    /// `Pod`, `DAG`, …
    #[serde(borrow)]
    pub r#type: Word<'a>,
    /// `Running`, …
    #[serde(borrow)]
    pub phase: Word<'a>,
    /// What the controller says.
    #[serde(borrow)]
    pub message: Word<'a>,
    /// Template in the same workflow.
    #[serde(borrow)]
    pub template_name: Word<'a>,
    /// Template elsewhere.
    #[serde(borrow)]
    pub template_ref: Obj<TemplateRef<'a>>,
    /// Node that encloses it.
    #[serde(borrow, rename = "boundaryID")]
    pub boundary_id: Word<'a>,
    /// Start, RFC 3339 in UTC, so that text order is time order.
    #[serde(borrow)]
    pub started_at: Word<'a>,
    /// End, likewise.
    #[serde(borrow)]
    pub finished_at: Word<'a>,
    /// For the exit code.
    pub outputs: Obj<Outputs>,
}

/// `templateRef`
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct TemplateRef<'a> {
    /// The workflow template.
    #[serde(borrow)]
    pub name: Word<'a>,
    /// The template in it.
    #[serde(borrow)]
    pub template: Word<'a>,
}

/// `outputs`, its exit code.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outputs {
    /// Exit code of the main container; Argo writes it as text.
    pub exit_code: Int,
}

impl SlimNode<'_> {
    /// Name of its template, wherever that is.
    #[must_use]
    pub fn template(&self) -> &str {
        match self.template_ref.get() {
            Some(r) if !r.template.is_empty() => &r.template,
            _ => &self.template_name,
        }
    }
}
