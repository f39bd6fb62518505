//! The console: `midwatch`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: with two providers in one build, a client made without one chosen would panic. An error means
    // that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    midwatch::cli::main()
}
