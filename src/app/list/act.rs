//! What commands do to a list besides moving in it. Pure.

use super::{ListScreen, Listing};
use crate::app::command::Verb;
use crate::app::screen::{Ctx, Question, Screen, Turn};
use crate::domain::{Key, Row};

impl<L: Listing> ListScreen<L> {
    pub(super) fn act_on_list(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        match verb {
            Verb::SortNext => self.sort_by(1, ctx),
            Verb::SortPrev => self.sort_by(-1, ctx),
            Verb::SortTurn => {
                self.turned = !self.turned;
                self.edits += 1;
            }
            Verb::Follow => {
                self.follow = !self.follow;
                self.edits += 1;
            }
            Verb::Mark | Verb::MarkRange | Verb::MarkAll => self.mark(verb),
            Verb::Filter => return self.ask(self.filter.clone(), ctx),
            Verb::SavedFilter => return self.ask("@".to_owned(), ctx),
            Verb::Open => {
                return self
                    .selected()
                    .and_then(|row| L::open(row))
                    .map_or(Turn::Taken, Turn::Open);
            }
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }

    /// Goes on to the next row of these, or back to the last one before where none follows; stays where there is none. For
    /// a row that is about to move away by itself.
    pub(in crate::app) fn pass_on(&mut self, fits: impl Fn(&L::Row) -> bool) {
        let at = |(index, row): (usize, &std::sync::Arc<L::Row>)| fits(row).then_some(index);
        let after = self.rows.iter().enumerate().skip(self.index + 1);
        let before = self.rows.iter().enumerate().take(self.index).rev();
        if let Some(index) = after.chain(before).find_map(at) {
            self.select(index);
        }
    }

    /// Goes on to the next column shown, or back; between the last and the first lies the order of the list.
    fn sort_by(&mut self, step: isize, ctx: &Ctx<'_>) {
        let columns = Self::columns(ctx);
        let here = self.sort.and_then(|c| columns.iter().position(|i| *i == c));
        let now = here.map_or(0, |c| c + 1);
        let next = (now.cast_signed() + step)
            .rem_euclid(columns.len().cast_signed() + 1)
            .cast_unsigned();
        self.sort = next.checked_sub(1).and_then(|c| columns.get(c).copied());
        self.turned = false;
        self.edits += 1;
    }

    fn ask(&mut self, text: String, ctx: &Ctx<'_>) -> Turn {
        // where no filter is saved nothing will be typed: that is told instead
        if text != "@" || !ctx.settings.filters.is_empty() {
            self.before = Some((self.filter.clone(), self.selected.clone()));
            self.typed(&text);
        }
        Turn::Ask(Question {
            label: "/",
            hint: "words, field:word, !not",
            text,
        })
    }

    fn mark(&mut self, verb: Verb) {
        let keys: Vec<&Key> = self.rows.iter().map(|row| row.key()).collect();
        match (verb, keys.get(self.index)) {
            (Verb::MarkAll, _) => self.marks.all(&keys),
            (Verb::MarkRange, _) => self.marks.range(&keys, self.index),
            (_, Some(key)) => {
                self.marks.turn(key);
                self.select(self.index + 1);
            }
            (_, None) => {}
        }
    }
}
