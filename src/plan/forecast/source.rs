//! The way that lasts: what an application is made from, and what keeps the application itself. Pure.

use serde_json::Value;

use super::Owner;
use crate::domain::Clean;
use crate::plan::json;

/// Name of the `ApplicationSet` that writes an application; empty when none does.
pub(super) fn set_of(app: &Value) -> &str {
    let owners = json::list(app, &["metadata", "ownerReferences"]).iter();
    let mut sets = owners.filter(|o| json::text(o, &["kind"]) == "ApplicationSet");
    sets.next().map_or("", |o| json::text(o, &["name"]))
}

/// The application that keeps an application (app of apps); empty when none does.
fn parent_of(app: &Value) -> &str {
    let tracking = ["metadata", "annotations", "argocd.argoproj.io/tracking-id"];
    let id = json::text(app, &tracking);
    let (parent, rest) = id.split_once(':').unwrap_or_default();
    let own = json::text(app, &["metadata", "name"]);
    let is_this = rest.starts_with("argoproj.io/Application:")
        && rest.rsplit('/').next().is_some_and(|name| name == own);
    if is_this {
        parent.split_once('_').map_or(parent, |(_, name)| name)
    } else {
        ""
    }
}

/// Change it where it is written.
pub(super) fn in_git(app: &Value, deleted: bool) -> String {
    let verb = if deleted { "Delete it" } else { "Set it" };
    format!("{verb} in git{}", place(app))
}

/// The same, and how to hold Argo CD back until then.
pub(super) fn lasting(app: &Value, owner: &Owner, deleted: bool) -> String {
    let git = in_git(app, deleted);
    let parent = parent_of(app);
    let name = &owner.name;
    if !owner.set.is_empty() {
        let project = Clean::new(json::text(app, &["spec", "project"]));
        return format!(
            "{git}, or open a deny sync window in project {project}. Self-heal switched off in app {name} does not last: ApplicationSet {} writes it anew",
            owner.set
        );
    }
    if !parent.is_empty() {
        return format!(
            "{git}. Self-heal switched off in app {name} lasts only if app {}, which keeps it, does not heal it",
            Clean::new(parent)
        );
    }
    format!("{git}, or switch self-heal of app {name} off while it has to hold")
}

/// Repository and folder of an application with one source, for a sentence; without credentials.
fn place(app: &Value) -> String {
    let repository = json::text(app, &["spec", "source", "repoURL"]);
    if repository.is_empty() {
        return String::new();
    }
    let path = json::text(app, &["spec", "source", "path"]);
    let place = format!("{} {path}", bare(repository));
    format!(" ({})", Clean::new(place.trim_end()))
}

/// An address without the user in it, and without a query.
fn bare(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_an_address_are_not_shown() {
        assert_eq!(
            bare("https://bot:s3cret@git.example/x.git?token=1"),
            "https://git.example/x.git"
        );
        assert_eq!(bare("git@git.example:x.git"), "git@git.example:x.git");
    }
}
