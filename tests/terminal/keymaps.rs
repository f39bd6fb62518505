//! Keymaps of the person's, from the file to the screen.

use std::fs;
use std::process::{Command, Output};

use crate::home::{Cluster, Home, MIDWATCH, SOON, opened};

fn keymap(home: &Home, name: &str, text: &str) {
    let folder = home.path(".config/midwatch/keymaps");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}

fn keys(home: &Home, args: &[&str]) -> Output {
    Command::new(MIDWATCH)
        .arg("keys")
        .args(args)
        .env_clear()
        .env("HOME", home.path(""))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_keymap_is_chosen_by_name_and_its_keys_work() {
    let home = Home::new();
    let cluster = Cluster::quiet();
    keymap(
        &home,
        "mine",
        "inherits = \"vim\"\n[anywhere]\n\"X p\" = \"pods\"\n",
    );
    let program = home
        .midwatch()
        .args(&["--keymap", "mine"])
        .arg("--kubeconfig");
    let mut pty = program.arg(cluster.kubeconfig()).spawn();
    opened(&pty);
    pty.send("X");
    pty.wait_for("X then", SOON);
    pty.send("p");
    pty.wait_for(" Pods  ", SOON);
    pty.send_all(&["Z", "Z"]);
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn three_mistakes_in_a_keymap_are_told_on_the_screen_and_by_check_and_the_rest_works() {
    let home = Home::new();
    keymap(
        &home,
        "mine",
        "[list]\n\"x\" = \"opne\"\n\"entr\" = \"open\"\n[lists]\n\"y\" = \"open\"\n[anywhere]\n\"Q\" = \"quit\"\n",
    );
    let mut pty = home.midwatch().args(&["--keymap", "mine"]).spawn();
    opened(&pty);
    pty.wait_for("3 mistakes in your files", SOON);
    pty.wait_for("`opne` is no command", SOON);
    pty.send("Q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
    let checked = keys(&home, &["--check"]);
    assert_eq!(checked.status.code(), Some(1));
    let text = said(&checked);
    for place in ["mine.toml:2:7: ", "mine.toml:3:1: ", "mine.toml:4:2: "] {
        assert!(text.contains(place), "{text}");
    }
    assert!(text.contains("did you mean \"open\"?"), "{text}");
}

#[test]
fn keys_are_listed_without_a_screen() {
    let home = Home::new();
    keymap(&home, "mine", "[list]\n\"x\" = \"open\"\n");
    keymap(&home, "vim", "");
    let list = said(&keys(&home, &["--list"]));
    assert!(list.contains("default  built in\n"), "{list}");
    assert!(
        list.contains("overlaid by") && list.contains("keymaps/mine.toml"),
        "{list}"
    );
    assert!(said(&keys(&home, &["mine"])).contains("x, enter"));
    let printed = said(&keys(&home, &["--print", "mine"]));
    assert!(printed.contains("\"x\" = \"open\"\n"), "{printed}");
    assert!(said(&keys(&home, &["--check"])).contains("no mistakes"));
    let none = keys(&home, &["nope"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&none.stderr).contains("there are default, vim, emacs, k9s, mine")
    );
}
