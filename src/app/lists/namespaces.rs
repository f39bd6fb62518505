//! The list of namespaces. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Listing};
use crate::domain::{Clean, NamespaceRow, Subject};
use crate::theme::Mark;

/// Namespaces.
#[derive(Debug)]
pub struct Namespaces;

static COLUMNS: &[Column<NamespaceRow>] = &[
    Column::<NamespaceRow>::new(
        "state",
        "STATE",
        13,
        |n, _| match &*n.phase {
            "Active" => Cell::State(Mark::Ok, "Active"),
            "Terminating" => Cell::State(Mark::Waiting, "Terminating"),
            _ => Cell::State(Mark::Unknown, "Unknown"),
        },
        |a, b| b.phase.cmp(&a.phase),
    ),
    name(20).grow(3),
    cluster().drop(1),
    age().drop(2),
];

impl Listing for Namespaces {
    type Row = NamespaceRow;
    const ID: &'static str = "namespaces";
    const TITLE: &'static str = "Namespaces";
    const FEEDS: &'static [&'static str] = &["namespaces"];
    const ORDER: &'static str = "name";
    const NOTHING: &'static str = "No namespaces. Every source is live, so there are none.";

    fn columns() -> &'static [Column<NamespaceRow>] {
        COLUMNS
    }

    fn order(a: &NamespaceRow, b: &NamespaceRow) -> Ordering {
        a.key.name.cmp(&b.key.name)
    }

    fn subject(row: &NamespaceRow) -> Option<Subject> {
        Some(subject("namespaces", &row.key, &Clean::default()))
    }
}
