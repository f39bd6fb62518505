//! The connection itself as a source: asked once at the start, and again when something fails, until it is well.
//! Does I/O.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use super::backoff::{Backoff, unit};
use super::link::Link;
use super::meter::look;
use super::report::Report;
use super::trouble::Trouble;
use crate::domain::{Clean, SourceId, SourceState};
use crate::fault::FaultKind;
use crate::store::{ClusterInfo, News};

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "gitVersion", default)]
    git_version: String,
}

/// Tells how the connection is until nobody listens.
pub(crate) async fn run(link: Arc<Link>, tx: mpsc::Sender<News>, kick: watch::Receiver<u64>) {
    let target = &link.target;
    let id = SourceId {
        cluster: target.id.clone(),
        feed: "api",
        scope: String::new(),
    };
    let endpoint = if target.user.is_empty() {
        target.server.clone()
    } else {
        format!("{} as {}", target.server, target.user)
    };
    let report = Report::new(id, endpoint, link.options.alive, Timestamp::now());
    let api = Api {
        backoff: Backoff::new(link.options.retry_min, link.options.retry_api),
        link,
        tx,
        kick,
        report,
        version: None,
    };
    let _ = api.run().await;
}

struct Api {
    link: Arc<Link>,
    tx: mpsc::Sender<News>,
    kick: watch::Receiver<u64>,
    report: Report,
    backoff: Backoff,
    version: Option<String>,
}

impl Api {
    async fn run(mut self) -> Option<()> {
        self.introduce().await?;
        self.send().await?;
        loop {
            let wait = match self.ask().await {
                Ok(version) => {
                    self.well(version).await?;
                    None
                }
                Err(trouble) => {
                    let wait = self.ill(&trouble);
                    self.send().await?;
                    Some(wait)
                }
            };
            tokio::select! {
                () = self.tx.closed() => return None,
                kicked = self.kick.changed() => kicked.ok()?,
                () = self.link.doubt.notified(), if wait.is_none() => {}
                () = tokio::time::sleep_until(wait.unwrap_or_else(Instant::now).into()), if wait.is_some() => {}
            }
        }
    }

    async fn ask(&self) -> Result<String, Trouble> {
        match self
            .link
            .get::<Version>("/version", "read the version")
            .await
        {
            Ok(version) => Ok(Clean::new(&version.git_version).to_string()),
            // the server is there and knows us
            Err(t) if t.kind == FaultKind::Denied && t.what.starts_with("You may not") => {
                Ok(String::new())
            }
            Err(t) => Err(t),
        }
    }

    async fn well(&mut self, version: String) -> Option<()> {
        let now = Timestamp::now();
        let was = self.report.state();
        self.backoff.reset();
        self.report.set_seen(Some(now));
        self.report.set_well(SourceState::Live, now);
        self.send().await?;
        if self.version.as_ref() != Some(&version) {
            self.version = Some(version);
            self.introduce().await?;
        }
        if !matches!(was, SourceState::Live | SourceState::Connecting) {
            self.link.back.send_modify(|n| *n += 1);
        }
        Some(())
    }

    /// When to ask again.
    fn ill(&mut self, trouble: &Trouble) -> Instant {
        let now = Timestamp::now();
        let state = match (trouble.kind, self.version.is_some()) {
            (FaultKind::Denied, _) => SourceState::Denied,
            (_, true) => SourceState::Stale,
            (_, false) => SourceState::Down,
        };
        self.report.set_state(state, now);
        self.report
            .set_fault(trouble.fault(self.link.target.id.as_str(), now));
        let options = &self.link.options;
        let wait = match trouble.kind {
            FaultKind::Denied | FaultKind::Config => options.retry_denied,
            _ => self
                .backoff
                .next(unit())
                .max(trouble.wait.unwrap_or_default()),
        };
        self.report.set_retry(now.checked_add(wait).ok());
        Instant::now() + wait
    }

    async fn introduce(&self) -> Option<()> {
        let target = &self.link.target;
        let info = ClusterInfo {
            id: target.id.clone(),
            server: target.server.clone(),
            version: self.version.clone().unwrap_or_default(),
            user: target.user.clone(),
            namespace: Clean::new(&target.namespace).to_string(),
        };
        self.tx.send(News::Cluster(info)).await.ok()
    }

    async fn send(&mut self) -> Option<()> {
        if self.report.is_due(Instant::now()) {
            let row = self.report.take(Instant::now());
            self.tx.send(News::Source(Box::new(row))).await.ok()?;
        }
        Some(())
    }
}

/// Tells what midwatch costs the server: seldom, and only when it looks different. Sleeps while nothing happens.
pub(crate) async fn load(link: Arc<Link>, tx: mpsc::Sender<News>) {
    let mut told = None;
    let mut slides = None;
    loop {
        tokio::select! {
            () = tx.closed() => return,
            () = link.meter.touched.notified() => {}
            () = tokio::time::sleep_until(slides.unwrap_or_else(Instant::now).into()), if slides.is_some() => {}
        }
        let (load, next) = link.meter.load(Instant::now());
        slides = next;
        if told == Some(look(load)) {
            continue;
        }
        told = Some(look(load));
        if tx
            .send(News::Load(link.target.id.clone(), load))
            .await
            .is_err()
        {
            return;
        }
        tokio::select! {
            () = tx.closed() => return,
            () = tokio::time::sleep(link.options.load) => {}
        }
    }
}
