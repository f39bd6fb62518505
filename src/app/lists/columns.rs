//! Columns that several lists share. Pure.

use super::cells::{aged, newest, since};
use crate::app::list::{Cell, Column};
use crate::domain::Row;
use crate::theme::Role;

/// The name, where the eye goes first.
pub const fn name<R: Row>(min: u16) -> Column<R> {
    Column::<R>::new(
        "name",
        "NAME",
        min,
        |r, _| Cell::Clean(r.name().clone(), Role::Strong),
        |a, b| a.name().cmp(b.name()),
    )
}

/// The namespace.
pub const fn namespace<R: Row>() -> Column<R> {
    Column::<R>::new(
        "namespace",
        "NAMESPACE",
        9,
        |r, _| Cell::clean(&r.key().namespace),
        |a, b| a.key().namespace.cmp(&b.key().namespace),
    )
    .grow(1)
}

/// The cluster; left out by the painter while there is only one.
pub const fn cluster<R: Row>() -> Column<R> {
    Column::<R>::new(
        "cluster",
        "CLUSTER",
        10,
        |r, _| Cell::dim(r.key().cluster.as_str().to_owned()),
        |a, b| a.key().cluster.cmp(&b.key().cluster),
    )
    .grow(1)
}

/// The age since it was created.
pub const fn age<R: Row>() -> Column<R> {
    Column::<R>::new(
        "age",
        "AGE",
        4,
        |r, ctx| aged(r.created(), ctx.now),
        |a, b| newest(a.created(), b.created()),
    )
    .seconds(|r, ctx| since(r.created(), ctx.now))
    .right()
}
