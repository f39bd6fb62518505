//! `midwatch do`, killed without warning at each point of an action: the next start tells what is known, and the server
//! saw each change at most once.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "kill/runbook.rs"]
mod runbook;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use kube::config::{KubeConfigOptions, Kubeconfig};
use midwatch::demo::{Options, Platform};
use serde_json::{Value, json};

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";

/// Where requests are held for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Nothing,
    /// Requests for a dry run.
    DryRun,
    /// Changes, before they reach the server.
    Change,
    /// The answers to changes.
    Answer,
    /// Watches.
    Watch,
}

/// A server in front of the platform that holds what it is told to.
struct Front {
    client: kube::Client,
    hold: Mutex<Hold>,
    /// Requests that are held.
    held: Mutex<usize>,
    /// Changes that reached the platform.
    changes: Mutex<Vec<String>>,
}

struct Rig {
    platform: Platform,
    front: Arc<Front>,
    folder: tempfile::TempDir,
    kubeconfig: PathBuf,
}

async fn rig() -> Rig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let platform = Platform::empty(Options::default()).await.unwrap();
    let config = Kubeconfig::read_from(platform.kubeconfig_for("admin")).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
    let front = Arc::new(Front {
        client: kube::Client::try_from(config.unwrap()).unwrap(),
        hold: Mutex::new(Hold::Nothing),
        held: Mutex::new(0),
        changes: Mutex::new(Vec::new()),
    });
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "train", "namespace": "ml-fraud"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}});
    let request = http::Request::post(RUNS)
        .header("content-type", "application/json")
        .body(run.to_string().into_bytes())
        .unwrap();
    front.client.request::<Value>(request).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass).with_state(front.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let text = json!({"apiVersion": "v1", "kind": "Config", "current-context": "demo",
        "clusters": [{"name": "demo", "cluster": {"server": server}}],
        "users": [{"name": "ada", "user": {}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "ada", "namespace": "ml-fraud"}}]});
    std::fs::write(&kubeconfig, text.to_string()).unwrap();
    Rig {
        platform,
        front,
        folder,
        kubeconfig,
    }
}

async fn pass(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.path_and_query().unwrap().to_string();
    let text = String::from_utf8_lossy(&body).into_owned();
    let asks = parts.method == "GET" || target.contains("subject");
    let dry = target.contains("dryRun") || text.contains("\"dryRun\"");
    // who is on a target is told to others, and changes nothing
    let change = !asks && !dry && !target.contains("/leases");
    let hold = *front.hold.lock().unwrap();
    let before = match hold {
        Hold::DryRun => dry,
        Hold::Change => change,
        Hold::Watch => target.contains("fieldSelector"),
        Hold::Answer | Hold::Nothing => false,
    };
    if before {
        wait_for_ever(&front).await;
    }
    if change {
        let line = format!("{} {}", parts.method, parts.uri.path());
        front.changes.lock().unwrap().push(line);
    }
    let mut forward = http::Request::builder().method(parts.method).uri(target);
    if let Some(kind) = parts.headers.get("content-type") {
        forward = forward.header("content-type", kind);
    }
    let forward = forward
        .body(kube::client::Body::from(body.to_vec()))
        .unwrap();
    let answer = front.client.send(forward).await.unwrap();
    if change && hold == Hold::Answer {
        wait_for_ever(&front).await;
    }
    answer.map(Body::new)
}

async fn wait_for_ever(front: &Front) {
    *front.held.lock().unwrap() += 1;
    std::future::pending::<()>().await;
}

impl Rig {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("XDG_STATE_HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .stdin(Stdio::null())
            .args(words);
        command
    }

    fn suspend(&self) -> Command {
        self.command(&["do", "run.suspend", "train", "--yes", "--wait", "20s"])
    }

    /// Starts the action, waits until it is held, and kills it.
    fn killed_at(&self, hold: Hold) {
        *self.front.hold.lock().unwrap() = hold;
        let mut child = self
            .suspend()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.wait_until_held(&mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        *self.front.hold.lock().unwrap() = Hold::Nothing;
    }

    fn wait_until_held(&self, child: &mut Child) {
        let end = Instant::now() + Duration::from_secs(120);
        while *self.front.held.lock().unwrap() == 0 {
            assert!(Instant::now() < end, "nothing was held");
            assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// The journal, as text.
    fn journal(&self) -> String {
        let folder = self.folder.path().join("midwatch/journal");
        std::fs::read_to_string(folder.join("journal-000001.jsonl")).unwrap_or_default()
    }

    fn changes(&self) -> usize {
        self.front.changes.lock().unwrap().len()
    }

    /// The run is suspended, as the platform has it.
    async fn is_suspended(&self) -> bool {
        let request = http::Request::get(format!("{RUNS}/train")).body(Vec::new());
        let run: Value = self.front.client.request(request.unwrap()).await.unwrap();
        run["spec"]["suspend"] == true
    }

    /// What the next start says, and its exit code.
    fn next(&self) -> (i32, String) {
        let Output { status, stderr, .. } = self.suspend().output().unwrap();
        (status.code().unwrap(), String::from_utf8(stderr).unwrap())
    }

    async fn end(self) {
        self.platform.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_journal_nothing_happened_and_it_can_be_done() {
    let rig = rig().await;
    rig.killed_at(Hold::DryRun);
    assert_eq!((rig.journal().as_str(), rig.changes()), ("", 0));
    let (code, said) = rig.next();
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("in doubt"), "{said}");
    assert_eq!(rig.changes(), 1);
    assert!(rig.is_suspended().await);
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_request_got_there_the_next_start_says_so_and_does_it() {
    let rig = rig().await;
    rig.killed_at(Hold::Change);
    assert!(
        rig.journal().contains("\"stage\":\"sending\""),
        "{}",
        rig.journal()
    );
    assert_eq!(rig.changes(), 0);
    let (code, said) = rig.next();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("was in doubt: unreachable: Nothing was written"),
        "{said}"
    );
    assert_eq!(rig.changes(), 1);
    assert!(rig.is_suspended().await);
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_answer_the_next_start_finds_it_done_and_does_nothing() {
    let rig = rig().await;
    rig.killed_at(Hold::Answer);
    assert_eq!(rig.changes(), 1);
    assert!(rig.is_suspended().await);
    let (code, said) = rig.next();
    assert!(said.contains("was in doubt: done"), "{said}");
    // suspended as it is, there is nothing left to do
    assert_eq!(code, 5, "{said}");
    assert_eq!(rig.changes(), 1, "nothing was sent twice");
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_verdict_the_next_start_finds_it_done() {
    let rig = rig().await;
    rig.killed_at(Hold::Watch);
    assert!(
        rig.journal().contains("\"stage\":\"answer\""),
        "{}",
        rig.journal()
    );
    let (code, said) = rig.next();
    assert!(said.contains("was in doubt: done"), "{said}");
    assert_eq!((code, rig.changes()), (5, 1), "{said}");
    let (_, said) = rig.next();
    assert!(!said.contains("in doubt"), "told once: {said}");
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_before_the_first_request_takes_it_back_and_after_it_goes_on() {
    let rig = rig().await;
    *rig.front.hold.lock().unwrap() = Hold::Watch;
    let mut child = rig.suspend().stderr(Stdio::piped()).spawn().unwrap();
    rig.wait_until_held(&mut child);
    interrupt(&child);
    // the second one leaves it alone: the journal has it
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "it does not end");
        std::thread::park_timeout(Duration::from_millis(100));
        interrupt(&child);
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a request has left"), "{said}");
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert_eq!(rig.changes(), 1);
    *rig.front.hold.lock().unwrap() = Hold::Nothing;
    assert!(rig.next().1.contains("was in doubt: done"));
    rig.end().await;
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_for_the_journal_nothing_is_sent() {
    let rig = rig().await;
    let folder = rig.folder.path().join("midwatch");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(Path::new(&folder).join("journal"), "in the way").unwrap();
    let (code, said) = rig.next();
    assert_eq!((code, rig.changes()), (5, 0), "{said}");
    assert!(said.contains("journal"), "{said}");
    rig.end().await;
}
