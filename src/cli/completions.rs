//! `midwatch completions`: what a shell needs to complete the command line. I/O on standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::args::Cli;
use super::exit::Failure;

const AFTER_HELP: &str = "\
  bash  midwatch completions bash > ~/.local/share/bash-completion/completions/midwatch
  zsh   midwatch completions zsh > ~/.zfunc/_midwatch     (with fpath+=~/.zfunc before compinit)
  fish  midwatch completions fish > ~/.config/fish/completions/midwatch.fish";

/// Print completions for a shell.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints them.
pub fn run(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    // made in memory first: the library panics when it cannot write
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "midwatch", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)
        .and_then(|()| out.flush())
        .map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_the_kinds_that_can_be_listed() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            generate(shell, &mut Cli::command(), "midwatch", &mut script);
            let script = String::from_utf8(script).unwrap();
            for word in ["get", "doctor", "runs", "namespaces", "steps"] {
                assert!(script.contains(word), "{shell} does not know {word}");
            }
        }
    }
}
