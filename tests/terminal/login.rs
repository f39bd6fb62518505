//! Before the screen opens: which cluster, and who is asking.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::home::{Cluster, Home, SOON, opened};

/// A kubeconfig like the cluster's own, whose user has a login command that asks for the token on the terminal.
fn with_login(cluster: &Cluster, home: &Home, script: &str) -> String {
    let text = fs::read_to_string(cluster.kubeconfig()).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    let user = &mut config["users"][0]["user"];
    let token = user["token"].as_str().unwrap().to_owned();
    *user = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh", "args": ["-c", script], "interactiveMode": "IfAvailable",
    }});
    fs::write(home.path("kubeconfig"), config.to_string()).unwrap();
    token
}

#[test]
fn a_login_that_asks_is_answered_before_the_screen_opens() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let token = with_login(
        &cluster,
        &home,
        r#"printf 'Token: ' >&2; read t; echo "{\"status\":{\"token\":\"$t\"}}""#,
    );
    let mut pty = home.midwatch().arg("--log-level=trace").spawn();
    pty.wait_for("Token:", SOON);
    assert!(!pty.look(vt100::Screen::alternate_screen));
    pty.write(token.as_bytes());
    pty.send("Enter");
    opened(&pty);
    pty.wait_for("live", SOON);
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
    let log = home.log();
    assert!(log.contains("started"), "{log}");
    assert!(!log.contains(&token), "the log keeps no secret");
}

#[test]
fn a_login_that_fails_is_told_on_the_normal_screen() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    with_login(&cluster, &home, "echo session expired >&2; exit 7");
    let mut pty = home.midwatch().spawn();
    pty.wait_for("session expired", SOON);
    pty.wait_for("The login command sh failed", SOON);
    assert_eq!(pty.wait_exit(SOON).exit_code(), 1);
    assert!(!pty.look(vt100::Screen::alternate_screen));
}

#[test]
fn a_kubeconfig_that_is_not_there_is_told_with_what_to_do() {
    let home = Home::new();
    let mut pty = home.midwatch().args(&["--kubeconfig", "nowhere"]).spawn();
    pty.wait_for("Check the path", SOON);
    assert_eq!(pty.wait_exit(SOON).exit_code(), 1);
    let mut pty = home.midwatch().args(&["--context", "elsewhere"]).spawn();
    pty.wait_for("There is no context elsewhere", SOON);
    pty.wait_for("closed", SOON);
    assert_eq!(pty.wait_exit(SOON).exit_code(), 2);
}

#[test]
fn the_log_is_for_its_owner_only() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.send("q");
    pty.wait_exit(SOON);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.path("state/midwatch")), 0o700);
    assert_eq!(mode(&home.path("state/midwatch/midwatch.log")), 0o600);
}

#[test]
fn a_log_that_cannot_be_kept_does_not_keep_the_console_from_opening() {
    let home = Home::new();
    fs::write(home.path("state"), "a file in the way").unwrap();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
    assert!(pty.screen().contains("no log is kept"), "{}", pty.screen());
}
