//! `midwatch rules`: objectives as rules of Prometheus, with tests for promtool. I/O: reads documents, writes files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::args::{Connect, Show};
use super::console::settings;
use super::exit::{Failure, say};
use super::print::print;
use crate::config::objectives;
use crate::domain::Clean;
use crate::settings::BurnWindows;
use crate::slo::{self, Metrics, Wanted, Written};

/// Write rules of Prometheus.
#[derive(Debug, Clone, Args)]
pub struct RulesArgs {
    /// YAML document of sloth, pyrra or `OpenSLO`, may be given several times [default: those of the setting slo.files]
    #[arg(long = "slo", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Pairs of windows to alert on [default: the setting slo.windows]
    #[arg(long, value_enum)]
    pub windows: Option<WindowSet>,
    /// Whose metrics the default objectives are measured by, the preferred ones first; none for documents alone
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Family::Knative, Family::Istio, Family::Kserve])]
    pub metrics: Vec<Family>,
    /// Folder to write `midwatch.rules.yml` and `midwatch.rules_test.yml` to [default: the rules, on standard output]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Service that alerts are written for, as NAMESPACE/NAME, may be given several times [default: all]
    #[arg(long = "service", value_name = "NS/NAME", value_parser = service)]
    pub services: Vec<(String, String)>,
}

/// Sets of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowSet {
    /// The three pairs that the Site Reliability Workbook recommends
    Workbook,
    /// The four of sloth
    Sloth,
    /// The four of pyrra, which also have to hold for a while
    Pyrra,
}

/// Families of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// Knative 1.21 and later
    Knative,
    /// Knative up to 1.18
    #[value(name = "knative-1.18")]
    KnativeOld,
    /// Istio
    Istio,
    /// `KServe`'s own model server
    Kserve,
    /// `vLLM`
    Vllm,
    /// Triton
    Triton,
    /// No defaults
    None,
}

impl WindowSet {
    fn windows(self) -> BurnWindows {
        match self {
            Self::Workbook => BurnWindows::Workbook,
            Self::Sloth => BurnWindows::Sloth,
            Self::Pyrra => BurnWindows::Pyrra,
        }
    }
}

impl Family {
    fn metrics(self) -> Option<Metrics> {
        match self {
            Self::Knative => Some(Metrics::Knative),
            Self::KnativeOld => Some(Metrics::KnativeOld),
            Self::Istio => Some(Metrics::Istio),
            Self::Kserve => Some(Metrics::Kserve),
            Self::Vllm => Some(Metrics::Vllm),
            Self::Triton => Some(Metrics::Triton),
            Self::None => None,
        }
    }
}

fn service(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name))
            if !namespace.is_empty() && !name.is_empty() && !name.contains('/') =>
        {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("write NAMESPACE/NAME".to_owned()),
    }
}

/// Writes them.
pub fn run(args: &RulesArgs, show: &Show) -> Result<ExitCode, Failure> {
    let (_, loaded) = settings(&Connect::default(), show);
    let mut wished = loaded.effective.settings.slo;
    if let Some(windows) = args.windows {
        wished.windows = windows.windows();
    }
    if !args.files.is_empty() {
        let name = |path: &PathBuf| path.to_string_lossy().into_owned();
        wished.files = args.files.iter().map(name).collect();
    }
    let (objectives, troubles) = objectives(&wished);
    for trouble in &troubles {
        say(&trouble.to_string());
    }
    let written = slo::write(&Wanted {
        objectives,
        metrics: args.metrics.iter().filter_map(|f| f.metrics()).collect(),
        services: args.services.clone(),
    });
    for note in &written.notes {
        say(&Clean::new(note));
    }
    match &args.out {
        None => print(&written.rules)?,
        Some(folder) => print(&saved(folder, &written)?)?,
    };
    match troubles.len() {
        0 => Ok(ExitCode::SUCCESS),
        1 => Err(Failure::Files(
            "1 mistake: what it stands in was left out".to_owned(),
        )),
        many => Err(Failure::Files(format!(
            "{many} mistakes: what they stand in was left out"
        ))),
    }
}

fn saved(folder: &Path, written: &Written) -> Result<String, Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::Files(format!("{} cannot be written: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut told = String::new();
    for (name, text) in [(slo::RULES, &written.rules), (slo::TESTS, &written.tests)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        // writing to a string does not fail
        let _ = writeln!(told, "written: {}", path.display());
    }
    Ok(told)
}
