//! The console in a terminal against a real API server with real runs: what a person sees and reaches with keys.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::pty::{Program, Pty};
use crate::support::{SOON, rig};

/// An outage is on the screen in this time, far sooner than any wait of the console for a silent server would tell it.
const AT_ONCE: Duration = Duration::from_secs(10);

fn console(person: &str, size: (u16, u16)) -> Pty {
    console_with(person, size, &[])
}

fn console_with(person: &str, size: (u16, u16), more: &[&str]) -> Pty {
    Program::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(&[
            "--kubeconfig",
            &rig(&format!("MIDWATCH_RIG_KUBECONFIG_{person}")),
        ])
        .args(more)
        .env("MIDWATCH_START", "runs")
        .size(size.0, size.1)
        .spawn()
}

/// Narrows the list of runs to one and opens it.
fn open(console: &mut Pty, run: &str) {
    console.wait_for("● live", SOON);
    console.send("/");
    for letter in run.chars() {
        console.send(&letter.to_string());
    }
    console.wait_for(&format!("filter {run}"), SOON);
    console.send("Enter");
    console.send("Enter");
    console.wait_for(&format!(" {run}   "), SOON);
}

fn quit(mut console: Pty) {
    console.send("q");
    assert!(console.wait_exit(SOON).success());
}

/// Waits until one line of the screen holds both texts: a frame may still be coming when its first lines are there.
fn wait_for_line(console: &Pty, text: &str, with: &str) {
    console.wait_until(&format!("{text} with {with}"), SOON, |screen| {
        let all = screen.contents();
        all.lines().any(|l| l.contains(text) && l.contains(with))
    });
}

#[test]
#[ignore = "needs tests/rig/live"]
fn every_sample_is_listed_with_its_state_and_why() {
    let console = console("SRE", (160, 50));
    console.wait_for("● live", SOON);
    for (run, said) in [
        ("fraud-train-oom", "✗ Failed|train: OOMKilled (137)"),
        ("recsys-embed-shards", "✗ Failed|exit 3"),
        ("image-pull", "○ Pending|ImagePullBackOff"),
        ("unschedulable", "○ Pending|no node fits"),
        ("promote-gate", "◐ Waiting|gate: approve"),
        ("retry-recovers", "✓ Succeeded|"),
        ("fraud-pipeline-x7k2p", "✓ Succeeded|kfp"),
    ] {
        console.wait_until(&format!("{run}: {said}"), SOON, |screen| {
            let text = screen.contents();
            let shown = text.lines().find(|l| l.contains(run)).unwrap_or_default();
            said.split('|').all(|part| shown.contains(part))
        });
    }
    // the controller sees the end of its time or the end of the pod first
    console.wait_until("run-deadline with its reason", SOON, |screen| {
        let text = screen.contents();
        let shown = text.lines().find(|l| l.contains("run-deadline"));
        shown.is_some_and(|l| {
            l.contains("✗ Failed") && (l.contains("out of time") || l.contains("exit 143"))
        })
    });
    quit(console);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_failed_run_opens_on_the_root_cause_with_its_evidence() {
    let mut console = console("SRE", (120, 36));
    open(&mut console, "fraud-train-oom");
    console.wait_for("main was OOMKilled (exit 137)", SOON);
    console.wait_for("status.containerStatuses[main]", SOON);
    wait_for_line(&console, "✗ train", "main: OOMKilled");
    // what was never reached is shown as such
    wait_for_line(&console, "register", "–");
    quit(console);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_fan_out_of_200_shows_counts_and_its_failed_items() {
    let mut console = console("SRE", (120, 36));
    open(&mut console, "recsys-embed-shards");
    console.wait_for("embed  198 ok, 2 failed", SOON);
    console.wait_for("… 198 more: 198 ok", SOON);
    console.wait_for("embed(57:57)", SOON);
    // the row below the items opens all of them; with the heading they are more than fit
    console.send_all(&["Down", "Down", "Enter"]);
    console.wait_for("more below", SOON);
    quit(console);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn gates_attempts_and_kfp_tasks_read_as_what_they_are() {
    let mut gate = console("SRE", (120, 36));
    open(&mut gate, "promote-gate");
    gate.wait_for("gate: waits for a person", SOON);
    quit(gate);
    let mut retry = console("SRE", (120, 36));
    open(&mut retry, "retry-exhausted");
    retry.wait_for("3 attempts", SOON);
    quit(retry);
    let mut kfp = console("SRE", (120, 36));
    open(&mut kfp, "fraud-pipeline-x7k2p");
    kfp.wait_for("ingest  cached", SOON);
    assert!(
        !kfp.screen().contains("-driver"),
        "drivers are folded into their tasks:\n{}",
        kfp.screen()
    );
    quit(kfp);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn compressed_runs_open_as_any_other() {
    let mut console = console("SRE", (120, 36));
    open(&mut console, "sweep-compressed");
    console.wait_for("trial", SOON);
    console.wait_for("OOMKilled", SOON);
    quit(console);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn all_screens_show_real_objects_at_80_by_24() {
    let mut console = console("SRE", (80, 24));
    console.wait_for("● live", SOON);
    console.send("8");
    console.wait_for("gpu-a100", SOON);
    for (key, title) in [
        ("Tab", "Pods  "),
        ("Tab", "Namespaces  "),
        ("Tab", "Schedules  2"),
        ("Tab", "Templates  "),
    ] {
        console.send(key);
        console.wait_for(title, SOON);
        console.wait_until("rows", SOON, |screen| !screen.contents().contains("Asking"));
        assert!(
            !console.screen().contains("there are none"),
            "{}",
            console.screen()
        );
    }
    console.send("0");
    console.wait_for("Sources  ", SOON);
    quit(console);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_killed_api_server_leaves_the_rows_and_comes_back() {
    struct Again;
    impl Drop for Again {
        fn drop(&mut self) {
            ctl("start");
            ctl("wait");
        }
    }
    let mut console = console("SRE", (120, 36));
    console.wait_for("● live", SOON);
    console.wait_for("fraud-train-oom", SOON);
    let again = Again;
    ctl("kill");
    console.wait_for("stale 0:0", AT_ONCE);
    console.wait_for("fraud-train-oom", SOON);
    console.send("0");
    console.wait_for("refuses connections", SOON);
    console.send("2");
    drop(again);
    console.wait_for("● live", SOON);
    console.wait_until("the run, once", SOON, |screen| {
        screen.contents().matches("fraud-train-oom").count() == 1
    });
    quit(console);
}

fn ctl(verb: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/ctl");
    let done = Command::new(here)
        .args([verb, "apiserver"])
        .status()
        .unwrap();
    assert!(done.success(), "ctl {verb} apiserver");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_person_of_two_namespaces_sees_those_and_nobody_is_told_why() {
    let viewer = console_with("VIEWER", (120, 36), &["-n", "ml-fraud"]);
    viewer.wait_for("fraud-train-oom", SOON);
    viewer.wait_for("live, in part", SOON);
    viewer.wait_for("not all may be read", SOON);
    assert!(
        !viewer.screen().contains("promote-gate"),
        "not a namespace of theirs:\n{}",
        viewer.screen()
    );
    quit(viewer);
    let mut nobody = console("NOBODY", (120, 36));
    nobody.wait_for("denied", SOON);
    assert!(
        !nobody.screen().contains("there are none"),
        "{}",
        nobody.screen()
    );
    nobody.send("0");
    nobody.wait_for("forbidden", SOON);
    quit(nobody);
}
