//! Feed `models`: all registered models with their aliases, and where the files of their versions are. Does I/O.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::ask::{Gathered, List, missing};
use super::memory::Memory;
use crate::domain::{ModelRow, VersionRow};
use crate::fault::Fault;
use crate::feed::http::Backend;
use crate::feed::kube::Source;
use crate::feed::poll::{Got, Reads};
use crate::kinds::mlflow;

/// Models of one page: as many as the server gives at once.
const PAGE: u32 = 1000;
/// Versions of one page of all of them.
const VERSIONS: u32 = 2000;
/// Newest versions looked at each time.
const NEWEST: u32 = 100;
/// Most pages of one list: a server that goes on and on is not followed for ever.
const PAGES: usize = 200;
/// How often all versions are read.
const WHOLE: Duration = Duration::from_secs(600);

/// What is asked each time.
pub(super) struct Models {
    backend: Arc<Backend>,
    names: List<ModelRow>,
    versions: List<VersionRow>,
    memory: Memory,
    whole: Option<Instant>,
    endpoint: Option<String>,
    every: Duration,
}

impl Models {
    pub(super) fn new(source: &Source, backend: Arc<Backend>) -> Self {
        let cluster = source.id.cluster.clone();
        let other = cluster.clone();
        Self {
            backend,
            names: List {
                path: "registered-models/search",
                read: Box::new(move |body| mlflow::models(&cluster, body)),
            },
            versions: List {
                path: "model-versions/search",
                read: Box::new(move |body| mlflow::versions(&other, body)),
            },
            memory: Memory::default(),
            whole: None,
            endpoint: None,
            every: source.link.options.registry,
        }
    }

    async fn all_models(&self) -> Result<Gathered<ModelRow>, Fault> {
        let mut all = Gathered::default();
        let mut token = None;
        for _ in 0..PAGES {
            let query = mlflow::models_query(PAGE, token.as_deref());
            token = all.take(self.names.page(&self.backend, &query).await?).1;
            if token.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// Versions that came since the last look; all of them now and then.
    async fn look_at_versions(&mut self) -> Result<(), Fault> {
        let whole = self.whole.is_none_or(|at| at.elapsed() >= WHOLE);
        let page = if whole { VERSIONS } else { NEWEST };
        let mut all = Gathered::default();
        let mut token = None;
        for _ in 0..PAGES {
            let query = mlflow::newest_query(page, token.as_deref());
            let read = self.versions.page(&self.backend, &query).await?;
            let new = !whole && self.memory.learn(read.rows.iter());
            token = all.take(read).1;
            // those that are older were known before
            if token.is_none() || !(whole || new) {
                break;
            }
        }
        if whole {
            self.memory.learn_all(all.rows.values());
            self.whole = Some(Instant::now());
        }
        Ok(())
    }
}

impl Reads for Models {
    type Row = ModelRow;

    fn every(&self) -> Duration {
        self.every
    }

    async fn read(&mut self) -> Result<Got<ModelRow>, Fault> {
        self.endpoint = Some(self.backend.endpoint().await?);
        let models = self.all_models().await?;
        self.look_at_versions().await?;
        let rows = models.rows.into_values().collect();
        Ok(Got {
            rows: self.memory.complete(rows, Timestamp::now()),
            missing: missing(models.odd, "models"),
        })
    }

    fn endpoint(&self) -> Option<String> {
        self.endpoint.clone()
    }

    /// A person asked anew: everything is read.
    async fn anew(&mut self) {
        self.whole = None;
        self.backend.anew().await;
    }
}
