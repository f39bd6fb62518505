//! What can be written on the command line. Data only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::act::DoArgs;
use super::actions::ActionsArgs;
use super::audit::AuditArgs;
use super::completions::CompletionsArgs;
use super::config::ConfigArgs;
use super::demo::DemoArgs;
use super::describe::DescribeArgs;
use super::doctor::DoctorArgs;
use super::get::GetArgs;
use super::gpus::GpusArgs;
use super::incident::IncidentArgs;
use super::keys::KeysArgs;
use super::logs::LogsArgs;
use super::report::ReportArgs;
use super::rules::RulesArgs;
use super::runbook::RunbookArgs;
use super::themes::ThemesArgs;
use crate::config::Level;

const AFTER_HELP: &str = "\
Environment:
  KUBECONFIG           kubeconfig files, separated by colons
  NO_COLOR             when not empty: no colours
  COLORTERM, TERM      how many colours the terminal has
  LC_ALL, LANG         a locale that is not UTF-8 means marks and bars in ASCII
  MIDWATCH_CONFIG      the settings file, or its folder (default ~/.config/midwatch/config.toml)
  MIDWATCH_…           each setting, for example MIDWATCH_THEME=dark, MIDWATCH_LOGS_WRAP=true, MIDWATCH_ASCII=1;
                       midwatch config lists them
  XDG_STATE_HOME       where the log is kept (default ~/.local/state): midwatch/midwatch.log

Exit codes:
  0      ended by its keys
  1      failed; what failed is on standard error
  2      the arguments are wrong, or there is no terminal
  128+N  ended by signal N";

/// The on-call console for machine learning platforms on Kubernetes.
///
/// Without a command it opens the console on the clusters of your kubeconfig and shows the pipeline runs as they
/// happen. It watches and never polls; nothing is written to a cluster but by an action that was confirmed.
#[derive(Debug, Parser)]
#[command(name = "midwatch", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// Which clusters.
    #[command(flatten)]
    pub connect: Connect,
    /// How it looks and what it keeps.
    #[command(flatten)]
    pub show: Show,
    /// What to do instead of opening the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Which clusters to connect to.
#[derive(Debug, Clone, Default, Args)]
pub struct Connect {
    /// Kubeconfig file [default: the files in KUBECONFIG, ~/.kube/config, or the service account inside a pod]
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,
    /// Context to connect to, may be given several times: the clusters appear side by side [default: the current
    /// context]
    #[arg(long = "context", value_name = "NAME")]
    pub contexts: Vec<String>,
    /// Namespace to show when you may not list the whole cluster, may be given several times [default: the
    /// namespace of the context]
    #[arg(short = 'n', long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
}

impl Connect {
    /// With what stands before a command where the command itself names nothing.
    #[must_use]
    pub fn or(&self, outer: &Self) -> Self {
        let named = |own: &Vec<String>, outer: &Vec<String>| {
            if own.is_empty() { outer } else { own }.clone()
        };
        Self {
            kubeconfig: self.kubeconfig.clone().or(outer.kubeconfig.clone()),
            contexts: named(&self.contexts, &outer.contexts),
            namespaces: named(&self.namespaces, &outer.namespaces),
        }
    }
}

/// How the console looks, and how much it logs.
#[derive(Debug, Clone, Default, Args)]
pub struct Show {
    /// Marks and bars in ASCII
    #[arg(long, global = true)]
    pub ascii: bool,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Settings file, or its folder [default: `~/.config/midwatch/config.toml`]
    #[arg(long, value_name = "PATH", global = true)]
    pub config: Option<PathBuf>,
    /// Theme; midwatch themes lists them
    #[arg(long, value_name = "NAME", global = true)]
    pub theme: Option<String>,
    /// Keymap
    #[arg(long, value_name = "NAME", global = true)]
    pub keymap: Option<String>,
    /// How much is logged
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t, global = true)]
    pub log_level: Level,
}

/// What can be done instead of opening the console.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what a list of the console shows, for people and scripts
    Get(GetArgs),
    /// Print the GPUs of this machine, as its driver tells of them
    Gpus(GpusArgs),
    /// Print the logs of a run, a step or a pod
    Logs(LogsArgs),
    /// Print what is known of one object, in words or as it is written
    Describe(DescribeArgs),
    /// List what can be done to what
    Actions(ActionsArgs),
    /// Carry out an action, or show what it would do
    Do(DoArgs),
    /// Tell what was done to what, by whom, why, and what came of it
    Audit(AuditArgs),
    /// Begin or end an incident: what is done meanwhile belongs to it
    Incident(IncidentArgs),
    /// Write the timeline of an incident as Markdown
    Report(ReportArgs),
    /// Look at this machine, each context and each source, and say what to do
    Doctor(DoctorArgs),
    /// Write objectives as rules of Prometheus, with tests for promtool
    Rules(RulesArgs),
    /// List the runbooks, show one, or check files of yours
    Runbook(RunbookArgs),
    /// Print what is set and where each value comes from
    Config(ConfigArgs),
    /// List keys and keymaps, and check them
    Keys(KeysArgs),
    /// List the themes, or show one
    Themes(ThemesArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Start a small platform that behaves, on this machine, and look at it
    Demo(DemoArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn several_contexts_and_namespaces_can_be_named() {
        let cli = Cli::try_parse_from([
            "midwatch",
            "--context",
            "eu",
            "--context",
            "us",
            "-n",
            "ml",
            "-n",
            "serving",
            "--ascii",
        ])
        .unwrap();
        assert_eq!(cli.connect.contexts, ["eu", "us"]);
        assert_eq!(cli.connect.namespaces, ["ml", "serving"]);
        assert!(cli.show.ascii && !cli.show.no_color);
    }

    #[test]
    fn help_names_the_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("128+N"), "{help}");
    }
}
