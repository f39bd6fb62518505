//! A server of a cluster without Argo Workflows, with one pod that a hostile person made. No real API server keeps such
//! names; what stands between it and us may.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::stage::{Done, command};

/// A running server and a home.
pub struct Stub {
    home: TempDir,
    _runtime: Runtime,
}

impl Stub {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let address = runtime.block_on(serve());
        let home = tempfile::tempdir().unwrap();
        write_kubeconfig(home.path(), address);
        Self {
            home,
            _runtime: runtime,
        }
    }

    pub fn run(&self, args: &[&str]) -> Done {
        let mut command = command(self.home.path());
        command.env("KUBECONFIG", self.home.path().join("kubeconfig"));
        Done::of(command.args(args).output().unwrap())
    }
}

fn write_kubeconfig(home: &Path, address: SocketAddr) {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: stub\n\
         clusters: [{{name: stub, cluster: {{server: 'http://{address}'}}}}]\n\
         users: [{{name: someone, user: {{token: planted-secret-token}}}}]\n\
         contexts: [{{name: stub, context: {{cluster: stub, user: someone, namespace: ml}}}}]\n"
    );
    std::fs::write(home.join("kubeconfig"), text).unwrap();
}

async fn serve() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(|request: Request| async move { answer(&request) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn answer(request: &Request) -> Response {
    let path = request.uri().path();
    if request.uri().query().unwrap_or_default().contains("watch") {
        // open, and silent
        let forever = futures::stream::pending::<Result<String, std::io::Error>>();
        return Response::new(Body::from_stream(forever.boxed()));
    }
    let names = ["pods", "pods/log", "nodes", "namespaces"];
    match path {
        "/version" => reply(200, &json!({"gitVersion": "v1.30.0-\u{1b}[31mstub"})),
        "/api/v1" => {
            let resources: Vec<Value> = names.iter().map(|n| json!({"name": n})).collect();
            reply(
                200,
                &json!({"kind": "APIResourceList", "resources": resources}),
            )
        }
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            reply(201, &json!({"status": {"allowed": true}}))
        }
        "/api/v1/pods" => reply(200, &list(&[evil()])),
        "/api/v1/nodes" | "/api/v1/namespaces" => reply(200, &list(&[])),
        _ => reply(
            404,
            &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404,
                "reason": "NotFound", "message": "the server could not find the requested resource"}),
        ),
    }
}

fn list(items: &[Value]) -> Value {
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})
}

fn evil() -> Value {
    let text = "evil\u{1b}]0;owned\u{7}\u{1b}[2J\n\r\u{202e}gnp\u{200b}\u{2028}\u{e0041}\u{9b}31m";
    json!({
        "metadata": {"name": text, "namespace": text, "uid": text, "resourceVersion": "1"},
        "spec": {"nodeName": text, "containers": [{"name": text, "image": text}]},
        "status": {"phase": "Failed", "reason": text, "message": text},
    })
}

fn reply(code: u16, body: &Value) -> Response {
    Response::builder()
        .status(code)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}
