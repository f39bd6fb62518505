//! Whoever touches the journal is found, and what was touched is named.

use std::fs;

use proptest::prelude::*;

use super::super::*;
use super::{Kept, stages};

const BIG: u64 = 1 << 20;

#[test]
fn an_edited_record_is_named() {
    let kept = Kept::with(3, BIG);
    let mut lines = kept.lines(1);
    lines[4] = lines[4].replace("run.suspend", "run.nothing");
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["edited journal-000001.jsonl:5 5 act-1"]);
    let read = kept.journal.read().unwrap();
    assert_eq!(read.records.len(), 11);
}

#[test]
fn an_edited_record_whose_hash_was_made_anew_is_named() {
    let kept = Kept::with(3, BIG);
    let mut lines = kept.lines(1);
    for (at, seq) in [(4, 5), (11, 12)] {
        let mut all = lines.clone();
        let mut record = kept.journal.read().unwrap().records.remove(at);
        record.id = "other".to_owned();
        all[at] = line::encode(&mut record).unwrap().trim_end().to_owned();
        kept.put(1, &all);
        let place = format!("edited journal-000001.jsonl:{seq} {seq} other");
        assert_eq!(kept.mistakes(), [place]);
        kept.put(1, &lines);
    }
    lines.clear();
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["removed journal-000001.jsonl:1 1-12 "]);
}

#[test]
fn removed_records_are_named() {
    let kept = Kept::with(3, BIG);
    let all = kept.lines(1);
    for (from, to, told) in [
        (5, 6, "removed journal-000001.jsonl:6 6 act-1"),
        (4, 8, "removed journal-000001.jsonl:5 5-8 "),
        (0, 1, "removed journal-000001.jsonl:1 1 "),
        (11, 12, "removed journal-000001.jsonl:12 12 "),
        (8, 12, "removed journal-000001.jsonl:9 9-12 "),
    ] {
        let mut lines = all.clone();
        lines.drain(from..to);
        kept.put(1, &lines);
        assert_eq!(kept.mistakes(), [told]);
    }
}

#[test]
fn a_removed_file_is_named() {
    let kept = Kept::with(6, 3000);
    let files = kept.journal.verify().unwrap().files;
    assert!(files >= 4);
    let count = kept.lines(1).len();
    fs::rename(kept.path(2), kept.folder.path().join("aside")).unwrap();
    let mistakes = kept.journal.verify().unwrap().mistakes;
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(
        mistakes[0].what.contains("and journal-000002.jsonl"),
        "{mistakes:?}"
    );
    assert_eq!(mistakes[0].seq, Some(u64::try_from(count).unwrap() + 1));
    fs::rename(kept.folder.path().join("aside"), kept.path(2)).unwrap();
    assert_eq!(kept.mistakes(), [""; 0]);
    let last = u32::try_from(files).unwrap();
    fs::remove_file(kept.path(last)).unwrap();
    let mistakes = kept.journal.verify().unwrap().mistakes;
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert_eq!(
        (mistakes[0].kind, mistakes[0].to.or(mistakes[0].seq)),
        (MistakeKind::Removed, Some(24))
    );
}

#[test]
fn moved_records_are_named() {
    let kept = Kept::with(3, BIG);
    let mut lines = kept.lines(1);
    lines.swap(4, 5);
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["moved journal-000001.jsonl:6 5 act-1"]);
    let mut lines = kept.lines(1);
    lines.swap(4, 5);
    let first = lines.remove(0);
    lines.push(first);
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["moved journal-000001.jsonl:12 1 act-0"]);
}

#[test]
fn inserted_lines_are_named() {
    let kept = Kept::with(3, BIG);
    let all = kept.lines(1);
    let mut lines = all.clone();
    lines.insert(5, all[2].clone());
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["inserted journal-000001.jsonl:6 3 act-0"]);

    let mut lines = all.clone();
    lines.insert(5, "{\"note\":\"nothing to see\"}".to_owned());
    kept.put(1, &lines);
    assert_eq!(kept.mistakes(), ["inserted journal-000001.jsonl:6  "]);

    // made well: its number, the hash of the one before, its own hash
    let mut record = kept.journal.read().unwrap().records.remove(5);
    record.id = "made-up".to_owned();
    let made = line::encode(&mut record).unwrap().trim_end().to_owned();
    for (at, place) in [(5, 6), (6, 7)] {
        let mut lines = all.clone();
        lines.insert(at, made.clone());
        kept.put(1, &lines);
        assert_eq!(
            kept.mistakes(),
            [format!("inserted journal-000001.jsonl:{place} 6 made-up")]
        );
    }
    // at the end: the head does not name it
    let mut lines = all.clone();
    let mut record = kept.journal.read().unwrap().records.remove(11);
    record.id = "made-up".to_owned();
    lines.push(line::encode(&mut record).unwrap().trim_end().to_owned());
    kept.put(1, &lines);
    assert_eq!(
        kept.mistakes(),
        ["inserted journal-000001.jsonl:13 12 made-up"]
    );
}

#[test]
fn a_record_that_was_cut_short_is_named() {
    let kept = Kept::with(2, BIG);
    let text = fs::read(kept.path(1)).unwrap();
    fs::write(kept.path(1), &text[..text.len() - 40]).unwrap();
    assert_eq!(
        kept.mistakes(),
        ["truncated journal-000001.jsonl:8 8 act-1"]
    );
}

#[test]
fn a_head_that_was_changed_or_removed_is_told() {
    let kept = Kept::with(2, BIG);
    let head = kept.journal.folder().join("head");
    let text = fs::read_to_string(&head).unwrap();
    fs::write(&head, text.replace(":8,", ":3,")).unwrap();
    assert_eq!(kept.mistakes(), ["head head:1  "]);
    fs::write(&head, "8").unwrap();
    assert_eq!(kept.mistakes(), ["head head:1  "]);
    fs::remove_file(&head).unwrap();
    assert_eq!(kept.mistakes(), ["head head:1  "]);
}

#[test]
fn writing_on_after_a_removal_does_not_hide_it() {
    let kept = Kept::with(3, BIG);
    let mut lines = kept.lines(1);
    lines.truncate(9);
    kept.put(1, &lines);
    kept.act("after");
    assert_eq!(
        kept.mistakes(),
        [
            "removed journal-000001.jsonl:10 10-12 ",
            "head journal-000001.jsonl:10 13 journal",
        ]
    );
    // without the head, only that it is gone can be told, and stays told
    let kept = Kept::with(1, BIG);
    fs::remove_file(kept.journal.folder().join("head")).unwrap();
    kept.act("after");
    assert_eq!(kept.mistakes(), ["head journal-000001.jsonl:5 5 journal"]);
}

#[test]
fn an_edited_last_line_does_not_stop_the_journal() {
    let kept = Kept::with(1, BIG);
    let mut lines = kept.lines(1);
    lines[3] = lines[3].replace("done", "nope");
    kept.put(1, &lines);
    kept.act("after");
    let read = kept.journal.read().unwrap();
    assert_eq!(read.records.len(), 3 + 1 + 4);
    assert_eq!(read.mistakes[0].kind, MistakeKind::Edited);
    assert_eq!(read.mistakes[0].seq, Some(4));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_single_changed_byte_of_any_file_is_found(at in any::<prop::sample::Index>(), by in 1_u8..=255, file in 0_usize..4) {
        let kept = kept_for_all();
        let paths = [kept.path(1), kept.path(2), kept.path(3), kept.journal.folder().join("head")];
        let whole = fs::read(&paths[file]).unwrap();
        let mut bytes = whole.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let copy = tempfile::tempdir().unwrap();
        for path in &paths {
            let content = if *path == paths[file] { bytes.clone() } else { fs::read(path).unwrap() };
            fs::write(copy.path().join(path.file_name().unwrap()), content).unwrap();
        }
        let report = Journal::open(copy.path(), Options::default()).verify().unwrap();
        prop_assert!(!report.is_intact(), "byte {} of {} by {}", at, paths[file].display(), by);
        let named = paths[file].file_name().unwrap().to_string_lossy().into_owned();
        // the file that was touched is named; with the head, the last record may be
        prop_assert!(file == 3 || report.mistakes.iter().any(|m| m.file == named), "{:?}", report.mistakes);
    }

    #[test]
    fn any_lines_that_are_removed_copied_or_swapped_are_found(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0..3) {
        let kept = kept_for_all();
        let mut all: Vec<String> = (1..=3).flat_map(|n| kept.lines(n)).collect();
        let (from, to) = (from.index(all.len()), to.index(all.len()));
        match how {
            0 => { all.remove(from); }
            1 => { let line = all[from].clone(); all.insert(to, line); }
            _ => {
                prop_assume!(from != to);
                all.swap(from, to);
            }
        }
        let copy = tempfile::tempdir().unwrap();
        let text = all.join("\n") + "\n";
        fs::write(copy.path().join(folder::name(1)), text).unwrap();
        fs::copy(kept.journal.folder().join("head"), copy.path().join("head")).unwrap();
        let report = Journal::open(copy.path(), Options::default()).verify().unwrap();
        prop_assert!(!report.is_intact());
    }
}

/// One journal of three files for all cases; it is only read.
fn kept_for_all() -> &'static Kept {
    static KEPT: std::sync::OnceLock<Kept> = std::sync::OnceLock::new();
    KEPT.get_or_init(|| {
        let kept = Kept::new(3000);
        let mut n = 0;
        while !kept.path(3).exists() {
            for stage in stages() {
                kept.journal.append(&format!("act-{n}"), stage).unwrap();
            }
            n += 1;
        }
        kept
    })
}
