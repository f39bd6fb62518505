//! A server of bytes: it reads requests, counts them, and does with each what the test says, down to cutting the
//! connection in the middle of an answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use midwatch::domain::Clean;
use midwatch::feed::kube::{Options, Places, targets};
use midwatch::plan::Step;
use midwatch::shell::ClusterWire;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub method: String,
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// Which connection brought it.
    pub connection: usize,
}

impl Got {
    /// It would change something.
    pub fn is_write(&self) -> bool {
        self.method != "GET" && !self.target.contains("review")
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Play {
    /// Status, further headers, body. The connection stays open.
    Answer(u16, &'static str, Vec<u8>),
    /// The same, and the connection is closed though nothing said so.
    AnswerAndClose(u16, Vec<u8>),
    /// Nothing, and the connection is reset.
    Cut,
    /// These bytes, and the connection is closed.
    Part(Vec<u8>),
    /// These bytes, then silence.
    Hang(Vec<u8>),
}

type Script = Box<dyn Fn(&Got, usize) -> Play + Send + Sync>;

/// The server; ends with this value.
pub struct Stub {
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    task: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn json_body(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// A Status as API servers send it.
pub fn refusal(code: u16, message: &str) -> Vec<u8> {
    json_body(
        &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message,
        "reason": "TooManyRequests", "details": {"retryAfterSeconds": 1}}),
    )
}

/// What the server does with all that changes nothing.
pub fn ordinary(got: &Got) -> Play {
    let path = got.target.split('?').next().unwrap_or_default();
    match path {
        "/api/v1/namespaces/kube-system" => Play::Answer(
            200,
            "",
            json_body(&json!({"metadata": {"uid": "system-1"}})),
        ),
        "/apis/authentication.k8s.io/v1/selfsubjectreviews" => Play::Answer(
            201,
            "",
            json_body(&json!({"status": {"userInfo": {"username": "ann@example.com"}}})),
        ),
        _ => Play::Answer(404, "", refusal(404, "not here")),
    }
}

impl Stub {
    /// Writes are played by the script, which gets how many came before; the rest is ordinary.
    pub async fn start(script: impl Fn(&Got, usize) -> Play + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(Box::new(script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let seen = got.clone();
        let task = tokio::spawn(async move {
            // dropped with the task: no connection outlives the server
            let mut open = tokio::task::JoinSet::new();
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                open.spawn(serve(stream, connection, seen.clone(), script.clone()));
            }
        });
        Self {
            addr,
            got,
            task,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A server that does the same with each write.
    pub async fn playing(play: Play) -> Self {
        Self::start(move |got, _| {
            if got.is_write() {
                play.clone()
            } else {
                ordinary(got)
            }
        })
        .await
    }

    /// A wire to it, with times that a test can wait for.
    pub fn wire(&self) -> ClusterWire {
        self.wire_as("{token: planted-secret-token}")
    }

    pub fn wire_as(&self, user: &str) -> ClusterWire {
        let path = self.folder.path().join("kubeconfig");
        std::fs::write(&path, self.kubeconfig(user)).unwrap();
        wire(&path)
    }

    pub fn kubeconfig(&self, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: c\n  cluster: {{server: 'http://{}'}}\ncontexts:\n- name: test\n  context: {{cluster: c, user: ann, namespace: ml}}\nusers:\n- name: ann\n  user: {user}\n",
            self.addr
        )
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it: from now on nobody listens.
    pub async fn end(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The requests that would change something.
    pub fn writes(&self) -> Vec<Got> {
        let mut got = self.got();
        got.retain(Got::is_write);
        got
    }
}

/// A wire through a kubeconfig.
pub fn wire(kubeconfig: &Path) -> ClusterWire {
    super::support::tls();
    let places = Places {
        flag: Some(PathBuf::from(kubeconfig)),
        ..Places::default()
    };
    let target = targets(&places, &[]).unwrap().remove(0);
    ClusterWire::new(target, quick())
}

/// Options with times that a test can wait for.
pub fn quick() -> Options {
    let ms = Duration::from_millis;
    Options {
        answer: ms(1_500),
        write: ms(700),
        retry_min: ms(20),
        retry_max: ms(200),
        retry_denied: ms(700),
        page_bytes: 1 << 20,
        ..Options::default()
    }
}

/// A request of a plan.
pub fn patch() -> Step {
    Step {
        verb: "patch",
        method: "PATCH",
        path: "/apis/argoproj.io/v1alpha1/namespaces/ml/workflows/a%2Fb".to_owned(),
        query: BTreeMap::from([("fieldManager", "midwatch")]),
        content_type: "application/merge-patch+json",
        body: json!({"spec": {"suspend": true}}),
        absent_is_done: false,
        why: Clean::new("for the test"),
        stand: None,
    }
}

pub fn delete() -> Step {
    Step {
        verb: "delete",
        method: "DELETE",
        path: "/api/v1/namespaces/ml/pods/p".to_owned(),
        query: BTreeMap::new(),
        content_type: "application/json",
        body: json!({"kind": "DeleteOptions", "apiVersion": "v1"}),
        ..patch()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    seen: Arc<Mutex<Vec<Got>>>,
    script: Arc<Script>,
) {
    let mut bytes = Vec::new();
    while let Some(got) = next(&mut stream, &mut bytes, connection).await {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(got.clone());
            seen.iter()
                .filter(|g| g.is_write() == got.is_write())
                .count()
                - 1
        };
        let stays = match script(&got, before) {
            Play::Answer(status, headers, body) => send(&mut stream, status, headers, &body).await,
            Play::AnswerAndClose(status, body) => {
                send(&mut stream, status, "", &body).await;
                false
            }
            Play::Cut => {
                let _ = stream.set_zero_linger();
                false
            }
            Play::Part(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                false
            }
            Play::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending().await
            }
        };
        if !stays {
            return;
        }
    }
}

async fn send(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> bool {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.is_ok() && stream.write_all(body).await.is_ok()
}

/// The next request on a connection; none when it ends.
async fn next(stream: &mut TcpStream, bytes: &mut Vec<u8>, connection: usize) -> Option<Got> {
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, bytes).await?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    assert_eq!(first.next().as_deref(), Some("HTTP/1.1"));
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |l| l.parse().unwrap());
    while bytes.len() < end + length {
        more(stream, bytes).await?;
    }
    let body = bytes[end..end + length].to_vec();
    bytes.drain(..end + length);
    Some(Got {
        method,
        target,
        headers,
        body,
        connection,
    })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 8192];
    match stream.read(&mut buffer).await {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            bytes.extend_from_slice(&buffer[..count]);
            Some(())
        }
    }
}
