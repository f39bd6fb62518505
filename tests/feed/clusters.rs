//! Two clusters side by side, one of them without an answer: the other one is not slowed, and the dead one is named.
#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use midwatch::app::{Model, Msg, update};
use midwatch::demo::{self, Platform};
use midwatch::domain::{ClusterId, RunRow, SourceState};
use midwatch::feed::kube::{Feeds, Options, Places, targets};
use midwatch::store::News;
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};
use tokio::sync::mpsc;

const LONG: Duration = Duration::from_secs(60);

/// A console on several clusters, without a terminal.
struct Desk {
    model: Model,
    news: mpsc::Receiver<News>,
    _feeds: Feeds,
}

impl Desk {
    fn open(kubeconfig: &Path, contexts: &[&str]) -> Self {
        super::support::tls();
        let places = Places {
            flag: Some(kubeconfig.to_owned()),
            ..Places::default()
        };
        let names: Vec<String> = contexts.iter().map(|c| (*c).to_owned()).collect();
        let found = targets(&places, &names).unwrap();
        let clusters = found.iter().map(|t| t.id.clone()).collect();
        let options = Options {
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(1),
            retry_min: Duration::from_millis(50),
            retry_max: Duration::from_millis(200),
            retry_api: Duration::from_millis(100),
            ..Options::default()
        };
        let (tell, news) = mpsc::channel(64);
        let feeds = Feeds::start(options, found, tell);
        let model = Model::new(clusters, (120, 36), Timestamp::now());
        feeds.want(model.wants());
        Self {
            model,
            news,
            _feeds: feeds,
        }
    }

    /// Takes news until `done`; how long that took.
    async fn until(&mut self, done: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !done(self) {
            let news = tokio::time::timeout(LONG, self.news.recv()).await;
            let news = news.unwrap_or_else(|_| panic!("{:#?}", self.states()));
            let _ = update(
                &mut self.model,
                Msg::Arrived(news.unwrap()),
                Timestamp::now(),
            );
        }
        start.elapsed()
    }

    fn states(&self) -> Vec<(String, SourceState)> {
        let world = &self.model.world;
        world
            .sources()
            .map(|s| (s.key().to_string(), s.state))
            .collect()
    }

    fn state(&self, cluster: &str, feed: &str) -> Option<SourceState> {
        let cluster = ClusterId::new(cluster);
        let mut feed = self.model.world.feed(feed);
        feed.find(|s| s.id.cluster == cluster).map(|s| s.state)
    }

    fn rows(&self, cluster: &str) -> usize {
        let cluster = ClusterId::new(cluster);
        let table = self.model.world.table::<RunRow>();
        table.map_or(0, |t| t.iter().filter(|r| r.key.cluster == cluster).count())
    }

    fn screen(&mut self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
        let mut view = View::new(Look::default());
        let model = &mut self.model;
        terminal.draw(|frame| view.draw(model, frame)).unwrap();
        terminal.backend().to_string()
    }
}

/// Both platforms in one kubeconfig, as the contexts `eu` and `us`.
fn both(folder: &Path, eu: &Platform, us: &Platform) -> PathBuf {
    let read = |platform: &Platform| -> Value {
        let text = std::fs::read(platform.kubeconfig()).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let part = |from: &Value, list: &str, field: &str, name: &str| json!({ "name": name, field: from[list][0][field] });
    let named = [("eu", read(eu)), ("us", read(us))];
    let all = |list: &str, field: &str| -> Vec<Value> {
        named
            .iter()
            .map(|(name, from)| part(from, list, field, name))
            .collect()
    };
    let context =
        |name: &str| json!({ "name": name, "context": { "cluster": name, "user": name } });
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "eu",
        "clusters": all("clusters", "cluster"), "users": all("users", "user"),
        "contexts": [context("eu"), context("us")],
    });
    let path = folder.join("both");
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

/// A platform that has been for a quarter of an hour has runs enough.
fn young() -> demo::Options {
    demo::Options {
        past: Duration::from_secs(900),
        ..demo::Options::default()
    }
}

fn eu_live(desk: &Desk) -> bool {
    desk.state("eu", "workflows") == Some(SourceState::Live)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_hangs_does_not_slow_the_other_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let eu = Platform::start(young()).await.unwrap();
    let us = Platform::start(young()).await.unwrap();
    let kubeconfig = both(folder.path(), &eu, &us);
    us.set_hanging(true);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        alone.push(Desk::open(&kubeconfig, &["eu"]).until(eu_live).await);
        let mut desk = Desk::open(&kubeconfig, &["eu", "us"]);
        beside.push(desk.until(eu_live).await);
        assert!(desk.rows("eu") > 0);
        assert_ne!(desk.state("us", "api"), Some(SourceState::Live));
        let shown = desk.screen();
        assert!(shown.contains("+ ?"), "not all runs are known:\n{shown}");
    }
    alone.sort();
    beside.sort();
    let ms = |times: &[Duration]| times[times.len() / 2].as_secs_f64() * 1000.0;
    println!(
        "first list of one cluster: alone {:.0} ms, beside one that hangs {:.0} ms: {:.2} times",
        ms(&alone),
        ms(&beside),
        ms(&beside) / ms(&alone)
    );
    // the silence of the other one is a second long: nobody waits for it
    assert!(
        beside[2] < alone[2] + Duration::from_millis(700),
        "{alone:?} {beside:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_down_is_named_and_its_runs_come_when_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let eu = Platform::start(young()).await.unwrap();
    let us = Platform::start(young()).await.unwrap();
    let kubeconfig = both(folder.path(), &eu, &us);
    us.set_down(true).await;
    let mut desk = Desk::open(&kubeconfig, &["eu", "us"]);
    desk.until(|d| eu_live(d) && d.state("us", "workflows") == Some(SourceState::Down))
        .await;
    let shown = desk.screen();
    let top = shown.lines().next().unwrap();
    assert!(
        top.contains("1 of 2 clusters") && top.contains("us is down"),
        "{shown}"
    );
    assert!(shown.contains("us: ? (down)"), "{shown}");
    us.set_down(false).await;
    desk.until(|d| d.state("us", "workflows") == Some(SourceState::Live))
        .await;
    desk.until(|d| d.states().iter().all(|(_, s)| *s == SourceState::Live))
        .await;
    let shown = desk.screen();
    assert!(
        shown.lines().next().unwrap().contains("2 clusters  ● live"),
        "{shown}"
    );
    assert!(desk.rows("us") > 0 && !shown.contains("+ ?"), "{shown}");
    // and away again: the rows stay, as old
    us.set_down(true).await;
    desk.until(|d| d.state("us", "workflows") == Some(SourceState::Stale))
        .await;
    assert!(
        desk.rows("us") > 0 && desk.screen().contains("us is stale"),
        "{}",
        desk.screen()
    );
}
