//! Looking back: everything that the curves of a time that is over need, asked once. Does I/O; used by commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;

use super::documents;
use super::query::Server;
use crate::domain::Clean;
use crate::fault::Fault;
use crate::feed::http::{Backend, known};
use crate::feed::kube::{Link, Options, Target};
use crate::slo::Past;

/// Asks until nothing is due. `until` is the end of the span. What is not known of objectives that stand in the cluster goes
/// to `unread`. `Err` says what failed last; what was answered beside it is taken in all the same.
pub(crate) async fn look_back(
    target: Target,
    options: Options,
    (past, unread): (&mut Past, &mut Vec<Clean>),
    until: Timestamp,
) -> Result<(), Fault> {
    let link = Arc::new(Link::new(target, Arc::new(options)));
    let namespaces: BTreeSet<String> = past.services().map(|(place, _)| place.clone()).collect();
    let (slos, why) = documents::once(&link, &namespaces).await;
    past.add(slos);
    *unread = why;
    let server = Arc::new(Server::new(Backend::of(link, &known::PROMETHEUS)));
    let mut failed = Ok(());
    loop {
        let mut asked: FuturesUnordered<_> = past
            .due()
            .into_iter()
            .map(|query| server.clone().ask(query, until))
            .collect();
        if asked.is_empty() {
            return failed;
        }
        while let Some((id, answer)) = asked.next().await {
            match answer {
                Ok(answer) => past.answered(&id, &answer),
                Err(error) => failed = Err(error.fault),
            }
        }
    }
}
