//! `midwatch logs`: what the containers of a run or a pod print, merged by time, without a screen. I/O.

mod find;
mod merge;
mod print;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::args::{Connect, Show};
use super::console::log_in;
use super::duration::duration;
use super::exit::Failure;
use super::output::Out;
use super::session::{Session, until_done};
use crate::feed::kube::Target;

const AFTER_HELP: &str = "\
Examples:
  midwatch logs train-nightly-x7k2p              the logs of all steps of a run, merged by time
  midwatch logs train-nightly-x7k2p train -f     one step with all its attempts, followed until it ends
  midwatch logs my-pod -n ml -c proxy --tail 50  the last 50 lines of one container
  midwatch logs my-pod -p                        the attempt before the last restart

Control characters never pass, to a terminal or into a pipe: what containers print is shown as plain text.

Exit codes:
  0    all that was asked for was printed
  1    nothing could be read; why is on standard error
  2    the arguments are wrong
  3    printed, but some logs could not be read; each is named on standard error
  4    there is no such run, pod, step, container or log
  130  ended by Ctrl-C";

const NAMESPACE: &str =
    "Namespace to look in, may be given several times [default: all that may be read]";

/// Print the logs of a run, a step or a pod.
#[allow(clippy::struct_excessive_bools)] // one per switch
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP, mut_arg("namespaces", |arg| arg.help(NAMESPACE)))]
pub struct LogsArgs {
    /// A run or a pod, by its name or NAMESPACE/NAME
    #[arg(value_name = "RUN|POD")]
    pub name: String,
    /// A step of the run, by the name shown in its tree; with steps below it, all of these
    pub step: Option<String>,
    /// Which clusters.
    #[command(flatten)]
    pub connect: Connect,
    /// The container [default: main, or the first]
    #[arg(short, long, value_name = "NAME", conflicts_with = "all_containers")]
    pub container: Option<String>,
    /// All containers, those that prepare a pod too
    #[arg(long)]
    pub all_containers: bool,
    /// Go on until the containers end, with pods that a run starts later
    #[arg(short, long, conflicts_with = "previous")]
    pub follow: bool,
    /// The attempt before the last restart of the container
    #[arg(short, long)]
    pub previous: bool,
    /// Only lines of this last time, as in 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<u32>,
    /// Only so many lines from the end of each log
    #[arg(long, value_name = "N")]
    pub tail: Option<u32>,
    /// The time in front of each line
    #[arg(long)]
    pub timestamps: bool,
    /// The step or pod in front of each line, which is the default where there are several
    #[arg(long)]
    pub prefix: bool,
    /// How long to wait for the cluster's answers
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
}

fn since(text: &str) -> Result<u32, String> {
    let seconds = duration(text)?.as_secs().max(1);
    u32::try_from(seconds).map_err(|_| "that is too long ago".to_owned())
}

/// Finds what is meant and prints its logs.
pub fn run(args: &LogsArgs, outer: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let connect = args.connect.or(outer);
    let targets = log_in(&connect)?;
    until_done(async {
        let mut session = Session::start(&connect, BTreeMap::new(), targets.clone());
        let found = find::find(&mut session, args, &connect.namespaces).await?;
        let own = |t: &Target| t.id == found.key.cluster;
        let targets: Vec<Target> = targets.into_iter().filter(own).collect();
        print::print(session, found, targets, args, Out::new(show)).await
    })
}
