//! The list of workflow templates. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Listing};
use crate::domain::{Clean, Subject, TemplateRow};

/// Workflow templates.
#[derive(Debug)]
pub struct Templates;

static COLUMNS: &[Column<TemplateRow>] = &[
    name(20).grow(3),
    cluster().drop(5),
    namespace().drop(2),
    Column::<TemplateRow>::new(
        "entrypoint",
        "ENTRYPOINT",
        10,
        |t, _| Cell::clean(&t.entrypoint),
        |a, b| a.entrypoint.cmp(&b.entrypoint),
    )
    .grow(1)
    .drop(3),
    Column::<TemplateRow>::new(
        "templates",
        "TEMPLATES",
        9,
        |t, _| Cell::text(t.templates.to_string()),
        |a, b| b.templates.cmp(&a.templates),
    )
    .count(|t, _| Some(i64::from(t.templates)))
    .drop(4)
    .right(),
    Column::<TemplateRow>::new(
        "parameters",
        "PARAMETERS",
        14,
        |t, _| Cell::clean(&t.parameters),
        |a, b| a.parameters.cmp(&b.parameters),
    )
    .grow(3),
    age().drop(1),
];

impl Listing for Templates {
    type Row = TemplateRow;
    const ID: &'static str = "templates";
    const TITLE: &'static str = "Templates";
    const FEEDS: &'static [&'static str] = &["templates"];
    const ORDER: &'static str = "name";
    const NOTHING: &'static str = "No workflow templates. Every source is live, so there are none.";

    fn columns() -> &'static [Column<TemplateRow>] {
        COLUMNS
    }

    fn order(a: &TemplateRow, b: &TemplateRow) -> Ordering {
        a.key.name.cmp(&b.key.name)
    }

    fn subject(row: &TemplateRow) -> Option<Subject> {
        Some(subject("templates", &row.key, &Clean::default()))
    }
}
