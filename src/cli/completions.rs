//! `midwatch completions`: what a shell needs to complete the command line. I/O on standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::args::Cli;
use super::exit::Failure;
use super::get::{STEPS, kinds};

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
    let script = script(args.shell);
    let mut out = io::stdout().lock();
    out.write_all(&script)
        .and_then(|()| out.flush())
        .map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "midwatch", &mut script);
    if shell == Shell::Fish {
        // the library leaves the values of arguments out for this shell
        let kinds: Vec<&str> = kinds().iter().map(|k| k.name).chain([STEPS.0]).collect();
        let line = format!(
            "complete -c midwatch -n \"__fish_midwatch_using_subcommand get\" -f -a \"{}\"\n",
            kinds.join(" ")
        );
        script.extend_from_slice(line.as_bytes());
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_the_kinds_that_can_be_listed() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = String::from_utf8(script(shell)).unwrap();
            for word in ["get", "doctor", "runs", "namespaces", "steps"] {
                assert!(script.contains(word), "{shell} does not know {word}");
            }
        }
    }
}
