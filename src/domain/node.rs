//! A Kubernetes node as a row. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Labels};

/// One accelerator resource of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuCount {
    /// Resource name, e.g. `nvidia.com/gpu` or `nvidia.com/mig-1g.10gb`.
    pub resource: Clean,
    /// Units the hardware has (`status.capacity`).
    pub capacity: u32,
    /// Units that can be given out (`status.allocatable`); lower than capacity when a device is unhealthy.
    pub allocatable: u32,
}

/// One node in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Where it lives (no namespace).
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Condition Ready: true, false, or `None` when the kubelet has gone silent (`Unknown`).
    pub ready: Option<bool>,
    /// Why it is not ready, or which pressure it reports.
    pub trouble: Clean,
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints as `key=value:effect`, comma-separated.
    pub taints: Clean,
    /// `nvidia.com/gpu.product`.
    pub product: Clean,
    /// Accelerators.
    pub gpus: Box<[GpuCount]>,
    /// Zone label.
    pub zone: Clean,
    /// Kubelet version.
    pub version: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Created.
    pub created: Option<Timestamp>,
}
