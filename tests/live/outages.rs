//! Prometheus, Alertmanager and `MLflow` that are gone, hang or answer something else: told as what it is in the
//! sources, on the screens and by commands; rows stay with their age, figures that are not known are none, and what
//! comes back is seen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use midwatch::domain::{AlertRow, BurnRow, Burning, Measure, ModelRow, SourceRow, SourceState};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::{Options, Places, targets};
use midwatch::settings::Endpoint;
use serde_json::Value;

use super::schema::assert_valid;
use super::support::console::Console;
use super::support::pty::{Program, Pty};
use super::support::{SOON, rig, tls};

#[path = "outages/between.rs"]
mod between;
#[path = "outages/prometheus.rs"]
mod prometheus;
#[path = "outages/registry.rs"]
mod registry;

use between::{Between, Mood};

fn ctl(verb: &str, part: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/ctl");
    let done = Command::new(here).args([verb, part]).status().unwrap();
    assert!(done.success(), "ctl {verb} {part}");
}

/// A server that a test ended runs again, however the test ends.
struct Ended(&'static str);

impl Ended {
    fn now(part: &'static str) -> Self {
        ctl("kill", part);
        Self(part)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        ctl("start", self.0);
    }
}

/// A server that a test froze goes on.
struct Frozen(&'static str);

impl Frozen {
    fn now(part: &'static str) -> Self {
        ctl("pause", part);
        Self(part)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        ctl("resume", self.0);
    }
}

fn kubeconfig() -> PathBuf {
    rig("MIDWATCH_RIG_KUBECONFIG_ADMIN").into()
}

/// Feeds of the rig's cluster, with these entries of the settings.
fn console(feeds: &[&'static str], options: Options) -> Console {
    tls();
    let console = Console::start(&kubeconfig(), &[], options, 64);
    let places = Places {
        flag: Some(kubeconfig()),
        ..Places::default()
    };
    let cluster = targets(&places, &[]).unwrap().remove(0).id;
    console.want(cluster.as_str(), feeds);
    console
}

/// The settings name this address for a source.
fn at(source: &str, url: &str) -> Options {
    let endpoint = Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    };
    Options {
        sources: [(source.to_owned(), endpoint)].into(),
        // what a person waits for; a test need not
        retry_max: Duration::from_secs(2),
        retry_denied: Duration::from_secs(2),
        registry: Duration::from_secs(2),
        ..Options::default()
    }
}

/// The source of a feed in this state, with what is said of it.
async fn stands(console: &mut Console, feed: &str, state: SourceState) -> SourceRow {
    console
        .until(&format!("{feed} to be {}", state.word()), |c| {
            c.state(feed) == Some(state)
        })
        .await;
    console.source(feed, "").unwrap().clone()
}

/// The same, once it is said why with these words.
async fn says(console: &mut Console, feed: &str, state: SourceState, words: &str) -> SourceRow {
    let told = |c: &Console| {
        let row = c.source(feed, "").filter(|r| r.state == state)?;
        let fault = row.fault.as_ref()?;
        fault.what.contains(words).then(|| row.clone())
    };
    console
        .until(&format!("{feed}: {words}"), |c| told(c).is_some())
        .await;
    told(console).unwrap()
}

/// What a script is told: exit code, document, standard error. `settings` is the text of a settings file.
fn get(kind: &[&str], settings: &str) -> (Option<i32>, Value, String) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, settings).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .arg("--config")
        .arg(&config)
        // sources of the settings are not meant for another kubeconfig than one's own
        .env("KUBECONFIG", kubeconfig())
        .args(["get", "-o", "json"])
        .args(kind)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {err}"));
    assert_valid(&json);
    (output.status.code(), json, err)
}

/// The console in a terminal, on one of its screens, and the folder with its settings.
fn screen(key: &str, size: (u16, u16), settings: &str) -> (Pty, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, settings).unwrap();
    let mut console = Program::new(env!("CARGO_BIN_EXE_midwatch"))
        .arg("--config")
        .arg(&config)
        .env("MIDWATCH_START", "runs")
        .env("KUBECONFIG", kubeconfig())
        .size(size.0, size.1)
        .spawn();
    console.wait_for("● live", SOON);
    console.send(key);
    (console, home)
}

fn quit(mut console: Pty) {
    console.send("q");
    assert!(console.wait_exit(SOON).success());
}

/// A line of the screen with both texts.
fn wait_for_line(console: &Pty, text: &str, with: &str) {
    console.wait_until(&format!("{text} with {with}"), SOON, |screen| {
        let all = screen.contents();
        all.lines().any(|l| l.contains(text) && l.contains(with))
    });
}
