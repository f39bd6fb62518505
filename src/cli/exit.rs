//! What is printed and answered when something cannot be done. I/O on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::fault::Fault;
use crate::shell::LaunchError;
use crate::term::NoTerminal;

/// What was asked for is not all there: a source is denied, stale, down or absent.
pub const PARTIAL: u8 = 3;
/// An object that was named is not there.
pub const NOT_FOUND: u8 = 4;
/// Ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The terminal cannot be taken over.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Something the operator can mend.
    #[error("{}", .0.what)]
    Fault(Box<Fault>),
    /// The embedded platform could not run.
    #[error("the embedded platform: {0}")]
    Demo(String),
    /// What was asked for cannot be written. Nobody reading it any more is the end, and no failure.
    #[error("cannot write the answer: {0}")]
    Output(io::Error),
    /// The arguments make no sense together, or name something that is not known.
    #[error("{what}")]
    Usage {
        /// What is wrong with them.
        what: String,
        /// What to write instead; may be empty.
        hint: String,
    },
    /// Files of the person's are wrong; what is wrong was printed.
    #[error("{0}")]
    Files(String),
    /// The system refused something.
    #[error(transparent)]
    System(#[from] io::Error),
    /// It ran, and ended for this reason.
    #[error("{message}")]
    Ended {
        /// What is printed.
        message: String,
        /// The exit code.
        code: u8,
    },
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::NoTerminal(_) | Self::Usage { .. } => 2,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Ended { code, .. } => *code,
            Self::Launch(_)
            | Self::Fault(_)
            | Self::Demo(_)
            | Self::Files(_)
            | Self::System(_)
            | Self::Output(_) => 1,
        }
    }

    /// Prints it on standard error, and what to do next below it.
    #[must_use]
    pub fn tell(&self) -> ExitCode {
        if self.code() == 0 {
            return ExitCode::SUCCESS;
        }
        let hint = match self {
            Self::Usage { hint, .. } if !hint.is_empty() => format!("\n{hint}"),
            Self::Fault(fault) if !fault.hint.is_empty() => format!("\n{}", fault.hint),
            _ => String::new(),
        };
        say(&format!("{self}{hint}"));
        ExitCode::from(self.code())
    }
}

/// Prints a line on standard error. Nobody may be there to read it, which is no failure of its own.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "midwatch: {line}");
}
