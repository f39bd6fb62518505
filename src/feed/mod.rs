//! Where rows come from. Does I/O.
//!
//! Each backend has a room of its own; all of them speak to the loop with [`crate::store::News`] only. The shell
//! starts them and says what screens need.

mod alertmanager;
mod gpus;
pub mod http;
pub mod kube;
mod mlflow;
pub mod nvml;
mod places;
mod poll;
pub(crate) mod prometheus;
mod rows;
mod smi;

/// The static facts of a feed that is no kind of the Kubernetes API: its name.
pub(crate) const fn asked(feed: &'static str) -> crate::kinds::KindSpec {
    crate::kinds::KindSpec {
        feed,
        group: "",
        version: "",
        plural: "",
        kind: "",
        namespaced: false,
        page: 0,
    }
}
