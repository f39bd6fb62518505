//! Texts that leave the screen: in a pager, in an editor, to the clipboard.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::home::{Cluster, Home, SOON, opened};
use crate::support::pty::{Program, Pty};
use crate::support::wait_for;

/// A pager that keeps what it is given, shows that it runs, and reads three lines of keys from the terminal.
const PAGER: &str = r#"#!/bin/sh
stat -c '%a' "$1" > "$HOME/mode"
cp "$1" "$HOME/given"
echo "$1" > "$HOME/path"
echo "pager runs"
read first; echo "$first" > "$HOME/keys"
read second; echo "$second" >> "$HOME/keys"
echo "pager ends"
"#;

fn script(home: &Home, name: &str, text: &str) -> String {
    let path = home.path(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A console on a quiet cluster, with the YAML of a namespace on the screen.
fn reading(program: Program, cluster: &Cluster) -> Pty {
    let mut pty = program
        .args(&["--kubeconfig", cluster.kubeconfig().to_str().unwrap()])
        .spawn();
    opened(&pty);
    pty.send("8");
    pty.wait_for("Nodes", SOON);
    pty.send("Tab");
    pty.wait_for("Pods  ", SOON);
    pty.send("Tab");
    pty.wait_for("kube-system", SOON);
    pty.send("y");
    pty.wait_for("kind: Namespace", SOON);
    pty
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_pager_gets_the_text_and_every_key_and_leaves_nothing_behind() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let pager = script(&home, "my pager", PAGER);
    let program = home.midwatch().env("PAGER", format!("'{pager}'"));
    let mut pty = reading(program, &cluster);
    pty.send("o");
    pty.wait_for("pager runs", SOON);
    assert!(!pty.look(vt100::Screen::alternate_screen));
    // of keys that another reader took, the pager would see every other one
    let keys = "abcdefghijklmnopqrstuvwxyz0123456789";
    for _ in 0..2 {
        for key in keys.chars() {
            pty.send(&key.to_string());
        }
        pty.send("Enter");
    }
    opened(&pty);
    pty.wait_for("kind: Namespace", SOON);
    assert_eq!(lines(&home.path("keys")), [keys, keys]);
    assert!(lines(&home.path("given")).contains(&"kind: Namespace".to_owned()));
    assert_eq!(lines(&home.path("mode")), ["600"]);
    let shown = lines(&home.path("path")).concat();
    assert!(
        shown.contains("midwatch/shown/") && !Path::new(&shown).exists(),
        "{shown}"
    );
    // the console reads keys again
    pty.send("Esc");
    pty.wait_for("Namespaces  ", SOON);
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn control_c_in_a_pager_ends_the_pager_alone() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let pager = script(&home, "pager", "#!/bin/sh\necho pager runs\nread never\n");
    let mut pty = reading(home.midwatch().env("PAGER", pager), &cluster);
    pty.send("o");
    pty.wait_for("pager runs", SOON);
    pty.send("C-c");
    opened(&pty);
    pty.wait_for("kind: Namespace", SOON);
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let empty = home.path("empty");
    fs::create_dir(&empty).unwrap();
    let program = home
        .midwatch()
        .env("EDITOR", "no-such-editor --wait")
        .env("PATH", &empty);
    let mut pty = reading(program, &cluster);
    pty.send("E");
    pty.wait_for(
        "no editor could be started; tried no-such-editor --wait (EDITOR)",
        SOON,
    );
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn an_edited_copy_is_kept_and_the_cluster_is_not_touched() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let editor = script(&home, "editor", "#!/bin/sh\necho mine >> \"$1\"\n");
    let mut pty = reading(home.midwatch().env("EDITOR", editor), &cluster);
    pty.send("E");
    pty.wait_for("nothing was changed in the cluster", SOON);
    let folder = home.path("state/midwatch/shown");
    let kept = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(fs::read_to_string(kept).unwrap().ends_with("mine\n"));
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn a_name_is_copied_in_one_piece_and_nothing_else_is_sent_for_it() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let mut pty = reading(home.midwatch().env("TMUX", ""), &cluster);
    let mark = pty.bytes();
    pty.send("c");
    pty.wait_for("Copy of", SOON);
    pty.send("n");
    pty.wait_for("copied the name (if your terminal allows OSC 52)", SOON);
    let sent = wait_for("the sequence", SOON, || {
        let sent = String::from_utf8_lossy(&pty.bytes_since(mark)).into_owned();
        let (_, rest) = sent.split_once("\u{1b}]52;c;")?;
        let (code, _) = rest.split_once('\u{7}')?;
        Some(code.to_owned())
    });
    // `default`, the first namespace
    assert_eq!(sent, "ZGVmYXVsdA==");
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}
