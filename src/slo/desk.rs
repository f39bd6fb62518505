//! When a query is to be asked, and what its last answer was. Pure; [`Burn`](super::Burn) and
//! [`Canary`](super::Canary) keep one each.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ask::{Answer, Query, Span};
use crate::domain::Clean;
use crate::fault::Fault;

/// A question under way for so many seconds is taken for lost.
const LOST: i64 = 300;
/// A question that failed is asked again after so many seconds, if it is not due earlier.
const AGAIN: i64 = 30;
/// An answer of so many periods of asking, and this many seconds more, is no longer true.
const OLD: (i64, i64) = (3, 60);

/// What is to be asked again and again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    /// The expression.
    pub promql: String,
    /// Over a span of time.
    pub span: Option<Span>,
    /// Seconds between two questions.
    pub every: u32,
}

/// One question and its last answer.
#[derive(Debug)]
struct Slot<T> {
    order: Order,
    asked: Option<Timestamp>,
    under_way: bool,
    /// It reads differently since it was asked.
    changed: bool,
    told: Option<Told<T>>,
    fault: Option<Fault>,
}

/// An answer as it was read.
#[derive(Debug)]
pub(crate) struct Told<T> {
    /// What was read of it.
    pub read: T,
    /// When it came.
    pub at: Timestamp,
    /// What the server warned of.
    pub warnings: Vec<Clean>,
}

/// What is known of a question.
#[derive(Debug)]
pub(crate) enum Known<'a, T> {
    /// The answer of its turn.
    Fresh(&'a Told<T>),
    /// An earlier answer: the newer ones failed, or are late.
    Older(&'a Told<T>, Option<&'a Fault>),
    /// Nothing that is still true; and why.
    Nothing(Option<&'a Fault>),
}

impl<'a, T> Known<'a, T> {
    /// The answer, where there is one that is still true.
    pub fn told(&self) -> Option<&'a Told<T>> {
        match self {
            Self::Fresh(told) | Self::Older(told, _) => Some(told),
            Self::Nothing(_) => None,
        }
    }
}

/// All questions, by their id.
#[derive(Debug)]
pub(crate) struct Desk<T> {
    slots: BTreeMap<String, Slot<T>>,
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
        }
    }
}

impl<T> Desk<T> {
    /// What is wanted from now on. Answers of what is wanted still are kept. A question that reads differently now is
    /// asked as soon as none with its id is under way; its old answer stands until then.
    pub fn want(&mut self, orders: BTreeMap<String, Order>) {
        self.slots.retain(|id, _| orders.contains_key(id));
        for (id, order) in orders {
            let slot = self.slots.entry(id).or_insert_with(|| Slot {
                order: order.clone(),
                asked: None,
                under_way: false,
                changed: false,
                told: None,
                fault: None,
            });
            if slot.order != order {
                slot.order = order;
                slot.changed = true;
            }
        }
    }

    /// Everything is due, whatever came of it before.
    pub fn anew(&mut self) {
        for slot in self.slots.values_mut() {
            slot.changed = true;
        }
    }

    /// What is due, marked as under way.
    pub fn due(&mut self, now: Timestamp) -> Vec<Query> {
        let mut queries = Vec::new();
        for (id, slot) in &mut self.slots {
            if slot.is_due(now) {
                slot.asked = Some(now);
                slot.under_way = true;
                slot.changed = false;
                queries.push(Query {
                    id: id.clone(),
                    promql: slot.order.promql.clone(),
                    span: slot.order.span,
                });
            }
        }
        queries
    }

    /// Takes an answer. One to a question that nobody has any more is dropped.
    pub fn answered(
        &mut self,
        id: &str,
        answer: Result<Answer, Fault>,
        now: Timestamp,
        read: impl FnOnce(Answer) -> T,
    ) {
        let Some(slot) = self.slots.get_mut(id) else {
            return;
        };
        slot.under_way = false;
        match answer {
            Ok(mut answer) => {
                let warnings = std::mem::take(&mut answer.warnings);
                slot.fault = None;
                slot.told = Some(Told {
                    read: read(answer),
                    at: now,
                    warnings,
                });
            }
            Err(fault) => {
                slot.fault = Some(match slot.fault.take() {
                    Some(earlier) => earlier.again(fault),
                    None => fault,
                });
            }
        }
    }

    /// What is known of a question.
    pub fn known(&self, id: &str, now: Timestamp) -> Known<'_, T> {
        let Some(slot) = self.slots.get(id) else {
            return Known::Nothing(None);
        };
        let fault = slot.fault.as_ref();
        let Some(told) = &slot.told else {
            return Known::Nothing(fault);
        };
        let age = since(told.at, now);
        let every = i64::from(slot.order.every);
        if age > OLD.0 * every + OLD.1 {
            Known::Nothing(fault)
        } else if fault.is_some() || age > every + OLD.1 {
            Known::Older(told, fault)
        } else {
            Known::Fresh(told)
        }
    }

    /// The last answer, however old.
    pub fn last(&self, id: &str) -> Option<&Told<T>> {
        self.slots.get(id)?.told.as_ref()
    }

    /// Ids and last answers, however old.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Told<T>)> {
        self.slots
            .iter()
            .filter_map(|(id, slot)| Some((id.as_str(), slot.told.as_ref()?)))
    }
}

impl<T> Slot<T> {
    fn is_due(&self, now: Timestamp) -> bool {
        let Some(asked) = self.asked else {
            return true;
        };
        let passed = since(asked, now);
        if self.under_way {
            return passed >= LOST;
        }
        if self.changed {
            return true;
        }
        let every = i64::from(self.order.every);
        let wait = self.fault.as_ref().map_or(every, |fault| {
            // twice as long after each failure: what is too much for a server is not asked of it twice a minute
            let doublings = fault.count.saturating_sub(1).min(10);
            every.min(AGAIN << doublings)
        });
        passed >= wait
    }
}

/// Whole seconds between two times; 0 when the clock went back.
pub(crate) fn since(earlier: Timestamp, now: Timestamp) -> i64 {
    (now.as_second() - earlier.as_second()).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn desk(every: u32) -> Desk<usize> {
        let mut desk = Desk::default();
        let order = Order {
            promql: "up".to_owned(),
            span: None,
            every,
        };
        desk.want(BTreeMap::from([("q".to_owned(), order)]));
        desk
    }

    fn asked(desk: &mut Desk<usize>, second: i64) -> usize {
        desk.due(at(second)).len()
    }

    #[test]
    fn a_query_under_way_is_not_asked_again_until_it_is_lost() {
        let mut desk = desk(30);
        assert_eq!(asked(&mut desk, 0), 1);
        assert_eq!(asked(&mut desk, 200), 0);
        assert_eq!(asked(&mut desk, 300), 1);
        desk.answered("q", Ok(Answer::default()), at(301), |_| 7);
        assert_eq!(asked(&mut desk, 329), 0);
        assert_eq!(asked(&mut desk, 330), 1);
    }

    #[test]
    fn an_answer_gets_old_and_then_is_none() {
        let mut desk = desk(30);
        asked(&mut desk, 0);
        desk.answered("q", Ok(Answer::default()), at(0), |_| 7);
        assert!(matches!(desk.known("q", at(60)), Known::Fresh(_)));
        asked(&mut desk, 60);
        let fault = Fault::new("prometheus", FaultKind::Timeout, "no answer", at(70));
        desk.answered("q", Err(fault), at(70), |_| 8);
        assert!(matches!(desk.known("q", at(70)), Known::Older(t, Some(_)) if t.read == 7));
        assert_eq!(asked(&mut desk, 90), 1, "a failed one is asked again");
        assert!(matches!(desk.known("q", at(151)), Known::Nothing(Some(_))));
    }

    #[test]
    fn a_query_that_reads_differently_waits_for_the_one_under_way() {
        let mut desk = desk(30);
        asked(&mut desk, 0);
        let order = Order {
            promql: "up == 1".to_owned(),
            span: None,
            every: 30,
        };
        desk.want(BTreeMap::from([("q".to_owned(), order)]));
        assert_eq!(asked(&mut desk, 1), 0, "one id is under way once");
        desk.answered("q", Ok(Answer::default()), at(2), |_| 7);
        let due = desk.due(at(3));
        assert_eq!(due[0].promql, "up == 1");
        assert_eq!(desk.known("q", at(3)).told().map(|t| t.read), Some(7));
    }

    #[test]
    fn a_failed_query_that_is_seldom_asked_does_not_wait_for_its_turn() {
        let mut desk = desk(1200);
        asked(&mut desk, 0);
        let fault = Fault::new("prometheus", FaultKind::Timeout, "no answer", at(1));
        desk.answered("q", Err(fault), at(1), |_| 8);
        assert_eq!(asked(&mut desk, 30), 1);
    }
}
