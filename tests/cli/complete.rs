//! Completions and the version.

use std::process::Command;

use super::stage::{Done, command};

fn run(args: &[&str]) -> Done {
    let home = tempfile::tempdir().unwrap();
    Done::of(command(home.path()).args(args).output().unwrap())
}

#[test]
fn completions_know_commands_and_kinds() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]).code(0).out;
        for word in [
            "doctor",
            "completions",
            "schedules",
            "namespaces",
            "--no-headers",
        ] {
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    assert!(run(&["completions", "tcsh"]).code(2).err.contains("bash"));
}

#[test]
fn bash_completes_kinds_as_they_are_typed() {
    let script = run(&["completions", "bash"]).code(0).out;
    let test = format!(
        "{script}\nCOMP_WORDS=(midwatch get na)\nCOMP_CWORD=2\n_midwatch midwatch na get\necho \"${{COMPREPLY[@]}}\"\n"
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &test])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "namespaces");
}

#[test]
fn the_version_is_told() {
    let version = run(&["--version"]).code(0).out;
    assert_eq!(version, format!("midwatch {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn exit_codes_stand_in_the_help() {
    let help = run(&["get", "--help"]).code(0).out;
    for word in ["130", "partial", "is not there"] {
        assert!(help.contains(word), "{help}");
    }
}
