//! What several test binaries share: the rig's variables, waiting on conditions.
#![allow(dead_code)]

pub mod console;
pub mod cut;
pub mod draw;
pub mod log;

use std::time::{Duration, Instant};

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
