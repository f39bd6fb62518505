//! What can stand before a colon: columns by their names, by those that other tools use, by a beginning. Pure.

use super::near::nearest;
use super::{Column, Field, Place};

/// The columns that every row has, whether they are shown or not.
pub(super) const ALWAYS: [&str; 3] = ["name", "namespace", "cluster"];

/// Names that other tools use for a column, and the column.
pub(super) const CUSTOMARY: [(&str, &str); 2] = [("ns", "namespace"), ("phase", "state")];

/// What stands before a colon and can be the name of a column: letters, digits, dashes.
pub(super) fn head(term: &str) -> Option<&str> {
    let (head, _) = term.split_once(':')?;
    let mut chars = head.chars();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (chars.next()?.is_ascii_alphabetic() && chars.all(plain)).then_some(head)
}

/// A customary name, as the name of the column.
fn customary(head: &str) -> &str {
    match head {
        "ns" => "namespace",
        "phase" | "status" => "state",
        "context" | "ctx" => "cluster",
        other => other,
    }
}

/// A column by its id, by a customary name, or by an unambiguous beginning.
pub(super) fn place(head: &str, fields: &[Field]) -> Option<Place> {
    let head = head.to_ascii_lowercase();
    let wanted = customary(&head);
    let all: Vec<Place> = places(fields).collect();
    if let Some(exact) = all.iter().find(|p| p.id() == wanted) {
        return Some(*exact);
    }
    let mut starting = all.iter().filter(|p| p.id().starts_with(wanted));
    match (starting.next(), starting.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}

/// Everything that can stand before a colon, but for labels.
pub(super) fn places(fields: &[Field]) -> impl Iterator<Item = Place> {
    let columns = fields.iter().enumerate().map(|(index, field)| {
        Place::Column(Column {
            index,
            id: field.id,
            measure: field.measure,
        })
    });
    let others = [Place::Name, Place::Namespace, Place::Cluster];
    let missing = move |place: &Place| !fields.iter().any(|f| f.id == place.id());
    columns.chain(others.into_iter().filter(missing))
}

/// What is wrong with a name that no column has.
pub(super) fn unknown(head: &str, fields: &[Field]) -> String {
    let ids: Vec<&str> = places(fields).map(Place::id).collect();
    let known = ids.iter().copied().chain(["ns", "phase", "label"]);
    match nearest(head, known) {
        Some(near) => format!("no column {head}: did you mean {near}:?"),
        None => format!(
            "no column {head}: there are {}; or quote it",
            ids.join(", ")
        ),
    }
}

/// Which columns have a size, in words.
pub(super) fn sized(fields: &[Field]) -> String {
    let ids: Vec<&str> = fields
        .iter()
        .filter(|f| f.measure.is_some())
        .map(|f| f.id)
        .collect();
    match ids.as_slice() {
        [] => "no column here has one".to_owned(),
        [one] => format!("{one} has one"),
        many => format!("{} have one", many.join(", ")),
    }
}
