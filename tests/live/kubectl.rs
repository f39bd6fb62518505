//! `kubectl` as the administrator of the rig: what tests make and look at beside the console.

use std::io::Write;
use std::process::{Command, Stdio};

use super::support::rig;

/// What it prints, or what it says is wrong.
pub fn asked(args: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(rig("MIDWATCH_RIG_KUBECTL"))
        .args(["--kubeconfig", &rig("MIDWATCH_RIG_KUBECONFIG_ADMIN")])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

/// What it prints; nothing may be wrong.
pub fn kubectl(args: &[&str], input: &str) -> String {
    asked(args, input).unwrap_or_else(|why| panic!("kubectl {args:?}: {why}"))
}
