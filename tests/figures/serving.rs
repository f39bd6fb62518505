//! What 500 services, 1,000 models and 10,000 versions cost: time to open, memory, requests, bytes, keys to frames.
//! The cluster, Prometheus and `MLflow` answer from a process of their own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{BurnRow, ClusterId, ModelRow, RevisionRow, Row, ServiceRow};
use midwatch::feed::kube::{Feeds, Options, Places, targets};
use midwatch::settings::Endpoint;
use midwatch::store::{News, Table};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::backends::{self, ADDRESS, MODELS, SERVICES, VERSIONS};
use super::support::process::cpu_ticks;
use super::support::{SOON, tls, wait_for};
use super::{print, quantiles, resident};

/// Frames for data come no closer than this.
const FRAME: Duration = Duration::from_millis(250);
/// How long it is left alone.
const IDLE: Duration = Duration::from_secs(120);

/// The servers, when another process of this test asks for them.
#[tokio::test]
#[ignore = "serves the figures"]
async fn servers() {
    if let Ok(file) = std::env::var(ADDRESS) {
        backends::serve(&file).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures"]
async fn five_hundred_services_and_ten_thousand_versions() {
    tls();
    let site = Site::start();
    let mut desk = Desk::open(&site);
    models(&mut desk, &site).await;
    services(&mut desk, &site).await;
    keys(&mut desk).await;
    idle(&mut desk, &site).await;
}

async fn models(desk: &mut Desk, site: &Site) {
    let (memory, start) = (resident(), Instant::now());
    desk.press("4");
    desk.until("a model", |_, screen| screen.contains("model-0"))
        .await;
    took("models: first row on the screen", start);
    desk.until("all versions", |m, _| live(m, "models")).await;
    took("models: 1,000 with 10,000 versions", start);
    let all = desk.model.world.table::<ModelRow>().unwrap();
    let versions: usize = all
        .iter()
        .filter_map(|m| m.versions.as_ref())
        .map(|v| v.len())
        .sum();
    assert_eq!((all.len(), versions), (MODELS, MODELS * VERSIONS));
    grown(memory);
    site.load().await.print("for that", None);
}

async fn services(desk: &mut Desk, site: &Site) {
    let before = site.load().await;
    let (memory, start) = (resident(), Instant::now());
    desk.press("5");
    desk.until("a service", |_, screen| screen.contains("svc-0"))
        .await;
    took("services: first row on the screen", start);
    desk.until("all services", |m, _| {
        rows::<ServiceRow>(m) == SERVICES && rows::<RevisionRow>(m) == 2 * SERVICES
    })
    .await;
    took("services: full list of 500", start);
    desk.until("a burn rate", |_, screen| screen.contains('×'))
        .await;
    took("services: first burn rate on the screen", start);
    desk.until("all burn figures", |m, _| live(m, "burn")).await;
    took("services: burn figures of all, 30 days", start);
    let objectives = rows::<BurnRow>(&desk.model);
    print("  objectives", objectives, "rows");
    grown(memory);
    // every objective was told, and that took as many queries as it would for one service
    assert!(objectives >= 4 * SERVICES);
    let after = site.load().await;
    let queries = after.requests("prometheus") - before.requests("prometheus");
    assert!(queries <= 40, "{queries}");
    after.print("for that", Some(&before));
}

fn took(what: &str, since: Instant) {
    print(what, since.elapsed().as_millis(), "ms");
}

fn grown(since: usize) {
    let grown = resident().saturating_sub(since);
    print("  memory", grown / 1024, "MiB");
}

/// Keys on both lists, while figures come in.
async fn keys(desk: &mut Desk) {
    let scripts = [
        ("services: moving", "5 j j j pagedown pagedown G g g k"),
        ("services: filtering", "/ s v c minus 0 4 2 enter esc"),
        ("services: sorting", "s s s R R s s s"),
        ("models: moving", "4 j j j pagedown pagedown G g g k"),
        ("models: filtering", "/ m o d e l minus 0 4 2 enter esc"),
    ];
    for (what, script) in scripts {
        let mut times = Vec::new();
        for _ in 0..8 {
            for key in script.split(' ') {
                let pressed = Instant::now();
                desk.press(key);
                desk.draw();
                times.push(pressed.elapsed());
                desk.take(Duration::from_millis(5)).await;
            }
        }
        quantiles(&format!("key to frame, {what}"), &mut times);
    }
    quantiles(
        "a frame with new data",
        &mut std::mem::take(&mut desk.frames),
    );
}

/// Left alone with the services, which the models stay beside.
async fn idle(desk: &mut Desk, site: &Site) {
    desk.press("5");
    desk.until("services", |_, screen| screen.contains("svc-0"))
        .await;
    desk.frames.clear();
    let (before, ticks, start) = (
        site.load().await,
        cpu_ticks(std::process::id()).unwrap(),
        Instant::now(),
    );
    while start.elapsed() < IDLE {
        desk.take(FRAME).await;
    }
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let cpu =
        (cpu_ticks(std::process::id()).unwrap() - ticks) as f64 / start.elapsed().as_secs_f64();
    let after = site.load().await;
    for backend in ["kubernetes", "prometheus", "mlflow"] {
        let requests = (after.requests(backend) - before.requests(backend)) as f64 / minutes;
        let bytes = (after.bytes(backend) - before.bytes(backend)) as f64 / minutes / 1024.0;
        print(
            &format!("idle: {backend}, requests a minute"),
            format!("{requests:.1}"),
            "",
        );
        print("  KiB a minute", format!("{bytes:.0}"), "KiB");
    }
    print("idle: CPU, one core = 100", format!("{cpu:.1}"), "%");
    print("idle: frames", desk.frames.len(), "");
    print("memory in the end", resident() / 1024, "MiB");
}

fn rows<R: Row>(model: &Model) -> usize {
    model.world.table::<R>().map_or(0, Table::len)
}

fn live(model: &Model, feed: &str) -> bool {
    model.world.feed(feed).any(|s| s.state.is_live())
}

/// The console, without a terminal.
struct Desk {
    model: Model,
    feeds: Feeds,
    news: mpsc::Receiver<News>,
    view: View,
    terminal: Terminal<TestBackend>,
    drawn: Instant,
    changed: bool,
    frames: Vec<Duration>,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn open(site: &Site) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        let server = format!("http://{}", site.address);
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: prod-eu\nclusters:\n- name: c\n  cluster: {{server: '{server}'}}\n\
             contexts:\n- name: prod-eu\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{}}\n"
        );
        std::fs::write(&file, text).unwrap();
        let at = |name: &str| {
            let endpoint = Endpoint {
                url: format!("{server}/{name}"),
                ..Endpoint::default()
            };
            (name.to_owned(), endpoint)
        };
        let options = Options {
            sources: [at("prometheus"), at("mlflow")].into(),
            ..Options::default()
        };
        let found = targets(
            &Places {
                flag: Some(file),
                ..Places::default()
            },
            &[],
        )
        .unwrap();
        let (tell, news) = mpsc::channel(256);
        let feeds = Feeds::start(options, found, tell);
        let model = Model::new(vec![ClusterId::new("prod-eu")], (120, 36), Timestamp::now());
        Self {
            model,
            feeds,
            news,
            view: View::new(Look::default()),
            terminal: Terminal::new(TestBackend::new(120, 36)).unwrap(),
            drawn: Instant::now(),
            changed: true,
            frames: Vec::new(),
            _folder: folder,
        }
    }

    fn press(&mut self, key: &str) {
        let _ = update(
            &mut self.model,
            Msg::Pressed(key.parse().unwrap()),
            Timestamp::now(),
        );
        self.feeds.want(self.model.wants());
    }

    fn draw(&mut self) {
        let (view, model) = (&mut self.view, &mut self.model);
        self.terminal.draw(|frame| view.draw(model, frame)).unwrap();
        self.drawn = Instant::now();
        self.changed = false;
    }

    /// Takes what comes for a time, and draws as often as the loop does.
    async fn take(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match timeout(left, self.news.recv()).await {
                Ok(Some(news)) => {
                    let _ = update(&mut self.model, Msg::Arrived(news), Timestamp::now());
                    self.changed = true;
                }
                Ok(None) => panic!("the feed ended"),
                Err(_) => {}
            }
            if self.changed && self.drawn.elapsed() >= FRAME {
                let start = Instant::now();
                self.draw();
                self.frames.push(start.elapsed());
            }
            if Instant::now() >= end {
                return;
            }
        }
    }

    async fn until(&mut self, what: &str, done: impl Fn(&Model, &str) -> bool) {
        let end = Instant::now() + SOON;
        loop {
            let screen = self.terminal.backend().to_string();
            if done(&self.model, &screen) {
                return;
            }
            assert!(Instant::now() < end, "waited for {what}:\n{screen}");
            self.take(Duration::from_millis(10)).await;
        }
    }
}

/// The servers, as a process.
struct Site {
    address: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address");
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serving::servers", "--ignored", "--nocapture"])
            .env(ADDRESS, &file)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let address = wait_for("the servers", SOON, || std::fs::read_to_string(&file).ok());
        Self {
            address,
            child,
            _folder: folder,
        }
    }

    async fn load(&self) -> Load {
        let answer = reqwest::get(format!("http://{}/load", self.address))
            .await
            .unwrap();
        Load(serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }
}

/// Requests, and bytes of what was answered.
#[derive(Debug)]
struct Load(Value);

impl Load {
    fn figure(&self, backend: &str, place: usize) -> u64 {
        self.0[backend][place].as_u64().unwrap_or(0)
    }

    fn requests(&self, backend: &str) -> u64 {
        self.figure(backend, 0)
    }

    fn bytes(&self, backend: &str) -> u64 {
        self.figure(backend, 1)
    }

    fn print(&self, when: &str, since: Option<&Self>) {
        for backend in ["kubernetes", "prometheus", "mlflow"] {
            let less = |of: fn(&Self, &str) -> u64| {
                of(self, backend) - since.map_or(0, |s| of(s, backend))
            };
            print(
                &format!("  requests to {backend} {when}"),
                less(Self::requests),
                "",
            );
            print("    answers", less(Self::bytes) / 1024, "KiB");
        }
    }
}
