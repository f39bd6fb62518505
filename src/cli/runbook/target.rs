//! What a runbook is meant for. Pure.

use crate::cli::args::Connect;
use crate::cli::exit::Failure;
use crate::domain::Clean;
use crate::feed::kube::Target as Cluster;
use crate::plan::About;
use crate::runbook::Book;

/// The object that is meant. Of several kinds that a runbook is for, the first.
pub(super) fn about(
    target: &str,
    book: &Book,
    connect: &Connect,
    cluster: &Cluster,
) -> Result<About, Failure> {
    let kinds = book.target.kinds();
    let hint = match kinds.first() {
        Some(kind) => format!("Write KIND/NAME or KIND/NAMESPACE/NAME, as {kind}/{target}."),
        None => "Write NAME or NAMESPACE/NAME.".to_owned(),
    };
    let wrong = |what: String| Failure::Usage {
        what,
        hint: hint.clone(),
    };
    let (feed, target) = match target.split_once('/') {
        Some((kind, rest)) if kinds.contains(&kind) => (kind, rest),
        _ if kinds.is_empty() => (
            book.target.feeds.first().copied().unwrap_or_default(),
            target,
        ),
        _ => {
            let known = kinds.join(", ");
            let what = format!(
                "{} does not say which kind of {} it is: {known}",
                Clean::new(target),
                book.target.word
            );
            return Err(wrong(what));
        }
    };
    let (place, name) = match target.split_once('/') {
        Some((place, name)) => (Some(place), name),
        None => (None, target),
    };
    if name.is_empty() || name.contains('/') || place == Some("") {
        return Err(wrong(format!("{} is no target", Clean::new(target))));
    }
    let namespaced = book.target.namespaced();
    if place.is_some() && !namespaced {
        return Err(wrong(format!("a {} has no namespace", book.target.word)));
    }
    let namespace = match (&connect.namespaces[..], namespaced) {
        (_, false) => "",
        ([], true) => place.unwrap_or(&cluster.namespace),
        ([one], true) if place.is_none_or(|place| place == one) => one,
        _ => {
            return Err(wrong(
                "a runbook has one target: name one namespace".to_owned(),
            ));
        }
    };
    let namespace = match namespace {
        "" if namespaced => "default",
        other => other,
    };
    Ok(About {
        feed: feed.to_owned(),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
        uid: Clean::default(),
    })
}
