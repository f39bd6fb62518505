//! The receiving side of the data plane as the loop sees it: tables, sources, loads; waits on conditions.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use midwatch::domain::{ClusterId, ClusterLoad, Key, Row, SourceId, SourceRow, SourceState};
use midwatch::feed::kube::{Feeds, Options, Places, targets};
use midwatch::store::{ClusterInfo, News, Scope, Table, Want, World};
use tokio::sync::mpsc;

use super::SOON;

/// Everything the feed has told.
pub struct Console {
    pub feeds: Feeds,
    pub rx: mpsc::Receiver<News>,
    pub world: World,
    pub sources: BTreeMap<SourceId, SourceRow>,
    pub clusters: BTreeMap<ClusterId, ClusterInfo>,
    pub loads: Vec<ClusterLoad>,
    pub forgotten: Vec<SourceId>,
    /// States in the order they were told.
    pub states: Vec<(SourceId, SourceState)>,
    /// Sorts of faults that were told, with their feed.
    pub faults: Vec<(&'static str, midwatch::fault::FaultKind)>,
    /// Changes in each batch.
    pub batches: Vec<usize>,
    /// Fewest rows after the first full list, of the table looked at with `watch_rows`.
    pub fewest: Option<usize>,
    count: Option<fn(&World) -> usize>,
}

impl Console {
    /// Connects with a kubeconfig; `room` is the size of the channel.
    pub fn start(kubeconfig: &Path, contexts: &[&str], options: Options, room: usize) -> Self {
        super::tls();
        let places = Places {
            flag: Some(kubeconfig.to_owned()),
            ..Places::default()
        };
        let names: Vec<String> = contexts.iter().map(|c| (*c).to_owned()).collect();
        let found = targets(&places, &names).unwrap_or_else(|f| panic!("{f:?}"));
        let (tx, rx) = mpsc::channel(room);
        Self {
            feeds: Feeds::start(options, found, tx),
            rx,
            world: World::default(),
            sources: BTreeMap::new(),
            clusters: BTreeMap::new(),
            loads: Vec::new(),
            forgotten: Vec::new(),
            states: Vec::new(),
            faults: Vec::new(),
            batches: Vec::new(),
            fewest: None,
            count: None,
        }
    }

    /// Wants all of these feeds of a cluster.
    pub fn want(&self, cluster: &str, feeds: &[&'static str]) {
        let wants = feeds.iter().map(|feed| Want {
            cluster: ClusterId::new(cluster),
            feed,
            scope: Scope::All,
        });
        self.feeds.want(wants.collect());
    }

    /// From now on remembers the fewest rows seen in a table, to catch flicker.
    pub fn watch_rows<R: Row>(&mut self) {
        self.count = Some(|world| world.table::<R>().map_or(0, Table::len));
        self.fewest = None;
    }

    fn take(&mut self, news: News) {
        match news {
            News::Rows(batch) => {
                self.batches.push(batch.len());
                batch.apply(&mut self.world);
                if let Some(count) = self.count {
                    let now = count(&self.world);
                    self.fewest = Some(self.fewest.map_or(now, |f| f.min(now)));
                }
            }
            News::Log(batch) => {
                self.world.logged(*batch);
            }
            News::Source(row) => {
                if self
                    .states
                    .last()
                    .is_none_or(|(id, state)| (id, state) != (&row.id, &row.state))
                {
                    self.states.push((row.id.clone(), row.state));
                }
                self.faults
                    .extend(row.fault.iter().map(|f| (row.id.feed, f.kind)));
                self.sources.insert(row.id.clone(), *row);
            }
            News::Forget(id) => {
                self.world.forget(&id);
                self.sources.remove(&id);
                self.forgotten.push(id);
            }
            News::Load(_, load) => self.loads.push(load),
            News::Cluster(info) => {
                self.clusters.insert(info.id.clone(), info);
            }
        }
    }

    /// Takes news until `done`, or fails when it does not come, showing the sources. Looks again now and then without
    /// news too: not all that a test waits for is told by the feed.
    pub async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = tokio::time::Instant::now() + SOON;
        while !done(self) {
            let now = tokio::time::Instant::now();
            assert!(
                now < end,
                "waited {SOON:?} for {what}; sources: {:#?}; states: {:?}",
                self.sources.values().collect::<Vec<_>>(),
                self.states
            );
            let look = now + Duration::from_secs(1);
            match tokio::time::timeout_at(look, self.rx.recv()).await {
                Ok(Some(news)) => self.take(news),
                Ok(None) => panic!("the feed ended while waiting for {what}"),
                Err(_) => {}
            }
        }
    }

    /// Takes what comes for a time: to see that something does not happen.
    pub async fn for_a_while(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(news)) = tokio::time::timeout_at(end, self.rx.recv()).await {
            self.take(news);
        }
    }

    /// The source of a feed and scope.
    pub fn source(&self, feed: &str, scope: &str) -> Option<&SourceRow> {
        self.sources
            .values()
            .find(|r| r.id.feed == feed && r.id.scope == scope)
    }

    /// Its state.
    pub fn state(&self, feed: &str) -> Option<SourceState> {
        self.source(feed, "").map(|r| r.state)
    }

    /// States told of a feed, in order.
    pub fn states_of(&self, feed: &str) -> Vec<SourceState> {
        let mut states: Vec<SourceState> = self
            .states
            .iter()
            .filter(|(id, _)| id.feed == feed && id.scope.is_empty())
            .map(|(_, s)| *s)
            .collect();
        states.dedup();
        states
    }

    /// All rows of a table by `namespace/name`.
    pub fn rows<R: Row, T>(&self, show: impl Fn(&R) -> T) -> BTreeMap<String, T> {
        let name = |key: &Key| format!("{}/{}", key.namespace, key.name);
        self.world
            .table::<R>()
            .map(|t| t.iter().map(|r| (name(r.key()), show(r))).collect())
            .unwrap_or_default()
    }
}
