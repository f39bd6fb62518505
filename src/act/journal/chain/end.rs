//! The end of the chain: what is missing at the end, and what was missing all along. Pure.

use std::mem;

use super::super::folder::name;
use super::super::head::{self, Found, Head};
use super::super::report::{Mistake, MistakeKind, Report};
use super::{Chain, Tip};
use crate::domain::Clean;

impl Chain {
    /// All lines were seen.
    pub(in super::super) fn finish(mut self, head: &Found) -> Report {
        let last = match head {
            Found::Head(head) => head.seq,
            Found::Missing | Found::Wrong => 0,
        };
        if let Some(torn) = self.torn.take() {
            if last > self.seq {
                self.bad.push(torn);
            } else {
                self.note("the last line was not finished, as after a crash or on a full disk; the next write puts it aside");
            }
        }
        let crashed = u64::try_from(self.bad.len()).unwrap_or(u64::MAX);
        if last > self.seq || crashed > 0 {
            self.place.line += 1;
            let tips = mem::take(&mut self.tips);
            let next = (last + 1).max(self.seq + 1);
            self.settle(next, "");
            self.tips = tips;
        } else {
            self.ends_at(head);
        }
        if *head == Found::Wrong {
            self.about_head("the file head is not what was written");
        } else if *head == Found::Missing && (self.report.files > 0 || self.seq > 0) {
            self.about_head(
                "the file head is missing: whether records at the end were removed cannot be told",
            );
        }
        self.missing();
        self.report.last = self.tips.last().map_or_else(Head::default, |t| Head {
            seq: t.seq,
            hash: t.hash.clone(),
        });
        let by_place = |m: &Mistake| (m.file.clone(), m.line, m.seq);
        self.report.mistakes.sort_by_key(by_place);
        self.report
    }

    /// Whether the last record is the one that the head names, or the one after it.
    fn ends_at(&mut self, head: &Found) {
        let Found::Head(head) = head else { return };
        let fits = |tip: &Tip| {
            let named = tip.seq == head.seq && tip.hash == head.hash;
            named || (tip.seq == head.seq + 1 && tip.prev == head.hash)
        };
        let meant = self.tips.iter().any(fits);
        let nothing = self.tips.is_empty() && *head == Head::default();
        if meant || nothing {
            for other in self.tips.clone().iter().filter(|t| !fits(t)) {
                let what = format!(
                    "there are two records {}; this one was put there",
                    other.seq
                );
                let about = (other.id.as_str(), what.as_str());
                self.tell(MistakeKind::Inserted, other.place, Some(other.seq), about);
            }
            self.tips.retain(fits);
            return;
        }
        let same = self.tips.iter().find(|t| t.seq == head.seq).cloned();
        match same {
            Some(tip) => {
                let what = "the file head names another record of this number: one of the two was replaced";
                self.tell(
                    MistakeKind::Edited,
                    tip.place,
                    Some(tip.seq),
                    (&tip.id, what),
                );
            }
            None => self.about_head(&format!(
                "the file head names record {}, and the last line is record {}",
                head.seq, self.seq
            )),
        }
    }

    /// Tells of the records that never came.
    fn missing(&mut self) {
        for gap in mem::take(&mut self.gaps) {
            let mut what = if gap.from == gap.to {
                format!("record {} is missing", gap.from)
            } else {
                format!("records {} to {} are missing", gap.from, gap.to)
            };
            if !gap.files.is_empty() {
                what = format!("{what}, and {}", gap.files);
            }
            self.report.tell(Mistake {
                kind: MistakeKind::Removed,
                file: name(gap.place.file.max(1)),
                line: gap.place.line.max(1),
                seq: Some(gap.from),
                to: Some(gap.to).filter(|to| *to != gap.from),
                id: Clean::new(&gap.id),
                what: Clean::new(&what),
            });
        }
    }

    fn about_head(&mut self, what: &str) {
        self.report.tell(Mistake {
            kind: MistakeKind::Head,
            file: head::NAME.to_owned(),
            line: 1,
            seq: None,
            to: None,
            id: Clean::default(),
            what: Clean::new(what),
        });
    }
}
