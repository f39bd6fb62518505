//! A kind that some servers serve in an older version only: which one is read is asked of the server. Does I/O.
//!
//! A version that is not served answers 404, as a kind that is not installed does; taking the one for the other would
//! show no objects where there are some.

use futures::future::BoxFuture;

use super::probe::serves;
use super::registry::Entry;
use super::source::Source;
use super::watch;
use crate::kinds::Kind;

/// The entry of a kind that is read in an older version where the server serves no newer one.
pub(crate) fn entry<K: Kind, Older: Kind>() -> Entry {
    Entry {
        spec: K::SPEC,
        start: |source| Box::pin(run::<K, Older>(source)),
    }
}

/// Runs a source in the version that the server serves.
pub(crate) async fn run<K: Kind, Older: Kind>(source: Source) {
    loop {
        match serves(&source.link, &K::SPEC).await {
            Ok(true) => return newer::<K>(source).await,
            Ok(false) => return newer::<Older>(source).await,
            Err(_) => {
                // whether it is served is not known while the server does not answer: the watch tells how it is
                let mut back = source.link.back.subscribe();
                tokio::select! {
                    () = newer::<K>(source.clone()) => return,
                    changed = back.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

fn newer<K: Kind>(source: Source) -> BoxFuture<'static, ()> {
    Box::pin(watch::run::<K>(source))
}
