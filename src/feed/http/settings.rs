//! Which entry of the settings is about a backend of a cluster. Pure.

use std::collections::BTreeMap;

use super::known::Known;
use crate::settings::{Endpoint, matches};

/// What the settings say of one backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chosen {
    /// Name of the entry.
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
}

impl Chosen {
    /// How the entry is written.
    pub(super) fn key(&self) -> String {
        format!("sources.{}", self.name)
    }

    /// A secret has to be sent.
    pub(super) fn has_login(&self) -> bool {
        let e = &self.endpoint;
        e.token_file.is_some() || e.token_env.is_some() || !e.token_command.is_empty()
    }

    /// It says where the backend is.
    pub(super) fn has_place(&self) -> bool {
        !self.endpoint.url.is_empty() || self.endpoint.service.is_some()
    }
}

/// The entry for a backend of a context: one whose pattern names the context comes before one without a pattern, and
/// one that says where the backend is before one that does not.
pub(super) fn chosen(
    sources: &BTreeMap<String, Endpoint>,
    known: &Known,
    context: &str,
) -> Option<Chosen> {
    let fits = |endpoint: &Endpoint| match &endpoint.context {
        Some(pattern) => matches(pattern, context),
        None => true,
    };
    sources
        .iter()
        .filter(|(name, endpoint)| known.is_named(name) && fits(endpoint))
        .map(|(name, endpoint)| Chosen {
            name: name.clone(),
            endpoint: endpoint.clone(),
        })
        .min_by_key(|c| (c.endpoint.context.is_none(), !c.has_place(), c.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::known::PROMETHEUS;
    use super::*;

    fn entry(url: &str, context: Option<&str>) -> Endpoint {
        Endpoint {
            url: url.to_owned(),
            context: context.map(str::to_owned),
            ..Endpoint::default()
        }
    }

    #[test]
    fn each_context_has_the_entry_that_names_it() {
        let sources = BTreeMap::from([
            ("prometheus".to_owned(), entry("https://all", None)),
            (
                "prometheus-eu".to_owned(),
                entry("https://eu", Some("prod-eu*")),
            ),
            ("thanos".to_owned(), entry("https://t", None)),
        ]);
        let url = |context| chosen(&sources, &PROMETHEUS, context).map(|c| c.endpoint.url);
        assert_eq!(url("prod-eu-1").as_deref(), Some("https://eu"));
        assert_eq!(url("dev").as_deref(), Some("https://all"));
    }

    #[test]
    fn an_entry_for_other_contexts_is_none_for_this_one() {
        let sources = BTreeMap::from([("prometheus".to_owned(), entry("https://eu", Some("eu")))]);
        assert_eq!(chosen(&sources, &PROMETHEUS, "us"), None);
    }
}
