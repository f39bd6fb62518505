//! Feed `versions`: the versions of one model, each with the run that made it. Does I/O.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use jiff::Timestamp;

use super::ask::{Answer, Gathered, List, ask, missing, strange};
use crate::domain::{Clean, ClusterId, Made, ModelRow, VersionRow};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::Backend;
use crate::feed::kube::Source;
use crate::feed::poll::{Got, Reads};
use crate::kinds::mlflow;

/// Versions of one page.
const PAGE: u32 = 500;
/// Most pages: more versions of one model are nothing for a screen.
const PAGES: usize = 4;
/// Runs read at once, and before what is known is told.
const AT_ONCE: usize = 4;
const STEP: usize = 12;
/// Most runs read of one model: those with an alias, then the newest.
const RUNS: usize = 200;

/// What is asked each time.
pub(super) struct Versions {
    backend: Arc<Backend>,
    cluster: ClusterId,
    model: String,
    list: List<VersionRow>,
    rows: Vec<VersionRow>,
    odd: usize,
    listed: Option<Instant>,
    /// What is known of runs, by id.
    runs: HashMap<Clean, Made>,
    endpoint: Option<String>,
    every: Duration,
}

impl Versions {
    pub(super) fn new(source: &Source, model: String, backend: Arc<Backend>) -> Self {
        let cluster = source.id.cluster.clone();
        let other = cluster.clone();
        Self {
            backend,
            cluster,
            model,
            list: List {
                path: "model-versions/search",
                read: Box::new(move |body| mlflow::versions(&other, body)),
            },
            rows: Vec::new(),
            odd: 0,
            listed: None,
            runs: HashMap::new(),
            endpoint: None,
            every: source.link.options.registry,
        }
    }

    /// The model itself: its aliases are not in the list of its versions.
    async fn model(&self) -> Result<Option<ModelRow>, Fault> {
        let query = [("name", self.model.as_str())];
        match ask(&self.backend, "registered-models/get", &query).await? {
            Answer::Missing => Ok(None),
            Answer::Said(reply) => mlflow::model(&self.cluster, &reply.body)
                .map(Some)
                .map_err(strange),
        }
    }

    async fn list(&mut self) -> Result<(), Fault> {
        let mut all = Gathered::default();
        let model = self.model().await?;
        let mut token = None;
        for _ in 0..PAGES {
            let query = mlflow::versions_query(&self.model, PAGE, token.as_deref());
            let (Some(_), Some(query)) = (&model, query) else {
                break;
            };
            token = all.take(self.list.page(&self.backend, &query).await?).1;
            if token.is_none() {
                break;
            }
        }
        self.odd = all.odd;
        self.rows = all.rows.into_values().collect();
        for row in &mut self.rows {
            let mine = model.iter().flat_map(|m| m.aliases.iter());
            let mine = mine.filter(|a| a.version == row.number);
            row.aliases = mine.map(|a| a.name.clone()).collect();
        }
        self.rows
            .sort_by_key(|row| (row.aliases.is_empty(), std::cmp::Reverse(row.number)));
        // a run at work changes
        self.runs.retain(|_, made| match made {
            Made::By(run) => run.ended.is_some(),
            Made::Gone => true,
            _ => false,
        });
        self.listed = Some(Instant::now());
        Ok(())
    }

    /// Runs that are to be read next.
    fn unread(&self) -> Vec<Clean> {
        let mut ids: Vec<Clean> = Vec::new();
        let named = self
            .rows
            .iter()
            .filter(|row| !row.run.is_empty())
            .take(RUNS);
        for row in named {
            if !self.runs.contains_key(&row.run) && !ids.contains(&row.run) {
                ids.push(row.run.clone());
            }
        }
        ids
    }

    async fn read_runs(&mut self, ids: Vec<Clean>) -> Result<(), Fault> {
        let backend = &self.backend;
        let asked = ids.into_iter().take(STEP).map(|id| async move {
            let made = run(backend, &id).await;
            (id, made)
        });
        let answers: Vec<_> = stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (id, made) in answers {
            self.runs.insert(id, made?);
        }
        Ok(())
    }

    /// Runs that are still to be read: the versions are not all told until then.
    fn left(&self) -> Option<Fault> {
        let left = self.unread().len();
        let what = format!("{left} runs of its versions are still to be read");
        (left > 0).then(|| Fault::new("mlflow", FaultKind::Busy, what, Timestamp::now()))
    }

    fn known(&self) -> Vec<VersionRow> {
        let mut rows = self.rows.clone();
        for row in &mut rows {
            if let Some(made) = self.runs.get(&row.run) {
                row.made = made.clone();
            }
        }
        rows
    }
}

async fn run(backend: &Backend, id: &Clean) -> Result<Made, Fault> {
    match ask(backend, "runs/get", &[("run_id", id)]).await {
        Ok(Answer::Missing) => Ok(Made::Gone),
        Ok(Answer::Said(reply)) => Ok(match mlflow::run(&reply.body) {
            Ok(run) => Made::By(Arc::new(run)),
            Err(_) => Made::Unreadable(Clean::new("its run cannot be read")),
        }),
        // the rest of the model can be shown
        Err(fault) if fault.kind == FaultKind::Denied => {
            Ok(Made::Unreadable(Clean::new(&fault.what)))
        }
        Err(fault) => Err(fault),
    }
}

impl Reads for Versions {
    type Row = VersionRow;

    /// Runs that were not read yet are read at once.
    fn every(&self) -> Duration {
        if self.unread().is_empty() {
            self.every
        } else {
            Duration::ZERO
        }
    }

    async fn read(&mut self) -> Result<Got<VersionRow>, Fault> {
        self.endpoint = Some(self.backend.endpoint().await?);
        let old = |at: Instant| at.elapsed() >= self.every;
        if self.listed.is_none_or(old) || self.unread().is_empty() {
            self.list().await?;
        } else {
            let ids = self.unread();
            self.read_runs(ids).await?;
        }
        Ok(Got {
            rows: self.known(),
            missing: self.left().or_else(|| missing(self.odd, "versions")),
        })
    }

    fn endpoint(&self) -> Option<String> {
        self.endpoint.clone()
    }

    async fn anew(&mut self) {
        self.listed = None;
        self.runs.clear();
        self.backend.anew().await;
    }
}
