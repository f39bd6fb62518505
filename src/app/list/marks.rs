//! Marked rows. Pure. A mark belongs to the object, not to its place in the list: it survives sorting, filtering and
//! new data, and goes only with the object or by a key.

use std::collections::BTreeSet;

use crate::domain::Key;

/// The marks of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    keys: BTreeSet<Key>,
    /// The row marked last: where a range begins.
    last: Option<Key>,
}

impl Marks {
    /// Marks a row, or takes its mark off.
    pub fn turn(&mut self, key: &Key) {
        if !self.keys.remove(key) {
            self.keys.insert(key.clone());
        }
        self.last = Some(key.clone());
    }

    /// Marks the rows from the last marked one to this one; only this one when that is not shown.
    pub fn range(&mut self, rows: &[&Key], here: usize) {
        let last = self.last.as_ref();
        let from = last.and_then(|last| rows.iter().position(|key| *key == last));
        let from = from.unwrap_or(here);
        let span = from.min(here)..=from.max(here);
        let marked = rows.get(span).unwrap_or_default();
        self.keys.extend(marked.iter().map(|key| (*key).clone()));
        self.last = rows.get(here).map(|key| (*key).clone());
    }

    /// Marks all of these rows; when all are marked, takes their marks off.
    pub fn all(&mut self, rows: &[&Key]) {
        if rows.iter().all(|key| self.keys.contains(*key)) {
            for key in rows {
                self.keys.remove(*key);
            }
        } else {
            self.keys.extend(rows.iter().map(|key| (*key).clone()));
        }
    }

    /// Takes all marks off; true when there were some.
    pub fn clear(&mut self) -> bool {
        let had = !self.keys.is_empty();
        *self = Self::default();
        had
    }

    /// Forgets the marks of objects that are gone.
    pub fn keep(&mut self, exists: impl Fn(&Key) -> bool) {
        self.keys.retain(exists);
    }

    /// Is marked.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ClusterId;

    fn keys() -> Vec<Key> {
        (0..8)
            .map(|n| Key::new(ClusterId::new("c"), "ns", &format!("pod-{n}")))
            .collect()
    }

    proptest! {
        /// Whatever was marked before: a mark turned twice is as it was, a range holds both of its ends and all
        /// between, all and all again is none of what is shown, and nothing that is not shown is touched by either.
        #[test]
        fn marks_do_what_they_say(
            turned in prop::collection::vec(0usize..8, 0..12),
            from in 0usize..8,
            here in 0usize..8,
            shown in 1usize..8,
        ) {
            let keys = keys();
            let rows: Vec<&Key> = keys.iter().collect();
            let mut marks = Marks::default();
            for n in turned {
                marks.turn(rows[n]);
            }
            let before = marks.keys.clone();
            marks.turn(rows[from]);
            marks.turn(rows[from]);
            prop_assert_eq!(&marks.keys, &before);
            marks.range(&rows, here);
            let span = from.min(here)..=from.max(here);
            for (n, key) in rows.iter().enumerate() {
                prop_assert_eq!(marks.has(key), span.contains(&n) || before.contains(*key));
            }
            let hidden: Vec<bool> = rows[shown..].iter().map(|k| marks.has(k)).collect();
            marks.all(&rows[..shown]);
            let all = rows[..shown].iter().filter(|k| marks.has(k)).count();
            prop_assert!(all == shown || all == 0);
            marks.all(&rows[..shown]);
            let after = rows[..shown].iter().filter(|k| marks.has(k)).count();
            prop_assert_eq!(all + after, shown);
            prop_assert_eq!(hidden, rows[shown..].iter().map(|k| marks.has(k)).collect::<Vec<_>>());
        }
    }
}
