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
pub(super) struct Routed {
    pub(super) from: Timestamp,
    pub(super) shares: Vec<Share>,
}

/// The traffic of all services.
#[derive(Debug, Clone, Default)]
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

/// From, to and share of all requests, in Unix seconds.
pub(super) type Spans = Vec<(f64, f64, f64)>;
/// A revision, where its model comes from, and when it got what.
pub(super) type RevisionSpans = Vec<(String, String, Spans)>;

impl Routes {
    /// When each revision of each service got which share, not further back than a time.
    pub(super) fn flows(&self, since: f64) -> Vec<(String, String, RevisionSpans)> {
        let mut out = Vec::new();
        for ((namespace, name), routed) in &self.0 {
            let mut revisions: BTreeMap<(&str, &str), Spans> = BTreeMap::new();
            for (i, part) in routed.iter().enumerate() {
                let from = seconds(part.from).max(since);
                let to = routed
                    .get(i + 1)
                    .map_or(f64::INFINITY, |next| seconds(next.from));
                for share in part.shares.iter().filter(|_| from < to) {
                    #[allow(clippy::cast_precision_loss)]
                    let span = (from, to, share.percent as f64 / 100.0);
                    let key = (share.revision.as_str(), share.uri.as_str());
                    revisions.entry(key).or_default().push(span);
                }
            }
            let owned = revisions
                .into_iter()
                .map(|((r, u), s)| (r.to_owned(), u.to_owned(), s));
            out.push((namespace.clone(), name.clone(), owned.collect()));
        }
        out
    }
}

#[allow(clippy::cast_precision_loss)]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
