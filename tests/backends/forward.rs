//! A token passes by a port-forward: to a ready pod behind the Service, on the port that it really listens on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures::{SinkExt, StreamExt};
use midwatch::fault::FaultKind;
use midwatch::feed::http::Backend;
use midwatch::settings::Endpoint;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::stage::{kubeconfig, service, target, with};
use super::support::tls;

/// The port that the pod listens on.
const PORT: u16 = 5001;

/// What the API server does.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forwards,
    /// `pods/portforward` is refused.
    Refuses,
    /// The pod does not listen.
    Breaks,
    /// No pod is ready.
    Empty,
    /// The service proxy works, and the backend refuses its Host.
    WrongHost,
}

/// An API server that can forward ports, and the requests that reached the pod.
struct Api {
    url: String,
    reached: Arc<Mutex<Vec<String>>>,
    opened: Arc<Mutex<usize>>,
    folder: tempfile::TempDir,
}

impl Api {
    async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            reached: Arc::default(),
            opened: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
        };
        let (reached, opened) = (api.reached.clone(), api.opened.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, way, reached.clone(), opened.clone()));
            }
        });
        api
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn backend(&self, token: bool) -> Backend {
        tls();
        let file = self.file("token", "planted-secret-1");
        let endpoint = Endpoint {
            service: Some("ml/mlflow".to_owned()),
            token_file: token.then(|| file.display().to_string()),
            ..Endpoint::default()
        };
        let target = target(self.file("kubeconfig", &kubeconfig(&self.url)));
        Backend::open(target, with("mlflow", endpoint), "mlflow").unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    way: Way,
    reached: Arc<Mutex<Vec<String>>>,
    opened: Arc<Mutex<usize>>,
) {
    let mut head = vec![0; 8192];
    let size = stream.peek(&mut head).await.unwrap_or(0);
    let text = String::from_utf8_lossy(&head[..size]).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    if path.contains("/portforward") && way != Way::Refuses {
        assert!(path.contains("/pods/mlflow-0/portforward"), "{path}");
        assert!(path.contains(&format!("ports={PORT}")), "{path}");
        *opened.lock().unwrap() += 1;
        forward(stream, way, reached).await;
        return;
    }
    let _ = stream.read(&mut head).await;
    let (status, body) = answer(&path, way);
    let text = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(text.as_bytes()).await;
}

fn answer(path: &str, way: Way) -> (u16, String) {
    if path.contains("/proxy/") {
        let body = "Invalid Host header - possible DNS rebinding attack detected";
        return (403, body.to_owned());
    }
    if path.contains("/portforward") {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden",
                            "message": "pods 'mlflow-0' is forbidden", "code": 403});
        return (403, status.to_string());
    }
    if path.contains("endpointslices") {
        return (200, slices(way).to_string());
    }
    (200, service("ml", "mlflow", &json!({}), 80).to_string())
}

fn slices(way: Way) -> Value {
    let pod = |name: &str, ready: bool| {
        json!({"addresses": ["10.0.0.1"], "conditions": {"ready": ready && way != Way::Empty},
               "targetRef": {"kind": "Pod", "name": name}})
    };
    json!({"items": [{"metadata": {"name": "s"}, "addressType": "IPv4",
        "endpoints": [pod("mlflow-old", false), pod("mlflow-0", true)],
        "ports": [{"name": "web", "port": PORT, "protocol": "TCP"}]}]})
}

/// Speaks the port-forward protocol, and is the pod behind it.
async fn forward(stream: TcpStream, way: Way, reached: Arc<Mutex<Vec<String>>>) {
    #[allow(clippy::unnecessary_wraps, clippy::result_large_err)]
    let name = |_: &Request, mut response: Response| {
        let protocol = "v4.channel.k8s.io".parse().unwrap();
        response
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, name)
        .await
        .unwrap();
    let [low, high] = PORT.to_le_bytes();
    for channel in [0, 1] {
        let first = Message::binary(vec![channel, low, high]);
        socket.send(first).await.unwrap();
    }
    if way == Way::Breaks {
        let words = [
            &[1][..],
            b"dial tcp4 127.0.0.1:5001: connect: connection refused",
        ]
        .concat();
        socket.send(Message::binary(words)).await.unwrap();
        socket.close(None).await.unwrap();
        return;
    }
    let mut got = String::new();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else {
            continue;
        };
        got.push_str(&String::from_utf8_lossy(&bytes[1..]));
        if got.contains("\r\n\r\n") {
            reached.lock().unwrap().push(std::mem::take(&mut got));
            let reply = b"\0HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n3.17.2";
            socket.send(Message::binary(reply.to_vec())).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_token_passes_and_the_connection_is_kept() {
    let api = Api::start(Way::Forwards).await;
    let backend = api.backend(true);
    for _ in 0..3 {
        let reply = backend.get("/version", &[]).await.unwrap();
        assert_eq!(&reply.body[..], b"3.17.2");
    }
    let endpoint = backend.endpoint().await.unwrap();
    assert!(endpoint.starts_with("through a port-forward"), "{endpoint}");
    assert!(
        endpoint.contains("ml/mlflow:80, set in sources.mlflow.service"),
        "{endpoint}"
    );
    let reached = api.reached.lock().unwrap().clone();
    assert_eq!(reached.len(), 3);
    assert_eq!(*api.opened.lock().unwrap(), 1);
    let first = reached[0].to_ascii_lowercase();
    assert!(
        first.contains("authorization: bearer planted-secret-1"),
        "{first}"
    );
    assert!(first.contains("host: 127.0.0.1"), "{first}");
}

#[tokio::test]
async fn what_refuses_the_host_of_the_api_server_is_reached_without_it() {
    let api = Api::start(Way::WrongHost).await;
    let backend = api.backend(false);
    let reply = backend.get("/version", &[]).await.unwrap();
    assert_eq!(&reply.body[..], b"3.17.2");
    let endpoint = backend.endpoint().await.unwrap();
    assert!(
        endpoint.contains("it refuses the API server's Host"),
        "{endpoint}"
    );
}

#[tokio::test]
async fn what_keeps_it_from_working_is_told_with_what_to_do() {
    for (way, kind, words, hint) in [
        (
            Way::Refuses,
            FaultKind::Denied,
            "You may not forward a port of pod mlflow-0",
            "pods/portforward",
        ),
        (
            Way::Breaks,
            FaultKind::Unreachable,
            "connection refused",
            "listen",
        ),
        (
            Way::Empty,
            FaultKind::Unreachable,
            "No pod is ready behind the Service ml/mlflow",
            "pods",
        ),
    ] {
        let api = Api::start(way).await;
        let failed = api.backend(true).get("/version", &[]).await.unwrap_err();
        assert_eq!(failed.fault.kind, kind, "{:?}", failed.fault);
        assert!(failed.fault.what.contains(words), "{}", failed.fault.what);
        assert!(failed.fault.hint.contains(hint), "{}", failed.fault.hint);
        assert!(!failed.fault.what.contains("planted"));
    }
}
