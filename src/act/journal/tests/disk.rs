//! Modes, crashes, locks, a full disk.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use super::super::*;
use super::{Kept, stages};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_reads_the_journal() {
    let kept = Kept::with(1, 1 << 20);
    assert_eq!(mode(kept.journal.folder()), 0o700);
    for entry in fs::read_dir(kept.journal.folder()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_file_that_others_can_open_is_closed_again_and_it_is_noted() {
    let kept = Kept::with(1, 1 << 20);
    fs::set_permissions(kept.path(1), Permissions::from_mode(0o644)).unwrap();
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact());
    assert!(report.notes[0].contains("mode 644"), "{report:?}");
    kept.act("next");
    assert_eq!(mode(&kept.path(1)), 0o600);
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact());
    assert!(report.notes[0].contains("it is 600 again"), "{report:?}");
}

#[test]
fn a_link_in_the_place_of_the_journal_is_not_followed() {
    let kept = Kept::with(1, 1 << 20);
    let other = kept.folder.path().join("victim");
    fs::rename(kept.path(1), &other).unwrap();
    symlink(&other, kept.path(1)).unwrap();
    let before = fs::read(&other).unwrap();
    let error = kept
        .journal
        .append("x", Stage::Sending { step: 0 })
        .unwrap_err();
    assert!(
        error.to_string().contains("journal-000001.jsonl"),
        "{error}"
    );
    assert_eq!(fs::read(&other).unwrap(), before);
}

#[test]
fn a_line_that_a_crash_left_unfinished_is_put_aside_and_the_chain_says_so() {
    let kept = Kept::with(2, 1 << 20);
    let whole = fs::read(kept.path(1)).unwrap();
    let next = &whole[..whole.len() / 3];
    let torn = &next[next.iter().rposition(|b| *b == b'\n').unwrap() + 1..];
    let mut file = OpenOptions::new().append(true).open(kept.path(1)).unwrap();
    file.write_all(torn).unwrap();
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert!(report.notes[0].contains("not finished"), "{report:?}");

    kept.act("after");
    let read = kept.journal.read().unwrap();
    assert_eq!(read.mistakes, []);
    let Stage::Mended(mended) = &read.records[8].stage else {
        panic!("{:?}", read.records[8]);
    };
    assert!(!mended.serious);
    assert_eq!(
        fs::read(kept.journal.folder().join(&mended.kept)).unwrap(),
        torn
    );
    assert_eq!(mended.digest, super::super::super::sha256(torn));
    assert_eq!(read.records[9].id, "after");
}

#[test]
fn a_crash_between_line_and_head_is_no_mistake() {
    let kept = Kept::with(1, 1 << 20);
    let head = kept.journal.folder().join("head");
    let before = fs::read(&head).unwrap();
    kept.journal.append("x", stages().remove(0)).unwrap();
    fs::write(&head, before).unwrap();
    assert!(kept.journal.verify().unwrap().is_intact());
    kept.journal
        .append("x", Stage::Sending { step: 0 })
        .unwrap();
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert_eq!(report.records, 6);
}

#[test]
fn a_crash_before_the_line_end_loses_nothing() {
    let kept = Kept::with(1, 1 << 20);
    let text = fs::read(kept.path(1)).unwrap();
    fs::write(kept.path(1), &text[..text.len() - 1]).unwrap();
    assert!(kept.journal.verify().unwrap().is_intact());
    kept.act("next");
    let report = kept.journal.verify().unwrap();
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert_eq!(report.records, 8);
}

#[test]
fn a_stopped_console_does_not_hold_up_others_for_ever() {
    let kept = Kept::with(1, 1 << 20);
    let options = Options {
        patience: Duration::from_millis(20),
        ..kept.journal.options
    };
    let _stopped = folder::lock(kept.journal.folder(), options.patience).unwrap();
    let hurried = Journal::open(kept.journal.folder(), options);
    let error = hurried.append("x", Stage::Sending { step: 0 }).unwrap_err();
    assert!(matches!(error, JournalError::Busy { .. }), "{error}");
    assert!(error.hint().contains("fuser"), "{}", error.hint());
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_is_there() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let journal = Journal::open(&file.join("journal"), Options::default());
    let error = journal.append("x", stages().remove(0)).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(!error.hint().is_empty());
}

/// A small disk. Where this machine has none to give (`MIDWATCH_SMALL_DISK` names an empty folder on one), the test
/// fills the journal's limits in another way: a record that is too long.
#[test]
fn a_record_that_does_not_fit_leaves_no_trace() {
    let kept = Kept::with(1, 1 << 20);
    let before = fs::read(kept.path(1)).unwrap();
    let mut intent = super::intent();
    intent.action = "x".repeat(line::LONGEST);
    let error = kept
        .journal
        .append("long", Stage::Intent(Box::new(intent)))
        .unwrap_err();
    assert!(matches!(error, JournalError::Long(_)), "{error}");
    assert_eq!(fs::read(kept.path(1)).unwrap(), before);
}

/// Needs a small file system: `MIDWATCH_SMALL_DISK` names an empty folder on one (a tmpfs of 1 MiB, say).
#[test]
#[ignore = "needs a small file system in MIDWATCH_SMALL_DISK"]
fn a_full_disk_refuses_what_begins_and_still_takes_what_ends() {
    let disk = PathBuf::from(std::env::var("MIDWATCH_SMALL_DISK").unwrap());
    let journal = Journal::open(&disk.join("journal"), Options::default());
    journal.append("one", stages().remove(0)).unwrap();
    let filler = disk.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 1024]).is_ok() {}
    // an action that has begun goes on: its records have room of their own
    for stage in stages().into_iter().skip(1) {
        journal.append("one", stage).unwrap();
    }
    // and take that room again
    while file.write_all(&[0; 1024]).is_ok() {}
    let error = journal.append("two", stages().remove(0)).unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    let report = journal.verify().unwrap();
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(report.records, 4);
    // the room is only free again once nobody has the file open
    drop(file);
    fs::remove_file(&filler).unwrap();
    journal.append("two", stages().remove(0)).unwrap();
    assert_eq!(journal.verify().unwrap().records, 5);
}

/// Not a test of its own: what `a_killed_console_loses_nothing_that_was_promised` runs and kills.
#[test]
#[ignore = "run by another test"]
fn write_until_killed() {
    let Ok(folder) = std::env::var("MIDWATCH_TEST_JOURNAL") else {
        return;
    };
    let options = Options {
        rotate: 20_000,
        ..Options::default()
    };
    let journal = Journal::open(Path::new(&folder), options);
    let mut out = std::io::stdout().lock();
    loop {
        for stage in stages() {
            let record = journal.append("killed", stage).unwrap();
            writeln!(out, "promised {} {}", record.seq, record.hash).unwrap();
        }
    }
}

#[test]
fn a_killed_console_loses_nothing_that_was_promised() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let kept = Kept::new(20_000);
    let this = std::env::current_exe().unwrap();
    let mut promised = Vec::new();
    for round in 0..8 {
        let mut children: Vec<_> = (0..2)
            .map(|_| {
                Command::new(&this)
                    .args(["--ignored", "--nocapture", "--exact"])
                    .arg("act::journal::tests::disk::write_until_killed")
                    .env("MIDWATCH_TEST_JOURNAL", kept.journal.folder())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let outs: Vec<_> = children
            .iter_mut()
            .map(|child| BufReader::new(child.stdout.take().unwrap()))
            .collect();
        let mut lines: Vec<_> = outs.into_iter().map(BufRead::lines).collect();
        let told = |line: std::io::Result<String>| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("promised ")?;
            let (seq, hash) = rest.split_once(' ')?;
            Some((seq.parse::<u64>().ok()?, hash.to_owned()))
        };
        promised.extend(lines[0].by_ref().filter_map(told).take(5 + round));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        // a line that was being printed may be cut
        let rest = lines.into_iter().flatten().filter_map(told);
        promised.extend(rest.filter(|(_, hash)| hash.len() == 64));
    }
    kept.act("after");
    let read = kept.journal.read().unwrap();
    assert_eq!(read.mistakes, []);
    assert!(promised.len() >= 68);
    for (seq, hash) in promised {
        let found = read.records.iter().find(|r| r.seq == seq);
        assert_eq!(found.map(|r| &r.hash), Some(&hash), "record {seq}");
    }
}
