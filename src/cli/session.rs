//! A connection without a screen: the clusters asked for, what is known of them, and whether it can be believed. I/O.
//!
//! Every command that prints what the console would show goes through here: [`run`] logs in, starts the data plane and
//! hands over a [`Session`]; the command says with [`Session::want`] what it needs, waits with [`Session::settle`] until
//! every source has answered in one way or the other, reads [`Session::world`], and tells with [`Session::troubles`] what
//! is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::args::{Connect, Show};
use super::console::{backends, log_in, runtime, settings};
use super::exit::{Failure, INTERRUPTED};
use super::progress::Progress;
use crate::domain::{ClusterId, ClusterLoad, SourceId, SourceRow, SourceState};
use crate::fault::FaultKind;
use crate::feed::kube::{Feeds, Options, Target, source_of};
use crate::kinds::spec;
use crate::settings::Endpoint;
use crate::store::{ClusterInfo, News, RowsBatch, Scope, Want, World};

/// News that may wait while they are not read.
const ROOM: usize = 256;

/// Most news taken in at once.
const AT_ONCE: usize = 1_024;

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Every source has answered: with its rows, or with what is wrong.
    All,
    /// Time ran out while some were still asked or read.
    Late,
}

/// What came with the last news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Rows or lines of a log changed.
    pub rows: bool,
    /// The state of a source or cluster changed.
    pub sources: bool,
}

/// Something that keeps an answer from being complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which source, and its state when it was last heard of.
    pub id: SourceId,
    /// `None` when it never reported.
    pub state: Option<SourceState>,
    /// It was asked and said what is wrong; else time ran out.
    pub answered: bool,
    /// What was tried and what came back, one sentence.
    pub what: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl Trouble {
    /// The source gave no rows at all, so that nothing can be said of it.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        !matches!(
            self.state,
            Some(SourceState::Live | SourceState::Partial | SourceState::Stale)
        )
    }
}

/// Logs in, starts the data plane and does `work` on it, until it is done or Ctrl-C ends it (exit code 130).
pub fn run(
    connect: &Connect,
    show: &Show,
    work: impl AsyncFnOnce(Session) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    // before Ctrl-C is listened for: a login plugin that asks on the terminal is ended by it as by the shell
    let targets = log_in(connect)?;
    let sources = backends(connect, &settings(connect, show).1.effective.settings);
    until_done(async { work(Session::start(connect, sources, targets)).await })
}

/// Runs something until it is done or Ctrl-C ends it.
pub fn until_done(
    work: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        tokio::select! {
            done = work => done,
            _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(INTERRUPTED)),
        }
    });
    // not dropped: that would wait for tasks that may never end
    runtime.shutdown_background();
    ended
}

/// A running connection. Dropping it ends all watches.
#[derive(Debug)]
pub struct Session {
    feeds: Feeds,
    news: mpsc::Receiver<News>,
    world: World,
    ids: Vec<ClusterId>,
    infos: BTreeMap<ClusterId, ClusterInfo>,
    /// How often each cluster was introduced: the second time with its version.
    introduced: BTreeMap<ClusterId, u32>,
    loads: BTreeMap<ClusterId, ClusterLoad>,
    wants: BTreeSet<Want>,
}

impl Session {
    /// Starts with nothing wanted. Must be called inside a runtime.
    pub(super) fn start(
        connect: &Connect,
        sources: BTreeMap<String, Endpoint>,
        targets: Vec<Target>,
    ) -> Self {
        let (tx, news) = mpsc::channel(ROOM);
        let options = Options {
            namespaces: connect.namespaces.clone(),
            sources,
            ..Options::default()
        };
        Self {
            ids: targets.iter().map(|t| t.id.clone()).collect(),
            feeds: Feeds::start(options, targets, tx),
            news,
            world: World::default(),
            infos: BTreeMap::new(),
            introduced: BTreeMap::new(),
            loads: BTreeMap::new(),
            wants: BTreeSet::new(),
        }
    }

    /// Knows these rows of one source and asks nobody. Must be called inside a runtime.
    pub(super) fn known(cluster: ClusterId, rows: Box<dyn RowsBatch>, source: SourceRow) -> Self {
        let mut session = Self::start(&Connect::default(), BTreeMap::new(), Vec::new());
        session.ids = vec![cluster];
        session.wants.insert(Want {
            cluster: source.id.cluster.clone(),
            feed: source.id.feed,
            scope: Scope::All,
        });
        session.take(News::Source(Box::new(source)));
        session.take(News::Rows(rows));
        session
    }

    /// The clusters asked for, in the order they were named.
    #[must_use]
    pub fn clusters(&self) -> &[ClusterId] {
        &self.ids
    }

    /// What is known of a cluster, once it was heard of.
    #[must_use]
    pub fn info(&self, cluster: &ClusterId) -> Option<&ClusterInfo> {
        self.infos.get(cluster)
    }

    /// Everything known now.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What the connection costs each cluster.
    #[must_use]
    pub fn loads(&self) -> &BTreeMap<ClusterId, ClusterLoad> {
        &self.loads
    }

    /// What is watched now.
    #[must_use]
    pub fn wants(&self) -> &BTreeSet<Want> {
        &self.wants
    }

    /// Says what has to be watched from now on, besides what is watched already.
    pub fn want(&mut self, wants: impl IntoIterator<Item = Want>) {
        self.wants.extend(wants);
        self.feeds.want(self.wants.clone());
    }

    /// Says that these are not needed any more.
    pub fn drop_wants(&mut self, unneeded: impl Fn(&Want) -> bool) {
        self.wants.retain(|want| !unneeded(want));
        self.feeds.want(self.wants.clone());
    }

    /// Takes news in until every wanted source and every cluster has answered, or time runs out. Shows on standard
    /// error what is waited for when that takes long and a person looks.
    pub async fn settle(&mut self, within: Duration) -> Settled {
        let start = Instant::now();
        let end = start + within;
        let mut progress = Progress::new();
        loop {
            self.take_all();
            let waiting = self.waiting();
            if waiting.is_empty() {
                return Settled::All;
            }
            let wake = progress.show(start.elapsed(), &waiting);
            match timeout_at(end.min(Instant::now() + wake), self.news.recv()).await {
                Ok(Some(news)) => {
                    self.take(news);
                }
                Ok(None) => return Settled::Late,
                Err(_) if Instant::now() >= end => return Settled::Late,
                Err(_) => {}
            }
        }
    }

    /// Waits for news and takes in all that came; `None` when the data plane has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        let first = self.news.recv().await?;
        let first = self.take(first);
        let more = self.take_all();
        Some(Heard {
            rows: first.rows || more.rows,
            sources: first.sources || more.sources,
        })
    }

    /// The same, and goes on taking news in for a while: many changes that come together are one.
    pub async fn next_after(&mut self, pause: Duration) -> Option<Heard> {
        let mut heard = self.next().await?;
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(until) => return Some(heard),
                more = self.next() => {
                    let more = more?;
                    heard.rows |= more.rows;
                    heard.sources |= more.sources;
                }
            }
        }
    }

    fn take_all(&mut self) -> Heard {
        let mut heard = Heard::default();
        for _ in 0..AT_ONCE {
            let Ok(news) = self.news.try_recv() else {
                break;
            };
            let one = self.take(news);
            heard.rows |= one.rows;
            heard.sources |= one.sources;
        }
        heard
    }

    fn take(&mut self, news: News) -> Heard {
        let mut heard = Heard::default();
        match news {
            News::Rows(batch) => heard.rows = batch.apply(&mut self.world),
            News::Log(batch) => heard.rows = self.world.logged(*batch),
            News::Source(row) => heard.sources = self.world.source_changed(*row),
            News::Forget(id) => {
                self.world.forget(&id);
                heard = Heard {
                    rows: true,
                    sources: true,
                };
            }
            News::Load(cluster, load) => {
                self.loads.insert(cluster, load);
            }
            News::Cluster(info) => {
                heard.sources = true;
                *self.introduced.entry(info.id.clone()).or_default() += 1;
                self.infos.insert(info.id.clone(), info);
            }
        }
        heard
    }

    /// Sources that have not answered yet.
    fn waiting(&self) -> Vec<SourceId> {
        let mut waiting: Vec<SourceId> = self
            .wants
            .iter()
            .map(source_of)
            .filter(|id| !self.world.source(id).is_some_and(has_answered))
            .collect();
        let silent = |id: &&ClusterId| {
            let known = self.introduced.get(id).copied().unwrap_or(0) > 1;
            let row = self.world.source(&api_of(id));
            !row.is_some_and(|r| {
                if r.state.is_live() {
                    known
                } else {
                    has_answered(r)
                }
            })
        };
        waiting.extend(self.ids.iter().filter(silent).map(api_of));
        waiting
    }

    /// The sources that were asked, and of those that could only be asked namespace by namespace, each of these.
    pub fn sources(&self) -> Vec<&SourceRow> {
        let asked: BTreeSet<SourceId> = self.wants.iter().map(source_of).collect();
        let mut rows: Vec<&SourceRow> = self
            .world
            .sources()
            .filter(|row| {
                let whole = SourceId {
                    scope: String::new(),
                    ..row.id.clone()
                };
                asked.contains(&row.id) || asked.contains(&whole)
            })
            .collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    }

    /// What keeps the wanted sources from being complete, one for each. Empty when all may be believed.
    #[must_use]
    pub fn troubles(&self) -> Vec<Trouble> {
        let asked = self.wants.iter().map(source_of);
        asked.filter_map(|id| self.trouble(&id)).collect()
    }

    fn trouble(&self, id: &SourceId) -> Option<Trouble> {
        let row = self.world.source(id);
        let fault = row.and_then(|r| r.fault.as_ref());
        let state = row.map(|r| r.state);
        if state == Some(SourceState::Live) && fault.is_none() {
            return None;
        }
        let (what, hint) = match (fault, state) {
            (Some(fault), Some(SourceState::Live)) if fault.kind == FaultKind::Denied => (
                row.map_or_else(String::new, |r| format!("read {}", r.endpoint)),
                "Name namespaces with -n to ask for these alone, or ask for a role that may list all.".to_owned(),
            ),
            (Some(fault), _) => (fault.what.clone(), fault.hint.clone()),
            (None, Some(SourceState::Partial)) => (
                "not all of the list came in time".to_owned(),
                "Allow more time with --timeout.".to_owned(),
            ),
            (None, _) => (
                "no answer came in time".to_owned(),
                "Allow more time with --timeout, or see `midwatch doctor`.".to_owned(),
            ),
        };
        Some(Trouble {
            id: id.clone(),
            state,
            answered: fault.is_some(),
            what,
            hint,
        })
    }
}

/// The connection itself as a source.
fn api_of(cluster: &ClusterId) -> SourceId {
    SourceId {
        cluster: cluster.clone(),
        feed: "api",
        scope: String::new(),
    }
}

/// It has its rows, or knows why not. A server that asks for patience gets it.
fn has_answered(row: &SourceRow) -> bool {
    let busy = row
        .fault
        .as_ref()
        .is_some_and(|f| matches!(f.kind, FaultKind::Busy | FaultKind::Expired));
    match row.state {
        // a list of Kubernetes goes on; what a service beside it could not tell comes with the next round
        SourceState::Partial => row.is_in_part() && spec(row.id.feed).is_none(),
        SourceState::Connecting => false,
        SourceState::Down | SourceState::Stale => !busy,
        SourceState::Live | SourceState::Denied | SourceState::Absent => true,
    }
}
