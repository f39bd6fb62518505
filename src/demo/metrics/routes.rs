//! Which revision of a service got which part of its requests, over time. Written by the played controllers. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A part of the requests of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Share {
    /// Who gets it.
    pub(in crate::demo) revision: String,
    /// Where its model comes from.
    pub(in crate::demo) uri: String,
    /// Of all requests.
    pub(in crate::demo) percent: u64,
}

/// The traffic of a service from a time on.
#[derive(Debug, Clone)]
#[allow(dead_code)] // read by what tells of the past
struct Routed {
    from: Timestamp,
    shares: Vec<Share>,
}

/// The traffic of all services.
#[derive(Debug, Default)]
pub(in crate::demo) struct Routes(BTreeMap<(String, String), Vec<Routed>>);

impl Routes {
    /// From now on a service's requests go like this.
    pub(in crate::demo) fn route(
        &mut self,
        namespace: &str,
        name: &str,
        from: Timestamp,
        shares: Vec<Share>,
    ) {
        let all = self
            .0
            .entry((namespace.to_owned(), name.to_owned()))
            .or_default();
        if all.last().is_none_or(|last| last.shares != shares) {
            all.push(Routed { from, shares });
        }
    }

    /// A service is gone.
    pub(in crate::demo) fn gone(&mut self, namespace: &str, name: &str, at: Timestamp) {
        self.route(namespace, name, at, Vec::new());
    }
}
