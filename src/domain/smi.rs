//! What `nvidia-smi` tells of the GPUs of one node, asked once. Pure.

use jiff::Timestamp;

use super::{Clean, GpuRow, Key, Labels, Row};

/// A program on a GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its process, as the node counts them.
    pub pid: Clean,
    /// Its name; often empty from inside a container.
    pub name: Clean,
    /// Instance id of the slice it is on.
    pub instance: Option<u32>,
    /// Memory of the GPU in use, in MiB.
    pub memory: Option<u32>,
}

/// A GPU, with what only the driver tells.
#[derive(Debug, Clone, PartialEq)]
pub struct SmiGpu {
    /// Its figures.
    pub row: GpuRow,
    /// Programs on it.
    pub programs: Box<[Program]>,
    /// What the driver wants to be done: `Reset`, `Reboot`, `Drain P2P`; empty when that is nothing, or not told.
    pub recovery: Clean,
    /// A row waits to be remapped until the GPU is reset.
    pub remap_pending: bool,
}

/// The answer of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct SmiRow {
    /// The node.
    pub key: Key,
    /// Its GPUs, in their order.
    pub gpus: Box<[SmiGpu]>,
    /// Version of CUDA that the driver goes up to.
    pub cuda: Clean,
    /// The pod in which it was asked: `gpu-operator/nvidia-driver-daemonset-x7k2p`.
    pub pod: Clean,
    /// When it answered.
    pub at: Timestamp,
}

impl Row for SmiRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn labels(&self) -> &Labels {
        Labels::NONE
    }
}
