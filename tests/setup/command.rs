//! What the command line says of settings, themes and runbooks.

use super::SETTINGS;
use std::path::Path;

/// The program in a home of its own: exit code, standard output, standard error.
fn midwatch(home: &Path, args: &[&str]) -> (i32, String, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("MIDWATCH_MOUSE", "on")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        out.status.code().unwrap(),
        text(out.stdout),
        text(out.stderr),
    )
}

#[test]
fn the_command_line_says_what_is_in_force_where_it_comes_from_and_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (code, path, _) = midwatch(home, &["config", "--path"]);
    assert_eq!(
        (code, path.trim_end()),
        (
            0,
            &*home.join("config/midwatch/config.toml").to_string_lossy()
        )
    );
    assert_eq!(midwatch(home, &["config", "--init"]).0, 0);
    assert_eq!(midwatch(home, &["config", "--check"]).0, 0);
    let (code, _, said) = midwatch(home, &["config", "--init"]);
    assert!(code == 1 && said.contains("is there already"), "{said}");

    std::fs::write(path.trim_end(), SETTINGS.replace("night", "dark")).unwrap();
    let (code, out, said) = midwatch(home, &["config", "--ascii"]);
    assert_eq!(code, 0);
    for (name, rest) in [
        ("theme", "\"dark\"      file, line 1"),
        ("mouse", "true        MIDWATCH_MOUSE"),
        ("ascii", "true        --ascii"),
        ("logs.wrap", "false       built in"),
    ] {
        let row = out
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        assert!(row.ends_with(rest), "{row}");
    }
    assert!(
        said.contains("3 mistakes; the values above are in force"),
        "{said}"
    );
    let (code, out, _) = midwatch(home, &["config", "--check", path.trim_end()]);
    assert_eq!((code, out.lines().count()), (1, 3), "{out}");
    assert!(
        out.starts_with(&format!("{}:2:1: `muose`", path.trim_end())),
        "{out}"
    );
    let (_, out, _) = midwatch(home, &["config", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["kind"], "Config");
    assert_eq!(json["mistakes"].as_array().unwrap().len(), 3);
}

#[test]
fn themes_are_listed_and_shown_without_colours_in_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, _) = midwatch(home.path(), &["themes"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("* ansi") && out.contains("high-contrast  built in"),
        "{out}"
    );
    let (code, out, _) = midwatch(home.path(), &["themes", "dark"]);
    assert!(
        code == 0 && out.contains("bad ") && !out.contains('\x1b'),
        "{out}"
    );
    let (code, _, said) = midwatch(home.path(), &["themes", "drak"]);
    assert!(code == 2 && said.contains("did you mean `dark`?"), "{said}");
}

#[test]
fn runbooks_are_listed_shown_and_their_mistakes_told_with_line_and_column() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let folder = home.join("config/midwatch/runbooks");
    std::fs::create_dir_all(&folder).unwrap();
    let (_, shipped, _) = midwatch(home, &["runbook", "show", "canary-rollback", "--raw"]);
    std::fs::write(
        folder.join("canary-rollback.md"),
        shipped.replace("service.rollback", "service.rolback"),
    )
    .unwrap();

    let (code, list, _) = midwatch(home, &["runbook"]);
    assert_eq!(code, 0);
    let of = |name: &str| list.lines().find(|l| l.starts_with(name)).unwrap();
    assert!(of("canary-rollback").contains("1 mistake"), "{list}");
    // a broken file hides no other
    assert!(of("gate-waiting").contains("Decide a gate"), "{list}");

    let (code, wrong, said) = midwatch(home, &["runbook", "check"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        wrong.contains("canary-rollback.md:") && wrong.contains("did you mean `service.rollback`?"),
        "{wrong}"
    );
    let (code, shown, _) = midwatch(home, &["runbook", "show", "gate-waiting"]);
    assert_eq!(code, 0);
    for part in [
        "for     a run",
        "3. Approve",
        "when      answer == \"approve\"",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}
