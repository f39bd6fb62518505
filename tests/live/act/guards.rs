//! Who may not, what changed in between, another cluster, no room for the journal: nothing is written.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{NS, Person, container, cron, delete_cron, ended, name, run, start};
use crate::support::{rig, wait_for};

/// Lines of the API server's audit log for requests of a user that name something.
fn lines(user: &str, name: &str) -> Vec<Value> {
    let log = fs::read_to_string(rig("MIDWATCH_RIG_AUDIT_LOG")).unwrap();
    log.lines()
        .filter(|line| line.contains(name))
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["user"]["username"] == user)
        .filter(|line| {
            line["requestURI"]
                .as_str()
                .unwrap_or_default()
                .contains(name)
        })
        .collect()
}

/// Waits until the server has noted a read that is made now: what came before it is noted then, too.
pub fn noted(user: &str, name: &str) {
    let earlier = lines(user, name).len();
    let kubeconfig = rig(&format!("MIDWATCH_RIG_KUBECONFIG_{}", user.to_uppercase()));
    // whether it may is all the same
    Command::new(rig("MIDWATCH_RIG_KUBECTL"))
        .args(["--kubeconfig", &kubeconfig, "-n", NS, "get", "pod", name])
        .output()
        .unwrap();
    wait_for("the server's audit log", super::LONG, || {
        (lines(user, name).len() > earlier).then_some(())
    });
}

/// Requests of a user that would have written something, as the API server noted them.
pub fn writes(user: &str, name: &str) -> Vec<Value> {
    let mut lines = lines(user, name);
    lines.retain(|line| {
        let verb = line["verb"].as_str().unwrap_or_default();
        let uri = line["requestURI"].as_str().unwrap_or_default();
        matches!(
            verb,
            "create" | "update" | "patch" | "delete" | "deletecollection"
        ) && !uri.contains("dryRun=All")
    });
    lines
}

/// A run that failed, to be retried.
fn failed(name: &str) -> Value {
    start(
        name,
        &json!({}),
        &json!([container("main", &[("exit-code", "3")])]),
    );
    ended(name, "")
}

#[test]
#[ignore = "needs tests/rig/live"]
fn who_may_not_is_told_which_right_is_missing_and_nothing_is_sent() {
    let name = name("rights");
    let before = failed(&name);
    for (user, action, code, word) in [
        ("viewer", "run.delete", 5, "delete"),
        ("viewer", "run.retry", 5, "update"),
        ("viewer", "run.resubmit", 5, "create"),
        ("nobody", "run.delete", 5, "may not"),
    ] {
        let person = Person::new(user);
        let done = person.midwatch(&["do", action, &name, "-n", NS, "--yes", "--confirm", &name]);
        assert_eq!(done.code, Some(code), "{user}: {done:?}");
        assert!(
            done.err.contains(word) && done.err.contains("workflows"),
            "{user}: {done:?}"
        );
        noted(user, &name);
        // not even a dry run: it is known beforehand
        let all = lines(user, &name);
        assert!(all.iter().all(|l| l["verb"] == "get"), "{user}: {all:?}");
    }
    assert_eq!(
        run(&name)["metadata"]["resourceVersion"],
        before["metadata"]["resourceVersion"]
    );
    Person::new("sre").act("run.delete", &name, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_protected_context_wants_the_name_and_a_read_only_one_is_left_alone() {
    let name = name("safe");
    cron(&name);
    let person = Person::new("sre");
    let folder = person.home.path().join("config/midwatch");
    fs::create_dir_all(&folder).unwrap();
    let act = |setting: &str, more: &[&str]| {
        fs::write(folder.join("config.toml"), format!("{setting} = ['r*g']\n")).unwrap();
        let mut args = vec!["do", "cron.suspend", &name, "-n", NS];
        args.extend(more);
        person.midwatch(&args)
    };
    for more in [
        &["--yes"][..],
        &["--confirm", &name],
        &["--yes", "--confirm", &name],
    ] {
        let done = act("read-only", more);
        assert_eq!(done.code, Some(5), "{more:?}: {done:?}");
        assert!(done.err.contains("read-only"), "{done:?}");
    }
    let done = act("protected", &["--yes"]);
    assert_eq!(done.code, Some(9), "{done:?}");
    assert!(done.err.contains(&format!("--confirm {name}")), "{done:?}");
    let done = act("protected", &["--confirm", "another"]);
    assert_eq!(done.code, Some(9), "{done:?}");
    noted("sre", &name);
    assert_eq!(writes("sre", &name).len(), 0);
    let done = act("protected", &["--confirm", &name]);
    assert_eq!(done.code, Some(0), "{done:?}");
    noted("sre", &name);
    assert_eq!(writes("sre", &name).len(), 1);
    delete_cron(&name);
}

/// A small file system of its own; unmounted in the end.
struct Small(tempfile::TempDir);

impl Small {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .status();
        mounted.is_ok_and(|s| s.success()).then_some(Self(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Takes all room there is.
fn fill(at: &Path) {
    let mut size = 2 << 20;
    while size > 0 {
        // the last part of each does not fit
        let _ = fs::write(at.join(format!("filler-{size}")), vec![b'x'; size]);
        size /= 2;
    }
}

fn empty(at: &Path) {
    let files: Vec<_> = fs::read_dir(at).unwrap().flatten().collect();
    for file in files {
        if file.file_name().to_string_lossy().starts_with("filler") {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn without_room_for_the_journal_nothing_starts_and_what_is_there_stays_whole() {
    let (Some(tiny), Some(small)) = (Small::new("64k"), Small::new("1m")) else {
        println!("LEFT OUT: a small file system cannot be mounted here (root is needed)");
        return;
    };
    let name = name("full");
    let before = failed(&name);
    let mut person = Person::new("sre");
    let retry = ["do", "run.retry", &name, "-n", NS, "--yes"];
    let mut refused = |at: &Path| {
        person.state = Some(at.to_owned());
        let done = person.midwatch(&retry);
        assert_eq!(done.code, Some(5), "{done:?}");
        assert!(done.err.contains("no journal: "), "{done:?}");
        assert!(done.err.contains("full"), "{done:?}");
        assert_eq!(
            run(&name)["metadata"]["resourceVersion"],
            before["metadata"]["resourceVersion"]
        );
        noted("sre", &name);
        assert_eq!(writes("sre", &name).len(), 0);
        let verify = person.midwatch(&["audit", "verify"]);
        assert_eq!(verify.code, Some(0), "{verify:?}");
    };
    // less than what one action may need
    refused(tiny.0.path());
    let at = small.0.path();
    fill(at);
    refused(at);
    // there is room again, the action runs; and when that is taken, nothing starts
    empty(at);
    let person = Person {
        state: Some(at.to_owned()),
        ..Person::new("sre")
    };
    let copy = person.act("run.resubmit", &name, &[]);
    let copy = copy["plan"]["steps"][0]["body"]["metadata"]["name"].clone();
    fill(at);
    refused(at);
    let list = person.midwatch(&["audit", "list"]);
    assert_eq!(list.out.matches("run.resubmit").count(), 1, "{list:?}");
    assert!(!list.out.contains("run.retry"), "{list:?}");
    empty(at);
    ended(copy.as_str().unwrap(), "");
    for name in [copy.as_str().unwrap(), &name] {
        person.act("run.delete", name, &[]);
    }
    let verify = person.midwatch(&["audit", "verify"]);
    assert_eq!(verify.code, Some(0), "{verify:?}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn the_journal_tells_what_was_done_by_whom_and_why_and_keeps_no_secret() {
    let name = name("told");
    failed(&name);
    let person = Person::new("sre");
    let outcome = person.act(
        "run.resubmit",
        &name,
        &[
            "--param",
            "parameters=db-password=hunter2-planted",
            "--incident",
            "INC-77",
        ],
    );
    let copy = outcome["plan"]["steps"][0]["body"]["metadata"]["name"]
        .as_str()
        .unwrap();
    ended(copy, "");
    let id = outcome["id"].as_str().unwrap();
    let list = person.midwatch(&["audit", "list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    assert!(
        list.out.contains("run.resubmit") && list.out.contains(&name),
        "{list:?}"
    );
    let shown = person.midwatch(&["audit", "show", id]);
    for word in [
        "run.resubmit",
        &name,
        "INC-77",
        "a test",
        "sre",
        "POST",
        "201",
    ] {
        assert!(shown.out.contains(word), "no {word} in {}", shown.out);
    }
    assert_eq!(person.midwatch(&["audit", "verify"]).code, Some(0));
    let export = person.midwatch(&["audit", "export"]);
    let mut lines = 0;
    for line in export.out.lines() {
        let _: Value = serde_json::from_str(line).unwrap();
        lines += 1;
    }
    assert!(lines >= 1, "{export:?}");
    let token = fs::read_to_string(rig("MIDWATCH_RIG_KUBECONFIG_SRE")).unwrap();
    let token = token
        .lines()
        .find_map(|l| l.trim().strip_prefix("token: "))
        .unwrap()
        .trim_matches('"')
        .to_owned();
    let mut seen = 0;
    let mut folders = vec![person.home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
            for secret in ["hunter2-planted", token.as_str()] {
                assert!(!text.contains(secret), "{secret} in {:?}", entry.path());
            }
            seen += 1;
        }
    }
    assert!(seen >= 1);
    for done in [&list, &shown, &export] {
        assert!(!done.out.contains("hunter2-planted"), "{done:?}");
    }
    for name in [name.as_str(), copy] {
        person.act("run.delete", name, &[]);
    }
}
