//! What several test binaries share: the rig's variables, waiting on conditions.
#![allow(dead_code)]

pub mod console;
pub mod cut;
pub mod draw;
pub mod log;

use std::time::{Duration, Instant};

/// Long enough for a busy machine. Nothing waits for it to pass: it ends a test whose condition never comes.
pub const SOON: Duration = Duration::from_secs(90);

/// A variable that `tests/rig/up` prints. Fails loudly when the rig is not up.
pub fn rig(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: start the live suite with tests/rig/live"))
}

/// Installs the TLS provider once; every test that builds a client calls it first.
pub fn tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client without retries, for what a test does itself.
pub async fn client(kubeconfig: &std::path::Path) -> kube::Client {
    use kube::config::{KubeConfigOptions, Kubeconfig};
    tls();
    let file = Kubeconfig::read_from(kubeconfig).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.default_retry = false;
    kube::Client::try_from(config).unwrap()
}

/// Puts a pod on the embedded platform that prints in this way for an hour.
pub async fn add_pod(kubeconfig: &std::path::Path, name: &str, log: &str) {
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": {"rig.midwatch.dev/log": log,
            "rig.midwatch.dev/run-time": "1h", "rig.midwatch.dev/pull-time": "1ms"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "loader", "command": ["load"]}]}});
    let pod = serde_json::from_value(pod).unwrap();
    let api: kube::Api<k8s_openapi::api::core::v1::Pod> =
        kube::Api::namespaced(client(kubeconfig).await, "ml-fraud");
    api.create(&kube::api::PostParams::default(), &pod)
        .await
        .unwrap();
}

/// Waits until `done` answers `Some`, or fails after `within`, saying what was waited for.
pub fn wait_for<T>(what: &str, within: Duration, mut done: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + within;
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < end, "waited {within:?} for {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

pub mod process;
pub mod pty;
pub mod wire;
