//! Whether the lines are the ones that were written. Pure.
//!
//! Each record carries its number and the hash of the one before. What does not fit is told by what happened to it, as
//! far as the lines around it show: a line whose hash is wrong was edited, a number that never comes was removed, one
//! that comes later was moved, one that comes twice was put there.

mod end;

use std::mem;

use super::folder::{Numbered, name};
use super::line::{Bad, Line, Link};
use super::report::{Mistake, MistakeKind, Report};
use crate::domain::Clean;
use crate::plan::{Record, Stage};

/// Most gaps that are remembered, to tell what was moved from what was removed.
const GAPS: usize = 10_000;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Number of the file.
    pub file: u32,
    /// Line of it, from 1.
    pub line: u64,
}

/// A record that may be the last one so far.
#[derive(Debug, Clone)]
struct Tip {
    seq: u64,
    hash: String,
    prev: String,
    id: String,
    place: Place,
}

/// Records that were not seen.
#[derive(Debug, Clone)]
struct Gap {
    from: u64,
    to: u64,
    /// What stands in their place.
    place: Place,
    /// Action of the records around them, where it is the same.
    id: String,
    /// Files that are not there.
    files: String,
}

/// Checks line after line.
#[derive(Debug, Default)]
pub(super) struct Chain {
    report: Report,
    /// The last record. Several where a second one has the same number: the next one tells which was meant.
    tips: Vec<Tip>,
    /// Number of the last record, 0 before the first.
    seq: u64,
    /// Lines since then that are not as they were written.
    bad: Vec<(Place, Bad)>,
    gaps: Vec<Gap>,
    /// Action of the last record.
    id: String,
    /// Last place seen.
    place: Place,
    /// Files between the last two that are not there.
    skipped: String,
    /// The last line has no end.
    torn: Option<(Place, Bad)>,
}

impl Chain {
    /// Another file begins.
    pub(super) fn file(&mut self, file: &Numbered) {
        let expected = self.place.file + 1;
        if file.number > expected {
            self.skipped = if file.number == expected + 1 {
                name(expected)
            } else {
                format!("{} to {}", name(expected), name(file.number - 1))
            };
        }
        self.bad.extend(self.torn.take());
        self.report.files += 1;
        self.place = Place {
            file: file.number,
            line: 0,
        };
    }

    /// Another line. The record, when it is as it was written and stands in its place.
    pub(super) fn line(&mut self, place: Place, line: Line, ended: bool) -> Option<Record> {
        self.place = place;
        match line {
            Line::Bad(bad) if !ended => {
                self.torn = Some((place, Bad { why: TORN, ..bad }));
                None
            }
            Line::Bad(bad) => {
                self.bad.push((place, bad));
                None
            }
            Line::Whole(link) => {
                if !ended {
                    self.note("the last line has no end; the next write completes it");
                }
                self.link(place, *link)
            }
        }
    }

    fn link(&mut self, place: Place, link: Link) -> Option<Record> {
        let next = self.seq + 1;
        let tip = Tip {
            seq: link.seq,
            hash: link.hash,
            prev: link.prev,
            id: link.id,
            place,
        };
        if tip.seq < next {
            return self.earlier(tip, link.record);
        }
        if tip.seq > next || !self.bad.is_empty() {
            self.settle(tip.seq, &tip.id);
        } else {
            self.follows(&tip);
        }
        self.seq = tip.seq;
        self.id.clone_from(&tip.id);
        self.tips = vec![tip];
        self.skipped.clear();
        self.record(link.record)
    }

    fn record(&mut self, record: Option<Record>) -> Option<Record> {
        self.report.records += 1;
        if record.is_none() {
            self.note("records of a later version of midwatch are checked, not read");
        }
        if let Some(Record {
            stage: Stage::Mended(mended),
            seq,
            ..
        }) = &record
        {
            let (what, place) = (format!("record {seq}: {}", mended.what), self.place);
            if mended.serious {
                self.tell(MistakeKind::Head, place, Some(*seq), ("journal", &what));
            } else {
                self.note(&what);
            }
        }
        record
    }

    /// Whether the record follows the one before it.
    fn follows(&mut self, tip: &Tip) {
        let tips = mem::take(&mut self.tips);
        if tips.is_empty() && tip.seq == 1 && !tip.prev.is_empty() {
            let what = "record 1 says that there was one before it";
            self.tell(MistakeKind::Edited, tip.place, Some(1), (&tip.id, what));
        }
        let meant = tips.iter().any(|t| t.hash == tip.prev);
        for other in tips.iter().filter(|t| t.hash != tip.prev) {
            let kind = if meant {
                MistakeKind::Inserted
            } else {
                MistakeKind::Edited
            };
            let what = if meant {
                format!(
                    "there are two records {}; this one was put there",
                    other.seq
                )
            } else {
                format!(
                    "this is not the record {} that record {} was written after: it was replaced",
                    other.seq, tip.seq
                )
            };
            self.tell(kind, other.place, Some(other.seq), (&other.id, &what));
        }
    }

    /// A record whose number was passed already: it was missed before, or is there twice.
    fn earlier(&mut self, tip: Tip, record: Option<Record>) -> Option<Record> {
        let seq = tip.seq;
        if let Some(at) = self
            .gaps
            .iter()
            .position(|g| (g.from..=g.to).contains(&seq))
        {
            let gap = self.gaps.swap_remove(at);
            let parts = [(gap.from, seq.saturating_sub(1)), (seq + 1, gap.to)];
            for (from, to) in parts.into_iter().filter(|(from, to)| from <= to) {
                self.gaps.push(Gap {
                    from,
                    to,
                    ..gap.clone()
                });
            }
            let what = format!(
                "record {seq} stands after record {}: it was moved",
                self.seq
            );
            self.tell(MistakeKind::Moved, tip.place, Some(seq), (&tip.id, &what));
            return self.record(record);
        }
        if self.tips.iter().any(|t| t.seq == seq && t.hash != tip.hash) && self.bad.is_empty() {
            self.tips.push(tip);
            return None;
        }
        let what = format!("record {seq} is there once already; this one was put there");
        self.tell(
            MistakeKind::Inserted,
            tip.place,
            Some(seq),
            (&tip.id, &what),
        );
        None
    }

    /// The next record is `next`. Lines that are not as they were written take the numbers before it; what is left
    /// over was removed, or put there.
    fn settle(&mut self, next: u64, id: &str) {
        let bad = mem::take(&mut self.bad);
        let mut from = self.seq + 1;
        let room = usize::try_from(next.saturating_sub(from)).unwrap_or(usize::MAX);
        for (at, (place, line)) in bad.iter().enumerate() {
            let behind = bad.len() - at - 1;
            let free = usize::try_from(next.saturating_sub(from)).unwrap_or(usize::MAX);
            // where a line claims a number that may be its own, believe it
            let claimed = line.seq.filter(|s| (from..next).contains(s));
            let believed = claimed.filter(|_| room > bad.len());
            let seq = match believed {
                Some(seq) => Some(seq),
                None if free > 0 && (claimed.is_some() || free > behind) => Some(from),
                None => None,
            };
            if let Some(seq) = seq {
                self.gap(from, seq.saturating_sub(1), *place, &line.id);
                from = seq + 1;
            }
            self.changed(*place, line, seq);
        }
        self.gap(from, next.saturating_sub(1), self.place, id);
        self.tips.clear();
    }

    fn changed(&mut self, place: Place, line: &Bad, seq: Option<u64>) {
        let (kind, what) = match seq {
            None => (
                MistakeKind::Inserted,
                format!("this line was put there: {}", line.why),
            ),
            Some(seq) if line.why == TORN => {
                (MistakeKind::Truncated, format!("record {seq}: {TORN}"))
            }
            Some(seq) => (
                MistakeKind::Edited,
                format!("record {seq} was changed: {}", line.why),
            ),
        };
        self.tell(kind, place, seq, (&line.id, &what));
    }

    fn gap(&mut self, from: u64, to: u64, place: Place, after: &str) {
        if from > to || self.gaps.len() >= GAPS {
            return;
        }
        let id = if self.id == after {
            self.id.clone()
        } else {
            String::new()
        };
        self.gaps.push(Gap {
            from,
            to,
            place,
            id,
            files: mem::take(&mut self.skipped),
        });
    }

    fn tell(&mut self, kind: MistakeKind, place: Place, seq: Option<u64>, about: (&str, &str)) {
        self.report.tell(Mistake {
            kind,
            file: name(place.file),
            line: place.line,
            seq,
            to: None,
            id: Clean::new(about.0),
            what: Clean::new(about.1),
        });
    }

    fn note(&mut self, what: &str) {
        let note = Clean::new(what);
        if !self.report.notes.contains(&note) && self.report.notes.len() < 100 {
            self.report.notes.push(note);
        }
    }
}

const TORN: &str = "it ends too early";
