//! The platform's Prometheus, Alertmanager and `MLflow` answer what the real ones answer: the same questions.

#[path = "../services/mod.rs"]
pub mod suite;

use std::time::Duration;

use jiff::Timestamp;
use midwatch::demo::{Options, Platform};
use suite::Services;

async fn start() -> (Services, Platform) {
    let options = Options {
        seed: 1,
        past: Duration::from_secs(60),
        ..Options::default()
    };
    // silences are made for hours of today
    let platform = Platform::paused(options, Timestamp::now()).await.unwrap();
    let kubeconfig = platform.kubeconfig_for("admin");
    (Services::of(&kubeconfig).await, platform)
}

crate::services_suite! { super::start }
