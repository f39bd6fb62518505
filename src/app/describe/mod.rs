//! What is known of one object, in words: one page of evidence. Pure.
//!
//! First what is wrong and why, as the run screen and the lists say it; then what it belongs to, its conditions and
//! containers; who changed it last; what the cluster noted about it.

mod containers;
mod owners;
pub(super) mod page;
mod parts;
mod state;
mod wants;

use crate::app::screen::Ctx;
use crate::app::text::Doc;
use crate::domain::{
    EventRow, ManifestRow, NodeRow, PodRow, RunDetail, RunRow, SourceRow, Span, Subject, clock,
};
use crate::store::{Source, Table};
use crate::theme::Role;
use page::Page;

pub use owners::{Owner, owners};
pub use state::facts;
pub use wants::{manifest, pods_of, wants};

/// The description of an object, from what is known now.
#[must_use]
pub fn doc(subject: &Subject, row: Option<&ManifestRow>, ctx: &Ctx<'_>) -> Doc {
    let mut page = Page::default();
    page.heading("State");
    page.facts(&facts(subject, ctx));
    page.heading("Belongs to");
    for owner in owners(subject, ctx) {
        page.link(&owner.how, &owner.text, owner.link);
    }
    page.heading("Object");
    identity(&mut page, subject, row, ctx);
    match row {
        Some(row) => {
            parts::conditions(&mut page, &row.tree, ctx);
            containers::containers(&mut page, subject, &row.tree, ctx);
            parts::kind(&mut page, subject, &row.tree, ctx);
            parts::labels(&mut page, &row.tree);
            parts::changed(&mut page, &row.tree, ctx);
        }
        None => {
            page.heading("The object itself");
            page.say(&waiting(subject, ctx), Role::Warn);
        }
    }
    parts::events(&mut page, subject, ctx);
    page.done()
}

fn identity(page: &mut Page, subject: &Subject, row: Option<&ManifestRow>, ctx: &Ctx<'_>) {
    page.fact("namespace", &*subject.key.namespace, Role::Text);
    page.fact("cluster", subject.key.cluster.as_str(), Role::Text);
    let Some(row) = row else { return };
    let text = |path: &[&str]| row.tree.text_at(path);
    page.fact(
        "kind",
        format!("{} {}", text(&["apiVersion"]), text(&["kind"])),
        Role::Text,
    );
    page.fact("uid", text(&["metadata", "uid"]), Role::Dim);
    if let Some(created) = row.tree.time_at(&["metadata", "creationTimestamp"]) {
        let age = Span::between(created, ctx.now).short();
        page.fact(
            "created",
            format!("{}, {age} ago", clock(created, ctx.now)),
            Role::Text,
        );
    }
    if let Some(at) = row.tree.time_at(&["metadata", "deletionTimestamp"]) {
        let held: Vec<String> = row
            .tree
            .items_at(&["metadata", "finalizers"])
            .iter()
            .map(crate::domain::Tree::word)
            .collect();
        let held = if held.is_empty() {
            String::new()
        } else {
            format!(", held by {}", held.join(", "))
        };
        page.fact(
            "deleting",
            format!("since {}{held}", clock(at, ctx.now)),
            Role::Warn,
        );
    }
}

/// The source of an object's manifest.
#[must_use]
pub fn source<'a>(subject: &Subject, ctx: &Ctx<'a>) -> Option<&'a SourceRow> {
    let scope = format!(
        "{} {}/{}",
        subject.feed, subject.key.namespace, subject.key.name
    );
    let mine = |s: &&SourceRow| s.id.cluster == subject.key.cluster && s.id.scope == scope;
    let world: &'a crate::store::World = ctx.world;
    world
        .sources()
        .filter(|s| s.id.feed == "manifest")
        .find(mine)
}

/// Why an object is not there (yet).
#[must_use]
pub fn waiting(subject: &Subject, ctx: &Ctx<'_>) -> String {
    let name = format!("{} {}", subject.word, subject.key.name);
    match source(subject, ctx) {
        Some(s) if s.state.is_live() => format!("{name} is not there (any more)"),
        Some(s) => {
            let why = s
                .fault
                .as_ref()
                .map_or_else(String::new, |f| format!(": {}", f.told()));
            let since = Span::between(s.since, ctx.now);
            format!("asking for {name}, {} for {since}{why}", s.state.word())
        }
        None => format!("asking for {name}…"),
    }
}

/// Changes when a description may read differently.
#[must_use]
pub fn fingerprint(ctx: &Ctx<'_>) -> u64 {
    fn version<R: crate::domain::Row>(ctx: &Ctx<'_>) -> u64 {
        ctx.world.table::<R>().map_or(0, Table::version)
    }
    let versions = [
        version::<ManifestRow>(ctx),
        version::<EventRow>(ctx),
        version::<RunDetail>(ctx),
        version::<RunRow>(ctx),
        version::<PodRow>(ctx),
        version::<NodeRow>(ctx),
        version::<Source>(ctx),
    ];
    crate::app::text::doc::id((versions, ctx.now.as_second()))
}
