//! The platform's alerts silenced and told again, by the command as a person gives it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use midwatch::demo::{Options, Platform};
use serde_json::Value;

/// What a command prints, which must succeed.
fn midwatch(kubeconfig: &Path, args: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env_remove("MIDWATCH_INCIDENT")
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .args(args)
        .args(["-o", "json", "--kubeconfig"])
        .arg(kubeconfig)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {err}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {err}"))
}

/// An alert as the console lists it.
fn alert(kubeconfig: &Path) -> Value {
    let list = midwatch(kubeconfig, &["get", "alerts"]);
    let mut all = list["items"].as_array().unwrap().iter();
    let found = all.find(|a| a["alert"] == "Watchdog");
    found.unwrap_or_else(|| panic!("{list}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_silenced_and_told_again() {
    let options = Options {
        past: Duration::from_secs(60),
        ..Options::default()
    };
    let platform = Platform::start(options).await.unwrap();
    let kubeconfig = platform.kubeconfig().to_owned();
    tokio::task::spawn_blocking(move || {
        let at = kubeconfig.as_path();
        assert_eq!(alert(at)["state"], "firing");
        let given = [
            "--param",
            "for=30m",
            "--param",
            "comment=a drill",
            "--param",
            "author=ann",
        ];
        let make = [&["do", "silence.create", "Watchdog", "--yes"][..], &given].concat();
        let made = midwatch(at, &make);
        assert_eq!(made["verdict"], "done", "{made}");
        let held = alert(at);
        assert_eq!(held["state"], "suppressed", "{held}");
        assert_eq!(held["silencedBy"].as_array().unwrap().len(), 1, "{held}");
        let ended = midwatch(at, &["do", "silence.end", "Watchdog", "--yes"]);
        assert_eq!(ended["verdict"], "done", "{ended}");
        assert_eq!(ended["undo"]["parameters"]["author"], "ann", "{ended}");
        assert_eq!(alert(at)["state"], "firing");
    })
    .await
    .unwrap();
    platform.shutdown().await;
}
