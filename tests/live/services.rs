//! The real Prometheus, Alertmanager and `MLflow` answer what the embedded platform's answer: the same questions.

#[path = "../services/mod.rs"]
pub mod suite;

use suite::Services;

use super::support::rig;

async fn start() -> (Services, ()) {
    let kubeconfig = rig("MIDWATCH_RIG_KUBECONFIG_ADMIN");
    (Services::of(kubeconfig.as_ref()).await, ())
}

crate::services_suite! { #[ignore = "needs tests/rig/live"] super::start }
