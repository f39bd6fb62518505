//! What a journal keeps, and what it tells of those who touch it.

mod disk;
mod tamper;

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::domain::Clean;
use crate::plan::{Answered, Cluster, Ended, Intent, Operator, Target, Verdict, Verify};

/// A journal in a folder that goes with it.
pub(super) struct Kept {
    pub folder: tempfile::TempDir,
    pub journal: Journal,
}

impl Kept {
    pub fn new(rotate: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            rotate,
            ..Options::default()
        };
        let journal = Journal::open(&folder.path().join("journal"), options);
        Self { folder, journal }
    }

    /// With this many actions of four records each.
    pub fn with(actions: usize, rotate: u64) -> Self {
        let kept = Self::new(rotate);
        for n in 0..actions {
            kept.act(&format!("act-{n}"));
        }
        kept
    }

    pub fn act(&self, id: &str) {
        for stage in stages() {
            self.journal.append(id, stage).unwrap();
        }
    }

    pub fn path(&self, number: u32) -> PathBuf {
        self.journal.folder().join(folder::name(number))
    }

    pub fn lines(&self, number: u32) -> Vec<String> {
        let text = fs::read_to_string(self.path(number)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub fn put(&self, number: u32, lines: &[String]) {
        let text = if lines.is_empty() {
            String::new()
        } else {
            lines.join("\n") + "\n"
        };
        fs::write(self.path(number), text).unwrap();
    }

    /// Each mistake as kind, file, line, number and id.
    pub fn mistakes(&self) -> Vec<String> {
        let report = self.journal.verify().unwrap();
        let told = |m: &Mistake| {
            let to = m.to.map(|to| format!("-{to}")).unwrap_or_default();
            let seq = m.seq.map(|s| s.to_string()).unwrap_or_default();
            format!("{} {}:{} {seq}{to} {}", m.kind.word(), m.file, m.line, m.id)
        };
        report.mistakes.iter().map(told).collect()
    }
}

pub(in crate::act) fn stages() -> Vec<Stage> {
    vec![
        Stage::Intent(Box::new(intent())),
        Stage::Sending { step: 0 },
        Stage::Answer(Answered {
            step: 0,
            status: 200,
            words: Clean::new("OK"),
            resource_version: "18".to_owned(),
            millis: 12,
        }),
        Stage::Verdict(Ended {
            verdict: Verdict::Done,
            what: Clean::new("the run is suspended"),
            after: sha256_of("after"),
            changes: Vec::new(),
            by: Vec::new(),
            millis: 40,
        }),
    ]
}

fn sha256_of(text: &str) -> String {
    super::super::sha256(text.as_bytes())
}

pub(super) fn intent() -> Intent {
    Intent {
        operator: Operator::default(),
        cluster: Cluster::default(),
        action: "run.suspend".to_owned(),
        target: Target {
            cluster: "dev".to_owned(),
            server: "https://dev".to_owned(),
            cluster_uid: String::new(),
            cluster_ca: String::new(),
            group: "argoproj.io".to_owned(),
            version: "v1alpha1".to_owned(),
            resource: "workflows".to_owned(),
            namespace: "ml".to_owned(),
            name: "train".to_owned(),
            uid: "u-1".to_owned(),
            resource_version: "17".to_owned(),
            home: crate::plan::Home::Kubernetes,
            endpoint: String::new(),
        },
        parameters: BTreeMap::new(),
        reason: Clean::new("the node is drained ✓"),
        incident: Clean::default(),
        runbook: String::new(),
        does: Clean::new("suspends the run"),
        requests: Vec::new(),
        before: sha256_of("before"),
        changes: Vec::new(),
        verify: Verify::default(),
        rollback: None,
        undo: None,
        by: Clean::new("midwatch test"),
    }
}

#[test]
fn what_was_written_is_read_back_in_order_and_verifies() {
    let kept = Kept::with(3, 1 << 20);
    let read = kept.journal.read().unwrap();
    assert_eq!(read.mistakes, []);
    assert_eq!(read.records.len(), 12);
    for (at, record) in read.records.iter().enumerate() {
        assert_eq!(record.seq, u64::try_from(at).unwrap() + 1);
        assert_eq!(record.id, format!("act-{}", at / 4));
        assert_eq!(record.stage, stages()[at % 4]);
        let prev = at.checked_sub(1).map(|p| read.records[p].hash.as_str());
        assert_eq!(record.prev, prev.unwrap_or_default());
    }
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert_eq!((report.files, report.records, report.last.seq), (1, 12, 12));
}

#[test]
fn the_hash_is_that_of_the_line_without_it() {
    let kept = Kept::with(1, 1 << 20);
    for (line, record) in kept
        .lines(1)
        .iter()
        .zip(kept.journal.read().unwrap().records)
    {
        let bare = line.replace(&format!(",\"hash\":\"{}\"", record.hash), "");
        assert_eq!(bare.len(), line.len() - 74);
        assert_eq!(sha256_of(&bare), record.hash);
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["v"], 1);
    }
}

#[test]
fn a_journal_that_was_never_written_is_empty_and_nothing_is_made_by_looking() {
    let kept = Kept::new(1 << 20);
    assert_eq!(kept.journal.read().unwrap(), Reading::default());
    assert!(kept.journal.verify().unwrap().is_intact());
    assert!(!kept.journal.folder().exists());
}

#[test]
fn the_chain_goes_on_over_files_and_old_files_stay() {
    let kept = Kept::with(5, 3000);
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert!(report.files >= 3, "{}", report.files);
    assert_eq!(report.records, 20);
    let first: serde_json::Value = serde_json::from_str(&kept.lines(2)[0]).unwrap();
    let last: serde_json::Value = serde_json::from_str(kept.lines(1).last().unwrap()).unwrap();
    assert_eq!(first["prev"], last["hash"]);
}

#[test]
fn several_consoles_write_to_one_journal_and_nothing_is_lost() {
    let kept = Kept::new(4000);
    std::thread::scope(|scope| {
        for console in 0..4 {
            let kept = &kept;
            scope.spawn(move || {
                // as another process has it: a journal of its own on the same folder
                let own = Journal::open(kept.journal.folder(), kept.journal.options);
                for n in 0..5 {
                    for stage in stages() {
                        own.append(&format!("c{console}-{n}"), stage).unwrap();
                    }
                }
            });
        }
    });
    let read = kept.journal.read().unwrap();
    assert_eq!(read.mistakes, []);
    assert_eq!(read.records.len(), 80);
    let entries = crate::plan::Entry::fold(read.records.iter());
    assert_eq!(entries.len(), 20);
    assert!(entries.iter().all(|e| e.sent == 1 && e.ended.is_some()));
}

#[test]
fn ids_are_in_the_order_of_time_and_do_not_repeat() {
    let kept = Kept::new(1);
    let ids: std::collections::BTreeSet<_> = (0..200).map(|_| kept.journal.new_id()).collect();
    assert_eq!(ids.len(), 200);
    let id = ids.first().unwrap();
    assert_eq!(id.len(), "261121-132448-x7k2p".len(), "{id}");
}
