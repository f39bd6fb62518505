//! A scripted API server with Services behind it, and settings for a backend of its own.

use std::path::PathBuf;
use std::time::Duration;

use midwatch::feed::http::Backend;
use midwatch::feed::kube::{Options, Places, Target, targets};
use midwatch::settings::Endpoint;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::tls;

/// The API server, and the files of a person.
pub struct Stage {
    pub api: MockServer,
    folder: tempfile::TempDir,
}

impl Stage {
    pub async fn start() -> Self {
        Self {
            api: MockServer::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// It has these Services.
    pub async fn services(&self, items: &[Value]) {
        let list =
            json!({"kind": "ServiceList", "apiVersion": "v1", "metadata": {}, "items": items});
        Mock::given(method("GET"))
            .and(path("/api/v1/services"))
            .respond_with(ResponseTemplate::new(200).set_body_json(list))
            .mount(&self.api)
            .await;
    }

    /// Prometheus as the operator makes it, which answers the probe through the service proxy.
    pub async fn prometheus(&self) {
        self.services(&[service(
            "monitoring",
            "prometheus-operated",
            &json!({"operated-prometheus": "true"}),
            9090,
        )])
        .await;
        self.answers("status/buildinfo", ok(&json!({"version": "2.42.0"})))
            .await;
    }

    /// Prometheus behind the service proxy answers this at a path.
    pub async fn answers(&self, at: &str, answer: ResponseTemplate) {
        let path = format!(
            "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/{at}"
        );
        Mock::given(path_regex(format!("^{path}$")))
            .respond_with(answer)
            .mount(&self.api)
            .await;
    }

    pub fn kubeconfig(&self) -> PathBuf {
        let server = self.api.uri();
        self.file("kubeconfig", &kubeconfig(&server))
    }

    pub fn target(&self) -> Target {
        target(self.kubeconfig())
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn backend(&self, name: &str, options: Options) -> Backend {
        tls();
        Backend::open(self.target(), options, name).unwrap()
    }

    /// How many requests came for paths that end like this.
    pub async fn asked(&self, end: &str) -> usize {
        let all = self.api.received_requests().await.unwrap();
        all.iter().filter(|r| r.url.path().ends_with(end)).count()
    }
}

pub fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: prod-eu\nclusters:\n- name: c\n  cluster: {{server: '{server}'}}\ncontexts:\n- name: prod-eu\n  context: {{cluster: c, user: u, namespace: team-a}}\nusers:\n- name: u\n  user: {{}}\n"
    )
}

pub fn target(kubeconfig: PathBuf) -> Target {
    let places = Places {
        flag: Some(kubeconfig),
        ..Places::default()
    };
    targets(&places, &[]).unwrap().remove(0)
}

/// A backend at this URL.
pub fn at(url: &str) -> Endpoint {
    Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    }
}

/// Options in which the settings name one backend, with times that a test can wait for.
pub fn with(name: &str, endpoint: Endpoint) -> Options {
    Options {
        sources: [(name.to_owned(), endpoint)].into(),
        ..quick()
    }
}

pub fn quick() -> Options {
    let ms = Duration::from_millis;
    Options {
        answer: Duration::from_secs(10),
        backend: Duration::from_secs(10),
        retry_min: ms(10),
        retry_max: ms(50),
        retry_api: ms(50),
        retry_denied: ms(600),
        alive: ms(100),
        ..Options::default()
    }
}

pub fn service(namespace: &str, name: &str, labels: &Value, port: u16) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": name, "uid": "u", "labels": labels},
        "spec": {"type": "ClusterIP", "ports": [{"name": "web", "port": port, "protocol": "TCP", "targetPort": "web"}]},
    })
}

/// Success as Prometheus wraps it.
pub fn ok(data: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data}))
}

/// What the API server itself says.
pub fn status(code: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "code": code,
    }))
}
