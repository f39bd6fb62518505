//! `midwatch audit` on a journal as the action plane writes it. No cluster is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use midwatch::act::Journal;
use midwatch::act::journal::Options;
use midwatch::plan::{
    Answered, Change, Cluster, Ended, Intent, Operator, Stage, Target, Undo, Verdict, Verify,
};
use tempfile::TempDir;

use super::stage::{Done, command};

/// A home with a journal.
struct Home {
    home: TempDir,
    journal: Journal,
}

impl Home {
    fn empty() -> Self {
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder(home.path()), Options::default());
        Self { home, journal }
    }

    /// One action that was done, one without an answer, one that was refused.
    fn new() -> Self {
        let home = Self::empty();
        home.act("261012-220413-aaaaa", "run.suspend", Some(Verdict::Done));
        home.act("261012-220500-bbbbb", "run.retry", None);
        let refused = Verdict::NotWritten(midwatch::plan::HaltKind::Changed);
        home.act("261012-220600-ccccc", "run.stop", Some(refused));
        home
    }

    fn act(&self, id: &str, action: &str, verdict: Option<Verdict>) {
        let put = |stage| self.journal.append(id, stage).unwrap();
        put(Stage::Intent(Box::new(intent(action))));
        put(Stage::Sending { step: 0 });
        let Some(verdict) = verdict else { return };
        put(Stage::Answer(Answered {
            step: 0,
            status: if verdict == Verdict::Done { 200 } else { 409 },
            words: "said the server \u{1b}[2J".into(),
            resource_version: "18".to_owned(),
            millis: 12,
        }));
        put(Stage::Verdict(Ended {
            verdict,
            what: "it is as it is".into(),
            after: String::new(),
            changes: vec![Change {
                path: "spec.suspend".into(),
                pointer: "/spec/suspend".to_owned(),
                before: None,
                after: Some("true".into()),
            }],
            by: Vec::new(),
            millis: 40,
        }));
    }

    fn run(&self, args: &[&str]) -> Done {
        let mut audit = command(self.home.path());
        audit.env("KUBECONFIG", "/nowhere").arg("audit").args(args);
        Done::of(audit.output().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.journal.folder().join("journal-000001.jsonl")
    }
}

fn folder(home: &Path) -> PathBuf {
    home.join(".local/state/midwatch/journal")
}

fn intent(action: &str) -> Intent {
    let text = str::to_owned;
    Intent {
        operator: Operator {
            cluster_user: "alice".into(),
            os_user: "ada".into(),
            host: "bastion".into(),
            ..Operator::default()
        },
        cluster: Cluster {
            name: text("prod-eu"),
            server: text("https://eu.example"),
            ..Cluster::default()
        },
        action: text(action),
        target: Target {
            cluster: text("prod-eu"),
            server: text("https://eu.example"),
            cluster_uid: String::new(),
            cluster_ca: String::new(),
            group: text("argoproj.io"),
            version: text("v1alpha1"),
            resource: text("workflows"),
            namespace: text("ml-fraud"),
            name: text("train\u{1b}[31m-x7k2p"),
            uid: text("u1"),
            resource_version: text("17"),
            home: midwatch::plan::Home::Kubernetes,
            endpoint: String::new(),
        },
        parameters: BTreeMap::new(),
        reason: "=drill, \"blue\"".into(),
        incident: "INC-7".into(),
        runbook: String::new(),
        does: "does it".into(),
        requests: Vec::new(),
        before: String::new(),
        changes: Vec::new(),
        verify: Verify::default(),
        rollback: None,
        undo: Some(Undo {
            action: text("run.resume"),
            text: "goes on".into(),
            parameters: std::collections::BTreeMap::new(),
        }),
        by: "midwatch test".into(),
    }
}

#[test]
fn an_empty_journal_says_so() {
    let home = Home::empty();
    for args in [&["list"][..], &["verify"]] {
        let done = home.run(args).code(0);
        assert!(done.out.contains("nothing was done yet"), "{done:?}");
    }
    assert_eq!(home.run(&["export"]).code(0).out, "");
    let done = home.run(&["list", "-o", "json"]).code(0);
    assert_eq!(done.json()["items"].as_array().unwrap().len(), 0);
}

#[test]
fn actions_are_listed_and_picked() {
    let home = Home::new();
    let all = home.run(&["list"]).code(0);
    let lines = all.lines();
    assert_eq!(lines.len(), 4, "{all:?}");
    for (line, words) in lines.iter().skip(1).zip([
        ["run.suspend", "done"],
        ["run.retry", "in doubt"],
        ["run.stop", "changed in between"],
    ]) {
        assert!(words.iter().all(|w| line.contains(w)), "{line}");
        assert!(line.contains("alice") && !line.contains('\u{1b}'), "{line}");
    }
    let ids = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["list", "-o", "json"];
        all.extend(args);
        let done = home.run(&all).code(0);
        let items = done.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|i| {
                i["id"]
                    .as_str()
                    .unwrap()
                    .split('-')
                    .next_back()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(ids(&["--doubt"]), ["bbbbb"]);
    assert_eq!(ids(&["--verdict", "not-written"]), ["ccccc"]);
    assert_eq!(ids(&["--action", "run.s*"]), ["aaaaa", "ccccc"]);
    assert_eq!(ids(&["--context", "prod-*", "--since", "1h"]).len(), 3);
    assert_eq!(ids(&["--context", "dev"]).len(), 0);
    assert_eq!(ids(&["--since", "2999-01-01"]).len(), 0);
    home.run(&["list", "--since", "yesterday"]).code(2);
}

#[test]
fn one_action_is_told_whole_by_its_id_or_an_end_of_it() {
    let home = Home::new();
    let done = home.run(&["show", "aaaaa"]).code(0);
    for words in [
        "run.suspend",
        "done",
        "alice",
        "INC-7",
        "spec.suspend",
        "run.resume",
    ] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
    assert!(!done.out.contains('\u{1b}'), "{}", done.out);
    let json = home
        .run(&["show", "261012-220413-aaaaa", "-o", "json"])
        .code(0)
        .json();
    assert_eq!(json["kind"], "AuditEntry");
    assert_eq!(json["verdict"], "done");
    assert_eq!(json["changes"][0]["path"], "spec.suspend");
    let several = home.run(&["show", "261012"]).code(2);
    assert!(several.err.contains("bbbbb"), "{several:?}");
    let none = home.run(&["show", "zzzzz"]).code(4);
    assert!(none.err.contains("audit list"), "{none:?}");
}

#[test]
fn verify_names_what_was_touched_and_answers_with_3() {
    let home = Home::new();
    let whole = home.run(&["verify"]).code(0);
    assert!(
        whole.out.contains("intact: 10 records in 1 file "),
        "{whole:?}"
    );
    let last = whole.out.lines().find(|l| l.starts_with("last")).unwrap();
    let last = last.split_whitespace().next_back().unwrap().to_owned();
    home.run(&["verify", "--expect", &last]).code(0);

    let text = fs::read_to_string(home.file()).unwrap();
    fs::write(home.file(), text.replacen("run.retry", "run.retrY", 1)).unwrap();
    let done = home.run(&["verify"]).code(3);
    assert!(
        done.out
            .contains("edited     journal-000001.jsonl:5: record 5 was changed")
            && done.out.contains("action 261012-220500-bbbbb"),
        "{done:?}"
    );
    let json = home.run(&["verify", "-o", "json"]).code(3).json();
    assert_eq!(json["intact"], false);
    assert_eq!(json["report"]["mistakes"][0]["kind"], "edited");
    let list = home.run(&["list"]).code(0);
    assert!(list.err.contains("not as it was written"), "{list:?}");

    // written anew from the first record on, chain and head and all
    fs::remove_dir_all(home.journal.folder()).unwrap();
    home.act("x", "run.stop", Some(Verdict::Done));
    home.run(&["verify"]).code(0);
    let done = home.run(&["verify", "--expect", &last]).code(3);
    assert!(done.out.contains("which --expect names"), "{done:?}");
}

#[test]
fn everything_can_be_exported() {
    let home = Home::new();
    let lines = home.run(&["export"]).code(0);
    let first: serde_json::Value = serde_json::from_str(lines.lines()[0]).unwrap();
    assert_eq!(
        (lines.lines().len(), &first["id"]),
        (3, &"261012-220413-aaaaa".into())
    );
    let records = home.run(&["export", "--format", "records"]).code(0);
    assert_eq!(records.lines().len(), 10);
    let csv = home
        .run(&["export", "--format", "csv", "--action", "run.retry"])
        .code(0);
    let csv = csv.lines();
    assert_eq!(csv.len(), 2);
    assert!(csv[0].starts_with("id,at,action,verdict,"), "{csv:?}");
    assert!(
        csv[1].contains(",run.retry,doubt,") && csv[1].contains("\"'=drill, \"\"blue\"\"\""),
        "{csv:?}"
    );
}

#[test]
fn a_copy_of_a_journal_can_be_looked_at() {
    let home = Home::new();
    let copy = home.home.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in ["head", "journal-000001.jsonl"] {
        fs::copy(home.journal.folder().join(name), copy.join(name)).unwrap();
    }
    let folder = copy.to_str().unwrap();
    let done = home.run(&["verify", "--journal", folder]).code(0);
    assert!(done.out.contains(folder), "{done:?}");
    assert!(!copy.join("lock").exists(), "looking writes nothing");
    home.run(&["verify", "--journal", "/nowhere/at/all"])
        .code(2);
}
