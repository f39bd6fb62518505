//! The command line: what can be asked for, and how it is answered. I/O; called by `main`.

mod act;
mod actions;
mod args;
mod audit;
mod completions;
mod config;
mod console;
mod demo;
mod describe;
mod doctor;
mod drill;
mod duration;
mod exit;
mod get;
mod gpus;
mod incident;
mod keys;
mod logs;
mod output;
mod print;
mod progress;
mod report;
mod rules;
mod runbook;
mod session;
mod themes;
mod told;

use std::process::ExitCode;

use clap::Parser;

pub use args::{Cli, Command, Connect, Show};
pub use exit::Failure;

/// Reads the arguments of this process and does what they ask for.
#[must_use]
pub fn main() -> ExitCode {
    // clap prints and ends by itself: 0 for --help and --version, 2 for what it does not understand.
    let cli = Cli::parse();
    let done = match cli.command {
        None => console::run(&cli.connect, &cli.show),
        Some(Command::Get(args)) => get::run(&args, &cli.connect, &cli.show),
        Some(Command::Gpus(args)) => gpus::run(&args, &cli.show),
        Some(Command::Keys(args)) => keys::run(&args, &cli.show),
        Some(Command::Doctor(args)) => doctor::run(&args, &cli.connect, &cli.show),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Logs(args)) => logs::run(&args, &cli.connect, &cli.show),
        Some(Command::Describe(args)) => describe::run(&args, &cli.connect, &cli.show),
        Some(Command::Actions(args)) => actions::run(&args),
        Some(Command::Audit(args)) => audit::run(&args, &cli.show),
        Some(Command::Incident(args)) => incident::run(&args),
        Some(Command::Report(args)) => report::run(&args, &cli.connect, &cli.show),
        Some(Command::Do(args)) => act::run(&args, &cli.connect, &cli.show),
        Some(Command::Demo(args)) => console::run_demo(&args, &cli.show),
        Some(Command::Config(args)) => config::run(&args, &cli.connect, &cli.show),
        Some(Command::Runbook(args)) => runbook::run(&args, &cli.connect, &cli.show),
        Some(Command::Rules(args)) => rules::run(&args, &cli.show),
        Some(Command::Themes(args)) => themes::run(&args, &cli.show),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.tell(),
    }
}
