//! Which sources run, driven by what screens want. Does I/O (tasks).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::connect::Target;
use super::link::Link;
use super::meter::Cap;
use super::options::Options;
use super::registry::Entry;
use super::source::{Part, Source};
use super::{api, locked};
use crate::domain::{ClusterId, SourceId};
use crate::store::{News, Scope, Want};

/// The running data plane. Dropping it ends every task and connection.
#[derive(Debug)]
pub struct Feeds {
    wants: watch::Sender<BTreeSet<Want>>,
    kick: watch::Sender<u64>,
    cap: Cap,
    changed: BTreeMap<ClusterId, watch::Sender<u64>>,
    task: JoinHandle<()>,
}

impl Feeds {
    /// Starts with no source but the connections themselves. News go to `tx`; while it is full, the newest state of
    /// each row waits. Must be called inside a tokio runtime, with the TLS provider installed.
    #[must_use]
    pub fn start(options: Options, targets: Vec<Target>, tx: mpsc::Sender<News>) -> Self {
        let (wants, wanted) = watch::channel(BTreeSet::new());
        let kick = watch::Sender::new(0);
        let cap = options.cap.clone();
        let options = Arc::new(options);
        let links: BTreeMap<ClusterId, Arc<Link>> = targets
            .into_iter()
            .map(|t| (t.id.clone(), Arc::new(Link::new(t, options.clone()))))
            .collect();
        let changed = links.iter().map(|(id, l)| (id.clone(), l.changed.clone()));
        let changed = changed.collect();
        let keeper = Keeper {
            options,
            links,
            tx,
            kick: kick.subscribe(),
            running: BTreeMap::new(),
        };
        Self {
            wants,
            kick,
            cap,
            changed,
            task: tokio::spawn(keeper.run(wanted)),
        }
    }

    /// Says what has to be watched from now on: all that screens and findings need, on all clusters. What is not
    /// wanted any more goes on for a while, so that going back is instant.
    pub fn want(&self, wants: BTreeSet<Want>) {
        self.wants.send_if_modified(|old| {
            let changed = *old != wants;
            *old = wants;
            changed
        });
    }

    /// Sends no more requests a minute to each API server than this from now on; 0 for no cap.
    pub fn limit(&self, requests_per_minute: u32) {
        self.cap.set(requests_per_minute);
    }

    /// Asks everything anew now, instead of waiting for the next try.
    pub fn reconnect(&self) {
        self.kick.send_modify(|n| *n += 1);
    }

    /// Something was changed in a service of a cluster that cannot be watched: who asks it does so again now.
    pub fn reread(&self, cluster: &ClusterId) {
        if let Some(changed) = self.changed.get(cluster) {
            changed.send_modify(|n| *n += 1);
        }
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Keeper {
    options: Arc<Options>,
    links: BTreeMap<ClusterId, Arc<Link>>,
    tx: mpsc::Sender<News>,
    kick: watch::Receiver<u64>,
    running: BTreeMap<Want, Running>,
}

struct Running {
    task: JoinHandle<()>,
    owned: Arc<Mutex<BTreeSet<SourceId>>>,
    /// No screen needs it any more: it ends then.
    until: Option<Instant>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeper {
    async fn run(mut self, mut wanted: watch::Receiver<BTreeSet<Want>>) {
        let mut always = JoinSet::new();
        for link in self.links.values() {
            always.spawn(api::run(link.clone(), self.tx.clone(), self.kick.clone()));
            always.spawn(api::load(link.clone(), self.tx.clone()));
        }
        loop {
            let next = self.running.values().filter_map(|r| r.until).min();
            tokio::select! {
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let wants = wanted.borrow_and_update().clone();
                    self.adjust(&wants);
                }
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now).into()), if next.is_some() => {
                    if self.sweep().await.is_none() {
                        return;
                    }
                }
                () = self.tx.closed() => return,
            }
        }
    }

    fn adjust(&mut self, wants: &BTreeSet<Want>) {
        let now = Instant::now();
        for (want, running) in &mut self.running {
            if wants.contains(want) {
                running.until = None;
            } else if running.until.is_none() {
                let linger = match want.scope {
                    Scope::All => self.options.linger,
                    Scope::Log(_) => Duration::ZERO,
                    _ => self.options.linger_narrow,
                };
                running.until = Some(now + linger);
            }
        }
        for want in wants {
            if !self.running.contains_key(want) {
                self.start(want);
            }
        }
    }

    fn start(&mut self, want: &Want) {
        let entry: Option<&Entry> = self.options.kinds.iter().find(|e| e.spec.feed == want.feed);
        let (Some(link), Some(entry)) = (self.links.get(&want.cluster), entry) else {
            tracing::warn!(?want, "nothing can be watched for this");
            return;
        };
        let owned = Arc::default();
        let source = Source {
            link: link.clone(),
            id: SourceId {
                cluster: want.cluster.clone(),
                feed: entry.spec.feed,
                scope: scope_name(&want.scope),
            },
            part: Part::Want(want.scope.clone()),
            tx: self.tx.clone(),
            kick: self.kick.clone(),
            owned: Arc::clone(&owned),
            family: None,
        };
        let running = Running {
            task: tokio::spawn((entry.start)(source)),
            owned,
            until: None,
        };
        self.running.insert(want.clone(), running);
    }

    /// Ends what was not needed for long enough. `None` when nobody listens.
    async fn sweep(&mut self) -> Option<()> {
        let now = Instant::now();
        let ended: Vec<Want> = self
            .running
            .iter()
            .filter(|(_, r)| r.until.is_some_and(|t| t <= now))
            .map(|(want, _)| want.clone())
            .collect();
        for want in ended {
            let Some(mut running) = self.running.remove(&want) else {
                continue;
            };
            running.task.abort();
            // its last news must not come after the one that forgets it
            let _ = (&mut running.task).await;
            let owned = std::mem::take(&mut *locked(&running.owned));
            for id in owned {
                self.tx.send(News::Forget(id)).await.ok()?;
            }
        }
        Some(())
    }
}

/// The source that tells how a want is: of several namespaces, the one that stands for all of them.
#[must_use]
pub fn source_of(want: &Want) -> SourceId {
    SourceId {
        cluster: want.cluster.clone(),
        feed: want.feed,
        scope: scope_name(&want.scope),
    }
}

/// Scope as [`SourceId`] names it: empty, `namespace`, `namespace/name`, or `namespace?selector`.
fn scope_name(scope: &Scope) -> String {
    match scope {
        Scope::All => String::new(),
        Scope::Namespace(namespace) => namespace.clone(),
        Scope::Object { namespace, name } => format!("{namespace}/{name}"),
        Scope::Labelled {
            namespace,
            selector,
        } => format!("{namespace}?{selector}"),
        Scope::Manifest {
            kind,
            namespace,
            name,
        } => format!("{kind} {namespace}/{name}"),
        Scope::Events {
            namespace,
            kind,
            name,
        } => format!("{namespace}/{kind}/{name}"),
        Scope::Log(log) => format!("{} {}/{}", log.view, log.namespace, log.name()),
    }
}
