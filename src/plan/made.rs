//! What an action makes, as later steps of a runbook speak of it. Pure.

use super::form::{Plan, Step};
use super::record::Intent;
use super::sitting::About;
use super::spec::ActionSpec;
use crate::domain::Clean;
use crate::kinds::{Kind, Workflows};

impl ActionSpec {
    /// The feed of what it makes; none when it makes nothing that the console shows.
    #[must_use]
    pub fn makes(&self) -> Option<&'static str> {
        let run = Workflows::SPEC;
        let makes = |r: &super::spec::Right| {
            r.verb == "create" && r.group == run.group && r.resource == run.plural
        };
        self.rights.iter().any(makes).then_some(run.feed)
    }
}

impl Plan {
    /// The object that it makes.
    #[must_use]
    pub fn makes(&self) -> Option<About> {
        self.steps.iter().find_map(|s| made(&Step::makes(s)?))
    }
}

impl Intent {
    /// The object that it makes, as far as the journal tells.
    #[must_use]
    pub fn makes(&self) -> Option<About> {
        let mut posts = self.requests.iter().filter(|r| r.method == "POST");
        posts.find_map(|r| {
            let name = r.body.pointer("/metadata/name")?.as_str()?;
            made(&format!("{}/{name}", r.path))
        })
    }
}

/// The run at a path.
fn made(path: &str) -> Option<About> {
    let run = Workflows::SPEC;
    let rest = path.strip_prefix("/apis/")?.strip_prefix(run.group)?;
    let mut parts = rest.trim_start_matches('/').split('/').skip(1);
    let (Some("namespaces"), Some(namespace), Some(plural), Some(name), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return None;
    };
    (plural == run.plural).then(|| About {
        feed: run.feed.to_owned(),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
        uid: Clean::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ACTIONS, action};

    #[test]
    fn a_run_that_is_made_is_known_by_its_path() {
        let about = made("/apis/argoproj.io/v1alpha1/namespaces/recsys/workflows/retrain-x7k2p");
        assert_eq!(
            about.map(|a| a.words()).as_deref(),
            Some("recsys/retrain-x7k2p")
        );
        assert_eq!(made("/api/v1/namespaces/recsys/pods/a"), None);
        assert_eq!(
            made("/apis/argoproj.io/v1alpha1/namespaces/recsys/workflows"),
            None
        );
    }

    #[test]
    fn only_what_starts_runs_makes_something() {
        let names = ACTIONS.iter().map(|a| a.spec());
        let makers: Vec<&str> = names
            .filter(|s| s.makes().is_some())
            .map(|s| s.name)
            .collect();
        assert_eq!(makers, ["run.resubmit", "template.submit"]);
        assert!(action("gate.approve").is_some_and(|a| a.spec().makes().is_none()));
    }
}
