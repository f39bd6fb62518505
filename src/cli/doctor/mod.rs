//! `midwatch doctor`: what works, what does not, and what to do about it. I/O.
//!
//! | file | owns |
//! |---|---|
//! | `check` | one finding, its verdict, printing them |
//! | `machine` | this machine: kubeconfig, state folder, terminal |
//! | `cluster` | one context: connection, login, clock, and each source |
//! | `backends` | services beside Kubernetes |

mod backends;
mod check;
mod cluster;
mod machine;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::future::join_all;

use self::check::{Check, Verdict, print, print_json, worst};
use super::args::{Connect, Show};
use super::console::{backends as backends_of, settings};
use super::duration::duration;
use super::exit::{Failure, PARTIAL};
use super::output::Out;
use super::progress::Progress;
use super::session::until_done;
use crate::feed::kube::{Contexts, Places, contexts, targets};
use crate::settings::{Endpoint, Settings};

const AFTER_HELP: &str = "\
Nothing is changed anywhere. Login commands run without a terminal: one that has to ask is told as failed.

Exit codes:
  0    all is well
  1    something is down, denied or broken
  2    the arguments are wrong
  3    something is absent (a kind that is not installed), and nothing is worse
  130  ended by Ctrl-C";

/// Look at this machine, each context and each source.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DoctorArgs {
    /// How it is printed
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Form,
    /// Ask about these namespaces alone, may be given several times [default: the whole cluster]
    #[arg(short = 'n', long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
    /// How long to wait for each answer
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub timeout: Duration,
    /// Kubeconfig file
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,
    /// Context to look at, may be given several times [default: the current context]
    #[arg(long = "context", value_name = "NAME")]
    pub contexts: Vec<String>,
    /// Look at all contexts of the kubeconfig
    #[arg(long, conflicts_with = "contexts")]
    pub all_contexts: bool,
}

/// How the findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// A line for each, with what to do below
    #[default]
    Table,
    /// One document
    Json,
}

/// Looks and prints.
pub fn run(args: &DoctorArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let args = &args.joined(connect);
    let mut out = Out::new(show);
    let (_, loaded) = settings(connect, show);
    until_done(async move {
        let sources = sources_of(args, &loaded.effective.settings);
        let mut checks = look(args, &out, &sources).await;
        checks.push(machine::files(&loaded.troubles));
        match args.output {
            Form::Table => print(&checks, &mut out)?,
            Form::Json => print_json(&checks, &mut out)?,
        }
        out.flush()?;
        Ok(match worst(&checks) {
            Verdict::Ok | Verdict::Note => ExitCode::SUCCESS,
            Verdict::Absent => ExitCode::from(PARTIAL),
            Verdict::Denied | Verdict::Down => ExitCode::FAILURE,
        })
    })
}

impl DoctorArgs {
    /// With what stands in front of `doctor`; what stands after it comes first.
    fn joined(&self, outer: &Connect) -> Self {
        let mut joined = self.clone();
        if joined.kubeconfig.is_none() {
            joined.kubeconfig.clone_from(&outer.kubeconfig);
        }
        if joined.contexts.is_empty() && !joined.all_contexts {
            joined.contexts.clone_from(&outer.contexts);
        }
        if joined.namespaces.is_empty() {
            joined.namespaces.clone_from(&outer.namespaces);
        }
        joined
    }
}

/// The services beside Kubernetes that the settings name for what is looked at.
fn sources_of(args: &DoctorArgs, settings: &Settings) -> BTreeMap<String, Endpoint> {
    let connect = Connect {
        kubeconfig: args.kubeconfig.clone(),
        ..Connect::default()
    };
    backends_of(&connect, settings)
}

async fn look(args: &DoctorArgs, out: &Out, sources: &BTreeMap<String, Endpoint>) -> Vec<Check> {
    let places = Places::of_process(args.kubeconfig.clone());
    let found = contexts(&places);
    let mut checks = machine::checks(&found, out);
    let Ok(found) = found else {
        return checks;
    };
    let names = chosen(args, &found);
    let work = join_all(
        names
            .iter()
            .map(|name| one(args, &places, name.as_ref(), sources)),
    );
    tokio::pin!(work);
    let mut progress = Progress::new();
    let mut waited = 0_u32;
    let clusters = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                waited += 1;
                progress.say(&format!("asking {} … {waited} s", shown(&names)));
            }
        }
    };
    progress.clear();
    checks.extend(clusters.into_iter().flatten());
    checks
}

fn shown(names: &[Option<String>]) -> String {
    match names {
        [Some(name)] => crate::domain::Clean::new(name).to_string(),
        [None] => "the cluster of this pod".to_owned(),
        names => format!("{} clusters", names.len()),
    }
}

/// The contexts to look at; `None` is the service account of this pod.
fn chosen(args: &DoctorArgs, found: &Contexts) -> Vec<Option<String>> {
    let named: Vec<Option<String>> = if args.all_contexts {
        found.names.iter().cloned().map(Some).collect()
    } else {
        args.contexts.iter().cloned().map(Some).collect()
    };
    if named.is_empty() {
        vec![found.current.clone()]
    } else {
        named
    }
}

/// One context: a broken one does not keep the others from being looked at.
async fn one(
    args: &DoctorArgs,
    places: &Places,
    name: Option<&String>,
    sources: &BTreeMap<String, Endpoint>,
) -> Vec<Check> {
    let area = name.map_or("this cluster", String::as_str);
    let named: Vec<String> = name.into_iter().cloned().collect();
    match targets(places, &named) {
        Ok(found) => {
            let each = found
                .into_iter()
                .map(|target| cluster::checks(target, &args.namespaces, args.timeout, sources));
            join_all(each).await.into_iter().flatten().collect()
        }
        Err(fault) => vec![Check::of_fault(area, "context", &fault)],
    }
}
