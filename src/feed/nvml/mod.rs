//! GPUs of this machine, as its NVIDIA driver tells of them. Does I/O; called by `midwatch gpus --local`.
//!
//! | file | owns |
//! |---|---|
//! | `driver` | the driver itself, through its library |
//! | `rows` | what it answers, as rows |
//!
//! The library is loaded when it is asked, so that midwatch runs where there is none. It blocks, and for long where a GPU
//! is lost: it is asked on a thread of its own, and not waited for longer than [`PATIENCE`].

mod driver;
mod rows;

use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;

pub use self::rows::{Board, Driver, Memory, Part, rows};
use crate::domain::{ClusterId, GpuRow};
use crate::fault::{Fault, FaultKind};

/// How long the driver may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The GPUs of this machine, which is called `node`.
pub fn local(cluster: &ClusterId, node: &str, now: Timestamp) -> Result<Vec<GpuRow>, Fault> {
    let (tell, told) = mpsc::channel();
    let (cluster, node) = (cluster.clone(), node.to_owned());
    let thread = std::thread::Builder::new().name("nvml".to_owned());
    let spawned = thread.spawn(move || {
        let read = driver::open().and_then(|driver| rows(&driver, &cluster, &node, now));
        // nobody waits any more: there is nobody to tell
        let _ = tell.send(read);
    });
    let read = match spawned {
        Ok(_) => told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let what = format!("The NVIDIA driver did not answer within {PATIENCE:?}");
            Err((
                what,
                "A GPU may be lost: look at dmesg for NVRM and Xid.".to_owned(),
            ))
        }),
        Err(error) => Err((
            format!("No thread for the NVIDIA driver: {error}"),
            String::new(),
        )),
    };
    read.map_err(|(what, hint)| {
        let mut fault = Fault::new("nvml", FaultKind::Unreachable, what, now);
        fault.hint = hint;
        fault
    })
}

/// What is wrong, and what to do next.
pub type Wrong = (String, String);
