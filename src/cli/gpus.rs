//! `midwatch gpus --local`: the GPUs of this machine, as its driver tells of them. I/O.
//!
//! Printed through the lists of `midwatch get gpus` and `midwatch get slices`: the same columns, the same JSON. Which pod
//! holds what the driver does not know.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::args::Show;
use super::exit::Failure;
use super::get::{Form, print_known};
use super::output::Out;
use super::session::{Session, until_done};
use crate::domain::{ClusterId, GpuRow, SourceId, SourceRow, SourceState};
use crate::feed::nvml;
use crate::store::{Batch, Change};

const AFTER_HELP: &str = "\
The driver's library is loaded when it is asked; nothing is changed. Of a GPU that is cut into slices the driver tells
no utilisation: that is a dash, and not 0. The GPUs of a cluster are printed by midwatch get gpus.

Exit codes:
  0    the driver answered
  1    there is no driver, or it does not answer; why is on standard error";

/// Print the GPUs of this machine.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct GpusArgs {
    /// Ask the NVIDIA driver of this machine (NVML)
    #[arg(long, required = true)]
    pub local: bool,
    /// How it is printed
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Form,
}

/// Asks the driver and prints what it says.
pub fn run(args: &GpusArgs, show: &Show) -> Result<ExitCode, Failure> {
    let cluster = ClusterId::new("local");
    let now = Timestamp::now();
    let node = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let rows = nvml::local(&cluster, &node, now)?;
    let cut = rows.iter().any(GpuRow::is_mig);
    let mut out = Out::new(show);
    until_done(async {
        let session = session(cluster, rows, now);
        print_known(&session, "gpus", args.output, &mut out)?;
        let table = matches!(args.output, Form::Table | Form::Wide);
        if cut && table {
            out.line("")?;
            print_known(&session, "slices", args.output, &mut out)?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn session(cluster: ClusterId, rows: Vec<GpuRow>, now: Timestamp) -> Session {
    let id = SourceId {
        cluster: cluster.clone(),
        feed: "gpus",
        scope: String::new(),
    };
    let source = SourceRow {
        id: id.clone(),
        state: SourceState::Live,
        since: now,
        seen: Some(now),
        endpoint: "the NVIDIA driver of this machine".to_owned(),
        rows: rows.len() as u64,
        fault: None,
        retry: None,
    };
    let puts = rows.into_iter().map(|row| Change::Put(Arc::new(row)));
    let changes = [Change::Restart]
        .into_iter()
        .chain(puts)
        .chain([Change::Swap])
        .collect();
    let batch = Box::new(Batch {
        source: id,
        changes,
    });
    Session::known(cluster, batch, source)
}
