//! What is known of an action before it meets an object. Pure data.

use std::fmt;

use serde::Serialize;

use super::beside::Read;
use super::form::Plan;
use super::given::Given;
use super::home::Home;
use super::refused::Refused;
use crate::kinds::KindSpec;

/// One thing that can be done. An implementation is a file in `actions`.
pub trait Action: Sync {
    /// Its static facts.
    fn spec(&self) -> &'static ActionSpec;
    /// What it has to see besides the target before it can be planned. What was not asked for here is not read.
    fn reads(&self, _given: &Given<'_>) -> Vec<Read> {
        Vec::new()
    }
    /// Parameters with which it can be tried before an operator gave any: whether it can be done at all. Empty when it
    /// needs none.
    fn example(&self, _given: &Given<'_>) -> Vec<(String, String)> {
        Vec::new()
    }
    /// What it would do to this object, now.
    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused>;
}

impl fmt::Debug for dyn Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({})", self.spec().name)
    }
}

/// Static facts of an action.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ActionSpec {
    /// Its name: `run.retry`.
    pub name: &'static str,
    /// What it does, a few words that begin with a verb.
    pub title: &'static str,
    /// What it can be done to; the first is meant when nothing is said.
    pub targets: &'static [Resource],
    /// What can be given.
    pub parameters: &'static [ParameterSpec],
    /// What is at stake. A plan may find more at stake, never less.
    pub risk: Risk,
    /// Rights that its requests need, besides reading the target; a plan needs these or some of them.
    pub rights: &'static [Right],
    /// What takes it back, or that nothing does.
    pub inverse: &'static str,
    /// What shows that it is done.
    pub verify: &'static str,
}

/// A right that an action needs, on any object of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Right {
    /// Verb.
    pub verb: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Plural.
    pub resource: &'static str,
}

impl Right {
    /// The right to do something to a kind.
    #[must_use]
    pub const fn to(verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Self {
            verb,
            group,
            resource,
        }
    }

    /// In words: `update workflows.argoproj.io`.
    #[must_use]
    pub fn words(self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{} {}{dot}{}", self.verb, self.resource, self.group)
    }
}

impl ActionSpec {
    /// The parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterSpec> {
        self.parameters.iter().find(|p| p.name == name)
    }
}

/// A kind of object that an action can be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Feed of the console that shows it.
    pub feed: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version that is read and written.
    pub version: &'static str,
    /// Plural, as in URLs.
    pub plural: &'static str,
    /// Kind, as in manifests.
    pub kind: &'static str,
    /// Lives in namespaces.
    pub namespaced: bool,
    /// Where it lives.
    #[serde(skip_serializing_if = "Home::is_kubernetes")]
    pub home: Home,
}

impl Resource {
    /// Path of an object of this kind where it lives.
    #[must_use]
    pub fn path(&self, namespace: &str, name: &str) -> String {
        let namespace = if self.namespaced { namespace } else { "" };
        self.home
            .path(self.group, self.version, (namespace, self.plural, name))
    }

    /// As the console reads it.
    #[must_use]
    pub const fn of(kind: &KindSpec) -> Self {
        Self {
            feed: kind.feed,
            group: kind.group,
            version: kind.version,
            plural: kind.plural,
            kind: kind.kind,
            namespaced: kind.namespaced,
            home: Home::Kubernetes,
        }
    }
}

/// One parameter of an action.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ParameterSpec {
    /// Its name.
    pub name: &'static str,
    /// What can be given.
    pub kind: ParameterKind,
    /// What is meant when nothing is given; empty for nothing.
    pub default: &'static str,
    /// What it does, one sentence.
    pub help: &'static str,
}

/// What can be given for a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterKind {
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// `NAME=VALUE`; may be given several times.
    Pairs,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What is at stake, in rising order. Decides how an action has to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing.
    Safe,
    /// Something changes, no work is lost.
    Reversible,
    /// Work is lost, and it is known to be little.
    LosesLittle,
    /// Work, or what is known of it, is lost for good.
    LosesWork,
}

impl Risk {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Reversible => "changes state, loses no work",
            Self::LosesLittle => "loses little work, less than 5 minutes of compute",
            Self::LosesWork => "loses work",
        }
    }
}
